package spec

import (
	yaml "go.yaml.in/yaml/v4"

	"github.com/nngen-go/nngen/spec/code"
)

// numericParams are the fields of numeric.
var numericParams = []Param{
	{Name: "mode", Type: Enum, Enum: []string{"fast", "reproducible"}, Default: "fast",
		Doc: "fast: fused multiply-add where the machine has it; reproducible: the same bits on every machine."},
	{Name: "dtype", Type: Enum, Enum: []string{"float32", "float64"}, Default: "float32",
		Doc: "Type of the parameters and of the arithmetic."},
}

// codegenParams are the fields of codegen.
var codegenParams = []Param{
	{Name: "train", Type: Bool, Default: true,
		Doc: "Generate the trainer. Storage other than float32 turns it off."},
	{Name: "batch", Type: Integer, Range: &Range{Min: 1, Max: 65536}, Default: 32,
		Doc: "Largest number of samples in one step."},
	{Name: "unroll", Type: Enum, Enum: []string{"auto", "none", "full"}, Default: "auto",
		Doc: "Straight-line code instead of loops."},
	{Name: "simd", Type: EnumList, Enum: []string{"auto", "none", "all", "avx2", "avx512", "neon"}, Default: "auto",
		Doc: "Instruction sets to write assembly for: auto those of amd64, all also neon of arm64, which makes a package two thirds larger and without which arm64 runs portable Go; none writes no assembly. What train, eval, predict and bench compile for themselves has this machine's where it says auto."},
	{Name: "storage", Type: Enum, Enum: []string{"float32", "float16", "int8"}, Default: "float32",
		Doc: "Type of the weights of dense and recurrent layers in memory (the filters of convolutions, of which each serves several places, stay float32), with dtype float32: float16 rounds them to nearest (at most ±65504); int8 to multiples q·s of a scale per output, s = max|W|/127, y = f(b + s·Σ q·x). Save writes the rounded weights as float32."},
	{Name: "embed", Type: Text, File: true,
		Doc: "Weight file to put into the binary, in the form of storage."},
	{Name: "standalone", Type: Bool, Default: false,
		Doc: "Write code that imports the standard library alone."},
	{Name: "skip_zeros", Type: Enum, Enum: []string{"auto", "off"}, Default: "auto",
		Doc: "Skip inputs that are zero where that is faster; never in reproducible mode."},
}

// budgetParams are the fields of budget.
var budgetParams = []Param{
	{Name: "flash", Type: Integer, Range: amount, Doc: "Bytes of the weights, in the form in which they are stored."},
	{Name: "ram", Type: Integer, Range: amount, Doc: "Bytes that an inference takes: the parameters in memory, and one workspace."},
	{Name: "macs", Type: Integer, Range: amount, Doc: "Multiply-adds of an inference."},
	{Name: "lines", Type: Integer, Range: amount, Doc: "Lines of the generated Go and assembly, without tests."},
}

// amount is the range of a budget.
var amount = &Range{Min: 1, Max: 1 << 53}

// Sections returns the fields of the top-level maps numeric, codegen and budget.
func Sections() map[string][]Param {
	return map[string][]Param{"numeric": numericParams, "codegen": codegenParams, "budget": budgetParams}
}

// section decodes a top-level map of plain fields.
func (d *decoder) section(top entries, name string, params []Param) Args {
	n := top.get(name)
	if n == nil {
		return d.v.defaultArgs(params, d.net.Pos)
	}
	if n.Kind != yaml.MappingNode {
		d.fail(n, fieldHint("", paramNames(params)), code.Form+"%s must be a map of fields, got %s", name, describe(n))
		return d.v.defaultArgs(params, pos(n))
	}
	return d.fields(name, d.entries(name, n, paramNames(params)), params)
}

func (d *decoder) numeric(top entries) {
	args := d.section(top, "numeric", numericParams)
	d.net.Numeric = Numeric{Mode: args.Text("mode"), DType: args.Text("dtype")}
}

func (d *decoder) codegen(top entries) {
	args := d.section(top, "codegen", codegenParams)
	c := &d.net.Codegen
	*c = Codegen{
		Pos:        d.net.Pos,
		Train:      args.Bool("train"),
		Batch:      args.Int("batch"),
		Unroll:     args.Text("unroll"),
		SIMD:       args.Texts("simd"),
		Storage:    args.Text("storage"),
		Embed:      args.Text("embed"),
		Standalone: args.Bool("standalone"),
		SkipZeros:  args.Text("skip_zeros"),
	}
	if n := top.get("codegen"); n != nil {
		c.Pos = pos(n)
	}
	if len(c.SIMD) > 1 {
		for _, s := range c.SIMD {
			if s == "auto" || s == "none" || s == "all" {
				d.failAt(args["simd"].Pos, "write simd: "+s+" alone, or list instruction sets",
					code.Conflict+"codegen: simd lists %s beside instruction sets", s)
			}
		}
	}
	d.storage(args)
}

func (d *decoder) budget(top entries) {
	d.net.Budget = d.section(top, "budget", budgetParams)
}

// storage turns training off for weights that training cannot update.
func (d *decoder) storage(args Args) {
	c := &d.net.Codegen
	if c.Storage == "float32" || c.Storage == "" {
		return
	}
	if c.Train && args["train"].Set {
		d.failAt(args["train"].Pos, "write train: false, or storage: float32",
			code.Conflict+"codegen: a net with storage %s does not train", c.Storage)
	}
	c.Train = false
}
