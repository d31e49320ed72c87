package run

import (
	"strconv"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/spec/plural"
)

// ofSequences joins the outputs of the windows of sequences: what has steps gets those of
// the whole sequence, what has none is that of its last window. In a table, outputs that
// all have steps have a row for each that there is, and the sequence beside it, which column
// names; s is then the shape of a step.
func (s *Shape) ofSequences(data *dataset.Samples, outputs []*dataset.Array, column string, table bool) (*Shape, []*dataset.Array, error) {
	windows := max(1, data.Windows)
	if windows == 1 && data.Names == nil {
		return s, outputs, nil
	}
	n, lengths, stepped := data.N/windows, s.lengths(data, windows), 0
	for _, o := range s.Outputs {
		if o.Steps > 0 {
			stepped++
		}
	}
	out := *s
	out.Outputs = make([]Output, len(s.Outputs))
	joined := make([]*dataset.Array, len(outputs))
	rows := table && stepped == len(outputs)
	if table && !rows && stepped > 0 {
		return nil, nil, OptionErrorf("--out: %s with steps and %s without do not make a table; write an .npz file", plural.Of(stepped, "output"), plural.Of(len(outputs)-stepped, "output"))
	}
	for i, o := range s.Outputs {
		a := &dataset.Array{Name: o.Name}
		for q := range n {
			all := outputs[i].Data[q*windows*o.Size : (q+1)*windows*o.Size]
			switch {
			case rows:
				a.Data = append(a.Data, all[:lengths[q]*(o.Size/o.Steps)]...)
			case o.Steps > 0:
				a.Data = append(a.Data, all[:data.Total*(o.Size/o.Steps)]...)
			default:
				last := max(0, lengths[q]-1) / s.steps()
				a.Data = append(a.Data, all[last*o.Size:(last+1)*o.Size]...)
			}
		}
		switch {
		case rows:
			o.Size, o.Places, o.Dims = o.Size/o.Steps, max(1, o.Places/o.Steps), o.Dims[1:]
			a.Shape = append([]int{len(a.Data) / o.Size}, o.Dims...)
		case o.Steps > 0:
			a.Shape = append([]int{n, data.Total}, o.Dims[1:]...)
		default:
			a.Shape = append([]int{n}, o.Dims...)
		}
		out.Outputs[i], joined[i] = o, a
	}
	if table {
		out.texts = []dataset.TextColumn{sequenceColumn(data.Names, column, lengths, rows)}
	}
	return &out, joined, nil
}

// steps is how many steps a window has.
func (s *Shape) steps() int {
	for _, p := range s.Inputs {
		if p.Steps > 0 {
			return p.Steps
		}
	}
	return 1
}

// lengths is how many steps there are of each sequence.
func (s *Shape) lengths(data *dataset.Samples, windows int) []int {
	out := make([]int, data.N/windows)
	for q := range out {
		out[q] = windows * s.steps()
	}
	for i, p := range s.Inputs {
		if p.Length {
			for q := range out {
				out[q] = 0
				for w := range windows {
					out[q] += int(data.Inputs[i][q*windows+w])
				}
			}
		}
	}
	return out
}

// sequenceColumn says of every row which sequence it is of: by its name or, without
// names, by its number from 1.
func sequenceColumn(names []string, column string, lengths []int, rows bool) dataset.TextColumn {
	t := dataset.TextColumn{Name: column}
	if column == "" {
		t.Name = "sequence"
	}
	for q, n := range lengths {
		name := strconv.Itoa(q + 1)
		if names != nil {
			name = names[q]
		}
		if !rows {
			n = 1
		}
		for range n {
			t.Texts = append(t.Texts, name)
		}
	}
	return t
}
