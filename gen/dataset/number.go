package dataset

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Decimal reads a decimal number, NaN and infinities too, but not what else Go
// takes for one, such as 1_000 and 0x1p4.
func Decimal(s string) (float64, error) {
	if strings.ContainsAny(s, "_xXpP") {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(s, 64)
}

// comma says how a number was written.
type comma int

const (
	noComma       comma = iota // 12, 1e5
	point                      // 1.5
	decimalComma               // 1,5
	thousandComma              // 1,500: 1.5 or 1500
)

// thousands is a number that may be one of thousands with a separator.
var thousands = regexp.MustCompile(`^[+-]?[1-9][0-9]{0,2},[0-9]{3}$`)

// missingValue is what is said of an empty field.
const missingValue = "the value is missing; write it, or leave out the row"

// notANumber ends what is said of a text.
const notANumber = " is not a number"

// number reads a finite decimal number, with a decimal comma too if commas is
// set; otherwise it says what is wrong, and the value is NaN.
func number(field string, commas bool) (v float64, msg string, c comma) {
	field = strings.TrimSpace(field)
	text := field
	switch {
	case field == "":
		return math.NaN(), missingValue, noComma
	case strings.Contains(field, "."):
		c = point
	case commas && strings.Count(field, ",") == 1:
		text, c = strings.Replace(field, ",", ".", 1), decimalComma
		if thousands.MatchString(field) {
			c = thousandComma
		}
	}
	v, err := Decimal(text)
	switch {
	case errors.Is(err, strconv.ErrRange):
		msg = fmt.Sprintf("%s is too large", quote(field))
	case err != nil:
		msg = quote(field) + notANumber
		if _, err := Decimal(strings.Replace(field, ",", ".", 1)); err == nil {
			msg += "; if its comma is decimal, say --decimal-comma"
		}
	case math.IsNaN(v), math.IsInf(v, 0):
		msg = fmt.Sprintf("the value is %s", quote(field))
	default:
		return v, "", c
	}
	return math.NaN(), msg, noComma
}

// commaPlaces are the first fields of a column that are written in each way.
type commaPlaces [thousandComma + 1]string

// checkCommas refuses columns of numbers that do not agree on what a comma is.
func (f *File) checkCommas(columns []int) error {
	var at commaPlaces
	for _, i := range columns {
		for c, place := range f.commas[i] {
			if at[c] == "" {
				at[c] = place
			}
		}
	}
	first := at[decimalComma]
	if first == "" {
		first = at[thousandComma]
	}
	switch {
	case first != "" && at[point] != "":
		return errorf(at[point], "a number with a point, where others have a decimal comma (%s); write all of them alike, and none with separators of thousands", first)
	case first != "" && at[decimalComma] == "" && !f.form.DecimalComma:
		return errorf(first, "the comma may be decimal or separate thousands; say --decimal-comma if it is decimal, else write the numbers without it")
	}
	return nil
}
