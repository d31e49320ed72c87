package nnbeam

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal"

	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local" // files by their paths
)

// Counts are the metrics of a run.
type Counts struct {
	Rows, Bad  int64
	Batches    int64
	BatchNanos int64 // of all batches together
	MaxNanos   int64 // of the slowest
}

// Run runs a pipeline and waits for its end: with the runner prism in this process, or
// with the one whose job server has the address host:port, and workers in this process
// unless --environment_type says otherwise. Other runners of Beam are called in their own
// way.
func Run(ctx context.Context, p *beam.Pipeline, runner string) (Counts, error) {
	execute := universal.Execute
	if runner == "prism" {
		execute = prism.Execute
	} else {
		if _, _, err := net.SplitHostPort(runner); err != nil {
			return Counts{}, fmt.Errorf("nnbeam: the runner must be prism or the address of a job server, host:port; got %q", runner)
		}
		endpoint, environment := *jobopts.Endpoint, *jobopts.EnvironmentType
		defer func() { *jobopts.Endpoint, *jobopts.EnvironmentType = endpoint, environment }()
		*jobopts.Endpoint = runner
		if environment == "" {
			*jobopts.EnvironmentType = "LOOPBACK"
		}
	}
	result, err := execute(ctx, p)
	if err != nil {
		return Counts{}, readable(err)
	}
	if result == nil {
		return Counts{}, errors.New("nnbeam: the runner gives no result")
	}
	var c Counts
	all := result.Metrics().AllMetrics()
	for _, m := range all.Counters() {
		switch m.Key.Name {
		case "rows":
			c.Rows += m.Result()
		case "bad_rows":
			c.Bad += m.Result()
		}
	}
	for _, m := range all.Distributions() {
		if m.Key.Name == "batch_ns" {
			d := m.Result()
			c.Batches, c.BatchNanos, c.MaxNanos = c.Batches+d.Count, c.BatchNanos+d.Sum, max(c.MaxNanos, d.Max)
		}
	}
	return c, nil
}

// readable is an error without the middle of its text: Beam's hold whole pipelines.
func readable(err error) error {
	const ends = 600
	text := err.Error()
	if len(text) <= 2*ends {
		return err
	}
	return fmt.Errorf("nnbeam: %s … %s", text[:ends], text[len(text)-ends:])
}
