package nnrt

import (
	"errors"
	"strings"
)

// CheckArch compares the architecture in the metadata of a weight file, under the
// key "nngen.arch", with the wanted one. Both are lists of layer descriptions
// separated by "; ", such as
//
//	float32; dense1: dense 64->32 relu; out: dense 32->10
//
// A file without that key is accepted. Otherwise the error names the first layer
// that differs.
func CheckArch(meta map[string]string, want string) error {
	got, ok := meta["nngen.arch"]
	if !ok || got == want {
		return nil
	}
	for {
		w, wmore, wok := strings.Cut(want, "; ")
		g, gmore, gok := strings.Cut(got, "; ")
		if w != g {
			return archError(archItem(w), archItem(g))
		}
		switch {
		case wok && !gok:
			w, _, _ = strings.Cut(wmore, "; ")
			return archError(archItem(w), "nothing")
		case gok && !wok:
			g, _, _ = strings.Cut(gmore, "; ")
			return archError("nothing", archItem(g))
		}
		want, got = wmore, gmore
	}
}

// archItem quotes the description of a layer, shortened if it is very long.
func archItem(s string) string { return quoteShort(s) }

// archError says that a description differs; it begins with the layer's name.
func archError(want, got string) error {
	return errors.New("architecture: want " + want + ", got " + got)
}
