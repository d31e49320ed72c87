package phases

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/gen/ir"
)

// stackLimit is the largest workspace Predict puts on the stack.
const stackLimit = 16 << 10

// Forward prints inference.
func (e *Phases) Forward() (*jen.File, error) {
	b := &body{
		e: e, phase: e.plan.Infer, slots: "ws", weights: "p", net: "n",
		names: e.Local(e.StateNames()...), at: map[*ir.Value]place{},
	}
	b.bindInputs("x")
	later := e.bindOutputs(b)
	remember := e.bindMemory(b)
	if err := b.run(); err != nil {
		return nil, err
	}
	b.add(later()...)
	b.add(remember()...)
	f := e.File()
	if e.Remembers() {
		f.Comment("Forward is one step of the stream of s: it computes y from x and from what s keeps of the")
		f.Comment("steps before, and leaves in s what the next one needs. It does not allocate; y, x, s and ws")
		f.Comment("must not overlap. Any number of goroutines may call it on one Net, each with a state and a")
		f.Comment("workspace of its own.")
	} else {
		f.Comment("Forward computes y from x. It does not allocate; y, x and ws must not overlap.")
		f.Comment("Any number of goroutines may call it on one Net, each with a workspace of its own.")
	}
	stmts := b.stmts
	if b.usesParams() {
		stmts = append([]jen.Code{source.Letf("p", "n.p")}, stmts...)
	}
	f.Func().Params(jen.Id("n").Op("*").Id("Net")).Id("Forward").Params(
		append(append([]jen.Code{jen.Id("y").Op("*").Id("Output"), jen.Id("x").Op("*").Id("Input")}, e.stateArg("*State")...), jen.Id("ws").Op("*").Id("Workspace"))...,
	).Block(stmts...)
	f.Line()
	if e.Remembers() {
		e.forwardSequence(f)
	}
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
			if x.Kind == ir.Param && (s.Scratch == nil || len(x.Shape) == 1) {
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
		if field := b.e.InputField(v); field == "" {
			b.at[v] = place{name, fmt.Sprintf("(*%s)(%s)", source.Array(v.DType, v.Size()), name)}
		} else {
			b.at[v] = place{name + field, "&" + name + field}
		}
	}
}

// bindOutputs gives the results their places in y. The first output that
// shows a value is its place; others, and values that are inputs, are copied
// by the statements that the returned function gives.
func (e *Phases) bindOutputs(b *body) func() []jen.Code {
	type copied struct{ dst, src place }
	var copies []copied
	for _, o := range e.prog.Outputs {
		field := e.OutputField(o.Name)
		at := place{"y" + field, "&y" + field}
		if field == "" {
			at.ptr = fmt.Sprintf("(*%s)(y)", source.Array(o.Value.DType, o.Value.Size()))
		}
		if src, taken := b.at[o.Value]; taken {
			copies = append(copies, copied{dst: at, src: src})
			continue
		}
		b.at[o.Value] = at
	}
	return func() []jen.Code {
		var out []jen.Code
		for _, c := range copies {
			out = append(out, jen.Id("copy").Call(source.Exprf("%s[:]", c.dst.idx), source.Exprf("%s[:]", c.src.idx)))
		}
		return out
	}
}

func (e *Phases) forwardBatch(f *jen.File) {
	check := e.matches("ForwardBatch", "y")
	if e.Remembers() {
		f.Comment("ForwardBatch is one step of each of several streams: that of s[i] has the input x[i] and the")
		f.Comment("output y[i]. The bits are those of Forward. It does not allocate and panics unless len(y) and")
		f.Comment("len(s) are len(x).")
		check = append(check, e.matches("ForwardBatch", "s")...)
	} else {
		f.Comment("ForwardBatch computes y[i] from x[i] for every i; the bits are those of Forward.")
		f.Comment("It does not allocate and panics unless len(y) == len(x).")
	}
	f.Func().Params(jen.Id("n").Op("*").Id("Net")).Id("ForwardBatch").Params(e.batchArgs()...).Block(append(check, e.inBatches()...)...)
	f.Line()
}

// inBatches computes what ForwardBatch was given: layer by layer where there
// is assembly for it, the rest sample by sample.
func (e *Phases) inBatches() []jen.Code {
	rest, state := "y, x", ""
	if e.Remembers() {
		rest, state = "y, x, s", "s[:m]"
	}
	one := source.ForRange("i", "x", jen.Id("n.Forward").Call(e.withState("&s[i]", source.Exprf("&y[i]"), source.Exprf("&x[i]"), source.Exprf("&ws.one"))...))
	if len(e.VectorKernels()) == 0 {
		return []jen.Code{one}
	}
	return []jen.Code{
		jen.For(source.Exprf("%s && len(x) > 1", e.AnyFlag())).Block(
			source.Letf("m", "min(len(x), MaxBatch)"),
			jen.Id("n.forwardRows").Call(e.withState(state, source.Exprf("y[:m]"), source.Exprf("x[:m]"), source.Exprf("ws"))...),
			source.Setf(rest, "%s", strings.ReplaceAll(rest, ",", "[m:],")+"[m:]")),
		one,
	}
}

// rowsBody is a body of inference of a batch, layer by layer, and what it copies in the
// end.
func (e *Phases) rowsBody() (b *body, copies []jen.Code) {
	b = &body{
		e: e, phase: e.plan.InferBatch, slots: "ws", weights: "p", net: "n", layers: true, from: ":len(x)", variables: map[*ir.Value]string{},
		names: e.Local(e.StateNames()...), at: map[*ir.Value]place{}, outputs: map[*ir.Value]string{},
	}
	for _, v := range e.prog.Inputs {
		b.rowPlace(v)
	}
	for _, o := range e.prog.Outputs {
		field := e.OutputField(o.Name)
		if src, taken := b.at[o.Value]; taken {
			copies = append(copies, jen.Id("copy").Call(source.Exprf("y[i]%s[:]", field), source.Exprf("%s[:]", src.idx)))
			continue
		}
		b.outputs[o.Value] = field
		b.rowPlace(o.Value)
	}
	return b, append(copies, e.bindMemoryRows(b)...)
}

// forwardRows prints inference of a batch, layer by layer.
func (e *Phases) forwardRows(f *jen.File) error {
	b, copies := e.rowsBody()
	if err := b.layerwise(); err != nil {
		return err
	}
	stmts := b.take()
	if len(copies) > 0 {
		stmts = append(stmts, source.ForRange("i", "x", copies...))
	}
	start := []jen.Code{source.Setf("x", "x[:min(len(x), MaxBatch)]"), source.Setf("y", "y[:len(x)]")}
	if e.Remembers() {
		start = append(start, source.Setf("s", "s[:len(x)]"), source.Letf("next", "ws.next[:len(x)]"))
		stmts = append(stmts, jen.Id("copy").Call(jen.Id("s"), jen.Id("next")))
	}
	stmts = append(append(start, b.declared...), stmts...)
	if b.usesParams() {
		stmts = append([]jen.Code{source.Letf("p", "n.p")}, stmts...)
	}
	f.Comment("forwardRows computes up to MaxBatch samples, layer by layer.")
	f.Func().Params(jen.Id("n").Op("*").Id("Net")).Id("forwardRows").Params(e.batchArgs()...).Block(stmts...)
	f.Line()
	return nil
}

func (e *Phases) predict(f *jen.File) {
	sig := func() *jen.Statement {
		return f.Func().Params(jen.Id("n").Op("*").Id("Net")).Id("Predict").Params(append([]jen.Code{jen.Id("x").Op("*").Id("Input")}, e.stateArg("*State")...)...).Params(jen.Id("y").Id("Output"))
	}
	what := "Predict returns the output for x"
	if e.Remembers() {
		what = "Predict returns the output for x, the next step of the stream of s"
	}
	if e.WorkspaceBytes() <= stackLimit {
		f.Comment(what + ", with its workspace on the stack.")
		sig().Block(
			jen.Var().Id("ws").Id("Workspace"),
			jen.Id("n.Forward").Call(e.withState("s", source.Exprf("&y"), source.Exprf("x"), source.Exprf("&ws"))...),
			jen.Return(jen.Id("y")))
		return
	}
	f.Comment(what + ". Its workspace is too large for the stack and is")
	f.Comment("taken from a pool; Forward with a workspace of your own never allocates.")
	sig().Block(
		jen.Id("ws").Op(":=").Id("workspaces").Dot("Get").Call().Assert(jen.Op("*").Id("Workspace")),
		jen.Id("n.Forward").Call(e.withState("s", source.Exprf("&y"), source.Exprf("x"), source.Exprf("ws"))...),
		jen.Id("workspaces").Dot("Put").Call(jen.Id("ws")),
		jen.Return(jen.Id("y")))
	f.Line()
	f.Var().Id("workspaces").Op("=").Qual("sync", "Pool").Values(
		jen.Id("New").Op(":").Func().Params().Any().Block(jen.Return(jen.New(jen.Id("Workspace")))))
}
