package verify

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/nngen-go/nngen/spec"
)

// Report is the result of a verification.
type Report struct {
	Name       string   `json:"name"`
	DType      string   `json:"dtype"`
	Mode       string   `json:"mode"`
	Seed       uint64   `json:"seed"`
	Samples    int      `json:"samples"` // per set of parameters
	Parameters []string `json:"parameters"`
	Steps      int      `json:"training_steps"`
	// IllConditioned are steps with an ill-conditioned gradient that differs from float64.
	IllConditioned int              `json:"ill_conditioned_steps"`
	Paths          []PathReport     `json:"paths"`
	Layers         []*LayerErrors   `json:"layers"`
	Outputs        []OutputErrors   `json:"outputs"`
	Gradients      []GradientReport `json:"gradients,omitempty"`
	// Storage is what storing weights in fewer bits costs, nil for float32.
	Storage      *StorageReport `json:"storage,omitempty"`
	GradientNote string         `json:"gradient_note,omitempty"` // why there are none
	Tests        TestReport     `json:"tests"`
	// Failures explain what did not hold, the first one first.
	Failures []string `json:"failures,omitempty"`
	OK       bool     `json:"ok"`
}

// PathReport is the comparison of a code path with the oracle.
type PathReport struct {
	Path   string   `json:"path"`
	Checks []*Check `json:"checks"`
	// Outputs are the errors against float64, References those against results
	// that someone else computed.
	Outputs    []OutputErrors    `json:"outputs"`
	References []ReferenceErrors `json:"references,omitempty"`

	failed []*Check
}

// TestReport counts the tests that the generated package holds of itself.
type TestReport struct {
	Passed  int    `json:"passed"`
	Skipped int    `json:"skipped"`
	Failed  int    `json:"failed"`
	Output  string `json:"output,omitempty"` // if one failed
}

func newReport(net *spec.Network, o Options) *Report {
	return &Report{Name: net.Name, DType: net.Numeric.DType, Mode: net.Numeric.Mode, Seed: o.Seed, Samples: o.Samples}
}

// fail adds a failure.
func (r *Report) fail(format string, args ...any) {
	r.Failures = append(r.Failures, fmt.Sprintf(format, args...))
}

// finish collects the failures: comparisons first, in the order in which they
// failed, because what is wrong makes what follows wrong; then the rest.
func (r *Report) finish() {
	rest := r.Failures
	r.Failures = nil
	for _, p := range r.Paths {
		for _, c := range p.failed {
			r.fail("path %s: %s: %s", p.Path, c.Name, c.First)
		}
	}
	for _, l := range r.Layers {
		if l.strict > 1 {
			r.fail("layer %s: the error of %s is %.3g times what roundings can explain", l.Layer, l.Value, l.strict)
		}
	}
	r.Failures = append(r.Failures, rest...)
	if r.Tests.Failed > 0 {
		r.fail("tests of the generated package: %d failed", r.Tests.Failed)
	}
	r.OK = len(r.Failures) == 0
}

// tests runs the tests of the generated package.
func (v *verification) tests(ctx context.Context) error {
	paths := v.paths()
	out, passed, err := v.module.Test(ctx, packageName(0), paths[len(paths)-1].env...)
	if err != nil {
		return err
	}
	v.report.Tests = countTests(out, passed)
	return nil
}

// countTests reads what go test -v wrote.
func countTests(out []byte, passed bool) TestReport {
	var t TestReport
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		switch line := lines.Text(); {
		case strings.HasPrefix(line, "--- PASS:"):
			t.Passed++
		case strings.HasPrefix(line, "--- SKIP:"):
			t.Skipped++
		case strings.HasPrefix(line, "--- FAIL:"):
			t.Failed++
		}
	}
	if !passed {
		t.Failed, t.Output = max(1, t.Failed), string(out)
	}
	return t
}
