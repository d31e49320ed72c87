package model

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/nngen-go/nngen/spec/onnx"
)

// ReadFolder reads the pairs of a folder: for I = 0, 1, … the inputs in_I.npy, or
// in_I_NAME.npy by their names in the model, and the outputs out_I.npy, or
// out_I_0.npy, out_I_1.npy, … in its order.
func (m *Model) ReadFolder(dir string) ([]*Data, error) {
	var all []*Data
	for i := 0; ; i++ {
		d := &Data{Name: fmt.Sprintf("%s %d", filepath.Base(dir), i)}
		for k, name := range m.names {
			path := filepath.Join(dir, fmt.Sprintf("in_%d_%s.npy", i, name))
			if single := filepath.Join(dir, fmt.Sprintf("in_%d.npy", i)); k == 0 && len(m.names) == 1 && exists(single) {
				path = single
			}
			if k == 0 && !exists(path) {
				if i == 0 {
					return nil, &Error{dir, &onnx.Error{Msg: fmt.Sprintf("the folder holds neither in_0.npy nor in_0_%s.npy", name), Hint: "name one with inputs in_0.npy, … and outputs out_0.npy, …"}}
				}
				return all, nil
			}
			t, err := readTensor(path)
			if err != nil {
				return nil, err
			}
			d.Inputs = append(d.Inputs, t)
		}
		for k := range m.graphOutputs() {
			path := filepath.Join(dir, fmt.Sprintf("out_%d_%d.npy", i, k))
			if single := filepath.Join(dir, fmt.Sprintf("out_%d.npy", i)); k == 0 && exists(single) {
				path = single
			}
			t, err := readTensor(path)
			if err != nil {
				return nil, err
			}
			d.Outputs = append(d.Outputs, t)
		}
		all = append(all, d)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}
