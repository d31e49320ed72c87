package dataset

import (
	"fmt"
	"slices"

	"github.com/nngen-go/nngen/spec/plural"
)

// sequence is a run of rows that are the steps of one sequence.
type sequence struct {
	name        string
	first, rows int
}

// setSequence names the column that tells sequences apart.
func (f *File) setSequence(name string) error {
	if f.Format != CSV {
		return f.errorf("is no CSV file but %s, whose arrays have the steps of a sequence along their second axis; --sequence-column has no meaning", f.Format)
	}
	i := slices.Index(f.Columns, name)
	if i < 0 && f.form.NoHeader {
		i = slices.Index(f.Columns, "#"+name)
	}
	if i < 0 {
		return f.errorf("no column is named %s, which --sequence-column says; the columns are %s", quote(name), shorten(f.Columns))
	}
	f.sequence = i + 1
	return nil
}

// sequences divides the rows of a table by the column that tells sequences apart; nil
// without one.
func (f *File) sequences() ([]sequence, error) {
	if f.sequence == 0 {
		return nil, nil
	}
	var all []sequence
	number := map[string]int{} // of a sequence, from 1
	err := f.each(f.sequence-1, func(row int, text string) string {
		last := len(all)
		switch n := number[text]; {
		case text == "":
			return missingValue
		case n == 0:
			all = append(all, sequence{text, row, 1})
			number[text] = len(all)
		case n < last:
			return fmt.Sprintf("the sequence %s goes on here, after %s began; the rows of a sequence stand together, in the order of its steps", quote(text), quote(all[last-1].name))
		default:
			all[last-1].rows++
		}
		return ""
	})
	if err != nil {
		return nil, inFile(err, f.Path)
	}
	return all, nil
}

// ofSteps are the ports of which a row of the file has the values: with a column of
// sequences those of a step, and the length is the number of rows.
func ofSteps(ports []Port, column string) []Port {
	if column == "" {
		return ports
	}
	var out []Port
	for _, p := range ports {
		if p.Steps > 0 {
			p.Size, p.Places, p.Shape = p.Size/p.Steps, p.Places/p.Steps, nil
		}
		if !p.Length {
			out = append(out, p)
		}
	}
	return out
}

// inSequences makes samples of the rows that were read: a row, or what is one
// sequence, has as many steps as the network takes, or is cut into several windows of
// so many, which its length, if the network has one, says are not full.
func (s *Samples) inSequences(inputs, targets []Port) error {
	if s.steps != nil {
		if err := s.gather(inputs, targets); err != nil {
			return err
		}
	}
	total, err := s.total(inputs, targets)
	if s.Total = total; err != nil || total == 0 {
		return err
	}
	ports, data := append(inputs[:len(inputs):len(inputs)], targets...), append(s.Inputs[:len(s.Inputs):len(s.Inputs)], s.Targets...)
	var lengths []float64
	steps := 0
	for i, p := range ports {
		if p.Length {
			lengths = data[i]
		}
		steps = max(steps, p.Steps)
	}
	for i, n := range lengths {
		if n < 0 || n > float64(total) || n != float64(int(n)) {
			return errorf(s.place(i), "the length %v is none of %s", n, plural.Of(total, "step"))
		}
	}
	windows := (total + steps - 1) / steps
	if total%steps > 0 && lengths == nil {
		return errorf("", "sequences of %s are no whole windows of %d; give the network their lengths: a second source of the recurrent layer", plural.Of(total, "step"), steps)
	}
	if windows == 1 && total == steps {
		return nil
	}
	for i, p := range ports {
		switch {
		case p.Length:
			data[i] = cutLengths(lengths, windows, steps)
		case p.Steps > 0:
			data[i] = padded(data[i], total, windows*steps, p.Width()/p.Steps)
		case i < len(inputs):
			data[i] = repeated(data[i], p.Width(), windows)
		case windows > 1:
			return errorf("", "sequences of %s are %d windows of the network, whose %s is one of a window; train what has a result of every step, return: all", plural.Of(total, "step"), windows, quote(p.Name))
		}
	}
	if s.Inputs = data[:len(inputs)]; len(targets) > 0 {
		s.Targets = data[len(inputs):]
	}
	s.N, s.Windows = s.N*windows, windows
	return nil
}

// total is how many steps the sequences have, 0 if the network has none.
func (s *Samples) total(inputs, targets []Port) (int, error) {
	total, of := 0, ""
	for i, p := range append(inputs[:len(inputs):len(inputs)], targets...) {
		if p.Steps == 0 {
			continue
		}
		rows := s.Inputs
		at := i
		if i >= len(inputs) {
			rows, at = s.Targets, i-len(inputs)
		}
		n := len(rows[at]) / s.N / (p.Width() / p.Steps)
		if total > 0 && n != total {
			return 0, errorf("", "%s has %s and %s has %d", quote(of), plural.Of(total, "step"), quote(p.Name), n)
		}
		total, of = n, p.Name
	}
	return total, nil
}

// place names a sequence.
func (s *Samples) place(i int) string {
	if s.steps != nil {
		return fmt.Sprintf("row %d, sequence %s", s.steps[i].first+1, quote(s.steps[i].name))
	}
	return fmt.Sprintf("row %d", i+1)
}

// gather makes a row of each sequence, padded with zeros to the longest, or to the
// steps of a network that does not go on.
func (s *Samples) gather(inputs, targets []Port) error {
	longest, steps, goesOn, hasLength := 0, 0, false, false
	for _, p := range append(inputs[:len(inputs):len(inputs)], targets...) {
		steps, goesOn, hasLength = max(steps, p.Steps), goesOn || p.Windows, hasLength || p.Length
	}
	if steps == 0 {
		return errorf("", "the network takes no sequences, inputs of the shape [steps, …] that a recurrent layer reads; --sequence-column has no meaning")
	}
	for _, q := range s.steps {
		longest = max(longest, q.rows)
	}
	if !goesOn {
		longest = steps
	}
	for i, q := range s.steps {
		switch {
		case q.rows > longest:
			return errorf(s.place(i), "the sequence has %s and the network takes %d", plural.Of(q.rows, "row"), steps)
		case q.rows < longest && !hasLength:
			return errorf(s.place(i), "the sequence has %s and not %d; give the network their lengths: a second source of the recurrent layer", plural.Of(q.rows, "row"), longest)
		}
	}
	var err error
	rows := 0 // in the data, where the length is not
	take := func(ports []Port, data [][]float64) [][]float64 {
		out := make([][]float64, len(ports))
		rows = 0
		for i, p := range ports {
			if p.Length {
				for _, q := range s.steps {
					out[i] = append(out[i], float64(q.rows))
				}
				continue
			}
			width := p.Width()
			if p.Steps > 0 {
				width /= p.Steps
			}
			for at, q := range s.steps {
				all := data[rows][q.first*width : (q.first+q.rows)*width]
				if p.Steps > 0 {
					out[i] = append(out[i], padded(all, q.rows, longest, width)...)
					continue
				}
				out[i] = append(out[i], all[:width]...)
				for r := 1; r < q.rows && err == nil; r++ {
					if !slices.Equal(all[:width], all[r*width:][:width]) {
						err = errorf(s.place(at), "%s is one of a sequence, but row %d has another than its first; the rows of a sequence have the same", quote(p.Name), q.first+r+1)
					}
				}
			}
			rows++
		}
		return out
	}
	s.Inputs = take(inputs, s.Inputs)
	if len(targets) > 0 {
		s.Targets = take(targets, s.Targets)
	}
	s.N = len(s.steps)
	return err
}

// padded gives rows of steps of a width more steps, of zeros.
func padded(data []float64, from, to, width int) []float64 {
	if from == to {
		return data
	}
	out := make([]float64, 0, len(data)/from*to)
	for len(data) > 0 {
		out = append(append(out, data[:from*width]...), make([]float64, (to-from)*width)...)
		data = data[from*width:]
	}
	return out
}

// repeated gives each window of a sequence what the sequence has.
func repeated(data []float64, width, windows int) []float64 {
	var out []float64
	for ; len(data) > 0; data = data[width:] {
		out = append(out, slices.Repeat(data[:width], windows)...)
	}
	return out
}

// cutLengths are the lengths of the windows of sequences.
func cutLengths(lengths []float64, windows, steps int) []float64 {
	var out []float64
	for _, n := range lengths {
		for w := range windows {
			out = append(out, max(0, min(float64(steps), n-float64(w*steps))))
		}
	}
	return out
}
