package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/generated/digits"
)

// The load that TestLoad puts on the service. To give the service one core and
// the generator another:
//
//	go test -c -o service.test ./docs/service && cd docs/service
//	taskset -c 0 ../../service.test -test.run TestLoad -test.v -load 30s -rate 2000 -generator "taskset -c 1"
var (
	loadTime  = flag.Duration("load", time.Second, "how long TestLoad asks")
	loadRate  = flag.Int("rate", 400, "requests of TestLoad per second")
	generator = flag.String("generator", "", "command that TestLoad starts its generator with")
)

// generatorAddress is where a test that is started anew as the generator asks.
const generatorAddress = "NNGEN_LOAD_ADDRESS"

// asked is how many pictures are asked about; every tenth request is one to learn.
const (
	asked      = 64
	learnEvery = 10
)

func TestMain(m *testing.M) {
	flag.Parse()
	if addr := os.Getenv(generatorAddress); addr != "" {
		generate(addr)
		return
	}
	os.Exit(m.Run())
}

// result is what the generator tells of a request, or, at last, of all.
type result struct {
	Picture int
	Scores  digits.Output
	Error   string
	Micros  []int64 // from when each request was due to its answer
}

// TestLoad: under a steady load, while it trains and swaps networks, the service
// answers every request, and every answer is, bit for bit, that of one of the networks that
// it swapped in. How long answers take is printed; no time is asserted.
func TestLoad(t *testing.T) {
	pictures, _ := readDigits(t)
	s := newServer(digits.New(1))
	var mutex sync.Mutex
	answers := make([]map[digits.Output]bool, asked) // of all networks, by picture
	swaps := 0
	s.swapped = func(net *digits.Net) {
		mutex.Lock()
		defer mutex.Unlock()
		swaps++
		for i := range answers {
			if answers[i] == nil {
				answers[i] = map[digits.Output]bool{}
			}
			x := digits.Input(pictures[i])
			answers[i][net.Predict(&x)] = true
		}
	}
	s.swap(s.net.Load())
	ctx, stop := context.WithCancel(t.Context())
	trained := make(chan *digits.Net)
	go func() { trained <- s.train(ctx) }()
	web := httptest.NewServer(s.routes())
	defer web.Close()

	self, err := os.Executable()
	require.NoError(t, err)
	command := append(strings.Fields(*generator), self, "-load", loadTime.String(), "-rate", strconv.Itoa(*loadRate))
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env, cmd.Stderr = append(os.Environ(), generatorAddress+"="+web.URL), os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	memory := watchMemory(ctx)
	var results []result
	var micros []int64
	for lines := json.NewDecoder(out); ; {
		var r result
		if err := lines.Decode(&r); err == io.EOF {
			break
		} else {
			require.NoError(t, err)
		}
		if r.Micros != nil {
			micros = r.Micros
			continue
		}
		results = append(results, r)
	}
	require.NoError(t, cmd.Wait())
	stop()
	<-trained

	for _, r := range results {
		require.Empty(t, r.Error)
		require.True(t, answers[r.Picture][r.Scores], "picture %d: %v is the answer of no network", r.Picture, r.Scores)
	}
	requests := int(loadTime.Seconds() * float64(*loadRate))
	require.Len(t, micros, requests)
	require.Len(t, results, requests-(requests+learnEvery-1)/learnEvery)
	require.Greater(t, swaps, 1)
	slices.Sort(micros)
	at := func(share float64) float64 { return float64(micros[int(share*float64(len(micros)-1))]) / 1000 }
	t.Logf("%d requests at %d per second, %d networks swapped in; answers in ms: median %.2f, 99 %% %.2f, 99.9 %% %.2f, the slowest %.2f; %s",
		len(micros), *loadRate, swaps-1, at(0.5), at(0.99), at(0.999), at(1), memory())
}

// loud is a test that is none: what fails ends the program.
type loud struct{}

func (loud) Errorf(format string, args ...any) { fmt.Fprintf(os.Stderr, format, args...) }
func (loud) FailNow()                          { os.Exit(1) }

// generate asks at a steady rate, whether answers come or not, and tells what
// it was answered.
func generate(url string) {
	pictures, labels := readDigits(loud{})
	n := int(loadTime.Seconds() * float64(*loadRate))
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 10 * time.Second}
	bodies := make([][]byte, len(pictures))
	for i := range bodies {
		bodies[i], _ = json.Marshal(pictures[i])
		if i >= asked {
			bodies[i], _ = json.Marshal(map[string]any{"x": pictures[i], "label": labels[i]})
		}
	}
	results, micros := make([]result, n), make([]int64, n)
	due := make([]time.Time, n)
	jobs := make(chan int, n)
	var workers sync.WaitGroup
	for range 64 {
		workers.Go(func() {
			for i := range jobs {
				r := &results[i]
				path, body, want := "/predict", bodies[i%asked], http.StatusOK
				if r.Picture = i % asked; i%learnEvery == 0 {
					path, body, want = "/learn", bodies[asked+i%(len(bodies)-asked)], http.StatusAccepted
					r.Picture = -1
				}
				answer, err := client.Post(url+path, "application/json", bytes.NewReader(body))
				if err != nil {
					r.Error = err.Error()
					continue
				}
				text, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				micros[i] = time.Since(due[i]).Microseconds()
				var got struct{ Scores digits.Output }
				if err == nil && r.Picture >= 0 {
					err = json.Unmarshal(text, &got)
				}
				if r.Scores = got.Scores; err != nil || answer.StatusCode != want {
					r.Error = fmt.Sprintf("%s: %s, %v", path, answer.Status, err)
				}
			}
		})
	}
	begin := time.Now()
	for i := range n {
		due[i] = begin.Add(time.Duration(float64(i) / float64(*loadRate) * 1e9))
		time.Sleep(time.Until(due[i]))
		jobs <- i
	}
	close(jobs)
	workers.Wait()
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	lines := json.NewEncoder(out)
	for _, r := range results {
		if r.Picture >= 0 || r.Error != "" {
			lines.Encode(r)
		}
	}
	lines.Encode(result{Micros: micros})
}

// watchMemory returns a function that says how the memory of this process
// changed between a fifth of the load and its end.
func watchMemory(ctx context.Context) func() string {
	var first, most atomic.Int64
	go func() {
		for begin := time.Now(); ctx.Err() == nil && time.Since(begin) < *loadTime; time.Sleep(100 * time.Millisecond) {
			if now := residentKB(); time.Since(begin) > *loadTime/5 {
				first.CompareAndSwap(0, now)
				most.Store(max(most.Load(), now))
			}
		}
	}()
	return func() string {
		return fmt.Sprintf("memory %.1f MB after a fifth of the time, at most %.1f MB after that", float64(first.Load())/1024, float64(most.Load())/1024)
	}
}

// residentKB is the resident memory of this process, 0 where Linux does not say it.
func residentKB() int64 {
	data, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(data), "VmRSS:")
	line, _, _ := strings.Cut(rest, "kB")
	kb, _ := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	return kb
}
