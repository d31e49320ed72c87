package weights

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/runtime/nnrt"
)

// Match is the origin of a tensor of the network.
type Match struct {
	Name      string    `json:"name"` // in the network
	Shape     []int     `json:"shape"`
	From      string    `json:"from"` // in the file; empty: a constant of the spec
	DType     string    `json:"dtype,omitempty"`
	Transpose bool      `json:"transpose,omitempty"`
	Values    []float64 `json:"-"` // in the layout of the network
}

// Matches are the tensors of a network found in a file.
type Matches struct {
	Tensors []Match  `json:"tensors"`
	Unused  []string `json:"unused,omitempty"` // tensors of the file
	// Columns are those of the table that the weights were trained on.
	Columns dataset.Columns `json:"-"`
}

// Errors are all that is wrong with a file as weights of a network.
type Errors []*Error

// maxErrors is the most errors that are shown.
const maxErrors = 20

// Error returns a line per error.
func (e Errors) Error() string {
	var lines []string
	for i, one := range e {
		if i == maxErrors {
			lines = append(lines, fmt.Sprintf("and %d more", len(e)-i))
			break
		}
		lines = append(lines, one.Error())
	}
	return strings.Join(lines, "\n")
}

// Expected lists the tensors of a program, without origin.
func Expected(prog *ir.Program) *Matches {
	m := &Matches{}
	for _, p := range prog.Params {
		m.Tensors = append(m.Tensors, Match{Name: p.Param.Name, Shape: p.Param.Shape})
	}
	return m
}

// Load reads a weight file of a network of this architecture, as spec.Network's
// Arch describes it, and finds the parameters of its program. A file that does
// not say of which architecture it is is accepted.
func Load(path, arch string, prog *ir.Program) (*Matches, error) {
	f, err := ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := nnrt.CheckArch(f.Meta, arch); err != nil {
		return nil, &Error{Path: path, Msg: err.Error(), Hint: "give weights of this network"}
	}
	return f.FitTo(prog, nil)
}

// Fit reads a weight file and finds the parameters of a program in it.
func Fit(path string, prog *ir.Program, rules []Rule) (*Matches, error) {
	f, err := ReadFile(path)
	if err != nil {
		return nil, err
	}
	return f.FitTo(prog, rules)
}

// FitTo finds the parameters of a program in the file, by the rules, else by
// their names. The error is of type Errors.
func (f *File) FitTo(prog *ir.Program, rules []Rule) (*Matches, error) {
	m := &matcher{file: f, prog: prog, used: map[string]bool{}}
	m.check(rules)
	out := &Matches{Columns: dataset.ColumnsOf(f.Meta)}
	for _, p := range prog.Params {
		if match := m.find(p.Param, rules); match != nil {
			out.Tensors = append(out.Tensors, *match)
		}
	}
	if len(m.errs) > 0 {
		return nil, m.errs
	}
	for _, t := range f.Tensors {
		if !m.used[t.Name] {
			out.Unused = append(out.Unused, t.Name)
		}
	}
	return out, nil
}

// matcher collects what is wrong.
type matcher struct {
	file *File
	prog *ir.Program
	used map[string]bool
	errs Errors
	// listed: an error has listed the tensors of the file.
	listed bool
}

func (m *matcher) errorf(place, hint, format string, args ...any) {
	e := errorf(place, hint, format, args...)
	e.Path = m.file.Path
	m.errs = append(m.errs, e)
}

// check refuses rules that name nothing.
func (m *matcher) check(rules []Rule) {
	var names []string
	for _, p := range m.prog.Params {
		names = append(names, p.Param.Name)
	}
	seen := map[string]bool{}
	for _, r := range rules {
		used := slices.ContainsFunc(m.prog.Params, func(p *ir.Value) bool { return r.covers(p.Param.Name) })
		switch {
		case !used:
			m.errorf("--map "+r.String(), "its tensors are "+list(names), "the network has no tensor and no layer %s", quote(r.To))
		case seen[r.To]:
			m.errorf("--map "+r.String(), "keep one of them", "%s is mapped twice", quote(r.To))
		}
		seen[r.To] = true
	}
}

// find returns where a parameter comes from, or nil after an error.
func (m *matcher) find(p *ir.ParamInfo, rules []Rule) *Match {
	if r := ruleFor(p.Name, rules); r != nil && r.Keras {
		return m.keras(p, r)
	}
	from, transpose, ok := m.source(p, rules)
	if !ok {
		return nil
	}
	if from == nil {
		if m.fromSpec(p) {
			return &Match{Name: p.Name, Shape: p.Shape, Values: repeat(p.Values, size(p.Shape))}
		}
		layer, _ := split(p.Name)
		m.errorf("tensor "+quote(p.Name)+" "+Shape(p.Shape), "name its origin: --map THEIRS="+p.Name+" or, for the layer, --map THEIRS="+layer,
			"the file has no tensor of this name%s", m.names("; it has "))
		return nil
	}
	m.used[from.Name] = true
	match := &Match{Name: p.Name, Shape: p.Shape, From: from.Name, DType: from.DType, Transpose: transpose}
	if !m.fits(p, from, transpose) {
		return nil
	}
	match.Values = from.Values()
	if transpose {
		match.Values = transposed(match.Values, from.Shape[0], from.Shape[1])
	}
	if !m.sound(p, from, match.Values) {
		return nil
	}
	return match
}

// fromSpec reports whether the spec gives the values of a parameter: the
// constants of the normalisation of an input or an output, if they are not fitted,
// and balanced class weights, which are 1 before that and no part of inference.
func (m *matcher) fromSpec(p *ir.ParamInfo) bool {
	if p.Stat == "class_weights" {
		return true
	}
	owner, _ := split(p.Name)
	isInput := slices.ContainsFunc(m.prog.Inputs, func(in *ir.Value) bool { return in.Name == owner })
	isOutput := slices.ContainsFunc(m.prog.Outputs, func(o ir.Output) bool { return o.Name == owner })
	return (isInput || isOutput) && len(p.Values) > 0 && p.FitPort == ""
}

// source applies the rules to a parameter; from is nil if no rule and no name
// leads to a tensor.
func (m *matcher) source(p *ir.ParamInfo, rules []Rule) (from *Tensor, transpose, ok bool) {
	r := ruleFor(p.Name, rules)
	if r == nil {
		return m.file.Tensor(p.Name), false, true
	}
	candidates := r.candidates(p.Name)
	for _, name := range candidates {
		if t := m.file.Tensor(name); t != nil {
			return t, r.Transpose && (r.To == p.Name || len(p.Shape) == 2), true
		}
	}
	m.errorf("--map "+r.String(), "map another one", "for %s %s the file has no tensor %s%s",
		quote(p.Name), Shape(p.Shape), strings.Join(candidates, ", "), m.names("; it has "))
	return nil, false, false
}

// fits compares types and shapes.
func (m *matcher) fits(p *ir.ParamInfo, from *Tensor, transpose bool) bool {
	place := from.String() + " as " + quote(p.Name) + " " + Shape(p.Shape)
	have := from.Shape
	rule := Rule{From: from.Name, To: p.Name, Transpose: true}
	switch {
	case !from.IsFloat():
		m.errorf(place, "convert it to float32", "the tensor of the file is %s, not of floating-point numbers", from.DType)
		return false
	case transpose && len(have) != 2:
		m.errorf(place, "remove :transpose", "only a matrix can be transposed")
		return false
	case transpose:
		have = []int{have[1], have[0]}
	}
	if slices.Equal(have, p.Shape) {
		return true
	}
	hint := "check the units in the spec, or map another tensor"
	if !transpose && len(have) == 2 && slices.Equal([]int{have[1], have[0]}, p.Shape) {
		hint = "it fits transposed (Keras stores [in, out]): --map '" + rule.String() + "'"
	}
	what := "the shapes differ"
	if transpose {
		what = "the shapes differ, " + Shape(have) + " once transposed"
	}
	m.errorf(place, hint, "%s", what)
	return false
}

// sound refuses values that the network cannot have.
func (m *matcher) sound(p *ir.ParamInfo, from *Tensor, values []float64) bool {
	place := from.String() + " as " + quote(p.Name)
	for i, v := range values {
		if v-v != 0 || m.prog.DType == ir.Float32 && math.IsInf(float64(float32(v)), 0) {
			m.errorf(place, "train without it, or set it to a number", "element %s is %v, not a %s", Shape(position(p.Shape, i)), v, m.prog.DType)
			return false
		}
	}
	if p.Mask == nil {
		return true
	}
	for o, cols := range p.Mask.Cols {
		for i, v := range values[o*p.Mask.In : (o+1)*p.Mask.In] {
			if _, connected := slices.BinarySearch(cols, i); v != 0 && !connected {
				m.errorf(place, "set it to 0, or correct the mask", "element [%d %d] is %v, but the mask of the layer has no connection there", o, i, v)
				return false
			}
		}
	}
	return true
}

// names lists the tensors of the file after a prefix, the first time.
func (m *matcher) names(prefix string) string {
	if m.listed {
		return ""
	}
	m.listed = true
	var names []string
	for _, t := range m.file.Tensors {
		names = append(names, t.String())
	}
	if len(names) == 0 {
		return prefix + "none"
	}
	return prefix + list(names)
}

func size(shape []int) int { return (&Tensor{Shape: shape}).Size() }

// repeat returns n values: those given, or the one given n times.
func repeat(v []float64, n int) []float64 {
	if len(v) == 1 {
		return slices.Repeat(v, n)
	}
	return v
}

// transposed returns the transpose of a row-major matrix.
func transposed(v []float64, rows, cols int) []float64 {
	out := make([]float64, len(v))
	for r := range rows {
		for c := range cols {
			out[c*rows+r] = v[r*cols+c]
		}
	}
	return out
}
