package nnbeam

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/parquet-go/parquet-go"
)

func init() {
	register.DoFn3x1[context.Context, file, func(chunk), error](&splitTable{})
	register.DoFn3x1[context.Context, chunk, func(Row), error](&readTable{})
}

// ReadParquet reads the rows of Parquet files as numbers: of the columns of these
// names, in this order, or of all; a column of lists has as many as the list. The row
// groups of a file are read at once. A value that is missing is a fault of the row.
func ReadParquet(s beam.Scope, columns []string, files ...string) beam.PCollection {
	s = s.Scope("nnbeam.ReadParquet")
	chunks := beam.ParDo(s, &splitTable{}, created(s, files))
	return beam.ParDo(s, &readTable{columns}, beam.Reshuffle(s, chunks))
}

// table opens a Parquet file; one that cannot be read at any place is read whole.
func table(ctx context.Context, name string) (*parquet.File, io.Closer, error) {
	r, err := open(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	at, ok := r.(interface {
		io.ReaderAt
		io.Seeker
	})
	if !ok {
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, r, fmt.Errorf("%s: %w", name, errors.Join(err, r.Close()))
		}
		at = bytes.NewReader(data)
	}
	size, err := at.Seek(0, io.SeekEnd)
	if err == nil {
		var f *parquet.File
		if f, err = parquet.OpenFile(at, size); err == nil {
			return f, r, nil
		}
	}
	return nil, nil, fmt.Errorf("%s: %w", name, errors.Join(err, r.Close()))
}

// splitTable finds the row groups of a file.
type splitTable struct{}

// ProcessElement emits a chunk for each row group.
func (f *splitTable) ProcessElement(ctx context.Context, in file, emit func(chunk)) error {
	t, closer, err := table(ctx, in.Name)
	if err != nil {
		return err
	}
	defer closer.Close()
	row := int64(1)
	for i, g := range t.RowGroups() {
		emit(chunk{Place: Place{File: in.Name, Index: in.Index, Chunk: i, Row: row}, Group: i})
		row += g.NumRows()
	}
	return nil
}

// readTable reads a row group.
type readTable struct{ Columns []string }

// ProcessElement emits the rows of a row group.
func (f *readTable) ProcessElement(ctx context.Context, c chunk, emit func(Row)) error {
	t, closer, err := table(ctx, c.File)
	if err != nil {
		return err
	}
	defer closer.Close()
	position, err := f.positions(t)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	rows := t.RowGroups()[c.Group].Rows()
	defer rows.Close()
	buffer := make([]parquet.Row, 64)
	at := c.Place
	for {
		n, err := rows.ReadRows(buffer)
		for _, values := range buffer[:n] {
			row := Row{Place: at}
			row.Numbers, row.Fault = f.numbers(values, position, t)
			emit(row)
			at.Row++
		}
		switch {
		case err == io.EOF || err == nil && n == 0:
			return nil
		case err != nil:
			return fmt.Errorf("%s: row %d: %w", c.File, at.Row, err)
		}
	}
}

// positions says of every column of the file which of the wanted it is, from 0, or -1.
func (f *readTable) positions(t *parquet.File) ([]int, error) {
	leaves := t.Schema().Columns()
	position, found := make([]int, len(leaves)), 0
	for i, path := range leaves {
		position[i] = i
		if f.Columns == nil {
			continue
		}
		position[i] = -1
		for j, name := range f.Columns {
			if path[0] == name || strings.Join(path, ".") == name {
				position[i] = j
				found++
			}
		}
	}
	if f.Columns != nil && found != len(f.Columns) {
		var names []string
		for _, path := range leaves {
			names = append(names, strings.Join(path, "."))
		}
		return nil, fmt.Errorf("the file has not all of the columns %s; it has %s", strings.Join(f.Columns, ", "), strings.Join(names, ", "))
	}
	return position, nil
}

// numbers are those of a row, in the wanted order, or what is wrong with it.
func (f *readTable) numbers(row parquet.Row, position []int, t *parquet.File) (list []float64, fault string) {
	columns := make([][]float64, len(position))
	for _, v := range row {
		p := position[v.Column()]
		if p < 0 {
			continue
		}
		number := 0.0
		switch v.Kind() {
		case parquet.Boolean:
			if v.Boolean() {
				number = 1
			}
		case parquet.Int32:
			number = float64(v.Int32())
		case parquet.Int64:
			number = float64(v.Int64())
		case parquet.Float:
			number = float64(v.Float())
		case parquet.Double:
			number = v.Double()
		default:
			name := strings.Join(t.Schema().Columns()[v.Column()], ".")
			if v.IsNull() {
				return nil, "column " + name + " has no value"
			}
			return nil, "column " + name + " holds no numbers but " + v.Kind().String()
		}
		columns[p] = append(columns[p], number)
	}
	list = make([]float64, 0, len(row))
	for _, c := range columns {
		list = append(list, c...)
	}
	for _, v := range list {
		if v-v != 0 {
			return nil, fmt.Sprintf("a number is %v", v)
		}
	}
	return list, ""
}
