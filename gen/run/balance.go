package run

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/dataset"
)

// ClassWeights are the balanced class weights of an output.
type ClassWeights struct {
	Output  string    `json:"output"`
	Classes []string  `json:"classes"`
	Weights []float64 `json:"weights"`
}

// String returns them as a line.
func (w ClassWeights) String() string {
	const most = 10
	var list []string
	for i, v := range w.Weights[:min(most, len(w.Weights))] {
		list = append(list, fmt.Sprintf("%s %.4g", clip(w.Classes[i], 16), v))
	}
	if n := len(w.Weights); n > most {
		list = append(list, fmt.Sprintf("… (%d in all)", n))
	}
	return "class weights of " + w.Output + ": " + strings.Join(list, ", ")
}

// classWeights puts what the runner tells of them in the order of the outputs.
func (s *Shape) classWeights(told map[string][]float64) []ClassWeights {
	var all []ClassWeights
	for i := range s.Outputs {
		o := &s.Outputs[i]
		if v := told[o.Name]; v != nil {
			w := ClassWeights{Output: o.Name, Weights: v}
			for class := range v {
				w.Classes = append(w.Classes, o.class(class))
			}
			all = append(all, w)
		}
	}
	return all
}

// class names a class of an output.
func (o *Output) class(i int) string {
	if i < len(o.Labels) {
		return o.Labels[i]
	}
	return fmt.Sprint(i)
}

// balanceable refuses training data in which a class does not occur whose weight is
// to be fitted.
func (s *Shape) balanceable(d *dataset.Samples, rows []int32) error {
	next := 0
	for i := range s.Outputs {
		o := &s.Outputs[i]
		if o.Target == nil {
			continue
		}
		if slices.Contains(s.Balanced, o.Name) {
			counts := make([]int, o.Size)
			for _, r := range rows {
				counts[int(d.Targets[next][r])]++
			}
			if class := slices.Index(counts, 0); class >= 0 {
				return &dataset.Error{Msg: fmt.Sprintf("no sample to train with is of class %s of output %q, so it has no balanced weight; --stratify holds back the same share of every class, and class_weights may be numbers", o.class(class), o.Name)}
			}
		}
		next++
	}
	return nil
}
