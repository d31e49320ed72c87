// Package pass holds the transformations of a program. A pass is a function;
// the pipeline in package gen lists them in order and verifies the program
// after each.
package pass

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
)

// Pass is a named transformation of a program.
type Pass struct {
	Name string
	Run  func(*ir.Program) error
}

// Pipeline is a list of passes, run in order with the program verified
// between them.
type Pipeline []Pass

// Run runs the passes. dump, if not nil, sees the program after each.
func (l Pipeline) Run(p *ir.Program, dump func(pass string, p *ir.Program)) error {
	if err := p.Verify(); err != nil {
		return err
	}
	for _, pass := range l {
		if err := pass.Run(p); err != nil {
			return fmt.Errorf("%s: %w", pass.Name, err)
		}
		if err := p.Verify(); err != nil {
			return fmt.Errorf("after %s: %w", pass.Name, err)
		}
		if dump != nil {
			dump(pass.Name, p)
		}
	}
	return nil
}

// Dead removes operations whose results nobody reads: the softmax before a
// fused cross-entropy, gradients of inputs.
var Dead = Pass{"dead", func(p *ir.Program) error {
	for _, f := range p.Funcs() {
		live := map[*ir.Value]bool{}
		for _, r := range f.Results {
			live[r] = true
		}
		kept := make([]ir.Op, 0, len(f.Ops))
		for i := len(f.Ops) - 1; i >= 0; i-- {
			if !needed(f.Ops[i], live) {
				continue
			}
			for _, x := range f.Ops[i].Ins() {
				live[x] = true
			}
			kept = append(kept, f.Ops[i])
		}
		slices.Reverse(kept)
		f.Ops = kept
	}
	return nil
}}

// needed reports whether an operation has an effect: a live result, or a
// parameter or state it assigns.
func needed(op ir.Op, live map[*ir.Value]bool) bool {
	for _, y := range op.Outs() {
		if live[y] || y.Kind == ir.Param || y.Kind == ir.State {
			return true
		}
	}
	return false
}

// Narrow drops results of scalar operations that nobody reads, so that an
// optimiser's unused corrections cost nothing.
var Narrow = Pass{"narrow", func(p *ir.Program) error {
	for _, f := range p.Funcs() {
		read := map[*ir.Value]bool{}
		for _, r := range f.Results {
			read[r] = true
		}
		for _, op := range f.Ops {
			for _, x := range op.Ins() {
				read[x] = true
			}
		}
		for _, op := range f.Ops {
			if m, ok := op.(*ir.Map); ok && len(m.Out) > 1 {
				narrow(m, read)
			}
		}
	}
	return nil
}}

func narrow(m *ir.Map, read map[*ir.Value]bool) {
	var out []*ir.Value
	var names []string
	for i, y := range m.Out {
		if read[y] || y.Kind == ir.Param || y.Kind == ir.State {
			out, names = append(out, y), append(names, m.OutNames[i])
		}
	}
	m.Out, m.OutNames = out, names
}
