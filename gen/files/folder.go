package files

import (
	"bytes"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// folder is what lies on disk where files are to be written.
type folder struct {
	root *os.Root        // nil if the folder does not exist
	have map[string]bool // every entry, by name
	ours map[string][]byte
}

// openFolder looks at a folder and at those of its subfolders that f writes
// to. It follows no symbolic link inside the folder.
func (f Files) openFolder(dir string) (*folder, error) {
	d := &folder{have: map[string]bool{}, ours: map[string][]byte{}}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return d, nil
	}
	if err != nil {
		return nil, err
	}
	d.root = root
	for _, sub := range f.subfolders() {
		if err := d.scan(sub); err != nil {
			root.Close()
			return nil, err
		}
	}
	return d, nil
}

func (d *folder) close() {
	if d.root != nil {
		d.root.Close()
	}
}

// subfolders returns "." and the folders of the names.
func (f Files) subfolders() []string {
	subs := []string{"."}
	for _, name := range f.Names() {
		for sub := path.Dir(name); !slices.Contains(subs, sub); sub = path.Dir(sub) {
			subs = append(subs, sub)
		}
	}
	slices.Sort(subs)
	return subs
}

// scan notes the entries of a subfolder and which of them are ours.
func (d *folder) scan(sub string) error {
	info, err := d.root.Lstat(sub)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", sub)
	}
	entries, err := fs.ReadDir(d.root.FS(), sub)
	if err != nil {
		return err
	}
	var others []string
	for _, e := range entries {
		name := path.Join(sub, e.Name())
		d.have[name] = true
		switch {
		case !e.Type().IsRegular():
		case isSource(name):
			if err := d.claim(name, header.Match); err != nil {
				return err
			}
		default:
			others = append(others, name)
		}
	}
	return d.claimEmbedded(sub, others)
}

// claim reads a file and marks it as ours if it is.
func (d *folder) claim(name string, isOurs func([]byte) bool) error {
	data, err := d.root.ReadFile(name)
	if err != nil {
		return err
	}
	if isOurs(data) {
		d.ours[name] = data
	}
	return nil
}

// claimEmbedded marks those files of a folder as ours that a Go file of ours
// embeds.
func (d *folder) claimEmbedded(sub string, others []string) error {
	wanted := map[string]bool{}
	for name, data := range d.ours {
		if path.Dir(name) == sub && path.Ext(name) == ".go" {
			for _, e := range embedded(data) {
				wanted[path.Join(sub, e)] = true
			}
		}
	}
	for _, name := range others {
		if !wanted[name] {
			continue
		}
		if err := d.claim(name, func([]byte) bool { return true }); err != nil {
			return err
		}
	}
	return nil
}

// change is what must happen to one file.
type change struct {
	name     string
	old, new []byte // nil: the file does not exist, or is removed
	foreign  bool   // the file on disk is not ours
}

// changes returns what must happen so that the folder holds f and no other
// source of ours, in the order of names. A foreign file with the right contents is
// left alone.
func (f Files) changes(d *folder) ([]change, error) {
	var out []change
	for _, name := range f.Names() {
		old, ours := d.ours[name]
		c := change{name: name, old: old, new: f[name]}
		if d.have[name] && !ours {
			var err error
			if c.old, c.foreign, err = d.foreign(name); err != nil {
				return nil, err
			}
		}
		if c.old == nil || !bytes.Equal(c.old, c.new) {
			out = append(out, c)
		}
	}
	for name, old := range d.ours {
		if _, ok := f[name]; !ok && isSource(name) {
			out = append(out, change{name: name, old: old})
		}
	}
	slices.SortFunc(out, func(a, b change) int { return bytes.Compare([]byte(a.name), []byte(b.name)) })
	return out, nil
}

// left returns the files that were embedded and are not any more.
func (f Files) left(d *folder) []string {
	var out []string
	for name := range d.ours {
		if _, ok := f[name]; !ok && !isSource(name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// otherPackage returns a Go file in the folder that is of another package, and
// that package's name.
func (f Files) otherPackage(d *folder) (name, has string) {
	clause := func(data []byte) string {
		file, err := parser.ParseFile(token.NewFileSet(), "", data, parser.PackageClauseOnly)
		if err != nil || bytes.Contains(data[:file.Package-1], []byte("//go:build ignore")) {
			return ""
		}
		return file.Name.Name
	}
	source := func(name string) bool {
		return path.Dir(name) == "." && path.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go")
	}
	mine := ""
	for name, data := range f {
		if source(name) {
			mine = clause(data)
			break
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.have)) {
		if _, ours := d.ours[name]; ours || !source(name) || mine == "" {
			continue
		}
		if data, _, err := d.foreign(name); err == nil {
			if has := clause(data); has != "" && has != mine {
				return name, has
			}
		}
	}
	return "", ""
}

// foreign reads a file that is not ours, nil if it is not a regular file.
func (d *folder) foreign(name string) (data []byte, foreign bool, err error) {
	info, err := d.root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return nil, true, err
	}
	data, err = d.root.ReadFile(name)
	return data, true, err
}
