package target

import (
	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
)

// The tiles of a dense layer: some rows of a batch, and some outputs or inputs.

// columns is how many vectors hold some outputs, and whether the last is of half the
// bytes.
func (m *Machine) columns(elem string, outputs int) (vectors int, half bool) {
	lanes := m.Lanes(elem)
	vectors = (outputs + lanes - 1) / lanes
	return vectors, m.Halves && outputs > 0 && outputs <= vectors*lanes-lanes/2
}

// Columns is how many vectors some outputs take, a half being half of one.
func (m *Machine) Columns(elem string, outputs int) float64 {
	vectors, half := m.columns(elem, outputs)
	if half {
		return float64(vectors) - 0.5
	}
	return float64(vectors)
}

// MostColumns is how many vectors of weights MatMul keeps where it takes full panels
// with the tail.
func (m *Machine) MostColumns(fused bool) int {
	if fused {
		return m.Weights
	}
	return m.Weights - 1
}

// rows is for how many rows there are registers, of some vectors of outputs.
func (m *Machine) rows(elem string, vectors, chains int) int {
	n := m.Sums / (vectors * chains)
	if m.RowRegisters > 0 {
		inputs := max(4, chains) / m.Lanes(elem) // vectors of a turn
		n = min(n, m.RowRegisters/(vectors*chains+inputs))
	}
	return n
}

// TileRows are the numbers of rows that a tile of some outputs takes.
func (m *Machine) TileRows(elem string, outputs, chains int) []int {
	vectors, _ := m.columns(elem, outputs)
	most := m.rows(elem, vectors, chains)
	if vectors == 1 && m.OneColumn > 0 {
		most = min(most, m.OneColumn)
	}
	return largest(m.RowTiles, most)
}

// largest is the first of some tiles that have at most so many rows.
func largest(tiles [][]int, most int) []int {
	for _, rows := range tiles {
		if rows[0] <= most {
			return rows
		}
	}
	return []int{1}
}

// InputsAtOnce is the number of inputs whose gradients a kernel computes together.
func (m *Machine) InputsAtOnce(k *kernel.Kernel) int {
	return min(m.InputBytes/size(k.Elem.Acc), k.Outputs)
}

// GradInputRows are the numbers of rows that a tile of the gradients of some inputs
// takes.
func (m *Machine) GradInputRows(k *kernel.Kernel, inputs int) []int {
	most := m.Sums * m.Lanes(k.Elem.Acc) / (inputs * k.Chains)
	if m.ProductRow && !k.Fused {
		most = min(most, m.InputTiles[0][0]-1)
	}
	return largest(m.InputTiles, most)
}

// VectorOutputs is the number of outputs that a kernel computes for a row: fewer where
// the chains need the registers.
func (m *Machine) VectorOutputs(elem string, chains int) int {
	lanes, outputs := m.Lanes(elem), schedule.Panel
	if m.RowVectors > 0 {
		outputs = m.RowVectors * lanes
	}
	for outputs > lanes && m.rows(elem, outputs/lanes, chains) == 0 {
		outputs /= 2
	}
	return outputs
}

// Last is how open kernels are told of the last vector of some outputs: for how many
// outputs the vectors have room, whether the last is partial, and the argument that says
// which lanes it has. Gradients of inputs have vectors no longer than the chains of a
// sum, of two rows where there would be room.
func (m *Machine) Last(elem string, outputs int, gradient bool) (room int, partial bool, mask int) {
	lanes := m.Lanes(elem)
	vectors, half := m.columns(elem, outputs)
	copies := 1
	if gradient {
		all := lanes
		lanes = min(lanes, schedule.GradInputChains)
		vectors, half, copies = (outputs+lanes-1)/lanes, false, all/lanes
	}
	room = vectors * lanes
	if half {
		room -= lanes / 2
	}
	if outputs == room {
		return room, false, 0
	}
	valid := outputs - (vectors-1)*lanes
	switch m.LaneArg {
	case LaneOffset:
		mask = (lanes - valid) * size(elem)
	case LaneBits:
		for range copies {
			mask = mask<<lanes | (1<<valid - 1)
		}
	default:
		mask = valid
	}
	return room, true, mask
}
