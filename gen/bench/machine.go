package bench

import (
	"slices"

	"github.com/nngen-go/nngen/gen/ir"
)

// Machine is what one core can do, as measured in the run.
type Machine struct {
	CPU    string  `json:"cpu"`
	GHz    float64 `json:"ghz"`    // clock under load
	GFLOPs float64 `json:"gflops"` // peak of float32 multiply-adds, 2 operations each
	// FLOPsPerCycle should be close to 32: two fused multiply-adds of eight
	// float32 per cycle; to 64 with AVX-512 where the core has two such units.
	FLOPsPerCycle float64     `json:"flops_per_cycle"`
	Bandwidth     []Bandwidth `json:"bandwidth"`
	// Functions are the nanoseconds per element of the network's functions, as
	// they are generated, on arrays in the first-level cache.
	Functions map[string]float64 `json:"functions_ns"`
}

// Bandwidth is that of working sets of a size, in GB/s (bytes per nanosecond).
type Bandwidth struct {
	Bytes  int     `json:"bytes"`
	Read   float64 `json:"read_gb_s"`
	Update float64 `json:"update_gb_s"` // bytes read, changed and written back
}

// probed is a machine as the program reports it.
type probed struct {
	CPU                   string
	GHz, GFLOPs, PerCycle float64
	Bandwidth             []struct {
		Bytes        int
		Read, Update float64
	}
	Functions map[string]float64
}

// merge takes what several probes say at best.
func (m *Machine) merge(p *probed) {
	m.CPU = p.CPU
	if p.GFLOPs > m.GFLOPs {
		m.FLOPsPerCycle = p.PerCycle
	}
	m.GHz, m.GFLOPs = max(m.GHz, p.GHz), max(m.GFLOPs, p.GFLOPs)
	if m.Functions == nil {
		m.Functions = map[string]float64{}
	}
	for name, ns := range p.Functions {
		if have, ok := m.Functions[name]; !ok || ns < have {
			m.Functions[name] = ns
		}
	}
	for i, b := range p.Bandwidth {
		if i == len(m.Bandwidth) {
			m.Bandwidth = append(m.Bandwidth, Bandwidth{Bytes: b.Bytes})
		}
		m.Bandwidth[i].Read = max(m.Bandwidth[i].Read, b.Read)
		m.Bandwidth[i].Update = max(m.Bandwidth[i].Update, b.Update)
	}
	// A smaller working set is never slower; where it was, it was disturbed.
	for i := len(m.Bandwidth) - 2; i >= 0; i-- {
		m.Bandwidth[i].Read = max(m.Bandwidth[i].Read, m.Bandwidth[i+1].Read)
		m.Bandwidth[i].Update = max(m.Bandwidth[i].Update, m.Bandwidth[i+1].Update)
	}
}

// at returns the bandwidth of a working set, between those measured by linear
// interpolation.
func (m *Machine) at(bytes int) Bandwidth {
	i, _ := slices.BinarySearchFunc(m.Bandwidth, bytes, func(b Bandwidth, n int) int { return b.Bytes - n })
	switch i {
	case 0:
		return m.Bandwidth[0]
	case len(m.Bandwidth):
		return m.Bandwidth[i-1]
	}
	a, b := m.Bandwidth[i-1], m.Bandwidth[i]
	t := float64(bytes-a.Bytes) / float64(b.Bytes-a.Bytes)
	return Bandwidth{bytes, a.Read + t*(b.Read-a.Read), a.Update + t*(b.Update-a.Update)}
}

// Limit is the least time that a call can take, in nanoseconds.
type Limit struct {
	Compute     float64 // operations at the peak
	Memory      float64 // parameters at the bandwidth
	Activations float64 // operations with elementary functions
}

// Nanos is the limit without activations.
func (l Limit) Nanos() float64 { return max(l.Compute, l.Memory) }

// compute is the time of the operations of a call at the peak. A vector has half as many
// float64.
func (m *Machine) compute(c *Cost, dtype ir.DType, mode string, batch int) float64 {
	slower := 1.0
	if dtype == ir.Float64 {
		slower = 2
	}
	return slower * c.FLOPs(mode, batch) / m.GFLOPs
}

// limit returns the limit of a call.
func (m *Machine) limit(c *Cost, dtype ir.DType, mode string, batch int) Limit {
	b := m.at(c.WorkingSet(mode))
	l := Limit{Compute: m.compute(c, dtype, mode, batch), Memory: float64(c.Bytes) / b.Read}
	if mode == Train {
		l.Memory += float64(c.TrainedBytes+c.StateBytes) / b.Update
	}
	for _, f := range c.Functions {
		n := f.Infer
		if mode == Train {
			n = f.Train
		}
		l.Activations += float64(batch) * float64(n) * m.Functions[f.Name]
	}
	return l
}
