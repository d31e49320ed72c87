package gen

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

var update = flag.Bool("update", false, "rewrite docs and the reports of golden/bad that the compiler makes")

// badSpec is a file of golden/bad: a spec and the report it gets. Package spec
// checks the cases of phase decode against its own words; here every case
// meets the real ones.
type badSpec struct {
	path    string
	archive *txtar.Archive
	phase   string // decode | lower
	schema  string // refuses | accepts
}

func badSpecs(t *testing.T) []badSpec {
	paths, err := filepath.Glob("../golden/bad/*.txtar")
	require.NoError(t, err)
	var cases []badSpec
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		require.NoError(t, err)
		require.Len(t, a.Files, 2, path)
		c := badSpec{path: path, archive: a}
		for line := range strings.SplitSeq(string(a.Comment), "\n") {
			switch key, value, _ := strings.Cut(line, ": "); key {
			case "phase":
				c.phase = value
			case "schema":
				c.schema = value
			}
		}
		require.Contains(t, []string{"decode", "lower"}, c.phase, path)
		cases = append(cases, c)
	}
	return cases
}

// compile runs the compiler on the spec and demands that it makes nothing.
func (c badSpec) compile(t *testing.T) error {
	file := c.archive.Files[0]
	net, err := spec.Decode(file.Name, file.Data, op.Vocabulary())
	if err != nil {
		require.Nil(t, net)
		return err
	}
	if err := net.ReadFiles("../golden/specs"); err != nil {
		return err
	}
	files, err := Generate(net, Options{})
	require.Empty(t, files)
	return err
}

func TestBadSpecs(t *testing.T) {
	hints := 0
	for _, c := range badSpecs(t) {
		t.Run(strings.TrimSuffix(filepath.Base(c.path), ".txtar"), func(t *testing.T) {
			err := c.compile(t)
			require.Error(t, err)
			var list spec.ErrorList
			require.True(t, errors.As(err, &list), "not an ErrorList: %v", err)
			for _, e := range list {
				require.NotContains(t, e.Msg, "internal error")
				require.Positive(t, e.Pos.Line)
				require.Positive(t, e.Pos.Col)
				require.NotNil(t, code.Find(e.Code), "the code of %v is not documented", e)
			}
			if list[0].Hint != "" && list[0].Line != "" {
				hints++
			}
			want := &c.archive.Files[1]
			if *update && c.phase == "lower" {
				want.Data = []byte(err.Error() + "\n")
				require.NoError(t, os.WriteFile(c.path, txtar.Format(c.archive), 0o644))
			}
			require.Equal(t, string(want.Data), err.Error()+"\n")
		})
	}
	require.GreaterOrEqual(t, hints, 60, "cases with place, line, expectation and hint")
}

// TestExamplesOfErrors: the spec that explains a code gives this code, and no
// other.
func TestExamplesOfErrors(t *testing.T) {
	specs := 0
	for _, k := range code.Kinds() {
		if strings.HasPrefix(k.Example, "nngen ") {
			continue // a command line
		}
		specs++
		c := badSpec{archive: &txtar.Archive{Files: []txtar.File{{Name: "example.yaml", Data: []byte(k.Example)}}}}
		var list spec.ErrorList
		require.ErrorAs(t, c.compile(t), &list, k.Code)
		for _, e := range list {
			require.Equal(t, k.Code, e.Code, "%v", e)
		}
	}
	require.Greater(t, specs, 20)
}
