package spec

// Network is what the user wrote: every default filled in, every name
// resolved, every value checked against the vocabulary.
type Network struct {
	Pos     Pos
	File    string // base name of the spec, for headers and messages
	Name    string
	Package string
	Doc     string
	License string

	Inputs  []Input
	Outputs []Output
	Layers  []Layer

	Optimizer *Named // never nil after validation (default: sgd)
	Numeric   Numeric
	Codegen   Codegen
	// Budget holds what the network may cost: flash, ram, macs, lines.
	Budget Args

	// Files holds the contents of the files the spec names (masks, embedded
	// weights), by the path as written.
	Files map[string][]byte

	src   *source   // for the lines of later errors
	files []fileRef // where the spec names the files of Files
}

// fileRef is a place in the spec that names a file.
type fileRef struct {
	pos  Pos
	path string
	what string // layer 2 (dense "out"): mask: file
}

// Input is one named input of the network.
type Input struct {
	Pos   Pos
	Name  string // "x" if the network has one and it was not named
	Shape []int  // without the batch axis
	// Columns are the columns of a table that the elements of the input come
	// from, nil if they are not named. They say the shape.
	Columns   []Column
	Normalize *Normalize
	// ChannelsLast: its last axis holds the channels, which layers read as the first.
	ChannelsLast bool
	// Bytes: its elements are numbers from 0 to 255, uint8 in Go.
	Bytes bool
	// Context is the number of its last elements that are kept for the next call,
	// in which they stand before the new ones.
	Context int
}

// Normalize scales an input or a target, (x − Mean) / Std, and an output back,
// y·Std + Mean.
// Min and max are mean = min, std = max − min.
type Normalize struct {
	Pos       Pos
	Mean, Std []float64 // one number or one per element
	Fit       bool      // `standard`: fitted to the training data
}

// Output is one named output of the network.
type Output struct {
	Pos    Pos
	Name   string   // "y" if the network has one and it was not named
	From   string   // the layer it reads; default the last one
	Labels []string // class names
	// Normalize says what its targets are normalised by, and what is undone to its
	// values.
	Normalize *Normalize
	// Lengths names the input or layer of one number that says how many steps of the
	// first axis a sample has; the loss is over these. "" is all.
	Lengths   string
	LengthsAt Pos
	Loss      *Named  // nil: the output is not trained
	Weight    float64 // factor of its loss; default 1
}

// Layer is one node of the network.
type Layer struct {
	Pos  Pos
	Name string
	Kind string   // a row of the layer table, or of the activation table
	From []string // layers or inputs it reads; empty for a constant alone
	Args Args
}

// Numeric is the numeric contract.
type Numeric struct {
	Mode  string // fast | reproducible
	DType string // float32 | float64
}

// Codegen says what to generate.
type Codegen struct {
	Pos        Pos
	Train      bool
	Batch      int      // MaxBatch
	Unroll     string   // auto | none | full
	SIMD       []string // auto | none | instruction sets
	Storage    string   // float32 | float16 | int8
	Embed      string   // weight file to embed, "" for none
	Standalone bool
	SkipZeros  string // auto | off
}

// Named is a word with its fields, as in `activation: {leaky_relu: {negative_slope: 0.2}}`.
type Named struct {
	Pos  Pos
	Name string // canonical, never an alias
	Args Args
}

// Args are the fields of a word, defaults filled in.
type Args map[string]Arg

// Arg is the value of one field: float64, int, bool, string, []float64,
// []string, *Named or Args, by its Param's Type.
type Arg struct {
	Pos   Pos
	Value any
	Set   bool // written by the user, not a default
}

// Has reports whether the field has a value.
func (a Args) Has(name string) bool { _, ok := a[name]; return ok }

// Float returns a Number field, 0 if absent.
func (a Args) Float(name string) float64 { v, _ := a[name].Value.(float64); return v }

// Int returns an Integer field, 0 if absent.
func (a Args) Int(name string) int { v, _ := a[name].Value.(int); return v }

// Bool returns a Bool field, false if absent.
func (a Args) Bool(name string) bool { v, _ := a[name].Value.(bool); return v }

// Text returns a Text or Enum field or the word of an EnumOrNumbers, "" if
// absent.
func (a Args) Text(name string) string { v, _ := a[name].Value.(string); return v }

// Floats returns a NumberList field or the numbers of an EnumOrNumbers, nil if
// absent.
func (a Args) Floats(name string) []float64 { v, _ := a[name].Value.([]float64); return v }

// Texts returns an EnumList field, nil if absent.
func (a Args) Texts(name string) []string { v, _ := a[name].Value.([]string); return v }

// Word returns a Word field, nil if absent.
func (a Args) Word(name string) *Named { v, _ := a[name].Value.(*Named); return v }

// Group returns a Group field, nil if absent.
func (a Args) Group(name string) Args { v, _ := a[name].Value.(Args); return v }
