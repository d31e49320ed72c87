package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/nngen-go/nngen/gen/run"
)

// job is what the program is told; see templates/bencher.go.tmpl.
type job struct {
	WorkingSet   int
	Measurements []measurement
	Time         time.Duration
	Latency      int
	Weights      string
	Calls        []callsJob
}

// callsJob are the calls of an inference or a training step of a batch, to be timed one
// by one: so many there are.
type callsJob struct {
	Mode         string
	Batch, Count int
}

// callsOf are the jobs of layers.
func callsOf(layers []Layer) (jobs []callsJob) {
	for i := range layers {
		l := &layers[i]
		if i == 0 || !l.with(&layers[i-1]) {
			jobs = append(jobs, callsJob{Mode: l.Mode, Batch: l.Batch})
		}
		jobs[len(jobs)-1].Count++
	}
	return jobs
}

// measurement is one figure to take.
type measurement struct {
	Mode    string `json:"mode"`
	Batch   int    `json:"batch"`
	Workers int    `json:"workers"`
}

// event is a line of the program.
type event struct {
	Path    string
	Go      string
	Machine *probed
	Result  *struct {
		measurement
		Median, Min   float64
		Slices, Calls int
		Clock         string
		Allocs, Bytes uint64
		Latency       []int64
	}
	Call *struct {
		Median, Min float64
	}
	Error string
	Done  bool
}

// start runs the program on a path and calls handle with its events. handle
// may end the program without error by returning errSkip.
func start(ctx context.Context, program, path string, j job, talk io.Writer, handle func(event) error) error {
	line, err := json.Marshal(j)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(line), talk
	cmd.Env = append(os.Environ(), run.PathVariable+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	done, err := readEvents(out, handle)
	if err != nil {
		cmd.Process.Kill()
	}
	exit := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return run.ErrInterrupted
	case errors.Is(err, errSkip):
		return nil
	case err != nil:
		return err
	case exit != nil:
		return fmt.Errorf("the program of the network failed: %w", exit)
	case !done:
		return errors.New("the program of the network ended early")
	}
	return nil
}

// errSkip ends a program that is not wanted.
var errSkip = errors.New("skipped")

// readEvents reads lines until the end; done is whether the program finished.
func readEvents(r io.Reader, handle func(event) error) (done bool, err error) {
	d := json.NewDecoder(r)
	for {
		var e event
		switch err := d.Decode(&e); {
		case err == io.EOF:
			return done, nil
		case err != nil:
			return false, err
		case e.Error != "":
			return false, errors.New(e.Error)
		}
		if err := handle(e); err != nil {
			return false, err
		}
		done = done || e.Done
	}
}
