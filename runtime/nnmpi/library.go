package nnmpi

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/ebitengine/purego"
)

// LibraryVariable is the environment variable that names the file of Open MPI's
// library, where the system does not find it.
const LibraryVariable = "NNMPI_LIBRARY"

// library is Open MPI: the addresses of what is called, and of its handles.
type library struct {
	initThread, finalize, abort, rank, size              uintptr
	allreduce, allgather, allgatherv, alltoallv, bcast   uintptr
	iallreduce, testall, waitall                         uintptr
	world, float32, float64, byte, uint64, sum, asUint16 uintptr
}

// names are those that Open MPI's library has.
func (l *library) names() map[string]*uintptr {
	return map[string]*uintptr{
		"MPI_Init_thread": &l.initThread, "MPI_Finalize": &l.finalize, "MPI_Abort": &l.abort,
		"MPI_Comm_rank": &l.rank, "MPI_Comm_size": &l.size, "MPI_Allreduce": &l.allreduce,
		"MPI_Allgather": &l.allgather, "MPI_Allgatherv": &l.allgatherv, "MPI_Alltoallv": &l.alltoallv,
		"MPI_Bcast": &l.bcast, "MPI_Iallreduce": &l.iallreduce, "MPI_Testall": &l.testall, "MPI_Waitall": &l.waitall,
		"ompi_mpi_comm_world": &l.world, "ompi_mpi_float": &l.float32, "ompi_mpi_double": &l.float64,
		"ompi_mpi_byte": &l.byte, "ompi_mpi_uint64_t": &l.uint64, "ompi_mpi_op_sum": &l.sum, "ompi_mpi_uint16_t": &l.asUint16,
	}
}

// files are the names that the library goes by.
func files() []string {
	if file := os.Getenv(LibraryVariable); file != "" {
		return []string{file}
	}
	if runtime.GOOS == "darwin" {
		return []string{"libmpi.40.dylib", "libmpi.dylib", "/opt/homebrew/lib/libmpi.dylib", "/usr/local/lib/libmpi.dylib"}
	}
	return []string{"libmpi.so.40", "libmpi.so"}
}

// load finds Open MPI's library.
func load() (*library, error) {
	var tried []error
	for _, file := range files() {
		// Its parts are libraries of their own, which look for its names.
		handle, err := purego.Dlopen(file, purego.RTLD_NOW|purego.RTLD_GLOBAL)
		if err != nil {
			tried = append(tried, err)
			continue
		}
		l := &library{}
		var missing []string
		for name, at := range l.names() {
			if *at, err = purego.Dlsym(handle, name); err != nil {
				missing = append(missing, name)
			}
		}
		if missing != nil {
			return nil, fmt.Errorf("nnmpi: %s has no %s, so it is not the library of Open MPI 3 or 4; install Open MPI (Debian, Ubuntu: apt-get install openmpi-bin), or name its file in %s",
				file, strings.Join(missing[:min(len(missing), 3)], ", "), LibraryVariable)
		}
		return l, nil
	}
	return nil, fmt.Errorf("nnmpi: the library of Open MPI was not found (%w); install it (Debian, Ubuntu: apt-get install openmpi-bin), or name its file, libmpi.so.40, in %s",
		errors.Join(tried...), LibraryVariable)
}

// failed calls a function of MPI and turns what it returns into an error. Whatever a
// conversion among the arguments points to stays where it is meanwhile.
//
//go:uintptrescapes
func failed(name string, fn uintptr, args ...uintptr) error {
	if code, _, _ := purego.SyscallN(fn, args...); int32(code) != 0 {
		return fmt.Errorf("nnmpi: %s failed with code %d", name, int32(code))
	}
	return nil
}
