package run

import (
	"bytes"
	"math"
	"testing"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/stretchr/testify/require"
)

// TestAnswers: a table of predictions says the classes, as the right answers
// written here by hand.
func TestAnswers(t *testing.T) {
	three := Output{Name: "y", Size: 3, Kind: KindClasses, Labels: []string{"a", "b, c", "d"}}
	scores := [][]float64{{1, 3, 2}, {0.5, 0.5, 0}, {math.NaN(), 1, 0}, {-3, -2, math.Inf(-1)}}
	sigmoid := Output{Name: "y", Size: 1, Kind: KindBinary, Loss: "bce", Labels: []string{"no", "yes"}}
	logits := Output{Name: "z", Size: 1, Kind: KindBinary, Loss: "bce_with_logits"}
	for _, c := range []struct {
		name    string
		outputs []Output
		rows    [][]float64 // of all outputs
		want    string
	}{
		{"labels", []Output{three}, scores, "a,\"b, c\",d,class,label\n1,3,2,1,\"b, c\"\n0.5,0.5,0,0,a\nNaN,1,0,,\n-3,-2,-Inf,1,\"b, c\"\n"},
		{"no labels", []Output{{Name: "y", Size: 2, Kind: KindClasses}}, [][]float64{{1, 2}, {2, 1}}, "y0,y1,class\n1,2,1\n2,1,0\n"},
		{"labels called like columns", []Output{{Name: "y", Size: 2, Kind: KindClasses, Labels: []string{"class", "predicted_label"}}}, [][]float64{{1, 2}},
			"class,predicted_label,predicted_class,label\n1,2,1,predicted_label\n"},
		{"yes or no", []Output{sigmoid}, [][]float64{{0.75}, {0.25}, {0.5}, {math.NaN()}}, "yes,class,label\n0.75,1,yes\n0.25,0,no\n0.5,0,no\nNaN,,\n"},
		{"yes or no by logits", []Output{logits}, [][]float64{{0.25}, {-0.25}}, "z,class\n0.25,1\n-0.25,0\n"},
		{"numbers", []Output{{Name: "y", Size: 2, Kind: KindValues}}, [][]float64{{1, 2}}, "y0,y1\n1,2\n"},
		{"several outputs", []Output{sigmoid, logits}, [][]float64{{0.75, -1}}, "y.yes,z,y.class,y.label,z.class\n0.75,-1,1,yes,0\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &Shape{Outputs: c.outputs}
			var arrays []*dataset.Array
			first := 0
			for _, o := range c.outputs {
				a := &dataset.Array{Name: o.Name, Shape: []int{len(c.rows), o.Size}}
				for _, row := range c.rows {
					a.Data = append(a.Data, row[first:first+o.Size]...)
				}
				first += o.Size
				arrays = append(arrays, a)
			}
			write, err := predictionWriter("p.csv", s)
			require.NoError(t, err)
			var b bytes.Buffer
			require.NoError(t, write(&b, arrays))
			require.Equal(t, c.want, b.String())
		})
	}
}
