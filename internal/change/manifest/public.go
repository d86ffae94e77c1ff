package manifest

import (
	"regexp"
	"sync"
)

// Public is a text without what addresses in it keep for who may fetch from there: as whom,
// by which password or token. What is said of a dependency is read by more people than its
// files are, and for longer.
func Public(s string) string {
	for {
		shorter := secrets().ReplaceAllString(s, "$1$2")
		if shorter == s {
			return s
		}
		s = shorter
	}
}

// secrets are what stands before the host, and the query.
var secrets = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(://)[^/?#\s"',]*@|(://[^?#\s"',]*)\?[^#\s"',]*`)
})
