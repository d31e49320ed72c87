package asm

// MatVec is y = W·x + b for one sample, with or without relu: what the
// planner decided, in the terms of an instruction set's printer.
type MatVec struct {
	Name    string
	Doc     []string
	Double  bool // float64
	Fused   bool // fused multiply-add; else product and sum round separately
	Outputs int  // N
	Inputs  int  // K
	Chains  int
	Full    int // 16-wide panels
	Tail    int // width of the last one, 0, 8 or 16
	Rows    int // length of a panel
	Bias    bool
	Relu    bool

	YType, XType, WType, WtType, BType string // of the arguments
}

// MultiplyAdds returns the size of the kernel.
func (m *MatVec) MultiplyAdds() int { return m.Outputs * m.Inputs }
