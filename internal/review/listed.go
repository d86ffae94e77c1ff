package review

import (
	"fmt"
	"slices"
	"strings"

	"custody/internal/finding"
)

// maxListed findings of a check are listed, the gravest that no waiver covers first. The
// others are counted, in one finding that stands for them: nobody reads or stores a
// hundred thousand, and all of them have had their part in the outcome before.
const maxListed = 1000

// listed bounds the findings of a check. What it drops it counts.
func listed(found []finding.Finding) []finding.Finding {
	if len(found) <= maxListed {
		return found
	}
	sorted := slices.Clone(found)
	finding.Sort(sorted)
	slices.SortStableFunc(sorted, func(a, b finding.Finding) int {
		return strings.Compare(a.WaivedBy, b.WaivedBy) // without one first
	})
	kept := slices.Clone(sorted[:maxListed])
	for rest := sorted[maxListed:]; len(rest) > 0; {
		// Waived ones come last, and each waiver keeps its number.
		first, n := rest[0], 1
		for n < len(rest) && rest[n].WaivedBy == first.WaivedBy {
			n++
		}
		kept = append(kept, finding.Finding{
			Rule: first.Rule, Level: first.Level, WaivedBy: first.WaivedBy,
			Message: fmt.Sprintf("%d more of these findings are not listed", n),
			Remedy:  "Resolve those that are listed, then review again: the next ones are listed then.",
			Who:     first.Who,
		})
		rest = rest[n:]
	}
	return kept
}
