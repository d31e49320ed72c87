package spec

import (
	"fmt"
	"maps"

	yaml "go.yaml.in/yaml/v4"

	"github.com/nngen-go/nngen/spec/code"
)

// labelNumbers are numbers by the labels of an output: the value of a field with
// ByLabel until the labels are known, the numbers in their order after that.
type labelNumbers struct {
	where   string
	node    *yaml.Node
	keys    []*yaml.Node
	numbers map[string]float64
}

// byLabel decodes a map of labels to numbers.
func (d *decoder) byLabel(where string, n *yaml.Node, r *Range) (*labelNumbers, bool) {
	if len(n.Content) == 0 {
		d.fail(n, "", code.Form+"%s must not be an empty map", where)
		return nil, false
	}
	l := &labelNumbers{where: where, node: n, numbers: map[string]float64{}}
	good := true
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		x, ok := d.number(fmt.Sprintf("%s: %s", where, plain(key.Value)), deref(n.Content[i+1]), r)
		l.keys, l.numbers[key.Value], good = append(l.keys, key), x.(float64), good && ok
	}
	return l, good
}

// resolve puts numbers by label in the order of the labels of an output. Its loss
// may be that of others with other labels, so it gets one of its own.
func (d *decoder) resolve(out *Output) {
	if out.Loss == nil {
		return
	}
	for name, arg := range out.Loss.Args {
		if l, ok := arg.Value.(*labelNumbers); ok {
			arg.Value = d.inOrder(l, out)
			own := *out.Loss
			own.Args = maps.Clone(own.Args)
			own.Args[name] = arg
			out.Loss = &own
		}
	}
}

// inOrder returns the numbers in the order of the labels, which must be the same.
func (d *decoder) inOrder(l *labelNumbers, out *Output) []float64 {
	list := make([]float64, len(out.Labels))
	if len(out.Labels) == 0 {
		d.fail(l.node, "write output: {labels: [\"no\", \"yes\"]}, or a list with a number for each class", code.Missing+"%s goes by labels, but output %q has none", l.where, out.Name)
		return nil
	}
	index := map[string]int{}
	for i, label := range out.Labels {
		index[label] = i
	}
	unknown := d.holes[l.node]
	for _, key := range l.keys {
		i, ok := index[key.Value]
		if !ok {
			d.fail(key, didYouMean(key.Value, out.Labels), code.Choice+"%s: %s is no label of output %q", l.where, quote(key.Value), out.Name)
			unknown = true
			continue
		}
		list[i] = l.numbers[key.Value]
	}
	for _, label := range out.Labels {
		if _, ok := l.numbers[label]; !ok && !unknown { // which may be the same, misspelt
			d.fail(l.node, "give a number for each label of the output", code.Missing+"%s: the label %s has none", l.where, quote(label))
		}
	}
	return list
}
