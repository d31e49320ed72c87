// Package onnx reads and writes ONNX model files: the messages of onnx.proto
// as plain Go structs, [Read] and [Model.Marshal].
//
// Reading is strict and bounded. What the file says is compared with what it
// holds before anything is allocated for it, unknown fields are skipped as
// protobuf wants, and an [Error] names the place. The structs say what a file
// holds, not whether that makes sense: package importer judges it.
package onnx
