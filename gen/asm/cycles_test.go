//go:build linux

package asm_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/asm"
	"github.com/nngen-go/nngen/gen/asm/asmtest"
	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/target"
)

var updateCycles = flag.Bool("update", false, "TestCycles writes docs/arm64.md")

// analysed is a kernel whose inner loop is analysed.
type analysed struct {
	what  string
	print func(t *target.Target, name string) *asm.Func
	loads bool // it may be the loads that it waits for
	least float64
	most  []float64 // cycles on the cores, where multiply-adds are no limit
}

func dense(elem string, outputs, inputs, chains int) *kernel.Kernel {
	k := kernel.Dense(elem, outputs, inputs, chains, true)
	k.Fused, k.Panels = true, kernel.Panels{Full: outputs / 16, PanelRows: inputs + 1}
	if outputs < 16 {
		k.Panels = kernel.Panels{Tail: outputs}
	}
	return k
}

// rolled is a kernel for rows of one panel.
func rolled(t *target.Target, elem string) *kernel.Kernel {
	k := dense(elem, 16, 256, 1).Panel(16, 16)
	k.Rolled = true
	open := k.Open()
	open.Tile.Rows = t.TileRows(elem, 16, 1)
	return open
}

// analyses are the loops that networks spend their time in.
var analyses = []analysed{
	{"batch, float32, 6 rows × 16 outputs, 4 terms", func(t *target.Target, name string) *asm.Func { return t.MatMul(name, nil, rolled(t, "float32")) }, false, 0.99, nil},
	{"batch, float64, 3 rows × 16 outputs, 4 terms", func(t *target.Target, name string) *asm.Func { return t.MatMul(name, nil, rolled(t, "float64")) }, false, 0.99, nil},
	{"convolution, 6 positions × 16 outputs, 4 terms", func(t *target.Target, name string) *asm.Func {
		k := &kernel.Kernel{
			Elem: kernel.Elements{X: "float32", W: "float32", Acc: "float32"}, Fused: true, Outputs: 16, Chains: 1, Init: kernel.Bias,
			Segments: []kernel.Segment{{Weight: "w", Taps: []kernel.Tap{{}}, PerBlock: 64, Channels: 64, PosStride: 1, ChannelStride: 60}},
			Runs:     []kernel.Run{{Positions: 60}}, Out: kernel.Out{PosStride: 16},
		}
		return t.Convolve(name, nil, k.OpenRows(16, t.Positions("float32", 16, 1, false)))
	}, false, 0.98, nil},
	{"gradients of filters, 6 channels × 16 outputs, a position", func(t *target.Target, name string) *asm.Func {
		return t.FilterGradient(name, nil, &kernel.FilterGradient{
			Elem: "float32", Fused: true, Outputs: 16, Together: t.PairsAtOnce("float32", 16), DY: kernel.Out{RowStride: 16 * 60, PosStride: 16},
			Source: kernel.Segment{Taps: []kernel.Tap{{}}, Channels: 48, ChannelStride: 1, PosStride: 48, RowStride: 48 * 60}, Runs: []kernel.Run{{Positions: 60}},
		})
	}, false, 0.99, nil},
	{"gradients of weights, 6 inputs × 16 outputs, a row", func(t *target.Target, name string) *asm.Func {
		f, _ := t.GradWeight(name, nil, &kernel.Gradient{Elem: "float32", Fused: true, Outputs: 16, Width: 16})
		return f
	}, false, 0.99, nil},
	{"gradients of inputs, 3 rows × 4 inputs, 16 outputs", func(t *target.Target, name string) *asm.Func {
		k := kernel.Swapped("float32", 256, 256, 8, false)
		k.Fused, k.Panels = true, kernel.Panels{Full: 16, PanelRows: 257}
		open := k.Open()
		open.Outputs, open.Segments[0].Channels, open.Tile.Rows = 4, 0, t.GradInputRows(k, 4)
		return t.GradInput(name, nil, open)
	}, false, 0.99, nil},
	{"one sample, 4 panels of 16 outputs, 4 terms", func(t *target.Target, name string) *asm.Func {
		return t.MatVec(name, nil, dense("float32", 256, 256, 1), false)
	}, true, 0.98, nil},
	{"one sample, 3 panels, 4 terms", func(t *target.Target, name string) *asm.Func {
		return t.MatVec(name, nil, dense("float32", 48, 256, 1), false)
	}, true, 0.98, nil},
	{"one sample, 10 outputs in 8 chains, 8 terms", func(t *target.Target, name string) *asm.Func {
		k := dense("float32", 8, 256, 8)
		k.Outputs = 8
		return t.MatVec(name, nil, k, false)
	}, true, 0, nil},
	{"exp, 8 elements", func(t *target.Target, name string) *asm.Func {
		f, _ := t.Map(&kernel.Map{Name: name, Prog: expr.One("y", expr.MustParseNode("exp(a)")), Result: "y", YType: "*float32", Ins: []kernel.MapOperand{{Leaf: "a", Arg: "a", Type: "*float32"}}})
		return f
	}, false, 0, []float64{34, 17}},
}

// cores are what LLVM has models of that one can believe.
var cores = []struct {
	name, cpu  string
	fma, loads float64 // a cycle
}{{"Neoverse N1", "neoverse-n1", 2, 2}, {"Neoverse V1", "neoverse-v1", 4, 3}}

// TestCycles analyses the inner loops of kernels for arm64 with llvm-mca 19, and
// keeps the table of docs/arm64.md up to date. It is no measurement.
func TestCycles(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	for _, tool := range []string{"llvm-mca-19", "llvm-objdump-19"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("needs " + tool)
		}
	}
	tg := target.ByName("neon")
	dir := t.TempDir()
	var funcs []*asm.Func
	var stubs, text, names strings.Builder
	for i, a := range analyses {
		f := a.print(tg, fmt.Sprintf("kernel%d", i))
		funcs = append(funcs, f)
		stubs.WriteString(f.Stub() + "\n\n")
		text.WriteString("\n" + f.Text())
		names.WriteString(f.Name + ", ")
	}
	for name, text := range map[string]string{
		"go.mod": "module test\n\ngo 1.26\n", "main.go": "package main\n\n" + stubs.String() + "func main() { println([]any{" + names.String() + "}) }\n",
		"kernels_arm64.s": "#include \"textflag.h\"\n\n" + asm.Constants(funcs...) + text.String(),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	cmd := exec.Command("go", "build", "-o", "kernels", ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), asmtest.Env("arm64")...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	var table strings.Builder
	table.WriteString("| loop | multiply-adds | loads |")
	for _, c := range cores {
		fmt.Fprintf(&table, " %s: cycles / limit |", c.name)
	}
	table.WriteString("\n|---|---|---|---|---|\n")
	for i, a := range analyses {
		loop := innerLoop(t, dir, fmt.Sprintf("kernel%d", i))
		fmas, loads := counted(loop)
		fmt.Fprintf(&table, "| %s | %d | %d |", a.what, fmas, loads)
		for i, c := range cores {
			cycles := analyse(t, loop, c.cpu)
			limit := float64(fmas) / c.fma
			if a.loads {
				limit = max(limit, float64(loads)/c.loads)
			}
			if limit == 0 {
				fmt.Fprintf(&table, " %.2f |", cycles)
				assert.LessOrEqual(t, cycles, a.most[i], "%s on %s", a.what, c.name)
				continue
			}
			fmt.Fprintf(&table, " %.2f / %.2f = %.1f %% |", cycles, limit, 100*limit/cycles)
			if limit/cycles < a.least {
				t.Errorf("%s on %s: %.2f cycles, the limit is %.2f", a.what, c.name, cycles, limit)
			}
		}
		table.WriteString("\n")
	}
	const file, begin, end = "../../docs/arm64.md", "<!-- cycles -->\n", "<!-- end -->\n"
	doc, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, _ := strings.Cut(string(doc), begin)
	had, after, ok := strings.Cut(rest, end)
	require.True(t, ok, "%s has no place for the table", file)
	if *updateCycles {
		require.NoError(t, os.WriteFile(file, []byte(before+begin+table.String()+end+after), 0o644))
		return
	}
	require.Equal(t, table.String(), had, "go test ./gen/asm -run TestCycles -update")
}

// innerLoop is the loop with the most vector instructions that has none within.
func innerLoop(t *testing.T, dir, function string) []string {
	cmd := exec.Command("go", "tool", "objdump", "-gnu", "-s", "main."+function+".abi0", "kernels")
	cmd.Dir = dir
	out, err := cmd.Output()
	require.NoError(t, err)
	// The words alone, which llvm-objdump reads.
	var code bytes.Buffer
	for _, m := range regexp.MustCompile(`(?m)^\s+\S+:\d+\s+0x[0-9a-f]+\s+([0-9a-f]{8})\s`).FindAllStringSubmatch(string(out), -1) {
		n, err := strconv.ParseUint(m[1], 16, 32)
		require.NoError(t, err)
		fmt.Fprintf(&code, "\t.inst 0x%08x\n", n)
	}
	require.NotZero(t, code.Len(), function)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "words.s"), code.Bytes(), 0o644))
	run := func(name string, args ...string) string {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	run("llvm-mc-19", "--triple=aarch64", "--filetype=obj", "-o", "words.o", "words.s")
	listing := run("llvm-objdump-19", "-d", "--no-show-raw-insn", "words.o")
	var lines []string
	at := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^\s*([0-9a-f]+):\s+(.*)$`).FindAllStringSubmatch(listing, -1) {
		at[m[1]] = len(lines)
		lines = append(lines, strings.Join(strings.Fields(m[2]), " "))
	}
	var best []string
	most := -1
	for i, line := range lines {
		m := regexp.MustCompile(`^(cbnz|b\.\w+) .*0x([0-9a-f]+)`).FindStringSubmatch(line)
		if m == nil {
			continue
		}
		from, ok := at[m[2]]
		if !ok || from > i {
			continue
		}
		body := lines[from : i+1]
		vectors := strings.Count(strings.Join(body, "\n"), ".4s") + strings.Count(strings.Join(body, "\n"), ".2d")
		inner := strings.Count(strings.Join(body, "\n"), "cbnz ") + strings.Count(strings.Join(body, "\n"), "b.")
		if inner == 1 && vectors > most {
			most, best = vectors, append([]string(nil), body...)
		}
	}
	require.NotEmpty(t, best, "%s: %s", function, listing)
	for i, line := range best {
		best[i], _, _ = strings.Cut(line, " <")
	}
	last := best[len(best)-1]
	best[len(best)-1] = regexp.MustCompile(`0x[0-9a-f]+$`).ReplaceAllString(last, "loop")
	return best
}

// counted are the multiply-adds of a loop and its loads of 16 bytes or less.
func counted(loop []string) (fmas, loads int) {
	for _, line := range loop {
		op, operands, _ := strings.Cut(line, " ")
		switch {
		case op == "fmla":
			fmas++
		case op == "ldp" && operands[0] == 'q':
			loads += 2
		case strings.HasPrefix(op, "ld"):
			loads++
		}
	}
	return fmas, loads
}

// analyse is how many cycles a turn of a loop takes on a core.
func analyse(t *testing.T, loop []string, cpu string) float64 {
	const turns = 1000
	cmd := exec.Command("llvm-mca-19", "-mtriple=aarch64", "-mcpu="+cpu, fmt.Sprint("-iterations=", turns), "-resource-pressure=false", "-instruction-info=false")
	cmd.Stdin = strings.NewReader("loop:\n\t" + strings.Join(loop, "\n\t") + "\n")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	m := regexp.MustCompile(`Total Cycles:\s+(\d+)`).FindStringSubmatch(string(out))
	require.NotNil(t, m, "%s", out)
	cycles, err := strconv.ParseFloat(m[1], 64)
	require.NoError(t, err)
	return cycles / turns
}
