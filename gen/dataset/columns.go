package dataset

import (
	"bytes"
	"encoding/json"
)

// Columns are the names of the columns of a table that hold samples, in the
// order of the network; nil without a table.
type Columns struct{ Inputs, Targets []string }

// The metadata of a weight file that names the columns that the network was
// trained on, as lists in JSON.
const (
	inputsKey  = "nngen.inputs"
	targetsKey = "nngen.targets"
)

// ColumnsOf returns the columns in the metadata of a weight file; what is
// absent or no list is nil.
func ColumnsOf(meta map[string]string) Columns {
	read := func(key string) (names []string) {
		if json.Unmarshal([]byte(meta[key]), &names) != nil {
			return nil
		}
		return names
	}
	return Columns{read(inputsKey), read(targetsKey)}
}

// Metadata returns the columns as metadata of a weight file.
func (c Columns) Metadata() (map[string]string, error) {
	meta := map[string]string{}
	for key, names := range map[string][]string{inputsKey: c.Inputs, targetsKey: c.Targets} {
		if names == nil {
			continue
		}
		var b bytes.Buffer
		out := json.NewEncoder(&b)
		out.SetEscapeHTML(false)
		if err := out.Encode(names); err != nil {
			return nil, err
		}
		meta[key] = string(bytes.TrimSpace(b.Bytes()))
	}
	return meta, nil
}
