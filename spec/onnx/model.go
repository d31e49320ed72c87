package onnx

// Model is a file: a graph and the operator sets it is written in.
type Model struct {
	IRVersion       int64
	OpsetImports    []*OperatorSet
	ProducerName    string
	ProducerVersion string
	Domain          string
	ModelVersion    int64
	DocString       string
	Graph           *Graph
	MetadataProps   []*Entry
	TrainingInfo    [][]byte // undecoded
	Functions       []*Function
}

// OperatorSet is a version of the operators of a domain; "" is ONNX's own.
type OperatorSet struct {
	Domain  string
	Version int64
}

// LabelsKey, and the name of an output behind it, is the key of the entry of
// MetadataProps that holds the names of its classes, as a list in JSON.
const LabelsKey = "nngen.labels."

// Entry is a key with its value.
type Entry struct {
	Key, Value string
}

// Function is an operator that the model itself defines by a list of nodes.
type Function struct {
	Name         string
	Domain       string
	Overload     string
	Inputs       []string
	Outputs      []string
	Attributes   []string     // those without a default
	Defaults     []*Attribute // those with one
	Nodes        []*Node
	OpsetImports []*OperatorSet
	DocString    string
}

// Graph is a list of nodes, each below those it reads.
type Graph struct {
	Name               string
	Nodes              []*Node
	Initializers       []*Tensor
	SparseInitializers [][]byte // undecoded
	DocString          string
	Inputs             []*ValueInfo
	Outputs            []*ValueInfo
	ValueInfos         []*ValueInfo
	Annotations        [][]byte // of quantization, undecoded
}

// Node is the call of an operator. An input or output named "" is absent.
type Node struct {
	Name       string
	OpType     string
	Domain     string
	Overload   string
	Inputs     []string
	Outputs    []string
	Attributes []*Attribute
	DocString  string
}

// Attribute is a constant argument of a node. Type says which field holds it.
type Attribute struct {
	Name    string
	RefName string // of an attribute of the function around the node
	Type    AttributeType
	F       float32
	I       int64
	S       []byte
	T       *Tensor
	G       *Graph
	Floats  []float32
	Ints    []int64
	Strings [][]byte
	Tensors []*Tensor
	Graphs  []*Graph
}

// AttributeType names the field of an attribute that holds its value.
type AttributeType int64

// The types of attributes.
const (
	AttributeUndefined AttributeType = iota
	AttributeFloat
	AttributeInt
	AttributeString
	AttributeTensor
	AttributeGraph
	AttributeFloats
	AttributeInts
	AttributeStrings
	AttributeTensors
	AttributeGraphs
)

// Tensor is a constant. Its elements lie row by row in RawData, little-endian, or
// in the list for their type; Float32s and its kin read either.
type Tensor struct {
	Name       string
	Dims       []int64
	DataType   DataType
	FloatData  []float32 // of Float
	Int32Data  []int64   // of the types of at most 32 bits, Bool, Float16, BFloat16
	StringData [][]byte
	Int64Data  []int64
	DoubleData []float64
	Uint64Data []int64 // of Uint32 and Uint64, by their bits
	RawData    []byte  // shares the memory of the file
	HasRaw     bool
	External   []*Entry // where the elements lie, if Location is 1
	Location   int64
	DocString  string
	Segment    string // not empty if it is part of a larger one
}

// ValueInfo is the name and type of an input, an output or a value between.
type ValueInfo struct {
	Name      string
	Type      *Type
	DocString string
}

// Type is the type of a value. Tensor is nil for sequences, maps and the
// like, which Other names.
type Type struct {
	Tensor *TensorType
	Other  string
}

// TensorType is a type of element with a shape, which is nil if unknown.
type TensorType struct {
	ElemType DataType
	Shape    *Shape
}

// Shape is a list of dimensions.
type Shape struct {
	Dims []*Dim
}

// Dim is a dimension: a number, or a name, or unknown if neither.
type Dim struct {
	Value    int64
	HasValue bool
	Param    string
}
