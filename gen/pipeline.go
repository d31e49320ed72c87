package gen

import "github.com/nngen-go/nngen/gen/pass"

// Pipeline is the passes over a program, in order. The program is verified
// before the first and after each.
var Pipeline = pass.Pipeline{
	pass.Dead,       // the softmax before a fused loss, gradients nobody asks for
	pass.Narrow,     // results that dead operations read
	pass.Pixels,     // channels side by side
	pass.Repeated,   // statistics and weights of channels, read where they lie
	pass.Dead,       // their copies, and values between element-wise operations
	pass.Transposed, // filters by channels, for gradients of inputs
	pass.Winograd,   // convolutions by tiles
	pass.StepOne,    // the step on one sample
	pass.ByInputs,   // weights of narrow layers by their inputs
	pass.Joined,     // gates and what comes of them
	pass.Early,      // shortcuts, before the convolution they are added to
}
