package nnmpi

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Comm are the ranks of a job. Its methods are called by one goroutine at a time,
// and by every rank in the same order.
type Comm struct {
	lib        *library // nil if the process is alone
	rank, size int
	closed     bool
}

// launchers are variables that a launcher sets in the environment of its processes.
var launchers = []string{"OMPI_COMM_WORLD_SIZE", "PMIX_RANK"}

// Launched reports whether the process was started by Open MPI's mpirun, or by what
// stands for it.
func Launched() bool {
	for _, name := range launchers {
		if os.Getenv(name) != "" {
			return true
		}
	}
	return false
}

// World joins the job that mpirun started; a process that it did not start is alone.
// The error says what to install if Open MPI's library is not found. A process calls
// it once.
func World() (*Comm, error) {
	if !Launched() {
		if os.Getenv("PMI_RANK") != "" {
			return nil, errors.New("nnmpi: the process was started by the mpirun of another MPI than Open MPI; install that (Debian, Ubuntu: apt-get install openmpi-bin) and start it with mpirun.openmpi")
		}
		return &Comm{size: 1}, nil
	}
	lib, err := load()
	if err != nil {
		return nil, err
	}
	const serialized = 2 // any thread calls, one at a time
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var provided int32
	if err := failed("MPI_Init_thread", lib.initThread, 0, 0, serialized, uintptr(unsafe.Pointer(&provided))); err != nil {
		return nil, err
	}
	if provided < serialized {
		return nil, fmt.Errorf("nnmpi: this Open MPI was built without threads (level %d of MPI_THREAD_SERIALIZED, %d)", provided, serialized)
	}
	var rank, size int32
	err = errors.Join(failed("MPI_Comm_rank", lib.rank, lib.world, uintptr(unsafe.Pointer(&rank))), failed("MPI_Comm_size", lib.size, lib.world, uintptr(unsafe.Pointer(&size))))
	return &Comm{lib: lib, rank: int(rank), size: int(size)}, err
}

// Rank is the number of this process, from 0.
func (c *Comm) Rank() int { return c.rank }

// Size is the number of ranks.
func (c *Comm) Size() int { return c.size }

// Close leaves the job, once every rank does. A rank that ends without it ends the
// job.
func (c *Comm) Close() error {
	if c.closed || c.lib == nil {
		return nil
	}
	c.closed = true
	return failed("MPI_Finalize", c.lib.finalize)
}

// Abort ends the job: every rank, now, with this exit code. mpirun names the rank
// that called it. A rank that cannot go on calls it, as the others wait for it.
func (c *Comm) Abort(code int) {
	if c.lib != nil && !c.closed {
		purego.SyscallN(c.lib.abort, c.lib.world, uintptr(code))
	}
	os.Exit(code)
}

// Number is what networks compute with.
type Number interface{ float32 | float64 }

// element is a type that MPI knows.
type element interface {
	float32 | float64 | byte | uint16 | uint64
}

// typeOf is MPI's handle of a type.
func typeOf[T element](l *library) uintptr {
	var v T
	switch any(v).(type) {
	case float32:
		return l.float32
	case float64:
		return l.float64
	case byte:
		return l.byte
	case uint16:
		return l.asUint16
	}
	return l.uint64
}

// inPlace is MPI_IN_PLACE: what is sent is what is received into.
const inPlace = 1

// at is where the first element is; of none it is not used.
func at[T any](v []T) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(v)) }

// allreduce adds v of all ranks, in an order that MPI chooses.
func allreduce[T element](c *Comm, v []T) error {
	if c.size == 1 {
		return nil
	}
	err := failed("MPI_Allreduce", c.lib.allreduce, inPlace, uintptr(at(v)), uintptr(len(v)), typeOf[T](c.lib), c.lib.sum, c.lib.world)
	return err
}

// allgather gathers v of all ranks, of one length, in their order.
func allgather[T element](c *Comm, v []T) ([]T, error) {
	all := make([]T, len(v)*c.size)
	if c.size == 1 {
		copy(all, v)
		return all, nil
	}
	err := failed("MPI_Allgather", c.lib.allgather, uintptr(at(v)), uintptr(len(v)), typeOf[T](c.lib),
		uintptr(at(all)), uintptr(len(v)), typeOf[T](c.lib), c.lib.world)
	return all, err
}

// bcast gives all ranks the v of rank 0.
func bcast[T element](c *Comm, v []T) error {
	if c.size == 1 {
		return nil
	}
	err := failed("MPI_Bcast", c.lib.bcast, uintptr(at(v)), uintptr(len(v)), typeOf[T](c.lib), 0, c.lib.world)
	return err
}

// gatherTexts gathers a text of every rank.
func gatherTexts(c *Comm, text []byte) ([][]byte, error) {
	sizes, err := allgather(c, []uint64{uint64(len(text))})
	if err != nil {
		return nil, err
	}
	longest := uint64(0)
	for _, n := range sizes {
		longest = max(longest, n)
	}
	padded := make([]byte, longest)
	copy(padded, text)
	all, err := allgather(c, padded)
	if err != nil {
		return nil, err
	}
	texts := make([][]byte, c.size)
	for r := range texts {
		texts[r] = all[uint64(r)*longest:][:sizes[r]]
	}
	return texts, nil
}

// spread gives all ranks the bytes of rank 0.
func spread(c *Comm, data []byte) ([]byte, error) {
	size := []uint64{uint64(len(data))}
	if err := bcast(c, size); err != nil {
		return nil, err
	}
	if c.rank > 0 {
		data = make([]byte, size[0])
	}
	const most = 1 << 30 // MPI counts in 32 bits
	for rest := data; len(rest) > 0; rest = rest[min(most, len(rest)):] {
		if err := bcast(c, rest[:min(most, len(rest))]); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// exchange are the counts and places of what is sent to and received from each rank.
type exchange struct{ sendCounts, sendAt, counts, at []int32 }

func newExchange(size int) exchange {
	v := make([]int32, 4*size)
	return exchange{v[:size], v[size : 2*size], v[2*size : 3*size], v[3*size:]}
}

// alltoall sends every rank its part of send, and receives in recv what each sends.
func alltoall[T element](c *Comm, send, recv []T, e exchange) error {
	t := typeOf[T](c.lib)
	err := failed("MPI_Alltoallv", c.lib.alltoallv, uintptr(at(send)), uintptr(at(e.sendCounts)), uintptr(at(e.sendAt)), t,
		uintptr(at(recv)), uintptr(at(e.counts)), uintptr(at(e.at)), t, c.lib.world)
	return err
}

// allgatherParts gives all ranks the part that each has of v.
func allgatherParts[T element](c *Comm, v []T, counts, places []int32) error {
	t := typeOf[T](c.lib)
	err := failed("MPI_Allgatherv", c.lib.allgatherv, inPlace, 0, 0, uintptr(at(v)), uintptr(at(counts)), uintptr(at(places)), t, c.lib.world)
	return err
}
