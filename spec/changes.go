package spec

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	yaml "go.yaml.in/yaml/v4"
)

// Change is a setting that differs between two specs.
type Change struct {
	Path     string // optimizer.sgd.learning_rate, layers[1].dropout.rate
	Old, New string // as JSON; empty: it is not there
}

// String returns path: old → new.
func (c Change) String() string {
	short := func(s string) string {
		const most = 60
		if r := []rune(s); len(r) > most {
			return string(r[:most]) + "…"
		}
		if s == "" {
			return "none"
		}
		return s
	}
	return fmt.Sprintf("%s: %s → %s", c.Path, short(c.Old), short(c.New))
}

// Changes compares two specs in their canonical form, setting by setting, but
// for some fields at the top.
func Changes(a, b []byte, except ...string) ([]Change, error) {
	var old, new map[string]any
	if err := yaml.Unmarshal(a, &old); err != nil {
		return nil, err
	}
	if err := yaml.Unmarshal(b, &new); err != nil {
		return nil, err
	}
	for _, key := range except {
		delete(old, key)
		delete(new, key)
	}
	var out []Change
	compare(&out, "", old, new)
	return out, nil
}

// compare appends how two values differ.
func compare(out *[]Change, path string, a, b any) {
	ma, okA := a.(map[string]any)
	mb, okB := b.(map[string]any)
	if okA && okB && !otherWord(ma, mb) {
		keys := maps.Clone(ma)
		maps.Copy(keys, mb)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			at := key
			if path != "" {
				at = path + "." + key
			}
			compare(out, at, ma[key], mb[key])
		}
		return
	}
	la, okA := a.([]any)
	lb, okB := b.([]any)
	if okA && okB && len(la) == len(lb) {
		for i := range la {
			compare(out, fmt.Sprintf("%s[%d]", path, i), la[i], lb[i])
		}
		return
	}
	if x, y := render(a), render(b); x != y {
		*out = append(*out, Change{path, x, y})
	}
}

// otherWord reports whether two maps are words of a table with their fields, and
// not the same: adam instead of sgd.
func otherWord(a, b map[string]any) bool {
	if len(a) != 1 || len(b) != 1 {
		return false
	}
	for key := range a {
		_, same := b[key]
		return !same
	}
	return false
}

// render writes a value as JSON, nothing as "".
func render(v any) string {
	if v == nil {
		return ""
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
