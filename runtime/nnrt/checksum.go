package nnrt

// Checksum is the 64-bit FNV-1a hash of s, the one of hash/fnv. It finds
// damage and mix-ups, not malice.
func Checksum(s string) uint64 {
	sum := uint64(0xcbf29ce484222325)
	for i := range len(s) {
		sum = (sum ^ uint64(s[i])) * 0x100000001b3
	}
	return sum
}
