// Package runtime carries the source of package nnrt, so that a generator can
// copy it into packages that stand alone.
package runtime

import "embed"

// Source holds the Go files of package nnrt under "nnrt/". The pattern cannot
// leave the test files out: readers must skip names that end in "_test.go".
//
//go:embed nnrt/*.go
var Source embed.FS
