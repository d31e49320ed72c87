package gen_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestStopped: a loop whose only calls are of assembly can be stopped, without signals too,
// for a function that jumps to the assembly of the machine checks its stack.
func TestStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles")
	}
	program := networkProgram(t, "head", "nngen: 1\ninput: {shape: [64]}\nlayers: [{dense: {units: 3}}]\ncodegen: {train: false}", "stopped.go.txt", nil)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = append(os.Environ(), "GODEBUG=asyncpreemptoff=1", "NNGEN_PATH=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), " stopped\n")
}
