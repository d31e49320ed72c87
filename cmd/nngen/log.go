package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/nngen-go/nngen/gen/events"
	"github.com/nngen-go/nngen/gen/run"
)

// runLog is the file of --log and the event file in the folder of --log-dir;
// without them it writes nothing.
type runLog struct {
	file *os.File
	past []byte // of the training that is resumed

	dir    string
	events *os.File // made by the first epoch
	err    error
}

// openLog creates the file, or appends to it when a training is resumed.
func openLog(path, dir string, resume bool) (*runLog, error) {
	if path == "" {
		return &runLog{dir: dir}, nil
	}
	mode := os.O_TRUNC
	if resume {
		mode = os.O_APPEND
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|mode, 0o666)
	l := &runLog{file: f, dir: dir}
	if err == nil && resume {
		err = l.repair()
	}
	return l, err
}

// repair reads the log of the training so far, and cuts off a line that a
// killed run did not finish.
func (l *runLog) repair() error {
	if info, err := l.file.Stat(); err != nil || !info.Mode().IsRegular() {
		return err
	}
	data, err := os.ReadFile(l.file.Name())
	if err != nil {
		return err
	}
	l.past = data[:bytes.LastIndexByte(data, '\n')+1]
	if len(l.past) < len(data) {
		return l.file.Truncate(int64(len(l.past)))
	}
	return nil
}

// write writes an event with its fields as a line.
func (l *runLog) write(event string, fields any) {
	if l.file == nil || l.err != nil {
		return
	}
	line, err := json.Marshal(fields)
	if err == nil {
		_, err = fmt.Fprintf(l.file, "{\"event\":%q,%s\n", event, line[1:])
	}
	l.err = err
}

// epoch writes an epoch.
func (l *runLog) epoch(e run.Epoch) {
	l.write("epoch", e)
	if l.dir == "" || l.err != nil {
		return
	}
	if l.events == nil {
		if l.events, l.err = events.Create(l.dir); l.err != nil {
			return
		}
	}
	var scalars []events.Scalar
	for _, s := range []struct {
		tag   string
		value *float64
	}{
		{"loss", e.Loss}, {"val_loss", e.ValidLoss}, {"val_accuracy", e.ValidAccuracy},
		{"learning_rate", e.LearningRate}, {"gradient_norm", e.GradientNorm}, {"samples_per_second", &e.SamplesPerSecond},
	} {
		if s.value != nil {
			scalars = append(scalars, events.Scalar{Tag: s.tag, Value: *s.value})
		}
	}
	l.err = events.Write(l.events, time.Now(), e.Epoch, scalars)
}

// Close closes the files.
func (l *runLog) Close() {
	for _, f := range []*os.File{l.file, l.events} {
		if f != nil {
			f.Close()
		}
	}
}
