// Package rtneural imports models in RTNeural's JSON format, as its Python
// scripts write them from Keras and PyTorch: a spec as a person would have
// written it, and the weights under their canonical names.
//
// Dense layers, activations, prelu, batch normalisation, and, as layers that keep a
// state from sample to sample, GRU, LSTM and convolutions of a stream are read; other
// layers are refused by name. Layers are rows of the table in layers.go.
package rtneural
