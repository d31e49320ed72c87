package spec

import (
	"fmt"
	"math"

	yaml "go.yaml.in/yaml/v4"

	"github.com/nngen-go/nngen/spec/code"
	"github.com/nngen-go/nngen/spec/plural"
)

// normalize decodes `standard`, {mean, std} or {min, max}.
func (d *decoder) normalize(where string, n *yaml.Node, shape []int) *Normalize {
	norm := &Normalize{Pos: pos(n)}
	if isText(n) && n.Value == "standard" {
		norm.Fit = true
		return norm
	}
	if n.Kind != yaml.MappingNode {
		d.fail(n, "", code.Form+"%s must be standard, {mean: …, std: …} or {min: …, max: …}, got %s", where, describe(n))
		return nil
	}
	before := len(d.errs)
	e := d.entries(where, n, []string{"mean", "std", "min", "max"})
	a, b := "mean", "std"
	if e.has("min") || e.has("max") {
		a, b = "min", "max"
		for _, other := range []string{"mean", "std"} {
			if e.has(other) {
				d.fail(e.get(other), "write {mean, std} or {min, max}", code.Conflict+"%s takes %s and %s, or min and max", where, "mean", "std")
				return nil
			}
		}
	}
	lo := d.perElement(where, a, e, shape)
	hi := d.perElement(where, b, e, shape)
	if len(d.errs) > before || lo == nil || hi == nil {
		return nil
	}
	norm.Mean, norm.Std = lo, hi
	if a == "min" {
		norm.Std = d.spread(where, e, lo, hi)
	}
	d.checkScale(where, e.get(b), norm, b)
	return norm
}

// perElement decodes a number, or a list of one for each element of the input.
func (d *decoder) perElement(where, name string, e entries, shape []int) []float64 {
	n := e.get(name)
	if n == nil {
		if e.misses(name) {
			d.fail(e.node, "write {mean: …, std: …} or {min: …, max: …}", code.Missing+"%s: %s is missing", where, name)
		}
		return nil
	}
	var r *Range
	if name == "std" {
		r = &Range{MinOpen: true, Max: math.Inf(1)}
	}
	list, ok := d.numbers(join(where, name), n, r)
	if !ok {
		return nil
	}
	size := (&Input{Shape: shape}).Size()
	if shape != nil && len(list) != 1 && len(list) != size {
		d.fail(n, fmt.Sprintf("write one number, or %d", size), code.Count+"%s: %s has %s, the input has %s",
			where, name, plural.Of(len(list), "number"), plural.Of(size, "element"))
		return nil
	}
	return list
}

// spread is max − min, element by element; either may be one number for all.
func (d *decoder) spread(where string, e entries, lo, hi []float64) []float64 {
	std := make([]float64, max(len(lo), len(hi)))
	for i := range std {
		l, h := lo[i%len(lo)], hi[i%len(hi)]
		std[i] = h - l
		if h <= l {
			at := e.get("max")
			if at.Kind == yaml.SequenceNode {
				at = deref(at.Content[i%len(hi)])
			}
			d.fail(at, "", code.Range+"%s: max must be more than min, got min %s and max %s", where, num(l), num(h))
			return std
		}
	}
	return std
}

// checkScale refuses constants that the arithmetic of the net cannot hold.
func (d *decoder) checkScale(where string, n *yaml.Node, norm *Normalize, name string) {
	small, most := float64(math.SmallestNonzeroFloat32), float64(math.MaxFloat32)
	if d.net.Numeric.DType == "float64" {
		small, most = math.SmallestNonzeroFloat64, math.MaxFloat64
	}
	bad := func(x float64) bool { return math.Abs(x) > most }
	for _, x := range norm.Mean {
		if bad(x) {
			d.fail(n, "", code.Range+"%s: %s is out of the range of %s", where, num(x), d.net.Numeric.DType)
			return
		}
	}
	for _, x := range norm.Std {
		if x > 0 && (bad(x) || x < small) {
			d.fail(n, "", code.Range+"%s: the scale %s given by %s is out of the range of %s", where, num(x), name, d.net.Numeric.DType)
			return
		}
	}
}
