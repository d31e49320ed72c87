package spec

// Vocabulary holds the words of the language, one table per syntactic slot.
type Vocabulary struct {
	Layers       []Kind
	Activations  []Kind
	Losses       []Kind
	Optimizers   []Kind
	Schedules    []Kind
	Clips        []Kind
	Regularizers []Kind
	Initializers []Kind
}

// Slot names a table of the vocabulary: the kind of word a field takes.
type Slot string

// The slots of the language.
const (
	LayerSlot       Slot = "layer"
	ActivationSlot  Slot = "activation"
	LossSlot        Slot = "loss"
	OptimizerSlot   Slot = "optimizer"
	ScheduleSlot    Slot = "schedule"
	ClipSlot        Slot = "clip"
	RegularizerSlot Slot = "regularizer"
	InitializerSlot Slot = "initializer"
)

// Table returns the rows of a slot.
func (v *Vocabulary) Table(s Slot) []Kind {
	switch s {
	case LayerSlot:
		return v.Layers
	case ActivationSlot:
		return v.Activations
	case LossSlot:
		return v.Losses
	case OptimizerSlot:
		return v.Optimizers
	case ScheduleSlot:
		return v.Schedules
	case ClipSlot:
		return v.Clips
	case RegularizerSlot:
		return v.Regularizers
	case InitializerSlot:
		return v.Initializers
	}
	return nil
}

// Kind is one word and the fields it takes.
type Kind struct {
	Name    string
	Aliases []string
	Doc     string // one sentence, may contain a formula
	Params  []Param

	// MinFrom and MaxFrom bound the number of sources of a layer. 0 means 1,
	// AnyFrom as MaxFrom means no bound.
	MinFrom, MaxFrom int
	// NoFrom: the layer reads nothing.
	NoFrom bool
}

// AnyFrom is a Kind.MaxFrom without a bound.
const AnyFrom = -1

// arity returns the bounds on the number of sources; a negative hi is no bound.
func (k *Kind) arity() (lo, hi int) {
	lo, hi = max(1, k.MinFrom), k.MaxFrom
	if hi >= 0 {
		hi = max(lo, hi)
	}
	return lo, hi
}

// short returns the field whose value may stand in place of the fields, or nil.
func (k *Kind) short() *Param {
	for i := range k.Params {
		if k.Params[i].Short {
			return &k.Params[i]
		}
	}
	return nil
}

// param returns the field of a name, or nil.
func (k *Kind) param(name string) *Param {
	for i := range k.Params {
		if k.Params[i].Name == name {
			return &k.Params[i]
		}
	}
	return nil
}

// Type is the type of a field's value.
type Type int

// The types of fields.
const (
	Number        Type = iota // float64
	Integer                   // int
	Bool                      // bool
	Text                      // string
	Enum                      // string, one of Param.Enum
	NumberList                // []float64; a single number is a list of one
	EnumList                  // []string, each one of Param.Enum; a single word is a list of one
	EnumOrNumbers             // string, one of Param.Enum, or []float64
	Word                      // *Named from the table Param.Slot
	Group                     // Args: a map with the fields Param.Fields
)

// Param is one field of a word.
type Param struct {
	Name     string
	Doc      string
	Type     Type
	Slot     Slot     // Word: the table
	Enum     []string // Enum: the allowed values
	Fields   []Param  // Group: its fields
	Required bool
	Default  any // nil: absent stays absent. Word: the name or a *Named
	// Range of a Number, Integer or each number of a list; nil is any finite
	// number.
	Range *Range
	// File: a Text is the path of a file beside the spec: relative, with
	// slashes, without "..". Load reads it into Network.Files.
	File bool
	// Layer: a Text is the name of a layer, which it reads.
	Layer bool
	// OneOf: exactly one of these fields of a Group must be written.
	OneOf []string
	// With: this field may only be written together with that one.
	With string
	// Unless: beside that field, or where it is true, this one follows from it, so
	// that its default is not written out.
	Unless string
	// ByLabel: in place of numbers, an EnumOrNumbers of a loss may be a map of the
	// labels of the output to numbers.
	ByLabel bool
	// Short: the value may stand in place of the map of fields, as in
	// `l2: 1.0e-4`. At most one per Kind.
	Short bool
}

// Range is an interval of numbers. An infinite end is no bound.
type Range struct {
	Min, Max         float64
	MinOpen, MaxOpen bool
}
