package gen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// cost is what the layers of a network take of something, and what no layer
// does.
type cost struct {
	field, what string // of budget
	shared      int
	layers      map[string]int
}

// withinBudget refuses a network that costs more than its budget, at the layer
// that goes beyond it.
func withinBudget(net *spec.Network, p *plan.Plan) error {
	flash := cost{field: "flash", what: "bytes of weights", layers: map[string]int{}}
	ram := cost{field: "ram", what: "bytes of parameters and workspace", layers: map[string]int{}, shared: p.Infer.Bytes()}
	macs := cost{field: "macs", what: "multiply-adds", layers: map[string]int{}}
	for _, t := range p.Tensors {
		bytes := t.Value.Size() * plan.ElemSize(t.Layout.Elem)
		if t.Scaled() {
			bytes += t.Value.Shape[0] * plan.ElemSize(ir.Float32)
		}
		flash.add(net, t.Value.Name, bytes)
	}
	for _, f := range slices.Concat(p.Net.Fields, p.Filtered.Fields) {
		ram.add(net, f.Tensor.Value.Name, f.Bytes())
	}
	for _, op := range p.Prog.Infer.Ops {
		if c, ok := op.(*ir.Contract); ok {
			macs.add(net, c.Layer, c.MultiplyAdds())
		}
	}
	var errs spec.ErrorList
	for _, c := range []cost{flash, ram, macs} {
		errs = append(errs, c.check(net)...)
	}
	if len(errs) > 0 {
		return errs.Sort()
	}
	return nil
}

// add adds to the layer of a tensor, or to what belongs to none.
func (c *cost) add(net *spec.Network, tensor string, n int) {
	name, _, _ := strings.Cut(tensor, ".")
	if slices.ContainsFunc(net.Layers, func(l spec.Layer) bool { return l.Name == name }) {
		c.layers[name] += n
	} else {
		c.shared += n
	}
}

// check goes through the layers until the budget is spent.
func (c *cost) check(net *spec.Network) spec.ErrorList {
	budget := net.Budget[c.field]
	if !budget.Set {
		return nil
	}
	most, spent := budget.Value.(int), c.shared
	if spent > most {
		return spec.ErrorList{net.Errorf(budget.Pos, "raise the budget", code.Budget+"budget: %s is %d, but what belongs to no single layer is %d %s", c.field, most, spent, c.what)}
	}
	for i := range net.Layers {
		l := &net.Layers[i]
		if spent += c.layers[l.Name]; spent > most {
			return spec.ErrorList{net.Errorf(l.Pos, fmt.Sprintf("make the layers up to this one smaller, or raise budget: %s in line %d", c.field, budget.Pos.Line),
				code.Budget+"%s: with it there are %d %s, and the budget is %d", net.LayerContext(l), spent, c.what, most)}
		}
	}
	return nil
}

// withinLines refuses more lines of code than the budget has.
func withinLines(net *spec.Network, out files.Files) error {
	budget := net.Budget["lines"]
	if !budget.Set {
		return nil
	}
	total, most, longest := 0, 0, ""
	for _, name := range out.Names() {
		if strings.HasSuffix(name, "_test.go") || !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".s") {
			continue
		}
		n := strings.Count(string(out[name]), "\n")
		total += n
		if n > most {
			most, longest = n, name
		}
	}
	if total <= budget.Value.(int) {
		return nil
	}
	return spec.ErrorList{net.Errorf(budget.Pos, "write codegen: {unroll: none}, name one instruction set with simd:, or raise the budget",
		code.Budget+"budget: lines is %d, but the package has %d, %d of them in %s", budget.Value, total, most, longest)}
}
