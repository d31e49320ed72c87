package picture

import "image/color"

// Theme is a set of colours.
type Theme struct {
	Background, Ink, Muted, Grid, Fill color.NRGBA
	// Series are the colours of lines, in the order in which they are given
	// out; they can be told apart with any kind of sight.
	Series []color.NRGBA
}

// The themes, for pages that are light or dark.
var (
	Light = &Theme{
		Background: rgb(0xffffff), Ink: rgb(0x1f2328), Muted: rgb(0x59636e), Grid: rgb(0xd8dee4), Fill: rgb(0xeef3f8),
		Series: []color.NRGBA{rgb(0x0068b5), rgb(0xc2540a), rgb(0x1a7f5a), rgb(0x8250b0), rgb(0x9a6700), rgb(0xbf3989)},
	}
	Dark = &Theme{
		Background: rgb(0x0d1117), Ink: rgb(0xe6edf3), Muted: rgb(0x9198a1), Grid: rgb(0x30363d), Fill: rgb(0x161f2b),
		Series: []color.NRGBA{rgb(0x58a6ff), rgb(0xf0883e), rgb(0x3fb98a), rgb(0xbc8cff), rgb(0xd8a024), rgb(0xf778ba)},
	}
)

// series is the colour of line i.
func (t *Theme) series(i int) color.NRGBA { return t.Series[i%len(t.Series)] }

// between is the colour that is share of the way from a to b.
func between(a, b color.NRGBA, share float64) color.NRGBA {
	mix := func(x, y uint8) uint8 { return uint8(float64(x) + share*(float64(y)-float64(x)) + 0.5) }
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 0xff}
}

// faint is a colour that lets share of what is behind it through.
func faint(c color.NRGBA, share float64) color.NRGBA {
	c.A = uint8(255 * (1 - share))
	return c
}
