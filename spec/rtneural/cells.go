package rtneural

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/nngen-go/nngen/spec/plural"
)

// cells are the recurrent layers: their gates in Keras's order and in that of the
// language.
var cells = map[string]struct{ theirs, ours string }{"gru": {"zrh", "rzh"}, "lstm": {"ifco", "ifco"}}

// cell is a recurrent layer that keeps its state from sample to sample: kernels
// [in][gates·units] and [units][gates·units], and one bias, of a GRU two.
func (w *writer) cell(l *layer) *Error {
	units, _ := last(l.Shape)
	row := cells[l.Type]
	gates := len(row.theirs)
	if len(l.Weights) != 3 {
		return failf(again, "weights must be two kernels and a bias, got %s", plural.Of(len(l.Weights), "array"))
	}
	if l.Activation != "" && l.Activation != "tanh" {
		return failf("RTNeural's cells have tanh", "the activation %s is not supported", short(l.Activation))
	}
	name := w.name(l.Type)
	order := func(v []float64) []float64 { // the gates of a row
		var out []float64
		for _, g := range row.ours {
			at := strings.IndexRune(row.theirs, g) * units
			out = append(out, v[at:at+units]...)
		}
		return out
	}
	for i, suffix := range []string{"_ih", "_hh"} {
		ins := []int{w.width, units}[i]
		kernel, err := matrix(l.Weights[i], ins, gates*units)
		if err != nil {
			return err
		}
		weight := make([]float64, gates*units*ins)
		for k, r := range kernel {
			for o, v := range order(r) {
				weight[o*ins+k] = v
			}
		}
		w.tensor(name+".weight"+suffix, weight, gates*units, ins)
	}
	var input []float64
	state := make([]float64, gates*units)
	if l.Type == "gru" {
		both, err := matrix(l.Weights[2], 2, gates*units)
		if err != nil {
			return err
		}
		input, state = both[0], both[1]
	} else {
		v, err := vector("weights[2]", l.Weights[2], gates*units)
		if err != nil {
			return err
		}
		input = v
	}
	w.tensor(name+".bias_ih", order(input), gates*units)
	w.tensor(name+".bias_hh", order(state), gates*units)
	w.add(l.Type, "units: "+strconv.Itoa(units))
	w.width, w.trains = units, false
	return nil
}

// conv is a convolution with the kernel [window][in][filters]: of the channels of a
// stream a causal one, sample by sample; of a signal one of its whole windows.
func (w *writer) conv(l *layer) *Error {
	filters, _ := last(l.Shape)
	size, ok := last(l.KernelSize)
	dilation, known := last(l.Dilation)
	if !ok || !known || len(l.Weights) != 2 {
		return failf(again, "a convolution has kernel_size, dilation, a kernel and a bias")
	}
	if fixed := len(l.Shape) > 1 && l.Shape[len(l.Shape)-2] != nil; fixed != (w.length > 0) {
		return failf(again, "shape and in_shape must both say how many samples there are, or neither")
	}
	if w.length > 0 {
		if w.length -= dilation * (size - 1); w.length != *l.Shape[len(l.Shape)-2] {
			return failf(again, "shape says %d samples, but its windows have %d places in what is above", *l.Shape[len(l.Shape)-2], w.length)
		}
	}
	var taps []json.RawMessage
	if err := json.Unmarshal(l.Weights[0], &taps); err != nil || len(taps) != size {
		return failf(again, "weights[0] must be %s, got %s", plural.Of(size, "tap"), found(l.Weights[0], len(taps), "element"))
	}
	weight := make([]float64, filters*w.width*size)
	for k, tap := range taps {
		rows, err := matrix(tap, w.width, filters)
		if err != nil {
			return err
		}
		for c, row := range rows {
			for o, v := range row {
				weight[(o*w.width+c)*size+k] = v
			}
		}
	}
	bias, err := vector("weights[1]", l.Weights[1], filters)
	if err != nil {
		return err
	}
	if w.length == 0 {
		w.add("reshape", fmt.Sprintf("shape: [%d, 1]", w.width))
	}
	name := w.name("conv1d")
	w.tensor(name+".weight", weight, filters, w.width, size)
	w.tensor(name+".bias", bias, filters)
	fields := []string{fmt.Sprintf("filters: %d, kernel_size: %d", filters, size)}
	if dilation > 1 {
		fields = append(fields, fmt.Sprintf("dilation: %d", dilation))
	}
	if w.length == 0 {
		w.add("conv1d", append(fields, "padding: causal, stateful: true")...)
		w.add("flatten")
	} else {
		w.add("conv1d", fields...)
	}
	w.width, w.trains = filters, false
	return w.activation(l.Activation)
}
