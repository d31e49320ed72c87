// Command vad is docs/vad on ONNX Runtime, through cgo, for comparison: it prints the
// probability of speech in every frame of a recording.
//
//	ORT_LIB=libonnxruntime.so.1 vad silero_vad.onnx RECORDING.wav
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"os"

	ort "github.com/yalue/onnxruntime_go"
)

const (
	context, frame = 64, 512
	header         = 44 // of a WAV file that sox wrote
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: vad MODEL.onnx RECORDING.wav")
	}
	wav, err := os.ReadFile(os.Args[2])
	check(err)
	ort.SetSharedLibraryPath(os.Getenv("ORT_LIB"))
	check(ort.InitializeEnvironment())
	x, err := ort.NewEmptyTensor[float32](ort.NewShape(1, context+frame))
	check(err)
	state, err := ort.NewEmptyTensor[float32](ort.NewShape(2, 1, 128))
	check(err)
	rate, err := ort.NewScalar(int64(16000))
	check(err)
	y, err := ort.NewEmptyTensor[float32](ort.NewShape(1, 1))
	check(err)
	next, err := ort.NewEmptyTensor[float32](ort.NewShape(2, 1, 128))
	check(err)
	options, err := ort.NewSessionOptions()
	check(err)
	check(options.SetIntraOpNumThreads(1))
	session, err := ort.NewAdvancedSession(os.Args[1], []string{"input", "state", "sr"}, []string{"output", "stateN"},
		[]ort.Value{x, state, rate}, []ort.Value{y, next}, options)
	check(err)
	in := x.GetData()
	for samples := wav[header:]; len(samples) > 1; {
		copy(in, in[frame:])
		clear(in[context:])
		n := min(frame, len(samples)/2)
		for i := range n {
			in[context+i] = float32(int16(binary.LittleEndian.Uint16(samples[2*i:]))) / 32768
		}
		samples = samples[2*n:]
		check(session.Run())
		copy(state.GetData(), next.GetData())
		fmt.Println(y.GetData()[0])
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
