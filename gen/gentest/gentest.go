// Package gentest compiles many generated packages into one program and runs
// them for the compiler's own tests: what comes back is what the generated
// code computed, to be compared with the interpreter and with PyTorch.
package gentest

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/runtime"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
)

// Job is what one network is asked to compute. Rows are flat: the inputs (or
// targets) of a sample one after the other.
type Job struct {
	Weights      []byte // safetensors; nil starts from New(Seed)
	Seed         uint64
	LearningRate float64 // 0 is the spec's
	Inputs       [][]float64
	Targets      [][]float64
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
	Outputs  [][]float64 // Forward, per sample, flat
	Batched  [][]float64 // ForwardBatch
	EvalLoss float64
	Steps    []Step
	Panic    string
}

// Step is one training step, taken as Gradients and Apply, and the weights
// that Step itself gives.
type Step struct {
	Loss, StepLoss, Penalty float64
	Gradients               []byte // safetensors
	Weights, StepWeights    []byte
	State                   []byte // checkpoint after the step
}

// Network is a network under test.
type Network struct {
	Net  *spec.Network
	Plan *plan.Plan
}

// Prepare plans a network.
func Prepare(net *spec.Network) (*Network, error) {
	p, err := gen.Plan(net, gen.Options{})
	if err != nil {
		return nil, err
	}
	return &Network{net, p}, nil
}

// Program is a compiled program of several networks.
type Program struct {
	path string
	env  []string
}

// Build compiles the networks into dir with the tool chain's environment and
// further variables (GOAMD64=v3).
func Build(dir string, nets []*Network, env ...string) (*Program, error) {
	if err := writeModule(dir, nets); err != nil {
		return nil, err
	}
	p := &Program{path: filepath.Join(dir, "run"), env: append(os.Environ(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0")}
	p.env = append(p.env, env...)
	cmd := exec.Command("go", "build", "-o", p.path, ".")
	cmd.Dir, cmd.Env = dir, p.env
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return p, nil
}

// Run runs the jobs, one per network; nil jobs are skipped.
func (p *Program) Run(jobs []*Job) ([]*Result, error) {
	var in, out bytes.Buffer
	enc := gob.NewEncoder(&in)
	for _, j := range jobs {
		if j == nil {
			j = &Job{}
		}
		if err := enc.Encode(j); err != nil {
			return nil, err
		}
	}
	cmd := exec.Command(p.path)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = &in, &out, &stderr, p.env
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, stderr.String())
	}
	results := make([]*Result, len(jobs))
	dec := gob.NewDecoder(&out)
	for i := range results {
		results[i] = new(Result)
		if err := dec.Decode(results[i]); err != nil {
			return nil, err
		}
		if results[i].Panic != "" {
			return nil, fmt.Errorf("network %d panicked: %s", i, results[i].Panic)
		}
	}
	return results, nil
}

// writeModule writes a module of nngen's name that holds the runtime and the
// generated packages, so that they compile as they would anywhere.
func writeModule(dir string, nets []*Network) error {
	write := func(name string, data []byte) error {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, data, 0o644)
	}
	if err := write("go.mod", []byte("module "+gen.Module+"\n\ngo 1.26\n")); err != nil {
		return err
	}
	err := fs.WalkDir(runtime.Source, "nnrt", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := fs.ReadFile(runtime.Source, path)
		if err != nil {
			return err
		}
		return write("runtime/"+path, data)
	})
	if err != nil {
		return err
	}
	var glue []*glueView
	for i, n := range nets {
		name := fmt.Sprintf("n%d", i)
		files, err := gen.Generate(n.Net, gen.Options{Package: name})
		if err != nil {
			return fmt.Errorf("%s: %w", n.Net.Name, err)
		}
		for _, f := range files.Names() {
			if !strings.HasSuffix(f, "_test.go") {
				if err := write(name+"/"+f, files[f]); err != nil {
					return err
				}
			}
		}
		glue = append(glue, n.glue(name))
	}
	var buf bytes.Buffer
	if err := mainTemplate.Execute(&buf, glue); err != nil {
		return err
	}
	return write("main.go", buf.Bytes())
}

// Tensors lists a program's parameters as a weight file has them.
func (n *Network) Tensors() []nnrt.Tensor {
	var ts []nnrt.Tensor
	for _, p := range n.Plan.Prog.Params {
		ts = append(ts, nnrt.Tensor{Name: p.Name, Shape: p.Shape})
	}
	return ts
}

// Weights encodes parameters for a Job.
func (n *Network) Weights(values map[*ir.Value][]float64) ([]byte, error) {
	var buf bytes.Buffer
	var err error
	params := n.Plan.Prog.Params
	if n.Plan.Prog.DType == ir.Float64 {
		err = nnrt.SaveTensors(&buf, n.Tensors(), nil, func(i int, v []float64) { copy(v, values[params[i]]) })
	} else {
		err = nnrt.SaveTensors(&buf, n.Tensors(), nil, func(i int, v []float32) {
			for j, x := range values[params[i]] {
				v[j] = float32(x)
			}
		})
	}
	return buf.Bytes(), err
}

// Decode reads a weight or gradient file back, by parameter.
func (n *Network) Decode(data []byte) (map[*ir.Value][]float64, error) {
	out := map[*ir.Value][]float64{}
	err := nnrt.LoadTensors(bytes.NewReader(data), n.Tensors(), nil, func(i int, v []float64) error {
		out[n.Plan.Prog.Params[i]] = append([]float64(nil), v...)
		return nil
	})
	return out, err
}

// DecodeState reads the optimiser's states of a checkpoint.
func (n *Network) DecodeState(data []byte) (map[*ir.Value][]float64, error) {
	var tensors []nnrt.Tensor
	states := map[string]*ir.Value{}
	for _, s := range n.Plan.Prog.States {
		states[s.Name] = s
	}
	for _, name := range n.Plan.Train.States {
		for _, t := range n.Tensors() {
			tensors = append(tensors, nnrt.Tensor{Name: t.Name + "." + name, Shape: t.Shape})
		}
	}
	out := map[*ir.Value][]float64{}
	err := nnrt.LoadTensors(bytes.NewReader(data), tensors, nil, func(i int, v []float64) error {
		if s := states[tensors[i].Name]; s != nil {
			out[s] = append([]float64(nil), v...)
		}
		return nil
	})
	return out, err
}

// glueView is what the main program needs to know of a package.
type glueView struct {
	Pkg             string
	Train, Penalty  bool
	Inputs, Outputs []ioView
	Targets         []ioView
	Elem            string
}

type ioView struct {
	Field string
	Size  int
	Class bool
}

func (n *Network) glue(pkg string) *glueView {
	prog := n.Plan.Prog
	v := &glueView{Pkg: pkg, Train: n.Plan.Train != nil, Elem: string(prog.DType)}
	v.Penalty = v.Train && n.Plan.Train.Penalty != nil
	field := func(many bool, name string) string {
		if many {
			return "." + spec.GoName(name)
		}
		return ""
	}
	for _, in := range prog.Inputs {
		v.Inputs = append(v.Inputs, ioView{field(len(prog.Inputs) > 1, in.Name), in.Size(), false})
	}
	for _, o := range prog.Outputs {
		v.Outputs = append(v.Outputs, ioView{field(len(prog.Outputs) > 1, o.Name), o.Value.Size(), false})
		if o.Target != nil {
			v.Targets = append(v.Targets, ioView{field(len(prog.Outputs) > 1, o.Name), o.Value.Size(), o.Class})
		}
	}
	return v
}

var mainTemplate = template.Must(template.New("main").Parse(`package main

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"os"
{{range .}}
	"` + gen.Module + `/{{.Pkg}}"
{{- end}}
)

type Batch struct{ Inputs, Targets [][]float64 }

type Job struct {
	Weights         []byte
	Seed            uint64
	LearningRate    float64
	Inputs, Targets [][]float64
	Batches         []Batch
}

type Step struct {
	Loss, StepLoss, Penalty         float64
	Gradients, Weights, StepWeights []byte
	State                           []byte
}

type Result struct {
	Outputs, Batched [][]float64
	EvalLoss         float64
	Steps            []Step
	Panic            string
}

func main() {
	dec, enc := gob.NewDecoder(os.Stdin), gob.NewEncoder(os.Stdout)
	for _, run := range []func(*Job, *Result){ {{- range .}}run_{{.Pkg}}, {{end -}} } {
		var job Job
		var result Result
		if err := dec.Decode(&job); err != nil {
			panic(err)
		}
		func() {
			defer func() {
				if r := recover(); r != nil {
					result.Panic = fmt.Sprint(r)
				}
			}()
			if job.Inputs != nil {
				run(&job, &result)
			}
		}()
		if err := enc.Encode(&result); err != nil {
			panic(err)
		}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func saved(save func(*bytes.Buffer) error) []byte {
	var b bytes.Buffer
	must(save(&b))
	return b.Bytes()
}

func fill[T float32 | float64](dst []T, src []float64) []float64 {
	for i := range dst {
		dst[i] = T(src[i])
	}
	return src[len(dst):]
}

func flat[T float32 | float64](dst []float64, src []T) []float64 {
	for _, v := range src {
		dst = append(dst, float64(v))
	}
	return dst
}
{{range .}}{{$p := .Pkg}}
func inputs_{{$p}}(rows [][]float64) []{{$p}}.Input {
	x := make([]{{$p}}.Input, len(rows))
	for i, r := range rows {
{{- range .Inputs}}
		r = fill(x[i]{{.Field}}[:], r)
{{- end}}
	}
	return x
}

func outputs_{{$p}}(y []{{$p}}.Output) (rows [][]float64) {
	for i := range y {
		var r []float64
{{- range .Outputs}}
		r = flat(r, y[i]{{.Field}}[:])
{{- end}}
		rows = append(rows, r)
	}
	return rows
}
{{if .Train}}
func targets_{{$p}}(rows [][]float64) []{{$p}}.Target {
	y := make([]{{$p}}.Target, len(rows))
	for i, r := range rows {
{{- range .Targets}}
{{- if .Class}}
		y[i]{{.Field}}, r = {{if .Field}}int32{{else}}{{$p}}.Target{{end}}(r[0]), r[1:]
{{- else}}
		r = fill(y[i]{{.Field}}[:], r)
{{- end}}
{{- end}}
	}
	return y
}
{{end}}
func run_{{$p}}(job *Job, result *Result) {
	n := {{$p}}.New(job.Seed)
	if job.Weights != nil {
		var err error
		n, err = {{$p}}.Load(bytes.NewReader(job.Weights))
		must(err)
	}
	x := inputs_{{$p}}(job.Inputs)
	y := make([]{{$p}}.Output, len(x))
	var ws {{$p}}.Workspace
	for i := range x {
		n.Forward(&y[i], &x[i], &ws)
	}
	result.Outputs = outputs_{{$p}}(y)
	clear(y)
	n.ForwardBatch(y, x, new({{$p}}.BatchWorkspace))
	result.Batched = outputs_{{$p}}(y)
{{- if .Train}}
	a, b := n.Clone(), n.Clone()
	ta, tb := {{$p}}.NewTrainer(a, {{$p}}.Options{Seed: job.Seed}), {{$p}}.NewTrainer(b, {{$p}}.Options{Seed: job.Seed})
	if job.LearningRate != 0 {
		ta.LearningRate, tb.LearningRate = {{.Elem}}(job.LearningRate), {{.Elem}}(job.LearningRate)
	}
	if job.Targets != nil {
		result.EvalLoss = float64(ta.Loss(x, targets_{{$p}}(job.Targets)))
	}
	g := new({{$p}}.Gradients)
	for _, batch := range job.Batches {
		var s Step
		bx, by := inputs_{{$p}}(batch.Inputs), targets_{{$p}}(batch.Targets)
{{- if .Penalty}}
		s.Penalty = float64(ta.Penalty())
{{- end}}
		s.Loss = float64(ta.Gradients(g, bx, by))
		s.Gradients = saved(func(w *bytes.Buffer) error { return g.Save(w) })
		ta.Apply(g)
		s.StepLoss = float64(tb.Step(bx, by))
		s.Weights = saved(func(w *bytes.Buffer) error { return a.Save(w) })
		s.StepWeights = saved(func(w *bytes.Buffer) error { return b.Save(w) })
		s.State = saved(func(w *bytes.Buffer) error { return ta.Save(w) })
		result.Steps = append(result.Steps, s)
	}
{{- end}}
}
{{end}}`))
