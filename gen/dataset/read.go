package dataset

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits on what is read.
const (
	// MaxFileSize is the largest file, in bytes.
	MaxFileSize = 4 << 30
	// MaxRatio and MaxExpanded bound what a compressed file may expand to:
	// MaxExpanded bytes or MaxRatio times its size, whichever is more.
	MaxRatio    = 200
	MaxExpanded = 64 << 20
)

// ReadFile reads a data file of any of the formats.
func ReadFile(path string) (*File, error) { return readFile(path, Parse) }

func readFile(path string, parse func([]byte) (*File, error)) (*File, error) {
	data, err := ReadAll(path)
	if err != nil {
		return nil, err
	}
	f, err := parse(data)
	if err != nil {
		return nil, inFile(err, path)
	}
	f.Path = path
	return f, nil
}

// ReadAll reads a file that is not a device or a directory and not too large.
func ReadAll(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return nil, &Error{Path: path, Msg: "is a directory"}
	case mode&fs.ModeDevice != 0:
		return nil, &Error{Path: path, Msg: "is a device"}
	case info.Size() > MaxFileSize:
		return nil, &Error{Path: path, Msg: fmt.Sprintf("has %d bytes; the limit is %d", info.Size(), int64(MaxFileSize))}
	case mode.IsRegular():
		return os.ReadFile(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := readLimited(f, MaxFileSize)
	if err != nil {
		return nil, inFile(err, path)
	}
	return data, nil
}

// readLimited reads at most limit bytes; more is an error.
func readLimited(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, errorf("", "has more than %d bytes", limit)
	}
	return data, nil
}

// Parse reads a data file that is in memory.
func Parse(data []byte) (*File, error) {
	f, err := Table{}.parse(data)
	if err != nil || f.Format != CSV {
		return f, err
	}
	if len(f.noNumbers) > 0 {
		return nil, f.noNumbers[0].err
	}
	if err := f.checkCommas((&chooser{file: f}).others(nil)); err != nil {
		return nil, err
	}
	return f, nil
}

// parse is Parse, but columns of a CSV file may hold text.
func (t Table) parse(data []byte) (*File, error) {
	if bytes.HasPrefix(data, []byte("\x1f\x8b")) {
		var err error
		if data, err = gunzip(data); err != nil {
			return nil, err
		}
	}
	switch {
	case len(data) == 0:
		return nil, errorf("", "the file is empty")
	case bytes.HasPrefix(data, []byte(npyMagic)):
		return single(NPY)(ParseNPY(data))
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("PK\x05\x06")):
		return ParseNPZ(data, math.MaxInt64)
	case isIDX(data):
		return single(IDX)(ParseIDX(data))
	case isText(data):
		return t.parseCSV(data)
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, errorf("byte 0", "the file is text in UTF-16; save it as UTF-8")
	}
	if i := notUTF8(data); i >= 0 {
		return nil, errorf(place(i), "the file is text that is not UTF-8; save it as UTF-8")
	}
	return nil, errorf("byte 0", "the file is not CSV, .npy, .npz or IDX; it begins with % x", data[:min(8, len(data))])
}

// single makes a File of one array.
func single(format Format) func(*Array, error) (*File, error) {
	return func(a *Array, err error) (*File, error) {
		if err != nil {
			return nil, err
		}
		return &File{Format: format, Arrays: []*Array{a}}, nil
	}
}

// gunzip expands a file within the limits.
func gunzip(data []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, errorf("", "broken gzip file: %v", err)
	}
	limit := expandLimit(len(data))
	out, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, errorf("", "broken gzip file: %v", err)
	}
	if int64(len(out)) > limit {
		return nil, tooDense("the file", limit)
	}
	return out, nil
}

// expandLimit is what a compressed file of a size may expand to.
func expandLimit(size int) int64 {
	return min(MaxFileSize, max(MaxExpanded, MaxRatio*int64(size)))
}

func tooDense(what string, limit int64) error {
	return errorf("", "%s expands to more than %d bytes, as no honest data does; if it is, expand it first", what, limit)
}

// isText reports whether the file looks like text.
func isText(data []byte) bool {
	head := data[:min(4096, len(data))]
	if bytes.IndexByte(head, 0) >= 0 {
		return false
	}
	for len(head) > 0 {
		r, n := utf8.DecodeRune(head)
		if r == utf8.RuneError && n == 1 {
			return len(data) > 4096 && len(head) < utf8.UTFMax
		}
		head = head[n:]
	}
	return true
}

// notUTF8 returns the first byte that is not UTF-8 in what else looks like a
// table, or -1.
func notUTF8(data []byte) int {
	head := data[:min(4096, len(data))]
	if bytes.ContainsFunc(head, func(r rune) bool { return r < ' ' && !unicode.IsSpace(r) }) || !bytes.ContainsAny(head, ",;\t|") {
		return -1
	}
	return bytes.IndexFunc(head, func(r rune) bool { return r == utf8.RuneError })
}

// place names a byte of a file.
func place(offset int) string { return fmt.Sprintf("byte %d", offset) }

// shapeText writes a shape as NumPy does: (3, 4).
func shapeText(shape []int) string {
	parts := make([]string, len(shape))
	for i, d := range shape {
		parts[i] = fmt.Sprint(d)
	}
	if len(parts) == 1 {
		return "(" + parts[0] + ",)"
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// quote shows text from a file in a message, cut short.
func quote(s string) string {
	const most = 40
	if len(s) > most {
		return fmt.Sprintf("%q… (%d bytes)", s[:most], len(s))
	}
	return fmt.Sprintf("%q", s)
}
