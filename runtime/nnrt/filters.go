package nnrt

// TransposeFilters exchanges filters and channels: of w[filter/16][taps·channels][16], with
// rows elements of 16 between panels, to[channel/16][taps·filters][16], with toRows.
func TransposeFilters[T float32 | float64](to, w []T, filters, channels, taps, toRows, rows int) {
	for c := range channels {
		for tap := range taps {
			at := to[(c/16*toRows+tap*filters)*16+c%16:]
			from := w[(tap*channels+c)*16:]
			for n := range filters {
				at[n*16] = from[n/16*rows*16+n%16]
			}
		}
	}
}
