package nnmpi

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// Model saves and restores the weights of a network.
type Model struct {
	Save    func(w io.Writer) error
	Restore func(r io.Reader) error
}

// net is a pointer to the Net of a generated package.
type net[T any] interface {
	*T
	Save(w io.Writer) error
	CopyFrom(src *T)
}

// Weights are those of a network of a generated package, whose Load is load.
func Weights[T any, P net[T]](n P, load func(r io.Reader) (*T, error)) Model {
	return Model{n.Save, func(r io.Reader) error {
		loaded, err := load(r)
		if err == nil {
			n.CopyFrom(loaded)
		}
		return err
	}}
}

// identity are the things that must be the same on all ranks, in the order in which
// they are compared: what a user can change comes before what follows from it.
func identity[G, X, Y any, N Number](c *Comm, t Trainer[G, X, Y, N], m Model, config Config) []Property {
	list := []Property{
		{"the mode", fmt.Sprintf("%v, float16 %v, overlap %v", config.Mode, config.Float16, config.Overlap)},
		{"the number of shards", fmt.Sprint(config.Shards)},
		{"the version of nngen", versions()},
		{"the version of Go", runtime.Version()},
	}
	list = append(list, config.Identity...)
	var weights, state bytes.Buffer
	if err := m.Save(&weights); err != nil {
		list = append(list, Property{"the weights", err.Error()})
	}
	if err := t.Save(&state); err != nil {
		list = append(list, Property{"the state of the trainer", err.Error()})
	}
	return append(list,
		Property{"the architecture of the network", metadata(weights.Bytes())["nngen.arch"]},
		Property{"the weights", sum(weights.Bytes())},
		Property{"the step", fmt.Sprint(t.Steps())},
		Property{"the seed of the trainer", metadata(state.Bytes())["nngen.seed"]},
		Property{"the learning rate", metadata(state.Bytes())["nngen.learning_rate"]},
		Property{"the state of the optimizer", sum(state.Bytes())},
		Property{"the program, which was built from another spec or source", program()},
	)
}

// sum is the start of a hash.
func sum(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:8])
}

// metadata are the texts that a safetensors file carries.
func metadata(file []byte) map[string]string {
	var header struct {
		Metadata map[string]string `json:"__metadata__"`
	}
	if len(file) > 8 {
		if n := binary.LittleEndian.Uint64(file); n <= uint64(len(file)-8) {
			json.Unmarshal(file[8:8+n], &header) // what it does not have is empty
		}
	}
	return header.Metadata
}

// versions are those of nngen's modules in the program.
func versions() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	text := "main " + info.Main.Path
	for _, m := range info.Deps {
		const ours = "github.com/nngen-go/nngen"
		if len(m.Path) >= len(ours) && m.Path[:len(ours)] == ours {
			text += ", " + m.Path + " " + m.Version
		}
	}
	return text
}

// program is the hash of the program, as far as programs of one platform have to be
// the same.
func program() string {
	text := runtime.GOOS + "/" + runtime.GOARCH
	path, err := os.Executable()
	if err != nil {
		return text
	}
	f, err := os.Open(path)
	if err != nil {
		return text
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return text
	}
	return text + " " + hex.EncodeToString(h.Sum(nil)[:8])
}

// agree returns, on every rank, the first difference of a rank from rank 0.
func agree(c *Comm, list []Property) error {
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	all, err := gatherTexts(c, text)
	if err != nil {
		return err
	}
	var first []Property
	for r, text := range all {
		var here []Property
		if err := json.Unmarshal(text, &here); err != nil {
			return fmt.Errorf("nnmpi: rank %d says %q: %w", r, text, err)
		}
		if r == 0 {
			first = here
		}
		if err := differs(first, here, r); err != nil {
			return err
		}
	}
	return nil
}

// differs names the first difference of what rank r has from what rank 0 has.
func differs(first, here []Property, r int) error {
	for i := range max(len(first), len(here)) {
		a, b := Property{"nothing more", ""}, Property{"nothing more", ""}
		if i < len(first) {
			a = first[i]
		}
		if i < len(here) {
			b = here[i]
		}
		switch {
		case a.Name != b.Name:
			return fmt.Errorf("nnmpi: rank %d compares %s where rank 0 compares %s; start the same program, with the same version of nngen, on all ranks", r, b.Name, a.Name)
		case a.Value != b.Value:
			there, here := parts(a.Value, b.Value)
			return fmt.Errorf("nnmpi: the ranks do not fit together: %s differs, %q on rank %d and %q on rank 0; start the same program with the same files on all ranks", a.Name, here, r, there)
		}
	}
	return nil
}

// parts returns, of two texts that differ, the first lines that do, cut to what fits
// into a message.
func parts(a, b string) (string, string) {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(x), len(y)) {
		switch {
		case i >= len(x):
			return "at its end", short(y[i])
		case i >= len(y):
			return short(x[i]), "at its end"
		case x[i] != y[i]:
			return short(x[i]), short(y[i])
		}
	}
	return short(a), short(b)
}

// short is a text that fits into a message.
func short(s string) string {
	const most = 200
	if s = strings.TrimSpace(s); len(s) > most {
		return s[:most] + "…"
	}
	return s
}
