package gentest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/nngen-go/nngen/gen/op"
	"github.com/nngen-go/nngen/spec"
)

// Coverage counts how often each row of each table and each feature of the
// language occurred.
type Coverage map[string]int

// widths are the layer widths worth trying: around the edges of blocks,
// vectors and panels.
var widths = []int{1, 2, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33}

// wide are those of networks with long batches.
var wide = []int{42, 45, 50, 57}

// Generator makes random valid networks, preferring what occurred least.
type Generator struct {
	*rand.Rand
	Cover Coverage
	// Long: networks that train have wide layers and long batches.
	Long  bool
	vocab *spec.Vocabulary
}

// NewGenerator returns a generator for a seed.
func NewGenerator(seed uint64) *Generator {
	return &Generator{Rand: rand.New(rand.NewPCG(seed, 0)), Cover: Coverage{}, vocab: op.Vocabulary()}
}

// node is a value of the network under construction.
type node struct {
	ref   spec.Ref
	size  int
	dims  []int // its shape, if it is not [size]
	read  bool
	fixed bool // an input: no gradient is wanted
	// centred: its channels may have mean 0 over the batch.
	centred bool
}

// network is one network under construction.
type network struct {
	*Generator
	b     *spec.Builder
	nodes []*node
	train bool
	prox  bool
	long  bool // a batch has more rows of a layer than a first-level cache holds
	pairs bool // a step needs two samples
	// greatest windows along each axis; nil is 5.
	greatest []int
}

func (g *Generator) chance(p float64) bool { return g.Float64() < p }

// pick chooses one of the words of a table, the rarest half of the time.
func (g *Generator) pick(table string, words []string) string {
	rare := words[g.IntN(len(words))]
	if g.chance(0.6) {
		for _, w := range words {
			if g.Cover[table+" "+w] < g.Cover[table+" "+rare] {
				rare = w
			}
		}
	}
	g.Cover[table+" "+rare]++
	return rare
}

func names(kinds []spec.Kind) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = k.Name
	}
	return out
}

// count notes that a feature occurs.
func (g *Generator) count(feature string, when bool) bool {
	if when {
		g.Cover["feature "+feature]++
	}
	return when
}

// Network makes a network.
func (g *Generator) Network(name string) (*spec.Network, error) {
	n := &network{Generator: g, b: spec.New(name)}
	storage := "float32"
	if g.count("narrow storage", g.chance(0.1)) {
		storage = g.pick("storage", []string{"float16", "int8"})
	}
	n.train = storage == "float32" && !g.count("inference only", g.chance(0.1))
	n.long = g.Long && n.train
	n.inputs()
	for range 1 + g.IntN(5) {
		n.layer()
	}
	n.outputs()
	batch := 1 + g.IntN(6)
	if n.long {
		batch = 150 + g.IntN(100)
	}
	return n.build(batch, storage)
}

// build completes a network for a batch.
func (n *network) build(batch int, storage string) (*spec.Network, error) {
	if n.train {
		n.optimizer()
	}
	if n.pairs {
		batch = max(batch, 2)
	}
	n.b.Codegen(spec.Fields{"batch": batch, "train": n.train, "unroll": n.pick("unroll", []string{"auto", "none", "full"}), "storage": storage})
	dtypes := []string{"float32", "float64", "float32"}
	if storage != "float32" {
		dtypes = dtypes[:1]
	}
	n.b.Numeric(spec.Fields{
		"dtype": n.pick("dtype", dtypes),
		"mode":  n.pick("mode", []string{"fast", "reproducible"}),
	})
	return n.b.Build(n.vocab)
}

func (n *network) width() int {
	if n.long {
		return wide[n.IntN(len(wide))]
	}
	return widths[n.IntN(len(widths))]
}

func (n *network) inputs() {
	count := 1
	if n.count("several inputs", n.chance(0.2)) {
		count = 2 + n.IntN(2)
	}
	for i := range count {
		size := n.width()
		name := "x"
		if count > 1 {
			name = fmt.Sprintf("in%d", i)
		}
		var ref spec.Ref
		switch n.IntN(8) {
		case 0:
			n.count("normalize mean std", true)
			ref = n.b.NormalizedInput(name, spec.Fields{"mean": n.numbers(size, -1, 1), "std": n.numbers(size, 0.5, 2)}, size)
		case 1:
			n.count("normalize min max", true)
			ref = n.b.NormalizedInput(name, spec.Fields{"min": -2.0, "max": 2.5}, size)
		case 2:
			n.count("normalize standard", true)
			ref = n.b.NormalizedInput(name, "standard", size)
		case 3:
			n.count("bytes", true)
			ref = n.b.InputWith(name, spec.Fields{"dtype": "uint8", "normalize": spec.Fields{"mean": 127.5, "std": 74}}, size)
		default:
			ref = n.b.Input(name, size)
		}
		n.nodes = append(n.nodes, &node{ref: ref, size: size, fixed: true})
	}
}

func (n *network) numbers(size int, lo, hi float64) []float64 {
	v := make([]float64, size)
	for i := range v {
		v[i] = lo + (hi-lo)*n.Float64()
	}
	return v
}

// any chooses a source, preferring those nobody reads yet.
func (n *network) any() *node {
	v := n.nodes[n.IntN(len(n.nodes))]
	if n.chance(0.7) {
		for _, w := range n.nodes {
			if !w.read {
				v = w
			}
		}
	}
	v.read = true
	return v
}

func (n *network) push(ref spec.Ref, size int) *node {
	v := &node{ref: ref, size: size}
	n.nodes = append(n.nodes, v)
	return v
}

// layer adds a layer.
func (n *network) layer() {
	if n.chance(0.25) {
		n.activationLayer()
		return
	}
	words := append([]string{"dense", "dense rows", "dense tied", "concat of rows"}, names(n.vocab.Layers)...)
	switch kind := n.pick("layer", words); kind {
	case "dense":
		n.dense(n.any(), n.width())
	case "dense rows":
		n.denseRows()
	case "dense tied":
		n.denseTied()
	case "dropout":
		x, f := n.any(), spec.Fields{"rate": 0.1 + 0.4*n.Float64()}
		if n.count("dropout of channels", n.chance(0.4)) {
			x = n.shaped(x)
			f["axis"] = n.IntN(len(x.dims))
		}
		n.push(n.b.Layer("dropout", x.ref, f), x.size).dims = x.dims
	case "flatten":
		x := n.any()
		n.push(n.b.Layer("flatten", x.ref), x.size)
	case "concat", "concat of rows":
		n.concat()
	case "rnn", "gru", "lstm":
		n.cell(kind)
	case "state", "delay":
		n.remember(kind)
	case "pad":
		n.padLayer()
	case "conv1d_transpose", "conv2d_transpose":
		n.transposedLayer(kind)
	case "resize":
		n.resizeLayer()
	case "channel_shuffle":
		n.shuffleLayer()
	case "global_avg_pool", "global_max_pool":
		n.globalPool(kind)
	default:
		if axes, ok := windowed(kind); ok {
			n.windowLayer(kind, axes)
			return
		}
		n.shapeLayer(kind)
	}
}

// activation chooses an activation that may stand anywhere in the network.
func (n *network) activation() (string, spec.Fields) {
	name := n.pick("activation", slices.DeleteFunc(names(n.vocab.Activations), delicate))
	return name, n.activationFields(name)
}

func (n *network) dense(x *node, units int) *node {
	f := spec.Fields{"units": units}
	n.kernelFields(f)
	if n.count("drop_connect", n.train && n.chance(0.1)) {
		f["drop_connect"] = 0.3
	}
	if n.count("mask", n.chance(0.12) && x.size*units >= 8) {
		f["mask"] = spec.Fields{"density": 0.5 + 0.3*n.Float64(), "seed": n.IntN(1000)}
	}
	return n.push(n.b.Layer("dense", x.ref, f), units)
}

// outputs gathers what nobody reads and gives it outputs.
func (n *network) outputs() {
	var open []spec.Ref
	size := 0
	for _, v := range n.nodes {
		if !v.read {
			open = append(open, v.ref)
			size += v.size
			v.read = true
		}
	}
	last := &node{size: size}
	if len(open) > 1 {
		n.Cover["layer concat"]++
		last.ref = n.b.Layer("concat", spec.Join(open...))
	} else {
		last.ref = open[0]
	}
	count := 1
	if n.count("several outputs", n.chance(0.2)) {
		count = 2
	}
	for i := range count {
		name := "y"
		if count > 1 {
			name = fmt.Sprintf("out%d", i)
		}
		n.output(name, last, count > 1 && n.chance(0.7))
	}
}

// output adds a final layer that suits a loss.
func (n *network) output(name string, x *node, weighted bool) {
	loss := n.pick("loss", names(n.vocab.Losses))
	act := "linear"
	switch loss {
	case "bce":
		act = "sigmoid"
	case "nll":
		act = "log_softmax"
	case "cross_entropy":
		act = n.pick("cross_entropy after", []string{"linear", "softmax", "log_softmax"})
	case "bce_with_logits":
	default:
		act = n.pick("last activation", []string{"linear", "tanh", "sigmoid", "softplus", "gelu", "leaky_relu"})
	}
	units := n.width()
	if loss == "nll" || loss == "cross_entropy" {
		units = max(units, 2)
	}
	ref := n.b.Layer("dense", x.ref, spec.Fields{"units": units, "activation": act})
	n.Cover["layer dense"]++
	f := spec.Fields{}
	if n.train {
		args := spec.Fields{"reduction": n.pick("reduction", []string{"mean", "sum"})}
		switch loss {
		case "huber":
			args["delta"] = 0.5
		case "cross_entropy", "nll":
			n.classes(loss, units, args)
		}
		f["loss"] = spec.Fields{loss: args}
		if weighted {
			n.count("loss weight", true)
			f["weight"] = 0.25 + n.Float64()
		}
	}
	if op.LossByName(loss).Numbers && n.count("normalize targets", n.chance(0.15)) {
		f["normalize"] = spec.Fields{"mean": n.numbers(units, -2, 2), "std": n.numbers(units, 0.5, 3)}
	}
	n.b.Output(name, ref, f)
}
