package onnx

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/nngen-go/nngen/spec/plural"
)

const (
	damaged  = "the file is damaged or no ONNX model; get it again, or export it again"
	maxDepth = 24 // of messages in messages: graph, node, attribute, graph, …

	// Beside the file, reading takes at most budgetBase + budgetPerByte for each
	// of its bytes.
	budgetBase    = 40 << 20
	budgetPerByte = 2
)

// Read reads a model. Raw and undecoded fields share the memory of file.
// Errors are of type *Error.
func Read(file []byte) (*Model, error) {
	m := &Model{}
	if err := read(file, m); err != nil {
		return nil, err
	}
	if m.Graph == nil {
		return nil, fail(damaged, "the file has no graph, so it is no ONNX model")
	}
	return m, nil
}

// ReadTensor reads a file that holds one tensor, as in the folders
// test_data_set_0 of ONNX's tests.
func ReadTensor(file []byte) (*Tensor, error) {
	t := &Tensor{}
	if err := read(file, t); err != nil {
		return nil, err
	}
	return t, nil
}

func read(file []byte, m message) error {
	d := &decoder{left: budgetBase + budgetPerByte*int64(len(file)), size: len(file)}
	if err := d.message(m, file); err != nil { // not err itself: a nil *Error is no nil error
		return err
	}
	return nil
}

type decoder struct {
	size  int   // of the file
	left  int64 // bytes that may still be allocated
	depth int
}

// charge accounts for memory before it is allocated.
func (d *decoder) charge(bytes int) *Error {
	if d.left -= int64(bytes); d.left < 0 {
		return fail("split the model, or write its constants as raw_data",
			"the file has more small parts than the %d MiB of memory for a file of %d bytes hold", (budgetBase+budgetPerByte*int64(d.size))>>20, d.size)
	}
	return nil
}

// workPerMessage is the memory, beside its own, for reading a message.
const workPerMessage = 512

// sub reads a message that takes size bytes of memory.
func (d *decoder) sub(m any, size int, w wire) *Error {
	if err := w.want(protowire.BytesType); err != nil {
		return err
	}
	if err := d.charge(size + workPerMessage); err != nil {
		return err
	}
	if d.depth == maxDepth {
		return fail("flatten the graphs inside graphs", "messages lie more than %d deep in each other", maxDepth)
	}
	d.depth++
	defer func() { d.depth-- }()
	return d.message(m.(message), w.bytes)
}

// message reads the fields of a message in whatever order they come.
func (d *decoder) message(m message, b []byte) *Error {
	fields := m.fields()
	counts := make([]int, len(fields))
	for len(b) > 0 {
		number, w, rest, err := next(b)
		if err != nil {
			return err
		}
		b = rest
		for i := range fields {
			f := &fields[i]
			if f.number != number {
				continue
			}
			if err := f.value.read(d, w); err != nil {
				place := f.name
				if isList(f.value) && w.typ == protowire.BytesType {
					place = fmt.Sprintf("%s[%d]", f.name, counts[i])
				}
				return err.under(place)
			}
			counts[i]++
			break
		}
	}
	return nil
}

// isList tells whether a field is a list of messages, texts or bytes.
func isList(v value) bool {
	switch v.(type) {
	case integer, optional, float, text, blob, mark, integers, floats, doubles:
		return false
	}
	_, single := v.(interface{ single() })
	return !single
}

func (one[T]) single() {}

// next takes a field off a message.
func next(b []byte) (protowire.Number, wire, []byte, *Error) {
	number, typ, n := protowire.ConsumeTag(b)
	if n < 0 {
		return 0, wire{}, nil, fail(damaged, "the tag of a field is cut off or invalid")
	}
	b = b[n:]
	w := wire{typ: typ}
	switch typ {
	case protowire.VarintType:
		w.bits, n = protowire.ConsumeVarint(b)
	case protowire.Fixed32Type:
		var x uint32
		x, n = protowire.ConsumeFixed32(b)
		w.bits = uint64(x)
	case protowire.Fixed64Type:
		w.bits, n = protowire.ConsumeFixed64(b)
	case protowire.BytesType:
		w.bytes, n = protowire.ConsumeBytes(b)
		if n < 0 {
			if size, m := protowire.ConsumeVarint(b); m > 0 {
				return 0, w, nil, fail(damaged, "field %d claims %s, but %d are left", number, plural.Of(size, "byte"), len(b)-m)
			}
		}
	default:
		n = protowire.ConsumeFieldValue(number, typ, b)
	}
	if n < 0 {
		return 0, w, nil, fail(damaged, "field %d is cut off or invalid", number)
	}
	return number, w, b[n:], nil
}
