package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Access is what a command reads and what it writes: all of it is declared, and
// checked, before anything is opened for writing.
type Access struct {
	reads, writes []declared
	embeds        []string
}

// declared is a file of a command.
type declared struct {
	what string // --out, the spec
	path string
	kind Kind
}

// Kind is what a file that is written holds.
type Kind struct {
	Name string                 // in messages: a weight file
	Is   func(head []byte) bool // by the first 4 KiB; nil takes any
	// Stream says that the file may be a pipe or a device.
	Stream bool
	// MakesFolder says that the folder need not exist.
	MakesFolder bool
}

// AccessError is a file that must not be written.
type AccessError struct{ Msg string }

// Error returns the message.
func (e *AccessError) Error() string { return e.Msg }

// Read declares a file that is read; an empty path is none.
func (a *Access) Read(what, path string) {
	if path != "" {
		a.reads = append(a.reads, declared{what: what, path: path})
	}
}

// Write declares a file that is written; an empty path is none.
func (a *Access) Write(what, path string, kind Kind) {
	if path != "" {
		a.writes = append(a.writes, declared{what, path, kind})
	}
}

// Embeds declares the file that a package embeds by its spec; an empty path is
// none. It may be written although it lies in that package.
func (a *Access) Embeds(path string) {
	if path != "" {
		a.embeds = append(a.embeds, path)
	}
}

// Check refuses, as an AccessError, to write a file that is read, by whatever
// path, one file for two purposes, what is not a file, and, unless it is
// forced, over a file of another kind, or one of a generated package, which
// the next generation would replace.
func (a *Access) Check(force bool) error {
	type known struct {
		declared
		place
	}
	var reads, writes []known
	for _, r := range a.reads {
		reads = append(reads, known{r, locate(r.path)})
	}
	for _, w := range a.writes {
		at := locate(w.path)
		for _, r := range reads {
			if at.same(r.place) {
				return refusef("%s %s is %s%s, which is read; nngen writes over nothing that it reads, so name another file",
					w.what, w.path, r.what, otherPath(w.path, r.path))
			}
		}
		for _, other := range writes {
			if at.same(other.place) {
				return refusef("%s %s and %s%s would be one file; name another", w.what, w.path, other.what, otherPath(w.path, other.path))
			}
		}
		if err := w.check(at, force); err != nil {
			return err
		}
		ours := slices.ContainsFunc(a.embeds, func(path string) bool { return at.same(locate(path)) })
		if !force && !ours && w.kind.Is != nil && isEmbedded(w.path) {
			return refusef("%s %s is a file of a generated package, which nngen generate replaces; name another file", w.what, w.path)
		}
		writes = append(writes, known{w, at})
	}
	return nil
}

// Enter marks the folders that are written to; see the function Enter.
func (a *Access) Enter() (leave func()) {
	var folders []string
	var all []func()
	for _, w := range a.writes {
		file := w.path
		if real, err := filepath.EvalSymlinks(file); err == nil { // as nnrt.SaveFile does
			file = real
		}
		if dir := filepath.Dir(file); !slices.Contains(folders, dir) {
			folders = append(folders, dir)
			all = append(all, Enter(dir))
		}
	}
	return func() {
		for _, leave := range all {
			leave()
		}
	}
}

func refusef(format string, args ...any) error {
	return &AccessError{fmt.Sprintf(format, args...)}
}

// otherPath says by which other path the same file is known.
func otherPath(path, other string) string {
	if filepath.Clean(path) == filepath.Clean(other) {
		return ""
	}
	return " (" + other + ")"
}

// check checks the place of a file that is to be written.
func (d declared) check(at place, force bool) error {
	path := d.path
	if os.IsPathSeparator(path[len(path)-1]) {
		return refusef("%s %s is the name of a folder, not of a file", d.what, path)
	}
	if at.rest != "" {
		if at.info != nil && !at.info.IsDir() {
			return refusef("%s %s: a file is in the place of its folder", d.what, path)
		}
		if strings.ContainsAny(at.rest, separators) && !d.kind.MakesFolder {
			return refusef("%s %s: there is no folder %s", d.what, path, filepath.Dir(path))
		}
		return nil
	}
	switch mode := at.info.Mode(); {
	case mode.IsDir():
		return refusef("%s %s is a folder, not a file", d.what, path)
	case d.kind.Stream && !mode.IsRegular():
		return nil
	case !mode.IsRegular():
		return refusef("%s %s is not a regular file", d.what, path)
	case force || d.kind.Is == nil || at.info.Size() == 0:
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, 4<<10)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if !d.kind.Is(head[:n]) {
		return refusef("%s %s exists and is not %s; give --force to replace it, or name another file", d.what, path, d.kind.Name)
	}
	return nil
}

// isEmbedded reports whether a Go file of ours embeds a file.
func isEmbedded(file string) bool {
	real, err := filepath.EvalSymlinks(file)
	if err != nil {
		return false
	}
	dir, name := filepath.Split(real)
	entries, _ := os.ReadDir(filepath.Clean(dir)) // what cannot be read embeds nothing
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		if filepath.Ext(e.Name()) != ".go" {
			return false
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		return err == nil && header.Match(data) && slices.Contains(embedded(data), name)
	})
}

// place is where a file is, or would be: the file or folder that exists, and
// the rest of the path.
type place struct {
	info fs.FileInfo
	rest string
}

// separators are the separators of paths.
var separators = "/" + string(filepath.Separator)

// locate finds the place of a path. The path is not cleaned, as link/.. is not
// the folder of the link.
func locate(path string) place {
	var rest string
	if _, err := os.Stat(path); err != nil {
		path = target(path) // a link that leads to nothing
	}
	for {
		if info, err := os.Stat(path); err == nil {
			return place{info, rest}
		}
		dir, base := filepath.Split(strings.TrimRight(path, separators))
		if rest != "" {
			base += string(filepath.Separator) + rest
		}
		switch {
		case dir == "" && path == ".":
			return place{rest: rest}
		case dir == "":
			dir = "."
		case dir == path:
			return place{rest: base}
		}
		if without := strings.TrimRight(dir, separators); without != filepath.VolumeName(dir) {
			dir = without // else a file there would not be found
		}
		path, rest = dir, base
	}
}

// target follows the links that a path ends in to where nothing exists.
func target(path string) string {
	const most = 40
	for range most {
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			dir, _ := filepath.Split(path)
			to = dir + to
		}
		path = to
	}
	return path
}

// same reports whether two places are one.
func (p place) same(q place) bool {
	if p.info == nil || q.info == nil || !os.SameFile(p.info, q.info) {
		return false
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return strings.EqualFold(p.rest, q.rest)
	}
	return p.rest == q.rest
}
