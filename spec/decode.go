package spec

import (
	"fmt"
	"path/filepath"
	"strings"

	yaml "go.yaml.in/yaml/v4"

	"github.com/nngen-go/nngen/spec/code"
)

// Version is the version of the language, the value of the key nngen.
const Version = 1

// maxRecorded bounds the work on a file full of errors.
const maxRecorded = 200

// Decode reads a network in YAML or JSON. The words come from the vocabulary;
// defaults are filled in. Everything wrong with the text is returned in one
// ErrorList, together with a nil Network.
//
// The files that the spec names are not read; see Load.
func Decode(file string, src []byte, v *Vocabulary) (*Network, error) {
	text, bad := checkText(file, src)
	if bad != nil {
		return nil, ErrorList{bad}
	}
	s := newSource(file, text)
	root, bad := parse(s, text)
	if bad != nil {
		return nil, ErrorList{bad}
	}
	return decodeTree(s, root, v)
}

// decodeTree is the part of Decode that a spec built in Go shares.
func decodeTree(s *source, root *yaml.Node, v *Vocabulary) (*Network, error) {
	d := &decoder{src: s, v: v, bad: map[*yaml.Node]bool{}, holes: map[*yaml.Node]bool{}}
	if d.checkTree(root) {
		d.network(root)
	}
	if len(d.errs) > 0 {
		return nil, d.errs.Sort()
	}
	d.net.src = s
	return &d.net, nil
}

// decoder walks the nodes of a spec.
type decoder struct {
	src     *source
	v       *Vocabulary
	net     Network
	errs    ErrorList
	bad     map[*yaml.Node]bool // values that are reported already
	holes   map[*yaml.Node]bool // maps that lost a reported key
	sources [][]*yaml.Node      // the from: of each layer, nil if it has none
	kinds   []*Kind             // of each layer, nil if it is not known
	unsure  bool                // a name is not known, so references cannot be judged

	nameHint string // what to do about a field `name` that is not known
}

// fail records an error at a node; the format starts with its code.
func (d *decoder) fail(n *yaml.Node, hint, format string, args ...any) {
	d.failAt(pos(n), hint, format, args...)
}

// full reports whether further errors would not be recorded.
func (d *decoder) full() bool { return len(d.errs) >= maxRecorded }

// failAt records an error at a place.
func (d *decoder) failAt(p Pos, hint, format string, args ...any) {
	if !d.full() {
		d.errs = append(d.errs, d.src.errorf(p, hint, format, args...))
	}
}

func pos(n *yaml.Node) Pos { return Pos{n.Line, n.Column} }

// topKeys are the keys of a spec, in the order of the canonical form.
var topKeys = []string{"nngen", "name", "package", "doc", "license", "input", "inputs", "output", "outputs",
	"layers", "loss", "optimizer", "numeric", "codegen", "budget"}

// network walks the top level.
func (d *decoder) network(root *yaml.Node) {
	d.net.Pos, d.net.File = pos(root), filepath.Base(d.src.file)
	if root.Kind != yaml.MappingNode {
		d.fail(root, startHint, code.Form+"a spec must be a map of fields, got %s", describe(root))
		return
	}
	top := d.entries("the spec", root, topKeys)
	d.version(root, top)
	d.header(root, top)
	d.numeric(top)
	d.codegen(top)
	d.budget(top)
	d.inputs(root, top)
	d.layers(root, top)
	d.connect()
	d.outputs(root, top)
	d.optimizer(top)
	d.checkNames()
	d.checkRead()
}

func (d *decoder) version(root *yaml.Node, top entries) {
	n := top.get("nngen")
	if n == nil {
		if top.misses("nngen") {
			d.fail(root, "start the file with nngen: 1", code.Missing+"the version of the language is missing")
		}
		return
	}
	if i, problem, hint := parseInt(n); problem != "" || i != Version {
		if problem == "" {
			problem, hint = fmt.Sprintf("must be %d, got %d", Version, i), "this nngen knows version 1 of the language"
		}
		d.fail(n, hint, code.Value+"nngen %s", problem)
	}
}

func (d *decoder) header(root *yaml.Node, top entries) {
	base := strings.TrimSuffix(d.net.File, filepath.Ext(d.net.File))
	d.net.Name, d.net.Package = base, base
	if n := top.get("name"); n != nil {
		d.net.Name, _ = d.name("name", n)
		d.net.Package = d.net.Name
	} else if problem := checkName(base); problem != "" && top.misses("name") {
		d.fail(root, pick(fixName(base) != "", "write name: "+fixName(base), "write a name: field"), code.Name+"the name %s, taken from the file name, %s", quote(base), problem)
	}
	if n := top.get("package"); n != nil {
		d.net.Package, _ = d.name("package", n)
	}
	d.net.Doc = d.freeText("doc", top.get("doc"))
	d.net.License = d.freeText("license", top.get("license"))
}

// name decodes a name and checks the rules for names.
func (d *decoder) name(where string, n *yaml.Node) (string, bool) {
	s, ok := d.reference(where, n)
	if !ok {
		return "", false
	}
	if problem := checkName(s); problem != "" {
		d.fail(n, nameHint(s), code.Name+"%s %s", where, problem+", got "+quoteASCII(s))
		return s, false
	}
	return s, true
}

func (d *decoder) freeText(where string, n *yaml.Node) string {
	if n == nil {
		return ""
	}
	s, ok := d.text(where, n)
	if problem := freeText(s, true); ok && problem != "" {
		d.fail(n, "", code.Text+"%s %s", where, problem)
	}
	return s
}

func (d *decoder) optimizer(top entries) {
	if n := top.get("optimizer"); n != nil {
		d.net.Optimizer = d.word("", "optimizer", n, OptimizerSlot)
		return
	}
	table := d.v.Optimizers
	if k, _ := find(table, "sgd"); k != nil {
		d.net.Optimizer = d.v.defaults(k, d.net.Pos)
	} else if len(table) > 0 {
		d.net.Optimizer = d.v.defaults(&table[0], d.net.Pos)
	}
}
