// Command vad tells when somebody speaks in a recording: WAV, 16 kHz, one channel of
// 16 bits.
//
//	go run ./docs/vad recording.wav
//
// It prints a line per piece of speech, from and to in seconds. The network is Silero
// VAD v6 (silero_vad_v6.safetensors, MIT licence, LICENSE.silero), imported by
//
//	nngen import silero_vad.onnx -o . --shape input=1,576 --shape state=2,1,128 --bind sr=16000 --context input=64
package main

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/nngen-go/nngen/generated/silero"
)

//go:embed silero_vad_v6.safetensors
var weights []byte

const rate = 16000

// segment is a piece of speech, in samples.
type segment struct{ from, to int }

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: vad RECORDING.wav")
	}
	file, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	samples, err := decode(file)
	if err != nil {
		log.Fatalf("%s: %v", os.Args[1], err)
	}
	speech, err := probabilities(samples)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range segments(speech, len(samples)) {
		fmt.Printf("%.2f %.2f\n", float64(s.from)/rate, float64(s.to)/rate)
	}
}

// probabilities are those of speech in every frame of 512 samples; the last is
// filled up with silence.
func probabilities(samples []float32) ([]float32, error) {
	net, err := silero.Load(bytes.NewReader(weights))
	if err != nil {
		return nil, err
	}
	var s silero.State
	var out []float32
	for len(samples) > 0 {
		var frame silero.Input
		samples = samples[copy(frame[:], samples):]
		out = append(out, net.Predict(&frame, &s)[0])
	}
	return out, nil
}

// segments finds speech as Silero's own scripts do: it begins above 0.5 and ends
// where 0.35 is not reached for 100 ms; pieces under 250 ms are left out, the
// others get 30 ms on both sides, or half of what is between them.
func segments(speech []float32, samples int) []segment {
	const frame, begin, end = len(silero.Input{}), 0.5, 0.35
	const leastSpeech, leastSilence, pad = rate / 4, rate / 10, rate * 3 / 100
	var list []segment
	from, silent := -1, -1
	add := func(to int) {
		if to-from > leastSpeech {
			list = append(list, segment{from, to})
		}
		from, silent = -1, -1
	}
	for i, p := range speech {
		at := i * frame
		switch {
		case p >= begin && from < 0:
			from = at
		case p >= begin:
			silent = -1
		case p < end && from >= 0:
			if silent < 0 {
				silent = at
			}
			if at-silent >= leastSilence {
				add(silent)
			}
		}
	}
	if from >= 0 {
		add(samples)
	}
	for i := range list {
		if i == 0 {
			list[i].from = max(0, list[i].from-pad)
		}
		if i+1 == len(list) {
			list[i].to = min(samples, list[i].to+pad)
			break
		}
		more := min(pad, (list[i+1].from-list[i].to)/2)
		list[i].to, list[i+1].from = list[i].to+more, list[i+1].from-more
	}
	return list
}

// decode returns the samples of a WAV file, −1 to 1.
func decode(file []byte) ([]float32, error) {
	if len(file) < 12 || string(file[:4]) != "RIFF" || string(file[8:12]) != "WAVE" {
		return nil, errors.New("it is no WAV file")
	}
	var samples []float32
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
				return nil, errors.New("it must have one channel of 16 bits, 16000 a second; ffmpeg -i IN -ar 16000 -ac 1 -sample_fmt s16 OUT.wav makes it so")
			}
			known = true
		case "data":
			for i := 0; i+1 < len(body); i += 2 {
				samples = append(samples, float32(int16(binary.LittleEndian.Uint16(body[i:])))/32768)
			}
		}
		rest = rest[min(8+size+size%2, len(rest)):]
	}
	if !known {
		return nil, errors.New("it does not say its format")
	}
	return samples, nil
}
