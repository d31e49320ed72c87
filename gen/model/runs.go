package model

import (
	"slices"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/onnx/evaluate"
)

// networkWork is about the multiply-adds of the interpreter for a sample.
func (p *proof) networkWork() int64 {
	const perElement = 8 // of a scalar program
	n := 2 * int64(p.prog.MultiplyAdds())
	for _, op := range p.prog.Infer.Ops {
		for _, y := range op.Outs() {
			n += perElement * int64(y.Size())
		}
	}
	return n
}

// streams reports whether the network has a state.
func (p *proof) streams() bool { return len(p.prog.Memory) > 0 }

// evaluate runs the graph on samples, or step by step.
func (p *proof) evaluate(r *evaluate.Run, rows [][]float64) ([][]float64, error) {
	if p.Stream > 0 {
		return p.evaluateWindow(r, rows)
	}
	if !p.streams() {
		return p.evaluateRows(r, rows, map[string][]float64{})
	}
	kept := map[string][]float64{} // states and contexts
	var out [][]float64
	for _, row := range rows {
		y, err := p.evaluateRows(r, [][]float64{row}, kept)
		if err != nil {
			return nil, err
		}
		out = append(out, y...)
	}
	return out, nil
}

// evaluateRows runs the graph once, and changes what is kept of a stream.
func (p *proof) evaluateRows(r *evaluate.Run, rows [][]float64, kept map[string][]float64) ([][]float64, error) {
	inputs := map[string]*evaluate.Tensor{}
	start := 0
	for i, name := range p.Inputs {
		n, context := p.inputSizes()[i], p.Contexts[i]
		t := &evaluate.Tensor{Shape: slices.Clone(p.InputShapes[i])}
		if context > 0 {
			if t.Data = slices.Clone(kept[name]); t.Data == nil {
				t.Data = make([]float64, context)
			}
		}
		for _, row := range rows {
			t.Data = append(t.Data, row[start:start+n]...)
		}
		kept[name] = t.Data[len(t.Data)-context:]
		if p.Batch {
			t.Shape = slices.Insert(t.Shape, 0, len(rows))
			t.Data, t.Shape = moved(t.Data, t.Shape, 0, p.batchOf(p.InputBatch, i))
		}
		inputs[name] = t
		start += n
	}
	for _, s := range p.States {
		if in := p.graphInput(s.In); kept[s.In] == nil {
			inputs[s.In] = p.filler(in, 1)
			clear(inputs[s.In].Data)
		} else {
			inputs[s.In] = &evaluate.Tensor{Shape: p.filler(in, 1).Shape, Data: kept[s.In]}
		}
	}
	for _, in := range p.file.Graph.Inputs { // what the network does not read, the graph may
		if t := p.filler(in, len(rows)); t != nil && inputs[in.Name] == nil {
			inputs[in.Name] = t
		}
	}
	list, err := p.graph.Run(r, inputs)
	if err != nil {
		return nil, err
	}
	out := make([][]float64, len(rows))
	for k, t := range list {
		for _, s := range p.States {
			if s.Out == p.graphOutputs()[k] {
				kept[s.In] = t.Data
			}
		}
		if !slices.Contains(p.Outputs, p.graphOutputs()[k]) {
			continue // a constant, which the network leaves out
		}
		n, data := len(t.Data)/len(rows), t.Data
		if at := p.batchOf(p.OutputBatch, slices.Index(p.Outputs, p.graphOutputs()[k])); p.Batch && at > 0 {
			data, _ = moved(data, t.Shape, at, 0)
		}
		for s := range out {
			out[s] = append(out[s], data[s*n:(s+1)*n]...)
		}
	}
	return out, nil
}

// graphInput is an input of the graph by its name.
func (p *proof) graphInput(name string) *onnx.ValueInfo {
	i := slices.IndexFunc(p.file.Graph.Inputs, func(in *onnx.ValueInfo) bool { return in.Name == name })
	return p.file.Graph.Inputs[i]
}

// filler is any value of the shape of an input, nil if that is not known.
func (p *proof) filler(in *onnx.ValueInfo, samples int) *evaluate.Tensor {
	if in.Type == nil || in.Type.Tensor == nil || in.Type.Tensor.Shape == nil || p.bound[in.Name] {
		return nil
	}
	t := &evaluate.Tensor{Shape: []int{}, Integer: in.Type.Tensor.ElemType.IsInteger()}
	n := 1
	for i, dim := range in.Type.Tensor.Shape.Dims {
		d := int(min(dim.Value, mostSamples+1))
		switch {
		case !dim.HasValue && i == 0 && p.Batch:
			d = samples
		case !dim.HasValue:
			return nil
		}
		if n *= d; d < 0 || n > mostSamples {
			return nil
		}
		t.Shape = append(t.Shape, d)
	}
	for i := range n {
		t.Data = append(t.Data, float64(i%5))
	}
	return t
}

// interpret runs the network on samples in float64; values that nothing needs
// any more are forgotten unless they are kept.
func (p *proof) interpret(rows [][]float64, keep bool) (outputs [][]float64, m *interp.Machine, err error) {
	m = interp.New(p.prog)
	m.Unrounded = true
	for v, w := range p.weights {
		m.Set(v, w)
	}
	if !p.streams() {
		outputs, err = p.interpretRows(m, rows, keep)
		return outputs, m, err
	}
	for s, row := range rows {
		if s > 0 {
			m.Advance(m.Prog.Infer)
		}
		y, err := p.interpretRows(m, [][]float64{row}, true)
		if err != nil {
			return nil, nil, err
		}
		outputs = append(outputs, y...)
	}
	if p.Stream > 0 {
		outputs = [][]float64{joined(outputs, p.Stream, p.Model.Result.Result)}
	}
	return outputs, m, nil
}

// interpretRows runs the network once.
func (p *proof) interpretRows(m *interp.Machine, rows [][]float64, keep bool) (outputs [][]float64, err error) {
	m.Batch = len(rows)
	start := 0
	for _, in := range p.prog.Inputs {
		var list [][]float64
		for _, row := range rows {
			list = append(list, row[start:start+in.Size()])
		}
		m.Set(in, list...)
		start += in.Size()
	}
	needed := map[*ir.Value]int{} // the operation that reads a value last
	for i, op := range p.prog.Infer.Ops {
		for _, x := range op.Ins() {
			needed[x] = i
		}
	}
	for _, o := range p.prog.Outputs {
		needed[o.Value] = len(p.prog.Infer.Ops)
	}
	for i, op := range p.prog.Infer.Ops {
		if err := m.Run(&ir.Func{Name: "infer", Ops: []ir.Op{op}}); err != nil {
			return nil, err
		}
		for _, x := range slices.Concat(op.Ins(), op.Outs()) {
			if x.Kind == ir.Temp && needed[x] <= i && !keep {
				m.Set(x)
			}
		}
	}
	outputs = make([][]float64, len(rows))
	for _, o := range p.prog.Outputs {
		list := m.Get(o.Value)
		for s := range outputs {
			outputs[s] = append(outputs[s], list[min(s, len(list)-1)]...)
		}
	}
	return outputs, nil
}

// batchOf is the dimension that is the batch, by a list that may be absent.
func (m *Model) batchOf(list []int, i int) int {
	if i < 0 || i >= len(list) {
		return 0
	}
	return list[i]
}

// moved is an array with a dimension elsewhere.
func moved(data []float64, shape []int, from, to int) ([]float64, []int) {
	if from == to {
		return data, shape
	}
	perm := make([]int, len(shape))
	for i := range perm {
		perm[i] = i
	}
	perm = slices.Insert(slices.Delete(perm, from, from+1), to, from)
	steps, out, dims := make([]int, len(shape)), make([]float64, 0, len(data)), make([]int, len(shape))
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		steps[i] = n
		n *= shape[i]
	}
	for i, p := range perm {
		dims[i] = shape[p]
	}
	at := make([]int, len(shape))
	for range data {
		place := 0
		for i, p := range perm {
			place += at[i] * steps[p]
		}
		out = append(out, data[place])
		for i := len(at) - 1; i >= 0; i-- {
			if at[i]++; at[i] < dims[i] {
				break
			}
			at[i] = 0
		}
	}
	return out, dims
}
