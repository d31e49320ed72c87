package run

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen-go/nngen/spec"
)

// Ranks say that a training is one of several processes, which share its batches: see
// runtime/nnmpi.
type Ranks struct {
	Rank, Size int
	How        []string // ordered, fast, overlap, float16
	Shards     int      // into which a batch is cut; 0 is one of each rank
	Engine     Engine
	Version    string // of nngen, which has to be the same on all ranks
}

// RanksHow are the words that say how gradients are added.
var RanksHow = []string{"ordered", "fast", "overlap", "float16"}

// NewRanks returns the place of this process among those that Open MPI's mpirun
// started, and how their gradients are added, a list of words with commas between.
func NewRanks(how string) (*Ranks, error) {
	r := &Ranks{How: strings.Split(how, ",")}
	for _, word := range r.How {
		if !slices.Contains(RanksHow, word) {
			return nil, OptionErrorf("--mpi must be a list of %s, got %q", strings.Join(RanksHow, ", "), how)
		}
	}
	has := func(word string) bool { return slices.Contains(r.How, word) }
	switch {
	case has("ordered") && (has("fast") || has("overlap")):
		return nil, OptionErrorf("--mpi %s: overlap and fast leave the order of the sum to MPI, so it is not ordered", how)
	case has("overlap") && has("float16"):
		return nil, OptionErrorf("--mpi %s: overlap and float16 exclude each other", how)
	}
	var err1, err2 error
	r.Rank, err1 = strconv.Atoi(os.Getenv("OMPI_COMM_WORLD_RANK"))
	r.Size, err2 = strconv.Atoi(os.Getenv("OMPI_COMM_WORLD_SIZE"))
	if err1 != nil || err2 != nil {
		return nil, OptionErrorf("--mpi trains on the processes that mpirun of Open MPI starts: mpirun -n 4 nngen train … --mpi (Debian, Ubuntu: apt-get install openmpi-bin)")
	}
	return r, nil
}

// name is what messages call the rank.
func (r *Ranks) name() string { return fmt.Sprintf("rank %d of %d", r.Rank, r.Size) }

// shards is into how many parts a batch is cut.
func (r *Ranks) shards() int {
	if r.Shards > 0 {
		return r.Shards
	}
	return r.Size
}

// checkRanks refuses what ranks cannot share.
func (o *TrainOptions) checkRanks(net *spec.Network, shape *Shape) error {
	r := o.Ranks
	switch most := r.shards() * net.Codegen.Batch; {
	case r.Shards < 0:
		return OptionErrorf("--shards must be at least 1, got %d", r.Shards)
	case o.Batch > most:
		return OptionErrorf("--batch must be from 1 to %d, %d shards of the spec's codegen.batch %d, got %d", most, r.shards(), net.Codegen.Batch, o.Batch)
	case shape.Memory:
		return OptionErrorf("--mpi: the samples of this network go on where those of the batch before ended, which ranks do not pass on; train it on one machine, with --workers")
	case !shape.Divides:
		return OptionErrorf("--mpi: the batches of this network cannot be divided, as the losses of its outputs divide by different things; give all of them the same reduction, and no class_weights")
	}
	return nil
}

// ranksJob is what the runner is told of them.
type ranksJob struct {
	Fast, Overlap, Float16 bool
	Shards                 int
	Identity               [][2]string // what has to be the same on all ranks, by name
}

// ranksJob describes the ranks for the runner.
func (t *training) ranksJob() *ranksJob {
	r, h := t.Ranks, &t.now.checkpointHeader
	has := func(word string) bool { return slices.Contains(r.How, word) }
	return &ranksJob{
		Fast: has("fast") || has("overlap"), Overlap: has("overlap"), Float16: has("float16"), Shards: r.Shards,
		Identity: [][2]string{
			{"the version of the command nngen", r.Version},
			{"the spec", h.Spec},
			{"the training data", fmt.Sprintf("%d samples, hash %s", h.Samples, h.Data)},
			{"the training", fmt.Sprintf("--epochs %d --batch %d --seed %d --shuffle=%v --patience %d --monitor %s, %d samples held back, learning rate %v",
				t.Epochs, h.Batch, h.Seed, h.Shuffle, t.Patience, t.Monitor, t.job.ValidCount, t.Rate)},
			{"the place in the training", fmt.Sprintf("%+v", t.job.progress)},
		},
	}
}
