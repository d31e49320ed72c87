package main

import (
	"bytes"
	"encoding/binary"
	"flag"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	recording = flag.String("recording", "", "WAV file of TestOther")
	computed  = flag.String("probabilities", "", "what another program computed from it, a number a line")
)

// read reads probabilities, one a line.
func read(t *testing.T, path string) (out []float32) {
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for line := range strings.FieldsSeq(string(text)) {
		p, err := strconv.ParseFloat(line, 32)
		require.NoError(t, err)
		out = append(out, float32(p))
	}
	return out
}

// TestOther compares with what another program computed from a recording.
func TestOther(t *testing.T) {
	if *recording == "" || *computed == "" {
		t.Skip("docs/peers/vad.sh says with what -recording and -probabilities go")
	}
	file, err := os.ReadFile(*recording)
	require.NoError(t, err)
	samples, err := decode(file)
	require.NoError(t, err)
	want := read(t, *computed)
	got, err := probabilities(samples)
	require.NoError(t, err)
	require.Len(t, got, len(want))
	worst := float32(0)
	for i := range want {
		worst = max(worst, want[i]-got[i], got[i]-want[i])
	}
	require.Less(t, worst, float32(1e-4))
	pieces := segments(want, len(samples))
	require.NotEmpty(t, pieces)
	require.Equal(t, pieces, segments(got, len(samples)))
	t.Logf("%d frames, at most %.2g apart; the same speech: %v", len(got), worst, pieces)
}

// TestSpeech compares with ONNX Runtime 1.30 on the network of the Silero project:
// the probabilities of 60 frames, and the speech that follows from them.
func TestSpeech(t *testing.T) {
	want := read(t, "testdata/probabilities.txt")
	require.Len(t, want, 60)
	file, err := os.ReadFile("testdata/speech.wav")
	require.NoError(t, err)
	samples, err := decode(file)
	require.NoError(t, err)
	got, err := probabilities(samples)
	require.NoError(t, err)
	require.Len(t, got, len(want))
	for i := range want {
		require.InDelta(t, want[i], got[i], 1e-5, "frame %d", i)
	}
	require.Equal(t, segments(want, len(samples)), segments(got, len(samples)))
	out, err := exec.Command("go", "run", ".", "testdata/speech.wav").CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, "1.31 1.92\n", string(out))
}

// TestSegments: speech begins and ends with hysteresis, short pieces are left out.
func TestSegments(t *testing.T) {
	speech := make([]float32, 60)
	for i := range speech {
		switch {
		case i >= 10 && i < 30, i == 45:
			speech[i] = 0.9
		case i >= 30 && i < 40:
			speech[i] = 0.4 // neither
		}
	}
	require.Equal(t, []segment{{10*512 - 480, 40*512 + 480}}, segments(speech, 60*512))
	require.Empty(t, segments(make([]float32, 60), 60*512))
	for i := range speech {
		speech[i] = 1
	}
	require.Equal(t, []segment{{0, 60 * 512}}, segments(speech, 60*512))
}

// TestDecode: what is no recording of the right kind is refused.
func TestDecode(t *testing.T) {
	file, err := os.ReadFile("testdata/speech.wav")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"text":      {[]byte("hello, this is no sound"), "no WAV"},
		"cut":       {file[:20], "cut off"},
		"stereo":    {bytes.Replace(file, []byte("\x01\x00\x01\x00"), []byte("\x01\x00\x02\x00"), 1), "one channel"},
		"8000 Hz":   {bytes.Replace(file, binary.LittleEndian.AppendUint32(nil, 16000), binary.LittleEndian.AppendUint32(nil, 8000), 1), "16000 a second"},
		"no format": {append([]byte("RIFF0000WAVE"), file[36:]...), "does not say its format"},
	} {
		_, err := decode(c.file)
		require.ErrorContains(t, err, c.want, name)
	}
}
