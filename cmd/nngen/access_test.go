package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/stretchr/testify/require"
)

// nngen runs a command line here and returns its exit code and what it said.
func nngen(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	a := &app{}
	root := a.root()
	var out bytes.Buffer
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&out)
	err := a.misuse(root.ExecuteContext(t.Context()))
	if err != nil {
		fmt.Fprintln(&out, message(err))
	}
	_, exit := classify(err)
	return exit, out.String()
}

// fileFlags are all flags of all verbs that name files, and what they do with them.
var fileFlags = map[string]string{
	"train data": "reads", "train targets": "reads", "train weights": "reads", "train validation": "reads", "train validation-targets": "reads",
	"train out": "writes", "train log": "writes", "train plot": "writes", "train log-dir": "makes a new file",
	"eval data": "reads", "eval targets": "reads", "eval weights": "reads",
	"check data": "reads", "check targets": "reads", "check weights": "reads",
	"predict in": "reads", "predict weights": "reads", "predict out": "writes", "predict bad": "writes",
	"export weights": "reads", "export out": "writes",
	"weights from": "reads", "weights out": "writes",
	"verify in": "reads", "verify out": "reads", "verify weights": "reads", "verify bind": "reads", "verify sequence": "reads", "verify reference": "reads",
	"tune data": "reads", "tune targets": "reads", "tune validation": "reads", "tune out": "writes",
	"inspect weights": "reads",
	"import bind":     "reads", "import out": "writes",
	"generate output": "writes",
}

// TestFileFlags: a new flag that names files has to be judged.
func TestFileFlags(t *testing.T) {
	names := regexp.MustCompile("`(.*(FILE|DIR|SHARE).*)`")
	seen := map[string]bool{}
	for _, cmd := range (&app{}).root().Commands() {
		for _, line := range strings.Split(cmd.Flags().FlagUsagesWrapped(0), "\n") {
			m := regexp.MustCompile(`--([a-z-]+) (\S+)`).FindStringSubmatch(line)
			if m == nil || !names.MatchString("`"+m[2]+"`") {
				continue
			}
			name := cmd.Name() + " " + m[1]
			seen[name] = true
			require.Contains(t, fileFlags, name, "does it read or write? Add it, and to TestNothingReadIsWritten if it writes")
		}
	}
	require.Len(t, seen, len(fileFlags))
}

// inputFiles writes one file of every kind that a command reads into a folder. The
// spec has a mask.
func inputFiles(t *testing.T) string {
	dir := t.TempDir()
	write := func(name, data string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644))
	}
	copied := func(name, from string) {
		data, err := os.ReadFile(filepath.Join("../../golden", from))
		require.NoError(t, err)
		write(name, string(data))
	}
	array := func(shape []int, data ...float64) string {
		var b bytes.Buffer
		require.NoError(t, dataset.WriteNPY(&b, &dataset.Array{Shape: shape, Data: data}, 4))
		return b.String()
	}
	write("net.yaml", "nngen: 1\ninput: {shape: [2]}\nlayers:\n  - dense: {units: 3, mask: {file: mask.npy}}\nloss: mse\n")
	write("mask.npy", array([]int{3, 2}, 1, 0, 1, 1, 0, 1))
	write("x.npy", array([]int{2, 2}, 1, 2, 3, 4))
	write("y.npy", array([]int{2, 3}, 1, 2, 3, 4, 5, 6))
	write("v.npy", array([]int{2, 2}, 1, 2, 3, 5))
	write("vy.npy", array([]int{2, 3}, 1, 2, 3, 4, 5, 7))
	write("x.csv", "a,b\n1,2\n")
	copied("w.safetensors", "models/sine.safetensors") // of another network, which only who reads it minds
	copied("m.onnx", "onnx-backend/node/test_gemm_default_no_bias/model.onnx")
	copied("b.pb", "onnx-backend/node/test_gemm_default_no_bias/test_data_set_0/input_1.pb")
	return dir
}

// snapshot returns the contents of all files of a folder.
func snapshot(t *testing.T, dir string) map[string]string {
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all[path] = string(data)
		return err
	}))
	return all
}

// disguise is a way to name a file otherwise, with an ending; "" is as it is.
type disguise struct {
	name string
	make func(t *testing.T, dir, file, ending string) string
}

var disguises = []disguise{
	{"the same path", func(t *testing.T, dir, file, ending string) string { return filepath.Join(dir, file) }},
	{"detour", func(t *testing.T, dir, file, ending string) string {
		return dir + "/../" + filepath.Base(dir) + "/./" + file
	}},
	{"relative", func(t *testing.T, dir, file, ending string) string {
		here, err := os.Getwd()
		require.NoError(t, err)
		rel, err := filepath.Rel(here, filepath.Join(dir, file))
		require.NoError(t, err)
		return rel
	}},
	{"symbolic link", func(t *testing.T, dir, file, ending string) string {
		return link(t, os.Symlink, filepath.Join(dir, file), filepath.Join(t.TempDir(), "link"+ending))
	}},
	{"link to a link", func(t *testing.T, dir, file, ending string) string {
		first := link(t, os.Symlink, filepath.Join(dir, file), filepath.Join(t.TempDir(), "link"))
		return link(t, os.Symlink, first, filepath.Join(t.TempDir(), "link"+ending))
	}},
	{"hard link", func(t *testing.T, dir, file, ending string) string {
		return link(t, os.Link, filepath.Join(dir, file), filepath.Join(filepath.Dir(dir), "hard"+ending))
	}},
	{"folder that is a link", func(t *testing.T, dir, file, ending string) string {
		return filepath.Join(link(t, os.Symlink, dir, filepath.Join(t.TempDir(), "folder")), file)
	}},
}

func link(t *testing.T, how func(old, new string) error, from, to string) string {
	os.Remove(to)
	if err := how(from, to); err != nil {
		t.Skip(err)
	}
	return to
}

// TestNothingReadIsWritten tries every flag for output on every file that the
// verb reads, by every kind of path, with and without --force.
func TestNothingReadIsWritten(t *testing.T) {
	dir := inputFiles(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	train := []string{"train", at("net.yaml"), "--data", at("x.npy"), "--targets", at("y.npy"), "--weights", at("w.safetensors"),
		"--validation", at("v.npy"), "--validation-targets", at("vy.npy")}
	read := []string{"net.yaml", "mask.npy", "x.npy", "y.npy", "w.safetensors", "v.npy", "vy.npy"}
	before := snapshot(t, dir)
	tried := map[string]bool{}
	for _, verb := range []struct {
		flag, ending string
		args         []string
		read         []string
	}{
		{"out", "", train, read},
		{"log", "", train, read},
		{"plot", ".svg", train, read},
		{"out", ".csv", []string{"predict", at("net.yaml"), "--weights", at("w.safetensors"), "--in", at("x.csv")}, []string{"net.yaml", "mask.npy", "w.safetensors", "x.csv"}},
		{"out", ".npy", []string{"predict", at("net.yaml"), "--weights", at("w.safetensors"), "--in", at("x.npy")}, []string{"net.yaml", "mask.npy", "w.safetensors", "x.npy"}},
		{"bad", ".csv", []string{"predict", at("net.yaml"), "--weights", at("w.safetensors"), "--in", at("x.csv"), "--runner", "prism", "--out", filepath.Join(t.TempDir(), "y.csv")}, []string{"net.yaml", "mask.npy", "w.safetensors", "x.csv"}},
		{"out", ".yaml", []string{"tune", at("net.yaml"), "--data", at("x.npy"), "--targets", at("y.npy")}, []string{"net.yaml", "mask.npy", "x.npy", "y.npy"}},
		{"out", ".onnx", []string{"export", at("net.yaml"), "--weights", at("w.safetensors")}, []string{"net.yaml", "mask.npy", "w.safetensors"}},
		{"out", "", []string{"weights", at("net.yaml"), "--from", at("w.safetensors")}, []string{"net.yaml", "mask.npy", "w.safetensors"}},
	} {
		tried[verb.args[0]+" "+verb.flag] = true
		for _, file := range verb.read {
			for _, d := range disguises {
				out := d.make(t, dir, file, verb.ending)
				for _, more := range [][]string{nil, {"--force"}} {
					args := append(append(verb.args[:len(verb.args):len(verb.args)], "--"+verb.flag, out), more...)
					code, said := nngen(t, args...)
					require.Equal(t, exitUsage, code, "%v, %s of %s\n%s", args, d.name, file, said)
					require.Regexp(t, `is read; nngen writes over nothing that it reads`, said)
					require.Equal(t, before, snapshot(t, dir), "%v", args)
				}
			}
		}
	}
	// The checkpoint is an output too: of the file beside it.
	require.NoError(t, os.Rename(at("x.npy"), at("n.checkpoint")))
	code, said := nngen(t, "train", at("net.yaml"), "--data", at("n.checkpoint"), "--targets", at("y.npy"), "--out", at("n"))
	require.Equal(t, exitUsage, code)
	require.Contains(t, said, "the checkpoint of --out")
	require.NoError(t, os.Rename(at("n.checkpoint"), at("x.npy")))

	// import names the files in its folder by itself.
	for i, file := range []string{"m.onnx", "b.pb"} {
		for _, ending := range []string{".yaml", ".safetensors"} {
			for _, how := range []func(old, new string) error{os.Symlink, os.Link} {
				out := filepath.Join(dir, fmt.Sprintf("import%d", i))
				require.NoError(t, os.MkdirAll(out, 0o777))
				link(t, how, at(file), filepath.Join(out, "n"+ending))
				code, said := nngen(t, "import", at("m.onnx"), "--bind", "b="+at("b.pb"), "-o", out, "--name", "n", "--force")
				require.Equal(t, exitUsage, code, said)
				require.Contains(t, said, "is read; nngen writes over nothing")
				require.NoError(t, os.RemoveAll(out))
				require.Equal(t, before, snapshot(t, dir))
			}
		}
	}
	tried["import out"] = true

	// generate writes into the folder of everything it reads.
	for name, text := range map[string]string{"embed.yaml": "nngen: 1\nname: net\ninput: {shape: [1]}\nlayers:\n  - dense: {units: 16, activation: relu}\n  - dense: {units: 16, activation: relu}\n  - dense: {units: 1}\nloss: mse\ncodegen: {embed: w.safetensors}\n", "net.yaml": before[at("net.yaml")]} {
		require.NoError(t, os.WriteFile(at(name), []byte(text), 0o644))
		code, said = nngen(t, "generate", at(name), "-o", dir)
		require.Contains(t, []int{exitDone, exitFailure, exitUsage}, code, said)
		after := snapshot(t, dir)
		for path, data := range before {
			require.Equal(t, data, after[path], path)
		}
	}
	tried["generate output"] = true
	for name, does := range fileFlags {
		require.Equal(t, does == "writes", tried[name], name)
	}
}

// TestLog: a resumed training goes on after the last whole line.
func TestLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for _, c := range []struct{ old, want string }{
		{"", "{\"event\":\"e\",\"a\":1}\n"},
		{"{}\n", "{}\n{\"event\":\"e\",\"a\":1}\n"},
		{"{}\n{\"ev", "{}\n{\"event\":\"e\",\"a\":1}\n"},
		{"{\"ev", "{\"event\":\"e\",\"a\":1}\n"},
	} {
		require.NoError(t, os.WriteFile(path, []byte(c.old), 0o644))
		log, err := openLog(path, "", true)
		require.NoError(t, err)
		log.write("e", map[string]int{"a": 1})
		log.Close()
		require.NoError(t, log.err)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, c.want, string(data))
	}
	log, err := openLog(os.DevNull, "", true)
	require.NoError(t, err)
	log.Close()
}

// TestOutputs: what lies where a command writes is not of the kind that it
// writes, or no file at all.
func TestOutputs(t *testing.T) {
	dir := inputFiles(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, data := range map[string]string{"main.go": "package main\n", "notes.txt": "mine", "table.npy": "a,b\n", "w.npz": "text", "w.csv": "\x00\x01", "data.csv": "a,b,y\n1,2,3\n"} {
		require.NoError(t, os.WriteFile(at(name), []byte(data), 0o644))
	}
	require.NoError(t, os.Mkdir(at("folder.csv"), 0o777))
	before := snapshot(t, dir)
	spec := at("net.yaml")
	train := []string{"train", spec, "--data", at("x.npy"), "--targets", at("y.npy")}
	predict := []string{"predict", spec, "--weights", at("w.safetensors"), "--in", at("x.csv")}
	for _, c := range []struct {
		args []string
		want string
	}{
		{append(train, "--out", at("main.go")), "exists and is not a weight file (safetensors); give --force to replace it"},
		{append(train, "--out", at("x.csv")), "exists and is not a weight file"},
		{append(train, "--log", at("notes.txt")), "exists and is not a log of nngen"},
		{append(train, "--out", at("notes.txt"), "--log", at("notes.txt")), "exists and is not a weight file"},
		{append(train, "--out", at("new"), "--log", at("new")), "would be one file"},
		{append(train, "--out", at("new"), "--log", at("new.checkpoint")), "would be one file"},
		{append(train, "--out", at("folder.csv")), "is a folder"},
		{append(train, "--out", at("new")+"/"), "is the name of a folder"},
		{append(train, "--out", at("no/new")), "there is no folder"},
		{append(train, "--out", os.DevNull), "is not a regular file"},
		{append(predict, "--out", at("table.npy")), "exists and is not an .npy file"},
		{append(predict, "--out", at("w.npz")), "exists and is not an .npz file"},
		{append(predict, "--out", at("w.csv")), "exists and is not a table of this network's predictions"},
		{append(predict, "--out", at("data.csv")), "exists and is not a table of this network's predictions"},
		{[]string{"tune", spec, "--data", at("x.npy"), "--targets", at("y.npy"), "--out", at("main.go")}, "exists and is not a spec"},
		{[]string{"tune", spec, "--data", at("x.npy"), "--targets", at("y.npy"), "--out", at("data.csv")}, "exists and is not a spec"},
		{append(predict, "--out", at("folder.csv")), "is a folder"},
		{[]string{"export", spec, "--weights", at("w.safetensors"), "-o", at("notes.txt")}, "exists and is not an ONNX model"},
		{[]string{"weights", spec, "--from", at("w.safetensors"), "--out", at("main.go")}, "exists and is not a weight file"},
		{[]string{"import", at("m.onnx"), "--bind", "b=" + at("b.pb"), "-o", at("notes.txt")}, "a file is in the place of its folder"},
	} {
		code, said := nngen(t, c.args...)
		require.Equal(t, exitUsage, code, "%v\n%s", c.args, said)
		require.Contains(t, said, c.want, "%v", c.args)
		require.Equal(t, before, snapshot(t, dir))
	}
	for _, out := range []string{"p.txt", "p", "p.csv.gz", "p.NPY"} {
		code, said := nngen(t, append(predict, "--out", at(out))...)
		require.Equal(t, exitUsage, code)
		require.Contains(t, said, "the ending says the format; it must be one of .npy, .npz, .csv")
	}
	// With --force it is replaced, here by weights that fit.
	require.NoError(t, os.WriteFile(at("one.yaml"), []byte("nngen: 1\ninput: {shape: [1]}\nlayers:\n  - dense: {units: 16, activation: relu}\n  - dense: {units: 16, activation: relu}\n  - dense: {units: 1}\nloss: mse\n"), 0o644))
	code, said := nngen(t, "weights", at("one.yaml"), "--from", at("w.safetensors"), "--out", at("notes.txt"), "--force")
	require.Equal(t, exitDone, code, said)
	// One of the kind needs no force, nor does an empty one.
	code, said = nngen(t, "weights", at("one.yaml"), "--from", at("w.safetensors"), "--out", at("notes.txt"))
	require.Equal(t, exitDone, code, said)
}
