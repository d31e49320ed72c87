package spec

import (
	"go/token"
	"go/types"
	"slices"
	"testing"
)

func TestGoName(t *testing.T) {
	for name, want := range map[string]string{"dense1": "Dense1", "my_layer": "MyLayer", "a__b_": "AB", "x": "X", "a_1": "A1"} {
		equal(t, name, GoName(name), want)
		if !token.IsIdentifier(GoName(name)) || !token.IsExported(GoName(name)) {
			t.Errorf("%s is no exported identifier", GoName(name))
		}
	}
}

func TestPredeclaredNames(t *testing.T) {
	equal(t, "predeclared", predeclared, slices.Sorted(slices.Values(types.Universe.Names())))
}

func TestFixName(t *testing.T) {
	for name, want := range map[string]string{"My-Net 2": "my_net_2", "func": "func1", "2nd": "", "h\u0430nd": "", "Main": "main1", "a_test": "a_test1"} {
		equal(t, name, fixName(name), want)
	}
}

func TestSuggest(t *testing.T) {
	known := []string{"relu", "leaky_relu", "tanh", "units", "batch"}
	for word, want := range map[string]string{"rellu": "relu", "unit": "units", "LeakyReLU": "leaky_relu", "tahn": "tanh", "foo": "", "": "", "xxxxxxxx": ""} {
		equal(t, word, suggest(word, known), want)
	}
}

func TestVocabularyCheck(t *testing.T) {
	if err := testVocabulary().Check(); err != nil {
		t.Error(err)
	}
	v := testVocabulary()
	v.Layers[0].Params[1].Default = "no_such"
	v.Layers[1].Params[0].Default = 1
	v.Losses[0].Aliases = []string{"mae"}
	want := "layer dense: activation: the default no_such is not a value of the field\n" +
		"layer dropout: rate: the default 1 is not a value of the field\n" +
		`loss: the word "mae" is not a word or occurs twice`
	equal(t, "errors", v.Check().Error(), want)
}
