package spec

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	yaml "go.yaml.in/yaml/v4"

	"github.com/nngen-go/nngen/spec/code"
)

// Limits on nets that the grammar can check; the compiler checks the number of
// parameters.
const (
	MaxDim    = 1_000_000   // elements per dimension
	MaxLayers = 10_000      // layers
	maxRank   = 8           // dimensions of an input
	maxSize   = 100_000_000 // elements of an input
)

// Names of the input and the output of a network that has one and does not
// name it.
const (
	defaultInput  = "x"
	defaultOutput = "y"
)

// port is one entry of inputs or outputs.
type port struct {
	where string // for messages: input "image"
	name  string
	at    *yaml.Node // its name, or the key's value in the short form
	body  *yaml.Node
}

// ports lists the entries of `input` or `inputs` (output, outputs).
func (d *decoder) ports(top entries, one, many, name string) []port {
	single, several := top.get(one), top.get(many)
	switch {
	case single != nil && several != nil:
		d.unsure = true
		d.fail(single, "write one of them", code.Conflict+"%s and %s say the same thing", one, many)
		return nil
	case single != nil:
		return []port{{one, name, single, single}}
	case several == nil:
		d.unsure = true
		return nil
	case several.Kind != yaml.MappingNode || len(several.Content) == 0:
		d.unsure = true
		d.fail(several, "write "+many+": {NAME: {…}}", code.Form+"%s must be a map of names, got %s", many, describe(several))
		return nil
	}
	var list []port
	for i := 0; i+1 < len(several.Content); i += 2 {
		key := several.Content[i]
		if _, ok := d.name("the name of an "+one, key); ok {
			where := fmt.Sprintf("%s %q", one, key.Value)
			list = append(list, port{where, key.Value, key, deref(several.Content[i+1])})
		} else {
			d.unsure = true
		}
	}
	return list
}

// portFields lists the fields of one input or output.
func (d *decoder) portFields(p port, known []string) (entries, bool) {
	if d.bad[p.body] {
		return entries{}, false
	}
	if p.body.Kind != yaml.MappingNode {
		d.fail(p.body, fieldHint("", known), code.Form+"%s must be a map of fields, got %s", p.where, describe(p.body))
		return entries{}, false
	}
	if n := peek(p.body, "name"); n != nil && p.at == p.body && isText(n) && checkName(n.Value) == "" {
		d.nameHint = fmt.Sprintf("write %ss: {%s: {…}}", p.where, n.Value)
	}
	e := d.entries(p.where, p.body, known)
	d.nameHint = ""
	e.node = p.at
	return e, true
}

func (d *decoder) inputs(root *yaml.Node, top entries) {
	if top.misses("input") && top.misses("inputs") {
		d.fail(root, "write input: {shape: [64]}", code.Missing+"input is missing")
	}
	for _, p := range d.ports(top, "input", "inputs", defaultInput) {
		in := Input{Pos: pos(p.at), Name: p.name}
		if e, ok := d.portFields(p, []string{"shape", "columns", "layout", "dtype", "normalize", "context"}); ok {
			if n := e.get("columns"); n != nil {
				if in.Columns = d.columns(p.where, n, e); in.Columns != nil {
					in.Shape = []int{in.width()}
				}
			} else {
				in.Shape = d.shape(p.where, e)
			}
			if n := e.get("normalize"); n != nil {
				in.Normalize = d.normalize(join(p.where, "normalize"), n, in.Shape)
			}
			d.layout(&in, p, e)
			d.elements(&in, p, e)
			d.context(&in, p, e)
		}
		d.net.Inputs = append(d.net.Inputs, in)
	}
}

// layout decodes where the channels are.
func (d *decoder) layout(in *Input, p port, e entries) {
	n := e.get("layout")
	if n == nil {
		return
	}
	in.ChannelsLast = d.value(p.where, &Param{Name: "layout", Type: Enum, Enum: layouts}, n) == any("hwc")
	switch {
	case in.Columns != nil || !e.misses("context"):
		d.fail(n, "remove it", code.Conflict+"%s: columns and a context have no channels", join(p.where, "layout"))
	case in.ChannelsLast && in.Shape != nil && len(in.Shape) != 2 && len(in.Shape) != 3:
		d.fail(n, "write shape: [height, width, channels]", code.Conflict+"%s: layout: hwc needs a shape of 2 or 3 dimensions, the channels last, got %s", p.where, list(in.Shape, strconv.Itoa))
	}
}

// elements decodes what an input is made of.
func (d *decoder) elements(in *Input, p port, e entries) {
	n := e.get("dtype")
	if n == nil {
		return
	}
	in.Bytes = d.value(p.where, &Param{Name: "dtype", Type: Enum, Enum: elementTypes}, n) == any("uint8")
	where := join(p.where, "dtype")
	switch {
	case !in.Bytes:
	case in.Columns != nil || !e.misses("context"):
		d.fail(n, "remove it", code.Conflict+"%s: columns and a context are no bytes", where)
	case in.Normalize != nil && in.Normalize.Fit:
		d.fail(n, "write normalize: {min: 0, max: 255}, or {mean: …, std: …}", code.Conflict+"%s: standard is not fitted to bytes", where)
	}
}

// elementTypes are those of an input: floating-point numbers of the network's own
// type, or bytes.
var elementTypes = []string{"float", "uint8"}

// layouts say where the channels of an input are: before height and width, or
// behind them.
var layouts = []string{"chw", "hwc"}

// context decodes how much of the call before an input keeps.
func (d *decoder) context(in *Input, p port, e entries) {
	n := e.get("context")
	if n == nil {
		return
	}
	where := join(p.where, "context")
	size, ok := d.integer(where, n, &Range{Min: 1, Max: MaxDim})
	if !ok {
		return
	}
	in.Context = size.(int)
	switch {
	case in.Columns != nil || in.Normalize != nil:
		d.fail(n, "remove one of the two", code.Conflict+"%s: the input of a stream has neither columns nor normalize", where)
	case len(in.Shape) > 1:
		d.fail(n, "write shape: [512], and a reshape behind it", code.Conflict+"%s needs a shape of one dimension, got %s", where, list(in.Shape, strconv.Itoa))
	}
}

func (d *decoder) shape(where string, e entries) []int {
	n := e.get("shape")
	if n == nil {
		if e.misses("shape") && e.misses("columns") {
			d.fail(e.node, "write shape: [64], or columns: [age, income]", code.Missing+"%s: shape is missing", where)
		}
		return nil
	}
	where = join(where, "shape")
	dims := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		dims = n.Content
	}
	if len(dims) == 0 || len(dims) > maxRank {
		d.fail(n, "", code.Range+"%s must have 1 to %d dimensions, got %d", where, maxRank, len(dims))
		return nil
	}
	var shape []int
	size := 1.0
	for _, c := range dims {
		i, ok := d.integer(where, deref(c), &Range{Min: 1, Max: MaxDim})
		if !ok {
			return nil
		}
		shape = append(shape, i.(int))
		size *= float64(i.(int))
	}
	if size > maxSize {
		d.fail(n, "", code.Limit+"%s has %s elements; the limit is %d", where, num(size), maxSize)
		return nil
	}
	return shape
}

// Size is the number of elements of an input.
func (in *Input) Size() int {
	size := 1
	for _, n := range in.Shape {
		size *= n
	}
	return size
}

func (d *decoder) outputs(root *yaml.Node, top entries) {
	ports := []port{{"output", defaultOutput, root, &yaml.Node{Kind: yaml.MappingNode}}}
	if !top.misses("output") || !top.misses("outputs") {
		ports = d.ports(top, "output", "outputs", defaultOutput)
	}
	shared := top.get("loss")
	var loss *Named
	if shared != nil {
		loss = d.word("", "loss", shared, LossSlot)
	}
	written := shared != nil || !top.misses("loss")
	for _, p := range ports {
		if len(ports) > 1 && p.name == "valid" {
			d.fail(p.at, "name it otherwise", code.NameTaken+"%s: the targets that are generated have a method of this name", p.where)
		}
		out := Output{Pos: pos(p.at), Name: p.name, Weight: 1}
		if e, ok := d.portFields(p, []string{"from", "labels", "normalize", "loss", "lengths", "weight"}); ok {
			written = written || !e.misses("loss")
			d.output(&out, p, e, shared != nil)
			d.outputFrom(&out, p, e, len(ports))
			d.lengths(&out, p, e)
		}
		if out.Loss == nil {
			out.Loss = loss
		}
		d.resolve(&out)
		d.net.Outputs = append(d.net.Outputs, out)
	}
	if d.net.Codegen.Train && !written && len(ports) > 0 {
		d.fail(root, "write loss: mse, or codegen: {train: false}", code.Missing+"loss is missing: a net that trains needs one")
	}
}

// output decodes the fields of an output.
func (d *decoder) output(out *Output, p port, e entries, shared bool) {
	if n := e.get("labels"); n != nil {
		out.Labels = d.texts(join(p.where, "labels"), "label", n, `write labels: ["no", "yes"]`)
	}
	if n := e.get("normalize"); n != nil {
		out.Normalize = d.normalize(join(p.where, "normalize"), n, nil) // the size is not known yet
	}
	if n := e.get("loss"); n != nil {
		out.Loss = d.word(p.where, "loss", n, LossSlot)
	}
	if n := e.get("weight"); n != nil {
		x, _ := d.number(join(p.where, "weight"), n, &Range{Max: math.Inf(1), MinOpen: true})
		out.Weight = x.(float64)
		if !shared && e.misses("loss") {
			d.fail(n, "write loss: mse beside it", code.Conflict+"%s: weight needs a loss", p.where)
		}
	}
}

// outputFrom resolves the layer that an output reads.
func (d *decoder) outputFrom(out *Output, p port, e entries, count int) {
	layers := d.net.Layers
	n := e.get("from")
	switch {
	case n == nil && count == 1 && len(layers) > 0:
		out.From = layers[len(layers)-1].Name
		return
	case n == nil:
		if count > 1 && e.misses("from") {
			d.fail(e.node, "write from: and the name of a layer", code.Missing+"%s: from is missing; with several outputs each names the layer it reads", p.where)
		}
		d.unsure = true
		return
	}
	name, ok := d.reference(join(p.where, "from"), n)
	out.From = name
	known := slices.ContainsFunc(layers, func(l Layer) bool { return l.Name == name })
	isInput := slices.ContainsFunc(d.net.Inputs, func(in Input) bool { return in.Name == name })
	switch {
	case !ok:
	case known:
		return
	case isInput:
		d.fail(n, "put a layer between them", code.From+"%s: from names the input %s; an output reads a layer", p.where, plain(name))
	case !d.unsure:
		d.fail(n, didYouMean(name, d.layerNames(len(layers))), code.From+"%s: from names %s, which is no layer", p.where, quote(name))
	}
	d.unsure = true
}

// lengths resolves what says how many steps a sample of an output has.
func (d *decoder) lengths(out *Output, p port, e entries) {
	n := e.get("lengths")
	if n == nil {
		return
	}
	name, ok := d.reference(join(p.where, "lengths"), n)
	out.Lengths, out.LengthsAt = name, pos(n)
	layers := d.net.Layers
	known := slices.ContainsFunc(layers, func(l Layer) bool { return l.Name == name }) ||
		slices.ContainsFunc(d.net.Inputs, func(in Input) bool { return in.Name == name })
	if ok && !known && !d.unsure {
		d.fail(n, didYouMean(name, d.layerNames(len(layers))), code.From+"%s: lengths names %s, which is no input or layer", p.where, quote(name))
	}
}

// texts decodes a list of different texts, of which messages call one what.
func (d *decoder) texts(where, what string, n *yaml.Node, hint string) []string {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		d.fail(n, hint, code.Form+"%s must be a list of texts, got %s", where, describe(n))
		return nil
	}
	first := make(map[string]int, len(n.Content))
	list := make([]string, 0, len(n.Content))
	for i, c := range n.Content {
		c = deref(c)
		s, ok := d.text(fmt.Sprintf("%s: %s %d", where, what, i+1), c)
		switch problem := freeText(s, false); {
		case !ok:
		case s == "":
			d.fail(c, "", code.Text+"%s: %s %d must not be empty", where, what, i+1)
		case problem != "":
			d.fail(c, "", code.Text+"%s: %s %d %s", where, what, i+1, problem)
		case first[s] > 0:
			d.fail(c, "", code.NameTaken+"%s: %s %d is %s again, like %s %d", where, what, i+1, quote(s), what, first[s])
		default:
			first[s] = i + 1
		}
		list = append(list, s)
	}
	return list
}
