package bench

// Report is the result of a benchmark.
type Report struct {
	Network    string `json:"network"`
	DType      string `json:"dtype"`
	Mode       string `json:"numeric"`
	Optimizer  string `json:"optimizer,omitempty"`
	GOOS       string `json:"goos"`
	GOARCH     string `json:"goarch"`
	GoVersion  string `json:"go"`
	MaxBatch   int    `json:"codegen_batch"` // that the package was generated for
	SpecBatch  int    `json:"spec_batch"`    // that the spec says
	NoTraining string `json:"no_training,omitempty"`
	Cost       Cost   `json:"cost"`
	// Zeros is the share of exact zeros among what the layers read from other
	// layers, with the benchmark's parameters and samples.
	Zeros   float64  `json:"zeros"`
	Machine *Machine `json:"machine,omitempty"`
	// AVX512 is the machine with vectors of 64 bytes, for the path avx512.
	AVX512  *Machine `json:"machine_avx512,omitempty"`
	Results []Result `json:"results"`
	Layers  []Layer  `json:"layers,omitempty"`
}

// Result is a measurement.
type Result struct {
	Mode    string `json:"mode"`
	Batch   int    `json:"batch"`
	Path    string `json:"path"`
	Workers int    `json:"workers"`
	// Nanoseconds, of many slices of many calls.
	CallMedian   float64 `json:"ns_per_call"`
	CallMin      float64 `json:"ns_per_call_min"`
	SampleMedian float64 `json:"ns_per_sample"`
	SampleMin    float64 `json:"ns_per_sample_min"`
	Slices       int     `json:"slices"`
	Calls        int     `json:"calls"`
	Clock        string  `json:"clock"` // cpu: processor time; wall
	Allocs       uint64  `json:"allocs_per_call"`
	Bytes        uint64  `json:"bytes_per_call"`
	*Latency
	// What follows is of the minimum.
	GFLOPs float64 `json:"gflops"`
	*Against
}

// Latency is the nanoseconds of calls that were timed one by one, by percentile: what
// the system did meanwhile and the reading of the clock are in them.
type Latency struct {
	P50   int64 `json:"latency_p50"`
	P99   int64 `json:"latency_p99"`
	P999  int64 `json:"latency_p99_9"`
	P9999 int64 `json:"latency_p99_99"`
	Most  int64 `json:"latency_most"`
}

// latencyOf names percentiles.
func latencyOf(p []int64) *Latency {
	if len(p) == 0 {
		return nil
	}
	return &Latency{P50: p[0], P99: p[1], P999: p[2], P9999: p[3], Most: p[4]}
}

// Against sets a time against the machine. Shares are of the workers' cores.
type Against struct {
	PeakShare      float64 `json:"peak_share"`
	BandwidthShare float64 `json:"bandwidth_share"`
	Limit          float64 `json:"limit_ns_per_sample"`
	LimitBy        string  `json:"limit_by"` // compute, memory
	LimitAct       float64 `json:"limit_activations_ns_per_sample"`
	TimesLimit     float64 `json:"times_limit"`
	TimesLimitAct  float64 `json:"times_limit_activations"`
}

// complete fills in what follows from the times, the work and the machine.
func (r *Report) complete(res *Result, limit *Limit) {
	// Each worker of an inference has a batch of its own; those of training
	// share one.
	samples := float64(res.Batch)
	if res.Mode == Infer {
		samples *= float64(res.Workers)
	}
	res.SampleMedian, res.SampleMin = res.CallMedian/samples, res.CallMin/samples
	perSample := r.Cost.FLOPs(res.Mode, res.Batch) / float64(res.Batch)
	res.GFLOPs = perSample / res.SampleMin
	if limit == nil {
		return
	}
	per := func(ns float64) float64 { return ns / float64(res.Batch) / float64(res.Workers) }
	a := &Against{Limit: per(limit.Nanos()), LimitAct: per(limit.Nanos() + limit.Activations), LimitBy: "compute"}
	if limit.Memory > limit.Compute {
		a.LimitBy = "memory"
	}
	a.PeakShare, a.BandwidthShare = per(limit.Compute)/res.SampleMin, per(limit.Memory)/res.SampleMin
	a.TimesLimit, a.TimesLimitAct = res.SampleMin/a.Limit, res.SampleMin/a.LimitAct
	res.Against = a
}

// machine is the place of the machine as code on a path can use it.
func (r *Report) machine(path string) **Machine {
	if path == "avx512" {
		return &r.AVX512
	}
	return &r.Machine
}
