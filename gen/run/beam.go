package run

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/runtime/nnrt"
	"github.com/nngen-go/nngen/spec"
)

// Beam says that predictions are made on a runner of Apache Beam: see runtime/nnbeam.
type Beam struct {
	Runner string // prism, or the address of a job server
	Bad    string // file for rows that cannot be decoded: file, row, reason
	Engine Engine
}

// Scored are the rows that were predicted on a runner.
type Scored struct {
	Rows, Bad                     int64
	Batches, BatchNanos, MaxNanos int64
}

// beamJob is what the runner is told.
type beamJob struct {
	Runner       string
	Files        []string
	Parquet      []string // nil is lines of text
	Header       bool
	Comma        rune
	DecimalComma bool
	Columns      []int
	Width        int
	Scores, Bad  string
}

// PredictOn is Predict for any number of rows, of CSV or Parquet, on a runner of Beam:
// nothing is kept longer than a batch. The predictions are CSV.
func (c *Compiler) PredictOn(ctx context.Context, net *spec.Network, o PredictOptions, beam Beam) (*Scored, error) {
	shape, _, err := c.prepare(net, toPredict)
	if err != nil {
		return nil, err
	}
	if shape.Memory {
		return nil, OptionErrorf("--runner: the network has memory, so that the rows of a file are the steps of one stream, which cannot be taken at once; leave out --runner")
	}
	if ext := filepath.Ext(o.Out); o.Out != "" && ext != ".csv" {
		return nil, OptionErrorf("--out %s: with --runner predictions are CSV; name a .csv file, or - for standard output", o.Out)
	}
	if _, err := readWeights(net, shape, o.Weights); err != nil {
		return nil, err
	}
	dir, remove, err := workDir()
	if err != nil {
		return nil, err
	}
	defer remove()
	j := beamJob{Runner: beam.Runner, Scores: filepath.Join(dir, "scores"), Bad: filepath.Join(dir, "bad")}
	if err := c.layout(&j, net, shape, o, dir); err != nil {
		return nil, err
	}
	b, err := c.build(ctx, net, toPredict, &beam.Engine)
	if err != nil {
		return nil, interrupted(ctx, err)
	}
	weights, err := filepath.Abs(o.Weights)
	if err != nil {
		return nil, err
	}
	scored := &Scored{}
	err = b.process(ctx, job{Command: "score", Weights: weights, Beam: &j}, o.Talk, func(e event) {
		if e.Counts != nil {
			*scored = *e.Counts
		}
	})
	if err != nil {
		return nil, err
	}
	if err := saveBad(beam.Bad, j.Bad, scored.Bad); err != nil {
		return nil, err
	}
	if o.Out == "" {
		return scored, shape.joinScores(o.Stdout, j.Scores)
	}
	return scored, nnrt.SaveFile(o.Out, func(w io.Writer) error { return shape.joinScores(w, j.Scores) })
}

// layout finds out where the inputs lie in the lines of a file, from its beginning.
func (c *Compiler) layout(j *beamJob, net *spec.Network, shape *Shape, o PredictOptions, dir string) error {
	path, err := filepath.Abs(o.In)
	if err != nil {
		return err
	}
	j.Files = []string{path}
	if filepath.Ext(path) == ".parquet" {
		if shape.Record != nil {
			return OptionErrorf("--in %s: the columns of this network hold texts or gaps, which are read from CSV alone with --runner", o.In)
		}
		j.Parquet = []string{}
		if names := trainedColumns(o.Weights).Inputs; names != nil {
			j.Parquet = names
		}
		return nil
	}
	lines, err := head(path)
	if err != nil {
		return err
	}
	source := dataset.Source{Data: filepath.Join(dir, "head.csv"), Columns: o.Targets, Trained: trainedColumns(o.Weights), Table: o.Table}
	read := func(lines ...string) (*dataset.Samples, error) {
		if err := os.WriteFile(source.Data, []byte(strings.Join(lines, "\n")+"\n"), 0o666); err != nil {
			return nil, err
		}
		return source.ReadInputs(shape.Inputs, c.targetsIfTrained(net))
	}
	data, first := read(lines...)
	for i := 1; first != nil && i < len(lines); i++ { // a row among them is bad
		if one, err := read(lines[0], lines[i]); err == nil {
			data, first = one, nil
		}
	}
	if first != nil {
		return fmt.Errorf("%s: %w", o.In, first)
	}
	if data.Picked == nil {
		return OptionErrorf("--in %s: with --runner the inputs are CSV or Parquet", o.In)
	}
	j.Header, j.Comma, j.DecimalComma = !o.Table.NoHeader, data.Table.Delimiter, o.Table.DecimalComma
	j.Columns, j.Width = data.Picked, data.Width
	return nil
}

// head are the first lines of a text, which may be compressed.
func head(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return nil, &dataset.Error{Path: path, Msg: err.Error()}
		}
	}
	const most = 200
	var lines []string
	s := bufio.NewScanner(r)
	s.Buffer(nil, 16<<20)
	for len(lines) < most && s.Scan() {
		lines = append(lines, s.Text())
	}
	if err := s.Err(); err != nil {
		return nil, &dataset.Error{Path: path, Msg: err.Error()}
	}
	return lines, nil
}

// joinScores writes the scores in the files of a folder as one table.
func (s *Shape) joinScores(w io.Writer, folder string) error {
	entries, err := os.ReadDir(folder) // sorted, which is the order of the rows
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	header, err := s.PredictionHeader("")
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, header); err != nil {
		return err
	}
	write, err := predictionWriter("", s)
	if err != nil {
		return err
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return err
		}
		var table bytes.Buffer
		if err := write(&table, s.scores(data)); err != nil {
			return err
		}
		if _, err := w.Write(table.Bytes()[len(header):]); err != nil {
			return err
		}
	}
	return nil
}

// scores are the outputs in what nnbeam writes as Raw: of each row its number and the
// values.
func (s *Shape) scores(data []byte) []*dataset.Array {
	record := 8 * (1 + s.OutputSize())
	n := len(data) / record
	arrays := make([]*dataset.Array, len(s.Outputs))
	for i, o := range s.Outputs {
		arrays[i] = &dataset.Array{Name: o.Name, Shape: append([]int{n}, o.Dims...), Data: make([]float64, 0, n*o.Size)}
	}
	for ; len(data) >= record; data = data[record:] {
		rest := data[8:]
		for i, o := range s.Outputs {
			for range o.Size {
				arrays[i].Data = append(arrays[i].Data, math.Float64frombits(binary.LittleEndian.Uint64(rest)))
				rest = rest[8:]
			}
		}
	}
	return arrays
}

// saveBad writes the rows that could not be decoded, if there are some.
func saveBad(path, folder string, n int64) error {
	if n == 0 || path == "" {
		return nil
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	return nnrt.SaveFile(path, func(w io.Writer) error {
		out := csv.NewWriter(w)
		out.Write(BadHeader) // an error is kept until Flush
		out.Flush()
		for _, e := range entries {
			data, err := os.ReadFile(filepath.Join(folder, e.Name()))
			if err != nil {
				return err
			}
			if _, err := w.Write(data); err != nil {
				return err
			}
		}
		return out.Error()
	})
}

// BadHeader names the columns of a table of rows that could not be decoded.
var BadHeader = []string{"file", "row", "reason"}
