package importer

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// clutter are words in the names of exporters that say nothing about the
// model: operators, parameters, framework internals.
var clutter = strings.Fields(`
	batch biasadd bias biased batchnorm normalization bn class const constantfolding core data default dense expr
	fused graph import in inp input inputs keras kernel layer layers linear logits matrix mm mod model name onnx op operator out output outputs
	readvariableop recip reduce relu6 resource sequential silu stack statefulpartitionedcall strided tensor tf
	transformed truediv var variable weight weights zero w b x y z read t`)

// tensorIndex is the number that TensorFlow puts behind names.
var tensorIndex = regexp.MustCompile(`:[0-9]+$`)

// kerasLayer finds the layer in what tf2onnx writes:
// "StatefulPartitionedCall/sequential/dense_1/MatMul/ReadVariableOp:0".
var kerasLayer = regexp.MustCompile(`([^/]+)/(?:MatMul|BiasAdd|Tensordot|batchnorm)(?:[/:]|$)`)

var digits = regexp.MustCompile(`^[0-9]+$`)

// meaningful is the part of a name of the model that names a layer, or "":
// "mlp_1/MLP_0_1/hidden_0_1/MatMul" is hidden_0_1, "fc1.weight" is fc1.
func meaningful(hint string) string {
	if strings.HasPrefix(hint, "StatefulPartitionedCall/") || strings.Contains(hint, "/ReadVariableOp") {
		if m := kerasLayer.FindStringSubmatch(hint); m != nil {
			return identifier(m[1])
		}
	}
	hint = tensorIndex.ReplaceAllString(hint, "")
	parts := strings.FieldsFunc(hint, func(r rune) bool { return strings.ContainsRune("/.:;|\\ ", r) })
	for i := len(parts) - 1; i >= 0; i-- {
		if name := stripped(parts[i]); name != "" {
			// "layers.0": a bare number belongs to the word before it.
			if digits.MatchString(name) {
				if i == 0 || !strings.Contains(hint, parts[i-1]+"."+parts[i]) || digits.MatchString(parts[i-1]) {
					continue
				}
				name = identifier(parts[i-1]) + "_" + name
			}
			return name
		}
	}
	return ""
}

// stripped drops the clutter at the ends of a part of a name.
func stripped(part string) string {
	words := strings.Split(identifier(part), "_")
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	if len(words) == 1 && digits.MatchString(words[0]) {
		return words[0]
	}
	for len(words) > 0 {
		last := words[len(words)-1]
		bare := strings.TrimRight(last, "0123456789")
		switch {
		case isClutter(last) || isClutter(bare):
			words = words[:len(words)-1]
		case digits.MatchString(last) && len(words) > 1 && isClutter(words[len(words)-2]):
			words = words[:len(words)-2]
		case digits.MatchString(last) && len(words) == 1:
			return ""
		default:
			for len(words) > 1 && (isClutter(words[0]) || digits.MatchString(words[0])) {
				words = words[1:]
			}
			return strings.Join(words, "_")
		}
	}
	return ""
}

// isClutter reports words that name no layer.
func isClutter(word string) bool {
	return slices.Contains(clutter, word) || slices.Contains(operatorWords(), word)
}

// operatorWords are the operators in lower case.
var operatorWords = sync.OnceValue(func() []string {
	var words []string
	for op := range operators {
		words = append(words, strings.ToLower(op))
	}
	return words
})

// identifier makes lower-case words joined by _ of a text.
func identifier(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case 'A' <= r && r <= 'Z':
			b.WriteRune(r - 'A' + 'a')
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
	}
	return strings.Trim(b.String(), "_")
}

// namer gives out names that are valid and not taken.
type namer struct {
	taken map[string]bool // by their form without _
	valid func(name string) bool
}

// claim reserves a name, or one like it.
func (n *namer) claim(name string) (string, bool) {
	if len(name) > 48 {
		name = strings.Trim(name[:48], "_")
	}
	if name != "" && (name[0] < 'a' || name[0] > 'z') {
		name = "n" + name
	}
	key := strings.ReplaceAll(name, "_", "")
	if name == "" || n.taken[key] || !n.valid(name) {
		return "", false
	}
	n.taken[key] = true
	return name, true
}
