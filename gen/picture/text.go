package picture

import (
	"fmt"
	"strings"
)

// DOT is the network in the language of Graphviz.
func DOT(title string, nodes []Node) string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %s {\n\trankdir=TB\n\tnode [shape=box, style=rounded, fontname=\"sans-serif\"]\n", quoteDOT(title))
	for _, n := range nodes {
		fmt.Fprintf(&b, "\t%s [label=%s]\n", quoteDOT(n.Name), quoteDOT(strings.Join(n.labels(), "\n")))
	}
	for _, n := range nodes {
		for _, from := range n.From {
			fmt.Fprintf(&b, "\t%s -> %s\n", quoteDOT(from), quoteDOT(n.Name))
		}
	}
	return b.String() + "}\n"
}

func quoteDOT(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

// Mermaid is the network as a Mermaid flowchart, which GitHub draws.
func Mermaid(nodes []Node) string {
	index := map[string]int{}
	var b strings.Builder
	b.WriteString("flowchart TB\n")
	for i, n := range nodes {
		index[n.Name] = i
		fmt.Fprintf(&b, "\tn%d[\"%s\"]\n", i, strings.ReplaceAll(strings.Join(n.labels(), "<br/>"), `"`, "#quot;"))
	}
	for i, n := range nodes {
		for _, from := range n.From {
			fmt.Fprintf(&b, "\tn%d --> n%d\n", index[from], i)
		}
	}
	return b.String()
}

// labels are the lines of a node: its name, with its kind where the name does
// not say it, and what it does.
func (n *Node) labels() []string {
	name := n.Name
	if !strings.HasPrefix(n.Name, n.Kind) {
		name += " · " + n.Kind
	}
	return []string{name, n.Detail}
}
