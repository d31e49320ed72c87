package nnrt

import (
	"hash/fnv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChecksum(t *testing.T) {
	require.Equal(t, uint64(0xcbf29ce484222325), Checksum(""))
	require.Equal(t, uint64(0xaf63dc4c8601ec8c), Checksum("a")) // from the authors' test vectors
	require.Equal(t, uint64(0x85944171f73967e8), Checksum("foobar"))
	all := make([]byte, 0, 1000)
	for i := range cap(all) {
		all = append(all, byte(i))
		h := fnv.New64a()
		h.Write(all)
		require.Equal(t, h.Sum64(), Checksum(string(all)))
	}
	s := string(all)
	sum := uint64(0)
	require.Zero(t, testing.AllocsPerRun(10, func() { sum += Checksum(s) }))
	require.NotZero(t, sum)
}
