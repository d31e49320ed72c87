// Package plural words numbers of things in messages.
package plural

import "strconv"

// Of is a number and what it counts: 1 column, 2 columns, 0 columns.
func Of(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
