package review

import (
	"fmt"
	"testing"

	"custody/impact"
)

func TestListSymbols(t *testing.T) {
	r := &impact.Report{Changed: make([]impact.Changed, 500)}
	for i := range r.Changed {
		for k := range 1 + i%80 {
			r.Changed[i].Symbols = append(r.Changed[i].Symbols, impact.Symbol{Name: fmt.Sprint(k), Change: impact.SymbolAdded, Exported: true})
		}
	}
	all := countSymbols(r, 1000)
	listSymbols(r, 5000)
	left, more := 0, 0
	for _, c := range r.Changed {
		left, more = left+len(c.Symbols), more+c.More
		if len(c.Symbols) == 0 {
			t.Error("a file has no symbol any more")
		}
	}
	if left > 5000 || left+more != all {
		t.Errorf("%d are listed and %d counted, of %d", left, more, all)
	}
	before := countSymbols(r, 1000)
	if listSymbols(r, 5000); countSymbols(r, 1000) != before {
		t.Error("shortened what was short")
	}
}
