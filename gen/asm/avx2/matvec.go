package avx2

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/asm"
)

const (
	panel = 16
	// accumulators is how many vectors are summed at once: enough to hide the
	// latency of the multiply-add.
	accumulators = 8
	// unrollTerms is the number of inputs in one turn of the loop.
	unrollTerms = 8
)

// vector is one vector of outputs: where its weights, bias and results lie.
type vector struct {
	base   string // register of the weights
	disp   int    // of the first input's weights
	stride int    // from one input's weights to the next
	first  int    // output in lane 0
	valid  int    // lanes that are outputs
}

// matVec is a kernel being printed.
type matVec struct {
	*asm.MatVec
}

// MatVec prints a kernel.
func MatVec(k *asm.MatVec) *asm.Func {
	m := matVec{k}
	f := &asm.Func{Name: m.Name, Doc: m.Doc, Args: []asm.Arg{{Name: "y", Type: m.YType}, {Name: "x", Type: m.XType}}}
	if m.Full > 0 {
		f.Args = append(f.Args, asm.Arg{Name: "w", Type: m.WType})
	}
	if m.Tail > 0 {
		f.Args = append(f.Args, asm.Arg{Name: "wt", Type: m.WtType})
	}
	if m.Bias {
		f.Args = append(f.Args, asm.Arg{Name: "b", Type: m.BType})
	}
	w := &writer{Func: f, double: m.Double, fused: m.Fused}
	w.pointer("y", regY)
	if m.Bias {
		w.pointer("b", regBias)
	}
	m.start(w)
	vs := m.vectors(w)
	if n := m.loopPanels(w); n > 0 {
		vs = m.panelLoop(w, vs, n)
	}
	for _, group := range m.groups(vs) {
		m.group(w, group)
	}
	w.ret()
	return f
}

// start loads the pointers that stay.
func (m matVec) start(w *writer) {
	if m.Full > 0 {
		w.pointer("w", regPanels)
	}
}

// loopPanels is the number of panels in one turn of the loop over panels, 0
// if there are too few for a loop.
func (m matVec) loopPanels(w *writer) int {
	per := accumulators * w.lanes() / panel
	if m.Chains > 1 || m.Full < 2*per {
		return 0
	}
	return per
}

// panelLoop prints the loop over groups of whole panels and returns the
// vectors that are left.
func (m matVec) panelLoop(w *writer, vs []vector, per int) []vector {
	turns := m.Full / per
	loop := w.Label("panels")
	w.Ins("MOVQ", fmt.Sprintf("$%d", turns), regTurns)
	w.Place(loop)
	m.group(w, vs[:accumulators])
	w.advance(regPanels, per*m.Rows*panel*w.size())
	w.advance(regY, per*panel*w.size())
	if m.Bias {
		w.advance(regBias, per*panel*w.size())
	}
	w.Ins("DECQ", regTurns)
	w.Ins("JNZ", loop)
	rest := vs[turns*accumulators:]
	out := make([]vector, len(rest))
	for i, v := range rest {
		out[i] = v
		out[i].first -= turns * per * panel
		if v.base == regW {
			out[i].disp -= turns * per * m.Rows * panel * w.size()
		}
	}
	return out
}

// vectors lists the outputs, vector by vector.
func (m matVec) vectors(w *writer) []vector {
	var vs []vector
	row := panel * w.size()
	for q := range m.Full {
		for v := 0; v < panel; v += w.lanes() {
			vs = append(vs, vector{regW, q*m.Rows*row + v*w.size(), row, q*panel + v, w.lanes()})
		}
	}
	rest := m.Outputs - m.Full*panel
	for v := 0; v < rest; v += w.lanes() {
		vs = append(vs, vector{regTail, v * w.size(), m.Tail * w.size(), m.Full*panel + v, min(w.lanes(), rest-v)})
	}
	return vs
}

// groups divides the vectors into balanced groups that fit the accumulators.
func (m matVec) groups(vs []vector) [][]vector {
	most := max(1, accumulators/m.Chains)
	count := (len(vs) + most - 1) / most
	var out [][]vector
	for i := range count {
		out = append(out, vs[i*len(vs)/count:(i+1)*len(vs)/count])
	}
	return out
}

// group sums all inputs for a group of vectors.
func (m matVec) group(w *writer, vs []vector) {
	last := vs[len(vs)-1]
	w.Note("y[%d…%d] = Σ w[n][k]·x[k]%s", vs[0].first, last.first+last.valid-1, map[bool]string{true: " + b[n]"}[m.Bias])
	w.pointer("x", regX)
	if m.Full > 0 {
		w.Ins("MOVQ", regPanels, regW)
	}
	if m.Tail > 0 {
		w.pointer("wt", regTail)
	}
	acc := func(v, c int) Y { return Y(v*m.Chains + c) }
	for v := range vs {
		for c := range m.Chains {
			if c == 0 && m.Bias {
				w.load(mem(regBias, vs[v].first*w.size()), acc(v, c))
			} else {
				w.clear(acc(v, c))
			}
		}
	}
	terms := func(n int) {
		for k := range n {
			w.broadcast(mem(regX, k*w.size()))
			for v := range vs {
				w.mulAdd(mem(vs[v].base, vs[v].disp+k*vs[v].stride), acc(v, k%m.Chains))
			}
		}
	}
	turns, rest := m.Inputs/unrollTerms, m.Inputs%unrollTerms
	if turns > 1 {
		loop := w.Label("inputs")
		w.count(turns)
		w.Place(loop)
		terms(unrollTerms)
		w.advance(regX, unrollTerms*w.size())
		for _, base := range bases(vs) {
			w.advance(base.base, unrollTerms*base.stride)
		}
		w.again(loop)
	} else {
		rest = m.Inputs
	}
	terms(rest)
	for v := range vs {
		for h := m.Chains / 2; h >= 1; h /= 2 {
			for c := range h {
				w.add(acc(v, c+h), acc(v, c), acc(v, c))
			}
		}
	}
	m.finish(w, vs, func(v int) Y { return acc(v, 0) })
}

// bases are the weight pointers a group uses.
func bases(vs []vector) []vector {
	out := []vector{vs[0]}
	for _, v := range vs {
		if v.base != out[len(out)-1].base {
			out = append(out, v)
		}
	}
	return out
}

// finish applies relu and stores the valid lanes.
func (m matVec) finish(w *writer, vs []vector, sum func(v int) Y) {
	if m.Relu {
		w.Note("y[n] = max(s, 0), keeping NaN and −0")
		w.clear(zero)
		for v := range vs {
			w.max(sum(v), zero, sum(v))
		}
	}
	for v := range vs {
		dst := mem(regY, vs[v].first*w.size())
		if vs[v].valid == w.lanes() {
			w.store(sum(v), dst)
			continue
		}
		// The mask table holds a vector of ones and a vector of zeros.
		w.Ins("LEAQ", fmt.Sprintf("%s<>(SB)", MaskName), regMask)
		w.load(mem(regMask, (w.lanes()-vs[v].valid)*w.size()), zero)
		w.storeMasked(sum(v), zero, dst)
	}
}

// MaskName is the table of masks for partial vectors, which every file of
// kernels carries.
const MaskName = "laneMasks"

// Masks is the data of the table: 32 bytes of ones, 32 of zeros.
func Masks() string {
	s := ""
	for i := range 8 {
		v := "0xffffffffffffffff"
		if i >= 4 {
			v = "0"
		}
		s += fmt.Sprintf("DATA %s<>+%d(SB)/8, $%s\n", MaskName, i*8, v)
	}
	return s + fmt.Sprintf("GLOBL %s<>(SB), RODATA|NOPTR, $64\n", MaskName)
}
