package loops

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen-go/nngen/gen/golang/function"
	"github.com/nngen-go/nngen/gen/golang/source"
)

// initial is what a sum starts from: the bias, unless a scale comes before it.
func (p *printer) initial(bias string) string {
	if p.Bias == nil || p.Tensor.Scaled() {
		return ""
	}
	return bias
}

// scale multiplies a sum by the scale of its output and adds the bias, where
// the sum is one of integers.
func (p *printer) scale(sum, scale, bias string) []jen.Code {
	if !p.Tensor.Scaled() {
		return nil
	}
	product := jen.Id(source.TypeName(p.y.DType)).Call(source.Exprf("%s * %s", scale, sum))
	if p.Bias != nil {
		product = source.Exprf("%s", bias).Op("+").Add(product)
	}
	return []jen.Code{source.Set(sum, product)}
}

// scaleArg is the parameter that holds the scales, if there are any.
func (m *Matrix) scaleArg() []function.Arg {
	if !m.Tensor.Scaled() {
		return nil
	}
	return []function.Arg{{Name: "scale", Type: m.scaleType()}}
}

func (m *Matrix) scaleType() string {
	return fmt.Sprintf("*[%d][16]%s", m.layout.Panels(), source.TypeName(m.y.DType))
}
