package gen

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	yaml "go.yaml.in/yaml/v4"

	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// schemaDoc is the part of the JSON Schema that the manual repeats.
type schemaDoc struct {
	Description string
	Properties  map[string]schemaDoc
	Required    []string
	Defs        map[string]schemaDoc `json:"$defs"`
}

// TestDocs keeps the files made from the tables fresh.
func TestDocs(t *testing.T) {
	schema := spec.Schema(op.Vocabulary())
	var doc schemaDoc
	require.NoError(t, json.Unmarshal(schema, &doc))
	example, err := os.ReadFile("../golden/specs/iris.yaml")
	require.NoError(t, err)
	page := languagePage(string(example), doc)
	for name, want := range map[string][]byte{"nngen.schema.json": schema, "language.md": []byte(page)} {
		path := filepath.Join("../docs", name)
		if *update {
			require.NoError(t, os.MkdirAll("../docs", 0o755))
			require.NoError(t, os.WriteFile(path, want, 0o644))
		}
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, got), "%s is stale: run go test ./gen -run TestDocs -update", path)
	}
	keys := slices.Sorted(maps.Keys(doc.Properties))
	require.Equal(t, keys, slices.Sorted(slices.Values(slices.Concat(topKeys, slices.Collect(maps.Keys(spec.Sections()))))))
}

// topKeys are the keys of a spec that the manual explains in one line.
var topKeys = []string{"nngen", "name", "package", "doc", "license", "input", "inputs", "output", "outputs", "layers", "loss", "optimizer"}

// keys explains the top level of a spec.
func (m *manual) keys(schema schemaDoc) {
	table := func(s schemaDoc, names []string) {
		m.line("| key | meaning |\n| --- | --- |")
		for _, name := range names {
			doc := s.Properties[name].Description
			if slices.Contains(s.Required, name) {
				doc += " *Required.*"
			}
			m.line("| %s | %s |", name, cell(doc))
		}
		m.line("")
	}
	m.line("## Top level\n")
	table(schema, topKeys)
	m.line("One of input and inputs is required.\n\n### An input\n")
	table(schema.Defs["port_in"], []string{"shape", "columns", "layout", "dtype", "normalize", "context"})
	m.line("One of shape and columns is required. Columns are found by name, as [data files](data.md) tell. One that holds more than numbers is a map:\n")
	table(schema.Defs["column"], []string{"name", "one_hot", "ordinal", "missing", "unknown"})
	m.line("```yaml\ninput:\n  columns:\n    - age\n    - {name: income, missing: median}\n    - {name: city, one_hot: [Rome, Oslo], unknown: zero}\n    - {name: size, ordinal: [small, medium, large]}\n  normalize: standard\n```\n")
	m.line("normalize: standard fits mean and standard deviation to the training data; `{mean: …, std: …}` and `{min: …, max: …}`\nfix them, as one number or one per element.\n\n### An output\n")
	table(schema.Defs["port_out"], []string{"from", "labels", "normalize", "loss", "weight"})
	var ofNumbers []string
	for _, l := range op.Losses() {
		if l.Numbers {
			ofNumbers = append(ofNumbers, l.Name)
		}
	}
	m.line("normalize has the same forms as that of an input. The loss is one of (t − mean) / std, with the losses %s; every\nform of inference, exports and the metrics of eval give y·std + mean, in the units of the targets.\n", strings.Join(ofNumbers, ", "))
	for _, name := range []string{"numeric", "codegen", "budget"} {
		m.line("### %s\n\n%s\n", name, schema.Properties[name].Description)
		m.fields(spec.Sections()[name])
	}
}

// TestSchemaAgrees holds the JSON Schema against the validator: what it
// refuses, nngen refuses, and every good spec it accepts.
func TestSchemaAgrees(t *testing.T) {
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(spec.Schema(op.Vocabulary())))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("nngen.schema.json", text))
	schema, err := compiler.Compile("nngen.schema.json")
	require.NoError(t, err)
	accepts := func(src []byte) bool {
		var doc any
		return yaml.Load(src, &doc) == nil && schema.Validate(doc) == nil
	}

	good, err := filepath.Glob("../golden/specs/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, good)
	for _, path := range good {
		net, err := Load(path)
		require.NoError(t, err)
		src, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, accepts(src), path)
		require.True(t, accepts(net.Canonical(op.Vocabulary())), "the canonical form of %s", path)
	}
	for _, c := range badSpecs(t) {
		src := c.archive.Files[0].Data
		require.Equal(t, c.schema, pick(accepts(src), "accepts", "refuses"), c.path)
		if c.schema == "refuses" {
			require.Equal(t, "decode", c.phase, "%s: the schema refuses what the decoder takes", c.path)
		}
	}
}
