package dataset

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen-go/nngen/spec/plural"
)

// ports returns the rows of a file for each port. One port takes the only
// array (or the one of its name), several take the arrays of their names.
// Tables are read by their columns instead.
func (f *File) ports(kind string, ports []Port) (rows [][]float64, n int, err error) {
	switch {
	case f.Format == NPZ && (len(ports) > 1 || len(f.Arrays) > 1):
		return f.named(kind, ports)
	case len(ports) > 1:
		return nil, 0, f.errorf("the network has %d %ss (%s); put an array for each into one .npz", len(ports), kind, describe(ports))
	default:
		r, err := f.rows(f.Arrays[0], kind, ports[0])
		if err != nil {
			return nil, 0, err
		}
		rows, n = [][]float64{r}, f.Arrays[0].Rows()
	}
	for i, p := range ports {
		what := func() string { return kind + " " + quote(p.Name) }
		if err := checkClasses(rows[i], f.Arrays[0].RowSize(), p, what); err != nil {
			return nil, 0, inFile(err, f.Path)
		}
	}
	return rows, n, nil
}

// named returns the arrays of an .npz that have the names of the ports.
func (f *File) named(kind string, ports []Port) (rows [][]float64, n int, err error) {
	for i, p := range ports {
		a := f.Array(p.Name)
		if a == nil {
			return nil, 0, f.errorf("no array is named %s, for the %s of that name; there are %s", quote(p.Name), kind, f.names())
		}
		r, err := f.rows(a, kind, p)
		if err != nil {
			return nil, 0, err
		}
		what := func() string { return "array " + quote(p.Name) }
		if err := checkClasses(r, a.RowSize(), p, what); err != nil {
			return nil, 0, inFile(err, f.Path)
		}
		if i > 0 && a.Rows() != n {
			return nil, 0, f.errorf("the array %s has %s and %s has %d", quote(p.Name), plural.Of(a.Rows(), "row"), quote(ports[0].Name), n)
		}
		n = a.Rows()
		rows = append(rows, r)
	}
	return rows, n, nil
}

// rows checks that an array has a row per sample that fits the port.
func (f *File) rows(a *Array, kind string, p Port) ([]float64, error) {
	what := fmt.Sprintf("%s %s", kind, quote(p.Name))
	switch {
	case p.Cells != nil:
		return nil, f.errorf("the columns of the %s hold texts, or may lack values, in the spec, which only a table has; give a CSV file", what)
	case len(a.Shape) == 0:
		return nil, f.errorf("the array for the %s is a single number; it must have a row per sample", what)
	case a.Rows() == 0:
		return nil, f.errorf("the array for the %s has no rows", what)
	case p.Classes > 0 && p.Places == 0 && a.RowSize() != 1:
		return nil, f.errorf("the array for the %s has the shape %s; class numbers have the shape (%d,); with target: distribution, a field of the loss, targets are one probability per class", what, shapeText(a.Shape), a.Rows())
	case p.Windows && len(a.Shape) > 1 && a.RowSize() == a.Shape[1]*(p.Width()/p.Steps):
		return a.Data, nil // inSequences cuts it into windows
	case a.RowSize() == p.Width() && !sameAxes(a.Shape[1:], p.Shape):
		return nil, f.errorf("the array for the %s has the shape %s; the network takes samples of the shape %s: transpose it, or make it (%d, %d)",
			what, shapeText(a.Shape), shapeText(p.Shape), a.Rows(), p.Width())
	case a.RowSize() != p.Width():
		return nil, f.errorf("the array for the %s has the shape %s; the network takes %s per sample: (%d, %d)",
			what, shapeText(a.Shape), plural.Of(p.Width(), "number"), a.Rows(), p.Width())
	}
	return a.Data, nil
}

// sameAxes reports whether two shapes agree in the axes of more than one element,
// or one of them has fewer than two of those.
func sameAxes(a, b []int) bool {
	one := func(n int) bool { return n == 1 }
	a, b = slices.DeleteFunc(slices.Clone(a), one), slices.DeleteFunc(slices.Clone(b), one)
	return len(a) < 2 || len(b) < 2 || slices.Equal(a, b)
}

// names lists the arrays of an .npz.
func (f *File) names() string {
	var names []string
	for _, a := range f.Arrays {
		names = append(names, quote(a.Name))
	}
	const most = 10
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return strings.Join(names, ", ")
}

func (f *File) errorf(format string, args ...any) error {
	return &Error{Path: f.Path, Msg: fmt.Sprintf(format, args...)}
}

// width is how many numbers a sample has in a file.
func width(ports []Port) int {
	n := 0
	for _, p := range ports {
		n += p.Width()
	}
	return n
}

// describe lists ports: x: 64, pose: 3.
func describe(ports []Port) string {
	parts := make([]string, len(ports))
	for i, p := range ports {
		parts[i] = fmt.Sprintf("%s: %d", p.Name, p.Width())
		if p.Classes > 0 {
			parts[i] = p.Name + ": class number"
		}
	}
	return strings.Join(parts, ", ")
}
