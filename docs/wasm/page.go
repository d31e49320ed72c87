//go:build js && wasm

package main

import (
	"bytes"
	_ "embed"
	"syscall/js"

	"github.com/nngen-go/nngen/generated/digits"
)

// weights are those of
//
//	nngen train golden/specs/digits.yaml --data golden/data/digits.csv.gz --validation 0.2 --epochs 40 --seed 1 --out docs/wasm/digits.safetensors
//
//go:embed digits.safetensors
var weights []byte

// main gives the page the function recognize(pixels, width, height), which
// returns the score of each digit, or null if nothing is drawn.
func main() {
	net, err := digits.Load(bytes.NewReader(weights))
	if err != nil {
		panic(err)
	}
	js.Global().Set("recognize", js.FuncOf(func(_ js.Value, args []js.Value) any {
		pixels := make([]byte, args[1].Int()*args[2].Int())
		js.CopyBytesToGo(pixels, args[0])
		x, drawn := shrink(pixels, args[1].Int(), args[2].Int())
		if !drawn {
			return nil
		}
		scores := make([]any, digits.Outputs)
		for i, s := range net.Predict(&x) {
			scores[i] = s
		}
		return scores
	}))
	js.Global().Call("ready")
	select {}
}
