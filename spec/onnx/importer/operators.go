package importer

import (
	"maps"
	"math"
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
	// rows: it works on every row of a value alone, so that the batch may be
	// joined with other dimensions in front.
	rows bool
	// sizes: it may read shapes that hold the number of samples.
	sizes bool
	// moved: it may read values whose batch is not the first dimension.
	moved bool
	// whole: it may read whole numbers that the network computes.
	whole bool
}

// Operators with these properties.
var (
	onRows = strings.Fields(`
		MatMul Gemm Add Sub Mul Div Pow Sum Mean Min Max Relu LeakyRelu PRelu ThresholdedRelu Sigmoid HardSigmoid Tanh
		Softsign Softplus Elu Celu Selu Gelu Swish HardSwish Mish Clip Abs Neg Exp Log Sqrt Reciprocal Erf Sign Sin Cos
		Less LessOrEqual Greater GreaterOrEqual Equal And Or Xor Not Where Identity Dropout Cast Softmax
		LogSoftmax BatchNormalization LayerNormalization Reshape ReduceMean ReduceSum ReduceMax ReduceMin ReduceSumSquare
		ReduceProd ReduceL1 ReduceL2 ai.onnx.ml.Scaler`)
	onSizes = strings.Fields(`
		Mul Div Equal Where ReduceProd Identity Cast Reshape Squeeze Unsqueeze Concat Slice Gather Expand ConstantOfShape Shape Size Resize`)
	onWhole = strings.Fields(`
		Identity Cast CastLike Reshape Squeeze Unsqueeze Flatten Transpose Equal Less LessOrEqual Greater GreaterOrEqual
		Gather ai.onnx.ml.ArrayFeatureExtractor RNN GRU LSTM`)
)

// operators are the operators of ONNX that are understood, those of other
// domains with the domain before a point. The files they are defined in:
// linear.go, einsum.go, arithmetic.go, elementwise.go, compare.go, shapes.go,
// repeat.go, parts.go, scatter.go, stft.go, reduce.go, normalization.go, windows.go, resample.go, constants.go, inline.go, ml.go.
var operators map[string]operator

func init() { // not a literal: lowering reads the table
	operators = map[string]operator{
		"MatMul": {lower: lowerMatMul, operands: true},
		"Gemm":   {lower: lowerGemm, operands: true},

		"Einsum": {lower: lowerEinsum, operands: true},

		"Add": binary("add", sum, lowerAdd),
		"Sub": binary("subtract", difference, lowerSub),
		"Mul": binary("multiply", product, lowerMul),
		"Div": {lower: binary("divide", nil, lowerDiv).lower, fold: foldDiv, operands: true},
		"Pow": {lower: lowerPow, fold: binary("", math.Pow, nil).fold, operands: true},
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
		"Sin":             unary("sin"),
		"Cos":             unary("cos"),
		"Sign":            unary("sign"),
		"Ceil":            {lower: lowerCeil, fold: foldUnary(math.Ceil)},

		"Less": comparison("less"), "LessOrEqual": comparison("less_or_equal"),
		"Greater": comparison("greater"), "GreaterOrEqual": comparison("greater_or_equal"),
		"Equal": comparison("equal"),
		"And":   logic("minimum", minimum), "Or": logic("maximum", maximum), "Xor": exclusive(),
		"Not":   {lower: lowerNot, fold: foldUnary(not)},
		"Where": {lower: lowerWhere, fold: foldWhere, operands: true},

		"RNN": {lower: lowerCell, moved: true}, "GRU": {lower: lowerCell, moved: true}, "LSTM": {lower: lowerCell, moved: true},

		"Identity": {lower: lowerIdentity, fold: lowerIdentity, moved: true},
		"Dropout":  {lower: lowerDropout},
		"Cast":     {lower: lowerCast, fold: foldCast},
		"CastLike": {lower: lowerCastLike, fold: foldCastLike, operands: true},

		"Softmax":    {lower: lowerSoftmax("softmax")},
		"LogSoftmax": {lower: lowerSoftmax("log_softmax")},

		"Conv":              {lower: lowerConv},
		"ConvTranspose":     {lower: lowerConvTranspose},
		"Resize":            {lower: lowerResize},
		"Upsample":          {lower: lowerUpsample},
		"MaxPool":           {lower: lowerPool("max_pool")},
		"AveragePool":       {lower: lowerPool("avg_pool")},
		"GlobalMaxPool":     {lower: lowerGlobalPool("global_max_pool")},
		"GlobalAveragePool": {lower: lowerGlobalPool("global_avg_pool")},
		"Pad":               {lower: lowerPad},
		"STFT":              {lower: lowerSTFT},

		"BatchNormalization": {lower: lowerBatchNormalization},
		"LayerNormalization": {lower: lowerLayerNormalization},

		"Reshape":   {lower: lowerReshape, fold: foldReshape},
		"Flatten":   {lower: lowerFlatten, fold: foldFlatten},
		"Squeeze":   {lower: lowerSqueeze, fold: foldSqueeze, moved: true},
		"Unsqueeze": {lower: lowerUnsqueeze, fold: foldUnsqueeze},
		"Transpose": {lower: lowerTranspose, fold: foldTranspose, moved: true},
		"Expand":    {lower: lowerExpand, fold: foldExpand},
		"Tile":      {lower: lowerTile, fold: foldTile},
		"Concat":    {lower: lowerConcat, fold: foldConcat, operands: true},
		"Split":     {lower: lowerSplit},
		"Slice":     {lower: lowerSlice, fold: foldSlice},
		"Gather":    {lower: lowerGather, fold: foldGather, operands: true},
		"ScatterND": {lower: lowerScatterND, fold: foldScatterND, operands: true},

		"ReduceMean":      {lower: reduction("reduce_mean")},
		"ReduceSum":       {lower: reduction("reduce_sum")},
		"ReduceMax":       {lower: reduction("reduce_max")},
		"ReduceMin":       {lower: reduction("reduce_min")},
		"ReduceProd":      {lower: lowerProd, fold: foldProd},
		"ReduceSumSquare": {lower: lowerSumSquare},
		"ReduceL1":        {lower: lowerL1},
		"ReduceL2":        {lower: lowerL2},
		"ArgMax":          {lower: lowerArg("argmax")},
		"ArgMin":          {lower: lowerArg("argmin")},

		"Constant":        {fold: foldConstant},
		"ConstantOfShape": {fold: foldConstantOfShape},
		"Range":           ofConstants(foldRange),
		"Floor":           ofConstants(foldUnary(math.Floor)),
		"Round":           ofConstants(foldUnary(math.RoundToEven)),
		"Shape":           {lower: lowerShape, fold: lowerShape},
		"Size":            {lower: lowerSize, fold: lowerSize},

		"If": {lower: lowerIf, fold: lowerIf},

		"ai.onnx.ml.Scaler":                {lower: lowerScaler},
		"ai.onnx.ml.ArrayFeatureExtractor": {lower: lowerFeatures, operands: true},
		"ai.onnx.ml.ZipMap":                {lower: lowerZipMap},
	}
	for _, p := range []struct {
		names []string
		set   func(o *operator)
	}{
		{onRows, func(o *operator) { o.rows = true }},
		{onSizes, func(o *operator) { o.sizes = true }},
		{onWhole, func(o *operator) { o.whole = true }},
	} {
		for _, name := range p.names {
			o := operators[name]
			p.set(&o)
			operators[name] = o
		}
	}
}

// hints say what can be done about operators that are not supported.
var hints = []struct {
	words []string
	hint  string
}{
	{[]string{"Quant", "Integer", "QLinear"}, "import the float32 model it was quantised from"},
	{[]string{"Conv", "Pool", "Sample"}, "nngen has convolutions, maximum and average pooling and Resize; import the part of the model around it (onnx.utils.extract_model)"},
	{[]string{"LSTM", "GRU", "RNN", "Scan", "Loop"}, "nngen has feed-forward networks; unroll or remove it before the export"},
	{[]string{"Loss", "Gradient", "Adam", "Adagrad", "Momentum"}, "export the model for inference; nngen adds loss and optimiser itself"},
	{[]string{"com.microsoft."}, "it is of ONNX Runtime's optimiser; import the model as it was before"},
	{[]string{"TreeEnsemble", "SVM", "Normalizer", "Linear", "ai.onnx.ml."}, "nngen imports neural networks, not the operators of ai.onnx.ml"},
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
