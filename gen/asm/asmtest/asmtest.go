// Package asmtest runs the programs of tests on the processors that assembly is
// for: on this machine, or under qemu's emulation of another architecture.
package asmtest

import (
	"flag"
	"fmt"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// All says that what runs under emulation is as much as on a machine of its own.
var All = flag.Bool("emulated", false, "tests under emulation leave nothing out")

var model = flag.String("arm64-cpu", "cortex-a53", "processor that qemu emulates where tests run arm64: cortex-a53, max, …")

// emulators are qemu's names of the architectures that tests run under it.
var emulators = map[string]string{"arm64": "aarch64"}

// Under is the command that runs a program of an architecture: nothing on a
// machine of that architecture, qemu in user mode elsewhere. It reports false
// where there is neither.
func Under(arch string) (command []string, ok bool) {
	if runtime.GOARCH == arch {
		return nil, true
	}
	if name := emulators[arch]; name != "" && runtime.GOOS == "linux" {
		for _, path := range []string{"qemu-" + name, "qemu-" + name + "-static"} { // distributions give it either name
			if found, err := exec.LookPath(path); err == nil {
				return []string{found, "-cpu", *model}, true
			}
		}
	}
	return nil, false
}

// Need is Under, or skips the test.
func Need(t testing.TB, arch string) []string {
	command, ok := Under(arch)
	if !ok {
		t.Skipf("needs %s, or qemu-user-static to emulate it", arch)
	}
	return command
}

// Command runs a program under a command, if there is one.
func Command(under []string, program string, args ...string) *exec.Cmd {
	all := append(append(append([]string(nil), under...), program), args...)
	return exec.Command(all[0], all[1:]...)
}

// Env is the environment that compiles for an architecture of Linux.
func Env(arch string) []string {
	return []string{"GOOS=linux", "GOARCH=" + arch, "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0"}
}

// Written are the words of assembly for arm64, all of them and each once: their
// codes, by what is written.
type Written struct {
	All   []string
	Codes map[string]string
}

// Words are the words of assembly.
func Words(text string) Written {
	w := Written{Codes: map[string]string{}}
	for _, m := range word.FindAllStringSubmatch(text, -1) {
		line := m[1] + " " + m[2]
		w.All, w.Codes[line] = append(w.All, line), m[1]
	}
	return w
}

var word = regexp.MustCompile(`WORD \$0x([0-9a-f]{8}) /\* (.*?) \*/`)

// Disassembled compares words with the instructions that are written beside them.
// It skips where there is no llvm-mc.
func Disassembled(t testing.TB, words map[string]string) {
	t.Helper()
	var mc string
	for _, name := range []string{"llvm-mc", "llvm-mc-19", "llvm-mc-18", "llvm-mc-17", "llvm-mc-16", "llvm-mc-15", "llvm-mc-14"} {
		if path, err := exec.LookPath(name); err == nil {
			mc = path
			break
		}
	}
	if mc == "" {
		t.Skip("needs llvm-mc")
	}
	var in strings.Builder
	var wanted []string
	for line, code := range words {
		_, instruction, _ := strings.Cut(line, " ")
		wanted = append(wanted, instruction)
		fmt.Fprintf(&in, "0x%s 0x%s 0x%s 0x%s\n", code[6:], code[4:6], code[2:4], code[:2])
	}
	cmd := exec.Command(mc, "--disassemble", "--triple=aarch64", "--mattr=+neon")
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", mc, err)
	}
	var got []string
	for line := range strings.Lines(string(out)) {
		if line = strings.Join(strings.Fields(line), " "); line != "" && line[0] != '.' {
			got = append(got, line)
		}
	}
	if len(got) != len(wanted) {
		t.Fatalf("%s reads %d instructions in %d words", mc, len(got), len(wanted))
	}
	for i, want := range wanted {
		if alias := aliases.ReplaceAllString(got[i], "sxtl$1"); alias != want {
			t.Errorf("%s is %s", want, got[i])
		}
	}
}

// aliases matches what older versions call a shift by zero.
var aliases = regexp.MustCompile(`^sshll(.*), #0$`)
