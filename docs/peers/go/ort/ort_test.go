// Package ort measures ONNX Runtime called from Go, through cgo. ORT_LIB is its
// library, MODELS the folder of the models that generate.py writes.
package ort

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	ort "github.com/yalue/onnxruntime_go"
)

var name = regexp.MustCompile(`^(W\d)_(\d+)\.onnx$`)

func Benchmark(b *testing.B) {
	if os.Getenv("ORT_LIB") == "" || os.Getenv("MODELS") == "" {
		b.Skip("ORT_LIB and MODELS are not set")
	}
	ort.SetSharedLibraryPath(os.Getenv("ORT_LIB"))
	check(b, ort.InitializeEnvironment())
	paths, err := filepath.Glob(filepath.Join(os.Getenv("MODELS"), "*.onnx"))
	check(b, err)
	for _, path := range paths {
		parts := name.FindStringSubmatch(filepath.Base(path))
		if parts == nil {
			continue
		}
		batch, err := strconv.Atoi(parts[2])
		check(b, err)
		b.Run(fmt.Sprintf("%s/infer/%d/ort-go", parts[1], batch), func(b *testing.B) {
			s := session(b, path)
			defer s.Destroy()
			b.ReportAllocs()
			for b.Loop() {
				check(b, s.Run())
			}
		})
	}
}

// session loads a model and binds tensors to it.
func session(b *testing.B, path string) *ort.AdvancedSession {
	inputs, outputs, err := ort.GetInputOutputInfo(path)
	check(b, err)
	x, err := ort.NewEmptyTensor[float32](inputs[0].Dimensions)
	check(b, err)
	for i := range x.GetData() {
		x.GetData()[i] = float32(i%17)/8 - 1.03
	}
	y, err := ort.NewEmptyTensor[float32](outputs[0].Dimensions)
	check(b, err)
	o, err := ort.NewSessionOptions()
	check(b, err)
	check(b, o.SetIntraOpNumThreads(1))
	check(b, o.SetInterOpNumThreads(1))
	s, err := ort.NewAdvancedSession(path, []string{inputs[0].Name}, []string{outputs[0].Name}, []ort.Value{x}, []ort.Value{y}, o)
	check(b, err)
	return s
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
