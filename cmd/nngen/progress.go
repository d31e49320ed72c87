package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/nngen-go/nngen/gen/run"
	"golang.org/x/term"
)

// watcher shows a training while it runs. What is written to it meanwhile, it
// shows as well.
type watcher interface {
	io.Writer
	begin(samples int)
	within(run.Within)
	epoch(run.Epoch)
	end()
}

// watch returns what shows a training on a writer: a line that is redrawn on
// terminals, lines elsewhere.
func watch(w io.Writer) watcher {
	if t := terminalOf(w); t != nil {
		return &bar{terminal: t, now: time.Now}
	}
	return &progressLines{Writer: w}
}

// terminal is a terminal that lines can be redrawn on.
type terminal struct {
	io.Writer
	width  func() int
	colour bool
}

// terminalOf returns the terminal that a writer writes to, or nil. NO_COLOR is
// that of https://no-color.org.
func terminalOf(w io.Writer) *terminal {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return &terminal{Writer: w, colour: os.Getenv("NO_COLOR") == "", width: func() int {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
		return 80
	}}
}

// paint colours text by the number of an SGR code, if colours are wanted.
func (t *terminal) paint(code int, text string) string {
	if !t.colour || text == "" {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[m", code, text)
}

// series colours the text of a line of a chart.
func (t *terminal) series(i int, text string) string { return t.paint([]int{cyan, yellow}[i%2], text) }

// The colours, which are readable on light and dark grounds.
const (
	cyan   = 36
	yellow = 33
)

// progressLines writes a line per epoch, but of many quick epochs only some.
type progressLines struct {
	io.Writer
	last time.Time
}

func (p *progressLines) begin(int)         {}
func (p *progressLines) within(run.Within) {}
func (p *progressLines) end()              {}

func (p *progressLines) epoch(e run.Epoch) {
	const most = 50
	every := (e.Epochs + most - 1) / most
	if e.Epoch%every == 0 || e.Epoch == e.Epochs || time.Since(p.last) > time.Second {
		fmt.Fprintln(p, e.Line())
		p.last = time.Now()
	}
}

// redraw is the time between two drawings of a bar: the time left runs, even
// where a step takes long.
const redraw = 250 * time.Millisecond

// bar is a line of a terminal that shows how far a training is.
type bar struct {
	*terminal
	now func() time.Time

	mu      sync.Mutex
	stop    chan struct{} // ends the redrawing; nil before begin and after end
	stopped sync.WaitGroup
	samples int       // of an epoch
	latest  run.Epoch // with the latest of every number
	done    int       // samples of the epoch under way
	started time.Time
	from    float64 // epochs done then
	drawn   bool
}

// begin starts the redrawing.
func (b *bar) begin(samples int) {
	b.samples, b.started, b.from, b.stop = samples, b.now(), -1, make(chan struct{})
	stop := b.stop
	b.stopped.Go(func() {
		tick := time.NewTicker(redraw)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				b.change(func() {})
			}
		}
	})
}

// end removes the line.
func (b *bar) end() {
	if b.stop == nil {
		return
	}
	close(b.stop)
	b.stopped.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stop = nil
	b.clear()
}

func (b *bar) within(w run.Within) {
	b.change(func() {
		b.latest.Epoch, b.latest.Epochs, b.done = w.Epoch.Epoch, w.Epochs, w.Done
		b.latest.SamplesPerSecond = w.SamplesPerSecond
		if w.Loss != nil {
			b.latest.Loss = w.Loss
		}
	})
}

func (b *bar) epoch(e run.Epoch) { b.change(func() { b.latest, b.done = e, 0 }) }

// change changes what is shown and draws it.
func (b *bar) change(what func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	what()
	if b.stop == nil || b.latest.Epochs == 0 {
		return
	}
	if b.from < 0 {
		b.from = b.passed()
	}
	fmt.Fprintf(b.terminal, "\r%s\x1b[K", b.line(b.width()-1))
	b.drawn = true
}

// Write writes lines above the bar.
func (b *bar) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	return b.terminal.Write(p)
}

func (b *bar) clear() {
	if b.drawn {
		io.WriteString(b.terminal, "\r\x1b[K")
		b.drawn = false
	}
}

// passed is how many epochs are done.
func (b *bar) passed() float64 {
	return float64(b.latest.Epoch) + float64(b.done)/float64(max(1, b.samples))
}

// line is what is shown in some columns: as much as fits, the bar first.
func (b *bar) line(columns int) string {
	e := &b.latest
	const shortest, longest = 6, 30
	share := min(1, b.passed()/float64(e.Epochs))
	head := fmt.Sprintf("epoch %*d/%d ", len(fmt.Sprint(e.Epochs)), min(e.Epoch+1, e.Epochs), e.Epochs)
	tail := fmt.Sprintf(" %3.0f %%", math.Floor(100*share))
	room := columns - utf8.RuneCountInString(head+tail)
	if room < shortest {
		return clip(strings.TrimSpace(head), columns)
	}
	var parts []string
	for _, part := range b.parts() {
		n := 2 + utf8.RuneCountInString(part)
		if room-n < shortest {
			break
		}
		room -= n
		parts = append(parts, "  ", part)
	}
	return head + b.draw(share, min(room, longest)) + tail + strings.Join(parts, "")
}

// parts are what is said, the most important first.
func (b *bar) parts() []string {
	e := &b.latest
	var parts []string
	if e.Loss != nil {
		parts = append(parts, fmt.Sprintf("loss %-8.4g", *e.Loss))
	}
	parts = append(parts, fmt.Sprintf("%-10s", left(b.now().Sub(b.started), b.passed()-b.from, float64(e.Epochs)-b.passed())))
	if e.ValidLoss != nil {
		parts = append(parts, fmt.Sprintf("val %-8.4g", *e.ValidLoss))
	}
	if e.ValidAccuracy != nil {
		parts = append(parts, fmt.Sprintf("accuracy %.2f %%", 100**e.ValidAccuracy))
	}
	return append(parts, run.Short(e.SamplesPerSecond)+" samples/s")
}

// draw draws a share as a bar.
func (b *bar) draw(share float64, columns int) string {
	halves := int(share * float64(2*columns))
	full := strings.Repeat("━", halves/2)
	if halves%2 == 1 {
		full += "╸"
	}
	return b.paint(cyan, full) + strings.Repeat("┄", columns-utf8.RuneCountInString(full))
}

// left words the time that the rest of a training takes, if what is done took
// some.
func left(took time.Duration, done, rest float64) string {
	if done <= 0 || took < redraw {
		return "–:– left"
	}
	s := int64(math.Ceil(took.Seconds() / done * rest))
	if s >= 360000 {
		return fmt.Sprintf("%d d left", s/86400)
	}
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d left", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d left", s/60, s%60)
}

// clip cuts text to some columns.
func clip(s string, columns int) string {
	r := []rune(s)
	return string(r[:max(0, min(len(r), columns))])
}
