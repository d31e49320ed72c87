package dataset

import (
	"fmt"
	"slices"
	"strconv"
)

// find returns the columns of the names, nil if one is missing.
func (c *chooser) find(names []string) []int {
	var out []int
	at := map[string]int{}
	for i, name := range c.file.Columns {
		at[name] = i
	}
	for _, name := range names {
		i, ok := at[name]
		if !ok {
			return nil
		}
		out = append(out, i)
	}
	return out
}

// missing returns the names that no column has.
func (c *chooser) missing(names []string) []string {
	var out []string
	for _, name := range names {
		if !slices.Contains(c.file.Columns, name) {
			out = append(out, name)
		}
	}
	return out
}

// spellings are how elements of a port are numbered in names of columns.
var spellings = []string{"%s%d", "%s_%d", "%s.%d", "%s[%d]"}

// spelled returns the columns with the names of the ports, nil if one is not
// there as a whole.
func (c *chooser) spelled(ports []Port) ([]int, error) {
	var out []int
	for _, p := range ports {
		var pick []int
		for _, names := range p.spelled() {
			found := c.find(names)
			if found != nil && pick != nil {
				return nil, c.file.errorf("the columns %s and %s could both be %s; rename one", quote(c.file.Columns[pick[0]]), quote(names[len(names)-1]), quote(p.Name))
			}
			if found != nil {
				pick = found
			}
		}
		if pick == nil {
			return nil, nil
		}
		for _, i := range pick {
			if slices.Contains(out, i) {
				return nil, c.file.errorf("the column %s could be two elements of %s; rename it", quote(c.file.Columns[i]), describe(ports))
			}
		}
		out = append(out, pick...)
	}
	return out, nil
}

// named reports whether the spec names the columns of a port.
func named(ports []Port) bool {
	return slices.ContainsFunc(ports, func(p Port) bool { return p.Columns != nil })
}

// unspelled lists what columns are missing, for a message.
func (c *chooser) unspelled(ports []Port) []string {
	var out []string
	for _, p := range ports {
		switch {
		case c.find(p.Columns) != nil:
		case p.Columns != nil:
			out = append(out, shorten(c.missing(p.Columns)))
		default:
			out = append(out, p.example())
		}
	}
	return out
}

// agree refuses names of the spec that are not those of the training.
func (c *chooser) agree(ports []Port, trained []string) error {
	for _, p := range ports {
		was := trained[:p.Width()]
		trained = trained[p.Width():]
		if p.Columns != nil && !counted(was) && !slices.Equal(was, p.Columns) {
			return c.file.errorf("the network was trained on the columns %s and the spec names %s for the input %s; write in the spec what it was trained on, or train it again",
				shorten(was), shorten(p.Columns), quote(p.Name))
		}
	}
	return nil
}

// spelled returns the names that the columns of a port may have.
func (p Port) spelled() [][]string {
	n := p.Width()
	if p.Columns != nil {
		return [][]string{p.Columns}
	}
	if n == 1 {
		return [][]string{{p.Name}}
	}
	var out [][]string
	for _, format := range spellings {
		for first := range 2 {
			names := make([]string, n)
			for i := range names {
				names[i] = fmt.Sprintf(format, p.Name, first+i)
			}
			out = append(out, names)
		}
	}
	return out
}

// example names the columns of a port for a message: pose0 … pose2.
func (p Port) example() string {
	if p.Width() == 1 {
		return quote(p.Name)
	}
	return quote(p.Name+"0") + " … " + quote(p.Name+strconv.Itoa(p.Width()-1))
}
