// Package nnbeam scores any number of rows with a network that nngen generated, on
// the runners of Apache Beam: prism, which is a part of this module and runs in the
// process, Flink, Spark, Dataflow.
//
//	var digitsModel = nnbeam.Register("digits", nnbeam.Model[*digits.Net, digits.Input, digits.Output]{
//		Load:   digits.Load,
//		Decode: func(_ *digits.Net, row *nnbeam.Row, x *digits.Input) error { return nnbeam.Numbers(row, x[:]) },
//		Values: func(y *digits.Output, to []float64) []float64 { return nnbeam.Append(to, y[:]) },
//		Batch:  digits.MaxBatch,
//	})
//
//	func main() {
//		flag.Parse()
//		beam.Init()
//		p, s := beam.NewPipelineWithRoot()
//		rows := nnbeam.ReadLines(s, nnbeam.Lines{Header: true}, "new.csv")
//		scores, bad := nnbeam.Score(s, digitsModel, "digits.safetensors", rows)
//		nnbeam.Write(s, nnbeam.CSV, "scores", scores)
//		nnbeam.WriteBad(s, "bad", bad)
//		result, err := nnbeam.Run(context.Background(), p, "prism")
//		…
//	}
//
// A model is registered when the program starts, before main, as workers on other
// machines start the program too, and find the model by its name. Weights and files
// are named by paths, which the workers read: of a file system that all of them see, or
// one of those that Beam knows, once its package is imported.
//
// Files are cut into chunks of whole lines or row groups; each worker reads its chunks,
// scores them in batches with a workspace of its own, and writes a file per chunk, so
// that no row is kept longer than its batch, and no two workers wait for each other. The
// scores have the bits of a plain loop: ForwardBatch gives the same ones whatever the
// batch.
//
// Counted are the rows scored (rows), those that could not be decoded (bad_rows) and the
// nanoseconds of each batch (batch_ns), as Beam metrics of the namespace nnbeam.
package nnbeam
