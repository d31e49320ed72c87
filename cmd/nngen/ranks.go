package main

import (
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/spf13/cobra"
)

// addRanks adds the flags of training on several ranks.
func (f *trainFlags) addRanks(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.mpi, "mpi", "", "train on all ranks that mpirun starts, adding gradients `HOW`: ordered, the same bits in every run, or fast, overlap, float16")
	flags.Lookup("mpi").NoOptDefVal = "ordered"
	countVar(cmd, &f.shards, "shards", 0, "into how many parts --mpi cuts each batch; the same number gives the same bits on any number of ranks (default one of each rank)")
}

// join makes this process one of the ranks, if --mpi is given. All but rank 0 are
// silent and write nothing.
func (f *trainFlags) join(cmd *cobra.Command) (stdout, stderr io.Writer, err error) {
	stdout, stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
	switch {
	case f.mpi == "" && cmd.Flags().Changed("shards"):
		return stdout, stderr, usageErrorf("--shards goes with --mpi")
	case f.mpi == "":
		return stdout, stderr, nil
	case cmd.Flags().Changed("folds"):
		return stdout, stderr, usageErrorf("--mpi and --folds exclude each other")
	}
	ranks, err := run.NewRanks(f.mpi)
	if err != nil {
		return stdout, stderr, err
	}
	// mpirun ends a job by SIGTERM, more than once, and stops listening; in the second
	// until SIGKILL what is reached is saved.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM)
	signal.Ignore(syscall.SIGPIPE)
	ranks.Shards, ranks.Engine, ranks.Version = f.shards, engine("nnmpi"), ownVersion()
	f.options.Ranks = ranks
	if f.follows() {
		f.log, f.logDir, f.plot, f.generate, f.json, f.options.Checkpoint = "", "", "", false, false, 0
		stdout, stderr = io.Discard, io.Discard
	}
	return stdout, stderr, nil
}

// follows reports whether this process is a rank that leaves all writing to rank 0.
func (f *trainFlags) follows() bool { return f.options.Ranks != nil && f.options.Ranks.Rank > 0 }

// engine is a module for many machines, of the version of this command or, if it was
// built from source, of that.
func engine(name string) run.Engine {
	e := run.Engine{Name: name}
	if v := ownVersion(); strings.HasPrefix(v, "v") && !strings.Contains(v, "+") && !strings.HasPrefix(v, "v0.0.0-") {
		e.Version = v
		return e
	}
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) { // not with -trimpath
		e.Dir = filepath.Join(filepath.Dir(file), "..", "..", "runtime")
	}
	return e
}

// ownVersion is the version of nngen's module that this command was built of, also as a
// tool of another module.
func ownVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if info.Main.Path == gen.Module {
		return info.Main.Version
	}
	for _, m := range info.Deps {
		if m.Path == gen.Module && m.Replace == nil {
			return m.Version
		}
	}
	return "(devel)"
}
