package nnrt

import "unsafe"

// AllocAligned returns a new, zeroed T at an address that is a multiple of 64.
//
// T must not contain pointers of any kind (pointers, slices, strings, maps,
// channels, functions, interfaces): the garbage collector does not look into it.
// The memory lives as long as any pointer into it.
func AllocAligned[T any]() *T {
	const align = 64
	var t T
	// A byte slice has no pointers, and the result, which points into it, keeps
	// all of it alive. One byte more, so that also an empty T lies inside.
	b := make([]byte, unsafe.Sizeof(t)+align)
	p := unsafe.Pointer(unsafe.SliceData(b))
	return (*T)(unsafe.Add(p, -uintptr(p)&(align-1)))
}

// Flat is the n elements that lie behind each other from one on: those of an
// array of arrays.
func Flat[T float32 | float64](first *T, n int) []T { return unsafe.Slice(first, n) }

// Elements are the elements of a struct that holds nothing but arrays of them, in
// the memory of the struct.
func Elements[T float32 | float64, S any](s *S) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(s)), unsafe.Sizeof(*s)/unsafe.Sizeof(T(0)))
}
