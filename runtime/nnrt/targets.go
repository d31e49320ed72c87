package nnrt

import (
	"errors"
	"strconv"
)

// ClassError returns an error for a target that is no class number, such as
//
//	digits.Target: class 10, want one from 0 to 9
func ClassError(what string, class, classes int) error {
	return errors.New(what + ": class " + strconv.Itoa(class) + ", want one from 0 to " + strconv.Itoa(classes-1))
}

// NumberError returns an error for element i of a target that is not finite, such
// as
//
//	policy.Target: element 3 is NaN, want a finite number
func NumberError(what string, i int, v float64) error {
	return errors.New(what + ": element " + strconv.Itoa(i) + " is " + strconv.FormatFloat(v, 'g', -1, 64) + ", want a finite number")
}

// TargetError says which of several targets an error is about: target 7: …
func TargetError(index int, err error) error {
	return errors.New("target " + strconv.Itoa(index) + ": " + err.Error())
}
