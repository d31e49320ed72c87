package spec

import (
	"strconv"
	"strings"
	"testing"
)

func TestFormat(t *testing.T) {
	src := `# yaml-language-server: $schema=nngen.schema.json
# Two lines above.

layers:
  # The first layer.
  - dense: {units: 4, activation: relu}  # behind it
  - dense:
      # inside
      units: 2
  # After the last layer.
name: demo # the name
nngen: 1
# About the input.
input: {shape: [3]} # three
loss: mse # squared
# The end.
`
	want := `# yaml-language-server: $schema=nngen.schema.json
# Two lines above.
nngen: 1
# the name
name: demo
package: demo
inputs:
  # About the input.
  # three
`
	got, err := Format("demo.yaml", []byte(src), testVocabulary())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(got), want) {
		t.Errorf("got\n%s\nwant first\n%s", got, want)
	}
	for _, comment := range []string{"$schema", "Two lines above", "The first layer", "behind it", "inside", "After the last layer", "the name", "About the input", "three", "squared", "The end"} {
		if n := strings.Count(string(got), comment); n != 1 {
			t.Errorf("comment %q stands there %d times in\n%s", comment, n, got)
		}
	}
	first := strings.Index(string(got), "# The first layer.")
	layer := strings.Index(string(got), "units: 4")
	if first < 0 || layer < first {
		t.Errorf("a comment is not above its layer:\n%s", got)
	}
	twice, err := Format("demo.yaml", got, testVocabulary())
	if err != nil || string(twice) != string(got) {
		t.Errorf("formatted again (%v):\n%s\nwas\n%s", err, twice, got)
	}
}

// Long lines are broken, and mean the same.
// TestCanonicalTexts: any text is the same text in the canonical form.
func TestCanonicalTexts(t *testing.T) {
	words := []string{"null", "true", "false", "yes", "n", "nan", "inf", "e1", "1e5", "~", "Null", "a, b", "x: y", "# no", "°C", `quo"te\\`, "-", "[", "{a}", "&a", "*a", "!!int", "2020-01-01", "0x1", "<<", "="}
	var quoted []string
	for _, w := range words {
		quoted = append(quoted, strconv.Quote(w))
	}
	src := "nngen: 1\ninput: {columns: [" + strings.Join(quoted, ", ") + "]}\nlayers:\n  - dense: {units: " + strconv.Itoa(len(quoted)) + "}\noutput: {labels: [" + strings.Join(quoted, ", ") + "]}\nloss: cross_entropy\n"
	once := decode(t, "texts.yaml", src)
	again := decode(t, "texts.yaml", string(once.Canonical(testVocabulary())))
	equal(t, "columns", again.Inputs[0].ColumnNames(), once.Inputs[0].ColumnNames())
	equal(t, "labels", again.Outputs[0].Labels, once.Outputs[0].Labels)
	equal(t, "number of columns", len(once.Inputs[0].Columns), len(words))
}

// TestCanonicalNull: null may be the name of anything.
func TestCanonicalNull(t *testing.T) {
	for _, names := range [][3]string{{"null", "out", "q"}, {"in", "null", "q"}, {"in", "out", "null"}} {
		src := "nngen: 1\nname: \"null\"\ninputs: {in: {shape: 2}}\noutputs: {q: {from: out}}\nlayers: [dense: {name: out, from: in, units: 1}]\nloss: mse\n"
		for i, name := range []string{"in", "out", "q"} {
			src = strings.NewReplacer(name+": {", strconv.Quote(names[i])+": {", "from: "+name, "from: "+strconv.Quote(names[i]), "name: "+name, "name: "+strconv.Quote(names[i])).Replace(src)
		}
		once := decode(t, "null.yaml", src).Canonical(testVocabulary())
		equal(t, src, string(decode(t, "null.yaml", string(once)).Canonical(testVocabulary())), string(once))
	}
}

func TestFormatLong(t *testing.T) {
	means := strings.Repeat("0.123456789, ", 63) + "1"
	src := "nngen: 1\nname: long\ninput: {shape: [64], normalize: {mean: [" + means + "], std: [" + means + "]}}\nlayers:\n  - dense: {units: 2}\nloss: mse\n"
	n, err := Decode("long.yaml", []byte(src), testVocabulary())
	if err != nil {
		t.Fatal(err)
	}
	got := n.Canonical(testVocabulary())
	again, err := Decode("long.yaml", got, testVocabulary())
	if err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	for _, line := range strings.Split(string(got), "\n") {
		if len(line) > lineLength {
			t.Errorf("a line of %d bytes:\n%s", len(line), line)
		}
	}
	equal(t, "mean", again.Inputs[0].Normalize.Mean, n.Inputs[0].Normalize.Mean)
	equal(t, "std", again.Inputs[0].Normalize.Std, n.Inputs[0].Normalize.Std)
}

// TestBudgetCanonical: a budget is written as it was given, and none is made up.
func TestBudgetCanonical(t *testing.T) {
	const net = "nngen: 1\nname: net\ninput: {shape: [4]}\nlayers: [{dense: {units: 2}}]\nloss: mse\n"
	for budget, want := range map[string]string{"": "", "budget: {macs: 8, flash: 40}\n": "budget: {flash: 40, macs: 8}\n", "budget: {}\n": ""} {
		n, err := Decode("net.yaml", []byte(net+budget), testVocabulary())
		if err != nil {
			t.Fatal(err)
		}
		text := string(n.Canonical(testVocabulary()))
		if _, got, _ := strings.Cut(text, "skip_zeros: auto"); strings.Trim(got, "}\n") != strings.Trim(want, "}\n") {
			t.Errorf("%q: %q, want %q", budget, got, want)
		}
		if again, err := Decode("net.yaml", []byte(text), testVocabulary()); err != nil || again.Budget.Int("macs") != n.Budget.Int("macs") {
			t.Errorf("%v, %v", again, err)
		}
	}
}
