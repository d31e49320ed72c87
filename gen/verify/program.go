package verify

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"text/template"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/runtime"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/templates"
)

// Job is what a network is asked to compute. Rows are flat: the inputs (or
// targets) of a sample one after the other.
type Job struct {
	Network      int    // of the program
	Weights      []byte // safetensors; nil starts from New(Seed)
	Seed         uint64
	LearningRate float64 // 0 is the spec's
	Workers      int     // that share every batch, however small; 0 is 1
	Inputs       [][]float64
	// Sequence: the inputs are the steps of one stream, which begins with State, a
	// file of it; nil is the beginning.
	Sequence bool
	State    []byte
	Targets  [][]float64 // of the first inputs: the batch of Loss
	// Batches are the consecutive training batches; every step reports
	// everything.
	Batches []Batch
}

// Batch is one training batch.
type Batch struct {
	Inputs, Targets [][]float64
}

// Result is what the generated code computed.
type Result struct {
	Path     string      // the implementation the package ran on
	Outputs  [][]float64 // Forward, per sample, flat
	Batched  [][]float64 // ForwardBatch
	EvalLoss float64
	Steps    []Step
	State    []byte // of a sequence, after it
	Refused  string // why the weights were refused
	Panic    string
}

// StreamSteps is how many steps a network with memory runs of every sample: a
// stream of its own that repeats it.
const StreamSteps = 3

// Step is one training step, taken as Gradients and Apply, and the weights
// that Step itself gives.
type Step struct {
	Loss, StepLoss, Penalty float64
	Gradients               []byte // safetensors
	Weights, StepWeights    []byte
	State                   []byte // checkpoint after the step
}

// Program is a compiled program of several networks.
type Program struct {
	Path string
	Env  []string // nil is this process's
}

// Run runs the jobs in order.
func (p *Program) Run(ctx context.Context, jobs []*Job) ([]*Result, error) {
	var in, out, stderr bytes.Buffer
	enc := gob.NewEncoder(&in)
	for _, j := range jobs {
		if err := enc.Encode(j); err != nil {
			return nil, err
		}
	}
	cmd := exec.CommandContext(ctx, p.Path)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = &in, &out, &stderr, p.Env
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("the generated code failed: %w\n%s", err, stderr.String())
	}
	results := make([]*Result, len(jobs))
	dec := gob.NewDecoder(&out)
	for i := range results {
		results[i] = new(Result)
		if err := dec.Decode(results[i]); err != nil {
			return nil, err
		}
		if results[i].Panic != "" {
			return nil, fmt.Errorf("the generated code of network %d panicked: %s", jobs[i].Network, results[i].Panic)
		}
	}
	return results, nil
}

// Source returns the files of a command, in a module of the given path, that
// runs the networks. Packages that are not standalone need the module to be
// nngen's own, and find the runtime in it.
func Source(module string, nets []*Network, standalone bool) (map[string][]byte, error) {
	all := map[string][]byte{}
	view := struct {
		Module   string
		Packages []*glueView
	}{Module: module}
	for i, n := range nets {
		name := packageName(i)
		files, err := gen.Generate(n.Net, gen.Options{Package: name, Standalone: standalone, Group: n.Group})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.Net.Name, err)
		}
		for f, data := range files {
			all[name+"/"+f] = data
		}
		if n.Plan.Train != nil {
			all[name+"/employ.go"] = fmt.Appendf(nil, employ, name)
		}
		view.Packages = append(view.Packages, n.glue(name))
	}
	text, err := template.ParseFS(templates.FS, "verify.go.tmpl")
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := text.Execute(&buf, view); err != nil {
		return nil, err
	}
	all["main.go"] = buf.Bytes()
	if standalone {
		return all, nil
	}
	return all, addRuntime(all)
}

// employ makes workers share also what is too small to be worth it.
const employ = `package %s

// Employ makes the workers share batches of any size.
func (t *Trainer) Employ(workers int) { t.employ(workers, 1) }
`

// packageName is the name and the folder of the package of network i.
func packageName(i int) string { return fmt.Sprintf("n%d", i) }

// addRuntime adds the package that generated code links against.
func addRuntime(all map[string][]byte) error {
	return fs.WalkDir(runtime.Source, "nnrt", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		all["runtime/"+path], err = fs.ReadFile(runtime.Source, path)
		return err
	})
}

// glueView is what the main program needs to know of a package.
type glueView struct {
	Pkg             string
	Train, Penalty  bool
	Memory          bool
	Steps           int // of every stream, each with the sample
	Inputs, Outputs []ioView
	Targets         []ioView
	Elem            string
}

type ioView struct {
	Field  string
	Size   int
	Class  bool
	Places int // class numbers of a target
}

func (n *Network) glue(pkg string) *glueView {
	prog := n.Plan.Prog
	v := &glueView{Pkg: pkg, Train: n.Plan.Train != nil, Elem: string(prog.DType), Memory: len(prog.Memory) > 0, Steps: StreamSteps}
	v.Penalty = v.Train && n.Plan.Train.Penalty != nil
	field := func(many bool, name string) string {
		if many {
			return "." + spec.GoName(name)
		}
		return ""
	}
	for _, in := range prog.Inputs {
		v.Inputs = append(v.Inputs, ioView{field(len(prog.Inputs) > 1, in.Name), in.Size(), false, 0})
	}
	for _, o := range prog.Outputs {
		v.Outputs = append(v.Outputs, ioView{field(len(prog.Outputs) > 1, o.Name), o.Value.Size(), false, 0})
		if o.Target != nil {
			v.Targets = append(v.Targets, ioView{field(len(prog.Outputs) > 1, o.Name), o.Value.Size(), o.Class, o.Numbers()})
		}
	}
	return v
}
