package nnbeam

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
)

// Net is the Net of a generated package, of inputs X, outputs Y and workspace W.
type Net[X, Y, W any] interface {
	ForwardBatch(y []Y, x []X, ws *W)
}

// Model is how rows become inputs of a network, and outputs numbers.
type Model[T, X, Y any] struct {
	Load   func(r io.Reader) (T, error)       // the package's
	Decode func(net T, row *Row, x *X) error  // its error is the reason of a Bad row
	Values func(y *Y, to []float64) []float64 // appends
	Batch  int                                // rows that are scored at once, the package's MaxBatch
}

// Registered is a model that workers find by its name.
type Registered struct {
	name string
	fn   func(weights string) any
}

// Register makes a model known under a name, in a variable of a package or in init, on
// all workers. It panics if there is one of the name.
func Register[T Net[X, Y, W], X, Y, W any](name string, m Model[T, X, Y]) *Registered {
	if _, ok := models[name]; ok {
		panic("nnbeam.Register: a model is named " + name + " already")
	}
	models[name] = m
	register.DoFn4x0[context.Context, Row, func(Scored), func(Bad)](&scoreFn[T, X, Y, W]{})
	return &Registered{name, func(weights string) any { return &scoreFn[T, X, Y, W]{Model: name, Weights: weights} }}
}

// models are those registered, by name.
var models = map[string]any{}

func init() {
	register.Emitter1[Row]()
	register.Emitter1[Scored]()
	register.Emitter1[Bad]()
	register.Emitter1[chunk]()
}

// The metrics.
var (
	rowsCounter = beam.NewCounter("nnbeam", "rows")
	badCounter  = beam.NewCounter("nnbeam", "bad_rows")
	batchTime   = beam.NewDistribution("nnbeam", "batch_ns")
)

// Score scores rows with the weights in a file, in batches. A row that cannot be decoded
// is in bad instead, with its place and the reason.
func Score(s beam.Scope, m *Registered, weights string, rows beam.PCollection) (scores, bad beam.PCollection) {
	return beam.ParDo2(s.Scope("nnbeam.Score"), m.fn(weights), rows)
}

// scoreFn is the DoFn of a model. What is exported travels to the workers.
type scoreFn[T Net[X, Y, W], X, Y, W any] struct {
	Model   string
	Weights string

	model Model[T, X, Y]
	net   T
	ws    *W
	x     []X
	y     []Y
	at    []Place
}

// Setup loads the weights, once for each worker.
func (f *scoreFn[T, X, Y, W]) Setup(ctx context.Context) error {
	model, ok := models[f.Model].(Model[T, X, Y])
	if !ok {
		return fmt.Errorf("nnbeam: this worker has no model %q of the type; it was built of another program", f.Model)
	}
	f.model = model
	fs, err := filesystem.New(ctx, f.Weights)
	if err != nil {
		return err
	}
	defer fs.Close()
	r, err := fs.OpenRead(ctx, f.Weights)
	if err != nil {
		return err
	}
	defer r.Close()
	if f.net, err = model.Load(r); err != nil {
		return fmt.Errorf("%s: %w", f.Weights, err)
	}
	n := max(1, model.Batch)
	f.ws, f.x, f.y, f.at = new(W), make([]X, 0, n), make([]Y, n), make([]Place, 0, n)
	return nil
}

// StartBundle begins with an empty batch.
func (f *scoreFn[T, X, Y, W]) StartBundle(context.Context, func(Scored), func(Bad)) {
	f.x, f.at = f.x[:0], f.at[:0]
}

// ProcessElement adds a row to the batch, and scores it when it is full.
func (f *scoreFn[T, X, Y, W]) ProcessElement(ctx context.Context, row Row, emit func(Scored), bad func(Bad)) {
	reason := row.Fault
	if reason == "" {
		f.x = append(f.x, *new(X))
		if err := f.model.Decode(f.net, &row, &f.x[len(f.x)-1]); err != nil {
			f.x, reason = f.x[:len(f.x)-1], err.Error()
		}
	}
	if reason != "" {
		badCounter.Inc(ctx, 1)
		bad(Bad{row.Place, reason})
		return
	}
	if f.at = append(f.at, row.Place); len(f.at) == cap(f.at) {
		f.score(ctx, emit)
	}
}

// FinishBundle scores what is left.
func (f *scoreFn[T, X, Y, W]) FinishBundle(ctx context.Context, emit func(Scored), _ func(Bad)) {
	f.score(ctx, emit)
}

// score scores the batch.
func (f *scoreFn[T, X, Y, W]) score(ctx context.Context, emit func(Scored)) {
	if len(f.at) == 0 {
		return
	}
	y := f.y[:len(f.x)]
	begin := time.Now()
	f.net.ForwardBatch(y, f.x, f.ws)
	batchTime.Update(ctx, time.Since(begin).Nanoseconds())
	rowsCounter.Inc(ctx, int64(len(y)))
	for i := range y {
		emit(Scored{f.at[i], f.model.Values(&y[i], nil)})
	}
	f.x, f.at = f.x[:0], f.at[:0]
}
