package onnx

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/nngen-go/nngen/spec/plural"
)

// Lists of numbers, packed as ONNX writes them or one by one.

func (v integers) read(d *decoder, w wire) *Error {
	if w.typ == protowire.VarintType {
		if err := d.charge(16); err != nil {
			return err
		}
		*v.p = append(*v.p, int64(w.bits))
		return nil
	}
	count := 0 // every varint has one byte below 0x80, its last
	for _, c := range w.bytes {
		if c < 0x80 {
			count++
		}
	}
	list, err := grow(d, *v.p, count, 8, w)
	if err != nil {
		return err
	}
	for b := w.bytes; len(b) > 0; {
		x, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return fail(damaged, "number %d of the list is no varint", len(list))
		}
		list, b = append(list, int64(x)), b[n:]
	}
	*v.p = list
	return nil
}

func (v integers) write(b []byte, n protowire.Number) []byte {
	if len(*v.p) == 0 {
		return b
	}
	var packed []byte
	for _, x := range *v.p {
		packed = protowire.AppendVarint(packed, uint64(x))
	}
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), packed)
}

func (v floats) read(d *decoder, w wire) *Error {
	if w.typ == protowire.Fixed32Type {
		if err := d.charge(8); err != nil {
			return err
		}
		*v.p = append(*v.p, math.Float32frombits(uint32(w.bits)))
		return nil
	}
	list, err := grow(d, *v.p, len(w.bytes)/4, 4, w)
	if err != nil {
		return err
	}
	if len(w.bytes)%4 != 0 {
		return fail(damaged, "%s for numbers of float32, which take 4 each", plural.Of(len(w.bytes), "byte"))
	}
	for b := w.bytes; len(b) > 0; b = b[4:] {
		list = append(list, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	*v.p = list
	return nil
}

func (v floats) write(b []byte, n protowire.Number) []byte {
	if len(*v.p) == 0 {
		return b
	}
	b = protowire.AppendVarint(protowire.AppendTag(b, n, protowire.BytesType), uint64(4*len(*v.p)))
	for _, x := range *v.p {
		b = protowire.AppendFixed32(b, math.Float32bits(x))
	}
	return b
}

func (v doubles) read(d *decoder, w wire) *Error {
	if w.typ == protowire.Fixed64Type {
		if err := d.charge(16); err != nil {
			return err
		}
		*v.p = append(*v.p, math.Float64frombits(w.bits))
		return nil
	}
	list, err := grow(d, *v.p, len(w.bytes)/8, 8, w)
	if err != nil {
		return err
	}
	if len(w.bytes)%8 != 0 {
		return fail(damaged, "%s for numbers of float64, which take 8 each", plural.Of(len(w.bytes), "byte"))
	}
	for b := w.bytes; len(b) > 0; b = b[8:] {
		list = append(list, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	*v.p = list
	return nil
}

func (v doubles) write(b []byte, n protowire.Number) []byte {
	if len(*v.p) == 0 {
		return b
	}
	b = protowire.AppendVarint(protowire.AppendTag(b, n, protowire.BytesType), uint64(8*len(*v.p)))
	for _, x := range *v.p {
		b = protowire.AppendFixed64(b, math.Float64bits(x))
	}
	return b
}

// grow makes room for the elements of a packed list.
func grow[T any](d *decoder, list []T, count, size int, w wire) ([]T, *Error) {
	if err := w.want(protowire.BytesType); err != nil {
		return nil, err
	}
	if list != nil {
		count += cap(list) // append may copy what is there
	}
	if err := d.charge(count * size); err != nil {
		return nil, err
	}
	if list == nil {
		list = make([]T, 0, count)
	}
	return list, nil
}
