package claim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"custody/internal/finding"
)

// A Scan is what Custody's own verdicts say, in the words of the file's section
// governance. It comes from packs whose signatures verified under trusted keys.
type Scan struct {
	Engine   string // "custody 1.2.3"
	LastScan string // RFC 3339: the day of the newest verdict
	Result   string // PASS, WARN or BLOCK, of the newest verdict
	Score    int64  // checks that are satisfied, in per cent of those that ask something; -1: none asks
	Packs    []string
	// Critical, High, Medium, Low are findings that no waiver covers.
	Critical, High, Medium, Low int64
	Digests                     []string // of the packs

	Reviewed Reviewed
	After    int64 // commits by agents that are newer than the newest verdict's head
}

// Reviewed says whether a person who did not write the changes approved them. The zero
// value says that it is not known.
type Reviewed uint8

const (
	ReviewUnknown Reviewed = iota
	ReviewMissing
	ReviewDone
)

// scanKey lists the packs that the section was computed from. The published schema
// lets unknown keys be.
const scanKey = "x-custody-packs"

// governance writes what was scanned into its section: each key on its own lines, so
// that comments and what is not ours, such as proof_bundle_url, stay.
func (e *editor) governance(f Facts) {
	if f.Scan == nil {
		return
	}
	g := e.root.get("governance")
	if g == nil || g.shape != isMapping || g.flow || len(g.keys) == 0 {
		e.section("governance", governanceSection(f.Scan, e.comments("governance")))
		return
	}
	indent := strings.Repeat(" ", g.keys[0].col-1)
	for _, part := range governanceParts(f.Scan) {
		// Lines move with every part, so each looks at the text anew.
		text := strings.Join(e.lines, "\n")
		now, err := edit(text)
		if err != nil {
			return // the last check refuses what comes of it
		}
		g = now.root.get("governance")
		lines := make([]string, len(part.lines))
		for i, l := range part.lines {
			lines[i] = indent + l
		}
		k := now.key(g, part.key)
		switch {
		case k == nil:
			at := now.after(g)
			now.lines = slices.Insert(now.lines, at, lines...)
		case part.same(k.value):
		case len(lines) == 1 && k.value.lastLine() <= k.line:
			_, value, _ := strings.Cut(lines[0], ": ")
			now.setExisting(g, part.key, value)
		default:
			now.lines = slices.Replace(now.lines, k.line-1, max(k.line, k.value.lastLine()), lines...)
		}
		e.lines = now.lines
	}
}

func governanceSection(s *Scan, kept []string) string {
	var b strings.Builder
	b.WriteString("governance:\n")
	for _, c := range kept {
		b.WriteString("  " + c + "\n")
	}
	for _, p := range governanceParts(s) {
		for _, l := range p.lines {
			b.WriteString("  " + l + "\n")
		}
	}
	return b.String()
}

// A governancePart is one key of the section as lines, without its indentation.
type governancePart struct {
	key   string
	lines []string
}

func governanceParts(s *Scan) []governancePart {
	list := func(key string, values []string) governancePart {
		p := governancePart{key, []string{key + ": []"}}
		if len(values) > 0 {
			p.lines[0] = key + ":"
		}
		for _, v := range values {
			p.lines = append(p.lines, "  - "+quote(v))
		}
		return p
	}
	score := "null"
	if s.Score >= 0 {
		score = strconv.FormatInt(s.Score, 10)
	}
	one := func(key, value string) governancePart { return governancePart{key, []string{key + ": " + value}} }
	return []governancePart{
		one("engine", quote(s.Engine)), one("last_scan", quote(s.LastScan)), one("result", s.Result), one("score", score),
		list("packs", s.Packs),
		{"findings", []string{"findings:", fmt.Sprintf("  critical: %d", s.Critical), fmt.Sprintf("  high: %d", s.High),
			fmt.Sprintf("  medium: %d", s.Medium), fmt.Sprintf("  low: %d", s.Low)}},
		one("proof_bundle_count", strconv.Itoa(len(s.Digests))),
		list(scanKey, s.Digests),
	}
}

// same says whether a value says what a part would, in whatever form.
func (p governancePart) same(n *node) bool {
	text := "k:\n"
	for _, l := range p.lines {
		text += "  " + l + "\n"
	}
	want, err := parse([]byte(text))
	return err == nil && equal(want.get("k").get(p.key), n)
}

// equal compares values, not their form.
func equal(a, b *node) bool {
	if a == nil || b == nil || a.shape != b.shape || a.text != b.text || len(a.keys) != len(b.keys) || len(a.items) != len(b.items) {
		return false
	}
	for i := range a.items {
		if !equal(a.items[i], b.items[i]) {
			return false
		}
	}
	for _, k := range a.keys {
		if !equal(k.value, b.get(k.name)) {
			return false
		}
	}
	return true
}

// claimed compares the section with what was verified.
func (c *checker) claimed(s *Scan) {
	g := c.doc.root.get("governance")
	for _, p := range governanceParts(s) {
		n := g.get(p.key)
		if p.key == scanKey || n != nil && p.same(n) {
			continue
		}
		says := "nothing"
		if n != nil && n.text != "" {
			says = oneLine(n.text)
		} else if n != nil {
			says = "something else"
		}
		want, _ := strings.CutPrefix(strings.Join(p.lines, " "), p.key+": ")
		if len(p.lines) > 1 {
			want = strings.Join(p.lines[1:], ",")
		}
		c.add(RuleGovernance, finding.Error, c.doc.line("governance", p.key), "run `custody attest write` with the same --pack and commit "+Path,
			"governance.%s says %s, the packs say %s", p.key, says, strings.Join(strings.Fields(want), " "))
	}
}
