package verify

import (
	"errors"
	"fmt"
	"math"

	"github.com/nngen-go/nngen/spec/plural"
)

// Check is one kind of comparison.
type Check struct {
	Name     string `json:"name"`
	Compared int    `json:"compared"` // numbers
	// Mismatches counts rows of numbers that differ; First explains the first.
	Mismatches int    `json:"mismatches"`
	First      string `json:"first,omitempty"`
}

// Checks counts comparisons by kind, in the order in which the kinds occurred.
type Checks struct {
	List   []*Check
	failed []*Check // in the order in which they first failed
}

// Bits compares a row exactly.
func (c *Checks) Bits(name, what string, got, want []float64) {
	c.add(name, len(want), DiffBits(what, got, want))
}

// Within compares a row up to a tolerance relative to its largest number.
func (c *Checks) Within(name, what string, got, want []float64, tolerance float64) {
	c.add(name, len(want), DiffWithin(what, got, want, tolerance))
}

// Near compares a row number by number: |got − want| ≤ atol + rtol·|want|.
func (c *Checks) Near(name, what string, got, want []float64, rtol, atol float64) {
	c.add(name, len(want), DiffNear(what, got, want, rtol, atol))
}

// add counts a comparison; diff is empty where the numbers agree.
func (c *Checks) add(name string, compared int, diff string) {
	check := c.get(name)
	check.Compared += compared
	if diff == "" {
		return
	}
	if check.Mismatches++; check.Mismatches == 1 {
		check.First = diff
		c.failed = append(c.failed, check)
	}
}

func (c *Checks) get(name string) *Check {
	for _, check := range c.List {
		if check.Name == name {
			return check
		}
	}
	check := &Check{Name: name}
	c.List = append(c.List, check)
	return check
}

// Err is the first mismatch, nil if there was none.
func (c *Checks) Err() error {
	if len(c.failed) == 0 {
		return nil
	}
	return errors.New(c.failed[0].Name + ": " + c.failed[0].First)
}

// merge adds the comparisons of other, whose mismatches are explained with a
// prefix.
func (c *Checks) merge(other *Checks, prefix string) {
	for _, o := range other.List {
		check := c.get(o.Name)
		check.Compared += o.Compared
		check.Mismatches += o.Mismatches
	}
	for _, o := range other.failed {
		if check := c.get(o.Name); check.First == "" {
			check.First = prefix + o.First
			c.failed = append(c.failed, check)
		}
	}
}

// Same reports whether two numbers are equal bit for bit; any NaN equals any
// NaN.
func Same(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
}

// DiffBits describes the first element in which two rows differ, "" if none.
func DiffBits(what string, got, want []float64) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%s: %s, want %d", what, plural.Of(len(got), "element"), len(want))
	}
	for i := range want {
		if !Same(got[i], want[i]) {
			return fmt.Sprintf("%s[%d]: got %x (%g), want %x (%g)", what, i, got[i], got[i], want[i], want[i])
		}
	}
	return ""
}

// DiffWithin describes the worst element whose error is above the tolerance,
// relative to the largest wanted one, "" if none. A NaN that is not wanted is
// an error, and so is a missing one.
func DiffWithin(what string, got, want []float64, tolerance float64) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%s: %s, want %d", what, plural.Of(len(got), "element"), len(want))
	}
	scale := math.SmallestNonzeroFloat64
	for _, w := range want {
		if a := math.Abs(w); a > scale && !math.IsInf(a, 0) {
			scale = a
		}
	}
	worst, at := 0.0, -1
	for i := range want {
		if got[i] == want[i] || math.IsNaN(got[i]) && math.IsNaN(want[i]) {
			continue
		}
		if e := math.Abs(got[i]-want[i]) / scale; !(e <= tolerance) && !(e <= worst) {
			worst, at = e, i
		}
	}
	if at < 0 {
		return ""
	}
	return fmt.Sprintf("%s[%d]: got %g, want %g, error %.3g of the largest (limit %g)", what, at, got[at], want[at], worst, tolerance)
}

// DiffNear describes the element whose error exceeds atol + rtol·|want| the
// most, "" if none does. A NaN or an infinity must be met by its like.
func DiffNear(what string, got, want []float64, rtol, atol float64) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%s: %s, want %d", what, plural.Of(len(got), "element"), len(want))
	}
	worst, at := 0.0, -1
	for i, w := range want {
		if got[i] == w || math.IsNaN(got[i]) && math.IsNaN(w) {
			continue
		}
		if e := math.Abs(got[i]-w) / (atol + rtol*math.Abs(w)); !(e <= 1) && (at < 0 || !(e <= worst)) {
			worst, at = e, i
		}
	}
	if at < 0 {
		return ""
	}
	return fmt.Sprintf("%s[%d]: got %g, want %g, %.3g times the tolerance (rtol %g, atol %g)", what, at, got[at], want[at], worst, rtol, atol)
}
