package onnx

import (
	"math"
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"
)

// A message lists its fields for reader and writer.
type message interface{ fields() []field }

type field struct {
	number protowire.Number
	name   string
	value  value
}

// A value is a field of one type.
type value interface {
	// read takes one occurrence of the field.
	read(d *decoder, w wire) *Error
	// write appends the field with its tag, or nothing where it is absent.
	write(b []byte, n protowire.Number) []byte
}

// wire is one field as it lies in the file.
type wire struct {
	typ   protowire.Type
	bits  uint64 // of a number
	bytes []byte // of a string, message or packed list
}

var wireNames = map[protowire.Type]string{
	protowire.VarintType: "a varint", protowire.Fixed32Type: "4 bytes", protowire.Fixed64Type: "8 bytes",
	protowire.BytesType: "a length and bytes", protowire.StartGroupType: "a group", protowire.EndGroupType: "the end of a group",
}

// want refuses a field of another wire type.
func (w wire) want(t protowire.Type) *Error {
	if w.typ != t {
		return fail(damaged, "must be stored as %s, but it is %s", wireNames[t], wireNames[w.typ])
	}
	return nil
}

type (
	integer struct {
		p      *int64
		always bool // write 0, too
	}
	optional struct {
		p   *int64
		has *bool
	}
	float struct {
		p      *float32
		always bool
	}
	text struct{ p *string }
	blob struct {
		p      *[]byte
		always bool
		has    *bool // may be nil
	}
	mark struct { // a message of no interest but that it is there
		p    *string
		name string
	}
	texts       struct{ p *[]string }
	blobs       struct{ p *[][]byte }
	integers    struct{ p *[]int64 }
	floats      struct{ p *[]float32 }
	doubles     struct{ p *[]float64 }
	one[T any]  struct{ p **T }
	many[T any] struct{ p *[]*T }
)

func (v integer) read(_ *decoder, w wire) *Error {
	*v.p = int64(w.bits)
	return w.want(protowire.VarintType)
}

func (v integer) write(b []byte, n protowire.Number) []byte {
	if *v.p == 0 && !v.always {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), uint64(*v.p))
}

func (v optional) read(d *decoder, w wire) *Error {
	*v.has = true
	return integer{v.p, false}.read(d, w)
}

func (v optional) write(b []byte, n protowire.Number) []byte {
	if !*v.has {
		return b
	}
	return integer{v.p, true}.write(b, n)
}

func (v float) read(_ *decoder, w wire) *Error {
	*v.p = math.Float32frombits(uint32(w.bits))
	return w.want(protowire.Fixed32Type)
}

func (v float) write(b []byte, n protowire.Number) []byte {
	if *v.p == 0 && !v.always {
		return b
	}
	return protowire.AppendFixed32(protowire.AppendTag(b, n, protowire.Fixed32Type), math.Float32bits(*v.p))
}

func (v text) read(d *decoder, w wire) *Error {
	if err := d.charge(len(w.bytes)); err != nil {
		return err
	}
	*v.p = string(w.bytes)
	return w.want(protowire.BytesType)
}

func (v text) write(b []byte, n protowire.Number) []byte {
	if *v.p == "" {
		return b
	}
	return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), *v.p)
}

func (v blob) read(_ *decoder, w wire) *Error {
	*v.p = w.bytes
	if v.has != nil {
		*v.has = true
	}
	return w.want(protowire.BytesType)
}

func (v blob) write(b []byte, n protowire.Number) []byte {
	if len(*v.p) == 0 && !v.always {
		return b
	}
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), *v.p)
}

func (v mark) read(_ *decoder, w wire) *Error {
	*v.p = v.name
	return w.want(protowire.BytesType)
}

func (v mark) write(b []byte, _ protowire.Number) []byte { return b }

func (v texts) read(d *decoder, w wire) *Error {
	if err := d.charge(len(w.bytes) + 2*int(unsafe.Sizeof(""))); err != nil {
		return err
	}
	*v.p = append(*v.p, string(w.bytes))
	return w.want(protowire.BytesType)
}

func (v texts) write(b []byte, n protowire.Number) []byte {
	for _, s := range *v.p {
		b = protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), s)
	}
	return b
}

func (v blobs) read(d *decoder, w wire) *Error {
	if err := d.charge(2 * int(unsafe.Sizeof(w.bytes))); err != nil {
		return err
	}
	*v.p = append(*v.p, w.bytes)
	return w.want(protowire.BytesType)
}

func (v blobs) write(b []byte, n protowire.Number) []byte {
	for _, s := range *v.p {
		b = protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), s)
	}
	return b
}

func (v one[T]) read(d *decoder, w wire) *Error {
	if *v.p != nil {
		return fail(damaged, "occurs twice")
	}
	m := new(T)
	*v.p = m
	return d.sub(m, int(unsafe.Sizeof(*m)), w)
}

func (v one[T]) write(b []byte, n protowire.Number) []byte {
	if *v.p == nil {
		return b
	}
	return appendMessage(b, n, *v.p)
}

func (v many[T]) read(d *decoder, w wire) *Error {
	m := new(T)
	*v.p = append(*v.p, m)
	return d.sub(m, int(unsafe.Sizeof(*m))+2*int(unsafe.Sizeof(m)), w)
}

func (v many[T]) write(b []byte, n protowire.Number) []byte {
	for _, m := range *v.p {
		b = appendMessage(b, n, m)
	}
	return b
}

// appendMessage appends a message, *T, with its tag and length.
func appendMessage(b []byte, n protowire.Number, m any) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), appendFields(nil, m.(message)))
}

func appendFields(b []byte, m message) []byte {
	for _, f := range m.fields() {
		b = f.value.write(b, f.number)
	}
	return b
}

// Marshal writes the file. A model that was read and not changed gives a file
// that reads the same.
func (m *Model) Marshal() []byte { return appendFields(nil, m) }

// Marshal writes the tensor as a file of its own, as in the folders
// test_data_set_0 of ONNX's tests.
func (t *Tensor) Marshal() []byte { return appendFields(nil, t) }
