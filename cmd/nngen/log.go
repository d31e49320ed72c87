package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// runLog is the file of --log; without a file it writes nothing.
type runLog struct {
	file *os.File
	past []byte // of the training that is resumed
	err  error
}

// openLog creates the file, or appends to it when a training is resumed.
func openLog(path string, resume bool) (*runLog, error) {
	if path == "" {
		return &runLog{}, nil
	}
	mode := os.O_TRUNC
	if resume {
		mode = os.O_APPEND
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|mode, 0o666)
	l := &runLog{file: f}
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

// Close closes the file.
func (l *runLog) Close() {
	if l.file != nil {
		l.file.Close()
	}
}
