package gentest

import (
	"fmt"
	"strings"

	"github.com/nngen-go/nngen/spec"
)

// Recurrent makes a network of recurrent layers: over whole sequences of 1 to 40 steps,
// trained or not, on windows that go on, in both directions, of sequences that differ in
// length; or one whose calls are steps, with streamed convolutions and a context in
// front. of is its stream: the same layers step by step, with the weights of the first;
// nil where there is none.
func (g *Generator) Recurrent(name string) (net, of *spec.Network, err error) {
	r := &recurrent{Generator: g}
	body, stream := r.network()
	decode := func(text string) (*spec.Network, error) {
		if text == "" {
			return nil, nil
		}
		return spec.Decode(name+".yaml", []byte(text), g.vocab)
	}
	mode := g.pick("mode", []string{"fast", "reproducible"})
	dtype := g.pick("dtype", []string{"float32", "float32", "float64"})
	for _, text := range []*string{&body, &stream} {
		if *text != "" {
			*text = fmt.Sprintf("nngen: 1\nname: %s\n%snumeric: {mode: %s, dtype: %s}\n", name, *text, mode, dtype)
			name += "_stream"
		}
	}
	if net, err = decode(body); err == nil {
		of, err = decode(stream)
	}
	return net, of, err
}

type recurrent struct{ *Generator }

// cell is a recurrent layer: its kind and its fields but for those of the sequence.
func (r *recurrent) cell(name string, units int) (kind, fields string) {
	kind = r.pick("cell", []string{"rnn", "gru", "lstm"})
	fields = fmt.Sprintf("name: %s, units: %d", name, units)
	if kind == "gru" && r.count("reset before", r.chance(0.4)) {
		fields += ", reset_after: false"
	}
	if r.count("cell activation", r.chance(0.3)) {
		fields += ", activation: " + r.pick("activation of a cell", []string{"softsign", "hard_sigmoid", "sigmoid"})
	}
	if r.count("cell without bias", r.chance(0.15)) {
		fields += ", use_bias: false"
	}
	return kind, fields
}

func (r *recurrent) units() int { return []int{1, 3, 5, 8, 9, 16, 17, 24}[r.IntN(8)] }

// steps are those of a sequence.
func (r *recurrent) steps() int {
	if r.count("one step", r.chance(0.05)) {
		return 1
	}
	if r.count("20 to 40 steps", r.chance(0.2)) {
		return 20 + r.IntN(21)
	}
	return 2 + r.IntN(12)
}

// network draws one of the forms of networks.
func (r *recurrent) network() (body, stream string) {
	switch form := r.pick("form", []string{"windows", "whole", "both directions", "pair", "stream"}); form {
	case "pair":
		return r.pair()
	case "stream":
		return r.stream(), ""
	default:
		return r.trained(form), ""
	}
}

// stack are cells one above the other; each but the last, if that gives one result, returns
// all steps.
func (r *recurrent) stack(from, more string, every bool) (layers []string, last string) {
	count := 1 + r.IntN(3)
	r.count("stack", count > 1)
	last = from
	for i := range count {
		name := fmt.Sprintf("cell%d", i+1)
		kind, f := r.cell(name, r.units())
		how := "all"
		if i == count-1 && !every {
			how = r.pick("return", []string{"last", "mean"})
		}
		layers = append(layers, fmt.Sprintf("%s: {%s, axis: 0, return: %s%s, from: %s}", kind, f, how, more, r.source(last, from)))
		if last = name; i < count-1 && r.count("dropout between cells", r.chance(0.3)) {
			last = fmt.Sprintf("drop%d", i+1)
			layers = append(layers, fmt.Sprintf("dropout: {name: %s, rate: 0.25, from: %s}", last, name))
		}
	}
	return layers, last
}

// source is what a cell reads, with the length where from says that there is one.
func (r *recurrent) source(last, from string) string {
	if strings.HasPrefix(from, "[") { // [x, n]
		if last == from {
			return from
		}
		return "[" + last + ", n]"
	}
	return last
}

// trained is a network over sequences that is trained.
func (r *recurrent) trained(form string) string {
	steps, inputs := r.steps(), 1+r.IntN(9)
	every := r.count("loss of every step", r.chance(0.5))
	lengths := r.count("lengths", r.chance(0.4))
	from, more := "x", ""
	text := fmt.Sprintf("input: {shape: [%d, %d]}\n", steps, inputs)
	if lengths {
		from = "[x, n]"
		text = fmt.Sprintf("inputs: {x: {shape: [%d, %d]}, n: {shape: [1]}}\n", steps, inputs)
	}
	if form == "windows" {
		more = ", stateful: true"
	} else if r.count("go_backwards", r.chance(0.3)) {
		more = ", go_backwards: true"
	}
	var layers []string
	if form == "windows" && !lengths {
		text, layers, from = r.front(text, from, steps, inputs)
	}
	if form == "both directions" {
		more = ""
		for _, d := range []string{"ahead", "back"} {
			kind, f := r.cell(d, r.units())
			layers = append(layers, fmt.Sprintf("%s: {%s, axis: 0, return: all, go_backwards: %t, from: %s}", kind, f, d == "back", from))
		}
		layers = append(layers, "concat: {name: both, axis: -1, from: [ahead, back]}")
		if from = "both"; lengths {
			from = "[both, n]"
		}
	}
	cells, last := r.stack(from, more, every)
	layers = append(layers, cells...)
	outs := 1 + r.IntN(3)
	output, loss := "", r.pick("loss of sequences", []string{"mse", "huber", "mae", "bce_with_logits", "{mse: {reduction: sum}}"})
	if every && r.count("class of every step", r.chance(0.4)) {
		outs = 2 + r.IntN(4)
		loss = fmt.Sprintf("{cross_entropy: {axis: -1%s}}", r.pick("cross_entropy of steps", []string{"", "", ", reduction: sum", ", label_smoothing: 0.1", ", target: distribution"}))
	}
	dense := fmt.Sprintf("dense: {units: %d, from: %s}", outs, last)
	if every {
		dense = fmt.Sprintf("dense: {units: %d, axis: -1, from: %s}", outs, last)
		if r.count("loss within lengths", lengths && r.chance(0.7)) {
			output = "output: {lengths: n}\n"
		}
	}
	layers = append(layers, dense)
	optimizer := r.pick("optimizer", []string{"{sgd: {learning_rate: 0.02}}", "{sgd: {learning_rate: 0.02, momentum: 0.9}}", "{adam: {learning_rate: 0.01}}",
		"{rmsprop: {learning_rate: 0.01}}", "{adamw: {learning_rate: 0.01, clip: {norm: 0.5}}}"})
	return fmt.Sprintf("%slayers:\n  - %s\n%sloss: %s\noptimizer: %s\ncodegen: {batch: %d}\n", text, strings.Join(layers, "\n  - "), output, loss, optimizer, 1+r.IntN(6))
}

// front is what of a signal may stand before the cells of windows: a convolution that goes
// on from window to window, or a context; the windows have steps.
func (r *recurrent) front(text, from string, steps, inputs int) (input string, layers []string, last string) {
	switch {
	case r.count("trained streamed convolution", r.chance(0.3)):
		conv := fmt.Sprintf("conv1d: {name: front, filters: %d, kernel_size: %d, dilation: %d, padding: causal, stateful: true, activation: tanh}", 1+r.IntN(6), 1+r.IntN(4), 1+r.IntN(3))
		return fmt.Sprintf("input: {shape: [%d, %d]}\n", inputs, steps), []string{conv, "transpose: {name: in_steps}"}, "in_steps"
	case r.count("trained context", r.chance(0.3)):
		context := 1 + r.IntN(2*steps)
		return fmt.Sprintf("input: {shape: [%d], context: %d}\n", steps, context), []string{fmt.Sprintf("reshape: {name: in_steps, shape: [%d, 1]}", steps+context)}, "in_steps"
	}
	return text, nil, from
}

// pair is a network over whole sequences that is not trained, and its stream.
func (r *recurrent) pair() (whole, stream string) {
	steps, inputs := r.steps(), 1+r.IntN(9)
	var a, b []string
	for i := range 1 + r.IntN(3) {
		kind, f := r.cell(fmt.Sprintf("cell%d", i+1), r.units())
		a = append(a, fmt.Sprintf("%s: {%s, axis: 0, return: all}", kind, f))
		b = append(b, fmt.Sprintf("%s: {%s}", kind, f))
	}
	end := fmt.Sprintf("\ncodegen: {train: false, batch: %d}\n", 1+r.IntN(5))
	whole = fmt.Sprintf("input: {shape: [%d, %d]}\nlayers:\n  - %s%s", steps, inputs, strings.Join(a, "\n  - "), end)
	stream = fmt.Sprintf("input: {shape: [%d]}\nlayers:\n  - %s%s", inputs, strings.Join(b, "\n  - "), end)
	return whole, stream
}

// stream is a network whose calls are blocks of a signal: convolutions, a context, a delay in front of cells.
func (r *recurrent) stream() string {
	var layers []string
	channels, length := 1+r.IntN(4), 2*(1+r.IntN(8))
	input := fmt.Sprintf("input: {shape: [%d, %d]}\n", channels, length)
	if r.count("context", r.chance(0.4)) {
		context := 1 + r.IntN(2*length)
		input = fmt.Sprintf("input: {shape: [%d], context: %d}\n", length, context)
		channels, length = 1, length+context
		layers = append(layers, fmt.Sprintf("reshape: {shape: [1, %d]}", length))
	}
	for range 1 + r.IntN(2) {
		stride := 1
		if r.count("strided stream", length%2 == 0 && r.chance(0.4)) {
			stride = 2
		}
		r.count("streamed convolution", true)
		channels = 1 + r.IntN(9)
		layers = append(layers, fmt.Sprintf("conv1d: {filters: %d, kernel_size: %d, dilation: %d, strides: %d, padding: causal, stateful: true, activation: tanh}", channels, 1+r.IntN(4), 1+r.IntN(3), stride))
		length /= stride
	}
	if r.count("delay", r.chance(0.4)) {
		layers = append(layers, fmt.Sprintf("delay: {steps: %d}", 1+r.IntN(3)))
	}
	kind, f := r.cell("cell1", r.units())
	if r.count("cell over a block", r.chance(0.5)) {
		f += ", axis: 1, stateful: true, return: all"
	}
	layers = append(layers, fmt.Sprintf("%s: {%s}", kind, f), "dense: {units: 3}")
	return fmt.Sprintf("%slayers:\n  - %s\ncodegen: {train: false, batch: %d}\n", input, strings.Join(layers, "\n  - "), 1+r.IntN(5))
}
