// Package importer turns an ONNX model into a network of nngen: a spec as a
// person would have written it, and the weights under their canonical names.
//
//	onnx.Model ─load─▶ nodes in order ─lower─▶ layers ─simplify─▶ layers ─write─▶ YAML, tensors
//	                   functions inlined       constants folded   as a person would
//
// Operators are rows of the table in operators.go: to add one, write a row and
// its function, which says what the operator is in layers. What an exporter
// spreads over many nodes is put together afterwards, by rules of two kinds:
// patterns.go knows graphs by their form, recognize.go proves what functions of
// one number compute, whatever their form (package symbolic, forms.go). What is
// not proven stays as it is.
package importer
