package golang

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/ir"
)

// stackLimit is the largest workspace Predict puts on the stack.
const stackLimit = 16 << 10

// forward prints inference.
func (e *emitter) forward() (*jen.File, error) {
	b := &body{
		e: e, phase: e.plan.Infer, slots: "ws", weights: "p",
		names: e.local(), at: map[*ir.Value]place{},
	}
	b.bindInputs("x")
	later := e.bindOutputs(b)
	if err := b.run(); err != nil {
		return nil, err
	}
	b.add(later()...)
	f := e.file()
	f.Comment("Forward computes y from x. It does not allocate; y, x and ws must not overlap.")
	f.Comment("Any number of goroutines may call it on one Net, each with a workspace of its own.")
	stmts := b.stmts
	if b.usesParams() {
		stmts = append([]jen.Code{letf("p", "n.p")}, stmts...)
	}
	f.Func().Params(jen.Id("n").Op("*").Id("Net")).Id("Forward").Params(
		jen.Id("y").Op("*").Id("Output"), jen.Id("x").Op("*").Id("Input"), jen.Id("ws").Op("*").Id("Workspace"),
	).Block(stmts...)
	f.Line()
	if e.plan.Layerwise {
		if err := e.forwardRows(f); err != nil {
			return nil, err
		}
	}
	e.forwardBatch(f)
	e.predict(f)
	return f, nil
}

// usesParams reports whether any statement reads the parameters.
func (b *body) usesParams() bool {
	for _, s := range b.phase.Steps {
		for _, x := range s.Op.Ins() {
			if x.Kind == ir.Param {
				return true
			}
		}
		for _, m := range s.Epilogue {
			for _, x := range m.In {
				if x.Kind == ir.Param {
					return true
				}
			}
		}
	}
	return false
}

// bindInputs gives the network's inputs their places: name is the Go pointer
// to the Input.
func (b *body) bindInputs(name string) {
	for _, v := range b.e.prog.Inputs {
		if field := b.e.inputField(v); field == "" {
			b.at[v] = place{name, fmt.Sprintf("(*%s)(%s)", array(v.DType, v.Size()), name)}
		} else {
			b.at[v] = place{name + field, "&" + name + field}
		}
	}
}

// bindOutputs gives the results their places in y. The first output that
// shows a value is its place; others, and values that are inputs, are copied
// by the statements that the returned function gives.
func (e *emitter) bindOutputs(b *body) func() []jen.Code {
	type copied struct{ dst, src place }
	var copies []copied
	for _, o := range e.prog.Outputs {
		field := e.outputField(o.Name)
		at := place{"y" + field, "&y" + field}
		if field == "" {
			at.ptr = fmt.Sprintf("(*%s)(y)", array(o.Value.DType, o.Value.Size()))
		}
		if src, taken := b.at[o.Value]; taken {
			copies = append(copies, copied{at, src})
			continue
		}
		b.at[o.Value] = at
	}
	return func() []jen.Code {
		var out []jen.Code
		for _, c := range copies {
			out = append(out, jen.Id("copy").Call(exprf("%s[:]", c.dst.idx), exprf("%s[:]", c.src.idx)))
		}
		return out
	}
}

func (e *emitter) forwardBatch(f *jen.File) {
	f.Comment("ForwardBatch computes y[i] from x[i] for every i; the bits are those of Forward.")
	f.Comment("It does not allocate and panics unless len(y) == len(x).")
	f.Func().Params(jen.Id("n").Op("*").Id("Net")).Id("ForwardBatch").Params(
		jen.Id("y").Index().Id("Output"), jen.Id("x").Index().Id("Input"), jen.Id("ws").Op("*").Id("BatchWorkspace"),
	).Block(
		append([]jen.Code{jen.If(exprf("len(y) != len(x)")).Block(e.rt("BadMatch").Call(
			jen.Lit(e.opts.Package+".Net.ForwardBatch"), jen.Lit("len(y)"), exprf("len(y)"), jen.Lit("len(x)"), exprf("len(x)")))}, e.inBatches()...)...)
	f.Line()
}

// inBatches computes what ForwardBatch was given: layer by layer where there
// is assembly for it, the rest sample by sample.
func (e *emitter) inBatches() []jen.Code {
	one := forRange("i", "x", jen.Id("n.Forward").Call(exprf("&y[i]"), exprf("&x[i]"), exprf("&ws.one")))
	if len(e.vectorKernels()) == 0 {
		return []jen.Code{one}
	}
	return []jen.Code{
		jen.For(exprf("%s && len(x) > 1", e.anyFlag())).Block(
			letf("m", "min(len(x), MaxBatch)"),
			jen.Id("n.forwardRows").Call(exprf("y[:m]"), exprf("x[:m]"), exprf("ws")),
			setf("y, x", "y[m:], x[m:]")),
		one,
	}
}

// forwardRows prints inference of a batch, layer by layer.
func (e *emitter) forwardRows(f *jen.File) error {
	b := &body{
		e: e, phase: e.plan.InferBatch, slots: "ws", weights: "p", layers: true, from: ":len(x)", variables: map[*ir.Value]string{},
		names: e.local(), at: map[*ir.Value]place{}, outputs: map[*ir.Value]string{},
	}
	for _, v := range e.prog.Inputs {
		b.rowPlace(v)
	}
	var copies []jen.Code
	for _, o := range e.prog.Outputs {
		field := e.outputField(o.Name)
		if src, taken := b.at[o.Value]; taken {
			copies = append(copies, jen.Id("copy").Call(exprf("y[i]%s[:]", field), exprf("%s[:]", src.idx)))
			continue
		}
		b.outputs[o.Value] = field
		b.rowPlace(o.Value)
	}
	if err := b.layerwise(); err != nil {
		return err
	}
	stmts := b.take()
	if len(copies) > 0 {
		stmts = append(stmts, forRange("i", "x", copies...))
	}
	stmts = append(append([]jen.Code{setf("x", "x[:min(len(x), MaxBatch)]"), setf("y", "y[:len(x)]")}, b.declared...), stmts...)
	if b.usesParams() {
		stmts = append([]jen.Code{letf("p", "n.p")}, stmts...)
	}
	f.Comment("forwardRows computes up to MaxBatch samples, layer by layer.")
	f.Func().Params(jen.Id("n").Op("*").Id("Net")).Id("forwardRows").Params(
		jen.Id("y").Index().Id("Output"), jen.Id("x").Index().Id("Input"), jen.Id("ws").Op("*").Id("BatchWorkspace"),
	).Block(stmts...)
	f.Line()
	return nil
}

func (e *emitter) predict(f *jen.File) {
	sig := func() *jen.Statement {
		return f.Func().Params(jen.Id("n").Op("*").Id("Net")).Id("Predict").Params(jen.Id("x").Op("*").Id("Input")).Params(jen.Id("y").Id("Output"))
	}
	if e.workspaceBytes() <= stackLimit {
		f.Comment("Predict returns the output for x, with its workspace on the stack.")
		sig().Block(
			jen.Var().Id("ws").Id("Workspace"),
			jen.Id("n.Forward").Call(exprf("&y"), exprf("x"), exprf("&ws")),
			jen.Return(jen.Id("y")))
		return
	}
	f.Comment("Predict returns the output for x. Its workspace is too large for the stack and is")
	f.Comment("taken from a pool; Forward with a workspace of your own never allocates.")
	sig().Block(
		jen.Id("ws").Op(":=").Id("workspaces").Dot("Get").Call().Assert(jen.Op("*").Id("Workspace")),
		jen.Id("n.Forward").Call(exprf("&y"), exprf("x"), exprf("ws")),
		jen.Id("workspaces").Dot("Put").Call(jen.Id("ws")),
		jen.Return(jen.Id("y")))
	f.Line()
	f.Var().Id("workspaces").Op("=").Qual("sync", "Pool").Values(
		jen.Id("New").Op(":").Func().Params().Any().Block(jen.Return(jen.New(jen.Id("Workspace")))))
}
