package dataset

import (
	"archive/zip"
	"bytes"
	"strings"
)

// maxArrays is the most arrays of an .npz.
const maxArrays = 1000

// ParseNPZ reads an .npz file, a zip archive of .npy files, whose numbers may
// take memory bytes, 8 each.
func ParseNPZ(data []byte, memory int64) (*File, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, errorf("", "broken .npz file: %v", err)
	}
	if len(z.File) == 0 {
		return nil, errorf("", "the .npz file holds no array")
	}
	if len(z.File) > maxArrays {
		return nil, errorf("", "the .npz file has %d entries; the limit is %d", len(z.File), maxArrays)
	}
	f := &File{Format: NPZ}
	left := expandLimit(len(data))
	for _, entry := range z.File {
		name, ok := strings.CutSuffix(entry.Name, ".npy")
		where := "array " + quote(name)
		switch {
		case !ok:
			return nil, errorf("entry "+quote(entry.Name), "is not an .npy file")
		case f.Array(name) != nil:
			return nil, errorf(where, "comes twice")
		case entry.UncompressedSize64 > uint64(left):
			return nil, tooDense("the .npz file", expandLimit(len(data)))
		}
		a, err := readEntry(entry, memory)
		if e, ok := err.(*Error); ok && e.Place != "" {
			return nil, errorf(where+": "+e.Place, "%s", e.Msg)
		}
		if err != nil {
			return nil, errorf(where, "%v", err)
		}
		a.Name = name
		left -= int64(entry.UncompressedSize64)
		memory -= 8 * int64(len(a.Data))
		f.Arrays = append(f.Arrays, a)
	}
	return f, nil
}

// readEntry reads one array whose numbers may take memory bytes.
func readEntry(entry *zip.File, memory int64) (*Array, error) {
	r, err := entry.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return ReadNPY(r, int64(entry.UncompressedSize64), memory)
}
