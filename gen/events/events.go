// Package events writes event files for TensorBoard: numbers by name and
// step.
package events

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of tensorflow.Event, tensorflow.Summary and tensorflow.Summary.Value.
const (
	eventWallTime    = 1
	eventStep        = 2
	eventFileVersion = 3
	eventSummary     = 5
	summaryValue     = 1
	valueTag         = 1
	valueSimple      = 2
)

// Create makes a new event file in a folder, which need not exist.
func Create(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	now := time.Now()
	f, err := os.CreateTemp(dir, fmt.Sprintf("events.out.tfevents.%010d.nngen.*", now.Unix()))
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(0o644); err != nil {
		return nil, err
	}
	version := protowire.AppendTag(event(now), eventFileVersion, protowire.BytesType)
	return f, record(f, protowire.AppendString(version, "brain.Event:2"))
}

// Scalar is a number with its name.
type Scalar struct {
	Tag   string
	Value float64
}

// Write writes the numbers of a step to an event file.
func Write(w io.Writer, at time.Time, step int, scalars []Scalar) error {
	var summary []byte
	for _, s := range scalars {
		value := protowire.AppendTag(nil, valueTag, protowire.BytesType)
		value = protowire.AppendString(value, s.Tag)
		value = protowire.AppendTag(value, valueSimple, protowire.Fixed32Type)
		value = protowire.AppendFixed32(value, math.Float32bits(float32(s.Value)))
		summary = protowire.AppendTag(summary, summaryValue, protowire.BytesType)
		summary = protowire.AppendBytes(summary, value)
	}
	e := protowire.AppendTag(event(at), eventStep, protowire.VarintType)
	e = protowire.AppendVarint(e, uint64(step))
	e = protowire.AppendTag(e, eventSummary, protowire.BytesType)
	return record(w, protowire.AppendBytes(e, summary))
}

// event begins an event.
func event(at time.Time) []byte {
	e := protowire.AppendTag(nil, eventWallTime, protowire.Fixed64Type)
	return protowire.AppendFixed64(e, math.Float64bits(float64(at.UnixMicro())/1e6))
}

// record writes a record of a TFRecord file: the length, its checksum, the data,
// their checksum.
func record(w io.Writer, data []byte) error {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, checksum(b))
	b = append(b, data...)
	_, err := w.Write(binary.LittleEndian.AppendUint32(b, checksum(data)))
	return err
}

// checksum is the masked CRC-32C of TFRecord files.
func checksum(data []byte) uint32 {
	crc := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
	return (crc>>15 | crc<<17) + 0xa282ead8
}
