// Package spec is the language in which a user describes a network: its
// types, the decoder for YAML and JSON, defaults, validation with file
// positions, the JSON Schema, and a builder for specs written in Go.
//
// The package knows the grammar, not the words. The words (layers,
// activations, losses, optimisers, …) are rows of a [Vocabulary], which the
// compiler supplies; decoding, defaults, validation, suggestions and the
// schema are all driven by those rows.
package spec
