package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/nngen-go/nngen/gen"
)

// quiet is how long nothing must change before a package is generated again: an
// editor saves a file in several steps.
const quiet = 100 * time.Millisecond

// watchSpecs generates the packages of specs, and again whenever a spec or a
// file that it names changes, until the context ends. Folders are watched, not
// files, as editors put new files in their place.
func watchSpecs(ctx context.Context, stdout, stderr io.Writer, specs []string, f generateFlags) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer w.Close()
	sources := map[string]bool{}
	for {
		for _, path := range specs {
			for _, name := range sourcesOf(path) {
				sources[name] = true
				if err := w.Add(filepath.Dir(name)); err != nil {
					return fmt.Errorf("%s cannot be watched: %w", filepath.Dir(name), err)
				}
			}
		}
		err := generate(stdout, stderr, specs, f)
		if misused(err) {
			return err
		}
		if err != nil {
			fmt.Fprintln(stderr, message(err))
		}
		fmt.Fprintln(stderr, "watching; Ctrl-C ends it")
		// After an error, the file that was missing may be any.
		changed := func(name string) bool { return err != nil || sources[filepath.Clean(name)] }
		if !waitForChange(ctx, w, changed) {
			return nil
		}
	}
}

// sourcesOf are the files that a package is made of, as far as its spec can be
// read.
func sourcesOf(path string) []string {
	names := []string{filepath.Clean(path)}
	net, err := gen.Load(path)
	if err != nil {
		return names
	}
	for name := range net.Files {
		names = append(names, filepath.Join(filepath.Dir(path), filepath.FromSlash(name)))
	}
	if embed := net.Codegen.Embed; embed != "" {
		names = append(names, filepath.Join(filepath.Dir(path), filepath.FromSlash(embed)))
	}
	return names
}

// misused reports whether an error is one of the command line, which no change
// of a file mends.
func misused(err error) bool {
	_, exit := classify(err)
	return exit == exitUsage
}

// waitForChange waits until a file has changed and it is quiet again. It returns
// false if the context ends first, or nothing can be seen any more.
func waitForChange(ctx context.Context, w *fsnotify.Watcher, changed func(name string) bool) bool {
	var settled <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return false
		case e, ok := <-w.Events:
			if !ok {
				return false
			}
			if !e.Has(fsnotify.Chmod) && changed(e.Name) {
				settled = time.After(quiet)
			}
		case err, ok := <-w.Errors:
			if !ok {
				return false
			}
			if errors.Is(err, fsnotify.ErrEventOverflow) { // some were lost
				settled = time.After(quiet)
			}
		case <-settled:
			return true
		}
	}
}
