package calls

import (
	"slices"

	"github.com/nngen-go/nngen/gen/kernel"
	"github.com/nngen-go/nngen/gen/schedule"
	"github.com/nngen-go/nngen/gen/target"
)

// joined takes the last full panels of a dense layer in one call, with the tail if
// there is one, as many as is estimated to be fastest: an input is then loaded into all
// lanes once for all, and more sums are under way.
func joined(t *target.Target, k *kernel.Kernel, loops []PanelLoop) []PanelLoop {
	if t.Core == nil {
		return loops
	}
	tail := k.Outputs - k.Panels.Full*schedule.Panel
	best, least := loops, cost(t, k, loops)
	for n := 1; n <= k.Panels.Full; n++ {
		outputs, from := n*schedule.Panel+tail, k.Panels.Full-n
		if !joins(t, k, outputs) || from%max(1, loops[0].Step) > 0 {
			continue
		}
		var with []PanelLoop
		if from > 0 {
			with = append(with, PanelLoop{From: 0, To: from, Step: loops[0].Step, Calls: slices.Clone(loops[0].Calls)})
		}
		with = append(with, PanelLoop{From: from, To: k.Panels.Full, Step: n, Tail: tail > 0, Calls: []Panel{panel(t, k.Elem.Acc, 0, outputs, true)}})
		if c := cost(t, k, with); c < least {
			best, least = with, c
		}
	}
	return best
}

// joins reports whether the sums and weights of so many outputs have registers.
func joins(t *target.Target, k *kernel.Kernel, outputs int) bool {
	return int(t.Columns(k.Elem.Acc, outputs)+0.5) <= t.MostColumns(k.Fused) && t.TileRows(k.Elem.Acc, outputs, k.Chains)[0] > 1
}

// cost is an estimate of the cycles that a term of a row takes in all calls.
func cost(t *target.Target, k *kernel.Kernel, loops []PanelLoop) float64 {
	return summed(loops, func(c *Panel) float64 {
		return t.Core.Term(t.TileRows(k.Elem.Acc, c.Outputs, k.Chains)[0], t.Columns(k.Elem.Acc, c.Outputs), k.Chains)
	})
}

// summed adds what each call of loops takes.
func summed(loops []PanelLoop, of func(c *Panel) float64) float64 {
	sum := 0.0
	for _, l := range loops {
		turns := 1
		if !l.Tail {
			turns = (l.To - l.From) / l.Step
		}
		for i := range l.Calls {
			sum += float64(turns) * of(&l.Calls[i])
		}
	}
	return sum
}
