package model

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/onnx/importer"
	"github.com/nngen-go/nngen/spec/plural"
)

// Reference is inputs and the outputs that someone else computed for them, in
// rows as generated code takes and gives them: a sample's inputs (or outputs)
// one after the other.
type Reference struct {
	Name            string
	Inputs, Outputs [][]float64
}

// Largest is the magnitude of the largest finite output.
func (r *Reference) Largest() float64 {
	largest := 0.0
	for _, row := range r.Outputs {
		for _, x := range row {
			if a := math.Abs(x); !math.IsInf(a, 0) && a > largest {
				largest = a
			}
		}
	}
	return largest
}

// Data are arrays for the inputs and outputs of a model, in the order of its
// graph without initialisers.
type Data struct {
	Name            string
	Inputs, Outputs []*onnx.Tensor
}

// ReadTestSet reads a folder with input_0.pb, …, output_0.pb, …, as ONNX's
// tests have them (test_data_set_0).
func ReadTestSet(dir string) (*Data, error) {
	d := &Data{Name: filepath.Base(dir)}
	for _, part := range []struct {
		name string
		list *[]*onnx.Tensor
	}{{"input", &d.Inputs}, {"output", &d.Outputs}} {
		for i := 0; ; i++ {
			path := filepath.Join(dir, part.name+"_"+strconv.Itoa(i)+".pb")
			if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
				break
			}
			t, err := readTensor(path)
			if err != nil {
				return nil, err
			}
			*part.list = append(*part.list, t)
		}
	}
	if len(d.Outputs) == 0 {
		return nil, &Error{dir, &onnx.Error{Msg: "the folder holds no output_0.pb", Hint: "name a folder like test_data_set_0, with input_0.pb, … and output_0.pb, …"}}
	}
	return d, nil
}

// ReadPair reads inputs and outputs from a file each: .npy or .pb with one
// array, .npz, or CSV with a row per sample, with or without names of columns.
func ReadPair(in, out string) (*Data, error) {
	d := &Data{Name: filepath.Base(in)}
	for _, part := range []struct {
		path string
		list *[]*onnx.Tensor
	}{{in, &d.Inputs}, {out, &d.Outputs}} {
		list, err := readArrays(part.path)
		if err != nil {
			return nil, err
		}
		*part.list = list
	}
	return d, nil
}

func readArrays(path string) ([]*onnx.Tensor, error) {
	if ext := filepath.Ext(path); ext != ".npz" && ext != ".csv" && ext != ".gz" {
		t, err := readTensor(path)
		return []*onnx.Tensor{t}, err
	}
	if t, err := readNumbers(path); t != nil || err != nil {
		return []*onnx.Tensor{t}, err
	}
	f, err := dataset.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list []*onnx.Tensor
	for _, a := range f.Arrays {
		t := &onnx.Tensor{Name: a.Name, DataType: onnx.Double, DoubleData: a.Data}
		for _, n := range a.Shape {
			t.Dims = append(t.Dims, int64(n))
		}
		list = append(list, t)
	}
	return list, nil
}

// ImportFor imports a model and binds inputs that must be constants to the
// first data that has them.
func ImportFor(path string, o Options, data []*Data) (*Model, error) {
	if isRTNeural(path) {
		return Import(path, o)
	}
	file, _, err := read(path, o.ExternalData)
	if err != nil {
		return nil, err
	}
	if o.Name == "" {
		o.Name = nameOf(path)
	}
	names := graphInputs(file)
	bind, err := prepare(path, file, o)
	if err != nil {
		return nil, err
	}
	for {
		m, err := finish(path, file, o, bind)
		var refused *importer.Error
		if !errors.As(err, &refused) || refused.Input == "" || bind[refused.Input] != nil || len(data) == 0 {
			return m, err
		}
		i := slices.Index(names, refused.Input)
		if i < 0 || i >= len(data[0].Inputs) {
			return m, err
		}
		bind[refused.Input] = data[0].Inputs[i]
	}
}

// graphInputs are the inputs of a graph without initialisers.
func graphInputs(m *onnx.Model) []string {
	var names []string
	for _, in := range m.Graph.Inputs {
		if !slices.ContainsFunc(m.Graph.Initializers, func(t *onnx.Tensor) bool { return t.Name == in.Name }) {
			names = append(names, in.Name)
		}
	}
	return names
}

// graphOutputs are the outputs of the model, constants among them.
func (m *Model) graphOutputs() []string {
	if m.file == nil {
		return m.Outputs
	}
	var names []string
	for _, o := range m.file.Graph.Outputs {
		names = append(names, o.Name)
	}
	return names
}

// ForSpec is a network as a model, for references: the first dimension of
// arrays is that of the samples.
func ForSpec(net *spec.Network) *Model {
	m := &Model{Name: net.Name, Net: net, Result: &importer.Result{Batch: true}}
	m.describe()
	return m
}

// describe takes the names and shapes of inputs and outputs from the network.
func (m *Model) describe() {
	for i := range m.Net.Inputs {
		in := &m.Net.Inputs[i]
		m.Inputs, m.InputShapes = append(m.Inputs, in.Name), append(m.InputShapes, in.Shape)
	}
	for i := range m.Net.Outputs {
		m.Outputs = append(m.Outputs, m.Net.Outputs[i].Name)
	}
	m.names = m.Inputs
}

// Reference cuts data into the rows of samples.
func (m *Model) Reference(d *Data) (*Reference, error) {
	r := &Reference{Name: d.Name}
	var inputs, outputs []*onnx.Tensor
	for _, name := range m.Inputs {
		i := slices.Index(m.names, name)
		if i >= len(d.Inputs) {
			return nil, &Error{d.Name, &onnx.Error{Msg: fmt.Sprintf("there are data for %s, but the model reads %s, its input %d", plural.Of(len(d.Inputs), "input"), strconv.Quote(name), i+1)}}
		}
		inputs = append(inputs, d.Inputs[i])
	}
	all := m.graphOutputs()
	if len(d.Outputs) != len(all) {
		return nil, &Error{d.Name, &onnx.Error{Msg: fmt.Sprintf("there are data for %s, but the model has %d", plural.Of(len(d.Outputs), "output"), len(all))}}
	}
	for i, t := range d.Outputs {
		if slices.Contains(m.Outputs, all[i]) { // others are constants
			outputs = append(outputs, t)
		}
	}
	var err error
	sizes := m.inputSizes()
	if m.Stream > 0 {
		sizes[0] = sizes[0] / m.Stream * m.Window
	}
	if r.Inputs, err = m.rows(inputs, "input", sizes, m.InputBatch); err != nil {
		return nil, &Error{d.Name, err}
	}
	if r.Outputs, err = m.rows(outputs, "output", nil, m.OutputBatch); err != nil {
		return nil, &Error{d.Name, err}
	}
	if m.Stream > 0 {
		return m.streamed(r)
	}
	if len(r.Inputs) != len(r.Outputs) {
		return nil, &Error{d.Name, &onnx.Error{Msg: fmt.Sprintf("there are inputs of %s and outputs of %d", plural.Of(len(r.Inputs), "sample"), len(r.Outputs))}}
	}
	return r, nil
}

func (m *Model) inputSizes() []int {
	var sizes []int
	for i, shape := range m.InputShapes {
		n := 1
		for _, d := range shape {
			n *= d
		}
		if i < len(m.Contexts) {
			n -= m.Contexts[i]
		}
		sizes = append(sizes, n)
	}
	return sizes
}

// rows cuts arrays into samples: along the dimension that is the batch, if one is, else by the size of a sample.
func (m *Model) rows(list []*onnx.Tensor, what string, sizes, batch []int) ([][]float64, error) {
	var rows [][]float64
	for i, t := range list {
		values, err := t.Float64s()
		if err != nil {
			return nil, err
		}
		n := 1
		at := m.batchOf(batch, i)
		if m.Batch && at > 0 && at < len(t.Dims) {
			shape := make([]int, len(t.Dims))
			for k, d := range t.Dims {
				shape[k] = int(d)
			}
			values, _ = moved(values, shape, at, 0)
		}
		switch {
		case m.Batch && len(t.Dims) > at:
			n = int(t.Dims[at])
		case sizes != nil && sizes[i] > 0 && len(values)%sizes[i] == 0:
			n = len(values) / sizes[i]
		case sizes == nil && m.samples > 0:
			n = m.samples
		}
		if sizes != nil && len(values) != n*sizes[i] || n == 0 || len(values)%n != 0 {
			return nil, &onnx.Error{Msg: fmt.Sprintf("%s %d has shape %v, which does not fit the model", what, i+1, t.Dims)}
		}
		if rows == nil {
			rows = make([][]float64, n)
		}
		if len(rows) != n {
			return nil, &onnx.Error{Msg: fmt.Sprintf("%s %d has %s, the first one has %d", what, i+1, plural.Of(n, "sample"), len(rows))}
		}
		for k := range rows {
			rows[k] = append(rows[k], values[k*len(values)/n:(k+1)*len(values)/n]...)
		}
	}
	if sizes != nil {
		m.samples = len(rows)
	}
	return rows, nil
}
