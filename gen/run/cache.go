package run

import (
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// maxAge is how long a compiled network that nobody uses is kept.
const maxAge = 30 * 24 * time.Hour

// goMod is the module that a network is compiled in.
const goMod = "module nngen.run\n\ngo 1.26\n"

var buildName = regexp.MustCompile(`^[0-9a-f]{32}$`)

// touch marks a build as used.
func touch(dir string) {
	now := time.Now()
	os.Chtimes(dir, now, now) // only for prune
}

// prune removes builds that were not used for long, and nothing that does not
// look like a build. Whatever goes wrong, the cache is only larger than it
// need be.
func prune(cache string) {
	entries, err := os.ReadDir(cache)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !e.IsDir() || !buildName.MatchString(e.Name()) || time.Since(info.ModTime()) < maxAge {
			continue
		}
		dir := filepath.Join(cache, e.Name())
		if mod, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && string(mod) == goMod {
			os.RemoveAll(dir)
		}
	}
}
