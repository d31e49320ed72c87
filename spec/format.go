package spec

import (
	"cmp"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// Format returns a spec in canonical form: every default written out, the
// parts in the order of the language, lines broken where they are long. Every
// comment is kept and stands above the part that it was written in or above.
// Anchors are replaced by what they stand for. The error is an ErrorList.
func Format(file string, src []byte, v *Vocabulary) ([]byte, error) {
	return Rewrite(file, src, v, func(*Network) {})
}

// Rewrite is Format of a network that is changed.
func Rewrite(file string, src []byte, v *Vocabulary, change func(*Network)) ([]byte, error) {
	n, err := Decode(file, src, v)
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		return nil, err // Decode has read it
	}
	comments := remarks(n, &doc)
	change(n)
	return n.canonical(v, comments), nil
}

// place is where a part begins in a source.
type place struct {
	line int
	part part
}

// remarks are the comments of a document by the parts of the network.
func remarks(n *Network, doc *yaml.Node) map[part][]string {
	root := doc.Content[0]
	places := n.places(root)
	out := map[part][]string{}
	seen := map[*yaml.Node]bool{}
	add := func(at part, text string) {
		for l := range strings.SplitSeq(text, "\n") {
			if l = strings.TrimSpace(l); l != "" {
				out[at] = append(out[at], l)
			}
		}
	}
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		at := part{"top", 0}
		for _, p := range places {
			if p.line <= n.Line {
				at = p.part
			}
		}
		if n == root || n == doc || n == root.Content[0] { // what stands above everything stays there
			add(part{"top", 0}, n.HeadComment)
		} else {
			add(at, n.HeadComment)
		}
		add(at, n.LineComment)
		for _, c := range n.Content {
			walk(c)
		}
		if n == doc || n == root {
			at = part{"codegen", 0} // the end
		}
		add(at, n.FootComment)
	}
	walk(doc)
	return out
}

// places are the beginnings of the parts, in the order of their lines.
func (n *Network) places(root *yaml.Node) []place {
	var places []place
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, line := root.Content[i].Value, root.Content[i].Line
		at := part{key, 0}
		switch key {
		case "inputs", "layers", "outputs":
			at.index = -1
		case "input", "output":
			at.key += "s"
		case "loss": // it goes to the first output that has it
			at.key = "outputs"
			at.index = max(0, slices.IndexFunc(n.Outputs, func(o Output) bool { return o.Loss != nil && o.Loss.Pos.Line >= line }))
		}
		places = append(places, place{line, at})
	}
	for i := range n.Inputs {
		places = append(places, place{n.Inputs[i].Pos.Line, part{"inputs", i}})
	}
	for i := range n.Layers {
		places = append(places, place{n.Layers[i].Pos.Line, part{"layers", i}})
	}
	for i := range n.Outputs {
		if n.Outputs[i].Pos.Line > 0 {
			places = append(places, place{n.Outputs[i].Pos.Line, part{"outputs", i}})
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { return cmp.Compare(a.line, b.line) })
	return places
}
