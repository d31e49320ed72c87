// Package code names the kinds of errors. An error keeps its code whatever
// becomes of its words, so that scripts, editors and searches can rely on it;
// nngen explain says what each means.
//
// What reports an error of a spec puts the code in front of the format of its
// message, as in
//
//	d.fail(n, hint, code.UnknownField+"%s has no field %s", where, name)
//
// and Cut takes it off again. Codes are never given to another kind of error.
package code

import (
	_ "embed"
	"regexp"
	"strings"
)

// The text and its form.
const (
	Encoding     = "NN101 "
	Syntax       = "NN102 "
	WrittenTwice = "NN103 "
	Limit        = "NN104 "
)

// The parts of a spec and their values.
const (
	Form         = "NN201 "
	UnknownField = "NN202 "
	UnknownWord  = "NN203 "
	Missing      = "NN204 "
	Value        = "NN205 "
	Range        = "NN206 "
	Choice       = "NN207 "
	Conflict     = "NN208 "
	Count        = "NN209 "
	Text         = "NN210 "
	Name         = "NN211 "
	NameTaken    = "NN212 "
	File         = "NN213 "
)

// The network that a spec describes.
const (
	From         = "NN301 "
	Sources      = "NN302 "
	Unread       = "NN303 "
	Shapes       = "NN304 "
	Loss         = "NN305 "
	NotTrainable = "NN306 "
	Budget       = "NN307 "
)

// Other files.
const (
	Data     = "NN401 "
	Weights  = "NN402 "
	Model    = "NN403 "
	Misfit   = "NN404 "
	Diverged = "NN405 "
)

// The command.
const (
	Usage       = "NN501 "
	InTheWay    = "NN502 "
	Failure     = "NN503 "
	Different   = "NN504 "
	Mismatch    = "NN505 "
	Interrupted = "NN506 "
)

// Of returns the code alone: NN104.
func Of(prefix string) string { return strings.TrimSpace(prefix) }

var prefix = regexp.MustCompile(`^NN\d{3} `)

// Cut splits a message that starts with a code.
func Cut(msg string) (code, rest string) {
	code = prefix.FindString(msg)
	return Of(code), msg[len(code):]
}

// Kind is what is documented of a kind of error.
type Kind struct {
	Code    string `json:"code"`
	Title   string `json:"title"`
	Means   string `json:"means"`   // what is wrong
	Example string `json:"example"` // a spec or a command line that gives it
	Remedy  string `json:"remedy"`  // what to do
}

//go:embed codes.md
var document string

var link = regexp.MustCompile(`\[([^]]*)\]\([^)]*\)`)

// Kinds returns every kind of error, in the order of the codes. They are the
// sections of codes.md: a heading, what it means, an example, the remedy.
func Kinds() []Kind {
	var kinds []Kind
	for section := range strings.SplitSeq(link.ReplaceAllString(document, "$1"), "\n## ") {
		title, text, _ := strings.Cut(section, "\n")
		k := Kind{}
		k.Code, k.Title, _ = strings.Cut(title, ": ")
		if !prefix.MatchString(k.Code + " ") {
			continue
		}
		parts := strings.SplitN(text, "```", 3)
		if len(parts) == 3 {
			k.Means = strings.TrimSpace(parts[0])
			_, k.Example, _ = strings.Cut(parts[1], "\n")
			k.Remedy = strings.TrimSpace(parts[2])
		}
		kinds = append(kinds, k)
	}
	return kinds
}

// Find returns the kind of a code, in any case of letters, or nil.
func Find(code string) *Kind {
	for _, k := range Kinds() {
		if strings.EqualFold(k.Code, code) {
			return &k
		}
	}
	return nil
}
