package gen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// code writes programs, one assignment a line.
func (m *manual) code(programs ...expr.Program) {
	var blocks []string
	for _, p := range programs {
		lines := make([]string, len(p))
		for i, a := range p {
			lines[i] = a.Name + " = " + render(a.X, 0)
		}
		if len(lines) > 0 {
			blocks = append(blocks, strings.Join(lines, "\n"))
		}
	}
	if len(blocks) > 0 {
		m.line("```text\n%s\n```\n", strings.Join(blocks, "\n\n"))
	}
}

// precedence ranks the signs; what is not here is written as a call.
var precedence = map[expr.Op]int{
	expr.OpNeg: 1, expr.OpLess: 1, expr.OpLessEqual: 1, expr.OpEqual: 1, expr.OpAdd: 2, expr.OpSub: 2, expr.OpMul: 3, expr.OpDiv: 3,
}

// render writes an expression with the fewest parentheses that keep the order
// of the operations; expr's own printer writes more.
func render(n *expr.Node, outer int) string {
	p := precedence[n.Op]
	text := n.String()
	switch {
	case n.Op == expr.OpNeg:
		text = "−" + render(n.Args[0], 4)
	case p > 0:
		text = render(n.Args[0], p) + " " + strings.ReplaceAll(n.Op.String(), "-", "−") + " " + render(n.Args[1], p+1)
	case len(n.Args) > 0:
		args := make([]string, len(n.Args))
		for i, a := range n.Args {
			args[i] = render(a, 0)
		}
		text = n.Op.String() + "(" + strings.Join(args, ", ") + ")"
	case n.Op == expr.OpConst:
		text = strings.ReplaceAll(number(n.Value), "-", "−")
	}
	if p > 0 && p < outer {
		return "(" + text + ")"
	}
	return text
}

// argsOf are the defaults of a word's fields, with some set.
func argsOf(params []spec.Param, set map[string]any) spec.Args {
	a := spec.Args{}
	for _, p := range params {
		if p.Default != nil {
			a[p.Name] = spec.Arg{Value: p.Default}
		}
		if v, ok := set[p.Name]; ok {
			a[p.Name] = spec.Arg{Value: v}
		}
	}
	return a
}

func (m *manual) activation(r *op.Activation) {
	m.kind(r.Kind)
	if r.Variant == nil {
		m.code(r.Y, r.DX)
	} else if !slices.ContainsFunc(r.Params, func(p spec.Param) bool { return p.Type == spec.Enum }) {
		m.code(r.Variant(argsOf(r.Params, numbers(r.Params))))
	} else {
		for _, p := range r.Params {
			for _, word := range p.Enum {
				y, dx := r.Variant(argsOf(r.Params, map[string]any{p.Name: word}))
				m.line("With %s: %s:\n", p.Name, word)
				m.code(y, dx)
			}
		}
	}
	m.line("Error: %s.", r.Bound)
	if r.Kinks != nil && len(r.Kinks(argsOf(r.Params, nil))) > 0 {
		m.line("Not differentiable at x = %s.", strings.Trim(strings.ReplaceAll(fmt.Sprint(r.Kinks(argsOf(r.Params, nil))), " ", " and "), "[]"))
	}
	if r.Refuse != nil {
		why, hint := r.Refuse(argsOf(r.Params, nil))
		m.line("Training by the defaults is refused (%s): %s.", why, hint)
	}
	m.line("")
}

// numbers gives every number without a default a value, so that a formula
// shows it.
func numbers(params []spec.Param) map[string]any {
	set := map[string]any{}
	for _, p := range params {
		if p.Type == spec.Number && p.Default == nil {
			set[p.Name] = 0.0
		}
	}
	return set
}

func (m *manual) loss(r *op.Loss) {
	m.kind(r.Kind)
	m.code(r.Value, r.DP)
	over := map[op.MeanOver]string{op.OverSamples: "samples", op.OverElements: "samples and outputs"}[r.Mean]
	m.line("The mean is over the %s. The rendering is %s.\n", over, rendering(r))
}

// rendering says what the prediction is compared with.
func rendering(r *op.Loss) string {
	choice := slices.ContainsFunc(r.Params, func(p spec.Param) bool { return p.Name == "rendering" && len(p.Enum) > 1 })
	switch {
	case r.Class && choice:
		return "a class number, unless the field rendering says otherwise"
	case r.Class:
		return "a class number"
	}
	return "one number per output"
}

// optimizer writes the update by the defaults, and what each field that is off
// by default changes in it.
func (m *manual) optimizer(r *op.Optimizer) {
	m.kind(r.Kind)
	base := argsOf(r.Params, nil)
	if r.Scalars != nil {
		m.line("Once per step:\n")
		m.code(r.Scalars(base))
	}
	usual := r.Update(base)
	m.line("Per element, by the defaults%s:\n", states(r, base))
	m.code(usual)
	seen := map[string]bool{usual.String(): true}
	var before []map[string]any
	for _, p := range r.Params {
		on, ok := map[any]any{0.0: 0.5, false: true}[p.Default]
		if !ok {
			continue
		}
		// A field may do nothing, or be refused, without another one.
		for _, with := range append([]map[string]any{{}}, before...) {
			set := map[string]any{p.Name: on}
			title := p.Name
			for name, v := range with {
				set[name] = v
				title = name + " and " + p.Name
			}
			args := argsOf(r.Params, set)
			if r.Check != nil && refuses(r.Check(args)) || seen[r.Update(args).String()] {
				continue
			}
			update := r.Update(args)
			seen[update.String()] = true
			m.line("With %s%s:\n", title, states(r, args))
			m.code(update)
			break
		}
		before = append(before, map[string]any{p.Name: on})
	}
}

func refuses(why, _ string) bool { return why != "" }

// states names the tensors that an optimiser keeps.
func states(r *op.Optimizer, a spec.Args) string {
	if r.States == nil || len(r.States(a)) == 0 {
		return ""
	}
	return ", keeping " + strings.Join(r.States(a), ", ")
}

// mostLines is the length up to which a proximal step is worth printing: that
// of lp is an unrolled Newton's method.
const mostLines = 6

func (m *manual) regularizer(r *op.Regularizer) {
	m.kind(r.Kind)
	m.code(r.Penalty, r.Grad)
	args := argsOf(r.Params, map[string]any{"p": 1.5})
	if prox := r.Prox(args); len(prox) <= mostLines {
		m.line("The proximal step:\n")
		m.code(prox)
		return
	}
	m.line("The proximal step, with the sign of w, is the v ≥ 0 with v + lr·λ·p·v^(p−1) = |w|, found by a fixed number of Newton's steps.\n")
}

func (m *manual) initializer(r *op.Initializer) {
	m.kind(r.Kind)
	if r.Value == nil {
		return
	}
	usual := formula(r, nil)
	m.code(usual)
	for _, p := range r.Params {
		if on := formula(r, map[string]any{p.Name: true}); p.Type == spec.Bool && on.String() != usual.String() {
			m.line("With %s: true:\n", p.Name)
			m.code(on)
		}
	}
}

// formula is the initialiser's program with its fields by name.
func formula(r *op.Initializer, set map[string]any) expr.Program {
	args := spec.Args{}
	for name, v := range set {
		args[name] = spec.Arg{Value: v}
	}
	return r.Value(args)
}
