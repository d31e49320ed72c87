package calls

import "fmt"

// Outputs is how many outputs a kernel takes, in words: "32", or "up to 32" where
// its last vector is partial.
func Outputs(room int, partial bool) string {
	if partial {
		return fmt.Sprint("up to ", room)
	}
	return fmt.Sprint(room)
}
