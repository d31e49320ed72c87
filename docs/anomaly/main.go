// Command anomaly says how unusual a machine sounds: the mean squared error of
// the autoencoder over all windows of 5 frames.
//
//	go run ./docs/anomaly golden/models/anomaly.safetensors golden/models/normal_id_01_00000000_hist_librosa.bin
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"os"

	"github.com/nngen-go/nngen/generated/anomaly"
)

const bands = 128 // mel bands of a frame, float32, little-endian

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: anomaly WEIGHTS SPECTROGRAM")
	}
	net, err := anomaly.LoadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	file, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	spectrogram := make([]float32, len(file)/4)
	binary.Decode(file, binary.LittleEndian, spectrogram)
	sum, n := 0.0, 0
	for ; len(spectrogram) >= len(anomaly.Input{}); spectrogram = spectrogram[bands:] {
		window := anomaly.Input(spectrogram)
		for i, y := range net.Predict(&window) {
			sum += float64((window[i] - y) * (window[i] - y))
			n++
		}
	}
	fmt.Printf("%.6f\n", sum/float64(n))
}
