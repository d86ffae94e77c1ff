package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/git"
)

// pageOf is the page of some commits, each a month and who wrote it.
func pageOf(t *testing.T, commits ...string) string {
	t.Helper()
	var b bytes.Buffer
	p := NewHistoryPage(&b, `acme/<script>alert(1)</script>`, "history of abc", true)
	h := attestation.NewHistory(change.ParseTrailers, attestation.Window{}, p.Entry)
	files := attestation.NewHistoryFiles()
	for i, c := range commits {
		month, who, _ := strings.Cut(c, " ")
		var year, m int
		fmt.Sscanf(month, "%d-%d", &year, &m)
		when := int64((year-1970)*365*86400 + (m-1)*31*86400 + 20*86400)
		s := git.Signature{Name: "Ada", Email: "ada@example.com", When: when}
		one := attestation.NewHistory(change.ParseTrailers, attestation.Window{}, func(e *attestation.HistoryEntry) error {
			if e.AsksFiles() {
				files.Add(e, []git.FileLines{{Path: "src/<b>/a\n.go", Added: i + 1}, {Path: "README"}}, 0, nil)
			}
			return nil
		})
		commit := &git.Commit{Author: s, Committer: s, Message: []byte("S\n\n" + who + "\n")}
		if err := h.Add(commit); err != nil {
			t.Fatal(err)
		}
		if err := one.Add(commit); err != nil {
			t.Fatal(err)
		}
	}
	sum := h.Summary()
	files.Fill(sum)
	if err := p.Close(sum); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const (
	byClaude = "Co-authored-by: Claude <noreply@anthropic.com>"
	byDevin  = "Assisted-by: Devin:<b>x</b> Devin"
)

// The page is whole by itself, and nothing that a stranger wrote is markup in it.
func TestHistoryPage(t *testing.T) {
	page := pageOf(t, "2026-01 "+byClaude, "2026-01 Human", "2026-04 "+byClaude, "2026-04 "+byDevin, "2026-04 Assisted-by: Devin:<b>-9")
	for _, never := range []string{"<script", "<b>", "javascript:", "http://", "https://", "@import", "url(", "style="} {
		if strings.Contains(page, never) {
			t.Errorf("the page holds %q", never)
		}
	}
	for _, want := range []string{
		"acme/&lt;script&gt;", "default-src &#39;none&#39;", "<title>2026-02: 0 commits by agents of 0</title>", "<title>2026-01: 1 commit by agents of 2</title>",
		"src/&lt;b&gt;", "prefers-color-scheme: dark", `role="img"`, "Claude Code",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if dir := os.Getenv("CUSTODY_PAGES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "history.html"), []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if empty := pageOf(t, "2026-01 Human"); !strings.Contains(empty, "No agent left a trace") || strings.Contains(empty, "<svg") {
		t.Error("a history without agents has a chart")
	}
	if none := pageOf(t); !strings.Contains(none, "–") {
		t.Error("a share of nothing is not told")
	}
	if odd := pageOf(t, "1960-01 "+byClaude); strings.Contains(odd, "<svg") {
		t.Error("a month that is not known has a place in the chart")
	}
}

// Whatever the numbers, bars stay within the chart, and its parts add up.
func TestChart(t *testing.T) {
	for _, n := range []int{1, 3, 4, 5, 39, 40, 41, 433, 999, 12345} {
		p := NewHistoryPage(io.Discard, "", "", false)
		s := &attestation.HistorySummary{Tools: []attestation.HistoryCount{}}
		for i := range 9 {
			s.Tools = append(s.Tools, attestation.HistoryCount{ID: fmt.Sprint(i), Name: fmt.Sprint(i), Commits: n})
		}
		s.Months = []attestation.HistoryMonth{{Month: "2014-12", Commits: 1, All: 1}, {Month: "2025-12", Commits: n, All: n, Tools: s.Tools}, {Month: "2026-02", Commits: n, All: n, Tools: s.Tools[:1]}}
		p.HistorySummary = s
		c := p.Chart()
		if len(c.Bars) != pageMonths || c.Cut != 1 || c.Bars[len(c.Bars)-1].Month != "2026-02" || c.Bars[len(c.Bars)-2].Month != "2026-01" {
			t.Fatalf("%d bars, %d cut", len(c.Bars), c.Cut)
		}
		if len(c.Legend) != pageTools+1 || c.Legend[pageTools].Commits != 3*n {
			t.Errorf("legend %v", c.Legend)
		}
		for _, b := range c.Bars {
			if b.X < chartLeft || b.X+b.Width > chartLeft+chartWide+8 {
				t.Errorf("%s is outside: %d+%d", b.Month, b.X, b.Width)
			}
			low := float64(c.Base)
			for _, part := range b.Parts {
				var y, h float64
				fmt.Sscan(part.Y, &y)
				fmt.Sscan(part.Height, &h)
				if y < chartTop-0.1 || h < 0 || y+h > low+0.15 || y+h < low-0.15 {
					t.Errorf("%s: a part at %v, %v high, above %v", b.Month, y, h, low)
				}
				low = y
			}
		}
		if top := ceiling(n); top < n || top > max(4, 2*n) || top%4 != 0 {
			t.Errorf("the scale of %d goes to %d", n, top)
		}
	}
	if got := change.Thousands(1234567); got != "1,234,567" || change.Thousands(12) != "12" || change.Thousands(123) != "123" {
		t.Error(got)
	}
	if ok, _ := regexp.MatchString(`^under`, share(1, 100000)); !ok || share(99999, 100000) != "over 99.9 %" || share(1, 3) != "33.3 %" {
		t.Error("shares")
	}
}
