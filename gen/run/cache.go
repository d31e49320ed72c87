package run

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// maxAge is how long a compiled network that nobody uses is kept, maxCache how
// many bytes all of them may take; those used last are kept, the last one
// whatever its size.
const (
	maxAge   = 30 * 24 * time.Hour
	maxCache = 1 << 30
)

// goMod is the module that a network is compiled in.
const (
	goMod    = goModule + "\ngo 1.26\n"
	goModule = "module " + ModulePath + "\n"
)

// A build is named after its contents.
var buildName = regexp.MustCompile(`^[0-9a-f]{32}$`)

// touch marks a build as used.
func touch(dir string) {
	now := time.Now()
	os.Chtimes(dir, now, now) // only for prune
}

// cached is a folder of the cache.
type cached struct {
	dir  string
	used time.Time
	size int64
}

// prune removes builds that were not used for long, and those used least
// recently where all take more bytes than most; nothing that does not look
// like a build. Whatever goes wrong, the cache is only larger than it need be.
func prune(cache string, most int64) {
	builds := builds(cache)
	slices.SortFunc(builds, func(a, b cached) int { return b.used.Compare(a.used) })
	size, kept := int64(0), 0
	for _, b := range builds {
		if size += b.size; time.Since(b.used) >= maxAge || kept > 0 && size > most {
			os.RemoveAll(b.dir)
			size -= b.size
			continue
		}
		kept++
	}
}

// builds lists the finished builds of a cache.
func builds(cache string) (list []cached) {
	entries, _ := os.ReadDir(cache)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !e.IsDir() || !buildName.MatchString(e.Name()) {
			continue
		}
		b := cached{dir: filepath.Join(cache, e.Name()), used: info.ModTime()}
		if mod, err := os.ReadFile(filepath.Join(b.dir, "go.mod")); err != nil || !strings.HasPrefix(string(mod), goModule) {
			continue
		}
		filepath.WalkDir(b.dir, func(_ string, f fs.DirEntry, err error) error {
			if err == nil && f.Type().IsRegular() {
				if info, err := f.Info(); err == nil {
					b.size += info.Size()
				}
			}
			return nil
		})
		list = append(list, b)
	}
	return list
}
