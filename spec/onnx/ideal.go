package onnx

import (
	"math"
	"strconv"
)

// ideals are the numbers without a short decimal that activations are written
// with.
var ideals = []float64{
	math.Sqrt2, 1 / math.Sqrt2, math.Sqrt(2 / math.Pi), math.Sqrt(8 / math.Pi), math.Pi, math.E, math.Ln2, 1 / math.Ln2,
	2 / math.Sqrt(math.Pi), math.Log(2*math.Pi) / 2,
	1.6732632423543772, 1.0507009873554805, 1.6732632423543772 * 1.0507009873554805, // α, γ and αγ of SELU
}

// mostParts is the largest n of the fractions 1/n among the ideal numbers.
const mostParts = 1000

// Ideal is the number that a float32 constant of a model stands for: 1/√2 and
// its like, or 1/n, if the constant is the float32 nearest to it; else the
// shortest decimal that rounds to the constant, 0.1 rather than
// 0.10000000149011612. It always rounds to the same float32, so that a network
// in float32 is the same. Attributes, which cannot be float64, are read so in all
// models.
func Ideal(f float32) float64 {
	x := float64(f)
	if f == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	for _, v := range ideals {
		if v = math.Copysign(v, x); float32(v) == f {
			return v
		}
	}
	if n := math.Round(1 / x); math.Abs(n) > 1 && math.Abs(n) <= mostParts && float32(1/n) == f {
		return 1 / n
	}
	if v, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', -1, 32), 64); err == nil && float32(v) == f {
		return v
	}
	return x
}

// Numbers are the elements as the numbers they stand for: those of a float32
// tensor that are all the same by Ideal, others as they are.
func (t *Tensor) Numbers() ([]float64, error) {
	list, err := t.Float64s()
	if err != nil || t.DataType != Float || len(list) == 0 {
		return list, err
	}
	for _, x := range list {
		if x != list[0] {
			return list, nil
		}
	}
	v := Ideal(float32(list[0]))
	for i := range list {
		list[i] = v
	}
	return list, nil
}
