package function

import (
	"slices"
	"strings"
)

// comment is what is written above a function. Loops that several stand for are
// there with the first alone.
func (e *Functions) comment(k *Func) []string {
	if k.Loops == nil {
		return k.Doc
	}
	first, rest := k.Doc[:len(k.Doc)-1], k.Doc[len(k.Doc)-1]
	key := strings.Join(k.Loops, "\n")
	lines := append([]string{rest + ":", ""}, k.Loops...)
	if like := e.looped[key]; like != "" {
		lines = []string{rest + ", like " + like + "."}
	} else {
		e.looped[key] = k.Portable()
	}
	if k.Remark != "" {
		lines = append(lines, k.Remark)
	}
	return slices.Concat(first, lines)
}
