package run

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzCheckpoint: a checkpoint is whole or an InvalidError, whatever the file
// holds; what is read can be written again.
func FuzzCheckpoint(f *testing.F) {
	path := filepath.Join(f.TempDir(), "w.checkpoint")
	whole := &checkpoint{checkpointHeader: checkpointHeader{progress: progress{Epoch: 2, Next: 3}, Samples: 7, Batch: 2}, weights: []byte("weights"), trainer: []byte("state")}
	require.NoError(f, whole.save(path))
	data, err := os.ReadFile(path)
	require.NoError(f, err)
	for _, n := range []int{0, len(CheckpointMagic), len(CheckpointMagic) + 9, len(data) - 1, len(data)} {
		f.Add(data[:n])
	}
	f.Add([]byte(CheckpointMagic + `{"Weights":-1,"Trainer":1}` + "\n"))
	f.Add([]byte(CheckpointMagic + `{"Weights":9223372036854775807,"Trainer":-9223372036854775807,"Samples":1}` + "\nx"))
	f.Add([]byte(CheckpointMagic + `{"Columns":{"Inputs":["a"]},"Validation":1e999}` + "\n"))
	f.Add([]byte(CheckpointMagic + "null\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "w.checkpoint")
		require.NoError(t, os.WriteFile(path, data, 0o600))
		c, err := readCheckpoint(path)
		if err != nil {
			var invalid *InvalidError
			require.ErrorAs(t, err, &invalid)
			require.ErrorContains(t, err, path)
			return
		}
		require.NoError(t, c.save(path))
		again, err := readCheckpoint(path)
		require.NoError(t, err)
		require.Equal(t, c, again)
	})
}
