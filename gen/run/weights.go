package run

import (
	"fmt"
	"io"
	"os"

	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/plural"
)

// WeightStats say what is in a weight file; constants stored there are left out.
type WeightStats struct {
	Tensors []TensorStats `json:"tensors"`
	// Unused are, by input, the elements that have no effect, because every
	// weight that reads them is zero.
	Unused []UnusedInputs `json:"unused_inputs,omitempty"`
}

// TensorStats are counts of the elements of a tensor.
type TensorStats struct {
	Name      string `json:"name"`
	Shape     []int  `json:"shape"`
	Elements  int    `json:"elements"`             // of a masked weight: its connections
	Zeros     int    `json:"zeros"`                // exactly zero
	NonFinite int    `json:"non_finite,omitempty"` // NaN or infinite
}

// UnusedInputs are elements of an input without effect.
type UnusedInputs struct {
	Input    string `json:"input"`
	Size     int    `json:"size"`
	Elements []int  `json:"elements"`
}

// Warnings says which tensors hold NaN or infinite elements.
func (s *WeightStats) Warnings() []string {
	var out []string
	for _, t := range s.Tensors {
		if t.NonFinite > 0 {
			out = append(out, fmt.Sprintf("%s of %s: NaN or infinite", plural.Of(t.NonFinite, "element"), t.Name))
		}
	}
	return out
}

// ReadWeightStats reads a weight file of the network and counts. Weights of
// another architecture are refused.
func ReadWeightStats(net *spec.Network, shape *Shape, path string) (*WeightStats, error) {
	tensors := make([]nnrt.Tensor, len(shape.Params))
	for i, p := range shape.Params {
		tensors[i] = nnrt.Tensor{Name: p.Name, Shape: p.Dims}
	}
	counts := make([]TensorStats, len(tensors))
	first := firstLayers(net)
	live := map[string][]bool{} // by input: which elements have an effect
	for _, in := range shape.Inputs {
		live[in.Name] = make([]bool, in.Size)
	}
	err := nnrt.LoadFile(path, func(r io.Reader) error {
		check := func(meta map[string]string) error { return nnrt.CheckArch(meta, net.Arch()) }
		return nnrt.LoadTensors(r, tensors, check, func(i int, v []float64) error {
			counts[i] = countTensor(shape.Params[i], v)
			if in, ok := first[shape.Params[i].Name]; ok {
				markColumns(live[in], v)
			}
			return nil
		})
	})
	if err != nil {
		return nil, &InvalidError{Kind: "weights", Msg: err.Error()}
	}
	stats := &WeightStats{}
	for i, p := range shape.Params {
		if p.Trained {
			stats.Tensors = append(stats.Tensors, counts[i])
		}
	}
	for _, in := range shape.Inputs {
		if unused := without(live[in.Name]); len(unused) > 0 && onlyDense(net, in.Name) {
			stats.Unused = append(stats.Unused, UnusedInputs{in.Name, in.Size, unused})
		}
	}
	return stats, nil
}

// readWeights is ReadWeightStats, but a missing file is no wrong one.
func readWeights(net *spec.Network, shape *Shape, path string) (*WeightStats, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	return ReadWeightStats(net, shape, path)
}

func countTensor(p Param, v []float64) TensorStats {
	t := TensorStats{Name: p.Name, Shape: p.Dims, Elements: len(v)}
	for _, e := range v {
		switch {
		case e == 0:
			t.Zeros++
		case e-e != 0:
			t.NonFinite++
		}
	}
	if p.Mask != nil {
		t.Elements = p.Mask.Count()
		t.Zeros -= len(v) - t.Elements // off the mask there are zeros only
	}
	return t
}

// markColumns marks the columns of a row-major matrix that are not zero.
func markColumns(live []bool, v []float64) {
	for i, e := range v {
		if e != 0 {
			live[i%len(live)] = true
		}
	}
}

// without returns the indices that are false.
func without(live []bool) []int {
	var out []int
	for i, l := range live {
		if !l {
			out = append(out, i)
		}
	}
	return out
}

// readers returns the layers that read an input, also through dropout.
func readers(net *spec.Network, input string) []*spec.Layer {
	names := map[string]bool{input: true}
	var out []*spec.Layer
	for i := range net.Layers {
		l := &net.Layers[i]
		reads := false
		for _, from := range l.From {
			reads = reads || names[from]
		}
		switch {
		case !reads:
		case l.Kind == "dropout":
			names[l.Name] = true
		default:
			out = append(out, l)
		}
	}
	return out
}

// onlyDense reports whether an input is read by dense layers alone, and is not
// an output itself.
func onlyDense(net *spec.Network, input string) bool {
	for _, l := range readers(net, input) {
		if !wholeSample(l) {
			return false
		}
	}
	for _, o := range net.Outputs {
		if o.From == input {
			return false
		}
	}
	return true
}

// wholeSample reports whether a layer has a weight for every element it reads.
func wholeSample(l *spec.Layer) bool {
	return l.Kind == "dense" && !l.Args.Has("axis") && !l.Args.Has("tied_to")
}

// firstLayers returns the weights that multiply an input.
func firstLayers(net *spec.Network) map[string]string {
	first := map[string]string{}
	for _, in := range net.Inputs {
		for _, l := range readers(net, in.Name) {
			if wholeSample(l) {
				first[l.Name+".weight"] = in.Name
			}
		}
	}
	return first
}
