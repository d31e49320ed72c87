package source

import (
	"fmt"
	"go/token"
	"go/types"
	"regexp"
	"strings"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/templates"
)

// LowerCamel turns words ("relu gradient", "dense1.weight", "fan_in") into a
// Go identifier that is not exported.
func LowerCamel(s string) string {
	words := strings.FieldsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	})
	for i, w := range words {
		if i > 0 {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	name := strings.Join(words, "")
	if name == "" {
		return "v"
	}
	if name[0] >= '0' && name[0] <= '9' {
		name = "v" + name
	}
	return strings.ToLower(name[:1]) + name[1:]
}

// printed are the names that the printers and templates give to variables and
// imports themselves; what is named after layers keeps clear of all of them, in
// every scope. TestNames finds what is missing.
var printed = setOf(arguments + `
	at b best bq c count d data dj dx dy err fn gk gn gt h input lanes list m negative o one
	out part parts rate rest row s target terms v w wi wk wn wq wt xk xn yRow
	atomic bits bytes embed errors filepath fmt hash io math nnrt os rand runtime slices sort strconv strings sync testing unsafe`)

// arguments are those of the functions around a scalar program, and the
// variables of the loops.
const arguments = "from g i in j k l n p q t ws x y"

// numbered are names of which the printers use several: chains, loops.
var numbered = regexp.MustCompile(`^[sitwbr][0-9]+$`)

// declared are the names that the fixed files of a package declare.
var declared = func() map[string]bool {
	found := map[string]bool{}
	pattern := regexp.MustCompile(`(?m)^(?:func|var|const|type) +([A-Za-z_]\w*)`)
	entries, err := templates.FS.ReadDir(".")
	if err != nil {
		panic(err)
	}
	for _, f := range entries {
		if f.IsDir() {
			continue // files of users
		}
		text, err := templates.FS.ReadFile(f.Name())
		if err != nil {
			panic(err)
		}
		for _, m := range pattern.FindAllSubmatch(text, -1) {
			found[string(m[1])] = true
		}
	}
	return found
}()

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}

// Namer hands out identifiers that are unique in a scope, and that neither
// hide nor are hidden by those of the scopes it knows of.
type Namer struct {
	Reserved map[string]bool // not to be handed out, but no names either
	Taken    map[string]bool
	Others   map[string]bool // identifiers of other scopes to keep clear of
	Record   map[string]bool // where own identifiers are made known
}

// NewNamer returns a namer of a new scope.
func NewNamer(reserved ...string) *Namer {
	n := &Namer{Reserved: map[string]bool{}, Taken: map[string]bool{}}
	for _, r := range reserved {
		n.Reserved[r] = true
	}
	return n
}

// Local returns a namer for a function's variables: no variable hides a
// function of the package.
func (p *Package) Local(reserved ...string) *Namer {
	n := NewNamer(reserved...)
	n.Others, n.Record = p.Globals.Taken, p.Globals.Others
	return n
}

// Name is an identifier after the name of a layer or of a value: hint, or hint
// with the first number that makes it unique.
func (n *Namer) Name(hint string) string {
	if strings.HasPrefix(LowerCamel(hint), StandalonePrefix) { // a name of the runtime
		hint = "of " + hint
	}
	return n.unique(hint, func(name string) bool { return printed[name] || numbered.MatchString(name) || declared[name] })
}

// Own is an identifier that the printers chose.
func (n *Namer) Own(hint string) string {
	return n.unique(hint, func(string) bool { return false })
}

func (n *Namer) unique(hint string, avoid func(name string) bool) string {
	name := LowerCamel(hint)
	for i := 2; n.avoids(name) || avoid(name); i++ {
		name = fmt.Sprintf("%s_%d", LowerCamel(hint), i)
	}
	n.Taken[name] = true
	if n.Record != nil {
		n.Record[name] = true
	}
	return name
}

func (n *Namer) avoids(name string) bool {
	return n.Reserved[name] || n.Taken[name] || n.Others[name] || token.IsKeyword(name) || types.Universe.Lookup(name) != nil
}

// ParamName is the stem of a parameter's accessor: dense1Weight.
func ParamName(v *ir.Value) string { return LowerCamel(v.Param.Name) }
