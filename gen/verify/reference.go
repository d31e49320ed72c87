package verify

import "fmt"

// Reference is inputs and the outputs they should give, flat rows, with the
// weights of Options or, without, the initial ones.
type Reference struct {
	Name            string
	Inputs, Outputs [][]float64 // outputs that are nil are not compared
	// Where the network keeps a state, the rows are the steps of one stream, which
	// begins with Start and ends with End, states by their names; nil is zero, or not
	// compared.
	Start, End map[string][]float64
	// Tolerance is the error allowed relative to the largest output of a sample.
	// Where it is 0, |got − want| ≤ ATol + RTol·|want| must hold for every number.
	Tolerance  float64
	RTol, ATol float64
}

// ReferenceErrors are the largest differences from a reference, by output.
type ReferenceErrors struct {
	Reference string         `json:"reference"`
	Outputs   []OutputErrors `json:"outputs"`
}

// prepareReferences makes a case of every reference, so that it is compared
// with the oracle and with float64 as well.
func (v *verification) prepareReferences() {
	last := v.cases[len(v.cases)-1]
	for i := range v.References {
		ref := &v.References[i]
		c := &testCase{name: ref.Name, ref: ref, job: &Job{Seed: v.Seed}}
		for _, row := range ref.Inputs { // as the package takes them
			own := make([]float64, len(row))
			for j, x := range row {
				own[j] = round(v.n.Plan.Prog.DType, x)
			}
			c.job.Inputs = append(c.job.Inputs, own)
		}
		if c.job.Sequence = len(v.n.Plan.Prog.Memory) > 0; ref.Start != nil {
			c.job.State = v.n.State(ref.Start)
		}
		if last.weights {
			c.weights, c.initial, c.job.Weights = true, last.initial, last.job.Weights
		}
		v.cases = append(v.cases, c)
	}
}

// label names a case in a message.
func (c *testCase) label() string {
	if c.ref != nil {
		return "reference " + c.name
	}
	return c.name + " parameters"
}

// compareReferences compares with results that someone else computed.
func (v *verification) compareReferences(results []*Result, checks *Checks) []ReferenceErrors {
	var all []ReferenceErrors
	prog := v.n.Plan.Prog
	for i, c := range v.cases {
		if c.ref == nil {
			continue
		}
		errs := ReferenceErrors{c.ref.Name, newOutputErrors(prog)}
		for s, want := range c.ref.Outputs {
			if want == nil {
				continue
			}
			got, what := results[i].Outputs[s], fmt.Sprintf("output of sample %d", s)
			if c.ref.Tolerance > 0 {
				checks.Within("reference "+c.ref.Name, what, got, want, c.ref.Tolerance)
			} else {
				checks.Near("reference "+c.ref.Name, what, got, want, c.ref.RTol, c.ref.ATol)
			}
			at := 0
			for j, o := range prog.Outputs {
				if n := o.Value.Size(); at+n <= len(want) {
					errs.Outputs[j].add(prog.DType, got[at:at+n], want[at:at+n])
					at += n
				}
			}
		}
		v.compareEnd(c.ref, results[i].State, checks)
		all = append(all, errs)
	}
	return all
}

// compareEnd compares the state after a sequence.
func (v *verification) compareEnd(ref *Reference, state []byte, checks *Checks) {
	if ref.End == nil {
		return
	}
	got, err := v.n.DecodeMemory(state)
	if err != nil {
		checks.add("reference "+ref.Name, 0, err.Error())
		return
	}
	for _, m := range v.n.Plan.Prog.Memory {
		if want := ref.End[m.Name]; want != nil {
			checks.Near("reference "+ref.Name, "state "+m.Name, got[m.Name], want, ref.RTol, ref.ATol)
		}
	}
}
