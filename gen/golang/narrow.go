package golang

import (
	"fmt"

	"github.com/dave/jennifer/jen"
)

// initial is what a sum starts from: the bias, unless a scale comes before it.
func (p *printer) initial(bias string) string {
	if p.bias == nil || p.tensor.Scaled() {
		return ""
	}
	return bias
}

// scale multiplies a sum by the scale of its output and adds the bias, where
// the sum is one of integers.
func (p *printer) scale(sum, scale, bias string) []jen.Code {
	if !p.tensor.Scaled() {
		return nil
	}
	product := jen.Id(typeName(p.e.elem)).Call(exprf("%s * %s", scale, sum))
	if p.bias != nil {
		product = exprf("%s", bias).Op("+").Add(product)
	}
	return []jen.Code{set(sum, product)}
}

// scaleArg is the parameter that holds the scales, if there are any.
func (m *matrix) scaleArg() []arg {
	if !m.tensor.Scaled() {
		return nil
	}
	return []arg{{"scale", m.scaleType()}}
}

func (m *matrix) scaleType() string {
	return fmt.Sprintf("*[%d][16]%s", m.layout.Panels(), typeName(m.e.elem))
}
