package run

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/runtime/nnrt"
)

// errRead ends the reading of a weight file after its metadata.
var errRead = errors.New("read")

// readMetadata returns the metadata of a weight file, nil if it cannot be read:
// whoever reads the weights says why.
func readMetadata(path string) (meta map[string]string) {
	_ = nnrt.LoadFile(path, func(r io.Reader) error {
		return nnrt.LoadTensors[float64](r, nil, func(m map[string]string) error {
			meta = m
			return errRead
		}, nil)
	})
	return meta
}

// trainedColumns returns the columns that the weights in a file were trained on.
func trainedColumns(path string) dataset.Columns {
	return dataset.ColumnsOf(readMetadata(path))
}

// withColumns returns a weight file that names the columns, in the form that
// nnrt.SaveTensors writes.
func withColumns(file []byte, c dataset.Columns) ([]byte, error) {
	more, err := c.Metadata()
	if err != nil || len(more) == 0 {
		return file, err
	}
	if len(file) < 8 || uint64(len(file)-8) < binary.LittleEndian.Uint64(file) {
		return nil, errors.New("the program of the network wrote no weight file")
	}
	n := 8 + binary.LittleEndian.Uint64(file)
	var header map[string]json.RawMessage
	if err := json.Unmarshal(file[8:n], &header); err != nil {
		return nil, err
	}
	meta := map[string]string{}
	if m := header["__metadata__"]; m != nil {
		if err := json.Unmarshal(m, &meta); err != nil {
			return nil, err
		}
	}
	maps.Copy(meta, more)
	if header["__metadata__"], err = plainJSON(meta); err != nil {
		return nil, err
	}
	text, err := plainJSON(header)
	if err != nil {
		return nil, err
	}
	text = append(text, strings.Repeat(" ", -len(text)&7)...)
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	return append(append(out, text...), file[n:]...), nil
}

// plainJSON is v as JSON without escapes for HTML.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	err := out.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// sayLeft says which columns of the files of samples are left out.
func sayLeft(talk io.Writer, s dataset.Source, data *dataset.Samples) {
	for _, f := range []struct {
		path    string
		columns []string
	}{{s.Data, data.Left}, {s.Targets, data.LeftTargets}} {
		const most = 10
		var names []string
		for _, name := range f.columns[:min(most, len(f.columns))] {
			names = append(names, strconv.Quote(name))
		}
		switch n := len(f.columns); {
		case n == 0:
		case n == 1:
			fmt.Fprintf(talk, "note: left out of %s: column %s\n", f.path, names[0])
		case n > most:
			fmt.Fprintf(talk, "note: left out of %s: %d columns, %s, …\n", f.path, n, strings.Join(names, ", "))
		default:
			fmt.Fprintf(talk, "note: left out of %s: columns %s\n", f.path, strings.Join(names, ", "))
		}
	}
}
