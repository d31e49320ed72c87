package importer

import (
	"slices"
	"strings"

	"github.com/nngen-go/nngen/spec/plural"
)

// lowerEinsum is a sum of products of one value and constants, a dense layer,
// or of two values element by element.
func lowerEinsum(c *call) {
	values := c.all()
	terms, out := c.equation(c.text("equation", ""), values)
	var nodes []*node
	at := -1
	for i, v := range values {
		if v.node != nil {
			nodes, at = append(nodes, c.asNode(v)), i
		}
	}
	if c.batch {
		label := terms[at][:1]
		for i, term := range terms {
			switch has := strings.Count(term, label); {
			case values[i].node != nil && (has != 1 || !strings.HasPrefix(term, label)),
				values[i].node == nil && has > 0:
				c.mixes("its equation does not treat the batch, %q, as such", label)
			case values[i].node != nil:
				terms[i] = term[1:]
			}
		}
		if !strings.HasPrefix(out, label) {
			c.mixes("its equation does not keep the batch, %q, as the first dimension", label)
		}
		out = out[1:]
	}
	if len(nodes) > 1 {
		c.einsumOfValues(terms, out, nodes)
		return
	}
	c.setNode(c.einsum(terms, out, values, at))
}

// equation cuts the equation of Einsum into the letters of operands and of the
// result.
func (c *call) equation(text string, values []value) (terms []string, out string) {
	text = strings.ReplaceAll(text, " ", "")
	left, out, written := strings.Cut(text, "->")
	terms = strings.Split(left, ",")
	if strings.Contains(text, ".") {
		c.refuse("write its equation with a letter for each dimension", "an equation with ... is not supported")
	}
	if len(terms) != len(values) {
		c.fail(notSorted, "its equation %q has %s, the node has %d", text, plural.Of(len(terms), "operand"), len(values))
	}
	for i, v := range values {
		if len(terms[i]) != c.rank(v) {
			c.fail(notSorted, "its equation %q does not fit operand %d of %s", text, i+1, plural.Of(c.rank(v), "dimension"))
		}
	}
	if !written { // the letters that occur once, in their order
		letters := strings.Split(strings.Join(terms, ""), "")
		slices.Sort(letters)
		for _, l := range letters {
			if strings.Count(left, l) == 1 {
				out += l
			}
		}
	}
	for _, l := range out {
		if strings.Count(out, string(l)) != 1 || !strings.ContainsRune(left, l) {
			c.fail(notSorted, "the result of its equation %q has the dimension %q, which is not one of the operands'", text, l)
		}
	}
	return terms, out
}

// einsumOfValues is a sum of products of elements at the same place.
func (c *call) einsumOfValues(terms []string, out string, nodes []*node) {
	same := len(nodes) == len(terms) && len(nodes) <= maxSources
	for i, term := range terms {
		same = same && term == terms[0] && slices.Equal(nodes[i].shape, nodes[0].shape)
	}
	var axes []int
	kept := ""
	for i, l := range terms[0] {
		if strings.ContainsRune(out, l) {
			kept += string(l)
		} else {
			axes = append(axes, i)
		}
	}
	if !same || kept != out {
		c.refuse("", "a product of two values that the network computes is supported only element by element")
	}
	y := merge("multiply", nodes, nodes[0].shape)
	c.setNode(reduce("reduce_sum", y, axes, false))
}

// einsum is the dense layer of the value among constants.
func (c *call) einsum(terms []string, out string, values []value, at int) *node {
	x := values[at].node
	dims := map[rune]int{}
	shapes := make([][]int, len(values))
	for i, v := range values {
		shapes[i] = x.shape
		if v.node == nil {
			shapes[i] = v.array.shape
		}
		for k, l := range terms[i] {
			if d, ok := dims[l]; ok && d != shapes[i][k] {
				c.fail(notSorted, "dimension %q has the sizes %d and %d", l, d, shapes[i][k])
			}
			dims[l] = shapes[i][k]
		}
	}
	var letters []rune
	var sizes, result []int
	for l := range dims {
		letters = append(letters, l)
	}
	slices.Sort(letters)
	for _, l := range letters {
		sizes = append(sizes, dims[l])
	}
	for _, l := range out {
		result = append(result, dims[l])
	}
	c.checkExpanded(size(result), x.size())
	c.checkSize(sizes)
	places := func(term string, shape []int) []int {
		step := make([]int, len(letters))
		for k, s := range strides(shape) {
			step[slices.Index(letters, rune(term[k]))] += s
		}
		return walk(sizes, step, 0)
	}
	to, from := places(out, result), places(terms[at], x.shape)
	factor := slices.Repeat([]float64{1}, size(sizes))
	for i, v := range values {
		if v.node == nil {
			for k, p := range places(terms[i], shapes[i]) {
				factor[k] *= v.array.data[p]
			}
		}
	}
	w := make([]float64, size(result)*x.size())
	for k, f := range factor {
		w[to[k]*x.size()+from[k]] += f
	}
	return dense(x, w, nil, result)
}
