module github.com/nngen-go/nngen/docs/peers/go

go 1.26.0

require (
	github.com/nngen-go/nngen v0.0.0
	github.com/yalue/onnxruntime_go v1.27.0
	gonum.org/v1/gonum v0.16.0
)

replace github.com/nngen-go/nngen => ../../..
