package library

import (
	"slices"
	"strings"

	"github.com/nngen-go/nngen/gen/calls"
	"github.com/nngen-go/nngen/gen/target"
)

// Targets are the plan's instruction sets, the preferred first.
func (l *Library) Targets() []*target.Target { return calls.Targets(l.plan) }

// Target is the instruction set that code is being made for.
func (l *Library) Target() *target.Target { return l.current }

// EachTarget runs a function for every instruction set.
func (l *Library) EachTarget(do func(t *target.Target)) {
	for _, t := range l.Targets() {
		l.with(t, func() { do(t) })
	}
}

// with runs a function for an instruction set.
func (l *Library) with(t *target.Target, do func()) {
	outer := l.current
	defer func() { l.current = outer }()
	l.current = t
	do()
}

// AnyTarget reports whether one of the instruction sets can do something; only
// the current one counts if there is one.
func (l *Library) AnyTarget(can func(t *target.Target) bool) bool {
	if l.current != nil {
		return can(l.current)
	}
	for _, t := range l.Targets() {
		if can(t) {
			return true
		}
	}
	return false
}

// Upper is an instruction set's name in identifiers.
func Upper(t *target.Target) string { return strings.ToUpper(t.Name) }

// Flag is the variable that says whether an instruction set is used.
func Flag(t *target.Target) string { return "use" + Upper(t) }

// AnyFlag is the condition that some assembly is used.
func (l *Library) AnyFlag() string {
	var flags []string
	for _, t := range l.Targets() {
		flags = append(flags, Flag(t))
	}
	if len(flags) > 1 {
		return "(" + strings.Join(flags, " || ") + ")"
	}
	return flags[0]
}

// Arches are the architectures of the instruction sets.
func (l *Library) Arches() []string {
	var out []string
	for _, t := range l.Targets() {
		if !slices.Contains(out, t.Arch) {
			out = append(out, t.Arch)
		}
	}
	return out
}
