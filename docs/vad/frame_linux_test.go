package main

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/generated/silero"
)

// threadTime is the processor time of the thread in nanoseconds, which leaves out what
// others took of the core.
func threadTime() int64 {
	const threadCPU = 3
	var t syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, threadCPU, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}

// BenchmarkFrame is a frame of a stream, with the 99.99th percentile of the times.
func BenchmarkFrame(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	net, err := silero.Load(bytes.NewReader(weights))
	require.NoError(b, err)
	var s silero.State
	var ws silero.Workspace
	var y silero.Output
	var x [16]silero.Input
	for i := range x {
		for j := range x[i] {
			x[i][j] = rand.Float32() - 0.5
		}
	}
	times := make([]int64, 0, b.N)
	for i := range b.N {
		start := threadTime()
		net.Forward(&y, &x[i%len(x)], &s, &ws)
		times = append(times, threadTime()-start)
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[0]), "ns-least")
	b.ReportMetric(float64(times[len(times)/2]), "ns-median")
	b.ReportMetric(float64(times[len(times)*9999/10000]), "ns-99.99%")
}
