// Package evaluate runs ONNX graphs in float64 by the words of ONNX's
// specification, in plain loops that share nothing with the importer: it is
// what an import is proven against.
//
// Operators are rows of the tables that operators.go joins: to add one, write a
// row in the table of its kind, in elementwise.go, mixing.go, reduce.go or
// shapes.go.
package evaluate
