package spec

import (
	"strings"
	"testing"
)

const cities = `nngen: 1
name: cities
input:
  columns:
    - age
    - {name: city, one_hot: [Rome, "Oslo; x: columns", null, "1"], missing: zero}
    - {name: "net income, $", missing: median}
    - {name: size, ordinal: [small, large], unknown: zero}
    - {name: "3rd"}
    - {name: "net_income"}
    - {name: "°", missing: zero}
layers:
  - dense: {units: 2}
loss: mse
`

// TestColumns: columns with fields say the shape, the record and the
// architecture, and come through the canonical form.
func TestColumns(t *testing.T) {
	n := decode(t, "cities.yaml", strings.Replace(cities, "null", `"null"`, 1))
	in := &n.Inputs[0]
	equal(t, "shape", in.Shape, []int{10})
	equal(t, "names", in.ColumnNames(), []string{"age", "city", "net income, $", "size", "3rd", "net_income", "°"})
	equal(t, "encoded", []bool{in.Encoded(), in.Fitted()}, []bool{true, true})
	equal(t, "city", in.Columns[1], Column{Pos: Pos{6, 7}, Name: "city", Encoding: "one_hot", Categories: []string{"Rome", "Oslo; x: columns", "null", "1"}, Missing: "zero", Unknown: "error"})
	equal(t, "size", in.Columns[3], Column{Pos: Pos{8, 7}, Name: "size", Encoding: "ordinal", Categories: []string{"small", "large"}, Missing: "error", Unknown: "zero"})
	equal(t, "3rd", in.Columns[4], Column{Pos: Pos{9, 7}, Name: "3rd", Encoding: "number", Missing: "error"})

	var fields []string
	var at []int
	for _, f := range n.Record() {
		fields, at = append(fields, f.GoName), append(at, f.At)
	}
	equal(t, "fields", fields, []string{"Age", "City", "NetIncome", "Size", "Column3rd", "NetIncome_2", "Column"})
	equal(t, "elements", at, []int{0, 1, 5, 6, 7, 8, 9})

	// The semicolons of a category separate no layers.
	parts := strings.Split(n.Arch(), "; ")
	equal(t, "parts", len(parts), 3)
	equal(t, "columns", parts[1], `x: columns "age" "city" one_hot ["Rome", "Oslo;\x20x: columns", "null", "1"] missing zero "net income, $" missing median "size" ordinal ["small", "large"] "3rd" "net_income" "°" missing zero`)

	again := decode(t, "cities.yaml", string(n.Canonical(testVocabulary())))
	for i := range in.Columns {
		c, d := in.Columns[i], again.Inputs[0].Columns[i]
		c.Pos, d.Pos = Pos{}, Pos{}
		equal(t, c.Name, d, c)
	}
}

// TestRecordOfSeveral: inputs without columns stand in the record as they are,
// and a network without columns has none.
func TestRecordOfSeveral(t *testing.T) {
	b := New("several")
	image := b.Input("image", 4)
	person := b.EncodedInput("person", []Fields{{"name": "image"}, {"name": "city", "one_hot": []string{"Rome", "Oslo"}}}, Fields{"normalize": "standard"})
	b.Output("y", b.Layer("dense", b.Layer("add", Join(b.Layer("dense", image, Fields{"units": 1}), b.Layer("dense", person, Fields{"units": 1}))), Fields{"units": 1}))
	b.Loss("mse")
	n, err := b.Build(testVocabulary())
	if err != nil {
		t.Fatal(err)
	}
	var fields []string
	for _, f := range n.Record() {
		fields = append(fields, f.GoName)
	}
	equal(t, "fields", fields, []string{"Image", "Image_2", "City"})
	equal(t, "whole", n.Record()[0].Column == nil, true)
	n.Inputs = n.Inputs[:1]
	equal(t, "without columns", n.Record() == nil, true)
}
