package picture

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"image/color"
	"io"
	"strconv"
	"strings"
)

// fonts are those that a browser may have, the widest first in use.
const fonts = "ui-sans-serif,system-ui,-apple-system,'Segoe UI','Go',Helvetica,Arial,sans-serif"

// WriteSVG writes the picture as SVG.
func (s *Scene) WriteSVG(out io.Writer) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%[1]s" height="%[2]s" role="img" font-family="%s">`+"\n",
		short(s.Width), short(s.Height), fonts)
	fmt.Fprintf(w, "<title>%s</title>\n", escape(s.Title))
	fmt.Fprintf(w, `<rect width="100%%" height="100%%" fill="%s"/>`+"\n", hex(s.Theme.Background))
	for i := range s.shapes {
		s.shapes[i].svg(w)
	}
	fmt.Fprintln(w, "</svg>")
	return w.Flush()
}

func (s *shape) svg(w io.Writer) {
	switch p := s.points; {
	case s.text != "":
		weight := ""
		if s.bold {
			weight = ` font-weight="600"`
		}
		fmt.Fprintf(w, `<text x="%s" y="%s" font-size="%s" text-anchor="%s"%s%s>%s</text>`+"\n",
			short(p[0].X), short(p[0].Y), short(s.size), s.anchor, weight, paint("fill", s.fill), escape(s.text))
	case s.round > 0:
		fmt.Fprintf(w, `<rect x="%s" y="%s" width="%s" height="%s" rx="%s"%s%s/>`+"\n",
			short(p[0].X), short(p[0].Y), short(p[2].X-p[0].X), short(p[2].Y-p[0].Y), short(s.round), paint("fill", s.fill), s.strokes())
	default:
		d := make([]string, len(p))
		for i, at := range p {
			d[i] = short(at.X) + "," + short(at.Y)
		}
		kind := "polyline"
		if s.closed {
			kind = "polygon"
		}
		fmt.Fprintf(w, `<%s points="%s"%s%s/>`+"\n", kind, strings.Join(d, " "), paint("fill", s.fill), s.strokes())
	}
}

// strokes are the attributes of the outline.
func (s *shape) strokes() string {
	if s.width == 0 || s.stroke.A == 0 {
		return ""
	}
	out := paint("stroke", s.stroke) + fmt.Sprintf(` stroke-width="%s" stroke-linejoin="round"`, short(s.width))
	if s.dash > 0 {
		out += fmt.Sprintf(` stroke-dasharray="%s"`, short(s.dash))
	}
	return out
}

// paint is an attribute that is a colour.
func paint(name string, c color.NRGBA) string {
	switch c.A {
	case 0:
		return fmt.Sprintf(` %s="none"`, name)
	case 0xff:
		return fmt.Sprintf(` %s="%s"`, name, hex(c))
	}
	return fmt.Sprintf(` %s="%s" %[1]s-opacity="%s"`, name, hex(c), short(float64(c.A)/255))
}

func hex(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// short is a number with at most two decimals.
func short(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(v, 'f', 2, 64), "0"), ".")
}

func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return b.String()
}
