package dataset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// spelled returns the names that the columns of a port may have.
func (p Port) spelled() [][]string {
	n := p.Width()
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

// examples names the columns of ports for a message.
func examples(ports []Port) string {
	var names []string
	for _, p := range ports {
		names = append(names, p.example())
	}
	return strings.Join(names, ", ")
}

// example names the columns of a port for a message: pose0 … pose2.
func (p Port) example() string {
	if p.Width() == 1 {
		return quote(p.Name)
	}
	return quote(p.Name+"0") + " … " + quote(p.Name+strconv.Itoa(p.Width()-1))
}
