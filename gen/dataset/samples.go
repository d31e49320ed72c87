package dataset

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen-go/nngen/spec/plural"
)

// Port is an input or a target of a network: what a file must hold for it.
type Port struct {
	Name string
	Size int // numbers per sample
	// Shape is that of a sample, if arrays must have it: by axes of more than one
	// element, unless one of the two is flat.
	Shape []int
	// Steps, if not 0, is how many steps of a sequence it has, the first axis of its
	// shape. Windows: a longer sequence is cut into several samples.
	Steps   int
	Windows bool
	Length  bool // it is the number of steps of a sequence
	// Classes, if not 0, says that a sample has a class number below it
	// instead of Size numbers; Places of them, if that is not 0.
	Classes, Places int
	// Bytes: the numbers are whole, from 0 to 255.
	Bytes bool
	// Labels are the names of the classes, if they have some; without Classes,
	// those of 0 and 1.
	Labels  []string
	Columns []string // the columns of a table that hold it, if the spec names them
	// Cells say what each of the Columns may hold; nil if they hold the Size
	// numbers. Then only a table has the values, and a sample has one per column.
	Cells []Cell
}

// Cell is what a column may hold beside numbers.
type Cell struct {
	Elements   int      // of the port that it becomes
	Categories []string // texts, in place of numbers
	Missing    bool     // nothing
	Fitted     bool     // what stands for nothing is fitted to the others
	Unknown    bool     // texts that are no category
}

// Width returns the number of numbers that a sample has in a file.
func (p Port) Width() int {
	switch {
	case p.Classes > 0:
		return max(1, p.Places)
	case p.Cells != nil:
		return len(p.Cells)
	}
	return p.Size
}

// Samples are rows of inputs and, unless they are only predicted, targets.
type Samples struct {
	N       int
	Windows int         // samples of a sequence, one after the other; 0 is 1
	Total   int         // steps of a sequence with its padding, 0 if there are none
	Names   []string    // of the sequences, where a column tells them apart
	Inputs  [][]float64 // per input, N rows
	Targets [][]float64 // per target, N rows; nil without targets
	// Texts are, per input with Cells and column of categories, what its numbers
	// stand for: the categories, then other texts of the file. What is missing in
	// a column is NaN. It is nil without Cells.
	Texts   [][][]string
	Columns Columns // where they come from
	Form    string  // how the file of the inputs is written, in words
	// Of the inputs in a CSV file, where ReadInputs reads one: how it is written, the places of
	// Columns.Inputs among its columns, and how many it has.
	Table  Table
	Picked []int
	Width  int
	// Left are the columns of tables that hold neither: of the file with the
	// inputs, and of that with the targets, if it is another.
	Left, LeftTargets []string
	steps             []sequence // of which the rows are the steps, where a column tells
}

// Source names the files of samples.
type Source struct {
	Data    string   // inputs, and targets if Targets is empty
	Targets string   // file of the targets
	Columns []string // with a CSV file: the columns of the targets
	// Sequence names the column of a CSV file whose texts tell sequences apart: each
	// row is a step.
	Sequence string
	Trained  Columns // those that the network was trained on, if they are known
	Table    Table   // how CSV files are written
}

// Read reads samples for a network's inputs and targets. Without Targets, the
// data is a table, a CSV file, or an .npz with all arrays. Which columns of a
// table are taken is in the documentation of chooser.
func (s Source) Read(inputs, targets []Port) (*Samples, error) {
	out, err := s.readRows(ofSteps(inputs, s.Sequence), ofSteps(targets, s.Sequence))
	if err != nil {
		return nil, err
	}
	if err := out.inSequences(inputs, targets); err != nil {
		return nil, inFile(err, s.Data)
	}
	return out, nil
}

// readRows is Read of what files have rows of: samples or, with Sequence, steps.
func (s Source) readRows(inputs, targets []Port) (*Samples, error) {
	data, err := s.read()
	if err != nil {
		return nil, err
	}
	out := &Samples{}
	if s.Targets == "" {
		if err := s.forTables(data); err != nil {
			return nil, err
		}
		return out, out.readTogether(data, s, inputs, targets)
	}
	file, err := readFile(s.Targets, s.Table.parse)
	if err != nil {
		return nil, err
	}
	if err := s.forTables(data, file); err != nil {
		return nil, err
	}
	if err := out.readInputs(data, s, inputs, nil); err != nil {
		return nil, err
	}
	if s.Sequence != "" {
		return nil, &Error{Path: s.Targets, Msg: "the rows of sequences hold inputs and targets; give one CSV file of both with --sequence-column"}
	}
	n := 0
	if file.Format == CSV {
		c := chooser{file: file, trained: s.Trained}
		pick, err := c.only("target", targets, s.Trained.Targets)
		if err != nil {
			return nil, err
		}
		n, out.Columns.Targets = file.Arrays[0].Rows(), c.names(pick)
		out.LeftTargets = c.names(c.others(pick))
		if out.Targets, err = file.take(pick, targets); err != nil {
			return nil, err
		}
	} else if out.Targets, n, err = file.ports("target", targets); err != nil {
		return nil, err
	}
	if n != out.N {
		return nil, &Error{Path: s.Targets, Msg: fmt.Sprintf("has %s and %s has %d", plural.Of(n, "row"), s.Data, out.N)}
	}
	return out, nil
}

// ReadInputs reads the inputs of samples, from a file that may hold targets too.
func (s Source) ReadInputs(inputs, targets []Port) (*Samples, error) {
	data, err := s.read()
	if err != nil {
		return nil, err
	}
	if err := s.forTables(data); err != nil {
		return nil, err
	}
	out := &Samples{}
	if err := out.readInputs(data, s, ofSteps(inputs, s.Sequence), ofSteps(targets, s.Sequence)); err != nil {
		return nil, err
	}
	if out.steps, err = data.sequences(); err != nil {
		return nil, err
	}
	for _, q := range out.steps {
		out.Names = append(out.Names, q.name)
	}
	if err := out.inSequences(inputs, nil); err != nil {
		return nil, inFile(err, s.Data)
	}
	return out, nil
}

// forTables refuses what is said of tables where there is none.
func (s Source) forTables(files ...*File) error {
	if s.Table == (Table{}) || slices.ContainsFunc(files, func(f *File) bool { return f.Format == CSV }) {
		return nil
	}
	return &Error{Path: s.Data, Msg: fmt.Sprintf("is no CSV file but %s; --delimiter, --no-header and --decimal-comma have no meaning", files[0].Format)}
}

// read reads the file of the inputs.
func (s Source) read() (*File, error) {
	data, err := readFile(s.Data, s.Table.parse)
	if err == nil && len(s.Columns) > 0 && (s.Targets != "" || data.Format != CSV) {
		return nil, &Error{Path: s.Data, Msg: "target columns are named, which only goes with targets in a CSV file"}
	}
	if err == nil && s.Sequence != "" {
		err = data.setSequence(s.Sequence)
	}
	return data, err
}

// readInputs takes the inputs from a file; those of the targets are left out.
func (s *Samples) readInputs(f *File, src Source, inputs, targets []Port) (err error) {
	s.Form = f.written()
	if f.Format != CSV {
		s.Inputs, s.N, err = f.ports("input", inputs)
		return err
	}
	c := chooser{file: f, trained: src.Trained}
	pick, err := c.inputs(inputs, targets, src.Columns)
	if err != nil {
		return err
	}
	s.N, s.Columns.Inputs, s.Left = f.Arrays[0].Rows(), c.names(pick), c.names(c.others(pick))
	s.Table, s.Picked, s.Width = f.form, pick, len(f.Columns)
	s.Inputs, err = f.take(pick, inputs)
	s.Texts = f.texts
	return err
}

// readTogether takes inputs and targets from one file.
func (s *Samples) readTogether(f *File, src Source, inputs, targets []Port) (err error) {
	s.Form = f.written()
	switch f.Format {
	case CSV:
		c := chooser{file: f, trained: src.Trained}
		in, out, err := c.both(inputs, targets, src.Columns)
		if err != nil {
			return err
		}
		s.N, s.Left = f.Arrays[0].Rows(), c.names(c.others(append(in[:len(in):len(in)], out...)))
		s.Columns = Columns{c.names(in), c.names(out)}
		if s.steps, err = f.sequences(); err != nil {
			return err
		}
		if s.Inputs, err = f.take(in, inputs); err != nil {
			return err
		}
		s.Texts = f.texts
		s.Targets, err = f.take(out, targets)
		return err
	case NPZ:
		var n int
		if s.Inputs, s.N, err = f.named("input", inputs); err != nil {
			return err
		}
		if s.Targets, n, err = f.named("target", targets); err != nil {
			return err
		}
		if n != s.N {
			return f.errorf("the targets have %s and the inputs %d", plural.Of(n, "row"), s.N)
		}
		return nil
	}
	return f.errorf("the file holds no targets; give them with --targets")
}

// checkClasses checks that the class numbers of a port, some in a row, are integers in
// range.
func checkClasses(values []float64, row int, p Port, what func() string) error {
	for i, v := range values {
		if p.Classes == 0 && (p.Labels == nil || v >= 0 && v <= 1) {
			continue
		}
		if p.Classes == 0 {
			return errorf(fmt.Sprintf("row %d, %s", i+1, what()), "%v is not from 0, %s, to 1, %s", v, quote(p.Labels[0]), quote(p.Labels[1]))
		}
		if v == math.Trunc(v) && v >= 0 && v < float64(p.Classes) {
			continue
		}
		place := fmt.Sprintf("row %d, %s", i+1, what())
		if row > 1 {
			place = fmt.Sprintf("row %d, place %d, %s", i/row+1, i%row, what())
		}
		return errorf(place, "%v is not a class number; the %d classes are 0 to %d", v, p.Classes, p.Classes-1)
	}
	return nil
}
