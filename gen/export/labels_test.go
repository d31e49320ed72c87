package export

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/lower"
	"github.com/nngen-go/nngen/spec/onnx"
	"github.com/nngen-go/nngen/spec/onnx/importer"
)

// TestLabels: the names of classes come back, whatever they are; those that no
// network can have, in a model of others, are left out with a note.
func TestLabels(t *testing.T) {
	const layers = "outputs:\n  kind: {from: softmax1, labels: [\"no\", 'a \"b\", c: d', \"10\"]}\n  yes: {from: dense2, labels: [cat, dog]}\n" +
		"layers:\n  - dense: {units: 3}\n  - softmax\n  - dense: {units: 1, from: dense1, activation: sigmoid}\n"
	net := decode(t, "nngen: 1\nname: n\ninput: {shape: [4]}\n"+layers+"codegen: {train: false}\n")
	prog, err := lower.Lower(net)
	require.NoError(t, err)
	params, _ := randomValues(net, prog)
	model, err := Model(net, prog, params)
	require.NoError(t, err)
	read := func() *importer.Result {
		file, err := onnx.Read(model.Marshal())
		require.NoError(t, err)
		r, err := importer.Import(file, importer.Options{Name: "n", BatchAxis: "0"})
		require.NoError(t, err)
		return r
	}
	back := decode(t, string(read().Spec))
	for i := range net.Outputs {
		require.Equal(t, net.Outputs[i].Name, back.Outputs[i].Name)
		require.Equal(t, net.Outputs[i].Labels, back.Outputs[i].Labels)
	}
	for _, c := range []struct{ value, note string }{
		{`["a","b"]`, "there are 2 for 3 values"},
		{`["a","b","a"]`, "label 3 is one of those before it"},
		{`["a","b",""]`, "label 3 must not be empty"},
		{"[\"a\",\"b\",\"\\u0007\"]", "control character"},
		{`["a","b",3]`, "they are no list of texts"},
		{`[`, "they are no list of texts"},
		{`[]`, "there are 0 for 3 values"},
		{`null`, "there are 0 for 3 values"},
	} {
		model.MetadataProps[0].Value = c.value
		r := read()
		require.Contains(t, r.Notes[len(r.Notes)-1], c.note, c.value)
		require.Nil(t, decode(t, string(r.Spec)).Outputs[0].Labels)
	}
}
