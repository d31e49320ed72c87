package dataset

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/spec/plural"
)

// chooser chooses the columns of a table.
//
// The targets are the named columns; else those of the training, if it is
// known; else those with the names of outputs that the spec names; else the
// last ones, or, with inputs by name, all that is left, but for those without a
// name. The inputs are those of the training, if it is known, which must be
// those that the spec names, if it does; else these; else those with the names
// of the inputs, the name alone for a single number, with a count from 0 or 1
// behind it for several (pose0, pose_1, pose.2, pose[3]). One input may be taken
// by position instead: it is all other columns, and their number must be right.
// Several are never taken by position. Columns that are left when the inputs
// are known by name are left out.
type chooser struct {
	file    *File
	trained Columns
}

// names returns the names of columns.
func (c *chooser) names(columns []int) []string {
	var names []string
	for _, i := range columns {
		names = append(names, c.file.Columns[i])
	}
	return names
}

// others returns the columns that are not among these.
func (c *chooser) others(columns []int) []int {
	var out []int
	for i := range c.file.Columns {
		if !slices.Contains(columns, i) && i != c.file.sequence-1 {
			out = append(out, i)
		}
	}
	return out
}

// both chooses the columns of inputs and targets.
func (c *chooser) both(inputs, targets []Port, named []string) (in, out []int, err error) {
	f, ni, nt := c.file, width(inputs), width(targets)
	if len(named) > 0 && len(named) != nt {
		return nil, nil, f.errorf("%s named; the network has %d (%s)", plural.Of(len(named), "target column"), nt, describe(targets))
	}
	if out, err = c.targets(targets, named); err != nil {
		return nil, nil, err
	}
	if out == nil && len(c.trained.Targets) == nt {
		missing := c.missing(c.trained.Targets)
		return nil, nil, f.errorf("no column is named %s, as that of the targets in training was; the columns are %s; %s",
			quote(missing[0]), shorten(f.Columns), c.remedy(c.trained.Targets, "name the columns of the targets with --target-column"))
	}
	if in, err = c.byName("input", inputs, c.trained.Inputs, out); err != nil {
		return nil, nil, err
	}
	rest := c.others(append(out[:len(out):len(out)], in...))
	if in != nil {
		rest = slices.DeleteFunc(rest, c.unnamed)
	}
	switch {
	case in != nil && out != nil:
		return in, out, nil
	case in != nil && len(rest) == nt:
		return in, rest, nil
	case in != nil:
		if out, err = c.spelled(targets); out != nil || err != nil {
			return in, out, err
		}
		var beside []string
		for _, i := range rest {
			beside = append(beside, f.Columns[i])
		}
		return nil, nil, f.errorf("beside the inputs there are %s (%s) and the network has %s (%s); name the columns of the targets with --target-column",
			plural.Of(len(rest), "column"), shorten(beside), plural.Of(nt, "target"), describe(targets))
	case out != nil && len(rest) == ni:
		return rest, out, c.index(rest)
	case out != nil, len(rest) != ni+nt:
		return nil, nil, f.errorf("the file has %s; the network takes %d: inputs (%s) and targets (%s)%s",
			plural.Of(len(f.Columns), "column"), ni+nt, describe(inputs), describe(targets), c.why())
	default:
		return rest[:ni], rest[ni:], c.suspicious(targets, rest[:ni], rest[ni:])
	}
}

// inputs chooses the columns of the inputs, where there may be targets too.
func (c *chooser) inputs(inputs, targets []Port, named []string) ([]int, error) {
	out, err := c.targets(targets, named)
	if err != nil {
		return nil, err
	}
	in, err := c.byName("input", inputs, c.trained.Inputs, out)
	if in != nil || err != nil {
		return in, err
	}
	f, ni, nt := c.file, width(inputs), width(targets)
	rest := c.others(out)
	switch {
	case len(rest) == ni:
		return rest, c.index(rest)
	case nt > 0 && out == nil && len(rest) == ni+nt:
		return nil, f.errorf("the file has %s, for inputs (%s) and targets (%s), and the weights do not know which are which; name the columns of the targets with --target-column",
			plural.Of(len(f.Columns), "column"), describe(inputs), describe(targets))
	}
	return nil, f.errorf("the file has %s for the inputs; the network takes %d (%s)%s", plural.Of(len(rest), "column"), ni, describe(inputs), c.why())
}

// only chooses the columns of ports in a file of their own.
func (c *chooser) only(kind string, ports []Port, trained []string) ([]int, error) {
	pick, err := c.byName(kind, ports, trained, nil)
	if pick != nil || err != nil {
		return pick, err
	}
	all := c.others(nil)
	if len(all) != width(ports) {
		return nil, c.file.errorf("the file has %s; the network takes %d for the %ss (%s)%s", plural.Of(len(all), "column"), width(ports), kind, describe(ports), c.why())
	}
	return all, c.index(all)
}

// targets returns the columns of the targets as far as names tell, else nil.
func (c *chooser) targets(targets []Port, named []string) ([]int, error) {
	var out []int
	for _, name := range named {
		i := slices.Index(c.file.Columns, name)
		if i < 0 && c.file.form.NoHeader {
			i = slices.Index(c.file.Columns, "#"+name)
		}
		switch {
		case i < 0:
			return nil, c.file.errorf("no column is named %s; the columns are %s", quote(name), shorten(c.file.Columns))
		case slices.Contains(out, i):
			return nil, c.file.errorf("the target column %s is named twice", quote(name))
		}
		out = append(out, i)
	}
	if out != nil || len(targets) == 0 {
		return out, nil
	}
	if len(c.trained.Targets) == width(targets) {
		return c.find(c.trained.Targets), nil
	}
	if len(targets) == 1 && targets[0].Name == defaultTarget {
		return nil, nil // suspicious looks whether it is there
	}
	return c.spelled(targets)
}

// byName returns the columns that have the names of the training or of the
// ports, nil if one port is to be taken by position.
func (c *chooser) byName(kind string, ports []Port, trained []string, taken []int) ([]int, error) {
	known := len(trained) == width(ports) && len(ports) > 0
	if known {
		if err := c.agree(ports, trained); err != nil {
			return nil, err
		}
	}
	pick := c.find(trained)
	if !known || pick == nil {
		var err error
		if pick, err = c.spelled(ports); err != nil {
			return nil, err
		}
		// Names that the training did not go by do not stand for its own.
		if known {
			before := chooser{file: &File{Columns: trained}}
			if same, err := before.spelled(ports); same == nil || err != nil {
				pick = nil
			}
		}
	}
	switch {
	case pick != nil:
		return pick, c.disjoint(pick, taken)
	case known:
		return nil, c.file.errorf("no column is named %s, as %ss of the training were; the columns are %s; %s",
			shorten(c.missing(trained)), kind, shorten(c.file.Columns), c.remedy(trained, "give the columns these names"))
	case named(ports) && !c.file.form.NoHeader:
		return nil, c.file.errorf("no column is named %s, as the spec names its %ss; the columns are %s", strings.Join(c.unspelled(ports), ", "), kind, shorten(c.file.Columns))
	case len(ports) > 1:
		return nil, c.file.errorf("the network has several %ss, so their columns need their names: %s; the columns are %s",
			kind, strings.Join(c.unspelled(ports), ", "), shorten(c.file.Columns))
	}
	return nil, nil
}

// disjoint refuses a column that is to be an input and a target.
func (c *chooser) disjoint(pick, taken []int) error {
	for _, i := range pick {
		if slices.Contains(taken, i) {
			return c.file.errorf("the target column %s is an input by its name", quote(c.file.Columns[i]))
		}
	}
	return nil
}

// defaultTarget is the name of an output that the spec does not name.
const defaultTarget = "y"

// targetNames are what columns of targets are usually called.
var targetNames = []string{"label", "labels", "class", "target", "targets", "output", "outputs"}

// suspicious refuses to take columns by position, inputs first, if their names
// say otherwise: a target stands first, or an index among the inputs.
func (c *chooser) suspicious(targets []Port, in, out []int) error {
	like := slices.Clone(targetNames)
	for _, p := range targets {
		for _, names := range p.spelled() {
			like = append(like, names...)
		}
	}
	isLike := func(column int) bool { return slices.Contains(like, strings.ToLower(c.file.Columns[column])) }
	sure := !slices.ContainsFunc(out, func(i int) bool { return !isLike(i) }) // x, y, label
	for _, i := range in {
		name := c.file.Columns[i]
		if !sure && isLike(i) {
			return c.file.errorf("the targets are the last columns (%s), but column %s is called like one; say which with --target-column",
				shorten(c.names(out)), quote(name))
		}
	}
	return c.index(in)
}

// unnamed reports whether a column has no name of its own, as the index that
// pandas writes.
func (c *chooser) unnamed(column int) bool {
	return strings.HasPrefix(c.file.Columns[column], unnamed)
}

// index refuses to take a column without a name for what its place says.
func (c *chooser) index(columns []int) error {
	if i := slices.IndexFunc(columns, c.unnamed); i >= 0 {
		return c.file.errorf("column %s has no name of its own%s", quote(c.file.Columns[columns[i]]), c.noName(columns[i]))
	}
	return nil
}

// noName says why a column may have no name, and what to do.
func (c *chooser) noName(column int) string {
	if column > 0 && column == len(c.file.Columns)-1 {
		return "; if the lines end in a delimiter, write the file without it"
	}
	return ", as the index that pandas writes; write the file without it (index=False)"
}

// why says what may be the reason of a wrong number of columns.
func (c *chooser) why() string {
	all := c.others(nil)
	i := slices.IndexFunc(all, c.unnamed)
	line, _, _ := strings.Cut(string(c.file.text[:min(200, len(c.file.text))]), "\n")
	switch {
	case i >= 0:
		return fmt.Sprintf("; %s has no name%s", quote(c.file.Columns[i]), c.noName(i))
	case len(all) == 1 && c.file.form.Delimiter == ',' && strings.ContainsAny(strings.TrimSpace(line), "; \t|:"):
		return fmt.Sprintf("; if the columns of %s are not separated by commas, say by what with --delimiter", quote(strings.TrimSpace(line)))
	}
	return ""
}

// counted reports whether names are those of columns without a header line.
func counted(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !byNumber.MatchString(name) })
}

// byNumber is the name of a column without a header line.
var byNumber = regexp.MustCompile(`^#[1-9][0-9]*$`)

// remedy says what to do where columns of the training are not there.
func (c *chooser) remedy(trained []string, otherwise string) string {
	switch {
	case c.file.form.NoHeader && !counted(trained):
		return "the network was trained by names; write a first line with the names of the columns, and leave out --no-header"
	case !c.file.form.NoHeader && counted(trained):
		return "the network was trained on a file without names; give one of the same columns, without a first line of names, and --no-header"
	}
	return otherwise
}
