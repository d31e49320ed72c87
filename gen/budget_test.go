package gen_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/inspect"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// budgeted is a network with a budget.
func budgeted(t *testing.T, codegen, field string, budget int) *spec.Network {
	net, err := spec.Decode("net.yaml", fmt.Appendf(nil, `nngen: 1
input: {shape: [20], normalize: standard}
layers:
  - dense: {name: wide, units: 33, activation: relu}
  - dense: {name: narrow, units: 3}
loss: mse
codegen: {%s}
budget: {%s: %d}
`, codegen, field, budget), op.Vocabulary())
	require.NoError(t, err)
	return net
}

// TestBudget: a network may cost what inspect says that it costs, and not one
// less; then the last layer is named, and with half of it the first.
func TestBudget(t *testing.T) {
	for _, codegen := range []string{"batch: 4", "train: false, storage: int8", "train: false, storage: float16"} {
		net := budgeted(t, codegen, "macs", 1)
		p, err := gen.Plan(net, gen.Options{})
		require.NoError(t, err)
		r := inspect.New(net, p)
		flash := r.Bytes.File
		switch net.Codegen.Storage {
		case "float16":
			flash -= 2 * (33*20 + 3*33)
		case "int8": // with a scale for each output
			flash -= 3*(33*20+3*33) - 4*(33+3)
		}
		for field, cost := range map[string]int{"macs": 33*20 + 3*33, "ram": r.Bytes.Net + r.Bytes.Workspace, "flash": flash} {
			require.NoError(t, gen.Check(budgeted(t, codegen, field, cost)), "%s %s", codegen, field)
			for budget, layer := range map[int]string{cost - 1: `layer 2 (dense "narrow")`, cost * 2 / 3: `layer 1 (dense "wide")`} {
				var list spec.ErrorList
				require.ErrorAs(t, gen.Check(budgeted(t, codegen, field, budget)), &list, "%s %s", codegen, field)
				require.Len(t, list, 1)
				require.Equal(t, code.Of(code.Budget), list[0].Code)
				require.Contains(t, list[0].Msg, layer, "%s %s", codegen, field)
				out, err := gen.Generate(budgeted(t, codegen, field, budget), gen.Options{})
				require.Error(t, err)
				require.Empty(t, out)
			}
		}
	}
}

// TestBudgetOfLines: lines are those of the code, not of its tests.
func TestBudgetOfLines(t *testing.T) {
	out, err := gen.Generate(budgeted(t, "batch: 4", "lines", 1<<40), gen.Options{})
	require.NoError(t, err)
	lines := 0
	for name, data := range out {
		if (strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".s")) && !strings.HasSuffix(name, "_test.go") {
			lines += strings.Count(string(data), "\n")
		}
	}
	require.NoError(t, gen.Check(budgeted(t, "batch: 4", "lines", lines)))
	require.ErrorContains(t, gen.Check(budgeted(t, "batch: 4", "lines", lines-1)), fmt.Sprintf("lines is %d, but the package has %d, ", lines-1, lines))
	// train compiles the package with the runtime beside it.
	_, err = gen.Generate(budgeted(t, "batch: 4", "lines", lines), gen.Options{Standalone: true})
	require.NoError(t, err)
}
