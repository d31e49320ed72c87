package vector

import "github.com/nngen-go/nngen/gen/ir/expr"

// key is a scalar operation in an element type, by its bytes.
type key struct {
	op    expr.Op
	bytes int
}

// functions are the transcendental functions, by operation and element type.
// Adding one: a row here, its oracle in package interp; go generate
// ./runtime/nnrt prints the portable function.
var functions = map[key]*Function{
	{expr.OpExp, 4}: exp32, {expr.OpExp, 8}: exp64,
	{expr.OpExpm1, 4}: expm132, {expr.OpExpm1, 8}: expm164,
	{expr.OpLog, 4}: log32, {expr.OpLog, 8}: log64,
	{expr.OpLog1p, 4}: log1p32, {expr.OpLog1p, 8}: log1p64,
	{expr.OpTanh, 4}: tanh32, {expr.OpTanh, 8}: tanh64,
	{expr.OpSigmoid, 4}: sigmoid32, {expr.OpSigmoid, 8}: sigmoid64,
	{expr.OpErf, 4}: erf32, {expr.OpErf, 8}: erf64,
	{expr.OpSin, 4}: sin32, {expr.OpCos, 4}: cos32,
	{expr.OpPow, 4}: pow32, {expr.OpPow, 8}: pow64,
}

// Printed are the functions in the order in which package nnrt has them, with
// those that they call.
var Printed = map[int][]*Function{
	4: {expNegative32, exp32, expm132, log32, log1p32, tanh32, sigmoid32, erf32, pow32, sin32, cos32},
	8: {expOf64, exp64, expm164, ln64, log64, log1p64, tanh64, sigmoid64, erf64, productError64, pow64, sine64, cosine64},
}
