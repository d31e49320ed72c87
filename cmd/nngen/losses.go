package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"slices"

	"github.com/nngen-go/nngen/gen/picture"
	"github.com/nngen-go/nngen/gen/run"
)

// losses are the losses of a training by epoch.
type losses struct{ train, valid []picture.Point }

// add adds an epoch. One that was there already begins the lines anew from
// there: the training was resumed before it, or started again.
func (l *losses) add(e run.Epoch) {
	x := float64(e.Epoch)
	later := func(p picture.Point) bool { return p.X >= x }
	l.train, l.valid = slices.DeleteFunc(l.train, later), slices.DeleteFunc(l.valid, later)
	l.train = append(l.train, picture.Point{X: x, Y: orNaN(e.Loss)})
	if e.ValidLoss != nil {
		l.valid = append(l.valid, picture.Point{X: x, Y: *e.ValidLoss})
	}
}

// lines are the lines of a picture.
func (l *losses) lines() []picture.Line {
	lines := []picture.Line{{Name: "training", Points: l.train}, {Name: "validation", Points: l.valid, Dashed: true}}
	return slices.DeleteFunc(lines, func(l picture.Line) bool { return len(l.Points) == 0 })
}

// readLog adds the epochs of a log.
func (l *losses) readLog(name string, data []byte) error {
	scan := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; scan.Scan(); n++ {
		var e struct {
			Event string `json:"event"`
			run.Epoch
		}
		if err := json.Unmarshal(scan.Bytes(), &e); err != nil {
			return invalidFile("%s:%d: not a line of nngen train --log: %v", name, n, err)
		}
		if e.Event == "epoch" {
			l.add(e.Epoch)
		}
	}
	return scan.Err()
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}
