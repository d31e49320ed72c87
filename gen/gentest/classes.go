package gentest

import "github.com/nngen-go/nngen/spec"

// classes draws the fields of a loss of classes.
func (n *network) classes(loss string, classes int, args spec.Fields) {
	if loss == "cross_entropy" {
		args["target"] = n.pick("target", []string{"class", "distribution"})
		if n.chance(0.4) {
			n.count("label smoothing", true)
			args["label_smoothing"] = 0.1
		}
	}
	if n.chance(0.4) {
		n.count("class weights", true)
		weights := make([]float64, classes)
		for i := range weights {
			weights[i] = 0.25 + n.Float64()
		}
		args["class_weights"] = weights
		if args["target"] != "distribution" && n.chance(0.3) {
			n.count("balanced", true)
			args["class_weights"] = "balanced"
		}
	}
}
