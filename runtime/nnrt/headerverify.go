package nnrt

import (
	"slices"
	"strconv"
	"strings"
)

// headerEntry is what a header says of one expected tensor.
type headerEntry struct {
	found      bool
	dtype      string
	width      int // bytes of an element; 0: not a type that is read
	shape      string
	shapeOK    bool
	begin, end uint64
	ignored    string // the end of its name, of one that is
}

// What PyTorch stores beside the running mean of a batch normalisation: the
// number of batches, which nothing here depends on.
const (
	batchCounter = ".num_batches_tracked"
	batchMean    = ".running_mean"
)

// balanced are the class weights of a loss, which a network that is trained by
// another one, or not at all, does not need.
const balanced = ".class_weights"

// ignores reports whether a tensor that is not expected is left alone.
func (h *headerParser) ignores(name string) bool {
	if strings.HasSuffix(name, balanced) {
		return true
	}
	layer, ok := strings.CutSuffix(name, batchCounter)
	if !ok {
		return false
	}
	_, ok = h.find(layer + batchMean)
	return ok
}

// verify compares the header with the expected tensors and returns their indices
// in the order of their data.
func (h *headerParser) verify(width int) ([]int, error) {
	accepted := "dtype F32, F16 or BF16"
	if width == 8 {
		accepted = "dtype F64, F32, F16 or BF16"
	}
	for _, i := range h.order {
		t, e := h.tensors[i], &h.entries[i]
		if !e.found {
			return nil, &TensorError{t.Name, "shape " + formatShape(t.Shape), "no tensor of this name"}
		}
	}
	if h.extra != nil {
		return nil, h.extra
	}
	for _, i := range h.order {
		t, e := h.tensors[i], &h.entries[i]
		if !e.shapeOK {
			return nil, &TensorError{t.Name, "shape " + formatShape(t.Shape), e.shape}
		}
		switch {
		case t.Int8 && e.dtype == "I8":
			e.width = 1
		case t.Int8:
			return nil, &TensorError{t.Name, "dtype I8", quoteShort(e.dtype)}
		}
		switch e.dtype {
		case "F64":
			e.width = 8
		case "F32":
			e.width = 4
		case "F16", "BF16":
			e.width = 2
		}
		if e.width == 0 || e.width > width {
			return nil, &TensorError{t.Name, accepted, quoteShort(e.dtype)}
		}
		n, _ := countElements(t.Shape)
		if e.begin > e.end || e.end-e.begin != uint64(n)*uint64(e.width) {
			return nil, &TensorError{t.Name, strconv.Itoa(n*e.width) + " bytes of data", formatOffsets(e)}
		}
	}
	order := slices.Clone(h.order)
	slices.SortStableFunc(order, func(i, j int) int { return byBegin(h.entries[i], h.entries[j]) })
	slices.SortStableFunc(h.ignored, byBegin)
	place := func(name string, e *headerEntry) error {
		if e.begin == h.end && e.begin <= e.end {
			h.end = e.end
			return nil
		}
		what := " (a hole)"
		if e.begin <= h.end {
			what = " (an overlap)"
		}
		return &TensorError{name, "data from offset " + strconv.FormatUint(h.end, 10), formatOffsets(e) + what}
	}
	rest := h.ignored
	pass := func() (err error) { // what is ignored and comes next
		for len(rest) > 0 && rest[0].begin == h.end && err == nil {
			err = place(rest[0].ignored, &rest[0])
			rest = rest[1:]
		}
		return err
	}
	for _, i := range order {
		if err := pass(); err != nil {
			return nil, err
		}
		if err := place(h.tensors[i].Name, &h.entries[i]); err != nil {
			return nil, err
		}
	}
	if err := pass(); err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, place(rest[0].ignored, &rest[0])
	}
	return order, nil
}

// byBegin orders tensors by where their data begin.
func byBegin(a, b headerEntry) int {
	switch {
	case a.begin < b.begin:
		return -1
	case a.begin > b.begin:
		return 1
	}
	return 0
}

// formatOffsets returns the data_offsets as in "offsets [0 2560]".
func formatOffsets(e *headerEntry) string {
	return "offsets [" + strconv.FormatUint(e.begin, 10) + " " + strconv.FormatUint(e.end, 10) + "]"
}
