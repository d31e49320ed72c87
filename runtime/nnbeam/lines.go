package nnbeam

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
)

// Lines say how text is read: CSV, or anything with a row on a line.
type Lines struct {
	Header bool // the first line of each file is none
	Chunk  int  // bytes that a worker reads at once, roughly; 0 is 1 MiB
}

// longest is the longest line.
const longest = 16 << 20

// file is a file that is read, with its number.
type file struct {
	Name  string
	Index int
}

// chunk is a part of a file: bytes from Offset on, or a row group.
type chunk struct {
	Place        // of its first row
	Offset, Size int64
	Group        int
}

func init() {
	register.DoFn3x1[context.Context, file, func(chunk), error](&splitLines{})
	register.DoFn3x1[context.Context, chunk, func(Row), error](&readLines{})
	beam.RegisterType(reflect.TypeFor[file]())
}

// ReadLines reads the lines of files as rows, without those that are empty. Files are
// cut into chunks that are read at once, but those that end in .gz, which are one.
func ReadLines(s beam.Scope, o Lines, files ...string) beam.PCollection {
	if o.Chunk <= 0 {
		o.Chunk = 1 << 20
	}
	s = s.Scope("nnbeam.ReadLines")
	chunks := beam.ParDo(s, &splitLines{o}, created(s, files))
	return beam.ParDo(s, &readLines{}, beam.Reshuffle(s, chunks))
}

// created are the files with their numbers.
func created(s beam.Scope, files []string) beam.PCollection {
	list := make([]file, len(files))
	for i, name := range files {
		list[i] = file{name, i}
	}
	return beam.CreateList(s, list)
}

// open opens a file of any file system that Beam knows.
func open(ctx context.Context, name string) (io.ReadCloser, error) {
	fs, err := filesystem.New(ctx, name)
	if err != nil {
		return nil, err
	}
	defer fs.Close()
	return fs.OpenRead(ctx, name)
}

// splitLines cuts a file at line breaks.
type splitLines struct{ Lines }

// ProcessElement emits the chunks of a file.
func (f *splitLines) ProcessElement(ctx context.Context, in file, emit func(chunk)) error {
	at := chunk{Place: Place{File: in.Name, Index: in.Index, Row: 1}}
	if strings.HasSuffix(in.Name, ".gz") {
		at.Size = -1
		if f.Header {
			at.Row = 2
		}
		emit(at)
		return nil
	}
	r, err := open(ctx, in.Name)
	if err != nil {
		return err
	}
	defer r.Close()
	lines := bufio.NewReaderSize(r, 256<<10)
	skip := f.Header
	rows := int64(0) // in the chunk
	for {
		part, err := lines.ReadSlice('\n')
		at.Size += int64(len(part))
		whole := err == nil
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return fmt.Errorf("%s: %w", in.Name, err)
		}
		if whole {
			rows++
		}
		if whole && skip || err == io.EOF || whole && at.Size >= int64(f.Chunk) {
			if at.Size > 0 && !skip {
				emit(at)
				at.Chunk++
			}
			at.Row, rows, skip = at.Row+rows, 0, false
			at.Offset, at.Size = at.Offset+at.Size, 0
		}
		if err == io.EOF {
			return nil
		}
	}
}

// readLines reads the lines of a chunk.
type readLines struct{}

// ProcessElement emits the rows of a chunk.
func (f *readLines) ProcessElement(ctx context.Context, c chunk, emit func(Row)) error {
	r, err := open(ctx, c.File)
	if err != nil {
		return err
	}
	defer r.Close()
	var from io.Reader = r
	row := c.Row
	if c.Size < 0 {
		if from, err = gzip.NewReader(r); err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		row = 1 // the header, if there is one, is skipped below
	} else {
		if seeker, ok := r.(io.Seeker); ok {
			_, err = seeker.Seek(c.Offset, io.SeekStart)
		} else {
			_, err = io.CopyN(io.Discard, r, c.Offset)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		from = io.LimitReader(r, c.Size)
	}
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 64<<10), longest)
	for ; lines.Scan(); row++ {
		text := lines.Bytes()
		if row == 1 {
			text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
		}
		if row < c.Row || len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		at := c.Place
		at.Row = row
		emit(Row{Place: at, Text: string(text)})
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s:%d: %w", c.File, row, err)
	}
	return nil
}
