package verify

import (
	"bytes"
	"fmt"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
)

// Values are tensors in canonical layout, by parameter or state.
type Values map[*ir.Value][]float64

// Network is a network to be verified.
type Network struct {
	Net  *spec.Network
	Plan *plan.Plan
	// Group is how many samples of a batch the generated code takes through a training
	// step together, where that is possible; 0: as many as stay in a cache.
	Group int
}

// Prepare plans a network.
func Prepare(net *spec.Network) (*Network, error) {
	p, err := gen.Plan(net, gen.Options{})
	if err != nil {
		return nil, err
	}
	return &Network{Net: net, Plan: p}, nil
}

// Tensors lists a program's parameters as a weight file has them.
func (n *Network) Tensors() []nnrt.Tensor {
	var ts []nnrt.Tensor
	for _, p := range n.Plan.Prog.Params {
		ts = append(ts, nnrt.Tensor{Name: p.Name, Shape: p.Shape})
	}
	return ts
}

// Weights encodes parameters as a weight file.
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

// Decode reads a weight or gradient file, by parameter.
func (n *Network) Decode(data []byte) (Values, error) {
	out := Values{}
	err := nnrt.LoadTensors(bytes.NewReader(data), n.Tensors(), nil, func(i int, v []float64) error {
		out[n.Plan.Prog.Params[i]] = append([]float64(nil), v...)
		return nil
	})
	return out, err
}

// DecodeState reads the optimiser's states of a checkpoint, and the states of the
// samples of a batch, one after the other.
func (n *Network) DecodeState(data []byte) (Values, error) {
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
	for _, m := range n.Plan.Prog.Memory {
		tensors = append(tensors, nnrt.Tensor{Name: m.Name, Shape: []int{n.Net.Codegen.Batch, m.In.Size()}})
		states[m.Name] = m.In
	}
	out := Values{}
	err := nnrt.LoadTensors(bytes.NewReader(data), tensors, nil, func(i int, v []float64) error {
		if s := states[tensors[i].Name]; s != nil {
			out[s] = append([]float64(nil), v...)
		}
		return nil
	})
	return out, err
}

// memory are the tensors of the file of a state.
func (n *Network) memory() []nnrt.Tensor {
	var ts []nnrt.Tensor
	for _, m := range n.Plan.Prog.Memory {
		ts = append(ts, nnrt.Tensor{Name: m.Name, Shape: m.In.Shape})
	}
	return ts
}

// State encodes the state of a stream; what has no values is zero.
func (n *Network) State(values map[string][]float64) []byte {
	var buf bytes.Buffer
	memory := n.Plan.Prog.Memory
	var err error
	if n.Plan.Prog.DType == ir.Float64 {
		err = nnrt.SaveTensors(&buf, n.memory(), nil, func(i int, v []float64) { copy(v, values[memory[i].Name]) })
	} else {
		err = nnrt.SaveTensors(&buf, n.memory(), nil, func(i int, v []float32) {
			for j, x := range values[memory[i].Name] {
				v[j] = float32(x)
			}
		})
	}
	if err != nil {
		panic(fmt.Sprintf("internal error: verify: %v", err)) // a buffer takes everything
	}
	return buf.Bytes()
}

// DecodeMemory reads the file of a state, by the names of its parts.
func (n *Network) DecodeMemory(data []byte) (map[string][]float64, error) {
	out := map[string][]float64{}
	err := nnrt.LoadTensors(bytes.NewReader(data), n.memory(), nil, func(i int, v []float64) error {
		out[n.Plan.Prog.Memory[i].Name] = append([]float64(nil), v...)
		return nil
	})
	return out, err
}

// gradOf is the gradient of a parameter, nil if it is not trained.
func gradOf(prog *ir.Program, p *ir.Value) *ir.Value {
	for _, g := range prog.Grads {
		if g.Param == p.Param {
			return g
		}
	}
	return nil
}

// outputs are the values of the outputs.
func outputs(prog *ir.Program) []*ir.Value {
	outs := make([]*ir.Value, len(prog.Outputs))
	for i, o := range prog.Outputs {
		outs[i] = o.Value
	}
	return outs
}

// Rows splits flat rows into the values they hold and gives them to set.
func Rows(values []*ir.Value, rows [][]float64, set func(v *ir.Value, rows ...[]float64)) {
	at := 0
	for _, v := range values {
		part := make([][]float64, len(rows))
		for i, r := range rows {
			part[i] = r[at : at+v.Size()]
		}
		set(v, part...)
		at += v.Size()
	}
}

// Flat joins the rows of values, sample by sample.
func Flat(values []*ir.Value, get func(v *ir.Value) [][]float64) [][]float64 {
	rows := make([][]float64, len(get(values[0])))
	for _, v := range values {
		for i, r := range get(v) {
			rows[i] = append(rows[i], r...)
		}
	}
	return rows
}
