package inspect_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/inspect"
)

func report(t *testing.T, name string) *inspect.Report {
	net, err := gen.Load("../../golden/specs/" + name + ".yaml")
	require.NoError(t, err)
	p, err := gen.Plan(net, gen.Options{})
	require.NoError(t, err)
	return inspect.New(net, p)
}

func TestReport(t *testing.T) {
	r := report(t, "w2") // 784-128-10
	require.Equal(t, 784*128+128+128*10+10, r.Parameters)
	require.Equal(t, 784*128+128*10, r.MultiplyAdds)
	require.Equal(t, 4*r.Parameters, r.Bytes.File)
	require.Equal(t, 4*(784*128+128+128*10+16), r.Bytes.Net)
	require.GreaterOrEqual(t, r.Bytes.Trainer, r.Bytes.Net+r.Bytes.States)
	require.Equal(t, len(r.States)*r.Bytes.Net, r.Bytes.States)
}

// TestTotals: the layers add up to the totals.
func TestTotals(t *testing.T) {
	for _, name := range []string{"xor", "skip", "iris", "diabetes", "w1", "w4", "w5", "lecture"} {
		r := report(t, name)
		sum := inspect.Layer{}
		for _, l := range r.Layers {
			sum.Parameters += l.Parameters
			sum.MultiplyAdds += l.MultiplyAdds
			sum.Bytes += l.Bytes
			require.NotEmpty(t, l.Shape, "%s: %s", name, l.Name)
		}
		require.Equal(t, r.Parameters, sum.Parameters, name)
		require.Equal(t, r.MultiplyAdds, sum.MultiplyAdds, name)
		require.LessOrEqual(t, sum.Bytes, r.Bytes.Net, name)
		if r.Constants == 0 {
			require.Equal(t, r.Bytes.Net, sum.Bytes, name)
		}
	}
}

func TestRendering(t *testing.T) {
	r := report(t, "skip")
	var b bytes.Buffer
	r.WriteText(&b)
	require.Contains(t, b.String(), "eye            dense relu, 25 % connected    image          [12]           60    256             48\n")
	data, err := json.Marshal(r)
	require.NoError(t, err)
	var back inspect.Report
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, r, &back)
}
