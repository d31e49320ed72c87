package run

import (
	"bytes"
	"fmt"
	"go/format"
	"slices"
	"text/template"

	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/templates"
)

// runnerView is what the templates of the runner read.
type runnerView struct {
	DType                          string
	NumberSize                     int
	InputBytes, TargetBytes        int
	Train, Fit, FitTarget, SumLoss bool
	MixedLoss, Memory              bool
	MinBatch                       int
	ClassWeights                   []float64      // of the one loss, which weighs the mean
	Balanced                       []balancedView // fitted ones
	WeighedBy                      *balancedView  // those of the one loss, which weigh the mean
	Trained                        []string       // names of the tensors that are trained
	Inputs, Targets                []fieldView
	Outputs                        []fieldView
	Accuracy                       *accuracyView
	Record                         []columnView // what is read of a sample in place of inputs
	FitRecords                     bool
	Ranks, Beam                    bool // the program is one of several; it scores on a runner of Beam
}

// columnView is a field of a record: a text, a number, or an input as a whole.
type columnView struct {
	Field       string
	Text, Whole bool
}

// balancedView is an output with balanced class weights, and the method that
// tells them.
type balancedView struct {
	Output, Method string
	Classes        int
}

// fieldView is an input, output or target: the field of its struct (empty if
// the type is not a struct) and where it lies in the record of a sample.
type fieldView struct {
	Field  string
	Offset int
	Class  bool
	Bytes  bool
	Places int // class numbers of a target
}

// accuracyView is the output whose accuracy is reported while training.
type accuracyView struct {
	Field         string
	Class, Binary bool
	Threshold     float64
	// Places is how many classes a sample has, of Classes each; Length the field that
	// says how many steps of it there are, of PerStep places each.
	Places, Classes, PerStep int
	Length                   string
}

// runnerFiles are the templates, whether they belong to training, and to which engine.
var runnerFiles = []struct {
	name   string
	train  bool
	engine string
}{
	{"runner", false, ""}, {"runner_data", false, ""}, {"runner_train", true, ""}, {"runner_state", true, ""},
	{"runner_ranks", true, ranksEngine}, {"runner_beam", false, beamEngine},
}

// classBytes is the size of a class number in a file of samples.
const classBytes = 4

// newRunnerView lays out the records of samples.
func newRunnerView(s *Shape) runnerView {
	v := runnerView{
		DType: string(s.DType), NumberSize: s.NumberSize(),
		Train: s.Train, Fit: s.Fit, FitTarget: s.FitTarget, SumLoss: s.SumLoss, MixedLoss: s.MixedLoss, Memory: s.Memory, MinBatch: s.MinBatch,
		ClassWeights: s.ClassWeights,
	}
	for _, p := range s.Params {
		if p.Trained {
			v.Trained = append(v.Trained, p.Name)
		}
	}
	slices.Sort(v.Trained)
	field := func(name string, several bool) string {
		if several {
			return "." + spec.GoName(name)
		}
		return ""
	}
	for _, f := range s.Record {
		c := columnView{Field: f.GoName, Whole: f.Column == nil}
		if f.Column != nil {
			c.Text = f.Column.Categories != nil
			v.FitRecords = v.FitRecords || f.Column.Fitted()
		}
		v.Record = append(v.Record, c)
	}
	for _, in := range s.Inputs {
		v.Inputs = append(v.Inputs, fieldView{Field: field(in.Name, len(s.Inputs) > 1), Offset: v.InputBytes, Bytes: in.Bytes})
		v.InputBytes += in.Size * v.NumberSize
	}
	for _, out := range s.Outputs {
		if slices.Contains(s.Balanced, out.Name) {
			v.Balanced = append(v.Balanced, balancedView{out.Name, spec.GoName(out.Name) + "ClassWeights", out.Size})
			if out.Name == s.WeighedBy {
				v.WeighedBy = &v.Balanced[0]
			}
		}
		name := field(out.Name, len(s.Outputs) > 1)
		v.Outputs = append(v.Outputs, fieldView{Field: name})
		if out.Target == nil {
			continue
		}
		class := out.Target.Classes > 0
		v.Targets = append(v.Targets, fieldView{Field: name, Offset: v.TargetBytes, Class: class, Places: max(1, out.Target.Places)})
		if class {
			v.TargetBytes += classBytes * max(1, out.Target.Places)
		} else {
			v.TargetBytes += out.Target.Size * v.NumberSize
		}
		if (out.Kind == KindClasses || out.Kind == KindBinary) && v.Accuracy == nil {
			v.Accuracy = &accuracyView{Field: name, Class: class, Binary: out.Kind == KindBinary, Threshold: binaryThreshold[out.Loss], Places: out.Places, Classes: out.Size / out.Places}
			if out.Length >= 0 && out.Places > 1 {
				v.Accuracy.Length, v.Accuracy.PerStep = v.Inputs[out.Length].Field, out.Places/out.Target.Steps
			}
		}
	}
	return v
}

// runner returns the Go files of the runner for a network, with an engine unless its
// name is empty.
func runner(s *Shape, engine string) (map[string][]byte, error) {
	view := newRunnerView(s)
	view.Ranks, view.Beam = engine == ranksEngine, engine == beamEngine
	files := map[string][]byte{}
	for _, f := range runnerFiles {
		if f.train && !s.Train || f.engine != "" && f.engine != engine {
			continue
		}
		text, err := templates.FS.ReadFile(f.name + ".go.tmpl")
		if err != nil {
			return nil, err
		}
		t, err := template.New(f.name).Parse(string(text))
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, view); err != nil {
			return nil, err
		}
		src, err := format.Source(b.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		files[f.name+".go"] = src
	}
	return files, nil
}
