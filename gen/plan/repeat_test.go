package plan

import (
	"fmt"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMoves: the text of an index is the index, in every turn.
func TestMoves(t *testing.T) {
	for _, m := range []Move{{}, {From: 3}, {0, 1, 0}, {2, 1, 0}, {40, -1, 0}, {1, 3, 0}, {0, 1, 2}, {1, 1, 2}, {2, 1, 3}, {1, 2, 3}, {1, 0, 2}} {
		for turn := range 7 {
			text := strings.ReplaceAll(m.Text("l"), "l", fmt.Sprint(turn))
			v, err := types.Eval(token.NewFileSet(), nil, token.NoPos, text)
			require.NoError(t, err, text)
			require.Equal(t, fmt.Sprint(m.at(turn)), v.Value.String(), "%+v in turn %d: %s", m, turn, text)
		}
	}
	require.Equal(t, "l", Move{0, 1, 0}.Text("l"))
	require.Equal(t, "l%2", Move{0, 1, 2}.Text("l"))
	require.Equal(t, "(l+1)%2", Move{1, 1, 2}.Text("l"))
}

// TestSpans: runs are found whatever stands around them, in their shortest turns,
// up to where a turn does not follow.
func TestSpans(t *testing.T) {
	all := func(Span) func(int) bool { return func(int) bool { return true } }
	for keys, want := range map[string][]Span{
		"":                  nil,
		"aaa":               nil, // too few
		"aaaa":              {{0, 1, 4}},
		"xababababy":        {{1, 2, 4}},
		"xababababaz":       {{1, 2, 4}},
		"abcabcabcabcabcab": {{0, 3, 5}},
		"aaaabbbbcdcdcdcd":  {{0, 1, 4}, {4, 1, 4}, {8, 2, 4}},
		"aabaabaabaab":      {{0, 3, 4}},
	} {
		require.Equal(t, want, spans(strings.Split(keys, ""), all), keys)
	}
	until := func(last int) func(Span) func(int) bool {
		return func(s Span) func(int) bool { return func(k int) bool { return s.First+k*s.Period <= last } }
	}
	require.Equal(t, []Span{{0, 1, 6}}, spans(strings.Split("aaaaaaaaa", ""), until(5)))
	require.Empty(t, spans(strings.Split("aaaaaaaaa", ""), until(2)))
}
