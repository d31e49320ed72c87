package weights

import (
	"fmt"
	"regexp"
	"strings"
)

// Rule says that a tensor, or the tensors of a layer, of a file are those of
// the network under another name.
type Rule struct {
	From, To  string
	Transpose bool // of matrices: the file has [in, out], as Keras does
	Keras     bool // the layer is a recurrent one of Keras
}

// String returns the rule as ParseRule reads it.
func (r Rule) String() string {
	s := r.From + "=" + r.To
	if r.Transpose {
		s += ":transpose"
	}
	if r.Keras {
		s += ":keras"
	}
	return s
}

// ParseRule reads THEIRS=OURS, with :transpose or :keras behind it or not.
func ParseRule(s string) (Rule, error) {
	body, transpose := strings.CutSuffix(s, ":transpose")
	body, keras := strings.CutSuffix(body, ":keras")
	i := strings.LastIndexByte(body, '=')
	if i <= 0 || i == len(body)-1 {
		return Rule{}, fmt.Errorf("%s must be THEIRS=OURS, for instance fc1.weight=dense1.weight, or fc1=dense1 for the whole layer", quote(s))
	}
	r := Rule{From: body[:i], To: body[i+1:], Transpose: transpose, Keras: keras}
	if _, option, ok := strings.Cut(r.To, ":"); ok {
		return Rule{}, fmt.Errorf("%s: the options are :transpose and :keras, got %s", quote(s), quote(":"+option))
	}
	return r, nil
}

// endings are how frameworks end the names of a layer's tensors, by nngen's
// ending.
var endings = map[string][]string{
	".weight": {".weight", "/kernel", ".kernel", "/kernel:0"},
	".bias":   {".bias", "/bias", "/bias:0"},
	// PyTorch numbers the layers of a recurrent module.
	".weight_ih": {".weight_ih", ".weight_ih_l0"},
	".weight_hh": {".weight_hh", ".weight_hh_l0"},
	".bias_ih":   {".bias_ih", ".bias_ih_l0"},
	".bias_hh":   {".bias_hh", ".bias_hh_l0"},
}

// numbered is a layer of a recurrent module of PyTorch: gru_l1, gru_l0_reverse.
var numbered = regexp.MustCompile(`^(.+)(_l[0-9]+(?:_reverse)?)$`)

// split cuts dense1.weight into dense1 and .weight.
func split(name string) (layer, ending string) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return name, ""
	}
	return name[:i], name[i:]
}

// covers reports whether the rule is for a tensor of the network, or for its
// layer.
func (r Rule) covers(name string) bool {
	layer, _ := split(name)
	return r.To == name || r.To == layer
}

// ruleFor returns the rule for a tensor, else that for its layer, else nil.
func ruleFor(name string, rules []Rule) *Rule {
	var layer *Rule
	for i := range rules {
		switch r := &rules[i]; {
		case r.To == name:
			return r
		case r.covers(name) && layer == nil:
			layer = r
		}
	}
	return layer
}

// candidates are the names that the tensor may have in the file.
func (r Rule) candidates(name string) []string {
	if r.To == name {
		return []string{r.From}
	}
	_, ending := split(name)
	if endings[ending] == nil {
		return []string{r.From + ending}
	}
	var names []string
	for _, e := range endings[ending] {
		names = append(names, r.From+e)
	}
	if m := numbered.FindStringSubmatch(r.From); m != nil && strings.HasSuffix(ending, "h") {
		names = append(names, m[1]+ending+m[2])
	}
	return names
}
