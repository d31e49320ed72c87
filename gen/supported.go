package gen

import (
	"errors"
	"strings"

	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/code"
)

// supported refuses what the language can say but no back end can do yet.
func supported(net *spec.Network) spec.ErrorList {
	var errs spec.ErrorList
	if net.Codegen.Storage != "float32" && net.Numeric.DType != "float32" {
		errs = append(errs, net.Errorf(net.Codegen.Pos, "write dtype: float32, or storage: float32", code.Conflict+"codegen: storage %s goes with dtype float32, got %s", net.Codegen.Storage, net.Numeric.DType))
	}
	for _, o := range net.Outputs {
		if len(net.Outputs) > 1 && strings.HasPrefix(spec.GoName(o.Name), "ArgMax") {
			errs = append(errs, net.Errorf(o.Pos, "choose another name", code.NameTaken+"output %q: the generated type has methods named ArgMax…", o.Name))
		}
	}
	return errs
}

// join makes one report of two phases' errors.
func join(list spec.ErrorList, err error) error {
	var more spec.ErrorList
	if err != nil && !errors.As(err, &more) || len(list)+len(more) == 0 {
		return err
	}
	return append(list, more...).Sort()
}
