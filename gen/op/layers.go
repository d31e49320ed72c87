package op

import "github.com/nngen-go/nngen/spec"

// layers is the layer table. A layer has a file of its own.
var layers = []Layer{
	dense, conv1d, conv2d, depthwiseConv1d, depthwiseConv2d, conv1dTranspose, conv2dTranspose, maxPool1d, maxPool2d, avgPool1d, avgPool2d, globalMaxPool, globalAvgPool, pad, resize, channelShuffle, dropout, add, subtract, multiply, divide, minimum, maximum, average, less, lessEqual, equal, where, concat,
	flatten, reshape, transpose, slice, constantLayer, scaleShift, prelu, batchNormalization, layerNormalization,
	reduceSum, reduceMean, reduceMax, reduceMin, argmax, argmin,
	rnn, gru, lstm, stateLayer, delay,
}

// Extend adds rows to the layer table and returns what takes them away again: a
// layer is a row, also in tests of the compiler.
func Extend(rows ...Layer) (restore func()) {
	before := layers
	layers = append(layers[:len(layers):len(layers)], rows...)
	return func() { layers = before }
}

// Layers returns the layer table.
func Layers() []Layer { return layers }

// LayerByName returns the row of a layer, or nil.
func LayerByName(name string) *Layer {
	return find(layers, name, func(r *Layer) *spec.Kind { return &r.Kind })
}

// Vocabulary returns the words of the language: all tables of this package.
func Vocabulary() *spec.Vocabulary {
	return &spec.Vocabulary{
		Layers:       kinds(Layers(), func(r *Layer) *spec.Kind { return &r.Kind }),
		Activations:  kinds(Activations(), func(r *Activation) *spec.Kind { return &r.Kind }),
		Losses:       kinds(Losses(), func(r *Loss) *spec.Kind { return &r.Kind }),
		Optimizers:   kinds(Optimizers(), func(r *Optimizer) *spec.Kind { return &r.Kind }),
		Schedules:    kinds(Schedules(), func(r *Schedule) *spec.Kind { return &r.Kind }),
		Clips:        kinds(Clips(), func(r *Clip) *spec.Kind { return &r.Kind }),
		Regularizers: kinds(Regularizers(), func(r *Regularizer) *spec.Kind { return &r.Kind }),
		Initializers: kinds(Initializers(), func(r *Initializer) *spec.Kind { return &r.Kind }),
	}
}
