// Command service reads handwritten digits over HTTP and goes on learning from
// those it is told about. Requests are answered by one network while another
// one trains; after some steps a copy of it takes over, at once and for all
// requests that begin from then on.
//
//	go run ./docs/service --weights digits.safetensors
//	curl -d '[0,0,5,13,9,1,0,0,…]' localhost:8080/predict
//	curl -d '{"x": [0,0,5,13,9,1,0,0,…], "label": "3"}' localhost:8080/learn
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nngen-go/nngen/generated/digits"
)

// swapAfter is the number of training steps after which the network that
// answers is replaced, and patience how long a step waits for a whole batch.
const (
	swapAfter = 8
	patience  = 50 * time.Millisecond
)

// server answers with one network and trains another one.
type server struct {
	net     atomic.Pointer[digits.Net]
	samples chan sample
	// swapped, if not nil, is told of a network before it answers.
	swapped func(*digits.Net)
}

// sample is a picture and what it shows.
type sample struct {
	x digits.Input
	y digits.Target
}

func newServer(net *digits.Net) *server {
	s := &server{samples: make(chan sample, 8*digits.MaxBatch)}
	s.net.Store(net)
	return s
}

func (s *server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /predict", s.predict)
	mux.HandleFunc("POST /learn", s.learn)
	return mux
}

// predict answers a list of 64 grey values with a digit and the score of each.
func (s *server) predict(w http.ResponseWriter, r *http.Request) {
	var x []float32
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&x); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if len(x) != digits.Inputs {
		http.Error(w, fmt.Sprintf("%d grey values, want %d", len(x), digits.Inputs), http.StatusBadRequest)
		return
	}
	in := digits.Input(x)
	scores := s.net.Load().Predict(&in) // on this goroutine's stack
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(struct {
		Digit  string        `json:"digit"`
		Scores digits.Output `json:"scores"`
	}{digits.Labels[scores.ArgMax()], scores})
}

// learn takes a picture with its label; it is learnt from a little later.
func (s *server) learn(w http.ResponseWriter, r *http.Request) {
	var body struct {
		X     []float32 `json:"x"`
		Label string    `json:"label"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	y := digits.Target(slices.Index(digits.Labels[:], body.Label))
	switch {
	case len(body.X) != digits.Inputs:
		http.Error(w, fmt.Sprintf("%d grey values, want %d", len(body.X), digits.Inputs), http.StatusBadRequest)
		return
	case y < 0:
		http.Error(w, fmt.Sprintf("the label %q is none of %q", body.Label, digits.Labels), http.StatusBadRequest)
		return
	}
	select {
	case s.samples <- sample{digits.Input(body.X), y}:
		w.WriteHeader(http.StatusAccepted)
	default:
		http.Error(w, "busy; try again", http.StatusTooManyRequests)
	}
}

// train learns from the samples until the context ends, and returns the network
// that it trained.
func (s *server) train(ctx context.Context) *digits.Net {
	net := s.net.Load().Clone()
	trainer := digits.NewTrainer(net, digits.Options{Seed: 1})
	defer trainer.Close()
	trainer.LearningRate = 0.01 // small: one wrong label must not undo much
	var x [digits.MaxBatch]digits.Input
	var y [digits.MaxBatch]digits.Target
	for steps := 1; ; steps++ {
		n := s.batch(ctx, x[:], y[:])
		if n == 0 {
			return net
		}
		trainer.Step(x[:n], y[:n])
		if steps%swapAfter == 0 {
			s.swap(net.Clone())
		}
	}
}

// swap lets a network answer from now on. Nothing writes to it any more, so a
// request that begins now reads one network, whole.
func (s *server) swap(net *digits.Net) {
	if s.swapped != nil {
		s.swapped(net)
	}
	s.net.Store(net)
}

// batch waits for a sample, and then a little for more. It returns how many
// there are, 0 at the end.
func (s *server) batch(ctx context.Context, x []digits.Input, y []digits.Target) int {
	var timeout <-chan time.Time
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return 0
		case <-timeout:
			return n
		case next := <-s.samples:
			x[n], y[n] = next.x, next.y
			if n++; n == len(x) {
				return n
			}
			if timeout == nil {
				timeout = time.After(patience)
			}
		}
	}
}

func main() {
	addr := flag.String("addr", "localhost:8080", "to listen on")
	weights := flag.String("weights", "digits.safetensors", "weights to start from")
	out := flag.String("out", "", "where to save what was learnt, at the end")
	flag.Parse()
	if err := run(*addr, *weights, *out); err != nil {
		log.Fatal(err)
	}
}

func run(addr, weights, out string) error {
	net, err := digits.LoadFile(weights)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s := newServer(net)
	server := &http.Server{Addr: addr, Handler: s.routes(), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { server.Shutdown(context.Background()) })
	trained := make(chan *digits.Net)
	go func() { trained <- s.train(ctx) }()
	log.Printf("listening on %s", addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	net = <-trained
	if out == "" {
		return nil
	}
	return net.SaveFile(out)
}
