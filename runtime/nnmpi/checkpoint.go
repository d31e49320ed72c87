package nnmpi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// magic begins a checkpoint: a line of text, a line of JSON, the weights, the state of
// the trainer.
const magic = "nnmpi checkpoint 1\n"

// header describes a checkpoint.
type header struct {
	position
	Samples, Batch   int
	Seed             uint64
	InOrder          bool
	Weights, Trainer int    // bytes
	Sum              string // hash of both
}

// save saves the training, on rank 0.
func (t *training[G, X, Y, N, P]) save() error {
	t.saved = time.Now()
	if t.o.Checkpoint == "" || t.comm.rank > 0 {
		return nil
	}
	var body bytes.Buffer
	if err := t.model.Save(&body); err != nil {
		return err
	}
	h := header{position: t.at, Samples: len(t.data.X), Batch: t.o.Batch, Seed: t.o.Seed, InOrder: t.o.InOrder, Weights: body.Len()}
	if err := t.trainer.Save(&body); err != nil {
		return err
	}
	h.Trainer, h.Sum = body.Len()-h.Weights, sum(body.Bytes())
	line, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return replace(t.o.Checkpoint, magic+string(line)+"\n", body.Bytes())
}

// replace writes a file that is there as a whole or not at all, whatever happens.
func replace(path, head string, body []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err1 := f.WriteString(head)
	_, err2 := f.Write(body)
	if err := errors.Join(err1, err2, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil // a system that opens no folders
	}
	dir.Sync() // where folders can be
	return dir.Close()
}

// resume goes on from the checkpoint that rank 0 reads.
func (t *training[G, X, Y, N, P]) resume() error {
	var data []byte
	var readErr error
	if t.comm.rank == 0 {
		data, readErr = os.ReadFile(t.o.Checkpoint)
	}
	data, err := spread(t.comm, data)
	switch {
	case err != nil:
		return err
	case readErr != nil:
		return readErr
	case len(data) == 0:
		return fmt.Errorf("nnmpi: rank 0 could not read %s", t.o.Checkpoint)
	}
	if err := t.restore(data); err != nil {
		return fmt.Errorf("nnmpi: %s: %w", t.o.Checkpoint, err)
	}
	return nil
}

// restore takes over a checkpoint, if it is whole and one of this training.
func (t *training[G, X, Y, N, P]) restore(data []byte) error {
	var h header
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	line, body, ok2 := bytes.Cut(rest, []byte("\n"))
	switch {
	case !ok || !ok2 || json.Unmarshal(line, &h) != nil:
		return errors.New("this is not a checkpoint of nnmpi")
	case h.Weights < 0 || h.Trainer < 0 || h.Weights > len(body) || h.Weights+h.Trainer != len(body) || sum(body) != h.Sum:
		return errors.New("the file is damaged: its length or its hash does not match")
	case h.Samples != len(t.data.X):
		return fmt.Errorf("the training had %d samples, not %d", h.Samples, len(t.data.X))
	case h.Batch != t.o.Batch || h.Seed != t.o.Seed || h.InOrder != t.o.InOrder:
		return fmt.Errorf("the training had batches of %d and seed %d (in order: %v), not %d and %d (%v)", h.Batch, h.Seed, h.InOrder, t.o.Batch, t.o.Seed, t.o.InOrder)
	case h.Epoch < 0 || h.Next < 0 || h.Next > h.Samples: // all of them are done where the epoch is not over yet
		return fmt.Errorf("epoch %d, sample %d is no place in the training", h.Epoch, h.Next)
	}
	t.at = h.position
	if err := t.model.Restore(bytes.NewReader(body[:h.Weights])); err != nil {
		return err
	}
	return t.trainer.Load(bytes.NewReader(body[h.Weights:]))
}
