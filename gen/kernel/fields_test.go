package kernel_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
)

// sample is a kernel with something in every field: a padded convolution of two
// blocks of channels, of two images, with an epilogue that reads an operand.
func sample() *kernel.Kernel {
	return &kernel.Kernel{
		Elem: kernel.Elements{X: "float32", W: "float32", Acc: "float32"}, Outputs: 3, Chains: 2, Init: kernel.Bias,
		Segments: []kernel.Segment{{
			Source: "x", Weight: "w",
			Taps:   []kernel.Tap{{Row: 0, Col: 0, Offset: 1, Weight: 0}, {Row: 1, Col: 1, Offset: 9, Weight: 1}},
			Blocks: 2, PerBlock: 3, Channels: 5, GroupOutputs: 2, GroupStride: 3, PosStride: 2, RowStride: 7, ChannelStride: 5, BlockStride: 15,
		}},
		Rows:     []kernel.Row{{Offset: 0, TapRow: 0, TapRows: 2}, {Offset: 11, TapRow: 1, TapRows: 1}},
		Runs:     []kernel.Run{{Positions: 2, Cols: []bool{true, true}}, {Positions: 1, Cols: []bool{true, false}}},
		Out:      kernel.Out{Base: 1, RowStride: 12, PosStride: 4, PanelStride: 2, Panel: 2},
		Epilogue: []kernel.Epilogue{add("a", "u")},
		Batch:    kernel.Batch{Count: 2, X: 13, Y: 40},
		Tile:     kernel.Tile{Positions: 2, Outputs: 3, Chains: 2, Terms: 1},
	}
}

// add is an epilogue that adds an operand to the sum.
func add(name, operand string) kernel.Epilogue {
	return kernel.Epilogue{Name: name, Prog: expr.One("y", expr.Add(expr.L("s"), expr.L("o"))), Result: "y",
		Operands: []kernel.Operand{{Leaf: "s", From: kernel.Sum}, {Leaf: "o", From: operand}}}
}

// TestEveryFieldCounts changes every field of a kernel by itself: what it computes
// changes, but for the fields that are the machine schedule. The kernels that are
// printed are compared with the same definition by TestGuards.
func TestEveryFieldCounts(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	mem := &kernel.Memory{
		X: map[string][]float64{"x": numbers(rng, 200), "x2": numbers(rng, 200)}, W: map[string][]float64{"w": numbers(rng, 200), "w2": numbers(rng, 200)},
		Index: func(out, in, tap int) int { return (tap*8+in)*8 + out }, Bias: numbers(rng, 8), Scale: numbers(rng, 8),
		Extra: map[string][]float64{"u": numbers(rng, 200), "v": numbers(rng, 200)},
	}
	run := func(k *kernel.Kernel) []float64 {
		m := *mem
		m.Y = make([]float64, 200)
		require.NoError(t, kernel.Interpret(k, &m, interp.Strict32))
		return m.Y
	}
	want := run(sample())
	changes := map[string]func(k *kernel.Kernel){
		"Kernel.Outputs":        func(k *kernel.Kernel) { k.Outputs++ },
		"Kernel.Chains":         func(k *kernel.Kernel) { k.Chains = 1 },
		"Kernel.Init":           func(k *kernel.Kernel) { k.Init = kernel.Zero },
		"Kernel.Segments":       func(k *kernel.Kernel) { k.Segments = append(k.Segments, k.Segments[0]) },
		"Kernel.Rows":           func(k *kernel.Kernel) { k.Rows = k.Rows[:1] },
		"Kernel.Runs":           func(k *kernel.Kernel) { k.Runs = k.Runs[:1] },
		"Kernel.Epilogue":       func(k *kernel.Kernel) { k.Epilogue = nil },
		"Kernel.Scaled":         func(k *kernel.Kernel) { k.Scaled = true },
		"Kernel.Max":            func(k *kernel.Kernel) { k.Segments[0].Weight, k.Max = "", true },
		"Segment.Source":        func(k *kernel.Kernel) { k.Segments[0].Source = "x2" },
		"Segment.Weight":        func(k *kernel.Kernel) { k.Segments[0].Weight = "w2" },
		"Segment.Swapped":       func(k *kernel.Kernel) { k.Segments[0].Swapped = true },
		"Segment.Lanes":         func(k *kernel.Kernel) { k.Segments[0].Lanes = true },
		"Segment.GroupOutputs":  func(k *kernel.Kernel) { k.Segments[0].GroupOutputs = 1 },
		"Segment.GroupStride":   func(k *kernel.Kernel) { k.Segments[0].GroupStride = 4 },
		"Segment.Taps":          func(k *kernel.Kernel) { k.Segments[0].Taps = k.Segments[0].Taps[:1] },
		"Segment.Blocks":        func(k *kernel.Kernel) { k.Segments[0].Blocks = 1 },
		"Segment.PerBlock":      func(k *kernel.Kernel) { k.Segments[0].PerBlock = 2 },
		"Segment.Channels":      func(k *kernel.Kernel) { k.Segments[0].Channels = 4 },
		"Segment.PosStride":     func(k *kernel.Kernel) { k.Segments[0].PosStride = 3 },
		"Segment.ChannelStride": func(k *kernel.Kernel) { k.Segments[0].ChannelStride = 4 },
		"Segment.BlockStride":   func(k *kernel.Kernel) { k.Segments[0].BlockStride = 14 },
		"Tap.Row":               func(k *kernel.Kernel) { k.Segments[0].Taps[0].Row = 1 },
		"Tap.Col":               func(k *kernel.Kernel) { k.Segments[0].Taps[0].Col = 1 },
		"Tap.Offset":            func(k *kernel.Kernel) { k.Segments[0].Taps[0].Offset = 2 },
		"Tap.Weight":            func(k *kernel.Kernel) { k.Segments[0].Taps[0].Weight = 1 },
		"Row.Offset":            func(k *kernel.Kernel) { k.Rows[1].Offset = 10 },
		"Row.TapRow":            func(k *kernel.Kernel) { k.Rows[1].TapRow = 0 },
		"Row.TapRows":           func(k *kernel.Kernel) { k.Rows[0].TapRows = 1 },
		"Run.Positions":         func(k *kernel.Kernel) { k.Runs[1].Positions = 2 },
		"Run.Cols":              func(k *kernel.Kernel) { k.Runs[1].Cols = nil },
		"Out.Base":              func(k *kernel.Kernel) { k.Out.Base = 0 },
		"Out.RowStride":         func(k *kernel.Kernel) { k.Out.RowStride = 13 },
		"Out.PosStride":         func(k *kernel.Kernel) { k.Out.PosStride = 3 },
		"Out.PanelStride":       func(k *kernel.Kernel) { k.Out.PanelStride = 3 },
		"Out.Panel":             func(k *kernel.Kernel) { k.Out.Panel = 1 },
		"Epilogue.Prog":         func(k *kernel.Kernel) { k.Epilogue[0].Prog = expr.One("y", expr.Mul(expr.L("s"), expr.L("o"))) },
		"Epilogue.Operands":     func(k *kernel.Kernel) { k.Epilogue[0].Operands[1].From = "v" },
		"Epilogue.Result": func(k *kernel.Kernel) {
			e := &k.Epilogue[0]
			e.Prog, e.Result = append(e.Prog, expr.One("z", expr.Neg(expr.L("y")))...), "z"
		},
		"Epilogue.Name": func(k *kernel.Kernel) { // what the next one reads by it
			k.Epilogue[0].Name = "u"
			k.Epilogue = append(k.Epilogue, add("b", "u"))
		},
		"Operand.Leaf": func(k *kernel.Kernel) {
			k.Epilogue[0].Prog = expr.One("y", expr.Sub(expr.L("s"), expr.L("o")))
			k.Epilogue[0].Operands[0].Leaf, k.Epilogue[0].Operands[1].Leaf = "o", "s"
		},
		"Operand.From": func(k *kernel.Kernel) { k.Epilogue[0].Operands[1].From = kernel.Sum },
		"Batch.Count":  func(k *kernel.Kernel) { k.Batch.Count = 1 },
		"Batch.X":      func(k *kernel.Kernel) { k.Batch.X = 12 },
		"Batch.Y":      func(k *kernel.Kernel) { k.Batch.Y = 39 },
	}
	for field, change := range changes {
		k := sample()
		change(k)
		assert.NotEqual(t, want, run(k), field)
		if field != "Epilogue.Operands" { // another operand in its place is another argument
			assert.NotEqual(t, sample().Key(), k.Key(), "the key of kernels that differ in %s", field)
		}
	}
	// The schedule: where weights lie is the layout's, Memory.Index; element types
	// and the fusing of products are the arithmetic's.
	schedule := map[string]func(k *kernel.Kernel){
		"Kernel.Elem":       func(k *kernel.Kernel) { k.Elem.X = "float16" },
		"Kernel.Fused":      func(k *kernel.Kernel) { k.Fused = true },
		"Kernel.Panels":     func(k *kernel.Kernel) { k.Panels.Full = 1 },
		"Kernel.Ahead":      func(k *kernel.Kernel) { k.Ahead = 1 },
		"Kernel.Tile":       func(k *kernel.Kernel) { k.Tile = kernel.Tile{} },
		"Kernel.Partial":    func(k *kernel.Kernel) { k.Partial = true },
		"Kernel.Winograd":   func(k *kernel.Kernel) { k.Winograd.Block = 1 },
		"Kernel.Rolled":     func(k *kernel.Kernel) { k.Rolled = true },
		"Segment.RowStride": func(k *kernel.Kernel) { k.Segments[0].RowStride = 1 },
	}
	for field, change := range schedule {
		k := sample()
		change(k)
		assert.Equal(t, want, run(k), field)
		assert.NotEqual(t, sample().Key(), k.Key(), "the key of kernels that differ in %s", field)
	}
	known := []string{"Kernel.Out", "Kernel.Batch"}
	for _, typ := range []any{kernel.Kernel{}, kernel.Segment{}, kernel.Tap{}, kernel.Row{}, kernel.Run{}, kernel.Out{}, kernel.Epilogue{}, kernel.Operand{}, kernel.Batch{}} {
		r := reflect.TypeOf(typ)
		for i := range r.NumField() {
			name := r.Name() + "." + r.Field(i).Name
			assert.True(t, changes[name] != nil || schedule[name] != nil || slices.Contains(known, name), "%s is not tried", name)
		}
	}
}
