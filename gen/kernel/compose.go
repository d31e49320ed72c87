package kernel

import (
	"fmt"

	"github.com/nngen-go/nngen/gen/ir/expr"
)

// Compose makes one program of those of an epilogue. Its leaves are Leaf(0) for
// the sum and Leaf(1), … for the operands in memory, in the order of Extras; its
// result is Result.
func Compose(epilogue []Epilogue) expr.Program {
	values := map[string]string{Sum: Leaf(0)}
	for i, o := range Extras(epilogue) {
		values[o.From] = Leaf(i + 1)
	}
	var all expr.Program
	for i, e := range epilogue {
		names := map[string]string{}
		for _, a := range e.Prog {
			names[a.Name] = fmt.Sprintf("v%d_%s", i, a.Name)
		}
		for _, o := range e.Operands {
			names[o.Leaf] = values[o.From]
		}
		values[e.Name] = names[e.Result]
		all = append(all, e.Prog.Rename(names)...)
	}
	return all.Rename(map[string]string{values[epilogue[len(epilogue)-1].Name]: Result})
}

// Length is about how many instructions an epilogue takes for a vector.
func Length(epilogue []Epilogue) int {
	n := 0
	for _, e := range epilogue {
		n += ProgramLength(e.Prog)
	}
	return n
}

// ProgramLength is Length of a program.
func ProgramLength(p expr.Program) int {
	n := 0
	for _, a := range p {
		n += length(a.X)
	}
	return n
}

func length(x *expr.Node) int {
	n := cost(x.Op)
	for _, a := range x.Args {
		n += length(a)
	}
	return n
}

// cost is about the number of instructions of an operation.
func cost(op expr.Op) int {
	switch op {
	case expr.OpConst, expr.OpLeaf:
		return 0
	case expr.OpNeg, expr.OpAbs, expr.OpSqrt, expr.OpAdd, expr.OpSub, expr.OpMul, expr.OpDiv, expr.OpFloor,
		expr.OpLess, expr.OpLessEqual, expr.OpEqual, expr.OpSelect:
		return 1
	case expr.OpMin, expr.OpMax:
		return 3
	case expr.OpErf, expr.OpPow:
		return 50
	case expr.OpSin, expr.OpCos: // of float32 in halves
		return 160
	}
	return 22
}
