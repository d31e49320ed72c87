package export

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx"
)

const (
	opset     = 17
	irVersion = 8
	batchName = "batch" // the symbolic dimension
)

// Model returns a network as an ONNX model. prog is its program, and params its
// parameters by name, row-major.
func Model(net *spec.Network, prog *ir.Program, params map[string][]float64) (*onnx.Model, error) {
	e := &exporter{
		net: net, prog: prog, params: params, graph: &onnx.Graph{Name: net.Name, DocString: net.Doc},
		elem: onnx.Float, taken: map[string]bool{}, values: map[string]value{}, stored: map[string]bool{}, numbers: map[float64]string{},
	}
	if prog.DType == ir.Float64 {
		e.elem = onnx.Double
	}
	e.reserve()
	e.inputs()
	for i := range net.Layers {
		e.layer(&net.Layers[i])
	}
	for _, connect := range e.pending {
		connect()
	}
	e.outputs()
	e.graph.Outputs = append(e.graph.Outputs, e.kept...)
	if e.err != nil {
		return nil, e.err
	}
	return &onnx.Model{
		IRVersion: irVersion, ProducerName: "nngen", Graph: e.graph,
		OpsetImports: []*onnx.OperatorSet{{Version: opset}}, MetadataProps: labels(net),
	}, nil
}

// labels are the names of the classes of each output that has some, as JSON.
func labels(net *spec.Network) (props []*onnx.Entry) {
	for _, out := range net.Outputs {
		if len(out.Labels) > 0 {
			list, err := json.Marshal(out.Labels)
			if err != nil {
				panic(err) // of texts
			}
			props = append(props, &onnx.Entry{Key: onnx.LabelsKey + out.Name, Value: string(list)})
		}
	}
	return props
}

// exporter builds the graph. After the first error it goes on with anything.
type exporter struct {
	net     *spec.Network
	prog    *ir.Program
	params  map[string][]float64
	graph   *onnx.Graph
	elem    onnx.DataType
	taken   map[string]bool    // names of values
	values  map[string]value   // of inputs and layers, by their names
	stored  map[string]bool    // initialisers
	numbers map[float64]string // initialisers of one number
	pending []func()           // what connects states with layers below them
	kept    []*onnx.ValueInfo  // the states of the next call, the last outputs
	at      string             // the layer that is written
	err     error
}

// value is a tensor of the graph: one per sample of the shape dims, or a
// constant without the batch.
type value struct {
	name     string
	dims     []int
	constant bool
}

func (e *exporter) fail(format string, args ...any) {
	if e.err == nil {
		e.err = fmt.Errorf(format, args...)
	}
}

// reserve keeps the names of the spec, which differ.
func (e *exporter) reserve() {
	for _, l := range e.net.Layers {
		e.taken[l.Name] = true
	}
	for _, in := range e.net.Inputs {
		e.taken[in.Name] = true
	}
	for _, out := range e.net.Outputs {
		e.taken[out.Name] = true
	}
	for _, p := range e.prog.Params {
		e.taken[p.Name] = true
	}
}

// unique returns a name that no value has.
func (e *exporter) unique(name string) string {
	free := name
	for i := 2; e.taken[free]; i++ {
		free = fmt.Sprintf("%s_%d", name, i)
	}
	e.taken[free] = true
	return free
}

func (e *exporter) inputs() {
	for _, in := range e.net.Inputs {
		x := value{name: in.Name, dims: in.Shape}
		info := e.info(x)
		e.graph.Inputs = append(e.graph.Inputs, info)
		if in.Bytes {
			e.at = in.Name
			info.Type.Tensor.ElemType = onnx.Uint8
			x.name = e.node("Cast", []string{x.name}, integer("to", int(e.elem)))
		}
		if in.Normalize != nil {
			e.at = in.Name
			mean, std := e.param(in.Name+".mean", in.Shape), e.param(in.Name+".std", in.Shape)
			x.name = e.node("Div", []string{e.node("Sub", []string{x.name, mean}), std})
		}
		if in.ChannelsLast {
			last := len(x.dims)
			perm := []int{0, last}
			for i := range last - 1 {
				perm = append(perm, 1+i)
			}
			e.at = in.Name
			x = value{name: e.node("Transpose", []string{x.name}, integers("perm", perm)), dims: append([]int{x.dims[last-1]}, x.dims[:last-1]...)}
		}
		if e.values[in.Name] = x; in.Context > 0 {
			e.at = in.Name
			e.values[in.Name] = e.context(&in, x)
		}
	}
}

// layer writes a layer. Its last node gives the value its name.
func (e *exporter) layer(l *spec.Layer) {
	e.at = l.Name
	first := len(e.graph.Nodes)
	xs := make([]value, len(l.From))
	for i, from := range l.From {
		xs[i] = e.values[from]
	}
	var y value
	if write := layers[l.Kind]; write != nil {
		y = write(e, l, xs)
	} else {
		y = e.activation(&spec.Named{Name: l.Kind, Args: l.Args}, xs[0])
	}
	if !y.constant {
		y.dims = e.prog.Shapes[l.Name]
	}
	for _, n := range e.graph.Nodes[first:] {
		if n.Outputs[0] == y.name {
			y.name = l.Name
			n.Name, n.Outputs[0] = l.Name, l.Name
		}
	}
	e.values[l.Name] = y
}

// outputs names the results. A value that is read elsewhere too is passed on
// by an Identity.
func (e *exporter) outputs() {
	for _, out := range e.net.Outputs {
		e.at = out.Name
		y := e.batched(e.values[out.From])
		if out.Normalize != nil {
			std, mean := e.param(out.Name+".std", y.dims), e.param(out.Name+".mean", y.dims)
			y.name = e.node("Add", []string{e.node("Mul", []string{y.name, std}), mean})
		}
		e.name(y, out.Name)
		e.graph.Outputs = append(e.graph.Outputs, e.info(value{name: out.Name, dims: y.dims}))
	}
}

// name gives a value the name of an output.
func (e *exporter) name(y value, name string) {
	var maker *onnx.Node
	read := slices.ContainsFunc(e.graph.Outputs, func(o *onnx.ValueInfo) bool { return o.Name == y.name })
	for _, n := range e.graph.Nodes {
		if n.Outputs[0] == y.name {
			maker = n
		}
		read = read || slices.Contains(n.Inputs, y.name)
	}
	if maker == nil || read {
		maker = &onnx.Node{Name: e.at, OpType: "Identity", Inputs: []string{y.name}, Outputs: []string{""}}
		e.graph.Nodes = append(e.graph.Nodes, maker)
	}
	maker.Outputs[0] = name
	for from, v := range e.values { // for further outputs of the same value
		if v.name == y.name {
			v.name = name
			e.values[from] = v
		}
	}
}

// info describes an input or an output.
func (e *exporter) info(v value) *onnx.ValueInfo {
	dims := []*onnx.Dim{{Param: batchName}}
	if len(e.prog.Memory) > 0 { // a stream is one sample
		dims = []*onnx.Dim{{Value: 1, HasValue: true}}
	}
	for _, d := range v.dims {
		dims = append(dims, &onnx.Dim{Value: int64(d), HasValue: true})
	}
	return &onnx.ValueInfo{Name: v.name, Type: &onnx.Type{Tensor: &onnx.TensorType{ElemType: e.elem, Shape: &onnx.Shape{Dims: dims}}}}
}
