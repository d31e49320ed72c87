package model

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/onnx/importer"
)

// malformed is a file that must be refused.
type malformed struct {
	name string
	data []byte
	want string // in the message
}

// valid is a small model to damage: x·W + b, relu, softmax.
func valid() *onnx.Model {
	b := newBuilder(17, 1)
	z := b.op("Gemm", b.input("x", 0, 4), b.weights(4, 3), b.weights(3))
	m := b.model(b.op("Softmax", b.op("Relu", z)))
	m.ProducerName = "test"
	return m
}

// importBytes imports a file in memory.
func importBytes(data []byte) (*Model, error) {
	file, err := onnx.Read(data)
	if err != nil {
		return nil, err
	}
	return finish("model.onnx", file, Options{Name: "model"}, nil)
}

// damages are changes of the valid model with what the error says.
var damages = []struct {
	name, want string
	damage     func(m *onnx.Model)
}{
	{"no graph", "no graph", func(m *onnx.Model) { m.Graph = nil }},
	{"no operator set", "which operator set", func(m *onnx.Model) { m.OpsetImports = nil }},
	{"old operator set", "operator set 5 is older", func(m *onnx.Model) { m.OpsetImports[0].Version = 5 }},
	{"negative operator set", "is older than 6", func(m *onnx.Model) { m.OpsetImports[0].Version = math.MinInt64 }},
	{"operator set 0", "operator set 0 is older", func(m *onnx.Model) { m.OpsetImports[0].Version = 0 }},
	{"operator set of others", "which operator set", func(m *onnx.Model) { m.OpsetImports[0].Domain = "com.microsoft" }},
	{"no outputs", "no outputs", func(m *onnx.Model) { m.Graph.Outputs = nil }},
	{"no nodes", "output[0]: it reads", func(m *onnx.Model) { m.Graph.Nodes = nil }},
	{"no inputs", `it reads "x"`, func(m *onnx.Model) { m.Graph.Inputs = nil }},
	{"output undefined", `it reads "nothing"`, func(m *onnx.Model) { m.Graph.Outputs[0].Name = "nothing" }},
	{"output without a name", "depend on no input", func(m *onnx.Model) { m.Graph.Outputs[0].Name = "" }},
	{"output twice", "occurs twice", func(m *onnx.Model) { m.Graph.Outputs = append(m.Graph.Outputs, m.Graph.Outputs[0]) }},
	{"output constant", "depend on no input", func(m *onnx.Model) { m.Graph.Outputs[0].Name = m.Graph.Initializers[0].Name }},
	{"output of integers", "elements of type int64", func(m *onnx.Model) {
		m.Graph.Outputs[0].Type = &onnx.Type{Tensor: &onnx.TensorType{ElemType: onnx.Int64}}
	}},
	{"missing initialiser", "which is no input", func(m *onnx.Model) { m.Graph.Initializers = m.Graph.Initializers[1:] }},
	{"initialiser without a name", "must have a name", func(m *onnx.Model) { m.Graph.Initializers[0].Name = "" }},
	{"initialiser twice", "occurs twice", func(m *onnx.Model) { m.Graph.Initializers = append(m.Graph.Initializers, m.Graph.Initializers[0]) }},
	{"sparse initialiser", "sparse", func(m *onnx.Model) { m.Graph.SparseInitializers = [][]byte{{}} }},
	{"input twice", "occurs twice", func(m *onnx.Model) { m.Graph.Inputs = append(m.Graph.Inputs, m.Graph.Inputs[0]) }},
	{"input without a type", "must be a tensor", func(m *onnx.Model) { m.Graph.Inputs[0].Type = nil }},
	{"input without a shape", "no shape", func(m *onnx.Model) { m.Graph.Inputs[0].Type.Tensor.Shape = nil }},
	{"input of strings", "type string", func(m *onnx.Model) { m.Graph.Inputs[0].Type.Tensor.ElemType = onnx.String }},
	{"input of integers", "integers", func(m *onnx.Model) { m.Graph.Inputs[0].Type.Tensor.ElemType = onnx.Int64 }},
	{"input of an unknown type", "type 99", func(m *onnx.Model) { m.Graph.Inputs[0].Type.Tensor.ElemType = 99 }},
	{"input with a negative dimension", "got -4", func(m *onnx.Model) { dims(m)[1].Value = -4 }},
	{"input with a dimension of 0", "got 0", func(m *onnx.Model) { dims(m)[1].Value = 0 }},
	{"input with a huge dimension", "at most", func(m *onnx.Model) { dims(m)[1].Value = math.MaxInt64 }},
	{"input with an unknown dimension", "is not fixed", func(m *onnx.Model) { *dims(m)[1] = onnx.Dim{Param: "width"} }},
	{"input of another width", "do not fit", func(m *onnx.Model) { dims(m)[1].Value = 5 }},
	{"input of a billion elements", "at most 1000000", func(m *onnx.Model) { dims(m)[1].Value = 1e9 }},
	{"input with nine dimensions", "too large", func(m *onnx.Model) {
		shape := m.Graph.Inputs[0].Type.Tensor.Shape
		for range 8 {
			shape.Dims = append(shape.Dims, &onnx.Dim{Value: 1, HasValue: true})
		}
	}},
	{"cycle", "cycle", func(m *onnx.Model) { m.Graph.Nodes[0].Inputs[0] = m.Graph.Nodes[1].Outputs[0] }},
	{"cycle of one", "cycle", func(m *onnx.Model) { m.Graph.Nodes[1].Inputs[0] = m.Graph.Nodes[1].Outputs[0] }},
	{"value made twice", "made twice", func(m *onnx.Model) { m.Graph.Nodes[1].Outputs[0] = m.Graph.Nodes[0].Outputs[0] }},
	{"value made that is an input", "made twice", func(m *onnx.Model) { m.Graph.Nodes[1].Outputs[0] = "x" }},
	{"value made that is a constant", "made twice", func(m *onnx.Model) { m.Graph.Nodes[1].Outputs[0] = m.Graph.Initializers[0].Name }},
	{"unknown operator", "operator Frobnicate is not supported", func(m *onnx.Model) { m.Graph.Nodes[1].OpType = "Frobnicate" }},
	{"operator without a name", "is not supported", func(m *onnx.Model) { m.Graph.Nodes[1].OpType = "" }},
	{"operator of another domain", "operator com.microsoft.Relu is not supported", func(m *onnx.Model) { m.Graph.Nodes[1].Domain = "com.microsoft" }},
	{"operator with a hostile name", `\x1b`, func(m *onnx.Model) { m.Graph.Nodes[1].OpType = "\x1b[2J" }},
	{"unknown attribute", `attribute "speed" is not understood`, func(m *onnx.Model) {
		m.Graph.Nodes[1].Attributes = []*onnx.Attribute{attrInt("speed", 1)}
	}},
	{"attribute of another type", "must be of type", func(m *onnx.Model) {
		m.Graph.Nodes[0].Attributes = []*onnx.Attribute{attrInt("alpha", 1)}
	}},
	{"attribute of a function", "refers to a function", func(m *onnx.Model) {
		m.Graph.Nodes[0].Attributes = []*onnx.Attribute{{Name: "alpha", RefName: "a", Type: onnx.AttributeFloat}}
	}},
	{"attribute out of range", "out of range", func(m *onnx.Model) {
		m.Graph.Nodes[2].Attributes = []*onnx.Attribute{attrInt("axis", math.MaxInt64)}
	}},
	{"axis out of range", "out of range", func(m *onnx.Model) { m.Graph.Nodes[2].Attributes = []*onnx.Attribute{attrInt("axis", 2)} }},
	{"node without inputs", "is missing", func(m *onnx.Model) { m.Graph.Nodes[0].Inputs = m.Graph.Nodes[0].Inputs[:1] }},
	{"node with too many inputs", "input 2", func(m *onnx.Model) { m.Graph.Nodes[1].Inputs = append(m.Graph.Nodes[1].Inputs, "x") }},
	{"weights of one dimension", "must be matrices", func(m *onnx.Model) { m.Graph.Initializers[0].Dims = []int64{12} }},
	{"weights of other dimensions", "do not fit", func(m *onnx.Model) { m.Graph.Initializers[0].Dims = []int64{3, 4} }},
	{"bias of another width", "do not fit", func(m *onnx.Model) {
		m.Graph.Initializers[1].Dims, m.Graph.Initializers[1].RawData = []int64{2}, make([]byte, 8)
	}},
	{"weights with a negative dimension", "must not be negative", func(m *onnx.Model) { m.Graph.Initializers[0].Dims = []int64{-4, -3} }},
	{"weights with overflowing dimensions", "more than", func(m *onnx.Model) { m.Graph.Initializers[0].Dims = []int64{1 << 40, 1 << 40} }},
	{"weights that claim a billion elements", "need 4000000000 bytes", func(m *onnx.Model) { m.Graph.Initializers[0].Dims = []int64{1e9} }},
	{"weights with too few bytes", "raw_data holds 44", func(m *onnx.Model) { m.Graph.Initializers[0].RawData = m.Graph.Initializers[0].RawData[4:] }},
	{"weights without data", "the list for float32 holds 0", func(m *onnx.Model) {
		m.Graph.Initializers[0].RawData, m.Graph.Initializers[0].HasRaw = nil, false
	}},
	{"weights with too short a list", "holds 1", func(m *onnx.Model) {
		t := m.Graph.Initializers[0]
		t.RawData, t.HasRaw, t.FloatData = nil, false, []float32{1}
	}},
	{"weights of strings", "type string", func(m *onnx.Model) { m.Graph.Initializers[0].DataType = onnx.String }},
	{"weights of an unknown type", "type -7", func(m *onnx.Model) { m.Graph.Initializers[0].DataType = -7 }},
	{"weights in 4 bits", "type int4", func(m *onnx.Model) { m.Graph.Initializers[0].DataType = 22 }},
	{"external data", "--external-data", func(m *onnx.Model) { external(m, "weights.bin") }},
	{"external data outside", `"../../etc/passwd"`, func(m *onnx.Model) { external(m, "../../etc/passwd") }},
}

func dims(m *onnx.Model) []*onnx.Dim { return m.Graph.Inputs[0].Type.Tensor.Shape.Dims }

func external(m *onnx.Model, path string) {
	t := m.Graph.Initializers[0]
	t.RawData, t.HasRaw, t.Location = nil, false, 1
	t.External = []*onnx.Entry{{Key: "location", Value: path}}
}

// malformedFiles lists everything.
func malformedFiles() []malformed {
	var list []malformed
	for _, d := range damages {
		m := valid()
		d.damage(m)
		list = append(list, malformed{d.name, m.Marshal(), d.want})
	}
	for _, w := range wrongNodes {
		b := newBuilder(18, 1)
		x, image := b.input("x", 0, 4), b.input("image", 0, 2, 3)
		y := w.build(b, x, image)
		list = append(list, malformed{w.name, b.model(y).Marshal(), w.want})
	}
	file := valid().Marshal()
	for n := 1; n < len(file); n += 6 {
		list = append(list, malformed{fmt.Sprintf("truncated to %d bytes", n), file[:n], ""})
	}
	deep := &onnx.Graph{}
	for range 40 {
		deep = &onnx.Graph{Nodes: []*onnx.Node{{OpType: "If", Attributes: []*onnx.Attribute{{Name: "then_branch", Type: onnx.AttributeGraph, G: deep}}}}}
	}
	list = append(list,
		malformed{"graphs in graphs", (&onnx.Model{Graph: deep}).Marshal(), "deep"},
		malformed{"many empty nodes", (&onnx.Model{Graph: &onnx.Graph{Nodes: repeated(2_000_000)}}).Marshal(), "small parts"},
		malformed{"text", []byte("import onnx\n"), ""},
		malformed{"nothing", nil, "no graph"},
		malformed{"zeros", make([]byte, 100), ""},
	)
	return list
}

func repeated(n int) []*onnx.Node {
	list, node := make([]*onnx.Node, n), &onnx.Node{}
	for i := range list {
		list[i] = node
	}
	return list
}

// TestMalformed: an error with place and remedy, no panic, bounded memory.
func TestMalformed(t *testing.T) {
	list := malformedFiles()
	require.Greater(t, len(list), 150)
	_, err := importBytes(valid().Marshal())
	require.NoError(t, err)
	for _, c := range list {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := importBytes(c.data)
			runtime.ReadMemStats(&after)
			var damaged *onnx.Error
			require.ErrorAs(t, err, &damaged)
			assert.Contains(t, err.Error(), c.want)
			assert.NotContains(t, err.Error(), "internal error")
			assert.NotRegexp(t, wrongPlural, err.Error())
			assert.Truef(t, damaged.Place != "" || damaged.Hint != "", "neither place nor remedy: %v", err)
			limit := uint64(64<<20 + 8*len(c.data))
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, limit, "bytes of memory")
		})
	}
}

// TestOperatorsWithAnything: every operator with inputs that do not suit it is
// refused or understood; none panics.
func TestOperatorsWithAnything(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, op := range importer.Operators() {
		for range 60 {
			b := newBuilder([]int64{6, 9, 11, 13, 18, 22}[random.IntN(6)], random.Uint64())
			choices := []string{b.input("x", 0, 4), b.input("image", 0, 2, 3), b.input("vector", 3), b.input("number"), b.weights(4, 4),
				b.weights(4), b.number(1), b.integers(1), b.integers(0, -1), b.integers(), "", b.weights(1, 1, 2, 3), b.floats([]int64{0})}
			args := []any{}
			for range random.IntN(6) {
				args = append(args, choices[random.IntN(len(choices))])
			}
			for _, name := range []string{"axis", "keepdims", "transA", "to", "allowzero"} {
				if random.IntN(6) == 0 {
					args = append(args, attrInt(name, int64(random.IntN(6)-2)))
				}
			}
			for _, name := range []string{"axes", "perm", "shape", "split", "starts", "ends"} {
				if random.IntN(8) == 0 {
					args = append(args, attrInts(name, int64(random.IntN(5)-2), int64(random.IntN(4))))
				}
			}
			for _, name := range []string{"kernel_shape", "pads", "strides", "dilations"} {
				for n := 1 + random.IntN(2); random.IntN(4) == 0; n *= 2 {
					args = append(args, attrInts(name, []int64{int64(random.IntN(4) - 1), int64(random.IntN(3)), 1, 1}[:min(n, 4)]...))
				}
			}
			y := b.op(op, args...)
			if random.IntN(2) == 0 {
				y = b.op("Add", y, choices[0])
			}
			checkImport(t, b.model(y).Marshal())
		}
	}
}

// damage changes something at random.
func (b *builder) damage(random *rand.Rand) {
	numbers := []int64{-1, 0, 1, 2, 3, 4, 6, 7, -5, 1 << 20, math.MaxInt64, math.MinInt64}
	n := b.g.Nodes[random.IntN(len(b.g.Nodes))]
	names := []string{""}
	for _, m := range b.g.Nodes {
		names = append(append(names, m.Inputs...), m.Outputs...)
	}
	switch random.IntN(8) {
	case 0, 1:
		if len(n.Inputs) > 0 {
			n.Inputs[random.IntN(len(n.Inputs))] = names[random.IntN(len(names))]
		}
	case 2:
		operators := importer.Operators()
		n.OpType = operators[random.IntN(len(operators))]
	case 3:
		if len(n.Attributes) > 0 {
			a := n.Attributes[random.IntN(len(n.Attributes))]
			a.I, a.F = numbers[random.IntN(len(numbers))], []float32{0, -1, 1e30, float32(math.NaN()), float32(math.Inf(1))}[random.IntN(5)]
			for i := range a.Ints {
				a.Ints[i] = numbers[random.IntN(len(numbers))]
			}
		}
	case 4:
		if list := b.g.Initializers; len(list) > 0 { // the same bytes in another shape, or other bytes
			t := list[random.IntN(len(list))]
			count, _ := t.Count()
			t.Dims = [][]int64{{int64(count)}, {1, int64(count)}, {int64(count), 1}, {}}[random.IntN(4)]
			if random.IntN(2) == 0 && len(t.RawData) >= 8 {
				copy(t.RawData[len(t.RawData)-4:], [][]byte{{0, 0, 0xc0, 0x7f}, {0, 0, 0x80, 0x7f}, {0xff, 0xff, 0xff, 0xff}, {1, 0, 0, 0}}[random.IntN(4)])
			}
		}
	case 5:
		in := b.g.Inputs[random.IntN(2)].Type.Tensor.Shape.Dims
		*in[random.IntN(len(in))] = onnx.Dim{HasValue: random.IntN(3) > 0, Value: numbers[random.IntN(len(numbers))]}
	case 6:
		n.Inputs = n.Inputs[:random.IntN(len(n.Inputs)+1)]
	case 7:
		n.Outputs = append(n.Outputs, b.fresh("tensor"))
		b.g.Outputs = append(b.g.Outputs, &onnx.ValueInfo{Name: names[random.IntN(len(names))]})
	}
}

// TestDamagedGraphs: random graphs with something wrong in them.
func TestDamagedGraphs(t *testing.T) {
	graphs := 8000
	if testing.Short() {
		graphs = 1500
	}
	random := rand.New(rand.NewPCG(3, 4))
	for seed := range uint64(graphs) {
		b, outputs := randomGraph(seed)
		if len(outputs) == 0 {
			continue
		}
		for range 1 + random.IntN(3) {
			b.damage(random)
		}
		checkImport(t, b.model(outputs...).Marshal())
	}
}

// checkImport: an error is one of the model, never an internal one, and what
// is accepted is a network.
func checkImport(t *testing.T, data []byte) {
	m, err := importBytes(data)
	var damaged *onnx.Error
	switch {
	case err == nil:
		require.NotEmpty(t, m.Net.Layers)
	case !errors.As(err, &damaged) || strings.Contains(err.Error(), "is not valid:"):
		t.Fatalf("%v", err)
	default:
		require.NotRegexp(t, wrongPlural, err.Error())
	}
}

// wrongPlural is one thing worded as several.
var wrongPlural = regexp.MustCompile(`\b1 (byte|number|dimension|element|input|output|operand|sample|channel|repeat|node)s\b`)

// FuzzImport: no file makes the importer panic or write a spec that is wrong.
func FuzzImport(f *testing.F) {
	f.Add(valid().Marshal())
	for _, c := range malformedFiles() {
		if len(c.data) < 1<<16 {
			f.Add(c.data)
		}
	}
	for seed := range uint64(20) {
		b, outputs := randomGraph(seed)
		f.Add(b.model(outputs...).Marshal())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			t.Skip()
		}
		var differs *ProofError
		if _, err := importBytes(data); errors.As(err, &differs) {
			t.Skip("the comparison with the graph refused it")
		}
		checkImport(t, data)
	})
}
