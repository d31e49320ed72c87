package target

// Machine is what an instruction set has, which the machine schedule follows from.
type Machine struct {
	Bytes int // of a vector
	// Halves: the last vector of some outputs may have half the bytes, which takes half
	// the time; all of a convolution whose outputs these hold.
	Halves bool
	// Masks: a vector may be partial at no cost. MaskRegisters is how many registers of
	// sums a mask takes, LaneArg how an argument says which lanes there are.
	Masks         bool
	MaskRegisters int
	LaneArg       LaneArg
	Sums          int // registers for the sums of a kernel
	// Weights is how many registers a tile of a dense layer has for vectors of weights;
	// one of them is the product where it is rounded by itself.
	Weights int
	// RowVectors is how many vectors of outputs such a tile has; 0 is those of a panel.
	RowVectors int
	// RowTiles are the numbers of rows that such tiles may have, the largest first; the
	// last arguments of a kernel count them. OneColumn, if not 0, bounds them where all
	// outputs are in one vector: the loads of inputs take the time, and 12 rows gain 3 %.
	RowTiles  [][]int
	OneColumn int
	// RowRegisters, if not 0, is how many registers the sums of such a tile and the
	// inputs of its rows have, which are loaded as vectors.
	RowRegisters int
	// FilterSums is how many there are in a convolution, of which, where FiltersHeld, the
	// weights of an input are kept in some.
	FilterSums  int
	FiltersHeld bool
	// PanelsOfTile: where every channel is by itself, a tile has those of all panels.
	PanelsOfTile bool
	// Positions of a tile of a convolution, and pairs of a column and a channel in the
	// gradient of its filters: as many hide the latency, and bound the code.
	MostPositions, MostPairs int
	// InputBytes is what the gradients of inputs take that a tile computes together,
	// InputTiles are the numbers of rows that such tiles may have, as RowTiles. ProductRow:
	// a product that is rounded by itself takes the registers of a row.
	InputBytes int
	InputTiles [][]int
	ProductRow bool
	// InputsOfWeights is the number of inputs that is best divided into what GradWeight
	// takes at once.
	InputsOfWeights int
	// Core says what a tile of a dense layer takes; nil where nothing is known.
	Core *Core
}

// LaneArg is how an argument says which lanes a partial vector has.
type LaneArg uint8

// They are as many as it says, those whose bits are set, or those of the mask that
// lies so many bytes behind the first.
const (
	LaneCount LaneArg = iota
	LaneBits
	LaneOffset
)

// rowTiles are those of amd64.
var rowTiles = [][]int{{12, 8, 4, 1}, {8, 4, 1}, {6, 5, 1}, {4, 1}, {3, 2, 1}, {2, 1}, {1}}

// machines are those of the instruction sets.
var machines = map[string]Machine{
	"avx512": {Bytes: 64, Halves: true, Masks: true, LaneArg: LaneBits, Sums: 28, FilterSums: 28, PanelsOfTile: true, MostPositions: 16, MostPairs: 16, InputsOfWeights: 12,
		Weights: 3, RowVectors: 2, RowTiles: rowTiles, OneColumn: 8, InputBytes: 32, InputTiles: [][]int{{6, 1}},
		Core: &Core{Sums: 1, Loads: 1, Numbers: 0.8, Latency: 4}},
	"avx2": {Bytes: 32, MaskRegisters: 1, LaneArg: LaneOffset, Sums: 12, FilterSums: 12, PanelsOfTile: true, MostPositions: 16, MostPairs: 16, InputsOfWeights: 6,
		Weights: 3, RowVectors: 2, RowTiles: rowTiles, OneColumn: 8, InputBytes: 16, InputTiles: [][]int{{3, 2, 1}, {2, 1}}, ProductRow: true,
		Core: &Core{Sums: 2, Loads: 2, Numbers: 2, Latency: 4}},
	"neon": {Bytes: 16, Sums: 24, FilterSums: 28, FiltersHeld: true, MostPositions: 12, MostPairs: 16, InputsOfWeights: 6,
		RowTiles: [][]int{{8, 4, 1}, {7, 6, 1}, {6, 5, 1}, {5, 4, 1}, {4, 3, 1}, {3, 2, 1}, {2, 1}, {1}}, RowRegisters: 30,
		InputBytes: 16, InputTiles: [][]int{{3, 2, 1}, {2, 1}}},
}

// Lanes is the number of elements of a vector.
func (m *Machine) Lanes(elem string) int { return m.Bytes / size(elem) }

func size(elem string) int {
	if elem == "float64" {
		return 8
	}
	return 4
}

// filterVectors is how many vectors hold some outputs of a convolution, and whether the
// last is partial and needs a mask: there are loads of one, two and four numbers.
func (m *Machine) filterVectors(elem string, outputs int) (n int, masked bool) {
	lanes := m.Lanes(elem)
	if m.Halves && 2*outputs <= lanes {
		lanes /= 2
	}
	last := outputs % lanes
	return (outputs + lanes - 1) / lanes, last&(last-1) != 0
}

// Positions is the number of positions of a tile of a convolution of some outputs in some
// chains; each says that every output reads its own channel.
func (m *Machine) Positions(elem string, outputs, chains int, each bool) int {
	vectors, masked := m.filterVectors(elem, outputs)
	sums := m.FilterSums
	if m.FiltersHeld {
		sums -= vectors
	}
	if each && masked {
		sums -= m.MaskRegisters
	}
	return max(min(sums/(vectors*chains), m.MostPositions), 1)
}

// PairsAtOnce is how many pairs of a column and a channel FilterGradient sums at a time
// for some outputs.
func (m *Machine) PairsAtOnce(elem string, outputs int) int {
	vectors, _ := m.filterVectors(elem, outputs)
	return min((m.Sums-m.MaskRegisters)/vectors, m.MostPairs)
}
