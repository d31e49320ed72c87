package plan

import (
	"github.com/nngen-go/nngen/gen/ir"
	"github.com/nngen-go/nngen/gen/schedule"
)

// NetBytes is the size of the parameters, with the filters a second time.
func (p *Plan) NetBytes() int { return p.Net.Size + p.Filtered.Size }

// StateBytes is the size of the optimiser's states; each is as large as the
// parameters.
func (p *Plan) StateBytes() int {
	if p.Train == nil {
		return 0
	}
	return len(p.Train.States) * p.Net.Size
}

// TrainerBytes is the size of what a trainer keeps beside the parameters:
// gradients, states, what is kept of every sample of the batch, workspaces. Groups of
// samples are WorkerBytes of it, for one worker.
func (p *Plan) TrainerBytes() int {
	t := p.Train
	if t == nil {
		return 0
	}
	n := p.Net.Size + p.StateBytes() + p.Transposed.Size
	copies := map[string]bool{} // by purpose: kept connections and their mask
	for _, v := range t.Copies {
		copies[v.Name[len(v.Param.Name):]] = true
	}
	n += len(copies) * p.Net.Size
	for _, v := range t.Rows {
		if !t.Grouped[v] {
			n += p.rowsBytes(v)
		}
	}
	for _, v := range t.Values {
		n += v.Size() * ElemSize(v.DType)
	}
	if t.One != nil {
		n += t.One.Bytes()
	}
	if t.Group > 0 {
		return n + p.WorkerBytes()
	}
	return n + p.spaceBytes()
}

// WorkerBytes is the size of what every worker keeps of the samples of its group; 0
// where a batch goes through the network as a whole.
func (p *Plan) WorkerBytes() int {
	if p.Train == nil || p.Train.Group == 0 {
		return 0
	}
	n := p.spaceBytes()
	for v := range p.Train.Grouped {
		n += p.rowsBytes(v)
	}
	return n
}

// rowsBytes is the size of the rows of a value.
func (p *Plan) rowsBytes(v *ir.Value) int {
	return roundUp(p.Train.RowsOf(v, p.Options.Batch)*p.RowStride(v.Size(), v.DType), schedule.Panel) * ElemSize(v.DType)
}

// spaceBytes is the size of the workspaces of samples.
func (p *Plan) spaceBytes() int {
	n := 0
	for _, ph := range append(p.Train.Gradients.Phases(Samples), p.Train.Evaluate.Phases(Samples)...) {
		n += p.batchBytes(ph)
	}
	return n
}

// batchBytes is the size of a phase's workspaces for a batch.
func (p *Plan) batchBytes(ph *Phase) int {
	if p.Layerwise {
		return ph.bytes(p.Together(), func(size int) int { return p.RowStride(size, ph.Elem) })
	}
	return p.Options.Batch * ph.Bytes()
}

// Gap is the elements between a slot of some rows and the next: a cache line after a
// large one of an even number of lines. A panel of a map of 32, 64 … channels has lines
// in a part of the cache sets, and without the gap those of what a step reads and of
// what it writes would be in the same. Rows have gaps of their own, by RowStride.
func (ph *Phase) Gap(slot, rows int) int {
	bytes := ph.Slots[slot] * ph.Room(slot) * ElemSize(ph.Elem)
	if rows > 1 || slot == len(ph.Slots)-1 || bytes < aliasing || bytes%(2*alignment) != 0 {
		return 0
	}
	return alignment / ElemSize(ph.Elem)
}
