package app

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"custody/app/event"
	"custody/app/gather"
	"custody/internal/change"
)

// What a verdict needs of others' checks, as a store.Subject keeps it: words, of which each
// is one of these, or the digest of a check's name. A repository may have a hundred checks for
// each push, and a review for each of them would use up what GitHub lets us ask.
const (
	wantsChecks = "checks" // all that there are
	wantsScans  = "scans"  // results of scanners
	// wantsAnybody says that reviews count of who has no say, see hasSay.
	wantsAnybody = "anybody"
)

// wantsOf are the words of what a judge needs.
func wantsOf(w gather.Want) string {
	var words []string
	if w.Checks && w.Named == nil {
		words = append(words, wantsChecks)
	}
	if len(w.Tools) > 0 {
		words = append(words, wantsScans)
	}
	if w.Anybody {
		words = append(words, wantsAnybody)
	}
	for _, c := range w.Named {
		words = append(words, nameWord(c.Name))
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), " ")
}

func nameWord(name string) string {
	sum := sha256.Sum256([]byte(change.Printable(name)))
	return hex.EncodeToString(sum[:8])
}

// wanted says whether a verdict that needs these words may change for what has ended.
func wanted(words string, e *event.Ended) bool {
	return slices.ContainsFunc(strings.Fields(words), func(word string) bool {
		return word == wantsScans && e.Scans || !e.Suite && (word == wantsChecks || word == nameWord(e.Name))
	})
}
