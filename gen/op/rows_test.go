package op

import (
	"slices"
	"strings"
	"testing"

	"github.com/nngen-go/nngen/gen/ir/expr"
	"github.com/nngen-go/nngen/spec"
)

func TestVocabulary(t *testing.T) {
	for slot, table := range map[spec.Slot][]spec.Kind{
		spec.ActivationSlot:  kinds(Activations(), func(r *Activation) *spec.Kind { return &r.Kind }),
		spec.LossSlot:        kinds(Losses(), func(r *Loss) *spec.Kind { return &r.Kind }),
		spec.OptimizerSlot:   kinds(Optimizers(), func(r *Optimizer) *spec.Kind { return &r.Kind }),
		spec.ScheduleSlot:    kinds(Schedules(), func(r *Schedule) *spec.Kind { return &r.Kind }),
		spec.ClipSlot:        kinds(Clips(), func(r *Clip) *spec.Kind { return &r.Kind }),
		spec.RegularizerSlot: kinds(Regularizers(), func(r *Regularizer) *spec.Kind { return &r.Kind }),
		spec.InitializerSlot: kinds(Initializers(), func(r *Initializer) *spec.Kind { return &r.Kind }),
	} {
		seen := map[string]bool{}
		for _, k := range table {
			for _, name := range append([]string{k.Name}, k.Aliases...) {
				if seen[name] {
					t.Errorf("%s %s: the name %q is taken", slot, k.Name, name)
				}
				seen[name] = true
				checkName(t, string(slot), name)
			}
			if len(k.Doc) < 10 || !strings.HasSuffix(k.Doc, ".") || strings.ContainsAny(k.Doc, "\n\t") {
				t.Errorf("%s %s: doc %q", slot, k.Name, k.Doc)
			}
			checkParams(t, string(slot)+" "+k.Name, k.Params)
		}
	}
}

func checkName(t *testing.T, where, name string) {
	t.Helper()
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		t.Errorf("%s: name %q", where, name)
	}
}

func checkParams(t *testing.T, where string, params []spec.Param) {
	seen, short := map[string]bool{}, 0
	for _, p := range params {
		at := where + " " + p.Name
		checkName(t, where, p.Name)
		if seen[p.Name] || p.Doc == "" || strings.HasSuffix(p.Doc, ".") {
			t.Errorf("%s: named twice, or doc %q", at, p.Doc)
		}
		seen[p.Name] = true
		if p.Short {
			short++
		}
		if p.Required && p.Default != nil {
			t.Errorf("%s: required with a default", at)
		}
		checkDefault(t, at, p)
		if r := p.Range; r != nil && !(r.Min < r.Max) {
			t.Errorf("%s: empty range %v", at, *r)
		}
		if (p.Slot != "") != (p.Type == spec.Word) || (len(p.Enum) > 0) != (p.Type == spec.Enum || p.Type == spec.EnumOrNumbers) {
			t.Errorf("%s: slot %q, enum %q for type %v", at, p.Slot, p.Enum, p.Type)
		}
	}
	if short > 1 {
		t.Errorf("%s: %d short fields", where, short)
	}
}

func checkDefault(t *testing.T, at string, p spec.Param) {
	ok := true
	switch v := p.Default.(type) {
	case nil:
	case float64:
		ok = p.Type == spec.Number
		if r := p.Range; r != nil {
			ok = ok && (v > r.Min || v == r.Min && !r.MinOpen) && (v < r.Max || v == r.Max && !r.MaxOpen)
		}
	case bool:
		ok = p.Type == spec.Bool
	case string:
		ok = p.Type == spec.Enum && slices.Contains(p.Enum, v)
	default:
		ok = false
	}
	if !ok {
		t.Errorf("%s: default %v", at, p.Default)
	}
}

// program is one of a row's programs, and what it may read and must assign.
type program struct {
	where   string
	kind    spec.Kind
	prog    expr.Program
	reads   string
	assigns string
}

func TestPrograms(t *testing.T) {
	for _, p := range allPrograms() {
		fields := strings.Fields(p.reads)
		for _, f := range p.kind.Params {
			fields = append(fields, f.Name)
		}
		for _, leaf := range p.prog.Leaves() {
			if !slices.Contains(fields, leaf) {
				t.Errorf("%s reads %q: %s", p.where, leaf, p.prog)
			}
		}
		assigned := map[string]bool{}
		for _, a := range p.prog {
			assigned[a.Name] = true
			for _, f := range p.kind.Params {
				if f.Name == a.Name {
					t.Errorf("%s assigns its field %q", p.where, a.Name)
				}
			}
		}
		for _, name := range strings.Fields(p.assigns) {
			if !assigned[name] {
				t.Errorf("%s does not assign %q: %s", p.where, name, p.prog)
			}
		}
		again, err := expr.Parse(p.prog.String())
		if err != nil || again.String() != p.prog.String() {
			t.Errorf("%s: %q does not survive printing and parsing: %v", p.where, p.prog, err)
		}
	}
}

func allPrograms() []program {
	ps := activationPrograms()
	for _, r := range Losses() {
		if r.Mix == nil {
			ps = append(ps, program{r.Name + " value", r.Kind, r.Value, "p t", "l"}, program{r.Name + " gradient", r.Kind, r.DP, "p t s", "dp"})
		}
	}
	for _, r := range Optimizers() {
		for _, a := range optimizerArgs(r) {
			scalars, names := expr.Program(nil), "w g lr step "
			if r.Scalars != nil {
				scalars = r.Scalars(a)
				ps = append(ps, program{r.Name + " scalars", r.Kind, scalars, "step lr", ""})
			}
			for _, s := range scalars {
				names += s.Name + " "
			}
			states := ""
			if r.States != nil {
				states = strings.Join(r.States(a), " ")
			}
			ps = append(ps, program{r.Name, r.Kind, r.Update(a), names + states, "w " + states})
		}
	}
	for _, r := range Clips() {
		if r.Norm != nil {
			ps = append(ps, program{r.Name, r.Kind, r.Norm, "r s", "c"})
		} else {
			ps = append(ps, program{r.Name, r.Kind, r.Value, "g", "g"})
		}
	}
	for _, r := range Regularizers() {
		ps = append(ps, program{r.Name + " penalty", r.Kind, r.Penalty, "w", "r"}, program{r.Name + " gradient", r.Kind, r.Grad, "w", "dw"},
			program{r.Name + " step", r.Kind, r.Prox(args(r.Kind)), "w lr", "w"})
	}
	for _, r := range Initializers() {
		if r.Orthogonal {
			continue
		}
		for _, a := range choices(r.Kind) {
			ps = append(ps, program{r.Name, spec.Kind{}, r.Value(a), "fan_in fan_out u z tz", "w"})
		}
	}
	return ps
}

func activationPrograms() []program {
	var ps []program
	for _, r := range Activations() {
		if (r.Mixing != nil) == (r.Variant != nil || r.Y != nil) {
			panic(r.Name + ": needs either Mixing or programs")
		}
		if r.Mixing != nil {
			continue
		}
		for _, a := range choices(r.Kind) {
			y, dx := r.Programs(a)
			ps = append(ps, program{r.Name, r.Kind, y, "x", "y"}, program{r.Name + " gradient", r.Kind, dx, "x y dy", "dx"})
		}
	}
	return ps
}

func TestByName(t *testing.T) {
	for _, r := range Activations() {
		if ActivationByName(r.Name).Name != r.Name || r.Bound == "" {
			t.Errorf("activation %s: not found, or without bound", r.Name)
		}
	}
	found := []bool{
		LossByName("nll") != nil, OptimizerByName("adamw") != nil, ScheduleByName("warmup") != nil, ClipByName("norm") != nil,
		RegularizerByName("lp") != nil, InitializerByName("orthogonal") != nil,
	}
	missing := []bool{
		ActivationByName("") == nil, LossByName("x") == nil, OptimizerByName("x") == nil, ScheduleByName("x") == nil,
		ClipByName("x") == nil, RegularizerByName("x") == nil, InitializerByName("x") == nil,
	}
	if slices.Contains(found, false) || slices.Contains(missing, false) {
		t.Errorf("found %v, missing %v", found, missing)
	}
}
