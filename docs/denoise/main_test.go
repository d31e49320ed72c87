package main

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/gen/model"
	"github.com/nngen-go/nngen/generated/rnnoise"
)

// read returns the rows of a file of numbers.
func read(t *testing.T, name string) (rows [][]float64) {
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		var row []float64
		for _, word := range strings.Fields(line) {
			x, err := strconv.ParseFloat(word, 64)
			require.NoError(t, err)
			row = append(row, x)
		}
		rows = append(rows, row)
	}
	return rows
}

func recording(t *testing.T, path string) []float64 {
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	samples, err := decode(file)
	require.NoError(t, err)
	return samples
}

// network loads RNNoise's weights from ../shared, which are not part of the project.
func network(t testing.TB) *rnnoise.Net {
	path := filepath.Join("..", "..", "..", "shared", "data", "models", "rnnoise_v0.1.1", "model.onnx")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not there: the noise suppressor is not compared with RNNoise's own library", path)
	}
	m, err := model.Import(path, model.Options{Name: "rnnoise", NoProof: true})
	require.NoError(t, err)
	net, err := rnnoise.Load(bytes.NewReader(m.Weights))
	require.NoError(t, err)
	return net
}

// TestFeatures compares with the features that RNNoise's library computes of half a second.
func TestFeatures(t *testing.T) {
	samples := recording(t, "testdata/noisy.wav")
	s := newSuppressor(nil)
	for i, want := range read(t, "features.txt") {
		var x [frame]float64
		copy(x[:], samples[i*frame:])
		s.highPass(&x)
		copy(s.samples[:], s.samples[frame:])
		copy(s.samples[history-frame:], x[:])
		require.Equal(t, want[0] == 0, s.features(), "frame %d", i)
		for k, w := range want[1:] {
			require.InDelta(t, w, s.input[k], 5e-3, "frame %d, feature %d", i, k) // its sums are of float32
		}
	}
}

// TestOutput compares with what RNNoise's library gives, every 16th sample.
func TestOutput(t *testing.T) {
	clean, _ := denoise(network(t), recording(t, "testdata/noisy.wav"))
	largest := 0.0
	for i, want := range read(t, "output.txt") {
		for k, w := range want {
			require.InDelta(t, w, clean[i*frame+16*k], 2, "frame %d, sample %d", i, 16*k)
			largest = max(largest, math.Abs(w))
		}
	}
	require.Greater(t, largest, 1000.0)
}

// TestImprovement measures by how much the noise is less than the speech before and after,
// in a recording that testdata/make.sh synthesises.
func TestImprovement(t *testing.T) {
	net := network(t)
	for _, tool := range []string{"espeak-ng", "sox", "soxi"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not there: the improvement is not measured", tool)
		}
	}
	dir := t.TempDir()
	text, err := exec.Command("bash", "testdata/make.sh", dir).CombinedOutput()
	require.NoError(t, err, string(text))
	speech, noisy := recording(t, filepath.Join(dir, "clean.wav")), recording(t, filepath.Join(dir, "noisy.wav"))
	clean, share := denoise(net, noisy)
	before, after := ratio(speech, noisy), ratio(speech, clean)
	t.Logf("speech over noise: %.2f dB before, %.2f dB after; speech in %.0f %% of the frames", before, after, 100*share)
	require.Greater(t, after, before+5)
	require.Greater(t, share, 0.5)
}

// ratio is the power of a signal over that of what another one differs by, in dB.
func ratio(signal, other []float64) float64 {
	own, rest := 0.0, 0.0
	for i, x := range signal {
		own += x * x
		rest += (other[i] - x) * (other[i] - x)
	}
	return 10 * math.Log10(own/rest)
}

// TestTransforms: the windows of two frames add up to the signal, a frame later.
func TestTransforms(t *testing.T) {
	tr := newTransforms()
	signal := make([]float64, 4*frame)
	for i := range signal {
		signal[i] = math.Sin(0.01*float64(i)*float64(i)) * 1000
	}
	var x spectrum
	var out, before [window]float64
	for i := range 3 {
		before = out
		tr.forward(&x, signal[i*frame:])
		if i == 0 { // by the definition
			for _, k := range []int{0, 1, 7, 480} {
				re, im := 0.0, 0.0
				for n := range window {
					v, angle := signal[n]*tr.weight(n)/window, -2*math.Pi*float64(k*n)/window
					re, im = re+v*math.Cos(angle), im+v*math.Sin(angle)
				}
				require.InDelta(t, re, real(x[k]), 1e-9)
				require.InDelta(t, im, imag(x[k]), 1e-9)
			}
		}
		tr.inverse(&out, &x)
		for k := range frame {
			if i > 0 {
				require.InDelta(t, signal[i*frame+k], before[frame+k]+out[k], 1e-8)
			}
		}
	}
}

// TestCommand: a recording in, one of the same length out; what is no recording is refused.
func TestCommand(t *testing.T) {
	file, err := os.ReadFile("testdata/noisy.wav")
	require.NoError(t, err)
	samples, err := decode(file)
	require.NoError(t, err)
	again, err := decode(encode(samples))
	require.NoError(t, err)
	require.Equal(t, samples, again)
	clean, _ := denoise(rnnoise.New(1), samples[:1000])
	require.Len(t, clean, 1000)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"text":      {[]byte("hello, this is no sound"), "no WAV"},
		"cut":       {file[:20], "cut off"},
		"16000 Hz":  {bytes.Replace(file, binary.LittleEndian.AppendUint32(nil, rate), binary.LittleEndian.AppendUint32(nil, 16000), 1), "48000 a second"},
		"no format": {append([]byte("RIFF0000WAVE"), file[36:]...), "does not say its format"},
	} {
		_, err := decode(c.file)
		require.ErrorContains(t, err, c.want, name)
	}
}

// TestAllocations: a frame is processed without any.
func TestAllocations(t *testing.T) {
	s := newSuppressor(rnnoise.New(1))
	var x [frame]float64
	require.Zero(t, testing.AllocsPerRun(20, func() {
		for i := range x {
			x[i] = 1000 * math.Sin(float64(i))
		}
		s.process(&x)
	}))
}

// BenchmarkFrame processes 10 ms of sound.
func BenchmarkFrame(b *testing.B) {
	s := newSuppressor(rnnoise.New(1))
	var noise, x [frame]float64
	for i := range noise {
		noise[i] = 1000 * math.Sin(float64(i*i))
	}
	for b.Loop() {
		x = noise
		s.process(&x)
	}
}
