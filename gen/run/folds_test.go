package run

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/stretchr/testify/require"
)

// TestStratifiedSplit: every class has its share, as near as whole samples allow,
// and the seed chooses which samples.
func TestStratifiedSplit(t *testing.T) {
	classes := make([]int, 200)
	counts := map[int]int{}
	for i := range classes {
		classes[i] = map[bool]int{true: 2, false: i % 5 / 3}[i%17 == 0]
		counts[classes[i]]++
	}
	seen := map[string]bool{}
	for seed := range uint64(20) {
		for _, fraction := range []float64{0.01, 0.2, 0.37, 0.99} {
			train, valid, err := split(len(classes), classes, fraction, seed)
			require.NoError(t, err)
			require.Len(t, valid, int(math.Round(fraction*200)))
			require.ElementsMatch(t, allRows(200), append(append([]int32{}, train...), valid...))
			held := map[int]int{}
			for _, r := range valid {
				held[classes[r]]++
			}
			for c, n := range counts {
				require.LessOrEqual(t, math.Abs(float64(held[c])-float64(len(valid)*n)/200), 1.0, "class %d, %v", c, fraction)
			}
			seen[string(mustJSON(t, valid))] = true
		}
	}
	require.Len(t, seen, 4*20)
}

func mustJSON(t *testing.T, v any) []byte {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}

// TestFoldSplit: the folds are parts of the data, as large as each other, and so
// are those of every class.
func TestFoldSplit(t *testing.T) {
	classes := make([]int, 103)
	for i := range classes {
		classes[i] = i * i % 3
	}
	for _, by := range [][]int{nil, classes} {
		for _, of := range []int{2, 5, 103} {
			var all []int32
			held := map[int][]int{}
			for number := range of {
				train, valid, err := (&fold{number: number, of: of}).split(103, by, 3)
				require.NoError(t, err)
				require.IsIncreasing(t, append([]int32{-1}, train...))
				require.Len(t, train, 103-len(valid))
				require.InDelta(t, 103/float64(of), len(valid), 1)
				all = append(all, valid...)
				for c := range 3 {
					held[c] = append(held[c], 0)
				}
				for _, r := range valid {
					held[classes[r]][number]++
				}
			}
			require.ElementsMatch(t, allRows(103), all)
			for c := range 3 {
				for _, n := range held[c] {
					if by != nil {
						require.InDelta(t, held[c][0], n, 1, "class %d of %d folds", c, of)
					}
				}
			}
		}
	}
	_, _, err := (&fold{of: 4}).split(3, nil, 1)
	require.ErrorContains(t, err, "3 samples are too few for 4 folds")
}

// TestCrossValidate: a fold is what eval says of its samples, after a training on
// all others; the mean and the deviation are those of the folds.
func TestCrossValidate(t *testing.T) {
	c, net := classifier.compiler(), classifier.net()
	data := classData(t, 31)
	o := trainOptions(t, data)
	o.Out, o.Epochs, o.Stratify = "", 2, true
	told := 0
	r, err := c.CrossValidate(t.Context(), net, o, 3, func(number int, f FoldReport) { told += number * f.Samples })
	require.NoError(t, err)
	require.Equal(t, 31, r.Samples)
	require.Equal(t, r.Folds[0].Samples+2*r.Folds[1].Samples+3*r.Folds[2].Samples, told)

	text, err := os.ReadFile(data)
	require.NoError(t, err)
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	classes := make([]int, 31)
	for i := range classes {
		classes[i] = int(rows[i+1][2][0] - '0')
	}
	some := func(which []int32) dataset.Source {
		text := lines[:1:1]
		for _, r := range which {
			text = append(text, lines[1+r])
		}
		return dataset.Source{Data: put(t, "some.csv", strings.Join(text, "\n"))}
	}
	var losses []float64
	for i, f := range r.Folds {
		train, held, err := (&fold{number: i, of: 3}).split(31, classes, o.Seed)
		require.NoError(t, err)
		alone := trainOptions(t, "")
		alone.Data, alone.Epochs = some(train), 2
		_, err = c.Train(t.Context(), net, alone)
		require.NoError(t, err)
		e, err := c.Eval(t.Context(), net, EvalOptions{Data: some(held), Weights: alone.Out, Talk: io.Discard})
		require.NoError(t, err)
		e.Weights = nil
		require.Equal(t, *e, f.EvalReport)
		losses = append(losses, *e.Loss)
	}
	m := r.Metrics[0]
	mean := (losses[0] + losses[1] + losses[2]) / 3
	squares := math.Pow(losses[0]-mean, 2) + math.Pow(losses[1]-mean, 2) + math.Pow(losses[2]-mean, 2)
	require.Equal(t, "loss", m.Name)
	require.InDelta(t, mean, *m.Mean, 1e-12)
	require.InDelta(t, math.Sqrt(squares/2), *m.Deviation, 1e-12)
	require.Equal(t, "accuracy", r.Metrics[1].Name)
	var b bytes.Buffer
	require.NoError(t, r.WriteText(&b))
	require.Regexp(t, `(?s)^fold +samples +loss +accuracy.*\n3 +10 .*\nmean  .*\ndeviation `, b.String())
}

// TestFoldsRefused: what does not go together is refused before anything is done.
func TestFoldsRefused(t *testing.T) {
	c, data := classifier.compiler(), classData(t, 6)
	for _, f := range []struct {
		edit  func(o *TrainOptions)
		folds int
		want  string
	}{
		{func(o *TrainOptions) { o.Out = "" }, 1, "--folds must be at least 2"},
		{func(o *TrainOptions) { o.Out = "" }, 7, "6 samples are too few for 7 folds"},
		{func(o *TrainOptions) {}, 2, "saves nothing"},
		{func(o *TrainOptions) { o.Out, o.Patience = "", 2 }, 2, "must not choose an epoch"},
		{func(o *TrainOptions) { o.Out, o.Fraction = "", 0.5 }, 2, "--validation"},
	} {
		o := trainOptions(t, data)
		f.edit(&o)
		_, err := c.CrossValidate(t.Context(), classifier.net(), o, f.folds, nil)
		require.ErrorContains(t, err, f.want)
	}
	o := trainOptions(t, data)
	o.Stratify = true
	_, err := c.Train(t.Context(), classifier.net(), o)
	require.ErrorContains(t, err, "give --validation 0.2 or --folds 5")
	o.Fraction = 0.4
	_, err = c.Train(t.Context(), classifier.net(), o)
	require.NoError(t, err)
	o.Stratify, o.Resume = false, true
	_, err = c.Train(t.Context(), classifier.net(), o)
	require.ErrorContains(t, err, "the checkpoint was made with --stratify=true")
	numbers := fakeNet{dtype: "float32", inputs: classifier.inputs, outputs: []fakePort{{name: "y", size: 1, loss: "mse"}}}
	o = trainOptions(t, data)
	o.Stratify, o.Fraction = true, 0.4
	_, err = numbers.compiler().Train(t.Context(), numbers.net(), o)
	require.ErrorContains(t, err, "the network has 0 outputs that classify, not one")
}
