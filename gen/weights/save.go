package weights

import (
	"fmt"
	"io"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/runtime/nnrt"
)

// SaveFile writes the tensors as a weight file of the network, which is
// replaced as a whole or not at all.
func (m *Matches) SaveFile(path string, dtype ir.DType) error {
	return nnrt.SaveFile(path, func(w io.Writer) error { return m.Save(w, dtype) })
}

// Save writes the tensors as a weight file of the network.
func (m *Matches) Save(w io.Writer, dtype ir.DType) error {
	columns, err := m.Columns.Metadata()
	if err != nil {
		return err
	}
	var meta []string
	for key, value := range columns {
		meta = append(meta, key, value)
	}
	tensors := make([]nnrt.Tensor, len(m.Tensors))
	for i, t := range m.Tensors {
		tensors[i] = nnrt.Tensor{Name: t.Name, Shape: t.Shape}
	}
	if dtype == ir.Float64 {
		return nnrt.SaveTensors(w, tensors, meta, func(i int, v []float64) { copy(v, m.Tensors[i].Values) })
	}
	return nnrt.SaveTensors(w, tensors, meta, func(i int, v []float32) {
		for j, x := range m.Tensors[i].Values {
			v[j] = float32(x)
		}
	})
}

// WriteText writes a line per tensor: the network's, and its origin.
func (m *Matches) WriteText(w io.Writer) {
	width := 0
	for _, t := range m.Tensors {
		width = max(width, len(t.Name)+len(Shape(t.Shape)))
	}
	for _, t := range m.Tensors {
		line := t.Name + " " + Shape(t.Shape)
		switch {
		case t.From != "":
			line = fmt.Sprintf("%-*s  from %s %s", width+1, line, t.From, t.DType)
		case t.Values != nil:
			line = fmt.Sprintf("%-*s  from the spec", width+1, line)
		}
		if t.Transpose {
			line += ", transposed"
		}
		fmt.Fprintln(w, line)
	}
	if len(m.Unused) > 0 {
		fmt.Fprintf(w, "not used: %s\n", list(m.Unused))
	}
}

// Values returns the values by the names of the network.
func (m *Matches) Values() map[string][]float64 {
	values := map[string][]float64{}
	for _, t := range m.Tensors {
		values[t.Name] = t.Values
	}
	return values
}
