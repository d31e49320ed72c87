package spec

import (
	"strconv"

	yaml "go.yaml.in/yaml/v4"
)

// refTag marks a node of the Builder that stands for a name. It is replaced
// before the decoder sees it.
const refTag = "!!ref"

// refNode writes a reference: a list of numbers into Builder.nodes. What
// cannot be resolved is left to the decoder, which wants text.
func refNode(r Ref, at Pos) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode, Line: at.Line, Column: at.Col}
	for _, id := range r.ids {
		n := node(strconv.Itoa(id), at)
		n.Tag = refTag
		if id < 0 {
			n.Tag, n.Value = "!!go", "Refs of two Builders"
		}
		list.Content = append(list.Content, n)
	}
	if len(r.ids) == 0 {
		return node("", at)
	}
	if len(r.ids) == 1 {
		return list.Content[0]
	}
	return list
}

// resolve copies a tree with names in place of references.
func (b *Builder) resolve(n *yaml.Node) *yaml.Node {
	c := *n
	if c.Tag == refTag {
		id, _ := strconv.Atoi(c.Value)
		c.Tag, c.Value = "!!go", "a Ref of another Builder"
		if id < len(b.names) {
			c.Tag, c.Value = "!!str", b.names[id]
		}
	}
	c.Content = make([]*yaml.Node, len(n.Content))
	for i := range n.Content {
		c.Content[i] = b.resolve(n.Content[i])
	}
	return &c
}
