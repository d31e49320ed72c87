package events

import (
	"bytes"
	"encoding/hex"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// crcBit is CRC-32C by its definition, bit by bit, masked as TFRecord files are.
func crcBit(data []byte) uint32 {
	crc := ^uint32(0)
	for _, b := range data {
		crc ^= uint32(b)
		for range 8 {
			low := crc & 1
			crc >>= 1
			if low == 1 {
				crc ^= 0x82f63b78
			}
		}
	}
	crc = ^crc
	return (crc>>15 | crc<<17) + 0xa282ead8
}

// TestFile: a file begins as every event file of TensorFlow does, and has the
// bytes of the Protocol Buffers message, written out here by hand.
func TestFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs", "one")
	f, err := Create(dir)
	require.NoError(t, err)
	defer f.Close()
	require.Regexp(t, `/events\.out\.tfevents\.\d{10}\.nngen\.\d+$`, filepath.ToSlash(f.Name()))
	data, err := os.ReadFile(f.Name())
	require.NoError(t, err)
	require.Equal(t, "1800000000000000a37f4b2209", hex.EncodeToString(data[:13]))
	require.Equal(t, "\x1a\x0dbrain.Event:2", string(data[21:36]))
	second, err := Create(dir)
	require.NoError(t, err)
	defer second.Close()
	require.NotEqual(t, f.Name(), second.Name())

	var b bytes.Buffer
	at := time.Unix(1, 500_000_000)
	require.NoError(t, Write(&b, at, 300, []Scalar{{"loss", 0.5}, {"val", math.Inf(1)}}))
	want := "\x09\x00\x00\x00\x00\x00\x00\xf8\x3f" + "\x10\xac\x02" + "\x2a\x19" +
		"\x0a\x0b\x0a\x04loss\x15\x00\x00\x00\x3f" + "\x0a\x0a\x0a\x03val\x15\x00\x00\x80\x7f"
	got := b.Bytes()
	require.Equal(t, hex.EncodeToString([]byte(want)), hex.EncodeToString(got[12:len(got)-4]))
	le := func(b []byte) uint32 {
		return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
	}
	require.Equal(t, uint32(len(want)), le(got))
	require.Equal(t, crcBit(got[:8]), le(got[8:]))
	require.Equal(t, crcBit([]byte(want)), le(got[len(got)-4:]))
}
