package spec

import (
	"bytes"
	"testing"
)

// FuzzDecode: no text makes the decoder panic; every error has a place; what
// is accepted survives being written out and read again.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(digits))
	f.Add([]byte(twoHeads))
	f.Add([]byte(tiny))
	for _, c := range badCases(f) {
		f.Add(c.spec)
	}
	v := testVocabulary()
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			t.Skip()
		}
		for _, file := range []string{"net.yaml", "net.json"} {
			n, err := Decode(file, text, v)
			if err != nil {
				checkPlaces(t, text, err)
				continue
			}
			once := n.Canonical(v)
			again, err := Decode("net.yaml", once, v)
			if err != nil {
				t.Fatalf("%v in the canonical form\n%s", err, once)
			}
			if twice := again.Canonical(v); !bytes.Equal(once, twice) {
				t.Fatalf("the canonical form changes from\n%s\nto\n%s", once, twice)
			}
		}
	})
}
