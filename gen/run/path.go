package run

import "fmt"

// PathVariable is the environment variable that chooses the implementation
// which generated code runs on.
const PathVariable = "NNGEN_PATH"

// Auto is the implementation that generated code prefers on this machine.
const Auto = "auto"

// PathError says that generated code does not have the implementation it was
// asked for.
func PathError(asked, taken string) error {
	return fmt.Errorf("--path %s: this machine or this package does not have it; it would run on %s", asked, taken)
}
