package importer

import (
	"maps"
	"slices"
	"strings"
)

// operator is a row of the table of operators.
type operator struct {
	// lower says what the node is in layers; at least one input is a value of
	// the network. nil: all inputs must be constants.
	lower func(c *call)
	// fold computes the result of a node whose inputs are all constants; nil:
	// that is refused.
	fold func(c *call)
	// operands: any input may be the one that is a value of the network, not
	// only the first.
	operands bool
}

// operators are the operators of ONNX that are understood. The files they are
// defined in: linear.go, arithmetic.go, elementwise.go, compare.go, shapes.go,
// parts.go, reduce.go, normalization.go, constants.go.
var operators map[string]operator

func init() { // not a literal: lowering reads the table
	operators = map[string]operator{
		"MatMul": {lower: lowerMatMul, operands: true},
		"Gemm":   {lower: lowerGemm, operands: true},

		"Add": binary("add", sum, lowerAdd),
		"Sub": binary("subtract", difference, lowerSub),
		"Mul": binary("multiply", product, lowerMul),
		"Div": {lower: lowerDiv, fold: foldDiv, operands: true},
		"Pow": {lower: lowerPow, fold: foldPow, operands: true},
		"Sum": variadic("add", sum), "Mean": {lower: lowerMean, operands: true},
		"Min": variadic("minimum", minimum), "Max": variadic("maximum", maximum),

		"Relu":            unary("relu"),
		"LeakyRelu":       {lower: lowerLeakyRelu},
		"PRelu":           {lower: lowerPRelu},
		"ThresholdedRelu": unary("thresholded_relu", attr{"alpha", 1, false}),
		"Sigmoid":         unary("sigmoid"),
		"HardSigmoid":     unary("hard_sigmoid", attr{"alpha", 0.2, true}, attr{"beta", 0.5, false}),
		"Tanh":            unary("tanh"),
		"Softsign":        unary("softsign"),
		"Softplus":        unary("softplus"),
		"Elu":             {lower: lowerElu},
		"Celu":            unary("celu", attr{"alpha", 1, true}),
		"Selu":            {lower: lowerSelu},
		"Gelu":            {lower: lowerGelu},
		"Swish":           {lower: lowerSwish},
		"HardSwish":       unary("hard_swish"),
		"Mish":            unary("mish"),
		"Clip":            {lower: lowerClip},
		"Abs":             unary("abs"),
		"Neg":             {lower: lowerNeg, fold: foldUnary(func(x float64) float64 { return -x })},
		"Exp":             unary("exp"),
		"Log":             unary("log"),
		"Sqrt":            unary("sqrt"),
		"Reciprocal":      unary("reciprocal"),
		"Erf":             unary("erf"),
		"Sign":            unary("sign"),

		"Less": comparison("less"), "LessOrEqual": comparison("less_or_equal"),
		"Greater": comparison("greater"), "GreaterOrEqual": comparison("greater_or_equal"),
		"Where": {lower: lowerWhere, operands: true},

		"Identity": {lower: lowerIdentity, fold: lowerIdentity},
		"Dropout":  {lower: lowerDropout},
		"Cast":     {lower: lowerCast, fold: foldCast},
		"CastLike": {lower: lowerCastLike, fold: foldCastLike, operands: true},

		"Softmax":    {lower: lowerSoftmax("softmax")},
		"LogSoftmax": {lower: lowerSoftmax("log_softmax")},

		"BatchNormalization": {lower: lowerBatchNormalization},
		"LayerNormalization": {lower: lowerLayerNormalization},

		"Reshape":   {lower: lowerReshape, fold: foldReshape},
		"Flatten":   {lower: lowerFlatten, fold: foldFlatten},
		"Squeeze":   {lower: lowerSqueeze, fold: foldSqueeze},
		"Unsqueeze": {lower: lowerUnsqueeze, fold: foldUnsqueeze},
		"Transpose": {lower: lowerTranspose, fold: foldTranspose},
		"Expand":    {lower: lowerExpand, fold: foldExpand},
		"Concat":    {lower: lowerConcat, fold: foldConcat, operands: true},
		"Split":     {lower: lowerSplit},
		"Slice":     {lower: lowerSlice, fold: foldSlice},
		"Gather":    {lower: lowerGather, fold: foldGather, operands: true},

		"ReduceMean":      {lower: reduction("reduce_mean")},
		"ReduceSum":       {lower: reduction("reduce_sum")},
		"ReduceMax":       {lower: reduction("reduce_max")},
		"ReduceMin":       {lower: reduction("reduce_min")},
		"ReduceSumSquare": {lower: lowerSumSquare},
		"ReduceL1":        {lower: lowerL1},
		"ReduceL2":        {lower: lowerL2},
		"ArgMax":          {lower: lowerArg("argmax")},
		"ArgMin":          {lower: lowerArg("argmin")},

		"Constant":        {fold: foldConstant},
		"ConstantOfShape": {fold: foldConstantOfShape},
		"Shape":           {lower: lowerShape, fold: lowerShape},
		"Size":            {lower: lowerSize, fold: lowerSize},
	}
}

// hints say what can be done about operators that are not supported.
var hints = []struct {
	words []string
	hint  string
}{
	{[]string{"Conv", "Pool", "Pad", "Upsample", "Resize"}, "nngen has dense layers, no convolution or pooling yet; import the part of the model behind it (onnx.utils.extract_model)"},
	{[]string{"LSTM", "GRU", "RNN", "Scan", "Loop", "If"}, "nngen has feed-forward networks; unroll or remove it before the export"},
	{[]string{"Quant", "Integer", "QLinear"}, "import the float32 model it was quantised from"},
	{[]string{"Loss", "Gradient", "Adam", "Adagrad", "Momentum"}, "export the model for inference; nngen adds loss and optimiser itself"},
	{[]string{"TreeEnsemble", "SVM", "Normalizer", "ZipMap", "Linear", "Scaler"}, "nngen imports neural networks, not the operators of ai.onnx.ml"},
}

const cutOut = "rewrite the model without it, or import the part around it (onnx.utils.extract_model)"

// unsupportedHint says what can be done about an operator.
func unsupportedHint(op string) string {
	for _, row := range hints {
		for _, w := range row.words {
			if strings.Contains(op, w) {
				return row.hint
			}
		}
	}
	return cutOut
}

// Operators lists the operators that are understood, in alphabetical order.
func Operators() []string { return slices.Sorted(maps.Keys(operators)) }
