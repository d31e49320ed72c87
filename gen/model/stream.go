package model

import (
	"fmt"

	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/onnx/evaluate"
	"github.com/nngen-go/nngen/spec/plural"
)

// joined are the last elements of a signal whose pieces, of a length each, are the rows:
// channel after channel.
func joined(rows [][]float64, each, last int) []float64 {
	channels := len(rows[0]) / each
	var out []float64
	for c := range channels {
		var all []float64
		for _, row := range rows {
			all = append(all, row[c*each:(c+1)*each]...)
		}
		out = append(out, all[len(all)-last:]...)
	}
	return out
}

// pieces cuts a signal of channels into pieces of a length, zeros before the first.
func pieces(signal []float64, length, each int) [][]float64 {
	channels, count := len(signal)/length, (length+each-1)/each
	rows := make([][]float64, count)
	for c := range channels {
		padded := make([]float64, count*each)
		copy(padded[count*each-length:], signal[c*length:(c+1)*length])
		for i := range rows {
			rows[i] = append(rows[i], padded[i*each:(i+1)*each]...)
		}
	}
	return rows
}

// evaluateWindow runs the graph on the window that the calls of a stream end with.
func (p *proof) evaluateWindow(r *evaluate.Run, rows [][]float64) ([][]float64, error) {
	whole := *p
	result := *p.Result
	result.Stream = 0
	shape := append([]int{}, p.InputShapes[0]...)
	shape[len(shape)-1] = p.Window
	result.InputShapes = [][]int{shape}
	model := *p.Model
	model.Result = &result
	whole.Model = &model
	return whole.evaluateRows(r, [][]float64{joined(rows, p.Stream, p.Window)}, map[string][]float64{})
}

// streamed is a window and its result as the calls of a stream, of which only those
// are compared that the whole result is known of.
func (m *Model) streamed(r *Reference) (*Reference, error) {
	if len(r.Inputs) != 1 || len(r.Outputs) != 1 || m.Result.Result < m.Stream {
		return nil, &Error{r.Name, &onnx.Error{Msg: fmt.Sprintf("a stream is compared with one window and a result of %s or more, got %s of %d", plural.Of(m.Stream, "element"), plural.Of(len(r.Inputs), "window"), m.Result.Result)}}
	}
	out := &Reference{Name: r.Name, Inputs: pieces(r.Inputs[0], m.Window, m.Stream)}
	want := pieces(r.Outputs[0], m.Result.Result, m.Stream)
	out.Outputs = make([][]float64, len(out.Inputs))
	known := m.Result.Result / m.Stream
	copy(out.Outputs[len(out.Outputs)-known:], want[len(want)-known:])
	return out, nil
}
