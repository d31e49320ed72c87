package run

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/stretchr/testify/require"
)

func array(rows int, data ...float64) *dataset.Array {
	return &dataset.Array{Shape: []int{rows, len(data) / rows}, Data: data}
}

func TestJudgeClasses(t *testing.T) {
	o := Output{Name: "y", Size: 3, Kind: KindClasses, Target: &dataset.Port{Size: 3, Classes: 3}}
	got := array(3, 1, 2, 0, 5, 5, 1, 0, 0, math.NaN())
	m := judge(o, got, []float64{1, 1, 0}, nil)
	require.Equal(t, [][]int{{1, 0, 0}, {1, 1, 0}, {0, 0, 0}}, m.Confusion)
	require.Equal(t, 2.0/3, *m.Accuracy)
	require.Equal(t, 1, m.NonFinite)

	o.Target = &dataset.Port{Size: 3} // a distribution
	m = judge(o, array(2, 1, 2, 0, 5, 4, 1), []float64{0.2, 0.7, 0.1, 0, 0, 1}, nil)
	require.Equal(t, [][]int{{0, 0, 0}, {0, 1, 0}, {1, 0, 0}}, m.Confusion)
}

func TestJudgeBinary(t *testing.T) {
	o := Output{Size: 1, Kind: KindBinary, Loss: "bce", Target: &dataset.Port{Size: 1}}
	m := judge(o, array(3, 0.4, 0.6, 0.9), []float64{0, 0, 1}, nil)
	require.Equal(t, [][]int{{1, 1}, {0, 1}}, m.Confusion)
	o.Loss = "bce_with_logits"
	m = judge(o, array(3, 0.4, 0.6, -0.9), []float64{1, 1, 0}, nil)
	require.Equal(t, 1.0, *m.Accuracy)
	o.Labels = []string{"no", "yes"}
	require.Equal(t, o.Labels, judge(o, array(1, 1), []float64{1}, nil).Labels)
	o.Labels = []string{"spam"} // the name of the output; its answers have none
	require.Nil(t, judge(o, array(1, 1), []float64{1}, nil).Labels)
}

// TestJudgeSeveral: the numbers are counted by hand.
func TestJudgeSeveral(t *testing.T) {
	o := Output{Name: "y", Size: 3, Kind: KindSeveral, Loss: "bce_with_logits", Labels: []string{"a", "b", "c"}, Target: &dataset.Port{Size: 3}}
	m := judge(o, array(4,
		2, -1, -1,
		3, -1, -1,
		-1, 0.1, -1,
		1, 5, -2,
	), []float64{
		1, 0, 0,
		0, 0, 0,
		1, 1, 0,
		1, 0, 0,
	}, nil)
	half, twoThirds, threeQuarters := 0.5, 2.0/3, 0.75
	zero, one := 0.0, 1.0
	require.Equal(t, []LabelMetrics{
		{"a", 3, &half, &twoThirds, &twoThirds, &twoThirds, &zero}, // 2 hits, 1 missed, 1 false alarm with the highest score
		{"b", 1, &threeQuarters, &half, &one, &twoThirds, &twoThirds},
		{"c", 0, &one, nil, nil, nil, nil},
	}, m.PerLabel)
	require.Equal(t, 9.0/12, *m.MeanAccuracy)
	require.InDelta(t, 2.0/3, *m.F1, 1e-15)
	require.Nil(t, m.Accuracy)
	require.Nil(t, m.MAE)
	o.Loss = "bce" // of probabilities
	m = judge(o, array(1, 0.4, 0.6, math.NaN()), []float64{0, 1, 0}, nil)
	require.Equal(t, 1.0, *m.MeanAccuracy)
	require.Equal(t, 1, m.NonFinite)
	require.Equal(t, "y1", judge(Output{Name: "y", Size: 2, Kind: KindSeveral, Loss: "bce"}, array(1, 0, 0), []float64{0, 0}, nil).PerLabel[1].Label)
}

// TestJudgeCounts: the metrics of classes and the area under the ROC curve are
// those that their definitions give, sample by sample and pair by pair, of random
// answers with many ties.
func TestJudgeCounts(t *testing.T) {
	const seed = 5
	r := rand.New(rand.NewPCG(seed, 0))
	same := func(want float64, got *float64) {
		t.Helper()
		if math.IsNaN(want) {
			require.Nil(t, got)
			return
		}
		require.NotNil(t, got)
		require.InDelta(t, want, *got, 1e-12)
	}
	for round := range 300 {
		n, classes := 1+r.IntN(12), 1+r.IntN(4)
		o := Output{Size: classes, Kind: KindClasses, Target: &dataset.Port{Size: classes, Classes: classes}}
		if classes == 1 {
			o = Output{Size: 1, Kind: KindBinary, Loss: "bce_with_logits", Target: &dataset.Port{Size: 1}}
		}
		scores, truth := make([]float64, n*classes), make([]float64, n)
		for i := range scores {
			scores[i] = float64(r.IntN(5) - 2)
		}
		for i := range truth {
			truth[i] = float64(r.IntN(max(2, classes)))
		}
		if round%10 == 0 { // only one class
			clear(truth)
		}
		m := judge(o, array(n, scores...), truth, nil)
		said := func(i int) int {
			if classes == 1 {
				return yes(scores[i] > 0)
			}
			return argMax(scores[i*classes : (i+1)*classes])
		}
		sum, defined := 0.0, 0.0
		require.Len(t, m.PerLabel, max(2, classes))
		for c, l := range m.PerLabel {
			var is, says, both float64
			for i := range n {
				a, b := truth[i] == float64(c), said(i) == c
				is, says, both = is+float64(yes(a)), says+float64(yes(b)), both+float64(yes(a && b))
			}
			require.Equal(t, int(is), l.Samples)
			same(both/says, l.Precision)
			same(both/is, l.Recall)
			same(2*both/(says+is), l.F1)
			if is+says > 0 {
				sum, defined = sum+2*both/(says+is), defined+1
			}
		}
		same(sum/defined, m.F1)
		if classes > 2 {
			require.Nil(t, m.AUC)
			continue
		}
		score := func(i int) float64 { return scores[i*classes+classes-1] - float64(classes-1)*scores[i*classes] }
		won, pairs := 0.0, 0.0
		for i := range n {
			for j := range n {
				if truth[i] == 1 && truth[j] == 0 {
					pairs++
					won += float64(yes(score(i) > score(j))) + float64(yes(score(i) == score(j)))/2
				}
			}
		}
		same(won/pairs, m.AUC)
	}
	o := Output{Size: 1, Kind: KindBinary, Loss: "bce", Target: &dataset.Port{Size: 1}}
	require.Nil(t, judge(o, array(2, math.NaN(), 1), []float64{0, 1}, nil).AUC)
	require.Equal(t, 1.0, *judge(o, array(2, math.Inf(-1), math.Inf(1)), []float64{0, 1}, nil).AUC)
}

// TestMetricsText: what is printed of classes, answers and elements.
func TestMetricsText(t *testing.T) {
	text := func(o Output, got *dataset.Array, want ...float64) string {
		o.Target = &dataset.Port{Size: o.Size}
		var b bytes.Buffer
		m := judge(o, got, want, nil)
		m.writeText(&b, false)
		return b.String()
	}
	require.Equal(t, `accuracy  66.67 % (2 of 3)
F1        0.666667
ROC-AUC   0.5

class  precision  recall      F1  samples
no        1.0000  0.5000  0.6667        2
yes       0.5000  1.0000  0.6667        1

confusion: true class by row, predicted class by column
      no yes
 no    1   1
yes    ·   1
`, text(Output{Size: 1, Kind: KindBinary, Loss: "bce", Labels: []string{"no", "yes"}}, array(3, 0.2, 0.9, 0.6), 0, 0, 1))
	require.Equal(t, `accuracy  75.00 %
F1        0.666667

output  precision  recall      F1  samples   accuracy  ROC-AUC
y0         0.5000  1.0000  0.6667        1     0.5000   0.0000
y1              –       –       –        0     1.0000        –
`, text(Output{Name: "y", Size: 2, Kind: KindSeveral, Loss: "bce"}, array(2, 0.9, 0, 0.8, 0), 0, 0, 1, 0))
	require.Equal(t, `MAE       0.5
MSE       0.5
RMSE      0.707107

element           MAE         MSE  R²
0                   0           0  1.0000
1                   1           1  –
`, text(Output{Size: 2, Kind: KindValues}, array(2, 1, 1, 2, 3), 1, 2, 2, 2))
}

// TestJudgeSteps counts the steps that there are, of classes and of numbers.
func TestJudgeSteps(t *testing.T) {
	o := Output{Size: 6, Places: 3, Kind: KindClasses, Target: &dataset.Port{Classes: 2, Places: 3, Steps: 3}}
	scores := array(2, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0)
	m := judge(o, scores, []float64{0, 1, 1, 1, 1, 1}, nil)
	require.Equal(t, [][]int{{1, 0}, {3, 2}}, m.Confusion)
	m = judge(o, scores, []float64{0, 1, 1, 1, 1, 1}, []float64{2, 1})
	require.Equal(t, [][]int{{1, 0}, {1, 1}}, m.Confusion)
	require.Equal(t, 2.0/3, *m.Accuracy)
	o = Output{Size: 4, Places: 1, Kind: KindValues, Target: &dataset.Port{Size: 4, Steps: 2}}
	m = judge(o, array(2, 1, 2, 3, 4, 5, 6, 7, 8), []float64{1, 4, 3, 4, 5, 6, 0, 0}, []float64{2, 1})
	require.Equal(t, 2.0/6, *m.MAE)
	require.Len(t, m.PerElement, 2)
	require.Equal(t, 2.0/3, *m.PerElement[1].MAE)
}

func TestJudgeValues(t *testing.T) {
	o := Output{Size: 2, Kind: KindValues, Target: &dataset.Port{Size: 2}}
	m := judge(o, array(2, 1, 10, 3, 14), []float64{1, 12, 3, 12}, nil)
	require.Equal(t, 1.0, *m.MAE)
	require.Equal(t, 2.0, *m.MSE)
	require.Equal(t, math.Sqrt(2), *m.RMSE)
	require.Nil(t, m.R2, "the second target never varies")
	require.Equal(t, []float64{0, 0, 0, 1}, []float64{*m.PerElement[0].MAE, *m.PerElement[0].MSE, *m.PerElement[0].RMSE, *m.PerElement[0].R2})
	require.Equal(t, []float64{2, 4, 2}, []float64{*m.PerElement[1].MAE, *m.PerElement[1].MSE, *m.PerElement[1].RMSE})
	require.Nil(t, m.PerElement[1].R2)
	require.Nil(t, judge(Output{Size: 1, Kind: KindValues}, array(2, 1, 2), []float64{1, 3}, nil).PerElement)
	m = judge(o, array(2, 1, 11, 3, 13), []float64{1, 12, 5, 14}, nil)
	require.InDelta(t, (0.5+0.0)/2, *m.R2, 1e-12)
	m = judge(o, array(1, math.NaN(), 1), []float64{0, 0}, nil)
	require.Nil(t, m.MAE)
	require.Equal(t, 1, m.NonFinite)
}

func TestSplit(t *testing.T) {
	train, valid, err := split(10, nil, 0.25, 7)
	require.NoError(t, err)
	require.Len(t, valid, 3)
	require.IsIncreasing(t, valid)
	require.IsIncreasing(t, train)
	require.ElementsMatch(t, allRows(10), append(append([]int32{}, train...), valid...))
	order := make([]int32, 10)
	nnrt.Permutation(order, 7, nnrt.PurposeSplit, 0)
	require.ElementsMatch(t, order[:3], valid)
	_, valid, err = split(2, nil, 0.01, 1)
	require.NoError(t, err)
	require.Len(t, valid, 1)
	_, _, err = split(1, nil, 0.5, 1)
	require.Error(t, err)
}

func TestWeightStats(t *testing.T) {
	net := classifier.net()
	shape := &Shape{
		Inputs: []dataset.Port{{Name: "x", Size: 2}},
		Params: []Param{
			{Name: "out.weight", Dims: []int{3, 2}, Trained: true, Mask: &ir.Mask{Out: 3, In: 2, Cols: [][]int{{0}, {0, 1}, {0}}}},
			{Name: "out.bias", Dims: []int{3}, Trained: true},
			{Name: "x.mean", Dims: []int{2}},
		},
	}
	values := [][]float32{{0, 0, 2, 0, float32(math.Inf(1)), 0}, {0, 1, 2}, {0, 0}}
	path := filepath.Join(t.TempDir(), "w")
	var b bytes.Buffer
	tensors := []nnrt.Tensor{{Name: "out.weight", Shape: []int{3, 2}}, {Name: "out.bias", Shape: []int{3}}, {Name: "x.mean", Shape: []int{2}}}
	require.NoError(t, nnrt.SaveTensors(&b, tensors, nil, func(i int, v []float32) { copy(v, values[i]) }))
	require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
	s, err := ReadWeightStats(net, shape, path)
	require.NoError(t, err)
	require.Equal(t, &WeightStats{
		Tensors: []TensorStats{
			{Name: "out.weight", Shape: []int{3, 2}, Elements: 4, Zeros: 2, NonFinite: 1},
			{Name: "out.bias", Shape: []int{3}, Elements: 3, Zeros: 1},
		},
		Unused: []UnusedInputs{{Input: "x", Size: 2, Elements: []int{1}}},
	}, s)
	require.Equal(t, []string{"1 element of out.weight: NaN or infinite"}, s.Warnings())
	var text bytes.Buffer
	s.WriteText(&text)
	require.Equal(t, `tensor          elements  exactly zero
out.weight             4  2 (50.00 %)
out.bias               3  1 (33.33 %)
warning: 1 element of out.weight: NaN or infinite
1 of 2 elements of input x have no effect: 1
`, text.String())

	net.Layers[1].Kind = "add" // nothing is known of what it does with the input
	s, err = ReadWeightStats(net, shape, path)
	require.NoError(t, err)
	require.Empty(t, s.Unused)
	_, err = ReadWeightStats(net, shape, "nowhere")
	require.Error(t, err)
}

func TestPrune(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-2 * maxAge)
	build := "0123456789abcdef0123456789abcdef"
	for _, name := range []string{build, "photos", "fedcba9876543210fedcba9876543210"} {
		sub := filepath.Join(dir, name)
		require.NoError(t, os.Mkdir(sub, 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(sub, "go.mod"), []byte(goMod), 0o600))
		if name != "fedcba9876543210fedcba9876543210" {
			require.NoError(t, os.Chtimes(sub, old, old))
		}
	}
	foreign := filepath.Join(dir, "00000000000000000000000000000000")
	require.NoError(t, os.Mkdir(foreign, 0o777))
	require.NoError(t, os.Chtimes(foreign, old, old))
	prune(dir, maxCache)
	require.NoDirExists(t, filepath.Join(dir, build))
	require.DirExists(t, filepath.Join(dir, "photos"))
	require.DirExists(t, foreign)
	require.DirExists(t, filepath.Join(dir, "fedcba9876543210fedcba9876543210"))
}

// TestPruneBySize: the builds used last are kept as far as they fit, the last
// one always, and one that is being made.
func TestPruneBySize(t *testing.T) {
	dir := t.TempDir()
	build := func(name string, hours int) {
		sub := filepath.Join(dir, name)
		require.NoError(t, os.Mkdir(sub, 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(sub, "go.mod"), []byte(goMod), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(sub, "runner"), make([]byte, 1000), 0o600))
		used := time.Now().Add(-time.Duration(hours) * time.Hour)
		require.NoError(t, os.Chtimes(sub, used, used))
	}
	name := func(i int) string { return fmt.Sprintf("%032x", i) }
	for i := range 4 {
		build(name(i), i)
	}
	build("build-1", 5)
	left := func(most int64) (names []string) {
		prune(dir, most)
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	each := int64(1000 + len(goMod))
	require.Equal(t, []string{name(0), name(1), name(2), name(3), "build-1"}, left(5*each))
	require.Equal(t, []string{name(0), name(1), "build-1"}, left(3*each-1))
	require.Equal(t, []string{name(0), "build-1"}, left(1))
}

func TestToolchain(t *testing.T) {
	c, net := classifier.compiler(), classifier.net()
	c.Cache = t.TempDir()
	o := trainOptions(t, classData(t, 9))
	t.Setenv("PATH", t.TempDir())
	_, err := c.Train(t.Context(), net, o)
	require.ErrorContains(t, err, "install Go 1.26 or later")

	t.Setenv("NNGEN_CACHE", "cache")
	dir, err := CacheDir()
	require.NoError(t, err)
	require.True(t, filepath.IsAbs(dir))
	t.Setenv("NNGEN_CACHE", "")
	t.Setenv("XDG_CACHE_HOME", dir)
	t.Setenv("HOME", dir)
	dir, err = CacheDir()
	require.NoError(t, err)
	require.Equal(t, "nngen", filepath.Base(dir))
}

// TestDamagedCache checks that a folder without program is built again.
func TestDamagedCache(t *testing.T) {
	c, net := classifier.compiler(), classifier.net()
	c.Cache = t.TempDir()
	built := 0
	c.Building = func() { built++ }
	b, err := c.build(t.Context(), net, toTrain, nil)
	require.NoError(t, err)
	_, err = c.build(t.Context(), net, toTrain, nil)
	require.NoError(t, err)
	require.Equal(t, 1, built)
	require.NoError(t, os.Remove(b.Path))
	_, err = c.build(t.Context(), net, toTrain, nil)
	require.NoError(t, err)
	require.Equal(t, 2, built)
	require.FileExists(t, b.Path)
}

func TestText(t *testing.T) {
	require.Equal(t, "15 ns", duration(15.2))
	require.Equal(t, "12.3 µs", duration(12345))
	require.Equal(t, "1.23 ms", duration(1234567))
	require.Equal(t, "1.5 M", Short(1.5e6))
	require.Equal(t, "999", Short(999))
	require.Equal(t, "1, 2, …", list([]int{1, 2, 3}, 2))
	require.Equal(t, "ab…", clip("abcd", 3))
	loss := 0.5
	require.Equal(t, "epoch  3/10  loss 0.5        100 samples/s", Epoch{Epoch: 3, Epochs: 10, Loss: &loss, SamplesPerSecond: 100}.Line())
}
