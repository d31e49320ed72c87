package golang

import "github.com/nngen-go/nngen/gen/golang/source"

// The words of package source that the printers here write with.
type namer = source.Namer

const turn = source.Turn

var (
	split       = source.Split
	parens      = source.Parens
	tables      = source.Tables
	narrow      = source.Narrow
	vectorAt    = source.VectorAt
	weightAt    = source.WeightAt
	cellText    = source.CellAt
	array       = source.Array
	exprf       = source.Exprf
	firstNaN    = source.FirstNaN
	forRange    = source.ForRange
	forStep     = source.ForStep
	isNumber    = source.IsNumber
	joinComma   = source.JoinComma
	let         = source.Let
	letf        = source.Letf
	literal     = source.Literal
	literalsOf  = source.LiteralsOf
	lowerCamel  = source.LowerCamel
	nest        = source.Nest
	newNamer    = source.NewNamer
	note        = source.Note
	oneLine     = source.OneLine
	set         = source.Set
	setf        = source.Setf
	sliceIn     = source.SliceIn
	typeName    = source.TypeName
	when        = source.When
	withNames   = source.WithNames
	within      = source.Within
	wrap        = source.Wrap
	wrapFormula = source.WrapFormula
)
