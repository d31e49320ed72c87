package evaluate

import (
	"math"
	"slices"

	"github.com/nngen-go/nngen/spec/onnx"
)

// recurrent are the operators that keep a state along a sequence, by their
// definitions in ONNX.
var recurrent = map[string]row{"RNN": rnn, "GRU": gru, "LSTM": lstm}

// function is an activation of a cell.
type function func(x float64) float64

// named are the activations that ONNX has for cells: how many of alpha and beta
// they take, their defaults, the function.
var named = map[string]struct {
	takes       int
	alpha, beta float64
	of          func(a, b float64) function
}{
	"Sigmoid":         {0, 0, 0, func(_, _ float64) function { return func(x float64) float64 { return 1 / (1 + math.Exp(-x)) } }},
	"Tanh":            {0, 0, 0, func(_, _ float64) function { return math.Tanh }},
	"Relu":            {0, 0, 0, func(_, _ float64) function { return func(x float64) float64 { return max(x, 0) } }},
	"Softsign":        {0, 0, 0, func(_, _ float64) function { return func(x float64) float64 { return x / (1 + math.Abs(x)) } }},
	"Softplus":        {0, 0, 0, func(_, _ float64) function { return func(x float64) float64 { return math.Log1p(math.Exp(x)) } }},
	"LeakyRelu":       {1, 0.01, 0, func(a, _ float64) function { return func(x float64) float64 { return max(x, 0) + a*min(x, 0) } }},
	"ThresholdedRelu": {1, 1, 0, func(a, _ float64) function { return func(x float64) float64 { return cond(x > a, x, 0) } }},
	"Elu": {1, 1, 0, func(a, _ float64) function {
		return func(x float64) float64 { return cond(x >= 0, x, a*math.Expm1(x)) }
	}},
	"HardSigmoid": {2, 0.2, 0.5, func(a, b float64) function { return func(x float64) float64 { return max(0, min(1, a*x+b)) } }},
	"Affine":      {2, 1, 0, func(a, b float64) function { return func(x float64) float64 { return a*x + b } }},
	"ScaledTanh":  {2, 1, 1, func(a, b float64) function { return func(x float64) float64 { return a * math.Tanh(b*x) } }},
}

func cond(c bool, a, b float64) float64 {
	if c {
		return a
	}
	return b
}

// cell is a node while it is computed, in one of its directions.
type cell struct {
	*call
	steps, batch, inputs, units, gates int

	w, r, b   []float64 // of the direction
	functions []function
	clip      float64
}

// sequence runs a step over the sequence, in all directions: y is [steps,
// directions, batch, units], h and s the last states [directions, batch, units].
// step makes the next h and s of a sample from its products with the input, with
// the state, and from the state; it may change the slices in place.
func (c *call) sequence(gates int, presets []string, step func(c *cell, x, h, s []float64, dir int)) (y, last, cellState *Tensor) {
	x, w, r := c.x(0), c.x(1), c.x(2)
	layout := c.integer("layout", 0)
	k := &cell{call: c, gates: gates, steps: x.Shape[layout], batch: x.Shape[1-layout], inputs: x.Shape[2], units: r.Shape[2], clip: math.Inf(1)}
	if a := c.attribute("clip"); a != nil {
		k.clip = onnx.Ideal(a.F)
	}
	dirs := w.Shape[0]
	direction := c.text("direction", "forward")
	if want := 1 + len(direction)/len("bidirectional"); want != dirs {
		c.fail("%d directions, but direction is %s", dirs, direction)
	}
	all := c.functions(slices.Concat(slices.Repeat([][]string{presets}, dirs)...))
	y = c.tensor([]int{k.steps, dirs, k.batch, k.units}, int64(k.steps*dirs*k.batch)*int64(gates*k.units)*int64(k.inputs+k.units))
	last, cellState = c.initial(5, layout, dirs, k), c.initial(6, layout, dirs, k)
	for d := range dirs {
		k.w, k.r = part(w, d), part(r, d)
		k.b = make([]float64, 2*gates*k.units)
		if c.has(3) {
			k.b = part(c.in[3], d)
		}
		k.functions = all[d*len(presets) : (d+1)*len(presets)]
		for n := range k.batch {
			length := k.steps
			if c.has(4) {
				length = toInt(c.in[4].Data[n])
			}
			h := last.Data[(d*k.batch+n)*k.units:][:k.units]
			s := cellState.Data[(d*k.batch+n)*k.units:][:k.units]
			for i := range length {
				t := i
				if direction == "reverse" || d == 1 {
					t = length - 1 - i
				}
				at := t*k.batch + n
				if layout == 1 {
					at = n*k.steps + t
				}
				step(k, x.Data[at*k.inputs:][:k.inputs], h, s, d)
				copy(y.Data[((t*dirs+d)*k.batch+n)*k.units:], h)
			}
		}
	}
	if layout == 1 {
		y = y.pick([]int{k.batch, k.steps, dirs, k.units}, moved(strides(y.Shape), 2, 0, 1, 3), 0)
		back := func(t *Tensor) *Tensor {
			return t.pick([]int{k.batch, dirs, k.units}, moved(strides(t.Shape), 1, 0, 2), 0)
		}
		last, cellState = back(last), back(cellState)
	}
	return y, last, cellState
}

func moved(steps []int, order ...int) []int {
	out := make([]int, len(order))
	for i, from := range order {
		out[i] = steps[from]
	}
	return out
}

// initial is a state before the first step: input i, or zero.
func (c *call) initial(i, layout, dirs int, k *cell) *Tensor {
	shape := []int{dirs, k.batch, k.units}
	if !c.has(i) {
		return c.tensor(shape, 0)
	}
	t := c.in[i]
	steps := strides(t.Shape)
	if layout == 1 {
		steps = moved(steps, 1, 0, 2)
	}
	return t.pick(shape, steps, 0)
}

// part is the part of a tensor of a direction.
func part(t *Tensor, d int) []float64 {
	n := len(t.Data) / t.Shape[0]
	return t.Data[d*n : (d+1)*n]
}

// functions are the activations of all directions.
func (c *call) functions(presets []string) []function {
	names := presets
	if a := c.attribute("activations"); a != nil {
		names = nil
		for _, s := range a.Strings {
			names = append(names, string(s))
		}
	}
	if len(names) != len(presets) {
		c.fail("%d activations, not %d", len(names), len(presets))
	}
	numbers := map[string][]float32{}
	for _, name := range []string{"activation_alpha", "activation_beta"} {
		if a := c.attribute(name); a != nil {
			numbers[name] = a.Floats
		}
	}
	next := func(name string, preset float64) float64 {
		if len(numbers[name]) == 0 {
			return preset
		}
		v := numbers[name][0]
		numbers[name] = numbers[name][1:]
		return onnx.Ideal(v)
	}
	var out []function
	for _, name := range names {
		f, ok := named[name]
		if !ok {
			c.fail("there is no activation %s", name)
		}
		a, b := f.alpha, f.beta
		if f.takes > 0 {
			a = next("activation_alpha", a)
		}
		if f.takes > 1 {
			b = next("activation_beta", b)
		}
		out = append(out, f.of(a, b))
	}
	return out
}

// gate is the sums of gate g: of the input and its bias, and of the state and its.
func (k *cell) gate(g int, x, h []float64) (in, state []float64) {
	in, state = make([]float64, k.units), make([]float64, k.units)
	for n := range k.units {
		row := g*k.units + n
		in[n], state[n] = k.b[row], k.b[k.gates*k.units+row]
		for i, v := range x {
			in[n] += k.w[row*k.inputs+i] * v
		}
		for i, v := range h {
			state[n] += k.r[row*k.units+i] * v
		}
	}
	return in, state
}

// of applies an activation to a clipped sum.
func (k *cell) of(f int, sum float64) float64 {
	return k.functions[f](max(-k.clip, min(k.clip, sum)))
}

func rnn(c *call) []*Tensor {
	y, h, _ := c.sequence(1, []string{"Tanh"}, func(k *cell, x, h, _ []float64, _ int) {
		in, state := k.gate(0, x, h)
		for n := range h {
			h[n] = k.of(0, in[n]+state[n])
		}
	})
	return []*Tensor{y, h}
}

// gru has the gates z, r, h.
func gru(c *call) []*Tensor {
	after := c.integer("linear_before_reset", 0) != 0
	y, h, _ := c.sequence(3, []string{"Sigmoid", "Tanh"}, func(k *cell, x, h, _ []float64, _ int) {
		zx, zh := k.gate(0, x, h)
		rx, rh := k.gate(1, x, h)
		reset := make([]float64, k.units)
		scaled := make([]float64, k.units)
		for n := range h {
			reset[n] = k.of(0, rx[n]+rh[n])
			scaled[n] = reset[n] * h[n]
		}
		hx, hh := k.gate(2, x, h)
		if after {
			for n := range hh {
				hh[n] *= reset[n]
			}
		} else {
			_, hh = k.gate(2, x, scaled)
		}
		for n := range h {
			z := k.of(0, zx[n]+zh[n])
			h[n] = (1-z)*k.of(1, hx[n]+hh[n]) + z*h[n]
		}
	})
	return []*Tensor{y, h}
}

// lstm has the gates i, o, f, c, and peepholes from the cell to i, o, f.
func lstm(c *call) []*Tensor {
	coupled := c.integer("input_forget", 0) != 0
	y, h, s := c.sequence(4, []string{"Sigmoid", "Tanh", "Tanh"}, func(k *cell, x, h, s []float64, dir int) {
		peep := make([]float64, 3*k.units)
		if k.has(7) {
			peep = part(k.in[7], dir)
		}
		var sums [4][]float64
		for g := range sums {
			in, state := k.gate(g, x, h)
			for n := range in {
				in[n] += state[n]
			}
			sums[g] = in
		}
		for n := range h {
			i := k.of(0, sums[0][n]+peep[n]*s[n])
			f := k.of(0, sums[2][n]+peep[2*k.units+n]*s[n])
			if coupled {
				f = 1 - i
			}
			s[n] = f*s[n] + i*k.of(1, sums[3][n])
			o := k.of(0, sums[1][n]+peep[k.units+n]*s[n])
			h[n] = o * k.functions[2](s[n])
		}
	})
	return []*Tensor{y, h, s}
}
