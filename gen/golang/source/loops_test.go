package source

import (
	"fmt"
	"testing"

	"github.com/dave/jennifer/jen"
	"github.com/stretchr/testify/require"
)

// TestWhen: a condition that two maps need is asked once, and none needs no branch.
func TestWhen(t *testing.T) {
	text := func(where ...string) string {
		return fmt.Sprintf("%#v", jen.Block(When(where, jen.Id("f").Call())...))
	}
	require.Equal(t, "{\n\tif i >= 0 && i < 4 {\n\t\tf()\n\t}\n}", text("i >= 0", "i < 4", "i >= 0"))
	require.Equal(t, "{\n\tf()\n}", text())
}
