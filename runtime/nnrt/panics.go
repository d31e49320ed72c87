package nnrt

import "strconv"

// BadMatch panics because a length or size differs from another one that it has to
// match, with a message such as
//
//	digits.Trainer.Step: len(y) = 3, want 32 (= len(x))
//
//go:noinline
func BadMatch(fn, what string, got int, other string, want int) {
	panic(fn + ": " + what + " = " + strconv.Itoa(got) + ", want " + strconv.Itoa(want) + " (= " + other + ")")
}

// BadBatch panics because the number of samples is not in 1 … most, with a message
// such as
//
//	digits.Trainer.Step: 65 samples, want 1 to 64
//
//go:noinline
func BadBatch(fn string, got, most int) {
	panic(fn + ": " + strconv.Itoa(got) + " samples, want 1 to " + strconv.Itoa(most))
}

// SmallBatch panics because a step needs more samples, with a message such as
//
//	digits.Trainer.Step: 1 sample, but batch normalisation needs at least 2
//
//go:noinline
func SmallBatch(fn string, got, least int) {
	panic(fn + ": " + strconv.Itoa(got) + " sample, but batch normalisation needs at least " + strconv.Itoa(least))
}

// BadClass panics because a target is no class number, with a message such as
//
//	digits.Trainer.Step: y[7] = 10, want a class from 0 to 9
//
//go:noinline
func BadClass(fn string, index, class, classes int) {
	panic(fn + ": y[" + strconv.Itoa(index) + "] = " + strconv.Itoa(class) + ", want a class from 0 to " + strconv.Itoa(classes-1))
}

// BadWorkers panics because the number of workers is negative, with a message
// such as
//
//	digits.NewTrainer: Options.Workers = -1, want at least 0
//
//go:noinline
func BadWorkers(fn string, got int) {
	panic(fn + ": Options.Workers = " + strconv.Itoa(got) + ", want at least 0")
}

// Misused panics because something is not in the state that a function needs, with
// a message such as
//
//	digits.Trainer.Step: the trainer is closed
//
//go:noinline
func Misused(fn, why string) { panic(fn + ": " + why) }

// Index returns an index of n elements that lie in a longer array. It panics where
// there is no such element.
func Index(i, n int) int {
	if uint(i) >= uint(n) {
		panic("index " + strconv.Itoa(i) + " out of range of " + strconv.Itoa(n) + " elements")
	}
	return i
}
