package model

import (
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/onnx/importer"
)

var allCases = flag.Bool("onnx-backend", false, "run all cases of Debian's libonnx-testdata, on every path")

// inHand are the operators whose cases are counted apart: windows, resizing, padding,
// batch normalisation, cells.
var inHand = strings.Fields("Conv ConvTranspose MaxPool AveragePool GlobalAveragePool GlobalMaxPool Pad Resize Upsample BatchNormalization RNN GRU LSTM")

// TestDebian runs the cases of ONNX that Debian has in libonnx-testdata through import
// and interpreter, an eighth of them unless all are asked for. What is refused says
// why; nothing fails.
func TestDebian(t *testing.T) {
	const root = "/usr/share/libonnx-testdata/data"
	if _, err := os.Stat(root); err != nil {
		t.Skipf("%s is not there (apt-get install libonnx-testdata): ONNX's cases beside those of golden/onnx-backend are not run", root)
	}
	const parts = 8
	cases := backendCases(t, root, func(name string) bool {
		return !strings.HasPrefix(name, "real/") && (*allCases || crc32.ChecksumIEEE([]byte(name))%parts == 0)
	})
	var running []*backendCase
	passed, refused, ours := 0, 0, map[string]int{}
	for _, c := range cases {
		if c.refused == nil {
			running = append(running, c)
			c.compare("float64", interpret(t, c.model, c.reference.Inputs))
		}
	}
	if *allCases && !testing.Short() {
		generated(t, running)
	}
	for _, c := range cases {
		hand := slices.ContainsFunc(c.operators, func(op string) bool { return slices.Contains(inHand, op) })
		result := "passed"
		switch {
		case c.failed != "":
			t.Errorf("%s: %s\n%s", c.name, c.failed, c.model.Spec)
			result = "failed"
		case c.refused == nil:
			passed++
		default:
			var refusal *importer.Error
			var damaged *onnx.Error
			assert.True(t, errors.As(c.refused, &refusal) || errors.As(c.refused, &damaged), "%s: %v", c.name, c.refused)
			refused++
			if result = "refused"; hand {
				t.Logf("refused: %s (%s): %s", c.name, strings.Join(c.operators, ", "), strings.SplitN(fmt.Sprint(c.refused), "\n", 2)[0])
			}
		}
		if hand {
			ours[result]++
		}
	}
	assert.Greater(t, passed, len(cases)/3)
	t.Logf("%d cases: %d passed, %d refused; of convolution, pooling, resizing, padding and cells %v", len(cases), passed, refused, ours)
}
