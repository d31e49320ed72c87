//go:build !js

// Command wasm serves a page that recognises a drawn digit: the network of
// golden/specs/digits.yaml in WebAssembly, compiled from the same Go code that
// runs everywhere else.
//
//	go run ./docs/wasm
//
// The page alone needs three files beside it on any web server: digits.wasm,
// which is GOOS=js GOARCH=wasm go build, wasm_exec.js of the Go distribution, and
// index.html.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed index.html
var index []byte

func main() {
	addr := flag.String("addr", "localhost:8080", "to listen on")
	flag.Parse()
	dir, err := os.MkdirTemp("", "nngen-wasm")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := build(dir); err != nil {
		log.Fatal(err)
	}
	log.Printf("draw a digit at http://%s", *addr)
	log.Print(http.ListenAndServe(*addr, http.FileServer(http.Dir(dir))))
}

// build puts the page into a folder.
func build(dir string) error {
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-trimpath", "-o", filepath.Join(dir, "digits.wasm"), "github.com/nngen-go/nngen/docs/wasm")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	glue, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "wasm_exec.js"), glue, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "index.html"), index, 0o644)
}
