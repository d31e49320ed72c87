package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// openPTY returns both ends of a new terminal of 100 columns.
func openPTY(t *testing.T) (screen, program *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no terminals here: ", err)
	}
	call := func(request uintptr, arg unsafe.Pointer) {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, screen.Fd(), request, uintptr(arg))
		require.Zero(t, errno)
	}
	var unlock, number int32
	size := [4]uint16{30, 100}
	call(syscall.TIOCSPTLCK, unsafe.Pointer(&unlock))
	call(syscall.TIOCGPTN, unsafe.Pointer(&number))
	call(syscall.TIOCSWINSZ, unsafe.Pointer(&size))
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	return screen, program
}

// TestTerminal trains on a terminal: there are a bar, which is gone at the end,
// and a curve of the losses, and colours unless NO_COLOR is set. A terminal that
// cannot move back gets lines.
func TestTerminal(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles and trains")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	golden, err := filepath.Abs("../../golden")
	require.NoError(t, err)
	dir := t.TempDir()
	for _, tc := range []struct {
		env         string
		bar, colour bool
	}{{"NO_COLOR=", true, true}, {"NO_COLOR=1", true, false}, {"TERM=dumb", false, false}} {
		terminal, program := openPTY(t)
		cmd := exec.Command(self, "train", golden+"/specs/iris.yaml", "--data", golden+"/data/iris.csv", "--validation", "0.2", "--epochs", "100")
		cmd.Args[0] = "nngen"
		cmd.Dir, cmd.Stderr = dir, program
		cmd.Env = append(os.Environ(), "TERM=xterm", "NNGEN_CACHE="+dir, tc.env)
		require.NoError(t, cmd.Start())
		program.Close()
		written, _ := io.ReadAll(terminal) // ends with EIO
		require.NoError(t, cmd.Wait())
		terminal.Close()
		text := string(written)
		require.Equal(t, tc.bar, strings.Contains(text, "\repoch "), "%s\n%q", tc.env, text)
		require.Equal(t, tc.colour, sgr.MatchString(text), "%s\n%q", tc.env, text)
		require.Equal(t, !tc.bar, regexp.MustCompile(`(?m)^epoch 100/100 .*samples/s\r$`).MatchString(text), "%q", text)
		if !tc.bar {
			continue
		}
		lines := screen(t, strings.ReplaceAll(text, "\r\n", "\n"))
		require.Regexp(t, `^iris: \d+ parameters, 120 samples, 30 held back$`, lines[len(lines)-13])
		require.Regexp(t, `^[0-9. ]+ [┤│][ ⠀-⣿]+$`, lines[len(lines)-12])
		require.Regexp(t, `^ +epoch 1 +100$`, lines[len(lines)-3])
		require.Equal(t, "⠤⠤⠤ training   ⠤ ⠤ validation", strings.TrimSpace(lines[len(lines)-2]))
	}
}
