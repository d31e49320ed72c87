package model

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx/evaluate"
	"github.com/nngen-go/nngen/spec/plural"
)

// differs reports whether an output of the network is another than that of the
// graph. It is not where the graph gives no number, where it overflows, and
// where roundings alone could make the difference.
func (o *outcome) differs(p *proof, sample, i int) bool {
	want, got := o.want[sample][i], o.got[sample][i]
	atInfinity := o.hasInfinite(sample)
	switch {
	case want == got || math.IsNaN(want):
		return false
	case o.infinite && !atInfinity:
		return false
	case atInfinity && o.nan:
		return false // the graph is not defined there
	case atInfinity && (math.IsNaN(got) || p.has(choosing)) && p.has(mixing):
		return false // 0 meets ∞, or ∞ meets −∞, which the graph keeps apart
	case o.nan && math.IsNaN(got) && p.spreads:
		return false // so does 0 with what is no number
	}
	change := 0.0
	for _, noisy := range o.noisy {
		if n := noisy[sample][i]; n != want {
			change = max(change, math.Abs(n-want)) // NaN too
		}
	}
	limit := proofLimit * o.largest
	if !(change <= limit) {
		return false
	}
	return !(math.Abs(got-want) <= min(limit, proofLimit*math.Abs(want)+sensitivity*change+roundings*o.largest)+math.SmallestNonzeroFloat32)
}

// hasInfinite reports whether an input of a sample is infinite, looked at once.
func (o *outcome) hasInfinite(sample int) bool {
	for len(o.atInfinity) < len(o.rows) {
		o.atInfinity = append(o.atInfinity, slices.ContainsFunc(o.rows[len(o.atInfinity)], func(x float64) bool { return math.IsInf(x, 0) }))
	}
	return o.atInfinity[sample]
}

// mixing are the layers that are no number where an infinite one meets others
// that the graph may not even look at: as a weight of 0, or the largest element.
var mixing = []string{"dense", "multiply", "divide", "softmax", "log_softmax", "layer_normalization"}

// choosing are the layers that make a number of what is none.
var choosing = []string{"argmax", "argmin", "less", "less_equal", "equal", "where"}

// has reports whether the network has a layer of some kinds.
func (p *proof) has(kinds []string) bool {
	return slices.ContainsFunc(p.Net.Layers, func(l spec.Layer) bool { return slices.Contains(kinds, l.Kind) })
}

// judge returns the first difference, nil if there is none.
func (p *proof) judge(o *outcome) *ProofError {
	for s := range o.want {
		if len(o.want[s]) != len(o.got[s]) {
			return &ProofError{"the outputs", fmt.Sprintf("the network computes %s, the graph of the model %d", plural.Of(len(o.got[s]), "number"), len(o.want[s])), reportModel}
		}
		for i := range o.want[s] {
			if !o.differs(p, s, i) {
				continue
			}
			out, element := p.outputOf(i)
			return &ProofError{p.culprit(o, out), fmt.Sprintf("the network computes %g for element %d of output %s, where the graph of the model gives %g",
				o.got[s][i], element+1, strconv.Quote(out.Name), o.want[s][i]), reportModel}
		}
	}
	return nil
}

// outputOf finds the output that a number of a row belongs to.
func (p *proof) outputOf(i int) (*spec.Output, int) {
	if p.Stream > 0 {
		return &p.Net.Outputs[0], i
	}
	for k := range p.prog.Outputs {
		if n := p.prog.Outputs[k].Value.Size(); i >= n {
			i -= n
			continue
		}
		return &p.Net.Outputs[k], i
	}
	panic("internal error: more numbers than outputs")
}

// culprit names the first layer on the way to an output whose values are those
// of no value of the graph, or else the layer that makes the output.
func (p *proof) culprit(o *outcome, out *spec.Output) string {
	var known [][]float64
	r := &evaluate.Run{See: func(_ string, t *evaluate.Tensor) { known = append(known, t.Data) }}
	_, err := p.evaluate(r, o.rows)
	_, m, failed := p.interpret(o.rows, true)
	onTheWay := map[string]bool{out.From: true}
	if err != nil || failed != nil {
		return strconv.Quote(out.From)
	}
	found := ""
	for i, l := range slices.Backward(p.Net.Layers) {
		if !onTheWay[l.Name] {
			continue
		}
		for _, from := range l.From {
			onTheWay[from] = true
		}
		v := p.prog.Layers[l.Name]
		if found == "" || v.Batch && !slices.ContainsFunc(known, func(data []float64) bool { return alike(slices.Concat(m.Get(v)...), data) }) {
			found = p.Net.LayerContext(&p.Net.Layers[i])
		}
	}
	return found
}

// alike reports whether two lists are the same up to roundings, 1e-11 of the
// largest number.
func alike(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	largest := 0.0
	for _, x := range b {
		if v := math.Abs(x); !math.IsInf(v, 0) {
			largest = max(largest, v)
		}
	}
	for i, x := range a {
		if x != b[i] && !(math.Abs(x-b[i]) <= 1e-11*largest) && !(math.IsNaN(x) && math.IsNaN(b[i])) {
			return false
		}
	}
	return true
}
