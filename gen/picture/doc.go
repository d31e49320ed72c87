// Package picture draws what a person wants to see of a network: graphs of
// activations, the network itself, losses of a training, weights, a confusion
// matrix, the memory of a plan.
//
// A picture is a Scene of lines, boxes and text in the colours of a theme. It
// is written as SVG, or as PNG with the same shapes and the Go fonts, by
// which both are laid out.
package picture
