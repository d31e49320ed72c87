package spec

import (
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"

	yaml "go.yaml.in/yaml/v4"
)

// Builder describes a network in Go. Build checks it by the same rules as a
// spec file; errors name the Go line of the call.
//
//	b := spec.New("digits")
//	x := b.Input("x", 64)
//	h := b.Layer("dense", x, spec.Fields{"units": 64, "activation": "relu"})
//	b.Output("y", b.Layer("dense", h, spec.Fields{"units": 10}))
//	b.Loss("cross_entropy")
//	net, err := b.Build(vocabulary)
type Builder struct {
	src     *source
	top     *yaml.Node
	inputs  *yaml.Node
	outputs *yaml.Node
	nodes   []built
	names   []string // of nodes, once they are known
	layers  []*yaml.Node
}

// Fields are the fields of a word. Values are numbers, booleans, strings,
// slices of them, and Fields, as in
//
//	Fields{"units": 64, "activation": Fields{"leaky_relu": Fields{"negative_slope": 0.2}}}
type Fields map[string]any

// Ref names inputs and layers for others to read.
type Ref struct {
	b   *Builder
	ids []int
}

// built is an input or a layer.
type built struct {
	name string // as written, "" for a layer without a name
	kind string // "" for an input
}

// Join is what a layer with several sources reads, such as add.
func Join(refs ...Ref) Ref {
	var joined Ref
	for i, r := range refs {
		if i > 0 && r.b != joined.b {
			return Ref{ids: []int{-1}}
		}
		joined = Ref{r.b, append(joined.ids, r.ids...)}
	}
	return joined
}

// New starts a network with a name.
func New(name string) *Builder {
	b := &Builder{src: &source{}}
	at := b.caller()
	b.src.file = b.src.goFiles[0]
	b.top, b.inputs, b.outputs = mapAt(at), mapAt(at), mapAt(at)
	b.set(b.top, at, "nngen", Version)
	b.set(b.top, at, "name", name)
	return b
}

// caller is the place of the call of a Builder's method.
func (b *Builder) caller() Pos {
	_, file, line, _ := runtime.Caller(2)
	file = filepath.Base(file)
	i := slices.Index(b.src.goFiles, file)
	if i < 0 {
		i = len(b.src.goFiles)
		b.src.goFiles = append(b.src.goFiles, file)
	}
	return Pos{line, -i}
}

func mapAt(at Pos) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Line: at.Line, Column: at.Col}
}

// set adds a field to a map.
func (b *Builder) set(m *yaml.Node, at Pos, key string, value any) {
	m.Content = append(m.Content, node(key, at), node(value, at))
}

// Package sets the name of the Go package, if it is not the network's.
func (b *Builder) Package(name string) { b.set(b.top, b.caller(), "package", name) }

// Doc sets the documentation of the network.
func (b *Builder) Doc(text string) { b.set(b.top, b.caller(), "doc", text) }

// License sets the licence of the generated code.
func (b *Builder) License(text string) { b.set(b.top, b.caller(), "license", text) }

// Loss sets the loss of every output without its own.
func (b *Builder) Loss(word string, fields ...Fields) {
	b.set(b.top, b.caller(), "loss", Fields{word: merge(fields)})
}

// Optimizer sets the optimiser.
func (b *Builder) Optimizer(word string, fields ...Fields) {
	b.set(b.top, b.caller(), "optimizer", Fields{word: merge(fields)})
}

// Numeric sets the numeric contract.
func (b *Builder) Numeric(fields Fields) { b.set(b.top, b.caller(), "numeric", fields) }

// Budget says what the network may cost.
func (b *Builder) Budget(fields Fields) { b.set(b.top, b.caller(), "budget", fields) }

// Codegen says what to generate.
func (b *Builder) Codegen(fields Fields) { b.set(b.top, b.caller(), "codegen", fields) }

// Input adds an input.
func (b *Builder) Input(name string, shape ...int) Ref {
	return b.input(b.caller(), name, Fields{"shape": shape})
}

// NormalizedInput adds an input with its normalisation: "standard" or
// Fields{"mean": …, "std": …} or Fields{"min": …, "max": …}.
func (b *Builder) NormalizedInput(name string, normalize any, shape ...int) Ref {
	return b.input(b.caller(), name, Fields{"shape": shape, "normalize": normalize})
}

// InputWith adds an input with further fields, such as those of an image of
// bytes: Fields{"layout": "hwc", "dtype": "uint8", "normalize": …}.
func (b *Builder) InputWith(name string, fields Fields, shape ...int) Ref {
	all := merge([]Fields{fields})
	all["shape"] = shape
	return b.input(b.caller(), name, all)
}

// ColumnInput adds an input whose elements are the columns of a table;
// further fields, such as normalize, may follow.
func (b *Builder) ColumnInput(name string, columns []string, fields ...Fields) Ref {
	all := merge(fields)
	all["columns"] = columns
	return b.input(b.caller(), name, all)
}

// EncodedInput is ColumnInput with columns that have fields, such as
// Fields{"name": "city", "one_hot": []string{"Rome", "Oslo"}}.
func (b *Builder) EncodedInput(name string, columns []Fields, fields ...Fields) Ref {
	all := merge(fields)
	all["columns"] = columns
	return b.input(b.caller(), name, all)
}

func (b *Builder) input(at Pos, name string, fields Fields) Ref {
	b.set(b.inputs, at, name, fields)
	b.nodes = append(b.nodes, built{name: name})
	return Ref{b, []int{len(b.nodes) - 1}}
}

// Layer adds a layer that reads from: an input, a layer, or a Join of them.
func (b *Builder) Layer(kind string, from Ref, fields ...Fields) Ref {
	at, all := b.caller(), merge(fields)
	all["from"] = from
	return b.layer(at, kind, all)
}

// Source adds a layer that reads nothing, such as constant.
func (b *Builder) Source(kind string, fields ...Fields) Ref {
	return b.layer(b.caller(), kind, merge(fields))
}

func (b *Builder) layer(at Pos, kind string, all Fields) Ref {
	name, _ := all["name"].(string)
	layer := mapAt(at)
	b.set(layer, at, kind, all)
	b.nodes = append(b.nodes, built{name: name, kind: kind})
	b.layers = append(b.layers, layer)
	return Ref{b, []int{len(b.nodes) - 1}}
}

// Output adds an output that reads a layer; its fields are labels, normalize, loss
// and weight.
func (b *Builder) Output(name string, from Ref, fields ...Fields) {
	all := merge(fields)
	all["from"] = from
	b.set(b.outputs, b.caller(), name, all)
}

// Build checks the network and fills in its defaults.
func (b *Builder) Build(v *Vocabulary) (*Network, error) {
	b.name(v)
	root := *b.top
	at := Pos{root.Line, root.Column}
	list := &yaml.Node{Kind: yaml.SequenceNode, Content: b.layers, Line: at.Line, Column: at.Col}
	root.Content = slices.Clone(root.Content)
	root.Content = append(root.Content, node("layers", at), list)
	if len(b.inputs.Content) > 0 {
		root.Content = append(root.Content, node("inputs", at), b.inputs)
	}
	if len(b.outputs.Content) > 0 {
		root.Content = append(root.Content, node("outputs", at), b.outputs)
	}
	return decodeTree(b.src, b.resolve(&root), v)
}

// name gives every layer its name, by the rule of the decoder.
func (b *Builder) name(v *Vocabulary) {
	count := map[string]int{}
	b.names = b.names[:0]
	for _, n := range b.nodes {
		kind := n.kind
		if k := v.layerKind(kind); k != nil {
			kind = k.Name
		}
		count[kind]++
		name := n.name
		if name == "" {
			name = fmt.Sprintf("%s%d", kind, count[kind])
		}
		b.names = append(b.names, name)
	}
}

// merge joins the optional fields of a call.
func merge(list []Fields) Fields {
	all := Fields{}
	for _, f := range list {
		maps.Copy(all, f)
	}
	return all
}

// node writes a Go value as the decoder expects it. References stay open until
// the names are known: their node has the kind 0.
func node(value any, at Pos) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Line: at.Line, Column: at.Col}
	switch x := value.(type) {
	case string:
		n.Tag, n.Value = "!!str", x
	case bool:
		n.Tag, n.Value = "!!bool", strconv.FormatBool(x)
	case int:
		n.Tag, n.Value = "!!int", strconv.Itoa(x)
	case float64:
		n.Tag, n.Value = "!!float", strconv.FormatFloat(x, 'g', -1, 64)
	case Fields:
		n.Kind = yaml.MappingNode
		for _, key := range slices.Sorted(maps.Keys(x)) {
			n.Content = append(n.Content, node(key, at), node(x[key], at))
		}
	case Ref:
		return refNode(x, at)
	case []int:
		return listNode(x, at)
	case []float64:
		return listNode(x, at)
	case []string:
		return listNode(x, at)
	case []Fields:
		return listNode(x, at)
	default:
		n.Tag, n.Value = "!!go", fmt.Sprintf("a Go value of type %T", value)
	}
	return n
}

func listNode[T any](list []T, at Pos) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Line: at.Line, Column: at.Col}
	for _, x := range list {
		n.Content = append(n.Content, node(x, at))
	}
	return n
}
