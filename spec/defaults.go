package spec

// defaults returns a word with the default of every field.
func (v *Vocabulary) defaults(k *Kind, at Pos) *Named {
	return &Named{Pos: at, Name: k.Name, Args: v.defaultArgs(k.Params, at)}
}

func (v *Vocabulary) defaultArgs(params []Param, at Pos) Args {
	args := Args{}
	for i := range params {
		// A field that goes with another stays absent with it.
		if value := v.defaultOf(&params[i], at); value != nil && (params[i].With == "" || args.Has(params[i].With)) {
			args[params[i].Name] = Arg{Pos: at, Value: value}
		}
	}
	return args
}

// defaultOf returns the default of a field in the type of its values, nil if
// it has none. A table may write 1 for the Number 1.0, and a word by its name.
func (v *Vocabulary) defaultOf(p *Param, at Pos) any {
	switch x := p.Default.(type) {
	case int:
		switch p.Type {
		case Number:
			return float64(x)
		case NumberList:
			return []float64{float64(x)}
		}
	case float64:
		switch p.Type {
		case Integer:
			return int(x)
		case NumberList:
			return []float64{x}
		}
	case string:
		switch p.Type {
		case Word:
			if k, _ := find(v.Table(p.Slot), x); k != nil {
				return v.defaults(k, at)
			}
			return nil
		case EnumList:
			return []string{x}
		}
	case *Named:
		if k, _ := find(v.Table(p.Slot), x.Name); k != nil {
			named := v.defaults(k, at)
			for name, arg := range x.Args {
				named.Args[name] = Arg{Pos: at, Value: arg.Value}
			}
			return named
		}
	}
	return p.Default
}
