package verify

import (
	"context"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir"
)

// StorageReport is what storing weights in fewer bits costs, and saves.
type StorageReport struct {
	Storage string `json:"storage"`
	// Bytes are those of the parameters in memory, Float32Bytes those of the
	// parameters as float32, without padding.
	Bytes        int             `json:"bytes"`
	Float32Bytes int             `json:"float32_bytes"`
	Weights      []*StorageError `json:"weights"`
	Layers       []*StorageError `json:"layers"`
}

// StorageError is the largest difference that the storage makes to a weight,
// or to a value of the network in all samples: between the code as generated
// and the code with float32 weights.
type StorageError struct {
	Layer    string  `json:"layer"`
	Value    string  `json:"value"`
	Absolute float64 `json:"absolute"`
	// Relative is the largest difference as a share of the largest magnitude: of
	// the weights of the output, or of the value in the sample.
	Relative float64 `json:"relative"`
	// Saturated is the share of a weight's elements at the end of the range:
	// ±127 or ±65504.
	Saturated *float64 `json:"saturated,omitempty"`

	value *ir.Value
}

// add compares the elements of a row.
func (e *StorageError) add(got, want []float64) {
	largest, worst := 0.0, 0.0
	for i, w := range want {
		if d := math.Abs(got[i] - w); !math.IsNaN(d) && !math.IsInf(d, 0) {
			largest, worst = max(largest, math.Abs(w)), max(worst, d)
		}
	}
	e.Absolute = max(e.Absolute, worst)
	if largest > 0 {
		e.Relative = max(e.Relative, worst/largest)
	}
}

// storage measures what the storage costs, with the parameters of all cases.
func (v *verification) storage(ctx context.Context) error {
	prog := v.n.Plan.Prog
	narrow := v.n.Net.Codegen.Storage
	if narrow == string(ir.Float32) || narrow == "" {
		return nil
	}
	r := &StorageReport{Storage: narrow, Bytes: v.n.Plan.Net.Size}
	for _, p := range prog.Params {
		n := p.Size()
		if p.Param.Mask != nil {
			n = p.Param.Mask.Count()
		}
		r.Float32Bytes += 4 * n
	}
	for _, l := range v.layers() {
		if l.dense != nil {
			r.Weights = append(r.Weights, &StorageError{Layer: l.Layer, Value: l.dense.W.Name, Saturated: new(float64), value: l.dense.W})
		}
		r.Layers = append(r.Layers, &StorageError{Layer: l.Layer, Value: l.Value, value: l.value})
	}
	for _, c := range v.cases {
		if err := ctx.Err(); err != nil {
			return err
		}
		exact := interp.NewOracle(prog, false)
		exact.Unrounded = true
		v.infer(exact, c)
		stored := v.infer(interp.NewOracle(prog, false), c)
		for _, e := range r.Weights {
			e.weights(stored.Get(e.value)[0], exact.Get(e.value)[0], len(v.cases))
		}
		for _, e := range r.Layers {
			for s, want := range exact.Get(e.value) {
				e.add(stored.Get(e.value)[s], want)
			}
		}
	}
	v.report.Storage = r
	return nil
}

// weights compares the rows of a weight of one of several cases.
func (e *StorageError) weights(got, want []float64, cases int) {
	ins, saturated := e.value.Shape[1], 0
	for first := 0; first < len(want); first += ins {
		row := got[first : first+ins]
		e.add(row, want[first:first+ins])
		bound := 65504.0
		if e.value.Param.Storage == ir.Int8 {
			bound = 127 * interp.Scale(row)
		}
		for _, w := range row {
			if math.Abs(w) >= bound {
				saturated++
			}
		}
	}
	connections := len(want)
	if m := e.value.Param.Mask; m != nil {
		connections = m.Count()
	}
	*e.Saturated += float64(saturated) / float64(connections*cases)
}

// writeText writes the report as tables.
func (r *StorageReport) writeText(w io.Writer) {
	fmt.Fprintf(w, "\nstorage %s: %d bytes of parameters in memory, %.1f %% of those in float32\n", r.Storage, r.Bytes, 100*float64(r.Bytes)/float64(r.Float32Bytes))
	fmt.Fprintln(w, "largest differences from float32 storage, relative to the largest of an output's weights or of a sample's values")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tabsolute\trelative\tsaturated\t")
	var names []string
	all := append(append([]*StorageError(nil), r.Weights...), r.Layers...)
	for _, e := range all {
		name := e.Layer + " " + e.Value
		if e.Saturated != nil || e.Layer == e.Value {
			name = e.Value
		}
		names = append(names, name)
	}
	pad(names)
	for i, e := range all {
		saturated := ""
		if e.Saturated != nil {
			saturated = fmt.Sprintf("%.2g %%", 100**e.Saturated)
		}
		fmt.Fprintf(t, "  %s\t%.2g\t%.2g\t%s\t\n", names[i], e.Absolute, e.Relative, saturated)
	}
	t.Flush()
}
