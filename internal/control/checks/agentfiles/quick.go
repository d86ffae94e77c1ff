package agentfiles

import (
	"strings"
	"sync"

	"custody/internal/control/keywords"
)

// parts are texts of which each path that some place matches holds one: few paths do, and
// only these are held against the globs.
var parts = sync.OnceValue(func() *keywords.Set {
	var all []string
	for _, p := range places {
		for _, g := range spelled(p.glob) {
			all = append(all, longest(g))
		}
	}
	return keywords.New(all)
})

// spelled writes a glob out, once for each choice of its braces, which do not nest.
func spelled(glob string) []string {
	before, rest, ok := strings.Cut(glob, "{")
	if !ok {
		return []string{glob}
	}
	choices, after, _ := strings.Cut(rest, "}")
	var out []string
	for _, c := range strings.Split(choices, ",") {
		out = append(out, spelled(before+c+after)...)
	}
	return out
}

// longest is the longest part of a glob without braces that stands for itself. A slash
// beside ** may not be there.
func longest(glob string) string {
	glob = strings.ReplaceAll(strings.ReplaceAll(glob, "/**", "*"), "**/", "*")
	best := ""
	for _, part := range strings.Split(glob, "*") {
		if len(part) > len(best) {
			best = part
		}
	}
	return best
}
