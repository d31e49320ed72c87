package weights

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/stretchr/testify/require"
)

// TestPyTorchFile reads a file that PyTorch wrote: integers beside the weights.
func TestPyTorchFile(t *testing.T) {
	f, err := ReadFile("../../golden/weights/multi_layer.safetensors")
	require.NoError(t, err)
	require.Len(t, f.Tensors, 9)
	require.Equal(t, []int{}, f.Tensor("norm1.num_batches_tracked").Shape)
	require.False(t, f.Tensor("norm1.num_batches_tracked").IsFloat())
	w := f.Tensor("fc1.weight")
	require.Equal(t, []int{16, 256}, w.Shape)
	// The first and the last element, as Python's struct module reads them.
	v := w.Values()
	require.Equal(t, float64(math.Float32frombits(0x3d72be32)), v[0])
	require.Equal(t, float64(math.Float32frombits(0xbd22131e)), v[len(v)-1])
	require.Nil(t, f.Tensor("fc2.weight"))
}

// TestTypes: every float16 and bfloat16 as the runtime reads them, which is
// tested on its own.
func TestTypes(t *testing.T) {
	for _, dtype := range []string{"F16", "BF16"} {
		var data []byte
		for i := range 1 << 16 {
			data = binary.LittleEndian.AppendUint16(data, uint16(i))
		}
		file := tensors("{"+one("w", dtype, "[65536]", "[0,131072]")+"}", data...)
		f, err := Parse([]byte(file))
		require.NoError(t, err)
		got := f.Tensor("w").Values()
		err = nnrt.LoadTensors(strings.NewReader(file), []nnrt.Tensor{{Name: "w", Shape: []int{1 << 16}}}, nil, func(_ int, v []float64) error {
			for i, x := range v {
				if x != got[i] && (x == x || got[i] == got[i]) || math.Signbit(x) != math.Signbit(got[i]) && x == x {
					t.Fatalf("%s %#x: %v, not %v", dtype, i, got[i], x)
				}
			}
			return nil
		})
		require.NoError(t, err)
	}
	f, err := Parse([]byte(tensors("{"+one("w", "F64", "[1]", "[0,8]")+"}", 0, 0, 0, 0, 0, 0, 0xf8, 0x3f)))
	require.NoError(t, err)
	require.Equal(t, []float64{1.5}, f.Tensor("w").Values())
	require.Empty(t, f.Meta)
}

func TestArrays(t *testing.T) {
	f, err := Parse([]byte(npz(8, "m/dense/kernel.npy", npy("<f2", "(1, 2)", 0, 0x3c, 0, 0xc0), "n.npy", npy("|u1", "()", 7))))
	require.NoError(t, err)
	require.Equal(t, &Tensor{Name: "m/dense/kernel", DType: "F16", Shape: []int{1, 2}, values: []float64{1, -2}}, f.Tensors[0])
	require.Equal(t, "U8", f.Tensor("n").DType)

	path := filepath.Join(t.TempDir(), "dense1.bias.npy")
	require.NoError(t, os.WriteFile(path, []byte(npy(">f4", "(1,)", 0x3f, 0x80, 0, 0)), 0o666))
	f, err = ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, []float64{1}, f.Tensor("dense1.bias").Values())

	_, err = ReadFile(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = ReadFile(t.TempDir())
	require.ErrorContains(t, err, "is a directory")
}

// program has a layer of 3 inputs and 2 units and the constants of an input.
func program() *ir.Program {
	param := func(name string, shape ...int) *ir.Value {
		return &ir.Value{Name: name, Shape: shape, Param: &ir.ParamInfo{Name: name, Shape: shape, Trained: true}}
	}
	std := param("x.std", 3)
	std.Param.Trained, std.Param.Values = false, []float64{2}
	return &ir.Program{DType: ir.Float32, Inputs: []*ir.Value{{Name: "x"}}, Params: []*ir.Value{std, param("out.weight", 2, 3), param("out.bias", 2)}}
}

// fileOf makes a file of float32 tensors with the elements 1, 2, …
func fileOf(t *testing.T, tensors ...nnrt.Tensor) *File {
	var b bytes.Buffer
	require.NoError(t, nnrt.SaveTensors(&b, tensors, nil, func(_ int, v []float32) {
		for i := range v {
			v[i] = float32(i + 1)
		}
	}))
	f, err := Parse(b.Bytes())
	require.NoError(t, err)
	f.Path = "w"
	return f
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		name  string
		file  *File
		rules []string
		want  []float64 // of out.weight
		err   string
	}{
		{"own names", fileOf(t, nnrt.Tensor{Name: "out.weight", Shape: []int{2, 3}}, nnrt.Tensor{Name: "out.bias", Shape: []int{2}}), nil, []float64{1, 2, 3, 4, 5, 6}, ""},
		{"layer", fileOf(t, nnrt.Tensor{Name: "fc1.weight", Shape: []int{2, 3}}, nnrt.Tensor{Name: "fc1.bias", Shape: []int{2}}),
			[]string{"fc1=out"}, []float64{1, 2, 3, 4, 5, 6}, ""},
		{"tensors", fileOf(t, nnrt.Tensor{Name: "a=b", Shape: []int{2, 3}}, nnrt.Tensor{Name: "c", Shape: []int{2}}),
			[]string{"a=b=out.weight", "c=out.bias"}, []float64{1, 2, 3, 4, 5, 6}, ""},
		{"Keras", fileOf(t, nnrt.Tensor{Name: "s/dense/kernel", Shape: []int{3, 2}}, nnrt.Tensor{Name: "s/dense/bias", Shape: []int{2}}),
			[]string{"s/dense=out:transpose"}, []float64{1, 3, 5, 2, 4, 6}, ""},
		{"tensor before layer", fileOf(t, nnrt.Tensor{Name: "fc1.weight", Shape: []int{2, 3}}, nnrt.Tensor{Name: "b", Shape: []int{2}}),
			[]string{"fc1=out", "b=out.bias"}, []float64{1, 2, 3, 4, 5, 6}, ""},

		{"Keras not transposed", fileOf(t, nnrt.Tensor{Name: "d/kernel", Shape: []int{3, 2}}, nnrt.Tensor{Name: "d/bias", Shape: []int{2}}), []string{"d=out"}, nil,
			`w: "d/kernel" [3 2] as "out.weight" [2 3]: the shapes differ; it fits transposed (Keras stores [in, out]): --map 'd/kernel=out.weight:transpose'`},
		{"shape", fileOf(t, nnrt.Tensor{Name: "out.weight", Shape: []int{2, 4}}, nnrt.Tensor{Name: "out.bias", Shape: []int{2}}), nil, nil,
			`w: "out.weight" [2 4] as "out.weight" [2 3]: the shapes differ; check the units in the spec, or map another tensor`},
		{"transposed wrongly", fileOf(t, nnrt.Tensor{Name: "out.weight", Shape: []int{2, 3}}, nnrt.Tensor{Name: "out.bias", Shape: []int{2}}),
			[]string{"out.weight=out.weight:transpose"}, nil, "the shapes differ, [3 2] once transposed"},
		{"vector transposed", fileOf(t, nnrt.Tensor{Name: "out.weight", Shape: []int{2, 3}}, nnrt.Tensor{Name: "out.bias", Shape: []int{2}}),
			[]string{"out.bias=out.bias:transpose"}, nil, "only a matrix can be transposed; remove :transpose"},
		{"missing", fileOf(t, nnrt.Tensor{Name: "fc1.weight", Shape: []int{2, 3}}), nil, nil,
			`w: tensor "out.weight" [2 3]: the file has no tensor of this name; it has "fc1.weight" [2 3]; name its origin: --map THEIRS=out.weight or, for the layer, --map THEIRS=out
w: tensor "out.bias" [2]: the file has no tensor of this name; name its origin: --map THEIRS=out.bias or, for the layer, --map THEIRS=out`},
		{"empty", &File{Path: "w"}, nil, nil, "the file has no tensor of this name; it has none"},
		{"no such layer here", fileOf(t, nnrt.Tensor{Name: "out.weight", Shape: []int{2, 3}}, nnrt.Tensor{Name: "out.bias", Shape: []int{2}}),
			[]string{"fc1=dense1"}, nil, `w: --map fc1=dense1: the network has no tensor and no layer "dense1"; its tensors are x.std, out.weight, out.bias`},
		{"no such tensor there", fileOf(t, nnrt.Tensor{Name: "out.weight", Shape: []int{2, 3}}, nnrt.Tensor{Name: "out.bias", Shape: []int{2}}),
			[]string{"fc1=out.bias"}, nil, `w: --map fc1=out.bias: for "out.bias" [2] the file has no tensor fc1; it has "out.bias" [2], "out.weight" [2 3]; map another one`},
		{"twice", fileOf(t, nnrt.Tensor{Name: "out.weight", Shape: []int{2, 3}}, nnrt.Tensor{Name: "out.bias", Shape: []int{2}}),
			[]string{"a=out.bias", "b=out.bias"}, nil, `"out.bias" is mapped twice; keep one of them`},
		{"integers", &File{Path: "w", byName: map[string]*Tensor{"out.bias": {Name: "out.bias", DType: "I64", Shape: []int{2}}}}, nil, nil,
			`w: "out.bias" [2] as "out.bias" [2]: the tensor of the file is I64, not of floating-point numbers; convert it to float32`},
		{"infinite", &File{Path: "w", byName: map[string]*Tensor{"out.bias": {Name: "out.bias", DType: "F64", Shape: []int{2}, values: []float64{1, 1e300}}}}, nil, nil,
			`element [1] is 1e+300, not a float32`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var rules []Rule
			for _, s := range c.rules {
				r, err := ParseRule(s)
				require.NoError(t, err)
				require.Equal(t, s, r.String())
				rules = append(rules, r)
			}
			m, err := c.file.FitTo(program(), rules)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, []float64{2, 2, 2}, m.Tensors[0].Values)
			require.Equal(t, c.want, m.Tensors[1].Values)
			require.Equal(t, []float64{1, 2}, m.Tensors[2].Values)
			require.Empty(t, m.Unused)
			for _, dtype := range []ir.DType{ir.Float32, ir.Float64} {
				var b bytes.Buffer
				require.NoError(t, m.Save(&b, dtype))
				back, err := Parse(b.Bytes())
				require.NoError(t, err)
				require.Equal(t, c.want, back.Tensor("out.weight").Values())
				require.Equal(t, "F"+strings.TrimPrefix(string(dtype), "float"), back.Tensor("out.bias").DType)
			}
		})
	}
}

func TestMask(t *testing.T) {
	prog := program()
	prog.Params[1].Param.Mask = &ir.Mask{Out: 2, In: 3, Cols: [][]int{{0, 1, 2}, {0, 2}}}
	f := fileOf(t, nnrt.Tensor{Name: "out.weight", Shape: []int{2, 3}}, nnrt.Tensor{Name: "out.bias", Shape: []int{2}})
	_, err := f.FitTo(prog, nil)
	require.ErrorContains(t, err, "element [1 1] is 5, but the mask of the layer has no connection there; set it to 0, or correct the mask")
	prog.Params[1].Param.Mask.Cols[1] = []int{0, 1, 2}
	_, err = f.FitTo(prog, nil)
	require.NoError(t, err)
}

// TestFitted: statistics that come of training are not those of the spec.
func TestFitted(t *testing.T) {
	prog := program()
	prog.Params[0].Param.FitPort = "x"
	f := fileOf(t, nnrt.Tensor{Name: "out.weight", Shape: []int{2, 3}}, nnrt.Tensor{Name: "out.bias", Shape: []int{2}})
	_, err := f.FitTo(prog, nil)
	require.ErrorContains(t, err, `tensor "x.std" [3]: the file has no tensor of this name`)
	prog.Params[0].Param.Stat = "class_weights" // but those of the loss, which inference does not need
	matches, err := f.FitTo(prog, nil)
	require.NoError(t, err)
	require.Equal(t, []float64{2, 2, 2}, matches.Tensors[0].Values) // as they begin
}

func TestRules(t *testing.T) {
	for _, bad := range []string{"", "a", "=b", "a=", "a=:transpose", ":transpose"} {
		_, err := ParseRule(bad)
		require.ErrorContains(t, err, "must be THEIRS=OURS", bad)
	}
	_, err := ParseRule("a=b:T")
	require.ErrorContains(t, err, `the options are :transpose and :keras, got ":T"`)
	r, err := ParseRule("dense/kernel:0=d.weight")
	require.NoError(t, err)
	require.Equal(t, Rule{From: "dense/kernel:0", To: "d.weight"}, r)
	r, err = ParseRule("a/gru=gru1:keras")
	require.NoError(t, err)
	require.Equal(t, Rule{From: "a/gru", To: "gru1", Keras: true}, r)
	require.Equal(t, "a/gru=gru1:keras", r.String())
}

func TestCheckNative(t *testing.T) {
	require.NoError(t, CheckNative("w", []byte(claim("F32", "[2]", "[0,8]"))))
	require.ErrorContains(t, CheckNative("w", []byte(npz(0, "a.npy", ""))), "w: the file is .npz, not safetensors; convert it: nngen weights SPEC --from w --out")
	require.ErrorContains(t, CheckNative("w", []byte("\x80\x02}")), "w: byte 0: the file is a pickle")
}

// TestRecurrentModules: a recurrent module of PyTorch has the tensors of several layers.
func TestRecurrentModules(t *testing.T) {
	for from, want := range map[string]string{"gru": "gru.weight_ih_l0", "gru_l1": "gru.weight_ih_l1", "net.gru_l0_reverse": "net.gru.weight_ih_l0_reverse"} {
		require.Contains(t, Rule{From: from, To: "gru1"}.candidates("gru1.weight_ih"), want)
	}
	require.Equal(t, []string{"a.weight_ih_l3"}, Rule{From: "a.weight_ih_l3", To: "gru1.weight_ih"}.candidates("gru1.weight_ih"))
}
