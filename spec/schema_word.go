package spec

import (
	"maps"
	"math"
	"slices"
)

func positive() *Range { return &Range{MinOpen: true, Max: math.Inf(1)} }

// layerSchema describes a layer: a row of the layer or the activation table.
func (v *Vocabulary) layerSchema() obj {
	names := obj{"name": docRef("name", "Name of the layer; kind and running number if absent."),
		"from": listOf(obj{"type": "string"}, "What it reads; the layer above if absent.")}
	kinds, bodies := []string{}, obj{}
	add := func(table []Kind) {
		for i := range table {
			k := &table[i]
			for _, word := range append([]string{k.Name}, k.Aliases...) {
				if v.layerKind(word) != k || bodies[word] != nil {
					continue
				}
				more := names
				if k.NoFrom {
					more = obj{"name": names["name"]}
				}
				bodies[word] = bodySchema(k, more)
				if !k.needsFields() && k.MinFrom < 2 {
					kinds = append(kinds, word)
				}
			}
		}
	}
	add(v.Layers)
	add(v.Activations)
	return obj{"description": "One layer.", "anyOf": []obj{{"enum": kinds}, oneKey(bodies)}}
}

// wordSchema describes a word of a table: bare, or with its fields.
func wordSchema(table []Kind, doc string) obj {
	kinds, bodies, shorts := []string{}, obj{}, []obj{}
	for i := range table {
		k := &table[i]
		for _, word := range append([]string{k.Name}, k.Aliases...) {
			bodies[word] = bodySchema(k, nil)
			if !k.needsFields() {
				kinds = append(kinds, word)
			}
			if s := k.short(); s != nil && len(k.Params) > 1 {
				shorts = append(shorts, siblingSchema(k, word, s))
			}
		}
	}
	forms := []obj{}
	if len(kinds) > 0 {
		forms = append(forms, obj{"enum": kinds})
	}
	if len(table) > 0 {
		forms = append(forms, oneKey(bodies))
	}
	return obj{"description": doc, "anyOf": append(forms, shorts...)}
}

// needsFields reports whether the word cannot stand alone.
func (k *Kind) needsFields() bool {
	return slices.ContainsFunc(k.Params, func(p Param) bool { return p.Required })
}

func oneKey(bodies obj) obj {
	return obj{"type": "object", "additionalProperties": false, "minProperties": 1, "maxProperties": 1, "properties": bodies}
}

// bodySchema describes what follows a word.
func bodySchema(k *Kind, more obj) obj {
	fields := fieldsSchema(k.Params, k.Doc, more)
	if !k.needsFields() {
		fields["type"] = []string{"object", "null"}
	}
	if s := k.short(); s != nil {
		return obj{"anyOf": []obj{fields, paramSchema(s)}}
	}
	return fields
}

// siblingSchema describes {l1: 1e-4, method: proximal}.
func siblingSchema(k *Kind, word string, short *Param) obj {
	rest := slices.DeleteFunc(slices.Clone(k.Params), func(p Param) bool { return p.Name == short.Name })
	s := fieldsSchema(rest, k.Doc, obj{word: paramSchema(short)})
	required, _ := s["required"].([]string)
	s["required"] = append([]string{word}, required...)
	return s
}

// fieldsSchema describes a map of fields.
func fieldsSchema(params []Param, doc string, more obj) obj {
	props, required, rules := obj{}, []string{}, []obj{}
	for i := range params {
		p := &params[i]
		props[p.Name] = paramSchema(p)
		if p.Required {
			required = append(required, p.Name)
		}
		if p.With != "" {
			rules = append(rules, obj{"anyOf": []obj{{"not": obj{"required": []string{p.Name}}}, {"required": []string{p.With}}}})
		}
	}
	maps.Copy(props, more)
	s := obj{"type": "object", "additionalProperties": false, "properties": props}
	if doc != "" {
		s["description"] = doc
	}
	if len(required) > 0 {
		s["required"] = required
	}
	if len(rules) > 0 {
		s["allOf"] = rules
	}
	return s
}

// paramSchema describes the value of a field.
func paramSchema(p *Param) obj {
	s := valueSchema(p)
	if p.Doc != "" {
		s["description"] = p.Doc
	}
	switch p.Default.(type) {
	case int, float64, bool, string:
		s["default"] = p.Default
	}
	return s
}

func valueSchema(p *Param) obj {
	switch p.Type {
	case Number:
		return numberSchema("number", p.Range)
	case Integer:
		return numberSchema("integer", p.Range)
	case Bool:
		return obj{"type": "boolean"}
	case Text:
		return obj{"type": "string"}
	case Enum:
		return obj{"enum": p.Enum}
	case NumberList:
		return listOf(numberSchema("number", p.Range), "")
	case EnumList:
		list := listOf(obj{"enum": p.Enum}, "")
		list["anyOf"].([]obj)[1]["uniqueItems"] = true
		return list
	case EnumOrNumbers:
		numbers := listOf(numberSchema("number", p.Range), "")
		forms := append([]obj{{"enum": p.Enum}}, numbers["anyOf"].([]obj)...)
		if p.ByLabel {
			forms = append(forms, obj{"type": "object", "minProperties": 1, "additionalProperties": numberSchema("number", p.Range)})
		}
		return obj{"anyOf": forms}
	case Word:
		return obj{"allOf": []obj{ref(string(p.Slot))}}
	}
	s := fieldsSchema(p.Fields, "", nil)
	if len(p.OneOf) > 0 {
		one := []obj{}
		for _, name := range p.OneOf {
			one = append(one, obj{"required": []string{name}})
		}
		s["oneOf"] = one
	}
	return s
}

// listOf describes one value, or a list of them.
func listOf(item obj, doc string) obj {
	s := obj{"anyOf": []obj{item, {"type": "array", "items": item, "minItems": 1}}}
	if doc != "" {
		s["description"] = doc
	}
	return s
}

// numberSchema describes a number in an interval.
func numberSchema(typ string, r *Range) obj {
	s := obj{"type": typ}
	if r == nil {
		return s
	}
	if !math.IsInf(r.Min, -1) {
		s[pick(r.MinOpen, "exclusiveMinimum", "minimum")] = r.Min
	}
	if !math.IsInf(r.Max, 1) {
		s[pick(r.MaxOpen, "exclusiveMaximum", "maximum")] = r.Max
	}
	return s
}
