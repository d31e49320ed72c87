package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nngen-go/nngen/generated/digits"
)

// The service learns online: a network that knows nothing reads digits well
// after it was told about some hundred, and answers all the while.
func TestService(t *testing.T) {
	pictures, labels := readDigits(t)
	s := newServer(digits.New(1))
	ctx, stop := context.WithCancel(context.Background())
	trained := make(chan *digits.Net)
	go func() { trained <- s.train(ctx) }()
	web := httptest.NewServer(s.routes())
	defer web.Close()

	before := accuracy(t, web.URL, pictures[1500:], labels[1500:])
	require.Less(t, before, 0.4)

	var reading sync.WaitGroup
	done := make(chan struct{})
	reading.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				ask(t, web.URL, pictures[0])
			}
		}
	})
	for range 8 {
		for i, x := range pictures[:1500] {
			for tell(t, web.URL, x, labels[i]) == http.StatusTooManyRequests {
				time.Sleep(time.Millisecond)
			}
		}
	}
	for len(s.samples) > 0 {
		time.Sleep(time.Millisecond)
	}
	close(done)
	reading.Wait()
	require.Greater(t, accuracy(t, web.URL, pictures[1500:], labels[1500:]), 0.85)
	stop()
	require.NotNil(t, <-trained)
}

func TestRefusals(t *testing.T) {
	web := httptest.NewServer(newServer(digits.New(1)).routes())
	defer web.Close()
	require.Equal(t, http.StatusBadRequest, tell(t, web.URL, make([]float32, 64), "ten"))
	require.Equal(t, http.StatusBadRequest, tell(t, web.URL, make([]float32, 63), "1"))
	for _, body := range []string{"", "{}", "[1,2]", "[1e99]"} {
		require.Equal(t, http.StatusBadRequest, post(t, web.URL+"/predict", []byte(body), nil), body)
	}
}

func accuracy(t *testing.T, url string, pictures [][]float32, labels []string) float64 {
	right := 0
	for i, x := range pictures {
		if ask(t, url, x) == labels[i] {
			right++
		}
	}
	return float64(right) / float64(len(pictures))
}

func ask(t *testing.T, url string, x []float32) string {
	body, err := json.Marshal(x)
	require.NoError(t, err)
	var answer struct{ Digit string }
	require.Equal(t, http.StatusOK, post(t, url+"/predict", body, &answer))
	return answer.Digit
}

func tell(t *testing.T, url string, x []float32, label string) int {
	body, err := json.Marshal(map[string]any{"x": x, "label": label})
	require.NoError(t, err)
	return post(t, url+"/learn", body, nil)
}

// post returns the status of the answer, which is decoded if it is wanted.
func post(t *testing.T, url string, body []byte, answer any) int {
	r, err := http.Post(url, "application/json", bytes.NewReader(body))
	require.NoError(t, err)
	defer r.Body.Close()
	if answer != nil {
		require.NoError(t, json.NewDecoder(r.Body).Decode(answer))
	}
	return r.StatusCode
}

func readDigits(t require.TestingT) (pictures [][]float32, labels []string) {
	f, err := os.Open("../../golden/data/digits.csv.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	rows, err := csv.NewReader(z).ReadAll()
	require.NoError(t, err)
	for _, row := range rows[1:] {
		x := make([]float32, digits.Inputs)
		for i := range x {
			v, err := strconv.ParseFloat(row[i], 32)
			require.NoError(t, err)
			x[i] = float32(v)
		}
		pictures, labels = append(pictures, x), append(labels, row[digits.Inputs])
	}
	return pictures, labels
}
