package spec

import (
	"errors"
	"fmt"
	"slices"
)

// Check says what is wrong with a vocabulary: words and fields that occur
// twice, defaults that the rules of their field refuse, references to what
// does not exist. It is for tests of the tables.
func (v *Vocabulary) Check() error {
	var errs []error
	for _, s := range []Slot{LayerSlot, ActivationSlot, LossSlot, OptimizerSlot, ScheduleSlot, ClipSlot, RegularizerSlot, InitializerSlot} {
		seen := map[string]bool{}
		table := v.Table(s)
		for i := range table {
			k := &table[i]
			for _, word := range append([]string{k.Name}, k.Aliases...) {
				if seen[word] || !isNameText(word) {
					errs = append(errs, fmt.Errorf("%s: the word %q is not a word or occurs twice", s, word))
				}
				seen[word] = true
			}
			where := fmt.Sprintf("%s %s", s, k.Name)
			errs = append(errs, v.checkParams(where, k.Params, s == LayerSlot || s == ActivationSlot))
		}
	}
	return errors.Join(errs...)
}

// checkParams checks the fields of a word; layers have name and from besides.
func (v *Vocabulary) checkParams(where string, params []Param, layer bool) error {
	var errs []error
	bad := func(p *Param, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s: %s", where, p.Name, fmt.Sprintf(format, args...)))
	}
	short, names := 0, paramNames(params)
	for i := range params {
		p := &params[i]
		if p.Short {
			short++
		}
		switch {
		case !isNameText(p.Name) || slices.Index(names, p.Name) != i || layer && (p.Name == "name" || p.Name == "from"):
			bad(p, "the name is not a word or is taken")
		case p.Type == Word && v.Table(p.Slot) == nil:
			bad(p, "there is no table %q", p.Slot)
		case (p.Type == Enum || p.Type == EnumList || p.Type == EnumOrNumbers) && len(p.Enum) == 0:
			bad(p, "Enum is empty")
		case p.With != "" && !slices.Contains(names[:i], p.With):
			bad(p, "With must name a field before it, got %q", p.With)
		case p.Short && p.Type == Group:
			bad(p, "a Group cannot be Short")
		case p.Default != nil && !v.validDefault(p):
			bad(p, "the default %v is not a value of the field", p.Default)
		}
		if p.Type == Group {
			errs = append(errs, v.checkParams(where+": "+p.Name, p.Fields, false))
			if slices.ContainsFunc(p.OneOf, func(f string) bool { return !slices.Contains(paramNames(p.Fields), f) }) {
				bad(p, "OneOf names no field")
			}
		}
	}
	if short > 1 {
		errs = append(errs, fmt.Errorf("%s: %d fields are Short", where, short))
	}
	return errors.Join(errs...)
}

// validDefault reports whether the default of a field has its type and range.
func (v *Vocabulary) validDefault(p *Param) bool {
	switch x := v.defaultOf(p, Pos{}).(type) {
	case float64:
		return p.Type == Number && p.Range.has(x)
	case int:
		return p.Type == Integer && p.Range.has(float64(x))
	case bool:
		return p.Type == Bool
	case string:
		return p.Type == Text || (p.Type == Enum || p.Type == EnumOrNumbers) && slices.Contains(p.Enum, x)
	case []float64:
		return p.Type == NumberList
	case []string:
		return p.Type == EnumList && !slices.ContainsFunc(x, func(s string) bool { return !slices.Contains(p.Enum, s) })
	case *Named:
		return p.Type == Word
	case Args:
		return p.Type == Group
	}
	return false
}
