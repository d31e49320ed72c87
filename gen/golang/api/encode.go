package api

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nngen-go/nngen/gen/golang/source"
	"github.com/nngen-go/nngen/spec"
)

// recordView is a field of Record: a column, or an input without columns.
type recordView struct {
	Name, Type, Doc string
	Array           string // the selector of the input that it is as a whole
	Column          string // the name of its column, quoted
	Element         string // of the input, of a number
	Fill            string // where what stands for a missing number lies
	Fit             string // mean or median
	Categories      []categoryView
	List            string // of the categories
	// SkipMissing and SkipUnknown leave the elements zero.
	SkipMissing, SkipUnknown bool
	Base                     string // a value of the tests
}

// categoryView is a text of a column, and the element that it sets.
type categoryView struct{ Text, Element, Value string }

// encodeCase is a record of TestEncode: how it differs from the first one, and
// how its elements do or the column it is refused for.
type encodeCase struct {
	Name, Edit, Refused string
	Want                []string
}

const nan = "math.NaN()"

// shownCategories are named in the comment of a field; testedCategories are
// tried, of testedFields.
const (
	shownCategories  = 8
	testedCategories = 4
	testedFields     = 16
)

// records fills in what there is of records.
func (e *API) records(v *View) {
	for _, f := range e.net.Record() {
		v.Record = append(v.Record, e.recordField(f))
	}
	for i := range e.net.Inputs {
		v.FitRecords = v.FitRecords || e.net.Inputs[i].Fitted()
	}
	for i := range v.Record {
		r := &v.Record[i]
		number := r.Element != "" && r.Categories == nil
		v.RecordNumbers = v.RecordNumbers || number
		v.RecordImports = v.RecordImports || number || r.Categories != nil
		v.RecordRefuses = v.RecordRefuses || number || r.Categories != nil && !(r.SkipMissing && r.SkipUnknown)
	}
	v.EncodeCases = e.encodeCases(v)
}

func (e *API) recordField(f spec.RecordField) recordView {
	in := e.prog.Inputs[f.Input]
	field := e.InputField(in)
	c := f.Column
	if c == nil {
		return recordView{Name: f.GoName, Type: source.Array(e.prog.DType, in.Size()), Doc: "the input " + in.Name, Array: field}
	}
	element := func(i int) string { return fmt.Sprintf("x%s[%d]", field, f.At+i) }
	r := recordView{
		Name: f.GoName, Type: "float64", Column: strconv.Quote(c.Name), Element: element(0), Doc: source.OneLine(strconv.Quote(c.Name)),
		SkipMissing: c.Missing == "zero", SkipUnknown: c.Unknown == "zero", Base: fmt.Sprintf("%d.5", f.At),
	}
	if c.Fitted() {
		r.Fit, r.Fill = c.Missing, fmt.Sprintf("%s(%d)", source.ParamName(e.prog.ParamByName(in.Name+".missing")), f.At)
		r.Doc += ", the " + c.Missing + " where it is missing"
	}
	if r.SkipMissing {
		r.Doc += ", zero where it is missing"
	}
	if c.Categories == nil {
		return r
	}
	r.Type, r.Base = "string", strconv.Quote(c.Categories[len(c.Categories)-1])
	var list, shown []string
	for i, text := range c.Categories {
		category := categoryView{Text: strconv.Quote(text), Element: element(i), Value: "1"}
		if c.Encoding == "ordinal" {
			category.Element, category.Value = element(0), strconv.Itoa(i)
		}
		r.Categories = append(r.Categories, category)
		list = append(list, category.Text)
	}
	shown = list
	if len(list) > shownCategories {
		shown = append(list[:shownCategories:shownCategories], "…")
	}
	r.List = strings.Join(list, ", ")
	r.Doc += ": " + source.OneLine(strings.Join(shown, ", "))
	if r.SkipUnknown {
		r.Doc += ", zero for others"
	}
	return r
}

// encodeCases are the records of TestEncode.
func (e *API) encodeCases(v *View) []encodeCase {
	if v.Record == nil {
		return nil
	}
	all := v.Record
	cases := []encodeCase{{Name: strconv.Quote("as it is"), Refused: `""`}}
	for i := range all {
		switch r := &all[i]; {
		case r.Array != "" || r.Column == "": // an input as it is
		case r.Categories != nil:
			last := r.Categories[len(r.Categories)-1]
			v.Encoded = append(v.Encoded, last.Element+" = "+last.Value)
		default:
			v.Encoded = append(v.Encoded, r.Element+" = "+r.Base)
		}
	}
	for i := range all[:min(len(all), testedFields)] {
		r := &all[i]
		none := r.Element + " = 0"
		if n := len(r.Categories); n > 0 {
			none = r.Categories[n-1].Element + " = 0"
		}
		add := func(value string, refused bool, instead ...string) {
			c := encodeCase{Name: strconv.Quote(r.Name + " = " + value), Edit: "r." + r.Name + " = " + value, Refused: `""`}
			if refused {
				c.Refused = r.Column
			} else if c.Want = instead; len(instead) == 0 || !strings.HasPrefix(instead[0], r.Element+" = ") || r.Categories != nil {
				c.Want = append([]string{none}, instead...)
			}
			cases = append(cases, c)
		}
		switch {
		case r.Column == "":
			continue
		case r.Categories != nil:
			for _, c := range r.Categories[:min(len(r.Categories), testedCategories)] {
				add(c.Text, false, c.Element+" = "+c.Value)
			}
			add(`""`, !r.SkipMissing)
			add(`"\x00"`, !r.SkipUnknown) // no category has one
			add(`" \n"`, !r.SkipMissing)
			last := r.Categories[len(r.Categories)-1]
			add(`"\t`+last.Text[1:len(last.Text)-1]+` "`, false, last.Element+" = "+last.Value)
			continue
		case r.Fill != "":
			add(nan, false, r.Element+" = "+map[string]string{"mean": "4", "median": "2"}[r.Fit])
		default:
			add(nan, !r.SkipMissing)
		}
		add("math.Inf(1)", true)
		add("-2", false, r.Element+" = -2")
	}
	return cases
}
