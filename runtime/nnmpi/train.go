package nnmpi

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"time"
)

// Data are the samples that a training goes through; every rank has all of them, and
// computes with its part of each batch.
type Data[X, Y any] struct {
	X []X
	Y []Y
}

// Options say how to train.
type Options struct {
	Config
	Epochs  int    // how often to go through the data, in all
	Batch   int    // samples of a step, on all ranks together
	Seed    uint64 // of the order
	InOrder bool   // the samples as they lie, instead of a new order in each epoch
	// Checkpoint is a file that rank 0 saves the training in, Every so often and at the
	// end; Every 0 is at the end alone. With Resume the training goes on from it, on any
	// number of ranks; only rank 0 has to have the file. The same bits as without the
	// interruption follow where Shards are the same.
	Checkpoint string
	Every      time.Duration
	Resume     bool
	// Progress is told the mean loss of every epoch, on rank 0.
	Progress func(epoch int, loss float64)
	// Stop, if it returns true on any rank, ends the training after a step, as if the
	// time for a checkpoint had come.
	Stop func() bool
}

// ErrStopped is returned where Stop ended a training.
var ErrStopped = errors.New("nnmpi: the training was stopped")

// Report is what a training did.
type Report struct {
	Epochs, Steps int     // in all
	ResumedAt     int     // the step that it went on from
	Loss          float64 // of the last epoch that ended here, per sample; NaN if none did
}

// Train trains on all ranks and saves checkpoints on rank 0. Every rank passes the
// same; what differs is refused by name.
func Train[G, X, Y any, N Number, P Gradients[G, N]](c *Comm, t Trainer[G, X, Y, N], m Model, data Data[X, Y], o Options) (*Report, error) {
	run := &training[G, X, Y, N, P]{comm: c, trainer: t, model: m, data: data, o: o}
	if err := run.begin(); err != nil {
		return nil, err
	}
	r := &Report{ResumedAt: t.Steps(), Loss: math.NaN()}
	for run.at.Epoch < o.Epochs {
		done, err := run.epoch(r)
		if err == nil && !done {
			err = ErrStopped
		}
		r.Epochs, r.Steps = run.at.Epoch, t.Steps()
		if errors.Is(err, ErrStopped) {
			err = errors.Join(err, run.save())
		}
		if err != nil {
			return r, err
		}
	}
	r.Epochs, r.Steps = run.at.Epoch, t.Steps()
	return r, run.save()
}

// position is how far a training has come.
type position struct {
	Epoch, Next int // epochs done, samples done in the one under way
	LossSum     float64
	Weight      float64 // of these samples
}

// training is a run of Train.
type training[G, X, Y any, N Number, P Gradients[G, N]] struct {
	comm    *Comm
	trainer Trainer[G, X, Y, N]
	model   Model
	data    Data[X, Y]
	o       Options
	peer    *Peer[G, X, Y, N, P]
	at      position
	order   []int32
	x       []X
	y       []Y
	saved   time.Time
}

// begin checks the options, goes on from a checkpoint and joins the others.
func (t *training[G, X, Y, N, P]) begin() error {
	o, n := &t.o, len(t.data.X)
	switch {
	case n == 0 || n != len(t.data.Y):
		return fmt.Errorf("nnmpi: there are %d samples and %d targets", n, len(t.data.Y))
	case o.Epochs < 1 || o.Batch < 1:
		return fmt.Errorf("nnmpi: Epochs and Batch must be at least 1, got %d and %d", o.Epochs, o.Batch)
	case o.Resume && o.Checkpoint == "":
		return errors.New("nnmpi: Resume goes on from Checkpoint, which is empty")
	}
	if o.Resume {
		if err := t.resume(); err != nil {
			return err
		}
	}
	config := o.Config
	config.Identity = append([]Property{
		{"the number of samples", fmt.Sprint(n)}, {"the size of a batch", fmt.Sprint(o.Batch)},
		{"the number of epochs", fmt.Sprint(o.Epochs)}, {"the order of the samples", fmt.Sprintf("seed %d, in order %v", o.Seed, o.InOrder)},
		{"the place in the training", fmt.Sprintf("%+v", t.at)},
	}, config.Identity...)
	var err error
	if t.peer, err = Join[G, X, Y, N, P](t.comm, t.trainer, t.model, config); err != nil {
		return err
	}
	t.order = make([]int32, n)
	t.x, t.y = make([]X, min(n, o.Batch)), make([]Y, min(n, o.Batch))
	t.saved = time.Now()
	return nil
}

// epoch trains to the end of an epoch; it returns false if it was stopped before.
func (t *training[G, X, Y, N, P]) epoch(r *Report) (bool, error) {
	t.shuffle()
	for n := len(t.order); t.at.Next < n; {
		k := min(t.o.Batch, n-t.at.Next)
		if left := n - t.at.Next - k; left > 0 && left < t.o.MinShard && k > t.o.MinShard {
			k -= t.o.MinShard - left // so that the last batch is large enough
		}
		for i, s := range t.order[t.at.Next:][:k] {
			t.x[i], t.y[i] = t.data.X[s], t.data.Y[s]
		}
		if t.o.Stop != nil && t.o.Stop() {
			t.peer.Stop()
		}
		loss, err := t.peer.Step(t.x[:k], t.y[:k])
		if err != nil {
			return false, err
		}
		w := t.trainer.Weight(t.y[:k])
		t.at.Next, t.at.Weight, t.at.LossSum = t.at.Next+k, t.at.Weight+w, t.at.LossSum+float64(loss)*w
		if t.at.Next < n && t.peer.Stopped() {
			return false, nil
		}
		if t.o.Every > 0 && time.Since(t.saved) >= t.o.Every {
			if err := t.save(); err != nil {
				return false, err
			}
		}
	}
	loss := t.at.LossSum / t.at.Weight
	t.at = position{Epoch: t.at.Epoch + 1}
	r.Loss = loss
	if t.o.Progress != nil && t.comm.rank == 0 {
		t.o.Progress(t.at.Epoch, loss)
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return false, fmt.Errorf("nnmpi: the training diverged: the loss of epoch %d is %v; a smaller learning rate may help", t.at.Epoch, loss)
	}
	return !t.peer.Stopped() || t.at.Epoch == t.o.Epochs, nil
}

// shuffle sets the order of the samples in the epoch under way, which depends on the
// seed and the epoch alone.
func (t *training[G, X, Y, N, P]) shuffle() {
	for i := range t.order {
		t.order[i] = int32(i)
	}
	if t.o.InOrder {
		return
	}
	r := rand.NewPCG(t.o.Seed, uint64(t.at.Epoch))
	for i := len(t.order) - 1; i > 0; i-- {
		j, _ := bits.Mul64(r.Uint64(), uint64(i)+1)
		t.order[i], t.order[j] = t.order[j], t.order[i]
	}
}
