package importer

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/onnx"
)

// labels reads the names of the classes of outputs, which exported models have.
// Those that no network can have are left out, with a note.
func labels(m *onnx.Model, outputs []output) (all map[string][]string, notes []string) {
	all = map[string][]string{}
	for _, e := range m.MetadataProps {
		name, ok := strings.CutPrefix(e.Key, onnx.LabelsKey)
		if !ok {
			continue
		}
		var list []string
		if err := json.Unmarshal([]byte(e.Value), &list); err != nil {
			notes = append(notes, fmt.Sprintf("the labels of output %s are left out: they are no list of texts", quote(name)))
			continue
		}
		problem := spec.CheckLabels(list)
		for _, o := range outputs {
			if o.name != name {
				continue
			}
			if n := o.node.size(); problem == "" && len(list) != n && !(n == 1 && len(list) == 2 && lossOf(o.node) == "bce") {
				problem = fmt.Sprintf("there are %d for %d values", len(list), n)
			}
			if problem == "" {
				all[name] = list
			}
		}
		if problem != "" {
			notes = append(notes, fmt.Sprintf("the labels of output %s are left out: %s", quote(name), problem))
		}
	}
	return all, notes
}

// labelsOf writes the labels of an output behind another field.
func (w *writer) labelsOf(o output) string {
	list := w.labels[o.name]
	if list == nil {
		return ""
	}
	var quoted []string
	for _, label := range list {
		quoted = append(quoted, spec.QuoteYAML(label))
	}
	return ", labels: [" + strings.Join(quoted, ", ") + "]"
}
