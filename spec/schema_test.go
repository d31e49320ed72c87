package spec

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	yaml "go.yaml.in/yaml/v4"
)

func compileSchema(t *testing.T, v *Vocabulary) *jsonschema.Schema {
	t.Helper()
	text := Schema(v)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("nngen.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("nngen.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// schemaAccepts reports whether an editor with the schema would find nothing
// wrong with a text.
func schemaAccepts(s *jsonschema.Schema, text []byte) bool {
	var doc any
	if err := yaml.Load(text, &doc); err != nil {
		return false
	}
	return s.Validate(doc) == nil
}

func TestSchemaAcceptsGoodSpecs(t *testing.T) {
	s := compileSchema(t, testVocabulary())
	texts := map[string]string{"digits": digits, "two heads": twoHeads}
	files, _ := filepath.Glob("../golden/specs/*.yaml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(text)
	}
	for name, text := range texts {
		var doc any
		if err := yaml.Load([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaIsDeterministic(t *testing.T) {
	if !bytes.Equal(Schema(testVocabulary()), Schema(testVocabulary())) {
		t.Error("two runs differ")
	}
}

// TestSchemaIsOld keeps the schema inside what draft-07 also has, but for
// $defs, which references reach in any draft.
func TestSchemaIsOld(t *testing.T) {
	for _, word := range []string{"dependentRequired", "dependentSchemas", "unevaluated", "prefixItems", "minContains", "$anchor", "$dynamic"} {
		if bytes.Contains(Schema(testVocabulary()), []byte(`"`+word)) {
			t.Errorf("the schema uses %s", word)
		}
	}
}
