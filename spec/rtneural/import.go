package rtneural

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Model is an imported model.
type Model struct {
	Spec    []byte // YAML, without a name
	Tensors []Tensor
}

// Tensor is a parameter under its canonical name, row-major.
type Tensor struct {
	Name   string
	Shape  []int
	Values []float64
}

// Error says why a model cannot be imported.
type Error struct {
	Place string // layer 3 (gru), byte 12; may be empty
	Msg   string
	Hint  string // what to do
}

// Error returns place: message; hint.
func (e *Error) Error() string {
	s := e.Msg
	if e.Place != "" {
		s = e.Place + ": " + s
	}
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Limits of a model.
const (
	maxFile   = 256 << 20
	maxWidth  = 1_000_000
	maxLayers = 10_000
)

const again = "export the model again with RTNeural's python/model_utils.py"

// file is the JSON of a model.
type file struct {
	InShape []*int  `json:"in_shape"`
	Layers  []layer `json:"layers"`
}

// layer is the JSON of a layer.
type layer struct {
	Type       string            `json:"type"`
	Activation string            `json:"activation"`
	Shape      []*int            `json:"shape"`
	Epsilon    *float64          `json:"epsilon"`
	KernelSize []*int            `json:"kernel_size"`
	Dilation   []*int            `json:"dilation"`
	Weights    []json.RawMessage `json:"weights"`
}

// Is reports whether a file looks like a model of RTNeural: a JSON object with its two
// keys.
func Is(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")) &&
		bytes.Contains(data, []byte(`"in_shape"`)) && bytes.Contains(data, []byte(`"layers"`))
}

// Import reads a model. The error is an *Error.
func Import(data []byte) (*Model, error) {
	if len(data) > maxFile {
		return nil, &Error{Msg: fmt.Sprintf("the file has %d bytes; the limit is %d", len(data), maxFile), Hint: "is it a model?"}
	}
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, jsonError(err)
	}
	width, ok := last(f.InShape)
	switch {
	case f.InShape == nil && f.Layers == nil:
		return nil, &Error{Msg: "it holds weights alone, and does not say what layers it has", Hint: "write the spec; nngen weights --map takes weights of a PyTorch model from safetensors"}
	case !ok:
		return nil, &Error{Place: "in_shape", Msg: fmt.Sprintf("it must end with the number of inputs, from 1 to %d", maxWidth), Hint: again}
	case len(f.Layers) == 0 || len(f.Layers) > maxLayers:
		return nil, &Error{Place: "layers", Msg: fmt.Sprintf("there must be from 1 to %d layers, got %d", maxLayers, len(f.Layers)), Hint: again}
	}
	w := &writer{width: width, count: map[string]int{}, trains: true}
	if n := len(f.InShape); n > 2 && f.InShape[n-2] != nil {
		if w.length = *f.InShape[n-2]; w.length < 1 || w.length > maxWidth {
			return nil, &Error{Place: "in_shape", Msg: fmt.Sprintf("a signal must have from 1 to %d samples, got %d", maxWidth, w.length), Hint: again}
		}
		if width > 1 {
			w.add("transpose", "perm: [1, 0]")
		}
	}
	for i := range f.Layers {
		if err := w.layer(&f.Layers[i]); err != nil {
			return nil, &Error{Place: fmt.Sprintf("layer %d (%s)", i+1, short(f.Layers[i].Type)), Msg: err.Msg, Hint: err.Hint}
		}
	}
	if w.length == 0 {
		return &Model{Spec: w.spec(strconv.Itoa(width)), Tensors: w.tensors}, nil
	}
	if w.width > 1 {
		w.add("transpose", "perm: [1, 0]")
	} else {
		w.add("flatten")
	}
	shape := []any{*f.InShape[len(f.InShape)-2], width}
	if width == 1 { // the same elements as a channel
		slices.Reverse(shape)
	}
	return &Model{Spec: w.spec(fmt.Sprintf("%d, %d", shape...)), Tensors: w.tensors}, nil
}

// last returns the last number of a shape, whose others may be null.
func last(shape []*int) (int, bool) {
	if len(shape) == 0 || shape[len(shape)-1] == nil {
		return 0, false
	}
	n := *shape[len(shape)-1]
	return n, n >= 1 && n <= maxWidth
}

// jsonError says where JSON is wrong.
func jsonError(err error) *Error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return &Error{Place: fmt.Sprintf("byte %d", syntax.Offset), Msg: syntax.Error(), Hint: again}
	case errors.As(err, &kind):
		return &Error{Place: fmt.Sprintf("byte %d", kind.Offset), Msg: fmt.Sprintf("%s must be a %s, got a %s", kind.Field, kind.Type, kind.Value), Hint: again}
	}
	return &Error{Msg: err.Error(), Hint: again}
}

// short cuts text of the file.
func short(s string) string {
	if s == "" || len(s) > 40 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return fmt.Sprintf("%.40q", s)
	}
	return s
}

// writer writes the layers of the spec.
type writer struct {
	lines   []string
	tensors []Tensor
	width   int // of the layer above
	length  int // of a signal of which every call has a piece of its own; 0 for a stream of samples
	count   map[string]int
	open    bool // the line above is a dense layer without activation
	trains  bool
}

func (w *writer) spec(inputs string) []byte {
	end := "loss: mse"
	if !w.trains {
		end = "codegen: {train: false}"
	}
	head := fmt.Sprintf("nngen: 1\ninput: {shape: [%s]}\nlayers:\n", inputs)
	return []byte(head + strings.Join(w.lines, "\n") + "\n" + end + "\n")
}

// name returns the default name of the next layer of a kind.
func (w *writer) name(kind string) string {
	w.count[kind]++
	return fmt.Sprintf("%s%d", kind, w.count[kind])
}

// add writes a layer.
func (w *writer) add(kind string, fields ...string) {
	w.open = false
	if len(fields) == 0 {
		w.lines = append(w.lines, "  - "+kind)
		return
	}
	w.lines = append(w.lines, "  - "+kind+": {"+strings.Join(fields, ", ")+"}")
}

// tensor stores a parameter.
func (w *writer) tensor(name string, values []float64, shape ...int) {
	w.tensors = append(w.tensors, Tensor{name, shape, values})
}
