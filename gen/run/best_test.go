package run

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// trained trains with some options into a file of its own and returns all
// epochs, the report and the files.
func trained(t *testing.T, o TrainOptions) (epochs []Epoch, r *TrainReport, weights, checkpoint string) {
	t.Helper()
	o.Progress = func(e Epoch) {
		e.SamplesPerSecond = 0
		epochs = append(epochs, e)
	}
	r, err := classifier.compiler().Train(t.Context(), classifier.net(), o)
	require.NoError(t, err)
	return epochs, r, read(t, o.Out), read(t, CheckpointOf(o.Out))
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

// expected is where a training of some epochs ends by the rule of patience, and
// the best epoch until then.
func expected(m Monitor, patience int, all []Epoch) (end, best int) {
	for i := range all {
		v := *m.of(&all[i])
		switch {
		case best == 0, m == "val_accuracy" && v > *m.of(&all[best-1]), m != "val_accuracy" && v < *m.of(&all[best-1]):
			best = i + 1
		case patience > 0 && i+1-best >= patience:
			return i + 1, best
		}
	}
	return len(all), best
}

// TestBest: where a training stops, and whose weights are kept, follows from the
// numbers of a training that goes on; the weights are those of a training that
// ends at the best epoch.
func TestBest(t *testing.T) {
	data := classData(t, 60)
	options := func(epochs int) TrainOptions {
		o := trainOptions(t, data)
		o.Epochs, o.Fraction = epochs, 0.3
		return o
	}
	all, r, _, _ := trained(t, options(60))
	require.Equal(t, KeepLast, r.Kept)
	require.Nil(t, r.Best)
	early := 0
	for _, tc := range []struct {
		monitor  Monitor
		patience int
		keep     string
	}{
		{"", 1, ""}, {"", 3, ""}, {"loss", 2, ""}, {"val_loss", 2, KeepLast}, {"val_loss", 2, KeepBest}, {"val_accuracy", 4, ""},
		{"", 0, KeepBest}, {"loss", 0, KeepBest}, {"val_accuracy", 0, KeepBest}, {"", 1000, ""},
	} {
		o := options(60)
		o.Monitor, o.Patience, o.Keep = tc.monitor, tc.patience, tc.keep
		epochs, r, weights, _ := trained(t, o)
		monitor := tc.monitor
		if monitor == "" {
			monitor = "val_loss"
		}
		end, best := expected(monitor, tc.patience, all)
		require.Len(t, epochs, end, "%+v", tc)
		require.Equal(t, monitor, r.Monitor)
		require.Equal(t, end, r.Epochs)
		require.Equal(t, end < 60, r.Stopped)
		require.Equal(t, best, r.Best.Epoch)
		last := end
		if tc.keep != KeepLast {
			last = best
		}
		_, _, want, _ := trained(t, options(last))
		require.Equal(t, want, weights, "%+v: not the weights of epoch %d", tc, last)
		if end < 60 && best < end {
			early++
		}
	}
	require.Greater(t, early, 2, "too few stopped early to test anything")
}

// TestBestResume: a training that looks for the best epoch, is interrupted again
// and again and ends out of patience is the one without interruption; so is one
// that goes on from any of its periodic checkpoints.
func TestBestResume(t *testing.T) {
	o := trainOptions(t, classData(t, 20000))
	o.Epochs, o.Fraction, o.Patience, o.Monitor = 40, 0.2, 4, "val_loss"
	_, r, weights, state := trained(t, o)
	require.True(t, r.Stopped)
	end := r.Epochs

	o.Out = filepath.Join(t.TempDir(), "w.safetensors")
	interruptions := 0
	for ; ; o.Resume = true {
		ctx, cancel := context.WithCancel(t.Context())
		o.Progress = func(Epoch) { cancel() }
		r, err := classifier.compiler().Train(ctx, classifier.net(), o)
		cancel()
		if err == nil {
			require.Equal(t, end, r.Epochs)
			break
		}
		require.ErrorIs(t, err, ErrInterrupted)
		require.Less(t, interruptions, 2*end)
		interruptions++
	}
	require.Positive(t, interruptions)
	require.Equal(t, weights, read(t, o.Out))
	require.Equal(t, state, read(t, CheckpointOf(o.Out)))

	// The periodic checkpoints of a run are seen whenever it reports.
	o.Out, o.Checkpoint, o.Resume = filepath.Join(t.TempDir(), "w.safetensors"), 100*time.Microsecond, false
	seen := map[string]bool{}
	o.Progress = func(Epoch) {
		if state, err := os.ReadFile(CheckpointOf(o.Out)); err == nil {
			seen[string(state)] = true
		}
	}
	_, err := classifier.compiler().Train(t.Context(), classifier.net(), o)
	require.NoError(t, err)
	require.Greater(t, len(seen), 2)
	o.Progress, o.Resume, o.Checkpoint = nil, true, 0
	for state := range seen {
		require.NoError(t, os.WriteFile(CheckpointOf(o.Out), []byte(state), 0o600))
		_, err := classifier.compiler().Train(t.Context(), classifier.net(), o)
		require.NoError(t, err)
		require.Equal(t, weights, read(t, o.Out))
	}
	require.Equal(t, state, read(t, CheckpointOf(o.Out)))

	// What has no more patience has nothing left; more patience goes on.
	r, err = classifier.compiler().Train(t.Context(), classifier.net(), o)
	require.NoError(t, err)
	require.True(t, r.Done)
	o.Patience = 40
	r, err = classifier.compiler().Train(t.Context(), classifier.net(), o)
	require.NoError(t, err)
	require.Equal(t, 40, r.Epochs)
	long := o
	long.Out, long.Resume = filepath.Join(t.TempDir(), "w.safetensors"), false
	_, _, weights, state = trained(t, long)
	require.Equal(t, weights, read(t, o.Out))
	require.Equal(t, state, read(t, CheckpointOf(o.Out)))

	// The judge must be the same; without one, the search ends and may begin anew.
	for want, change := range map[string]func(o *TrainOptions){
		"the checkpoint was made with --monitor val_loss, not loss":   func(o *TrainOptions) { o.Monitor = "loss" },
		"the validation data is not the one of the checkpoint":        func(o *TrainOptions) { o.Valid.Data = classData(t, 30) },
		"the checkpoint was made with --validation 0.2, not 0":        func(o *TrainOptions) { o.Fraction, o.Monitor = 0, "loss" },
		"--monitor val_loss needs samples held back":                  func(o *TrainOptions) { o.Fraction = 0 },
		"--monitor says what --patience and --keep best go by":        func(o *TrainOptions) { o.Patience = 0 },
		"--patience must be at least 1, got -1":                       func(o *TrainOptions) { o.Patience = -1 },
		`--keep must be best or last, got "first"`:                    func(o *TrainOptions) { o.Keep = "first" },
		`--monitor must be val_loss, val_accuracy or loss, got "mse"`: func(o *TrainOptions) { o.Monitor = "mse" },
		"--checkpoint-every must be above 0, got -1s":                 func(o *TrainOptions) { o.Checkpoint = -time.Second },
		"--checkpoint-every saves beside --out, which is missing":     func(o *TrainOptions) { o.Checkpoint, o.Resume, o.Out = 1, false, "" },
	} {
		bad := o
		change(&bad)
		_, err := classifier.compiler().Train(t.Context(), classifier.net(), bad)
		require.ErrorContains(t, err, want)
	}
	o.Patience, o.Monitor, o.Epochs = 0, "", 42
	r, err = classifier.compiler().Train(t.Context(), classifier.net(), o)
	require.NoError(t, err)
	require.Equal(t, []string{"--monitor: val_loss → none"}, r.Changed)
	require.Nil(t, r.Best)
	o.Patience, o.Epochs = 2, 43
	r, err = classifier.compiler().Train(t.Context(), classifier.net(), o)
	require.NoError(t, err)
	require.Equal(t, []string{"--monitor: none → val_loss"}, r.Changed)
	require.Equal(t, 43, r.Best.Epoch)
}

// TestDamagedBest: no byte of what a checkpoint holds can change unseen.
func TestDamagedBest(t *testing.T) {
	o := trainOptions(t, classData(t, 30))
	o.Keep = KeepBest
	_, _, _, state := trained(t, o)
	o.Resume, o.Epochs = true, 6
	for what, bad := range map[string]string{
		"damaged":             state[:len(state)-1] + string(state[len(state)-1]^1),
		"fewer bytes":         state[:len(state)-1],
		"1 more bytes":        state + "x",
		"no place in the tra": strings.Replace(state, `"BestEpoch":5`, `"BestEpoch":7`, 1),
		"best epoch is not w": strings.Replace(state, `"Monitor":"loss"`, `"Monitor":"fool"`, 1),
	} {
		require.NoError(t, os.WriteFile(CheckpointOf(o.Out), []byte(bad), 0o600))
		_, err := classifier.compiler().Train(t.Context(), classifier.net(), o)
		require.ErrorContains(t, err, what)
	}
}

// TestDivergeLater: a training that diverges after a checkpoint says that there
// is one, and it is whole.
func TestDivergeLater(t *testing.T) {
	f := classifier
	f.rate = 1e8
	o := trainOptions(t, classData(t, 30))
	o.Checkpoint = time.Nanosecond
	_, err := f.compiler().Train(t.Context(), f.net(), o)
	require.ErrorContains(t, err, "training diverged")
	require.ErrorContains(t, err, "The last checkpoint was saved before")
	_, err = readCheckpoint(CheckpointOf(o.Out))
	require.NoError(t, err)
}
