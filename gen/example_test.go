package gen_test

import (
	"fmt"
	"log"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// A network described in Go instead of YAML.
func Example() {
	b := spec.New("digits")
	b.Doc("Handwritten digits, 8×8 grey values, to 10 classes.")
	x := b.Input("x", 64)
	h := b.Layer("dense", x, spec.Fields{"units": 64, "activation": "relu"})
	h = b.Layer("dropout", h, spec.Fields{"rate": 0.2})
	h = b.Layer("dense", h, spec.Fields{"units": 10})
	b.Output("y", b.Layer("softmax", h))
	b.Loss("cross_entropy")
	b.Optimizer("sgd", spec.Fields{"learning_rate": 0.05, "momentum": 0.9})
	net, err := b.Build(op.Vocabulary())
	if err != nil {
		log.Fatal(err)
	}
	files, err := gen.Generate(net, gen.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range files.Names() {
		fmt.Println(name) // and files.Write("digits") writes them
	}
	// Output:
	// bench_test.go
	// cpu_amd64.go
	// cpu_amd64.s
	// cpu_noasm.go
	// doc.go
	// forward.go
	// kernels_amd64.go
	// kernels_amd64.s
	// kernels_avx2_amd64.s
	// kernels_avx512_amd64.s
	// kernels_generic.go
	// kernels_noasm.go
	// kernels_train_generic.go
	// net.go
	// net_test.go
	// params.go
	// reference_test.go
	// scalar.go
	// train.go
	// trainer.go
	// trainer_test.go
	// types.go
	// update.go
}
