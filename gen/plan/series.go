package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
)

// Series are values that a network has of every layer of a run of equal ones:
// its outputs, their gradients. They are stored side by side, so that steps over
// the layers are a loop.
type Series struct {
	Name   string
	Values []*ir.Value
}

var layerDigits = regexp.MustCompile(`[0-9]+($|[^a-z0-9])`)

// SeriesName is the name of a value without the number of its layer.
func SeriesName(v *ir.Value) string {
	if name := layerDigits.ReplaceAllString(v.Name, "$1"); name != "" {
		return name
	}
	return v.Name
}

// Element is a place in an array of values.
type Element struct {
	Series *Series
	Index  int
}

// findSeries links the values that operations of a run of equal layers make in
// turn.
func findSeries(funcs ...*ir.Func) map[*ir.Value]Element {
	next, before := map[*ir.Value]*ir.Value{}, map[*ir.Value]*ir.Value{}
	var order []*ir.Value
	for _, f := range funcs {
		if f == nil {
			continue
		}
		for _, s := range Turns(f.Ops) {
			for k := range s.Count - 1 {
				us, vs := valuesOf(s.turn(f.Ops, k)), valuesOf(s.turn(f.Ops, k+1))
				for p, u := range us {
					v := vs[p]
					if u == v || u.Kind != ir.Temp || !u.Batch || next[v] == u || next[u] != nil || before[v] != nil {
						continue
					}
					next[u], before[v] = v, u
					order = append(order, u)
				}
			}
		}
	}
	out := map[*ir.Value]Element{}
	for _, u := range order {
		if before[u] != nil {
			continue
		}
		s := &Series{Name: SeriesName(u)}
		for v := u; v != nil; v = next[v] {
			out[v] = Element{s, len(s.Values)}
			s.Values = append(s.Values, v)
		}
	}
	return out
}

// Turns finds the runs of equal layers in a list of operations.
func Turns(ops []ir.Op) []Span {
	keys := make([]string, len(ops))
	for i, op := range ops {
		keys[i] = opKey(op)
	}
	return spans(keys, func(s Span) func(k int) bool {
		first, second := valuesOf(s.turn(ops, 0)), valuesOf(s.turn(ops, 1))
		at := positions(first)
		return func(k int) bool { return sameGraph(at, first, second, valuesOf(s.turn(ops, k))) }
	})
}

// turn are the items of a turn.
func (s Span) turn(ops []ir.Op, k int) []ir.Op {
	return ops[s.First+k*s.Period : s.First+(k+1)*s.Period]
}

// sameGraph reports whether a turn's values are alike where those of the first
// are, and the same as in the first where those of the second are.
func sameGraph(at map[*ir.Value]int, first, second, turn []*ir.Value) bool {
	here := positions(turn)
	for p, v := range turn {
		if at[first[p]] != here[v] || (first[p] == second[p]) != (first[p] == v) {
			return false
		}
	}
	return true
}

// Run is a run of tensors that are stored alike, block by block: an array of
// structs in the arena.
type Run struct {
	Name   string
	First  int // tensor
	Fields []string
	Last   string // field of the arena at the end of a block
	Count  int    // blocks
}

// Initial are blocks of a run of which a parameter has initial values by the same
// formula: those from block From on. Layer is the first's number for random
// numbers, LayerStep how it goes on.
type Initial struct {
	From, Count      int
	First, Last      *ir.ParamInfo
	Layer, LayerStep int
}

// InitialBlocks divides the blocks of a run by the initial values of a field, the
// first block's tensor of which is given.
func (p *Plan) InitialBlocks(first *Tensor) []Initial {
	r := first.Run
	var out []Initial
	at := r.First + slices.Index(r.Fields, first.Field)
	for block := range r.Count {
		info := p.Tensors[at+block*len(r.Fields)].Value.Param
		if n := len(out) - 1; n >= 0 {
			g := &out[n]
			step := info.Layer - g.Last.Layer
			if sameInitial(g.First, info) && (g.Count == 1 || step == g.LayerStep) {
				g.Last, g.LayerStep, g.Count = info, step, g.Count+1
				continue
			}
		}
		out = append(out, Initial{From: block, Count: 1, First: info, Last: info, Layer: info.Layer})
	}
	return out
}

func sameInitial(a, b *ir.ParamInfo) bool {
	return a.Orthogonal == b.Orthogonal && slices.Equal(a.Values, b.Values) && a.Init.String() == b.Init.String()
}

// runs finds the runs of equal tensors and names their fields.
func (p *Plan) runs() {
	keys := make([]string, len(p.Tensors))
	for i, t := range p.Tensors {
		info, l := t.Value.Param, &t.Layout
		_, what, _ := strings.Cut(t.Value.Name, ".")
		keys[i] = fmt.Sprintf("%s %d %d %v %s", l, l.Out, l.In, t.Value.Shape, what)
		if info.Mask != nil || info.FitPort != "" || t.Tiled > 0 || l.Elem != t.Value.DType {
			keys[i] += t.Value.Name
		}
	}
	for _, s := range spans(keys, func(Span) func(int) bool { return func(int) bool { return true } }) {
		r := &Run{Name: "layers", First: s.First, Count: s.Count}
		if n := len(p.Runs); n > 0 {
			r.Name += fmt.Sprint(n + 1)
		}
		used := map[string]bool{}
		for _, t := range p.Tensors[s.First : s.First+s.Period] {
			name := strings.TrimRight(t.Field, "0123456789")
			for i := 2; used[name]; i++ {
				name = fmt.Sprintf("%s_%d", strings.TrimRight(t.Field, "0123456789"), i)
			}
			used[name] = true
			r.Fields = append(r.Fields, name)
		}
		for i, t := range p.Tensors[s.First : s.First+s.Count*s.Period] {
			t.Run, t.Block, t.Field = r, i/s.Period, r.Fields[i%s.Period]
		}
		if last := p.Tensors[s.First+s.Period-1]; last.Layout.Tail > 0 {
			r.Last = last.TailField()
		} else {
			r.Last = last.Field
		}
		p.Runs = append(p.Runs, r)
	}
}

// Path is a field of the tensor in the arena.
func (t *Tensor) Path(field string) string {
	if t.Run == nil {
		return field
	}
	return fmt.Sprintf("%s[%d].%s", t.Run.Name, t.Block, field)
}

// rowSeries are the places of rows that are kept side by side.
func (t *Train) rowSeries(series map[*ir.Value]Element) {
	t.RowOf = map[*ir.Value]Element{}
	kept, isRow := map[*Series]bool{}, keepAll(t.Rows)
	for _, v := range t.Rows {
		at := series[v]
		if at.Series == nil || kept[at.Series] {
			continue
		}
		kept[at.Series] = true
		k := &Series{Name: at.Series.Name}
		for _, x := range at.Series.Values {
			if isRow[x] && t.Grouped[x] == t.Grouped[v] {
				k.Values = append(k.Values, x)
			}
		}
		if len(k.Values) >= leastTurns {
			for i, x := range k.Values {
				t.RowOf[x] = Element{k, i}
			}
		}
	}
}
