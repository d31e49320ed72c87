package gen

import (
	"bytes"

	"github.com/nngen-go/nngen/gen/plan"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
)

// checkEmbedded refuses weights that the generated package could not load.
func checkEmbedded(net *spec.Network, p *plan.Plan) error {
	name := net.Codegen.Embed
	if name == "" {
		return nil
	}
	refuse := func(hint, format string, args ...any) error {
		return spec.ErrorList{net.Errorf(net.Codegen.Pos, hint, format, args...)}
	}
	data, ok := net.Files[name]
	if !ok {
		return refuse("train the network first: nngen train SPEC --data … --out "+name, "codegen: there is no file %s to embed", name)
	}
	var tensors []nnrt.Tensor
	for _, t := range p.Tensors {
		tensors = append(tensors, nnrt.Tensor{Name: t.Value.Name, Shape: t.Value.Shape})
	}
	if err := nnrt.LoadTensors(bytes.NewReader(data), tensors, nil, func(int, []float64) error { return nil }); err != nil {
		return refuse("train the network again, or embed the weights of this network", "codegen: cannot embed %s: %v", name, err)
	}
	return nil
}
