package spec

import (
	yaml "go.yaml.in/yaml/v4"

	"github.com/nngen-go/nngen/spec/code"
)

// treeCheck refuses what YAML allows and the language does not: tags, merge
// keys, keys that are not words, duplicate keys, and aliases that contain
// themselves or blow up.
type treeCheck struct {
	d       *decoder
	size    map[*yaml.Node]int // nodes below, aliases followed
	open    map[*yaml.Node]bool
	aliased int
	stop    bool
}

// checkTree checks a whole tree; it reports whether it may be walked.
func (d *decoder) checkTree(root *yaml.Node) bool {
	c := &treeCheck{d: d, size: map[*yaml.Node]int{}, open: map[*yaml.Node]bool{}}
	c.node(root)
	return !c.stop
}

// node checks a node and returns its size.
func (c *treeCheck) node(n *yaml.Node) int {
	if c.stop {
		return 0
	}
	if n.Kind == yaml.AliasNode {
		return c.alias(n)
	}
	if n.Style&yaml.TaggedStyle != 0 || n.Tag == "!" {
		c.d.bad[n] = true
		c.d.fail(n, "remove it", code.Syntax+"the tag %s is not part of the language", quote(n.Tag))
	}
	if len(n.Content) == 0 {
		return 1
	}
	c.open[n] = true
	size := 1
	if n.Kind == yaml.MappingNode {
		c.keys(n)
	}
	for i, child := range n.Content {
		if n.Kind != yaml.MappingNode || i%2 == 1 {
			size += c.node(child)
		}
	}
	delete(c.open, n)
	if n.Anchor != "" {
		c.size[n] = size
	}
	return size
}

func (c *treeCheck) alias(n *yaml.Node) int {
	if n.Alias == nil || c.open[n.Alias] {
		c.stop = true
		c.d.fail(n, "", code.Syntax+"the alias *%s contains itself", n.Value)
		return 0
	}
	size := max(1, c.size[n.Alias])
	if c.aliased += size; c.aliased > maxAliased {
		c.stop = true
		c.d.fail(n, "write the values out", code.Limit+"the aliases repeat more than %d values", maxAliased)
	}
	return size
}

// keys checks the keys of a map. Bad keys are removed, so that the walk does
// not see them.
func (c *treeCheck) keys(n *yaml.Node) {
	first := make(map[string]*yaml.Node, len(n.Content)/2)
	kept := n.Content[:0:0]
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if !c.key(k) {
			c.d.holes[n] = true
			continue
		}
		if f := first[k.Value]; f != nil {
			c.d.fail(k, "remove one of the two", code.WrittenTwice+"the key %s is written twice; first in line %d", plain(k.Value), f.Line)
			continue
		}
		first[k.Value] = k
		kept = append(kept, k, v)
	}
	n.Content = kept
}

// key reports whether a key of a map is a word.
func (c *treeCheck) key(k *yaml.Node) bool {
	switch {
	case k.Kind == yaml.ScalarNode && k.Tag == "!!merge":
		c.d.fail(k, "write the fields out", code.Syntax+"merge keys (<<) are not part of the language")
	case k.Kind != yaml.ScalarNode || k.Style&yaml.TaggedStyle != 0 || k.Tag != "!!str":
		hint := ""
		if k.Kind == yaml.ScalarNode && k.Style&yaml.TaggedStyle == 0 && !isNull(k) && len(k.Value) <= 40 {
			hint = `if it is a label, put it in quotes: "` + k.Value + `"`
		}
		c.d.fail(k, hint, code.Syntax+"a key must be a word, got %s", describe(k))
	default:
		return true
	}
	return false
}
