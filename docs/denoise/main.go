// Command denoise takes the noise off speech: WAV, 48 kHz, one channel of 16 bits.
//
//	go run ./docs/denoise rnnoise.safetensors noisy.wav clean.wav
//
// It is RNNoise 0.1.1 (Valin 2018, github.com/xiph/rnnoise, BSD licence, LICENSE.rnnoise): features of
// 10 ms, a network of three GRUs that makes of them a gain for each of 22 bands, and what
// becomes of the signal. The weights are those of a model, imported by
//
//	nngen import model.onnx -o . --name rnnoise
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"math"
	"os"

	"github.com/nngen-go/nngen/generated/rnnoise"
)

const rate = 48000

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: denoise WEIGHTS.safetensors NOISY.wav CLEAN.wav")
	}
	net, err := rnnoise.LoadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	file, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	samples, err := decode(file)
	if err != nil {
		log.Fatalf("%s: %v", os.Args[2], err)
	}
	clean, speech := denoise(net, samples)
	if err := os.WriteFile(os.Args[3], encode(clean), 0o666); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f s, speech in %.0f %% of it\n", float64(len(samples))/rate, 100*speech)
}

// denoise takes the noise off samples; speech is in what share of the frames somebody speaks.
func denoise(net *rnnoise.Net, samples []float64) (clean []float64, speech float64) {
	s := newSuppressor(net)
	frames := (len(samples) + frame - 1) / frame
	for i := range frames + 1 { // what comes out of the first call lies before the first sample
		var x [frame]float64
		copy(x[:], samples[min(i*frame, len(samples)):])
		if s.process(&x) > 0.5 {
			speech += 1 / float64(frames)
		}
		if i > 0 {
			clean = append(clean, x[:]...)
		}
	}
	return clean[:len(samples)], min(1, speech)
}

// decode returns the samples of a WAV file, from −32768 to 32767.
func decode(file []byte) ([]float64, error) {
	if len(file) < 12 || string(file[:4]) != "RIFF" || string(file[8:12]) != "WAVE" {
		return nil, errors.New("it is no WAV file")
	}
	var samples []float64
	known := false
	for rest := file[12:]; len(rest) >= 8; {
		kind, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
		body := rest[8:]
		body = body[:min(size, len(body))]
		switch kind {
		case "fmt ":
			if len(body) < 16 {
				return nil, errors.New("its format is cut off")
			}
			u16 := func(at int) int { return int(binary.LittleEndian.Uint16(body[at:])) }
			if u16(0) != 1 || u16(2) != 1 || binary.LittleEndian.Uint32(body[4:]) != rate || u16(14) != 16 {
				return nil, errors.New("it must have one channel of 16 bits, 48000 a second; ffmpeg -i IN -ar 48000 -ac 1 -sample_fmt s16 OUT.wav makes it so")
			}
			known = true
		case "data":
			for i := 0; i+1 < len(body); i += 2 {
				samples = append(samples, float64(int16(binary.LittleEndian.Uint16(body[i:]))))
			}
		}
		rest = rest[min(8+size+size%2, len(rest)):]
	}
	if !known {
		return nil, errors.New("it does not say its format")
	}
	return samples, nil
}

// encode writes samples as a WAV file.
func encode(samples []float64) []byte {
	var b bytes.Buffer
	b.WriteString("RIFF")
	for _, v := range []any{
		uint32(36 + 2*len(samples)), []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1), uint32(rate), uint32(2 * rate), uint16(2), uint16(16),
		[]byte("data"), uint32(2 * len(samples)),
	} {
		binary.Write(&b, binary.LittleEndian, v)
	}
	for _, x := range samples {
		binary.Write(&b, binary.LittleEndian, int16(math.Round(max(-32768, min(32767, x)))))
	}
	return b.Bytes()
}
