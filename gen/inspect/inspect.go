// Package inspect says what is in a network: layers, shapes, parameters,
// multiply-adds, bytes, and how it is planned.
package inspect

import (
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/spec"
)

// Report describes a network.
type Report struct {
	Name    string  `json:"name"`
	Package string  `json:"package"`
	Doc     string  `json:"doc,omitempty"`
	DType   string  `json:"dtype"`
	Mode    string  `json:"mode"`
	Storage string  `json:"storage,omitempty"` // of weights, where it is not the dtype
	Inputs  []Port  `json:"inputs"`
	Layers  []Layer `json:"layers"`
	Outputs []Port  `json:"outputs"`
	// Parameters counts what is trained, Constants what is stored beside it.
	Parameters   int   `json:"parameters"`
	Constants    int   `json:"constants,omitempty"`
	MultiplyAdds int   `json:"multiply_adds"` // per inference
	Bytes        Bytes `json:"bytes"`
	Batch        int   `json:"batch"`
	// Optimizer and its states, without which nothing is trained.
	Optimizer string   `json:"optimizer,omitempty"`
	States    []string `json:"states,omitempty"`
	// Weights are statistics of a weight file, if one was given.
	Weights *run.WeightStats `json:"weights,omitempty"`
}

// Bytes are the sizes of what a program holds in memory.
type Bytes struct {
	Net       int `json:"net"`       // parameters, packed, with padding
	Workspace int `json:"workspace"` // scratch of an inference
	// WorkspaceLeast is the most of it that is needed at a time, which no other
	// placing of the values falls below.
	WorkspaceLeast int `json:"workspace_least"`
	File           int `json:"file"` // numbers in a weight file
	// Trainer is what training keeps beside the parameters: gradients, the
	// optimiser's states, what is kept of every sample of the batch.
	Trainer int `json:"trainer,omitempty"`
	States  int `json:"states,omitempty"` // of the trainer's
	// Worker is what of it every worker has, where batches are trained in groups of samples.
	Worker int `json:"worker,omitempty"`
}

// Port is an input or an output.
type Port struct {
	Name      string   `json:"name"`
	Shape     []int    `json:"shape"`
	From      string   `json:"from,omitempty"`
	Normalize bool     `json:"normalize,omitempty"`
	Loss      string   `json:"loss,omitempty"`
	Target    string   `json:"target,omitempty"` // class | values
	Labels    []string `json:"labels,omitempty"`
}

// Layer is a layer and what it costs.
type Layer struct {
	Name         string   `json:"name"`
	Kind         string   `json:"kind"`
	Activation   string   `json:"activation,omitempty"`
	From         []string `json:"from"`
	Shape        []int    `json:"shape"`
	Parameters   int      `json:"parameters"`
	Bytes        int      `json:"bytes"` // of the parameters, packed, with padding
	MultiplyAdds int      `json:"multiply_adds"`
	// Connections is the share that a sparse layer has.
	Connections float64 `json:"connections,omitempty"`
}

// New describes a network and its plan.
func New(net *spec.Network, p *plan.Plan) *Report {
	prog := p.Prog
	r := &Report{
		Name: net.Name, Package: net.Package, Doc: net.Doc, DType: string(prog.DType), Mode: prog.Mode,
		MultiplyAdds: prog.MultiplyAdds(), Batch: net.Codegen.Batch,
	}
	if s := net.Codegen.Storage; s != string(ir.Float32) {
		r.Storage = s
	}
	for _, v := range prog.Params {
		n := elements(v.Param)
		if v.Param.Trained {
			r.Parameters += n
		} else {
			r.Constants += n
		}
		r.Bytes.File += v.Size() * plan.ElemSize(v.DType)
	}
	r.Bytes.Net = p.NetBytes()
	r.Bytes.Workspace, r.Bytes.WorkspaceLeast = p.Infer.Bytes(), p.Infer.Least*plan.ElemSize(p.Infer.Elem)
	r.Bytes.Trainer, r.Bytes.States, r.Bytes.Worker = p.TrainerBytes(), p.StateBytes(), p.WorkerBytes()
	if p.Train != nil {
		r.Optimizer, r.States = net.Optimizer.Name, p.Train.States
	}
	r.ports(net, prog)
	r.layers(net, prog)
	r.layerBytes(p)
	return r
}

// ports lists inputs and outputs.
func (r *Report) ports(net *spec.Network, prog *ir.Program) {
	for _, in := range net.Inputs {
		r.Inputs = append(r.Inputs, Port{Name: in.Name, Shape: in.Shape, Normalize: in.Normalize != nil})
	}
	for i, out := range prog.Outputs {
		p := Port{Name: out.Name, Shape: out.Shape, From: net.Outputs[i].From, Normalize: net.Outputs[i].Normalize != nil, Loss: out.LossName, Labels: out.Labels}
		switch {
		case out.LossName == "":
		case out.Class:
			p.Target = "class"
		default:
			p.Target = "values"
		}
		r.Outputs = append(r.Outputs, p)
	}
}

// layers lists the layers with their sizes.
func (r *Report) layers(net *spec.Network, prog *ir.Program) {
	for i := range net.Layers {
		spec := &net.Layers[i]
		l := Layer{Name: spec.Name, Kind: spec.Kind, From: spec.From, Shape: prog.Shapes[spec.Name]}
		if act := spec.Args.Word("activation"); act != nil && act.Name != "linear" {
			l.Activation = act.Name
		}
		for _, v := range prog.Params {
			if name, _, _ := strings.Cut(v.Param.Name, "."); name != l.Name {
				continue
			}
			l.Parameters += elements(v.Param)
			if m := v.Param.Mask; m != nil {
				l.Connections = float64(m.Count()) / float64(m.Out*m.In)
			}
		}
		for _, op := range prog.Infer.Ops {
			if c, ok := op.(*ir.Contract); ok && c.Layer == l.Name {
				l.MultiplyAdds += c.MultiplyAdds()
			}
		}
		r.Layers = append(r.Layers, l)
	}
}

// layerBytes adds what the parameters of each layer take in memory.
func (r *Report) layerBytes(p *plan.Plan) {
	for _, f := range slices.Concat(p.Net.Fields, p.Filtered.Fields) {
		name, _, _ := strings.Cut(f.Tensor.Value.Name, ".")
		for i := range r.Layers {
			if r.Layers[i].Name == name {
				r.Layers[i].Bytes += f.Bytes()
			}
		}
	}
}

// elements returns how many numbers of a tensor there are; a sparse weight has
// its connections.
func elements(p *ir.ParamInfo) int {
	if p.Mask != nil {
		return p.Mask.Count()
	}
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}
