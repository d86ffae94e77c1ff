package impact

import (
	"fmt"
	"strings"
)

// maxShownSymbols of a changed file are named, breaking ones first.
const maxShownSymbols = 6

// symbolWords says what a change does to the definitions of a file, those first that whoever
// uses them from elsewhere may have to follow: "breaking: Fetch (signature), Pick (removed)",
// "New (added), pick (body), 3 more". Both are empty where nothing is to be said.
func (c *Changed) symbolWords(code func(name string) string) (breaking, others string) {
	var first, rest []string
	for i, s := range c.Symbols {
		if i == maxShownSymbols {
			rest = append(rest, fmt.Sprintf("%d more", len(c.Symbols)-i))
			break
		}
		words := fmt.Sprintf("%s (%s)", code(s.Name), s.Change)
		if s.Breaks() {
			first = append(first, words)
		} else {
			rest = append(rest, words)
		}
	}
	return strings.Join(first, ", "), strings.Join(rest, ", ")
}
