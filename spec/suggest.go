package spec

import (
	"slices"
	"strings"
)

// suggest returns the candidate nearest to a word, or "" if none is near.
// A third of the word may be wrong, so that `unit` finds units and `foo`
// finds nothing.
func suggest(word string, candidates []string) string {
	if len(word) > 64 {
		return ""
	}
	w := foldName(word)
	best, least := "", max(1, len(w)/3)+1
	for _, c := range candidates {
		if d := distance(w, foldName(c), least); d < least {
			best, least = c, d
		}
	}
	return best
}

// foldName makes spellings of a name alike: batchSize, batch-size, batch_size.
func foldName(s string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(s))
}

// distance is the number of letters to insert, delete, replace or swap with
// the next one to make a into b; at least limit if that is reached.
func distance(a, b string, limit int) int {
	if abs(len(a)-len(b)) >= limit {
		return limit
	}
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}

func abs(n int) int { return max(n, -n) }

// didYouMean is the hint for an unknown word: the nearest candidate, else all
// of them if they are few.
func didYouMean(word string, candidates []string) string {
	if len(candidates) == 0 {
		return ""
	}
	if s := suggest(word, candidates); s != "" {
		return "did you mean " + s + "?"
	}
	return knownHint(candidates)
}

// knownHint lists the candidates if they are few.
func knownHint(candidates []string) string {
	if len(candidates) > 64 {
		return ""
	}
	return "known: " + strings.Join(slices.Sorted(slices.Values(candidates)), ", ")
}
