package model

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/nngen-go/nngen/spec/onnx"
)

// Sequence is the steps of a stream, what came of them, and the states of the
// network before and after, by their names; nil is zero, or not known.
type Sequence struct {
	Reference
	Start, End map[string][]float64
}

// LargestEnd is the magnitude of the largest finite number of the states after.
func (s *Sequence) LargestEnd() float64 {
	var r Reference
	for _, v := range s.End {
		r.Outputs = append(r.Outputs, v)
	}
	return r.Largest()
}

// ReadSequence reads a folder of a stream that someone else computed, arrays by the
// names of the model:
//
//	seq_in_NAME.npy [steps, …], seq_out_NAME.npy [steps, …]
//	seq_init_NAME.npy, seq_final_NAME.npy   states, by their inputs and outputs
//
// Of an input with a context the frames overlap; the overlap is checked and left out.
func (m *Model) ReadSequence(dir string) (*Sequence, error) {
	s := &Sequence{Reference: Reference{Name: filepath.Base(dir)}}
	var err error
	for i, name := range m.Inputs {
		size, context := m.inputSizes()[i], 0
		if i < len(m.Contexts) {
			context = m.Contexts[i]
		}
		rows, err := readSteps(dir, "seq_in_", name, size+context)
		if err != nil {
			return nil, err
		}
		if context > 0 {
			if s.Start == nil {
				s.Start = map[string][]float64{}
			}
			s.Start[m.Net.Inputs[i].Name+".past"] = rows[0][:context]
			for t := range rows[1:] {
				if !slices.Equal(rows[t][size:], rows[t+1][:context]) {
					return nil, &Error{filepath.Join(dir, "seq_in_"+name+".npy"), &onnx.Error{Msg: fmt.Sprintf("step %d does not begin with the last %d elements of the step before", t+1, context)}}
				}
			}
		}
		for t := range rows {
			rows[t] = rows[t][context:]
		}
		if s.Inputs, err = beside(s.Inputs, rows, dir); err != nil {
			return nil, err
		}
	}
	for _, name := range m.Outputs {
		rows, err := readSteps(dir, "seq_out_", name, 0)
		if err != nil {
			return nil, err
		}
		if s.Outputs, err = beside(s.Outputs, rows, dir); err != nil {
			return nil, err
		}
	}
	if len(s.Inputs) != len(s.Outputs) {
		return nil, &Error{dir, &onnx.Error{Msg: fmt.Sprintf("there are inputs of %d steps and outputs of %d", len(s.Inputs), len(s.Outputs))}}
	}
	for _, st := range m.States {
		if s.Start, err = m.readState(s.Start, filepath.Join(dir, "seq_init_"+st.In+".npy"), st.In); err != nil {
			return nil, err
		}
		if s.End, err = m.readState(s.End, filepath.Join(dir, "seq_final_"+st.Out+".npy"), st.In); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// readState adds a state of the model, if the file is there, to those of the network.
func (m *Model) readState(states map[string][]float64, path, in string) (map[string][]float64, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return states, nil
	}
	t, err := readTensor(path)
	if err != nil {
		return nil, err
	}
	values, err := t.Float64s()
	parts := m.StateParts[in]
	if err == nil && len(values) != len(parts) {
		err = &onnx.Error{Msg: fmt.Sprintf("it has %d elements, the state %s has %d", len(values), strconv.Quote(in), len(parts))}
	}
	if err != nil {
		return nil, &Error{path, err}
	}
	if states == nil {
		states = map[string][]float64{}
	}
	for i, p := range parts {
		for len(states[p.Name]) <= p.Index {
			states[p.Name] = append(states[p.Name], 0)
		}
		states[p.Name][p.Index] = values[i]
	}
	return states, nil
}

// readSteps reads an array as a row per step, of a size if it is not 0.
func readSteps(dir, prefix, name string, size int) ([][]float64, error) {
	path := filepath.Join(dir, prefix+name+".npy")
	t, err := readTensor(path)
	if err != nil {
		return nil, err
	}
	values, err := t.Float64s()
	if err != nil {
		return nil, &Error{path, err}
	}
	if len(t.Dims) == 0 || t.Dims[0] == 0 || size > 0 && int64(len(values)) != t.Dims[0]*int64(size) {
		return nil, &Error{path, &onnx.Error{Msg: fmt.Sprintf("it has the shape %v, not steps of %d elements", t.Dims, size)}}
	}
	each := len(values) / int(t.Dims[0])
	var rows [][]float64
	for len(values) > 0 {
		rows, values = append(rows, values[:each:each]), values[each:]
	}
	return rows, nil
}

// beside puts the rows of another array behind those that there are.
func beside(all, more [][]float64, dir string) ([][]float64, error) {
	if all == nil {
		return more, nil
	}
	if len(all) != len(more) {
		return nil, &Error{dir, &onnx.Error{Msg: fmt.Sprintf("its arrays have %d and %d steps", len(all), len(more))}}
	}
	for t := range all {
		all[t] = append(all[t], more[t]...)
	}
	return all, nil
}
