package period

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"custody/internal/config"
	"custody/internal/finding"
	"custody/internal/report"
)

func trendOf(packs ...*report.VerifiedPack) *Trend {
	b := NewBuilder("", "", "")
	for _, p := range packs {
		b.Add(p)
	}
	return b.Trend()
}

// checked gives a pack the checks of one rule and two requirements, of which met are met.
func checked(met int, rest finding.Outcome) func(*report.VerifiedPack) {
	return func(p *report.VerifiedPack) {
		p.Says.Checks = []finding.Check{
			{ID: "r", Kind: finding.Rule, Asks: string(config.KindRequirements), Outcome: finding.NotSatisfied},
			{ID: "n", Kind: finding.Notice, Outcome: finding.NotAssessed},
			{ID: "gone", Kind: finding.Requirement, Outcome: finding.NotApplicable},
		}
		for i := range 2 {
			c := finding.Check{ID: fmt.Sprint("q", i), Kind: finding.Requirement, Outcome: rest}
			if i < met {
				c.Outcome = finding.Satisfied
			}
			p.Says.Checks = append(p.Says.Checks, c)
		}
	}
}

func followed(o finding.Outcome, code string) func(*report.VerifiedPack) {
	return func(p *report.VerifiedPack) {
		p.Says.Impact = &report.Impact{Outcome: o, Reasons: []finding.Reason{{Code: code}}}
	}
}

func wrote(lines map[string]int) func(*report.VerifiedPack) {
	return func(p *report.VerifiedPack) {
		p.Says.Attestation = &report.Authorship{}
		p.Says.Attestation.Summary.Lines = lines
		for _, n := range lines {
			p.Says.Attestation.Summary.AddedLines += n
		}
	}
}

// Each change weighs the same, and what a pack does not say is no rate.
func TestTrend(t *testing.T) {
	tr := trendOf(
		packOf(1, "merge", "pass", "2026-01-05", checked(2, finding.Satisfied), wrote(map[string]int{"unknown": 10_000})),
		packOf(2, "merge", "fail", "2026-01-05", checked(1, finding.Excepted), wrote(map[string]int{"ai-declared": 1, "conflict": 1}), followed(finding.Satisfied, "x")),
		packOf(3, "merge", "incomplete", "2026-02-01", checked(0, finding.NotAssessed), followed(finding.NotAssessed, "unresolved")),
		packOf(4, "merge", "fail", "2026-02-01", followed(finding.NotAssessed, "nothing-to-assess"), wrote(nil)),
		packOf(4, "record", "pass", "2026-02-02", followed(finding.NotAssessed, "nothing-to-assess"), wrote(nil)),
	)
	if tr.By != "day" || len(tr.Changes) != 4 || tr.Counts.Superseded != 1 || tr.Days() != "2026-01-05 to 2026-02-02" {
		t.Errorf("%s, %d changes, %+v, %s", tr.By, len(tr.Changes), tr.Counts, tr.Days())
	}
	row := func(p TrendPoint) string {
		s := p.When
		for _, m := range p.Rates {
			s += fmt.Sprintf(" %s:%s/%d", m.ID, m.Share(), m.Changes)
		}
		return s
	}
	var got []string
	for _, p := range append(tr.Points, tr.All) {
		got = append(got, row(p))
	}
	want := []string{
		"2026-01-05 passed:50%/2 requirements:75%/2 answered:100%/2 followed:100%/1 authorship:25%/2 approved:-/0",
		"2026-02-01 passed:0%/1 requirements:0%/1 answered:33%/1 followed:0%/1 authorship:-/0 approved:-/0",
		"2026-02-02 passed:100%/1 requirements:-/0 answered:-/0 followed:-/0 authorship:-/0 approved:-/0",
		" passed:50%/4 requirements:50%/3 answered:78%/3 followed:50%/2 authorship:25%/2 approved:-/0",
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s\nwant\n%s", got[i], want[i])
		}
	}
}

func TestTrendByMonth(t *testing.T) {
	var packs []*report.VerifiedPack
	for i := range 40 {
		packs = append(packs, packOf(i+1, "merge", "pass", fmt.Sprintf("2026-%02d-%02d", 1+i/20, 1+i%20)))
	}
	if tr := trendOf(packs...); tr.By != "month" || len(tr.Points) != 2 || tr.Points[1].When != "2026-02" || tr.Points[1].Changes != 20 {
		t.Errorf("by %s: %+v", tr.By, tr.Points)
	}
}

func TestTrendOfNothing(t *testing.T) {
	b := NewBuilder("", "", "")
	b.Refuse("x<script>.zip", errors.New("it is no pack"))
	tr := b.Trend()
	var text, page bytes.Buffer
	if err := errors.Join(tr.WriteText(&text), tr.WritePage(&page)); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text.String(), "Trend over packs: not assessed - no pack counts\n  1 file read: 1 refused") || !strings.Contains(text.String(), "it is no pack") {
		t.Errorf("%s", text.String())
	}
	if s := page.String(); !strings.Contains(s, "Not assessed: no pack counts.") || strings.Contains(s, "<script") {
		t.Errorf("%s", s)
	}
}

// Where no pack says a rate, its line has a gap.
func TestTrendPage(t *testing.T) {
	tr := trendOf(packOf(1, "merge", "pass", "2026-01-01", checked(2, finding.Satisfied)), packOf(2, "merge", "pass", "2026-01-02"), packOf(3, "merge", "fail", "2026-01-03", checked(1, finding.NotSatisfied)))
	var page bytes.Buffer
	if err := tr.WritePage(&page); err != nil {
		t.Fatal(err)
	}
	s := page.String()
	_, rate, _ := strings.Cut(s, "Security requirements met: ")
	rate, _, _ = strings.Cut(rate, "<h3>")
	if strings.Count(rate, "<polyline") != 2 || !strings.Contains(rate, "75%") || !strings.Contains(rate, "2026-01-03: 50% of 1 change") {
		t.Errorf("the chart is %s", rate)
	}
	if strings.Contains(s, "<script") || !strings.Contains(s, "Content-Security-Policy") || !strings.Contains(s, "Approved: <span class=\"latest\">no pack says it") {
		t.Error("the page says too much or too little")
	}
}

// Points stand as far apart as they are in time.
func TestTrendDistances(t *testing.T) {
	for want, days := range map[string][]string{
		"48 81 382": {"2026-01-01", "2026-01-19", "2026-06-30"},
		"48 382":    {"2026-01-01", "2026-01-02"},
		"215":       {"2026-01-01"},
	} {
		var packs []*report.VerifiedPack
		for i, day := range days {
			packs = append(packs, packOf(i+1, "merge", "pass", day))
		}
		var got []string
		for _, d := range trendOf(packs...).line(0, Rates()[0]).Dots {
			got = append(got, fmt.Sprint(d.X))
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%v: %s, want %s", days, s, want)
		}
	}
	if a, b := dayNumber("2026-02"), dayNumber("2026-01"); a-b != 31 {
		t.Errorf("a month of %d days", a-b)
	}
}
