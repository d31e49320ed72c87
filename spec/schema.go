package spec

import (
	"encoding/json"
	"go/token"
	"slices"
)

// obj is a JSON object; encoding/json writes its keys in order.
type obj = map[string]any

// Schema returns the JSON Schema of the language with the given words. It
// keeps to what draft 2020-12 and draft-07 have in common, for the sake of
// editors. The schema knows the structure; names, references and the rest of
// the meaning are checked by Decode alone.
func Schema(v *Vocabulary) []byte {
	defs := obj{
		"name": nameSchema(), "port_in": inputSchema(), "port_out": outputSchema(), "column": columnSchema(), "layer": v.layerSchema(),
	}
	for _, s := range []Slot{ActivationSlot, LossSlot, OptimizerSlot, ScheduleSlot, ClipSlot, RegularizerSlot, InitializerSlot} {
		defs[string(s)] = wordSchema(v.Table(s), "One "+string(s)+".")
	}
	root := obj{
		"$schema":              "https://json-schema.org/draft/2020-12/schema",
		"title":                "nngen network",
		"description":          "A neural network for nngen, language version 1.",
		"type":                 "object",
		"additionalProperties": false,
		"required":             []string{"nngen", "layers"},
		"oneOf":                []obj{{"required": []string{"input"}}, {"required": []string{"inputs"}}},
		"not":                  obj{"required": []string{"output", "outputs"}},
		"properties":           topSchema(),
		"$defs":                defs,
	}
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic(err) // the tree holds maps, slices, strings and finite numbers
	}
	return append(text, '\n')
}

// topSchema describes the top-level keys.
func topSchema() obj {
	ports := func(one, doc string) obj {
		return obj{"type": "object", "description": doc, "minProperties": 1,
			"propertyNames": ref("name"), "additionalProperties": ref(one)}
	}
	text := func(doc string) obj { return obj{"type": "string", "description": doc} }
	return obj{
		"nngen":     obj{"enum": []int{Version}, "description": "Version of the language."},
		"name":      docRef("name", "Name of the network; the base name of the file if absent."),
		"package":   docRef("name", "Name of the Go package; the network's name if absent."),
		"doc":       text("What the network does, for the package documentation."),
		"license":   text("Licence of the generated code."),
		"input":     docRef("port_in", "The input, named x."),
		"inputs":    ports("port_in", "Several inputs by name."),
		"output":    docRef("port_out", "The output, named y."),
		"outputs":   ports("port_out", "Several outputs by name."),
		"layers":    obj{"type": "array", "description": "The layers, each below those it reads.", "minItems": 1, "maxItems": MaxLayers, "items": ref("layer")},
		"loss":      docRef(string(LossSlot), "The loss of every output without its own."),
		"optimizer": docRef(string(OptimizerSlot), "The optimiser; sgd if absent."),
		"numeric":   fieldsSchema(numericParams, "The numeric contract.", nil),
		"codegen":   fieldsSchema(codegenParams, "What to generate.", nil),
		"budget":    fieldsSchema(budgetParams, "What the network may cost; check and generate name the layer that goes beyond it.", nil),
	}
}

func ref(def string) obj { return obj{"$ref": "#/$defs/" + def} }

// docRef is a reference with a description; draft-07 ignores what stands
// beside $ref itself.
func docRef(def, doc string) obj { return obj{"description": doc, "allOf": []obj{ref(def)}} }

func nameSchema() obj {
	reserved := slices.Concat(predeclared, []string{"init", "main", "internal"})
	for t := token.BREAK; t <= token.VAR; t++ {
		reserved = append(reserved, t.String())
	}
	slices.Sort(reserved)
	return obj{
		"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "maxLength": MaxNameLen,
		"not": obj{"anyOf": []obj{{"enum": reserved}, {"type": "string", "pattern": "_test$"}}},
	}
}

func inputSchema() obj {
	dim := obj{"type": "integer", "minimum": 1, "maximum": MaxDim}
	return obj{
		"type": "object", "additionalProperties": false,
		"oneOf": []obj{{"required": []string{"shape"}}, {"required": []string{"columns"}}},
		"properties": obj{
			"shape": obj{"description": "Dimensions without the batch.", "anyOf": []obj{dim,
				{"type": "array", "items": dim, "minItems": 1, "maxItems": maxRank}}},
			"columns": obj{"type": "array", "items": obj{"anyOf": []obj{{"type": "string", "minLength": 1}, ref("column")}}, "minItems": 1, "maxItems": MaxDim, "uniqueItems": true,
				"description": "In place of the shape: the columns of a table that its elements come from, by name."},
			"layout": obj{"enum": layouts, "default": layouts[0],
				"description": "Where the channels are; hwc: last, as in the pixels of an image, and layers read [channels, height, width]."},
			"dtype": obj{"enum": elementTypes, "default": elementTypes[0],
				"description": "What its elements are; uint8: bytes, as those of images, which Go has as [N]uint8. Write normalize beside it, for instance {min: 0, max: 255}."},
			"normalize": normalizeSchema("Scale the input; standard is fitted to the training data."),
			"context": obj{"type": "integer", "minimum": 1, "maximum": MaxDim,
				"description": "How many of its last elements are kept for the next call, in which layers read them before the new ones."},
		},
	}
}

// columnSchema describes a column with fields.
func columnSchema() obj {
	categories := func(doc string) obj {
		return obj{"type": "array", "items": obj{"type": "string", "minLength": 1}, "minItems": 1, "uniqueItems": true, "description": doc}
	}
	return obj{
		"type": "object", "additionalProperties": false, "required": []string{"name"},
		"not": obj{"required": []string{"one_hot", "ordinal"}},
		"properties": obj{
			"name":    obj{"type": "string", "minLength": 1, "description": "Its name in the table."},
			"one_hot": categories("The texts it may hold: an element for each, 1 for the one that stands there and 0 for the others."),
			"ordinal": categories("The texts it may hold, in their order: one element, 0 for the first, 1 for the second, …"),
			"missing": obj{"enum": []string{"error", "zero", "mean", "median"}, "default": "error",
				"description": "What an empty field is: an error; zero, of one_hot all of its elements; or the mean or median of the values that the training data has, stored with the weights."},
			"unknown": obj{"enum": []string{"error", "zero"}, "default": "error",
				"description": "What a text is that is no category: an error, or zero, of one_hot all of its elements."},
		},
	}
}

func outputSchema() obj {
	from := obj{"type": "string", "description": "The layer it reads; the last one if absent."}
	labels := obj{"type": "array", "items": obj{"type": "string", "minLength": 1}, "minItems": 1, "uniqueItems": true,
		"description": "Names of the classes, one per value; or two, no and yes, for a single value with the loss bce or bce_with_logits or after a sigmoid."}
	weight := numberSchema("number", positive())
	weight["description"], weight["default"] = "Factor of its loss.", 1
	return obj{
		"type": "object", "additionalProperties": false,
		"properties": obj{"from": from, "labels": labels, "loss": docRef(string(LossSlot), "Its loss; that of the spec if absent."), "weight": weight,
			"lengths":   obj{"type": "string", "description": "An input or layer of one number, how many steps of the first axis a sample has: its loss, one of single numbers, is over these, and a mean over the batch of the means of the samples."},
			"normalize": normalizeSchema("Scale the targets of a regression for its loss, and the values back; standard is fitted to the training data.")},
	}
}

func normalizeSchema(doc string) obj {
	numbers := func(r *Range) obj { return listOf(numberSchema("number", r), "One number, or one per element.") }
	pair := func(a, b string, r *Range) obj {
		return obj{"type": "object", "additionalProperties": false, "required": []string{a, b},
			"properties": obj{a: numbers(nil), b: numbers(r)}}
	}
	return obj{"description": doc, "anyOf": []obj{{"enum": []string{"standard"}}, pair("mean", "std", positive()), pair("min", "max", nil)}}
}
