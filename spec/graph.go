package spec

import (
	"fmt"

	yaml "go.yaml.in/yaml/v4"

	"github.com/nngen-go/nngen/spec/code"
	"github.com/nngen-go/nngen/spec/plural"
)

// connect resolves what each layer reads.
func (d *decoder) connect() {
	inputs, index := map[string]bool{}, map[string]int{}
	for _, in := range d.net.Inputs {
		inputs[in.Name] = true
	}
	for i := range d.net.Layers {
		if name := d.net.Layers[i].Name; name != "" {
			if _, taken := index[name]; !taken {
				index[name] = i
			}
		}
	}
	for i := range d.net.Layers {
		l := &d.net.Layers[i]
		if d.kinds[i] == nil {
			continue
		}
		if d.kinds[i].NoFrom {
			if src := d.sources[i]; src != nil {
				d.fail(src[0], "remove from:", code.Sources+"%s reads nothing, so it takes no from", layerContext(i, l))
			}
			continue
		}
		if d.sources[i] == nil {
			d.readAbove(i, l)
		}
		if d.full() {
			return // proposals for names are slow in a large net
		}
		for _, n := range d.sources[i] {
			d.readNamed(i, l, n, inputs, index)
		}
		d.arity(i, l)
	}
}

// readAbove connects a layer without from.
func (d *decoder) readAbove(i int, l *Layer) {
	in := d.net.Inputs
	switch {
	case i > 0:
		l.From = []string{d.net.Layers[i-1].Name}
	case len(in) == 1:
		l.From = []string{in[0].Name}
	case len(in) > 1 && !d.unsure:
		names := make([]string, len(in))
		for j := range in {
			names[j] = in[j].Name
		}
		d.failAt(l.Pos, "write from: "+names[0], code.Sources+"%s must say which input it reads: %s", layerContext(i, l), orList(names))
		d.unsure = true
	}
}

// readNamed connects a layer to one name of its from.
func (d *decoder) readNamed(i int, l *Layer, n *yaml.Node, inputs map[string]bool, index map[string]int) {
	name, where := n.Value, layerContext(i, l)
	l.From = append(l.From, name)
	j, isLayer := index[name]
	switch {
	case inputs[name] || isLayer && j < i:
		return
	case isLayer && j == i:
		d.fail(n, "", code.From+"%s: from names the layer itself", where)
	case isLayer:
		d.fail(n, "a layer reads inputs and layers above it; move one of the two",
			code.From+"%s: from names %s, which stands below it as layer %d", where, name, j+1)
	case !d.unsure:
		names := d.layerNames(i)
		for _, in := range d.net.Inputs {
			names = append(names, in.Name)
		}
		d.fail(n, didYouMean(name, names), code.From+"%s: from names %s, which is no input and no layer above", where, quote(name))
	}
	d.unsure = true
}

// arity checks the number of sources.
func (d *decoder) arity(i int, l *Layer) {
	lo, hi := d.kinds[i].arity()
	at, got := l.Pos, len(l.From)
	if src := d.sources[i]; src != nil {
		at = pos(src[min(len(src)-1, max(0, hi))])
	}
	switch {
	case got == 0 || got >= lo && (hi < 0 || got <= hi):
	case got < lo:
		d.failAt(at, "write from: [a, b]", code.Sources+"%s needs at least %s, got %d", layerContext(i, l), plural.Of(lo, "source"), got)
	case hi == 1:
		d.failAt(at, "join them with add or concat first", code.Sources+"%s reads one source, got %d", layerContext(i, l), got)
	default:
		d.failAt(at, "", code.Sources+"%s reads at most %s, got %d", layerContext(i, l), plural.Of(hi, "source"), got)
	}
}

// checkRead refuses inputs and layers that nobody reads.
func (d *decoder) checkRead() {
	if d.unsure {
		return
	}
	read := map[string]bool{}
	for i := range d.net.Layers {
		for _, name := range d.net.Layers[i].From {
			read[name] = true
		}
		for _, p := range d.kinds[i].Params {
			if p.Layer {
				read[d.net.Layers[i].Args.Text(p.Name)] = true
			}
		}
	}
	for i := range d.net.Outputs {
		read[d.net.Outputs[i].From], read[d.net.Outputs[i].Lengths] = true, true
	}
	for i := range d.net.Inputs {
		if in := &d.net.Inputs[i]; !read[in.Name] {
			d.failAt(in.Pos, "name it in the from: of a layer, or remove it", code.Unread+"input %q: nobody reads it", in.Name)
		}
	}
	for i := range d.net.Layers {
		if l := &d.net.Layers[i]; !read[l.Name] {
			d.failAt(l.Pos, "name it in the from: of a layer or an output, or remove it", code.Unread+"%s: nobody reads it", layerContext(i, l))
		}
	}
}

// checkNames refuses names that become one Go identifier.
func (d *decoder) checkNames() {
	type owner struct{ what, name string }
	owners := map[string]owner{}
	claim := func(p Pos, context, what, name string) {
		if name == "" || checkName(name) != "" {
			return
		}
		o, taken := owners[GoName(name)]
		switch {
		case !taken:
			owners[GoName(name)] = owner{what, name}
		case o.name == name:
			d.failAt(p, "choose another name", code.NameTaken+"%s: the name %s is taken by %s", context, name, o.what)
		default:
			d.failAt(p, "choose another name", code.NameTaken+"%s: the names %s and %s (%s) are both %s in Go",
				context, name, o.name, o.what, GoName(name))
		}
	}
	for i := range d.net.Inputs {
		in := &d.net.Inputs[i]
		claim(in.Pos, fmt.Sprintf("input %q", in.Name), "the input "+in.Name, in.Name)
	}
	for i := range d.net.Outputs {
		out := &d.net.Outputs[i]
		claim(out.Pos, fmt.Sprintf("output %q", out.Name), "the output "+out.Name, out.Name)
	}
	for i := range d.net.Layers {
		l := &d.net.Layers[i]
		claim(l.Pos, layerContext(i, l), fmt.Sprintf("layer %d", i+1), l.Name)
	}
}
