// Command faces finds faces in a photograph and draws boxes around them:
//
//	go run . blazeface.safetensors photo.jpg boxes.png
//
// It prints a line per face: how sure the network is, and left, top, right and bottom in
// pixels. See README.md for the network, BlazeFace, and how to get its weights.
package main

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"log"
	"math"
	"os"
	"slices"

	"faces/blazeface"
)

// side is that of the images the network reads, in pixels.
const side = 128

// face is a box, in parts of the image the network reads.
type face struct {
	score                    float64
	left, top, right, bottom float64
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: faces WEIGHTS.safetensors PHOTO.jpg OUT.png")
	}
	net, err := blazeface.LoadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	photo, err := read(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	var x blazeface.Input
	scale := fill(&x, photo)
	var y blazeface.Output
	net.Forward(&y, &x, new(blazeface.Workspace))
	out := image.NewRGBA(photo.Bounds())
	draw.Draw(out, out.Bounds(), photo, photo.Bounds().Min, draw.Src)
	for _, f := range faces(&y) {
		at := func(v float64) int { return int(math.Round(v * side * scale)) }
		box := image.Rect(at(f.left), at(f.top), at(f.right), at(f.bottom)).Add(photo.Bounds().Min)
		fmt.Printf("%.2f %d %d %d %d\n", f.score, box.Min.X, box.Min.Y, box.Max.X, box.Max.Y)
		frame(out, box)
	}
	if err := write(os.Args[3], out); err != nil {
		log.Fatal(err)
	}
}

func read(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return jpeg.Decode(f)
}

func write(path string, img image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := png.Encode(f, img); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// fill makes the input of a photograph, reduced to fit, red, green and blue from −1 to
// 1, black where it does not reach. It returns the pixels of the photograph that are one
// of the input's.
func fill(x *blazeface.Input, photo image.Image) (scale float64) {
	b := photo.Bounds()
	scale = float64(max(b.Dx(), b.Dy())) / side
	for i := range x {
		x[i] = -1
	}
	// area is the range of pixels that make pixel i, one at least.
	area := func(i, least, size int) (from, to int) {
		from = least + int(float64(i)*scale)
		return from, max(from+1, min(least+int(float64(i+1)*scale), least+size))
	}
	for i := range side {
		top, bottom := area(i, b.Min.Y, b.Dy())
		for j := range side {
			left, right := area(j, b.Min.X, b.Dx())
			if bottom > b.Max.Y || right > b.Max.X {
				continue
			}
			var sum [3]float64
			for v := top; v < bottom; v++ {
				for u := left; u < right; u++ {
					r, g, b, _ := photo.At(u, v).RGBA()
					for c, p := range []uint32{r, g, b} {
						sum[c] += float64(p)
					}
				}
			}
			n := float64((bottom - top) * (right - left))
			for c, s := range sum {
				x[(i*side+j)*3+c] = float32(s/n/0x7fff.8p0 - 1)
			}
		}
	}
	return scale
}

// faces are what the network sees, the surest first, of boxes that overlap one: the
// mean by their scores, as in the paper.
func faces(y *blazeface.Output) []face {
	all := append(boxes(y.Scores16[:], y.Boxes16[:], 16, 2), boxes(y.Scores8[:], y.Boxes8[:], 8, 6)...)
	slices.SortStableFunc(all, func(a, b face) int { return int(math.Copysign(1, b.score-a.score)) })
	var found []face
	for len(all) > 0 {
		first, mean, weight := all[0], face{}, 0.0
		var rest []face
		for _, f := range all {
			if overlap(first, f) < 0.3 {
				rest = append(rest, f)
				continue
			}
			weight += f.score
			mean.left, mean.top = mean.left+f.score*f.left, mean.top+f.score*f.top
			mean.right, mean.bottom = mean.right+f.score*f.right, mean.bottom+f.score*f.bottom
		}
		found = append(found, face{first.score, mean.left / weight, mean.top / weight, mean.right / weight, mean.bottom / weight})
		all = rest
	}
	return found
}

// boxes are those with a score above ½. On a grid of so many places a side there are
// several boxes at each; the first four of 16 numbers are centre and size, in pixels
// from the middle of the place.
func boxes(scores, numbers []float32, grid, each int) []face {
	var list []face
	for i, s := range scores {
		score := 1 / (1 + math.Exp(-float64(s)))
		if score < 0.5 {
			continue
		}
		n := numbers[16*i:]
		x := (float64(i/each%grid)+0.5)/float64(grid) + float64(n[0])/side
		y := (float64(i/each/grid)+0.5)/float64(grid) + float64(n[1])/side
		w, h := float64(n[2])/side/2, float64(n[3])/side/2
		list = append(list, face{score, x - w, y - h, x + w, y + h})
	}
	return list
}

// overlap is the area that two boxes share, of that of both.
func overlap(a, b face) float64 {
	w, h := min(a.right, b.right)-max(a.left, b.left), min(a.bottom, b.bottom)-max(a.top, b.top)
	if w <= 0 || h <= 0 {
		return 0
	}
	area := func(f face) float64 { return (f.right - f.left) * (f.bottom - f.top) }
	return w * h / (area(a) + area(b) - w*h)
}

// frame draws a box, as wide as suits the picture.
func frame(img *image.RGBA, box image.Rectangle) {
	width := max(1, img.Bounds().Dx()/160)
	green := image.NewUniform(color.RGBA{G: 255, A: 255})
	for _, r := range []image.Rectangle{
		image.Rect(box.Min.X, box.Min.Y, box.Max.X, box.Min.Y+width), image.Rect(box.Min.X, box.Max.Y-width, box.Max.X, box.Max.Y),
		image.Rect(box.Min.X, box.Min.Y, box.Min.X+width, box.Max.Y), image.Rect(box.Max.X-width, box.Min.Y, box.Max.X, box.Max.Y),
	} {
		draw.Draw(img, r, green, image.Point{}, draw.Src)
	}
}
