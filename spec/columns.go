package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	yaml "go.yaml.in/yaml/v4"

	"github.com/nngen-go/nngen/spec/code"
)

// Column is a column of a table, and how its values become elements of an
// input.
type Column struct {
	Pos        Pos
	Name       string
	Encoding   string   // number | one_hot | ordinal
	Categories []string // of one_hot and ordinal, in order
	Missing    string   // error | zero | mean | median
	Unknown    string   // error | zero; "" for numbers, which have no categories
}

// Width is how many elements of the input the column becomes: one, or one per
// category of one_hot.
func (c *Column) Width() int {
	if c.Encoding == "one_hot" {
		return len(c.Categories)
	}
	return 1
}

// Fitted reports whether what stands for a missing value is fitted to the
// training data, and stored with the weights.
func (c *Column) Fitted() bool { return c.Missing == "mean" || c.Missing == "median" }

// plain reports whether a bare name says all of the column.
func (c *Column) plain() bool { return c.Encoding == "number" && c.Missing == "error" }

// Encoded reports whether columns of the input hold more than numbers that are
// its elements: categories, or missing values.
func (in *Input) Encoded() bool {
	return slices.ContainsFunc(in.Columns, func(c Column) bool { return !c.plain() })
}

// width is how many elements the columns become.
func (in *Input) width() int {
	n := 0
	for i := range in.Columns {
		n += in.Columns[i].Width()
	}
	return n
}

// Fitted reports whether a column of the input is.
func (in *Input) Fitted() bool {
	return slices.ContainsFunc(in.Columns, func(c Column) bool { return c.Fitted() })
}

// ColumnNames are the names of the columns, nil without any.
func (in *Input) ColumnNames() []string {
	var names []string
	for i := range in.Columns {
		names = append(names, in.Columns[i].Name)
	}
	return names
}

// RecordField is a field of the record that a sample is before it is encoded.
type RecordField struct {
	GoName string
	Input  int     // of the network
	Column *Column // nil: the field is the whole input, which has no columns
	At     int     // the first of the elements
}

// Record lists the fields of a record: the columns of all inputs, and inputs
// without columns as they are. It is nil if no input has columns.
func (n *Network) Record() []RecordField {
	var fields []RecordField
	columns := false
	for i := range n.Inputs {
		in := &n.Inputs[i]
		if in.Columns == nil {
			fields = append(fields, RecordField{GoName: GoName(in.Name), Input: i})
		}
		at := 0
		for k := range in.Columns {
			c := &in.Columns[k]
			fields = append(fields, RecordField{GoName: fieldName(c.Name), Input: i, Column: c, At: at})
			at, columns = at+c.Width(), true
		}
	}
	if !columns {
		return nil
	}
	unique(fields)
	return fields
}

// unique numbers the fields whose names another has before them: Width,
// Width2.
func unique(fields []RecordField) {
	taken := map[string]bool{}
	for i := range fields {
		name := fields[i].GoName
		for k := 2; taken[fields[i].GoName]; k++ {
			fields[i].GoName = name + "_" + strconv.Itoa(k)
		}
		taken[fields[i].GoName] = true
	}
}

// fieldName turns the name of a column into an exported Go identifier:
// bill_length_mm is BillLengthMm, "turn, °" is Turn.
func fieldName(s string) string {
	var b strings.Builder
	begin := true
	for _, r := range s {
		switch {
		case r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r):
			begin = true
			continue
		case begin:
			r = unicode.ToUpper(r)
		}
		begin = false
		b.WriteRune(r)
	}
	name := b.String()
	if name == "" || name[0] < 'A' {
		name = "Column" + name
	}
	return name
}

// columns decodes the columns of an input, which say its shape.
func (d *decoder) columns(where string, n *yaml.Node, e entries) []Column {
	if shape := e.get("shape"); shape != nil {
		d.fail(shape, "write one of them", code.Conflict+"%s: columns say the shape too", where)
	}
	where = join(where, "columns")
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		d.fail(n, `write columns: [age, income]`, code.Form+"%s must be a list of columns, got %s", where, describe(n))
		return nil
	}
	first := map[string]int{}
	list := make([]Column, 0, len(n.Content))
	width := 0
	for i, node := range n.Content {
		node = deref(node)
		c := Column{Pos: pos(node), Encoding: "number", Missing: "error"}
		item := fmt.Sprintf("%s: column %d", where, i+1)
		named := node
		if node.Kind == yaml.MappingNode {
			named = d.column(item, node, &c)
		}
		if named != nil {
			d.columnName(item, named, &c, first, i+1)
		}
		width += c.Width()
		list = append(list, c)
	}
	if width > MaxDim {
		d.fail(n, "", code.Limit+"%s are %d elements; the limit is %d", where, width, MaxDim)
	}
	return list
}

// columnName decodes the name of a column, which no column before it has.
func (d *decoder) columnName(item string, n *yaml.Node, c *Column, first map[string]int, number int) {
	s, ok := d.text(item, n)
	c.Name = s
	switch problem := freeText(s, false); {
	case !ok:
	case s == "":
		d.fail(n, "", code.Text+"%s must not be empty", item)
	case problem != "":
		d.fail(n, "", code.Text+"%s %s", item, problem)
	case first[s] > 0:
		d.fail(n, "", code.NameTaken+"%s is %s again, like column %d", item, quote(s), first[s])
	case strings.TrimSpace(s) != s:
		d.fail(n, "remove them; around a name in a table they are ignored", code.Text+"%s begins or ends with spaces", item)
	default:
		first[s] = number
	}
}

// column decodes a column with fields. It returns the node of its name.
func (d *decoder) column(item string, n *yaml.Node, c *Column) (name *yaml.Node) {
	e := d.entries(item, n, []string{"name", "one_hot", "ordinal", "missing", "unknown"})
	if name = e.get("name"); name != nil {
		item = fmt.Sprintf("%s (%s)", item, describe(name))
	} else if e.misses("name") {
		d.fail(n, "write {name: city, one_hot: [Rome, Oslo]}", code.Missing+"%s: name is missing", item)
	}
	if ordinal := e.get("ordinal"); ordinal != nil && e.has("one_hot") {
		d.fail(ordinal, "write one of them", code.Conflict+"%s: one_hot and ordinal say the same thing", item)
	}
	for _, key := range []string{"one_hot", "ordinal"} {
		if list := e.get(key); list != nil {
			c.Encoding, c.Unknown = key, "error"
			c.Categories = d.categories(join(item, key), list)
		}
	}
	if m := e.get("missing"); m != nil {
		d.missing(item, m, c)
	}
	if u := e.get("unknown"); u != nil {
		switch value, ok := d.enum(join(item, "unknown"), u, []string{"error", "zero"}); {
		case !ok:
		case c.Categories == nil && e.misses("one_hot") && e.misses("ordinal"):
			d.fail(u, "write one_hot: [Rome, Oslo] beside it, or remove it", code.Missing+"%s: unknown needs categories", item)
		default:
			c.Unknown = value.(string)
		}
	}
	return name
}

// categories decodes the texts that a column may hold.
func (d *decoder) categories(where string, n *yaml.Node) []string {
	const hint = "list the categories, for instance [Rome, Oslo]; they are part of the network, so they are not taken from data"
	names := d.texts(where, "category", n, hint)
	for i, name := range names {
		if strings.TrimSpace(name) != name {
			d.fail(deref(n.Content[i]), "remove them; around a text in a table they are ignored", code.Text+"%s: category %d begins or ends with spaces", where, i+1)
		}
	}
	return names
}

// missing decodes what stands for a missing value.
func (d *decoder) missing(item string, n *yaml.Node, c *Column) {
	value, ok := d.enum(join(item, "missing"), n, []string{"error", "zero", "mean", "median"})
	if !ok {
		return
	}
	c.Missing = value.(string)
	if c.Fitted() && c.Encoding != "number" {
		d.fail(n, "write missing: zero", code.Conflict+"%s: categories have no %s", item, c.Missing)
		c.Missing = "error"
	}
}

// columns writes the columns of an input: in one line, or, where that is too
// long, a line for each.
func (w *canonical) columns(columns []Column) string {
	var items []string
	for i := range columns {
		c := &columns[i]
		if c.plain() {
			items = append(items, text(c.Name))
			continue
		}
		fields := "name: " + text(c.Name)
		if c.Categories != nil {
			fields += ", " + c.Encoding + ": " + list(c.Categories, text)
		}
		fields += ", missing: " + c.Missing
		if c.Unknown != "" {
			fields += ", unknown: " + c.Unknown
		}
		items = append(items, "{"+fields+"}")
	}
	if one := " [" + strings.Join(items, ", ") + "]"; len(one) <= lineLength || !strings.Contains(one, "{") {
		return one
	}
	return "\n      - " + strings.Join(items, "\n      - ")
}

// arch describes the columns of an input, in which there are categories.
func (in *Input) arch() string {
	s := in.Name + ": columns"
	for i := range in.Columns {
		c := &in.Columns[i]
		s += " " + strconv.Quote(c.Name)
		if c.Categories != nil {
			s += " " + c.Encoding + " " + list(c.Categories, strconv.Quote)
		}
		if c.Missing != "error" {
			s += " missing " + c.Missing
		}
	}
	return strings.ReplaceAll(s, "; ", `;\x20`) // which separates the parts
}
