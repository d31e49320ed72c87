package rtneural

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen-go/nngen/spec/plural"
)

// layers are what is read, by RTNeural's type.
var layers = map[string]func(w *writer, l *layer) *Error{
	"dense":                  (*writer).dense,
	"time-distributed-dense": (*writer).dense,
	"activation":             func(w *writer, l *layer) *Error { return w.activation(l.Activation) },
	"prelu":                  (*writer).prelu,
	"batchnorm":              (*writer).batchNorm,
	"gru":                    (*writer).cell,
	"lstm":                   (*writer).cell,
	"conv1d":                 (*writer).conv,
}

// ofSignals are the layers that a model of a fixed number of samples may have.
var ofSignals = []string{"conv1d", "activation", "prelu", "batchnorm"}

// activations are those of RTNeural and the language alike.
var activations = []string{"tanh", "relu", "sigmoid", "softmax", "elu"}

func failf(hint, format string, args ...any) *Error {
	return &Error{Msg: fmt.Sprintf(format, args...), Hint: hint}
}

func (w *writer) layer(l *layer) *Error {
	read := layers[l.Type]
	if read == nil {
		return failf("dense, time-distributed-dense, activation, prelu, batchnorm, gru, lstm and conv1d are read", "layers of this type are not supported")
	}
	if w.length > 0 && !slices.Contains(ofSignals, l.Type) {
		return failf("give in_shape no length: [null, null, 1]", "a layer of this type is not supported in a model of a fixed number of samples; %s are", strings.Join(ofSignals, ", "))
	}
	width, ok := last(l.Shape)
	if !ok {
		return failf(again, "shape must end with the number of outputs, from 1 to %d", maxWidth)
	}
	if makes := strings.HasSuffix(l.Type, "dense") || l.Type == "conv1d" || cells[l.Type].ours != ""; width != w.width && !makes {
		return failf(again, "shape says %s, the layer above has %d", plural.Of(width, "output"), w.width)
	}
	return read(w, l)
}

// dense is y = x·W + b with W as [in][out].
func (w *writer) dense(l *layer) *Error {
	units, _ := last(l.Shape)
	if n := len(l.Weights); n != 1 && n != 2 {
		return failf(again, "weights must be a kernel and, if there is one, a bias, got %s", plural.Of(n, "array"))
	}
	kernel, err := matrix(l.Weights[0], w.width, units)
	if err != nil {
		return err
	}
	weight := make([]float64, w.width*units)
	for i, row := range kernel {
		for o, v := range row {
			weight[o*w.width+i] = v
		}
	}
	name := w.name("dense")
	w.tensor(name+".weight", weight, units, w.width)
	fields := []string{"units: " + strconv.Itoa(units)}
	if len(l.Weights) == 2 {
		bias, err := vector("weights[1]", l.Weights[1], units)
		if err != nil {
			return err
		}
		w.tensor(name+".bias", bias, units)
	} else {
		fields = append(fields, "use_bias: false")
	}
	w.add("dense", fields...)
	w.width, w.open = units, true
	return w.activation(l.Activation)
}

// activation writes an activation, into the dense layer above if there is one.
func (w *writer) activation(name string) *Error {
	switch {
	case name == "" || name == "linear":
	case !slices.Contains(activations, name):
		return failf("RTNeural has "+strings.Join(activations, ", "), "the activation %s is not supported", short(name))
	case w.open && name != "softmax":
		line := &w.lines[len(w.lines)-1]
		units, rest, more := strings.Cut(strings.TrimSuffix(*line, "}"), ", ")
		*line = units + ", activation: " + name
		if more {
			*line += ", " + rest
		}
		*line += "}"
		w.open = false
	default:
		w.add(name)
	}
	return nil
}

// prelu has a slope per element.
func (w *writer) prelu(l *layer) *Error {
	if len(l.Weights) != 1 {
		return failf(again, "weights must be one array of slopes, got %s", plural.Of(len(l.Weights), "array"))
	}
	slopes, err := matrix(l.Weights[0], 1, w.width)
	if err != nil {
		return err
	}
	w.tensor(w.name("prelu")+".weight", slopes[0], w.width)
	if w.length > 0 {
		w.add("prelu", "axes: [0]")
	} else {
		w.add("prelu")
	}
	return nil
}

// batchNorm normalises by stored statistics; weight and bias may be absent.
func (w *writer) batchNorm(l *layer) *Error {
	names := []string{"weight", "bias", "running_mean", "running_var"}
	fields := []string{"epsilon: " + number(l.Epsilon)}
	switch {
	case l.Epsilon == nil || *l.Epsilon < 0:
		return failf(again, "epsilon must be a number that is not negative")
	case len(l.Weights) == 2:
		names, fields = names[2:], append(fields, "use_weight: false", "use_bias: false")
	case len(l.Weights) != 4:
		return failf(again, "weights must be gamma, beta, mean and variance, or the last two, got %s", plural.Of(len(l.Weights), "array"))
	}
	layer := w.name("batch_normalization")
	for i, name := range names {
		v, err := vector(fmt.Sprintf("weights[%d]", i), l.Weights[i], w.width)
		if err != nil {
			return err
		}
		w.tensor(layer+"."+name, v, w.width)
	}
	w.add("batch_normalization", fields...)
	w.trains = false
	return nil
}

// number writes a number as YAML reads it.
func number(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}

// matrix reads a list of rows.
func matrix(raw json.RawMessage, rows, cols int) ([][]float64, *Error) {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil || len(list) != rows {
		return nil, failf(again, "weights[0] must be %s of %s, got %s", plural.Of(rows, "row"), plural.Of(cols, "number"), found(raw, len(list), "row"))
	}
	out := make([][]float64, rows)
	for i, row := range list {
		v, err := vector(fmt.Sprintf("weights[0][%d]", i), row, cols)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// vector reads a list of numbers.
func vector(what string, raw json.RawMessage, n int) ([]float64, *Error) {
	var list []*float64
	if err := json.Unmarshal(raw, &list); err != nil || len(list) != n || slices.Contains(list, nil) {
		return nil, failf(again, "%s must be %s, got %s", what, plural.Of(n, "number"), found(raw, len(list), "element"))
	}
	v := make([]float64, n)
	for i, x := range list {
		v[i] = *x
	}
	return v, nil
}

// found describes what is there instead.
func found(raw json.RawMessage, n int, what string) string {
	if len(raw) > 0 && raw[0] == '[' {
		return plural.Of(n, what)
	}
	return short(string(raw))
}
