package main

import "github.com/nngen-go/nngen/generated/digits"

// shrink turns a drawing, a byte per pixel, into what the network was trained on:
// the digit fills the height of 32×32 dots, of which each of the 8×8 grey values
// counts 4×4. Without a drawing it returns false.
func shrink(pixels []byte, width, height int) (x digits.Input, drawn bool) {
	left, right, top, bottom := width, -1, height, -1
	for i, v := range pixels {
		if v > 127 {
			left, right = min(left, i%width), max(right, i%width)
			top, bottom = min(top, i/width), max(bottom, i/width)
		}
	}
	if right < 0 {
		return x, false
	}
	w, h := float64(right-left+1), float64(bottom-top+1)
	scale := min(32/h, 24/w) // dots per pixel
	fromX, fromY := (32-w*scale)/2, (32-h*scale)/2
	const dots = 3 // of each of the 32×32, along each side
	var grey digits.Input
	for i := range 32 * dots {
		for j := range 32 * dots {
			px := left + int(((float64(j)+0.5)/dots-fromX)/scale)
			py := top + int(((float64(i)+0.5)/dots-fromY)/scale)
			if px >= left && px <= right && py >= top && py <= bottom && pixels[py*width+px] > 127 {
				grey[i/(4*dots)*8+j/(4*dots)] += 1.0 / (dots * dots)
			}
		}
	}
	return grey, true
}
