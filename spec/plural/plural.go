// Package plural words numbers of things in messages.
package plural

import (
	"fmt"
	"strings"
)

// Of is a number and what it counts: 1 column, 2 columns, 0 columns.
func Of[N int | int64 | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, ok := strings.CutSuffix(noun, "is"); ok { // axes
		noun = stem + "e"
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
