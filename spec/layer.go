package spec

import (
	"fmt"
	"slices"

	yaml "go.yaml.in/yaml/v4"

	"github.com/nngen-go/nngen/spec/code"
)

// layerKind looks a kind up among the layers and, since each is a layer too,
// the activations. Names go before aliases: linear is the activation, though
// some call a dense layer so.
func (v *Vocabulary) layerKind(word string) *Kind {
	l, exact := find(v.Layers, word)
	if l != nil && exact {
		return l
	}
	a, exact := find(v.Activations, word)
	if a != nil && (exact || l == nil) {
		return a
	}
	return l
}

// layers decodes the list of layers and connects them.
func (d *decoder) layers(root *yaml.Node, top entries) {
	n := top.get("layers")
	switch {
	case n == nil && top.misses("layers"):
		d.fail(root, "write layers: and a list such as - dense: {units: 10}", code.Missing+"layers is missing")
		return
	case n == nil:
		d.unsure = true
		return
	case n.Kind != yaml.SequenceNode || len(n.Content) == 0:
		d.unsure = true
		d.fail(n, "start each layer with a dash: - dense: {units: 10}", code.Form+"layers must be a list of layers, got %s", describe(n))
		return
	case len(n.Content) > MaxLayers:
		d.unsure = true
		d.fail(n, "", code.Limit+"the net has %d layers; the limit is %d", len(n.Content), MaxLayers)
		return
	}
	count := map[string]int{}
	for i, c := range n.Content {
		d.layer(i, deref(c), count)
	}
}

// layer decodes one layer. A layer that cannot be read leaves its place.
func (d *decoder) layer(i int, n *yaml.Node, count map[string]int) {
	l, src, k := Layer{Pos: pos(n)}, []*yaml.Node(nil), (*Kind)(nil)
	if key, body := d.layerKey(i, n); key != nil {
		if k = d.v.layerKind(key.Value); k == nil {
			d.fail(key, d.layerHint(key.Value), code.UnknownWord+"layer %d must be a known layer, got %s", i+1, quote(key.Value))
		} else {
			count[k.Name]++
			l.Pos, l.Kind = pos(key), k.Name
			l.Name = fmt.Sprintf("%s%d", k.Name, count[k.Name])
			src = d.layerFields(i, &l, k, key, body)
		}
	}
	d.unsure = d.unsure || k == nil
	d.net.Layers = append(d.net.Layers, l)
	d.sources = append(d.sources, src)
	d.kinds = append(d.kinds, k)
}

// layerHint proposes a kind of layer.
func (d *decoder) layerHint(word string) string {
	if near := suggest(word, append(words(d.v.Layers), words(d.v.Activations)...)); near != "" {
		return "did you mean " + near + "?"
	}
	return knownHint(names(d.v.Layers)) + ", and every activation"
}

// layerKey splits a layer into its kind and its fields; the body of a bare
// word is the word.
func (d *decoder) layerKey(i int, n *yaml.Node) (key, body *yaml.Node) {
	switch {
	case d.bad[n] || d.holes[n]:
		return nil, nil
	case isText(n):
		return n, n
	case n.Kind == yaml.MappingNode && len(n.Content) == 2:
		return n.Content[0], deref(n.Content[1])
	case n.Kind == yaml.MappingNode && len(n.Content) > 2:
		key, hint := n.Content[2], "start every layer with a dash of its own"
		if k := d.v.layerKind(n.Content[0].Value); k != nil && isNull(deref(n.Content[1])) {
			hint = fmt.Sprintf("indent the fields below %s:, or write %s: {%s: …}", k.Name, k.Name, plain(key.Value))
		}
		d.fail(key, hint, code.Form+"layer %d must be a map of one key, its kind, got %s and %s",
			i+1, plain(n.Content[0].Value), plain(key.Value))
	default:
		d.fail(n, "write - dense: {units: 10}", code.Form+"layer %d must be a kind or a map of one key, got %s", i+1, describe(n))
	}
	return nil, nil
}

// layerFields decodes the fields of a layer; it returns the names it reads.
func (d *decoder) layerFields(i int, l *Layer, k *Kind, key, body *yaml.Node) []*yaml.Node {
	if d.bad[body] {
		d.unsure = true
		return nil
	}
	written := false
	if n := peek(body, "name"); n != nil && isText(n) && checkName(n.Value) == "" {
		l.Name, written = n.Value, true
	}
	context := layerContext(i, l)
	e, ok := d.body(context, key, body, nil, k, "name", "from")
	if !ok {
		d.unsure = true
		return nil
	}
	if n := e.get("name"); n != nil && !written {
		d.unsure = true
		d.name(context+": name", n)
	}
	l.Args = d.fields(context, e, k.Params)
	return d.fromNames(context, e)
}

// LayerContext names a layer in a message: layer 2 (dense "out").
func (n *Network) LayerContext(l *Layer) string {
	i := slices.IndexFunc(n.Layers, func(m Layer) bool { return m.Name == l.Name })
	return layerContext(i, l)
}

func layerContext(i int, l *Layer) string {
	return fmt.Sprintf("layer %d (%s %q)", i+1, l.Kind, l.Name)
}

// peek returns the value of a key of a map.
func peek(n *yaml.Node, key string) *yaml.Node {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return deref(n.Content[i+1])
		}
	}
	return nil
}

// fromNames decodes from: a name or a list of names.
func (d *decoder) fromNames(context string, e entries) []*yaml.Node {
	n := e.get("from")
	switch {
	case n == nil:
		d.unsure = d.unsure || !e.misses("from")
		return nil
	case n.Kind != yaml.SequenceNode:
		if _, ok := d.reference(context+": from", n); !ok {
			d.unsure = true
			return nil
		}
		return []*yaml.Node{n}
	case len(n.Content) == 0:
		d.unsure = true
		d.fail(n, "name a layer, or remove from: to read the layer above", code.Form+"%s: from must not be an empty list", context)
		return nil
	}
	var names []*yaml.Node
	for _, c := range n.Content {
		c = deref(c)
		if _, ok := d.reference(context+": from", c); !ok {
			d.unsure = true
			return nil
		}
		names = append(names, c)
	}
	return names
}

// layerNames lists the names of the first n layers.
func (d *decoder) layerNames(n int) []string {
	var names []string
	for i := range d.net.Layers[:n] {
		names = append(names, d.net.Layers[i].Name)
	}
	return names
}
