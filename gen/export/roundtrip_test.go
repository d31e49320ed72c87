package export

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/nngen-go/nngen/gen/gentest"
	"github.com/nngen-go/nngen/gen/interp"
	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx/importer"
	"github.com/stretchr/testify/require"
)

// TestRoundTrip: random networks, exported and imported again, are the same
// networks and give the same bits.
func TestRoundTrip(t *testing.T) {
	g := gentest.NewGenerator(11)
	for i := range 300 {
		net, err := g.Network(fmt.Sprintf("n%d", i))
		require.NoError(t, err)
		t.Run(net.Name, func(t *testing.T) { roundTrip(t, net) })
	}
}

// TestRoundTripLayers does so with every layer and activation.
func TestRoundTripLayers(t *testing.T) {
	for _, c := range shapes {
		t.Run(c.layers, func(t *testing.T) {
			roundTrip(t, decode(t, oneSpec("float32", "input: {shape: [2, 3, 4]}", c.layers)))
		})
	}
	for _, a := range activationCases() {
		for _, dtype := range []string{"float32", "float64"} {
			t.Run(a+dtype, func(t *testing.T) {
				roundTrip(t, decode(t, oneSpec(dtype, "input: {shape: [5]}", "  - dense: {units: 4, activation: "+a+"}")))
			})
		}
	}
}

func roundTrip(t *testing.T, net *spec.Network) {
	prog, err := lower.Lower(net)
	require.NoError(t, err)
	params, inputs := randomValues(net, prog)
	model, err := Model(net, prog, params)
	require.NoError(t, err)
	result, err := importer.Import(model, importer.Options{Name: net.Name})
	require.NoError(t, err)
	back := decode(t, string(result.Spec))
	require.Equal(t, layersOf(net), layersOf(back), string(result.Spec))

	again, err := lower.Lower(back)
	require.NoError(t, err, string(result.Spec))
	params2 := map[string][]float64{}
	for _, one := range result.Tensors {
		params2[one.Name] = one.Data
	}
	for _, fused := range []bool{true, false} {
		m1, m2 := interp.NewOracle(prog, fused), interp.NewOracle(again, fused)
		m1.Batch, m2.Batch = batch, batch
		for _, p := range prog.Params {
			m1.Set(p, params[p.Name])
		}
		for _, p := range again.Params {
			require.Contains(t, params2, p.Name)
			m2.Set(p, params2[p.Name])
		}
		for i, in := range net.Inputs {
			m1.Set(prog.Inputs[i], inputs[in.Name]...)
		}
		for i, in := range back.Inputs {
			require.Contains(t, inputs, in.Name)
			m2.Set(again.Inputs[i], inputs[in.Name]...)
		}
		require.NoError(t, m1.Run(prog.Infer))
		require.NoError(t, m2.Run(again.Infer))
		for i, out := range prog.Outputs {
			require.Equal(t, out.Name, again.Outputs[i].Name)
			require.Equal(t, bitsOf(m1.Get(out.Value)), bitsOf(m2.Get(again.Outputs[i].Value)), string(result.Spec))
		}
	}
}

func bitsOf(rows [][]float64) []uint64 {
	var out []uint64
	for _, r := range rows {
		for _, v := range r {
			out = append(out, math.Float64bits(v))
		}
	}
	return out
}

// layersOf is what inference knows of a network: its layers without dropout
// and flatten of vectors, which leave no trace, and without the fields that
// training alone reads.
func layersOf(net *spec.Network) []string {
	alias := map[string]string{}
	resolve := func(name string) string {
		for alias[name] != "" {
			name = alias[name]
		}
		return name
	}
	var lines []string
	for _, l := range net.Layers {
		from := make([]string, len(l.From))
		for i, f := range l.From {
			from[i] = resolve(f)
		}
		if l.Kind == "dropout" || l.Kind == "flatten" || l.Kind == "linear" {
			alias[l.Name] = from[0]
			continue
		}
		var fields []string
		for _, name := range slices.Sorted(maps.Keys(l.Args)) {
			switch name {
			case "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer", "trainable", "drop_connect", "mask", "gradient":
				continue
			}
			v := l.Args[name].Value
			if word, ok := v.(*spec.Named); ok {
				v = word.Name
				if word.Name != "step" {
					for _, k := range slices.Sorted(maps.Keys(word.Args)) {
						v = fmt.Sprint(v, " ", k, "=", word.Args[k].Value)
					}
				}
			}
			fields = append(fields, fmt.Sprint(name, "=", v))
		}
		lines = append(lines, fmt.Sprintf("%s %s(%s) from %s", l.Name, l.Kind, strings.Join(fields, " "), strings.Join(from, ",")))
	}
	for _, out := range net.Outputs {
		lines = append(lines, out.Name+" is "+resolve(out.From))
	}
	return lines
}

