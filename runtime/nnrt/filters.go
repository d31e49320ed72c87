package nnrt

// TransposeFilters exchanges the filters and channels of every group: of
// w[filter/16][taps·channels][16], with rows elements of 16 between panels,
// to[channel/16][taps·filters][16], with toRows. Filters and channels are those of a group.
func TransposeFilters[T float32 | float64](to, w []T, groups, filters, channels, taps, toRows, rows int) {
	for m := range groups * channels {
		first, c := m/channels*filters, m%channels
		for tap := range taps {
			at := to[(m/16*toRows+tap*filters)*16+m%16:]
			from := w[(tap*channels+c)*16:]
			for n := range filters {
				at[n*16] = from[(first+n)/16*rows*16+(first+n)%16]
			}
		}
	}
}
