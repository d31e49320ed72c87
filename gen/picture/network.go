package picture

import "slices"

// Node is an input, a layer or an output of a network.
type Node struct {
	Name   string
	Kind   string   // dense, dropout, relu, …; input, output
	Detail string   // what it does or has, in a few words
	Size   int      // numbers per sample
	From   []string // nodes that it reads
	// Joined are, for each of its numbers, those of the node before it that it is
	// connected with; nil is all of them where Dense is set, else the one at its
	// own place.
	Joined [][]int
	Dense  bool
}

// neurons is how many a layer may have to be drawn one by one, and network how
// many all layers together.
const (
	layerNeurons   = 16
	networkNeurons = 96
)

// Network draws a network (figure 4 of the lecture): neurons and connections
// where there are few, else blocks, with what skips layers beside them.
func Network(t *Theme, title string, nodes []Node) *Scene {
	g := newGraph(nodes)
	if g.small() {
		return g.neurons(t, title)
	}
	return g.blocks(t, title)
}

// graph is a network with every node at a depth: one more than the deepest
// that it reads.
type graph struct {
	nodes []Node
	index map[string]int
	depth []int
	rows  [][]int // the nodes of each depth
}

func newGraph(nodes []Node) *graph {
	g := &graph{nodes: nodes, index: map[string]int{}, depth: make([]int, len(nodes))}
	for i, n := range nodes {
		g.index[n.Name] = i
		for _, from := range n.From {
			g.depth[i] = max(g.depth[i], g.depth[g.index[from]]+1)
		}
		if len(n.From) == 0 && n.Kind != "input" { // a constant, beside what reads it
			g.depth[i] = max(0, i-1)
		}
	}
	if last := slices.Max(g.depth); last > 0 {
		for i, n := range nodes {
			if n.Kind == "output" {
				g.depth[i] = last
			}
		}
	}
	for i := range nodes {
		for len(g.rows) <= g.depth[i] {
			g.rows = append(g.rows, nil)
		}
		g.rows[g.depth[i]] = append(g.rows[g.depth[i]], i)
	}
	g.rows = slices.DeleteFunc(g.rows, func(r []int) bool { return len(r) == 0 })
	for d, row := range g.rows {
		for _, i := range row {
			g.depth[i] = d
		}
	}
	return g
}

// small reports whether every neuron can be drawn: a few, one layer after the
// other.
func (g *graph) small() bool {
	sum := 0
	for _, n := range g.nodes {
		sum += n.Size
		if n.Size > layerNeurons || len(n.From) > 1 {
			return false
		}
	}
	return sum <= networkNeurons && !slices.ContainsFunc(g.rows, func(row []int) bool { return len(row) > 1 })
}

// neurons draws every neuron as a circle and every connection as a line.
func (g *graph) neurons(t *Theme, title string) *Scene {
	const column, pitch, radius, top, side = 130.0, 30.0, 9.0, 64.0, 70.0
	tallest := 0
	for _, n := range g.nodes {
		tallest = max(tallest, n.Size)
	}
	s := &Scene{Width: 2*side + column*float64(len(g.rows)-1), Height: top + pitch*float64(tallest) + 58, Theme: t, Title: title}
	s.Width = max(s.Width, widthOf(title, 14)+40)
	left := (s.Width - column*float64(len(g.rows)-1)) / 2
	s.title(Point{20, 26}, 14, start, title)
	at := func(node, j int) Point {
		n := g.nodes[node]
		return Point{left + column*float64(g.depth[node]), top + pitch*(float64(tallest-n.Size)/2+float64(j)+0.5)}
	}
	for i, n := range g.nodes {
		for _, from := range n.From {
			k := g.index[from]
			for j := range n.Size {
				for _, x := range n.joined(j, g.nodes[k].Size) {
					s.line(faint(s.Theme.Muted, 0.45), 0.9, at(k, x), at(i, j))
				}
			}
		}
	}
	bottom := s.Height - 38
	for i, n := range g.nodes {
		fill := s.Theme.series(n.colour())
		for j := range n.Size {
			s.circle(at(i, j), radius, between(s.Theme.Background, fill, 0.35), fill, 1.6)
		}
		x := at(i, 0).X
		s.write(Point{x, bottom + 8}, 12, s.Theme.Ink, middle, cut(n.Name, column-8, 12))
		s.write(Point{x, bottom + 24}, 11, s.Theme.Muted, middle, cut(n.Detail, column-8, 11))
	}
	return s
}

// joined are the numbers of the node before that number j is connected with.
func (n *Node) joined(j, before int) []int {
	switch {
	case n.Joined != nil:
		return n.Joined[j]
	case n.Dense:
		all := make([]int, before)
		for i := range all {
			all[i] = i
		}
		return all
	}
	return []int{min(j, before-1)}
}

// colour is the series of the node's kind.
func (n *Node) colour() int {
	switch {
	case n.Kind == "input":
		return 2
	case n.Kind == "output":
		return 1
	case n.Dense:
		return 0
	}
	return 3
}

// The sizes of blocks.
const (
	blockWidth, blockHeight = 210.0, 46.0
	blockGapX, blockGapY    = 24.0, 26.0
	laneWidth               = 16.0
)

// blocks draws every node as a block, in rows from the top.
func (g *graph) blocks(t *Theme, title string) *Scene {
	widest := 0
	for _, row := range g.rows {
		widest = max(widest, len(row))
	}
	lanes, count := g.lanes()
	across := float64(widest)*(blockWidth+blockGapX) - blockGapX
	s := &Scene{
		Width:  max(40+across+laneWidth*float64(count+1), widthOf(title, 14)+40),
		Height: 50 + float64(len(g.rows))*(blockHeight+blockGapY), Theme: t, Title: title,
	}
	s.title(Point{20, 26}, 14, start, title)
	place := make([]Rect, len(g.nodes))
	for d, row := range g.rows {
		x := 20 + (across-float64(len(row))*(blockWidth+blockGapX)+blockGapX)/2
		for _, i := range row {
			place[i] = Rect{x, 44 + float64(d)*(blockHeight+blockGapY), blockWidth, blockHeight}
			x += blockWidth + blockGapX
		}
	}
	for i, n := range g.nodes {
		for j, from := range n.From {
			k := g.index[from]
			p := place[k]
			// Arrows into one block arrive side by side. Between two rows, those that
			// leave for a lane go across above the others, those that come from one below.
			in := Point{place[i].X + blockWidth*float64(j+1)/float64(len(n.From)+1), place[i].Y}
			out := Point{p.X + blockWidth/2, p.Y + blockHeight}
			colour := s.Theme.Muted
			if lane, skips := lanes[[2]int{k, i}]; skips {
				x := 20 + across + laneWidth*float64(lane+1)
				colour = s.Theme.series(1)
				out.X += blockWidth / 4
				s.arrow(colour, 1.5, out, Point{out.X, out.Y + 0.25*blockGapY}, Point{x, out.Y + 0.25*blockGapY},
					Point{x, in.Y - 0.3*blockGapY}, Point{in.X, in.Y - 0.3*blockGapY}, in)
				continue
			}
			half := Point{out.X, out.Y + blockGapY/2}
			s.arrow(colour, 1.5, out, half, Point{in.X, half.Y}, in)
		}
	}
	for i, n := range g.nodes {
		s.block(place[i], n)
	}
	return s
}

// block draws one node.
func (s *Scene) block(r Rect, n Node) {
	colour := s.Theme.series(n.colour())
	s.box(r, 7, between(s.Theme.Background, colour, 0.12), colour, 1.4)
	labels := n.labels()
	s.title(Point{r.X + 12, r.Y + 19}, 13, start, cut(labels[0], r.W-24, 13))
	s.write(Point{r.X + 12, r.Y + 36}, 11, s.Theme.Muted, start, cut(labels[1], r.W-24, 11))
}

// lanes are the connections that skip a row, each with a lane beside the
// blocks that no other has at the same height, and how many there are.
func (g *graph) lanes() (lanes map[[2]int]int, count int) {
	lanes = map[[2]int]int{}
	var until []int // the row in which each lane is free again
	for d := range g.rows {
		for _, k := range g.rows[d] {
			for i, n := range g.nodes {
				if g.depth[i] <= d+1 || !slices.Contains(n.From, g.nodes[k].Name) {
					continue
				}
				lane := slices.IndexFunc(until, func(u int) bool { return u <= d })
				if lane < 0 {
					lane, until = len(until), append(until, 0)
				}
				until[lane] = g.depth[i]
				lanes[[2]int{k, i}] = lane
			}
		}
	}
	return lanes, len(until)
}

// cut is a text cut off to a width.
func cut(text string, width, size float64) string {
	if widthOf(text, size) <= width {
		return text
	}
	r := []rune(text)
	for len(r) > 1 && widthOf(string(r)+"…", size) > width {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}
