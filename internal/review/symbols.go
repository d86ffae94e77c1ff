package review

import "custody/impact"

// maxSymbols bounds the symbols listed of all changed files: each is named, but of a
// change of thousands of files nobody reads a hundred names a file.
const maxSymbols = 10_000

// listSymbols shortens the lists of a report where all together are too long: the same
// number for each file; what others have to follow stands first. What it takes it counts.
func listSymbols(r *impact.Report, most int) {
	each := 0
	for i := range r.Changed {
		each = max(each, len(r.Changed[i].Symbols))
	}
	for ; each > 1 && countSymbols(r, each) > most; each /= 2 {
	}
	for i := range r.Changed {
		c := &r.Changed[i]
		if len(c.Symbols) <= each {
			continue
		}
		c.More, c.Symbols = c.More+len(c.Symbols)-each, c.Symbols[:each:each]
	}
}

func countSymbols(r *impact.Report, each int) int {
	n := 0
	for i := range r.Changed {
		n += min(len(r.Changed[i].Symbols), each)
	}
	return n
}
