package nnbeam

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/parquet-go/parquet-go"
)

// Format is how scores are written.
type Format string

// The formats. Numbers are written so that reading gives the same ones.
const (
	CSV     Format = "csv"     // file, row, values
	Text    Format = "txt"     // values with blanks between them
	Parquet Format = "parquet" // the columns file, row and scores, a list
	Raw     Format = "raw"     // per row its number and its values, 8 bytes each, little-endian
)

func init() {
	register.DoFn2x1[context.Context, Scored, error](&writeScores{})
	register.DoFn2x1[context.Context, Bad, error](&writeBad{})
}

// Write writes scores into a folder, a file per chunk of what was read: so many that
// belong together lie in one, and the files sorted by name are in the order of the rows.
func Write(s beam.Scope, format Format, folder string, scores beam.PCollection) {
	beam.ParDo0(s.Scope("nnbeam.Write"), &writeScores{Shards: shards{Folder: folder, Ending: string(format)}, Format: format}, scores)
}

// WriteBad writes the rows that could not be decoded into a folder, as CSV: file, row,
// reason.
func WriteBad(s beam.Scope, folder string, bad beam.PCollection) {
	beam.ParDo0(s.Scope("nnbeam.WriteBad"), &writeBad{shards{Folder: folder, Ending: "csv"}}, bad)
}

// shards are files in a folder, one at a time; each is written at once, so that work
// that is done twice leaves the same file.
type shards struct {
	Folder, Ending string

	name  string // of the file under way; empty is none
	first Place
	body  bytes.Buffer
}

// at goes on with the file that a row belongs to.
func (w *shards) at(ctx context.Context, p Place, finish func() error) error {
	if w.name != "" && p.Index == w.first.Index && p.Chunk == w.first.Chunk {
		return nil
	}
	if err := w.end(ctx, finish); err != nil {
		return err
	}
	w.name, w.first = fmt.Sprintf("%05d-%08d-%012d.%s", p.Index, p.Chunk, p.Row, w.Ending), p
	return nil
}

// end writes the file.
func (w *shards) end(ctx context.Context, finish func() error) error {
	if w.name == "" {
		return nil
	}
	if err := finish(); err != nil {
		return err
	}
	path := strings.TrimSuffix(w.Folder, "/") + "/" + w.name
	if !strings.Contains(w.Folder, "://") {
		path = filepath.Join(w.Folder, w.name)
	}
	fs, err := filesystem.New(ctx, path)
	if err != nil {
		return err
	}
	defer fs.Close()
	out, err := fs.OpenWrite(ctx, path)
	if err != nil {
		return err
	}
	_, err = w.body.WriteTo(out)
	if closeErr := out.Close(); err == nil {
		err = closeErr
	}
	w.name = ""
	w.body.Reset()
	return err
}

// writeScores writes scores.
type writeScores struct {
	Shards shards
	Format Format

	line  []byte
	table []parquetRow
}

// parquetRow is a row of a Parquet file of scores.
type parquetRow struct {
	File   string    `parquet:"file,dict"`
	Row    int64     `parquet:"row"`
	Scores []float64 `parquet:"scores,list"`
}

// ProcessElement writes the scores of a row.
func (f *writeScores) ProcessElement(ctx context.Context, s Scored) error {
	if err := f.Shards.at(ctx, s.Place, f.finish); err != nil {
		return err
	}
	b := f.line[:0]
	switch f.Format {
	case Parquet:
		f.table = append(f.table, parquetRow{s.File, s.Row, s.Values})
		return nil
	case Raw:
		b = binary.LittleEndian.AppendUint64(b, uint64(s.Row))
		for _, v := range s.Values {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
	case CSV:
		b = append(b, quoted(s.File)...)
		b = append(b, ',')
		b = strconv.AppendInt(b, s.Row, 10)
		for _, v := range s.Values {
			b = strconv.AppendFloat(append(b, ','), v, 'g', -1, bits(v))
		}
		b = append(b, '\n')
	default:
		for i, v := range s.Values {
			if i > 0 {
				b = append(b, ' ')
			}
			b = strconv.AppendFloat(b, v, 'g', -1, bits(v))
		}
		b = append(b, '\n')
	}
	f.line = b
	_, err := f.Shards.body.Write(b)
	return err
}

// bits is the precision in which v is shortest and the same: that of float32 for what is
// one.
func bits(v float64) int {
	if float64(float32(v)) == v {
		return 32
	}
	return 64
}

// quoted is a field of CSV.
func quoted(s string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Write([]string{s}) // into memory
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}

// finish completes the file under way.
func (f *writeScores) finish() error {
	if f.Format != Parquet {
		return nil
	}
	w := parquet.NewGenericWriter[parquetRow](&f.Shards.body)
	_, err := w.Write(f.table)
	f.table = f.table[:0]
	if closeErr := w.Close(); err == nil {
		err = closeErr
	}
	return err
}

// FinishBundle writes the last file.
func (f *writeScores) FinishBundle(ctx context.Context) error { return f.Shards.end(ctx, f.finish) }

// writeBad writes rows that could not be decoded.
type writeBad struct{ Shards shards }

// ProcessElement writes a row.
func (f *writeBad) ProcessElement(ctx context.Context, b Bad) error {
	if err := f.Shards.at(ctx, b.Place, nothing); err != nil {
		return err
	}
	w := csv.NewWriter(&f.Shards.body)
	w.Write([]string{b.File, strconv.FormatInt(b.Row, 10), b.Reason}) // into memory
	w.Flush()
	return w.Error()
}

func nothing() error { return nil }

// FinishBundle writes the last file.
func (f *writeBad) FinishBundle(ctx context.Context) error { return f.Shards.end(ctx, nothing) }
