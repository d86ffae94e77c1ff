package period

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"custody/internal/browsertest"
	"custody/internal/finding"
	"custody/internal/report"
)

// TestPagesInBrowser: who does not see, has no mouse or reads on a telephone misses nothing of the
// pages for auditors.
func TestPagesInBrowser(t *testing.T) {
	var packs []*report.VerifiedPack
	for i := range 12 {
		packs = append(packs, packOf(i+1, []string{"merge", "record"}[i%2], []string{"pass", "fail", "incomplete"}[i%3], fmt.Sprintf("2026-%02d-05", 1+i%5),
			checked(2, finding.Excepted), wrote(map[string]int{"unknown": 4, "ai-declared": 2})))
	}
	b := NewBuilder("soc2-2017", "", "")
	for _, p := range packs {
		b.Add(p)
	}
	b.Refuse("bad.zip", fmt.Errorf("it is no pack"))
	for name, c := range map[string]struct {
		write func(io.Writer) error
		on    browsertest.Screen
	}{
		"report": {b.Report().WritePage, browsertest.Screen{Width: "500"}},
		"trend":  {b.Trend().WritePage, browsertest.Screen{Dark: true, Width: "500"}},
	} {
		var page bytes.Buffer
		if err := c.write(&page); err != nil {
			t.Fatal(err)
		}
		for _, v := range browsertest.Violations(t, page.Bytes(), c.on) {
			t.Errorf("%s: %s\n\t%s", name, v.ID, strings.Join(v.Nodes, "\n\t"))
		}
		if _, console := browsertest.Browse(t, page.Bytes(), c.on); console != "" {
			t.Errorf("%s: the console says:\n%s", name, console)
		}
	}
}
