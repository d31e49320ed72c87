package run

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/plural"
)

// CheckpointMagic begins a checkpoint: a line of text, a line of JSON, the
// weights, the state of the trainer and the weights of the best epoch, if one
// is looked for.
const CheckpointMagic = "nngen checkpoint 1\n"

// progress is how far a training has come.
type progress struct {
	Epoch     int    // epochs done
	Next      int    // samples done in the epoch under way
	LossSum   uint64 // of those samples, the bits of a float64
	BestEpoch int    `json:",omitempty"` // the best so far, or where the search began
}

// checkpointHeader describes a checkpoint.
type checkpointHeader struct {
	progress
	Seed          uint64
	Batch         int
	Shuffle       bool
	Validation    *float64 `json:",omitempty"` // share held back
	Stratify      bool     `json:",omitempty"` // of every class
	Path          string   `json:",omitempty"` // the implementation
	Samples       int
	Data          string          // hash of the training data
	Columns       dataset.Columns // that the data comes from
	Spec          string          `json:",omitempty"` // in its canonical form
	Weights       int             // bytes
	WeightsSHA256 string
	Trainer       int // bytes
	TrainerSHA256 string
	Monitor       Monitor `json:",omitempty"` // what the best epoch is judged by
	Valid         string  `json:",omitempty"` // hash of the validation data, if it judges
	Best          *Epoch  `json:",omitempty"`
	BestWeights   int     `json:",omitempty"` // bytes
	BestSHA256    string  `json:",omitempty"`
}

// checkpoint is a checkpoint with its contents.
type checkpoint struct {
	checkpointHeader
	weights, trainer, best []byte
}

// save replaces the file of the checkpoint.
func (c *checkpoint) save(path string) error {
	c.Weights, c.WeightsSHA256 = len(c.weights), sum(c.weights)
	c.Trainer, c.TrainerSHA256 = len(c.trainer), sum(c.trainer)
	if c.Best != nil {
		c.BestWeights, c.BestSHA256 = len(c.best), sum(c.best)
	}
	header, err := json.Marshal(c.checkpointHeader)
	if err != nil {
		return err
	}
	return nnrt.SaveFile(path, func(w io.Writer) error {
		for _, part := range [][]byte{[]byte(CheckpointMagic), header, []byte("\n"), c.weights, c.trainer, c.best} {
			if _, err := w.Write(part); err != nil {
				return err
			}
		}
		return nil
	})
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// readCheckpoint reads a checkpoint. What is wrong with it is an InvalidError.
func readCheckpoint(path string) (*checkpoint, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := &checkpoint{}
	rest, ok := bytes.CutPrefix(data, []byte(CheckpointMagic))
	line, body, ok2 := bytes.Cut(rest, []byte("\n"))
	if !ok || !ok2 || json.Unmarshal(line, &c.checkpointHeader) != nil {
		return nil, c.refuse(path, "this is not a checkpoint of nngen")
	}
	for _, part := range []struct {
		size int
		to   *[]byte
	}{{c.Weights, &c.weights}, {c.Trainer, &c.trainer}, {c.BestWeights, &c.best}} {
		if part.size < 0 || part.size > len(body) {
			return nil, c.refuse(path, "the file has fewer bytes after the header than it says")
		}
		*part.to, body = body[:part.size], body[part.size:]
	}
	switch {
	case len(body) > 0:
		return nil, c.refuse(path, "the file has %d more bytes after the header than it says", len(body))
	case sum(c.weights) != c.WeightsSHA256, sum(c.trainer) != c.TrainerSHA256, c.Best != nil && sum(c.best) != c.BestSHA256:
		return nil, c.refuse(path, "the file is damaged: its hashes do not match")
	case c.Best == nil != (c.BestWeights == 0), c.Best != nil && c.Monitor.of(c.Best) == nil:
		return nil, c.refuse(path, "the best epoch is not whole")
	case c.Epoch < 0 || c.Next < 0 || c.Next >= c.Samples || c.BestEpoch < 0 || c.BestEpoch > c.Epoch:
		return nil, c.refuse(path, "epoch %d, sample %d is no place in the training", c.Epoch, c.Next)
	}
	return c, nil
}

func (c *checkpoint) refuse(path, format string, args ...any) error {
	return &InvalidError{Kind: "checkpoint", Msg: path + ": " + fmt.Sprintf(format, args...)}
}

// matches refuses, by name, a setting of the training that would be another
// one than that of the checkpoint.
func (c *checkpoint) matches(path string, now *checkpointHeader) error {
	switch {
	case c.Seed != now.Seed:
		return c.refuse(path, "the checkpoint was made with --seed %d, not %d", c.Seed, now.Seed)
	case c.Batch != now.Batch:
		return c.refuse(path, "the checkpoint was made with --batch %d, not %d", c.Batch, now.Batch)
	case c.Shuffle != now.Shuffle:
		return c.refuse(path, "the checkpoint was made with --shuffle=%v", c.Shuffle)
	case c.Validation != nil && *c.Validation != *now.Validation:
		return c.refuse(path, "the checkpoint was made with --validation %v, not %v", *c.Validation, *now.Validation)
	case c.Stratify != now.Stratify:
		return c.refuse(path, "the checkpoint was made with --stratify=%v", c.Stratify)
	case c.Monitor != "" && now.Monitor != "" && c.Monitor != now.Monitor:
		return c.refuse(path, "the checkpoint was made with --monitor %s, not %s", c.Monitor, now.Monitor)
	case c.Valid != "" && now.Valid != "" && c.Valid != now.Valid:
		return c.refuse(path, "the validation data is not the one of the checkpoint")
	case c.Data != now.Data || c.Samples != now.Samples:
		return c.refuse(path, "the training data is not the one of the checkpoint (%s there, %d here)", plural.Of(c.Samples, "sample"), now.Samples)
	}
	return nil
}

// unpack writes weights and trainer into a folder for the runner.
func (c *checkpoint) unpack(dir string, j *job) error {
	j.Resume, j.progress = true, c.progress
	j.Weights, j.Trainer = filepath.Join(dir, "resumed"), filepath.Join(dir, "resumed.trainer")
	err := errors.Join(os.WriteFile(j.Weights, c.weights, 0o666), os.WriteFile(j.Trainer, c.trainer, 0o666))
	if c.Best == nil || err != nil {
		return err
	}
	j.Best, j.BestValue = filepath.Join(dir, "resumed.best"), math.Float64bits(*c.Monitor.of(c.Best))
	return os.WriteFile(j.Best, c.best, 0o666)
}

// untrained are parts of a spec that a training does not depend on.
var untrained = []string{"package", "doc", "license", "codegen"}

// changes says how the spec of a checkpoint differs from the one now, as far
// as it decides about the training.
func (c *checkpoint) changes(now string) ([]string, error) {
	if c.Spec == "" || now == "" {
		return nil, nil // a checkpoint of an earlier version
	}
	list, err := spec.Changes([]byte(c.Spec), []byte(now), untrained...)
	var out []string
	for _, change := range list {
		out = append(out, change.String())
	}
	return out, err
}
