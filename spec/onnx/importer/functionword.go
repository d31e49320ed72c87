package importer

import "math"

// presets are fields with the language's default, which are not written.
var presets = map[string]map[string]float64{
	"silu": {"beta": 1}, "elu": {"alpha": 1}, "celu": {"alpha": 1}, "leaky_relu": {"negative_slope": 0.01},
	"thresholded_relu": {"theta": 1}, "selu": {"alpha": seluAlpha, "gamma": seluGamma},
	"hard_sigmoid": {"alpha": 1.0 / 6, "beta": 0.5},
}

// functionWord is a function with its fields: the name of the layer and the
// fields that are not as by default.
func functionWord(n *node) (kind string, fields []string) {
	kind = n.kind
	if kind == "gelu_tanh" {
		return "gelu", []string{"approximate: tanh"}
	}
	if lo, hi := n.field("min"), n.field("max"); kind == "clip" && lo == 0.0 && hi == 6.0 {
		return "relu6", nil
	}
	for _, f := range n.fields {
		x, ok := f.value.(float64)
		preset, has := presets[kind][f.name]
		if !ok || math.IsInf(x, 0) || has && x == preset {
			continue
		}
		fields = append(fields, f.name+": "+number(x))
	}
	return kind, fields
}

func writeFunction(w *writer, n *node) {
	kind, fields := functionWord(n)
	w.emit(n, kind, []string{w.source(n.from[0], false)}, fields, w.byNode[w.baseOf(n.from[0])].shape)
}
