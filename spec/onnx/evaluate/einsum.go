package evaluate

import (
	"slices"
	"strings"
)

// einsum adds the products of elements over all labels that the result does not
// have.
func einsum(c *call) []*Tensor {
	left, out, explicit := strings.Cut(strings.ReplaceAll(c.text("equation", ""), " ", ""), "->")
	terms := strings.Split(left, ",")
	if len(terms) != len(c.in) || strings.Contains(left+out, ".") {
		c.fail("its equation %q is not understood", left)
	}
	dims := map[byte]int{}
	var labels []byte
	for i, term := range terms {
		if len(term) != len(c.x(i).Shape) {
			c.fail("%q does not fit shape %v", term, c.in[i].Shape)
		}
		for k := range len(term) {
			if d, seen := dims[term[k]]; seen && d != c.in[i].Shape[k] {
				c.fail("dimension %q is both %d and %d", term[k], d, c.in[i].Shape[k])
			} else if !seen {
				labels = append(labels, term[k])
			}
			dims[term[k]] = c.in[i].Shape[k]
		}
	}
	slices.Sort(labels)
	if !explicit {
		for _, l := range labels {
			if strings.Count(left, string(l)) == 1 {
				out += string(l)
			}
		}
	}
	order := []byte(out)
	for _, l := range labels {
		if !slices.Contains(order, l) {
			order = append(order, l)
		}
	}
	all := make([]int, len(order))
	for i, l := range order {
		all[i] = dims[l]
	}
	full := c.tensor(all, int64(len(terms)+1)*int64(Size(all)))
	for i := range full.Data {
		full.Data[i] = 1
	}
	for i, term := range terms {
		step, own := make([]int, len(order)), strides(c.in[i].Shape)
		for k := range len(term) {
			step[slices.Index(order, term[k])] += own[k]
		}
		for p, at := range places(all, step, 0) {
			full.Data[p] *= c.in[i].Data[at]
		}
	}
	y := c.tensor(all[:len(out)], 0)
	inner := Size(all[len(out):])
	for i := range y.Data {
		y.Data[i] = total(full.Data[i*inner : (i+1)*inner])
	}
	return one(y)
}
