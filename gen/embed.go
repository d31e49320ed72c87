package gen

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// embed returns the weight file for the binary, nil if there is none: the file
// that the spec names, or, where weights are stored narrow, the same weights as
// they are stored. It refuses weights that the generated package could not load.
func embed(net *spec.Network, p *plan.Plan) ([]byte, error) {
	name := net.Codegen.Embed
	if name == "" {
		return nil, nil
	}
	refuse := func(hint, format string, args ...any) error {
		return spec.ErrorList{net.Errorf(net.Codegen.Pos, hint, format, args...)}
	}
	data, ok := net.Files[name]
	if !ok {
		return nil, refuse("train the network first: nngen train SPEC --data … --out "+name, code.File+"codegen: there is no file %s to embed", name)
	}
	cannot := func(err error) error {
		return refuse("train the network again, or embed the weights of this network", code.File+"codegen: cannot embed %s: %v", name, err)
	}
	var tensors []nnrt.Tensor
	for _, t := range p.Tensors {
		tensors = append(tensors, nnrt.Tensor{Name: t.Value.Name, Shape: t.Value.Shape})
	}
	if net.Codegen.Storage == "float32" {
		check := func(meta map[string]string) error { return nnrt.CheckArch(meta, net.Arch()) }
		if err := nnrt.LoadTensors(bytes.NewReader(data), tensors, check, func(int, []float64) error { return nil }); err != nil {
			return nil, cannot(err)
		}
		return data, nil
	}
	file := narrowFile{}
	err := nnrt.LoadTensors(bytes.NewReader(data), tensors, func(meta map[string]string) error {
		file.meta = meta
		return nnrt.CheckArch(meta, net.Arch())
	}, func(i int, v []float32) error { return file.add(p.Tensors[i], v) })
	if err != nil {
		return nil, cannot(err)
	}
	return file.bytes()
}

// narrowFile is a weight file whose tensors have types of their own.
type narrowFile struct {
	meta    map[string]string
	tensors []narrowTensor
}

type narrowTensor struct {
	name, dtype string
	shape       []int
	data        []byte
}

// add adds a tensor in the form in which it is stored: float16 as F16, int8 as
// I8 with the scales of its rows beside it.
func (f *narrowFile) add(t *plan.Tensor, v []float32) error {
	x := narrowTensor{name: t.Value.Name, dtype: "F32", shape: t.Value.Shape}
	le := binary.LittleEndian
	switch t.Layout.Elem {
	case ir.Float16:
		if err := nnrt.CheckStored(x.name, v, nnrt.Largest16, "float16"); err != nil {
			return err
		}
		x.dtype = "F16"
		for _, w := range v {
			x.data = le.AppendUint16(x.data, nnrt.Round16(w))
		}
	case ir.Int8:
		if err := nnrt.CheckStored(x.name, v, nnrt.Largest8, "int8"); err != nil {
			return err
		}
		x.dtype = "I8"
		scales := narrowTensor{name: plan.ScaleName(x.name), dtype: "F32", shape: x.shape[:1]}
		for row := range slices.Chunk(v, x.shape[1]) {
			s := nnrt.Scale8(row)
			scales.data, _ = binary.Append(scales.data, le, s)
			for _, w := range row {
				x.data = append(x.data, byte(nnrt.Round8(w, s)))
			}
		}
		f.tensors = append(f.tensors, scales)
	default:
		x.data, _ = binary.Append(x.data, le, v)
	}
	f.tensors = append(f.tensors, x)
	return nil
}

// bytes is the file in the safetensors format, tensors by size of element and
// name: data of four bytes come first, and so lie at a multiple of four.
func (f *narrowFile) bytes() ([]byte, error) {
	slices.SortFunc(f.tensors, func(a, b narrowTensor) int {
		if size := map[string]int{"F32": 0, "F16": 1, "I8": 2}; a.dtype != b.dtype {
			return size[a.dtype] - size[b.dtype]
		}
		return strings.Compare(a.name, b.name)
	})
	header := map[string]any{}
	if len(f.meta) > 0 {
		header["__metadata__"] = f.meta
	}
	var data []byte
	for _, t := range f.tensors {
		header[t.name] = map[string]any{"dtype": t.dtype, "shape": t.shape, "data_offsets": []int{len(data), len(data) + len(t.data)}}
		data = append(data, t.data...)
	}
	text, err := json.Marshal(header)
	if err != nil {
		return nil, err
	}
	text = append(text, strings.Repeat(" ", (8-len(text)%8)%8)...)
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	return append(append(out, text...), data...), nil
}
