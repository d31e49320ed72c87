package model

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/onnx/importer"
)

// Options say how a model is imported.
type Options struct {
	Name string // of the network; the base name of the file if empty
	// Bind gives graph inputs that are really constants their values: a number, true,
	// false or a list of numbers in brackets, or a file, .npy or .pb.
	Bind map[string]string
	// Shapes fixes those of graph inputs.
	Shapes map[string][]int
	// States, Context and Stream are as in importer.Options.
	States  []importer.State
	Context map[string]int
	Stream  int
	// BatchAxis is "0", "none", or "" to find out.
	BatchAxis string
	// ExternalData allows weights in other files of the model's folder.
	ExternalData bool
	// Inference leaves training out of the spec.
	Inference bool
	// NoProof imports an ONNX model without comparing the network with its graph.
	NoProof bool
}

// Model is an imported model.
type Model struct {
	*importer.Result
	Name    string
	Net     *spec.Network
	Weights []byte // a weight file, safetensors
	// External are the paths of other files that the model was read from.
	External []string

	file    *onnx.Model
	names   []string // of the arrays that reference inputs have
	samples int      // of the inputs cut last
}

// Error is a model that cannot be imported, with the path of its file.
type Error struct {
	Path string
	Err  error
}

// Error is the path and what is wrong.
func (e *Error) Error() string { return e.Path + ": " + e.Err.Error() }

// Unwrap returns what is wrong, an *importer.Error or *onnx.Error.
func (e *Error) Unwrap() error { return e.Err }

// maxFile is the limit of a model file in bytes; that of protobuf itself.
const maxFile = 2 << 30

// format is a format of models.
type format struct {
	is    func(path string) bool // whether a file is a model of it rather than a spec
	takes func(path string) bool // whether it explains what is wrong with a file
	read  func(path string, o Options) (*Model, error)
}

// formats are tried in order; the last takes any file.
var formats = []format{
	{isRTNeural, isJSON, importRTNeural},
	{isONNX, func(string) bool { return true }, importONNX},
}

// Is reports whether a path is that of a model rather than a spec.
func Is(path string) bool {
	return slices.ContainsFunc(formats, func(f format) bool { return f.is(path) })
}

// Import reads a model. The error is an *Error where the model is at fault.
func Import(path string, o Options) (*Model, error) {
	if o.Name == "" {
		o.Name = nameOf(path)
	}
	f := slices.IndexFunc(formats, func(f format) bool { return f.takes(path) })
	return formats[f].read(path, o)
}

func isONNX(path string) bool { return strings.EqualFold(filepath.Ext(path), ".onnx") }

// importONNX reads an ONNX model.
func importONNX(path string, o Options) (*Model, error) {
	file, external, err := read(path, o.ExternalData)
	if err != nil {
		return nil, err
	}
	bind, err := prepare(path, file, o)
	if err != nil {
		return nil, err
	}
	m, err := finish(path, file, o, bind)
	if err == nil {
		m.External = external
	}
	return m, err
}

// read reads a model file and, if that is allowed, the data beside it, whose
// files it returns.
func read(path string, external bool) (file *onnx.Model, others []string, err error) {
	data, err := readFile(path)
	if err != nil {
		return nil, nil, err
	}
	if file, err = onnx.Read(data); err != nil {
		err = looks(data, err)
	}
	if err == nil && external {
		others, err = readExternal(filepath.Dir(path), file)
	}
	if err != nil {
		return nil, nil, &Error{path, err}
	}
	return file, others, nil
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &Error{path, &onnx.Error{Msg: "it is not a regular file"}}
	}
	if info.Size() > maxFile {
		return nil, &Error{path, &onnx.Error{Msg: fmt.Sprintf("the file has %d bytes; the limit is %d", info.Size(), int64(maxFile)), Hint: "store the weights as external data and give --external-data"}}
	}
	return os.ReadFile(path)
}

// finish imports a model that was read.
func finish(path string, file *onnx.Model, o Options, bind map[string]*onnx.Tensor) (*Model, error) {
	m := &Model{Name: o.Name, file: file, names: graphInputs(file)}
	for {
		var err error
		m.Result, err = importer.Import(file, importer.Options{Name: o.Name, Bind: bind, BatchAxis: o.BatchAxis, Inference: o.Inference, States: o.States, Context: o.Context, Stream: o.Stream})
		if err != nil {
			return nil, &Error{path, err}
		}
		if m.Net, err = spec.Decode(o.Name+".yaml", m.Spec, op.Vocabulary()); err != nil {
			return nil, fmt.Errorf("internal error: %s: the spec that was made of the model is not valid:\n%w\n%s", path, err, m.Spec)
		}
		prog, err := lower.Lower(m.Net)
		var list spec.ErrorList
		switch {
		case err == nil:
			if m.Weights, err = m.encode(prog); err != nil {
				return nil, err
			}
			return m, m.checkProof(path, o, prog, bind)
		case !o.Inference && errors.As(err, &list):
			o.Inference = true // it cannot be trained
		case errors.As(err, &list):
			return nil, &Error{path, &onnx.Error{Msg: "the network that was made of the model is not valid:\n" + list.Error(), Hint: "report the model"}}
		default:
			return nil, err
		}
	}
}

// checkProof compares the network with the graph unless that is not wanted.
func (m *Model) checkProof(path string, o Options, prog *ir.Program, bind map[string]*onnx.Tensor) error {
	if o.NoProof {
		return nil
	}
	note, err := m.prove(prog, bind)
	if note != "" {
		m.Notes = append(m.Notes, note)
	}
	var differs *ProofError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &differs):
		return fmt.Errorf("%s: %w", path, err)
	}
	return &Error{path, &onnx.Error{Msg: "the graph cannot be evaluated to compare it with the network: " + err.Error(), Hint: "give --no-proof to import it all the same"}}
}

// encode writes the weights as the program wants them.
func (m *Model) encode(prog *ir.Program) ([]byte, error) {
	var list []nnrt.Tensor
	var data [][]float64
	byName := map[string]importer.Tensor{}
	for _, t := range m.Tensors {
		byName[t.Name] = t
	}
	for _, p := range prog.Params {
		t, ok := byName[p.Name]
		if !ok {
			if len(p.Param.Values) == 0 || p.Param.FitPort != "" {
				return nil, fmt.Errorf("internal error: import gave no weights for %s", p.Name)
			}
			list, data = append(list, nnrt.Tensor{Name: p.Name, Shape: p.Shape}), append(data, spread(p.Param.Values, p.Size()))
			continue
		}
		if len(t.Data) != p.Size() {
			return nil, fmt.Errorf("internal error: import gave %d weights for %s, which has shape %v", len(t.Data), p.Name, p.Shape)
		}
		list, data = append(list, nnrt.Tensor{Name: p.Name, Shape: p.Shape}), append(data, t.Data)
	}
	if len(prog.Params) < len(m.Tensors) {
		return nil, fmt.Errorf("internal error: import gave %d tensors for %d parameters", len(m.Tensors), len(prog.Params))
	}
	var buf bytes.Buffer
	var err error
	if m.Float64 {
		err = nnrt.SaveTensors(&buf, list, nil, func(i int, v []float64) { copy(v, data[i]) })
	} else {
		err = nnrt.SaveTensors(&buf, list, nil, func(i int, v []float32) {
			for k, x := range data[i] {
				v[k] = float32(x)
			}
		})
	}
	return buf.Bytes(), err
}

// spread repeats one number, or returns the numbers as they are.
func spread(values []float64, n int) []float64 {
	if len(values) != 1 {
		return values
	}
	return slices.Repeat(values, n)
}

// nameOf makes the name of a network of that of a file.
func nameOf(path string) string {
	base := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if name := spec.FixName(strings.ToLower(base)); name != "" {
		return name
	}
	return "model"
}
