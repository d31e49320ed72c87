package op

import (
	"reflect"
	"testing"

	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/spec"
)

// TestBroadcast has NumPy's rules for shapes.
func TestBroadcast(t *testing.T) {
	for _, c := range []struct{ a, b, want []int }{
		{[]int{3}, []int{3}, []int{3}}, {[]int{3}, []int{1}, []int{3}}, {[]int{}, []int{2, 3}, []int{2, 3}}, {[]int{}, []int{}, []int{}},
		{[]int{2, 3}, []int{3}, []int{2, 3}}, {[]int{2, 1}, []int{3}, []int{2, 3}}, {[]int{4, 1, 5}, []int{3, 1}, []int{4, 3, 5}},
		{[]int{2, 3}, []int{2}, nil}, {[]int{4}, []int{3}, nil}, {[]int{2, 2}, []int{2, 1, 3}, nil},
	} {
		for _, pair := range [][2][]int{{c.a, c.b}, {c.b, c.a}} {
			got, ok := broadcast(pair[0], pair[1])
			if ok != (c.want != nil) || ok && !reflect.DeepEqual(got, c.want) {
				t.Errorf("broadcast(%v, %v) = %v, %v, want %v", pair[0], pair[1], got, ok, c.want)
			}
		}
	}
}

// TestPythonRange compares with the indices one by one, as Python's reference
// defines them.
func TestPythonRange(t *testing.T) {
	const n = 5
	for step := -3; step <= 3; step++ {
		for start := -7; start <= 8; start++ {
			for end := -7; end <= 8; end++ {
				if step == 0 {
					continue
				}
				a := spec.Args{}
				if start < 8 { // 8 stands for absent
					a["start"] = spec.Arg{Value: start}
				}
				if end < 8 {
					a["end"] = spec.Arg{Value: end}
				}
				want := pythonSlice(a, step, n)
				first, count := pythonRange(a, step, n)
				var got []int
				for i := range max(0, count) {
					got = append(got, first+i*step)
				}
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("[%v:%v:%d] of %d: %v, want %v", a["start"].Value, a["end"].Value, step, n, got, want)
				}
			}
		}
	}
}

// pythonSlice walks the indices of start:end:step that exist among n.
func pythonSlice(a spec.Args, step, n int) (all []int) {
	from := func(field string) int {
		i := a.Int(field)
		if i < 0 {
			i += n
		}
		return i
	}
	i := 0
	if step < 0 {
		i = n - 1
	}
	if a.Has("start") {
		i = from("start")
		if i < 0 && step > 0 { // clipped to the first element
			i = 0
		}
		if i >= n && step < 0 {
			i = n - 1
		}
	}
	for ; i >= 0 && i < n; i += step {
		if end := from("end"); a.Has("end") && (step > 0 && i >= end || step < 0 && i <= end) {
			break
		}
		all = append(all, i)
	}
	return all
}

func TestMergeAxes(t *testing.T) {
	for _, c := range []struct{ axes, want []ir.Axis }{
		{nil, nil},
		{[]ir.Axis{{Size: 1, Stride: 7}}, nil},
		{[]ir.Axis{{Size: 2, Stride: 12}, {Size: 3, Stride: 4}, {Size: 4, Stride: 1}}, []ir.Axis{{Size: 24, Stride: 1}}},
		{[]ir.Axis{{Size: 2}, {Size: 3}}, []ir.Axis{{Size: 6}}},
		{[]ir.Axis{{Size: 2, Stride: 4}, {Size: 3}, {Size: 4, Stride: 1}}, []ir.Axis{{Size: 2, Stride: 4}, {Size: 3}, {Size: 4, Stride: 1}}},
		{[]ir.Axis{{Size: 3, Stride: 1}, {Size: 2, Stride: 3}}, []ir.Axis{{Size: 3, Stride: 1}, {Size: 2, Stride: 3}}},
		{[]ir.Axis{{Size: 2, Stride: -4}, {Size: 4, Stride: -1}}, []ir.Axis{{Size: 8, Stride: -1}}},
	} {
		if got := ir.MergeAxes(c.axes); !reflect.DeepEqual(got, c.want) {
			t.Errorf("MergeAxes(%v) = %v, want %v", c.axes, got, c.want)
		}
	}
}
