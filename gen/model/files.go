package model

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/spec/onnx"
)

// readTensor reads one array, .npy or a tensor of ONNX.
func readTensor(path string) (*onnx.Tensor, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(data, []byte("\x93NUMPY")) {
		t, err := onnx.ReadTensor(data)
		if err == nil {
			_, err = t.Count()
		}
		if err != nil {
			return nil, &Error{path, err}
		}
		return t, nil
	}
	a, err := dataset.ParseNPY(data)
	if err != nil {
		return nil, &Error{path, err}
	}
	t := &onnx.Tensor{DataType: onnx.Double, DoubleData: a.Data}
	for _, d := range a.Shape {
		t.Dims = append(t.Dims, int64(d))
	}
	if a.Integer {
		t.DataType, t.DoubleData = onnx.Int64, nil
		for _, x := range a.Data {
			t.Int64Data = append(t.Int64Data, int64(x))
		}
	}
	return t, nil
}

// readExternal reads the elements of tensors that lie in other files of the
// model's folder, and returns the paths of these.
func readExternal(dir string, m *onnx.Model) (files []string, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	tensors := slices.Concat(m.Graph.Initializers, inNodes(m.Graph.Nodes))
	for _, f := range m.Functions {
		tensors = append(tensors, inNodes(f.Nodes)...)
	}
	for _, t := range tensors {
		if t.Location == 0 && len(t.External) == 0 {
			continue
		}
		location, err := readElements(root, t)
		if err != nil {
			return nil, &onnx.Error{Place: "tensor " + strconv.Quote(t.Name), Msg: "its external data: " + err.Error(), Hint: "external data must lie in the folder of the model"}
		}
		if file := filepath.Join(dir, filepath.FromSlash(location)); !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	return files, nil
}

// inNodes lists the tensors of nodes, those of graphs inside them too.
func inNodes(nodes []*onnx.Node) (list []*onnx.Tensor) {
	for _, n := range nodes {
		for _, a := range n.Attributes {
			if a.T != nil {
				list = append(list, a.T)
			}
			if a.G != nil {
				list = slices.Concat(list, a.G.Initializers, inNodes(a.G.Nodes))
			}
		}
	}
	return list
}

// readElements reads the elements of one tensor and returns its file.
func readElements(root *os.Root, t *onnx.Tensor) (location string, err error) {
	offset, length := int64(0), int64(-1)
	for _, e := range t.External {
		var err error
		switch e.Key {
		case "location":
			location = e.Value
		case "offset":
			offset, err = strconv.ParseInt(e.Value, 10, 63)
		case "length":
			length, err = strconv.ParseInt(e.Value, 10, 63)
		}
		if err != nil || offset < 0 {
			return "", fmt.Errorf("%s must be a whole number from 0, got %q", e.Key, e.Value)
		}
	}
	if location == "" || strings.Contains(location, `\`) || !filepath.IsLocal(filepath.FromSlash(location)) {
		return "", fmt.Errorf("the file %q is not one in the folder of the model", location)
	}
	want := t.Bytes()
	if want < 0 {
		return "", fmt.Errorf("dimensions %v of %s are not valid", t.Dims, t.DataType)
	}
	if length >= 0 && length != want {
		return "", fmt.Errorf("dimensions %v of %s need %d bytes, but its length is %d", t.Dims, t.DataType, want, length)
	}
	f, err := root.Open(filepath.FromSlash(location))
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || offset > info.Size() || want > info.Size()-offset {
		return "", fmt.Errorf("%d bytes from %d on do not lie in %q, which has %d", want, offset, location, info.Size())
	}
	t.RawData, t.HasRaw = make([]byte, want), true
	if _, err := io.ReadFull(io.NewSectionReader(f, offset, want), t.RawData); err != nil {
		return "", err
	}
	t.Location, t.External = 0, nil
	return location, nil
}

// readNumbers reads a CSV without names of columns, as RTNeural's tests have
// them; nil if the file is something else.
func readNumbers(path string) (*onnx.Tensor, error) {
	if filepath.Ext(path) != ".csv" {
		return nil, nil
	}
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, nil
	}
	t := &onnx.Tensor{DataType: onnx.Double, Dims: []int64{int64(len(rows)), int64(len(rows[0]))}}
	for i, row := range rows {
		for _, field := range row {
			x, err := dataset.Decimal(strings.TrimSpace(field))
			switch {
			case err != nil && i == 0:
				return nil, nil // names of columns
			case err != nil:
				return nil, &Error{path, &onnx.Error{Place: fmt.Sprintf("line %d", i+1), Msg: fmt.Sprintf("%s is no number", strconv.Quote(field))}}
			}
			t.DoubleData = append(t.DoubleData, x)
		}
	}
	return t, nil
}
