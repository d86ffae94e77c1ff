package claim

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"custody/internal/finding"
)

// Facts are what history really holds, counted over the same window that the file
// names. Commits are those with at most one parent, as the file's format counts them.
type Facts struct {
	Repo      Repo
	Generated string // RFC 3339: when the counting was done
	From, To  string // RFC 3339: first and last commit counted
	Commits   int64
	Assisted  int64
	After     int64  // commits by agents that are newer than the window
	Before    int64  // and that are older
	Tools     []Tool // by identifier; of every listed tool and of the others
	Cut       string // why history is not whole ("shallow"); empty when it is
	Scan      *Scan  // what verified packs say, nil without any
}

// A Repo names the repository. URL may be empty.
type Repo struct{ Owner, Name, URL string }

// A Change is what agents did in the change under review.
type Change struct {
	Newest int64 // committer's time of the newest of their commits, 0 without any
	Tools  []ToolName
}

// A Report says what the file claims, and whether that holds.
type Report struct {
	Outcome   finding.Outcome  `json:"outcome"` // not-assessed when history was not there to compare with
	Reasons   []finding.Reason `json:"reasons"`
	Version   string           `json:"version,omitempty"`
	Generated string           `json:"generated,omitempty"`
	Commits   *int64           `json:"commits,omitempty"`
	Assisted  *int64           `json:"assisted_commits,omitempty"`
	Tools     []string         `json:"tools"`
}

// Rules of the findings.
const (
	RuleMissing    = "attest-file-missing"
	RuleMalformed  = "attest-file-malformed"
	RuleTool       = "attest-file-tool"       // an identifier that the schema does not allow
	RuleUnderstate = "attest-file-understate" // it says less than history
	RuleOverstate  = "attest-file-overstate"  // it says more than history
	RuleWindow     = "attest-file-window"     // its counts are for another number of commits
	RuleLowered    = "attest-file-lowered"    // the change makes it say less
	RuleStale      = "attest-file-stale"      // it is older than what agents wrote
	RuleBefore     = "attest-file-before"     // its window begins after what agents wrote
)

const rewrite = "run `custody attest write` and commit " + Path

const widen = "take range.from out, and " + rewrite

type checker struct {
	doc      *Document
	report   *Report
	findings []finding.Finding
}

func (c *checker) add(rule string, level finding.Level, line int, remedy, format string, args ...any) {
	c.findings = append(c.findings, finding.Finding{
		Rule: rule, Level: level, Place: finding.Place{Path: Path, StartLine: line, EndLine: line},
		Message: fmt.Sprintf(format, args...), Remedy: remedy, Who: "whoever keeps " + Path,
	})
	if level == finding.Error || rule == RuleOverstate || rule == RuleWindow {
		c.report.Outcome = finding.NotSatisfied
	}
}

func (c *checker) notAssessed(code, detail string) {
	c.report.Reasons = append(c.report.Reasons, finding.Reason{Code: code, Detail: detail, Path: Path})
	c.report.Outcome = finding.Worst(c.report.Outcome, finding.NotAssessed)
}

// Check compares the file with history, and enforces its own policy: `attest check`. No
// file at all is a finding.
func Check(existing []byte, f Facts) (*Report, []finding.Finding) {
	c := read(existing)
	if c.doc != nil {
		c.history(&f)
		c.policy(&f)
	}
	return c.done()
}

// Review compares the file of a change with what the change's agents did, with its
// own text at base, and with history if there is any. A change that has no such file
// at head and had one at base removed it.
func Review(base, head []byte, seen Change, history *Facts) (*Report, []finding.Finding) {
	c := read(head)
	if c.doc != nil {
		c.change(base, seen)
		if history != nil {
			c.history(history)
		} else {
			c.notAssessed("no-history", "the file was not compared with history: 'custody attest check' does")
		}
	}
	return c.done()
}

func (c *checker) done() (*Report, []finding.Finding) {
	finding.Sort(c.findings)
	return c.report, c.findings
}

// read parses the file and reports what is wrong with it. The outcome is Satisfied as
// long as nothing speaks against it.
func read(data []byte) *checker {
	c := &checker{report: &Report{Outcome: finding.Satisfied, Reasons: []finding.Reason{}, Tools: []string{}}}
	if data == nil {
		c.add(RuleMissing, finding.Error, 0, rewrite, "the file is missing")
		return c
	}
	doc, problems := Parse(data)
	for _, p := range problems {
		where := ""
		if p.Line > 0 {
			where = fmt.Sprintf("line %d, column %d: ", p.Line, p.Column)
		}
		c.add(RuleMalformed, finding.Error, p.Line, "correct it, or "+rewrite, "%s%s", where, p.Message)
	}
	if doc == nil {
		return c
	}
	c.doc = doc
	for _, n := range doc.unlisted {
		id := n.get("identifier").text
		c.add(RuleTool, finding.Warning, n.get("identifier").line, rewrite,
			"the published schema does not allow the tool %q: it belongs under %s", oneLine(id), extension)
	}
	r := c.report
	r.Version = doc.Version
	if n := doc.root.get("generated"); n != nil {
		r.Generated = oneLine(n.text)
	}
	if doc.Commits >= 0 {
		r.Commits = &doc.Commits
	}
	if doc.Assisted >= 0 {
		r.Assisted = &doc.Assisted
	}
	for _, t := range doc.Tools {
		if t.Commits > 0 {
			r.Tools = append(r.Tools, oneLine(t.ID))
		}
	}
	return c
}

// history compares counts. What a cut history shows is a lower bound: a file that says
// less is wrong all the same, one that says more may be right.
func (c *checker) history(f *Facts) {
	d := c.doc
	if f.Cut != "" {
		c.notAssessed(f.Cut, "history is cut, so the counts could not be compared; fetch the whole history")
	}
	c.count("ai.assisted_commits", d.line("ai", "assisted_commits"), d.Assisted, f.Assisted, f.Cut != "")
	if f.Cut == "" {
		if d.Commits >= 0 && d.Commits != f.Commits {
			c.add(RuleWindow, finding.Warning, d.line("range", "commits"), rewrite,
				"range.commits says %d, history has %d in that window", d.Commits, f.Commits)
		}
		c.percentage(f)
	}
	for _, t := range f.Tools {
		says := int64(0)
		if had := d.tool(t.ID); had != nil {
			says = had.Commits
		}
		if t.Commits > says {
			c.count("commits of "+oneLine(t.ID), d.lines[t.ID], says, t.Commits, false)
		}
	}
	for _, t := range d.Tools {
		i := slices.IndexFunc(f.Tools, func(u Tool) bool { return u.ID == t.ID })
		if f.Cut == "" && t.Commits > 0 && (i < 0 || f.Tools[i].Commits < t.Commits) {
			real := int64(0)
			if i >= 0 {
				real = f.Tools[i].Commits
			}
			c.count("commits of "+oneLine(t.ID), d.lines[t.ID], t.Commits, real, false)
		}
	}
	switch line := d.line("range", "from"); {
	case f.Before+f.After > 0 && f.Commits == 0:
		c.add(RuleUnderstate, finding.Error, max(line, d.line("range")), rewrite, "the window of range leaves out every commit, %d by agents among them", f.Before+f.After)
	case f.Before > 0:
		c.add(RuleBefore, finding.Warning, line, widen, "agents took part in %d commits that are older than range.from", f.Before)
	}
	switch newer := "agents took part in %d commits that are newer than the file"; {
	case f.After > 1:
		c.add(RuleStale, finding.Error, d.line("generated"), rewrite, newer, f.After)
	case f.After == 1: // the file can not count the commit that brings it
		c.add(RuleStale, finding.Warning, d.line("generated"), rewrite, newer, f.After)
	}
}

// count compares one number of commits by agents.
func (c *checker) count(what string, line int, says, real int64, lowerBound bool) {
	shown := fmt.Sprint(says)
	if says < 0 {
		shown = "nothing"
	}
	switch {
	case says < real:
		c.add(RuleUnderstate, finding.Error, line, rewrite, "%s says %s, history has %d", what, shown, real)
	case says > real && !lowerBound:
		c.add(RuleOverstate, finding.Warning, line, rewrite, "%s says %s, history has %d", what, shown, real)
	}
}

// percentage is compared to the one decimal that the format has.
func (c *checker) percentage(f *Facts) {
	d, line := c.doc, c.doc.line("ai", "percentage")
	real := percentage(f.Assisted, f.Commits)
	switch {
	case d.Percentage < 0: // missing: said already
	case d.Percentage < real-0.051:
		c.add(RuleUnderstate, finding.Error, line, rewrite, "ai.percentage says %g, history has %g", d.Percentage, real)
	case d.Percentage > real+0.051:
		c.add(RuleOverstate, finding.Warning, line, rewrite, "ai.percentage says %g, history has %g", d.Percentage, real)
	}
}

// percentage has one decimal.
func percentage(assisted, commits int64) float64 {
	if commits <= 0 {
		return 0
	}
	return math.Round(float64(assisted)*1000/float64(commits)) / 10
}

func (d *Document) tool(id string) *Tool {
	for i := range d.Tools {
		if d.Tools[i].ID == id {
			return &d.Tools[i]
		}
	}
	return nil
}

// change compares the file with the change that it comes with.
func (c *checker) change(base []byte, seen Change) {
	d := c.doc
	var missing []string
	for _, t := range seen.Tools {
		if had := d.tool(t.ID); had == nil || had.Commits <= 0 {
			missing = append(missing, t.ID)
		}
	}
	if len(missing) > 0 {
		c.add(RuleUnderstate, finding.Error, d.line("ai", "tools"), rewrite,
			"agents of this change are not in the file: %s", strings.Join(missing, ", "))
	}
	// By the day: the file itself is committed a little after it was made.
	const daySeconds = 24 * 60 * 60
	if seen.Newest > 0 && d.Generated > 0 && d.Generated/daySeconds < seen.Newest/daySeconds {
		c.add(RuleStale, finding.Warning, d.line("generated"), rewrite, "the file is older than this change's commits by agents")
	}
	if base == nil {
		return
	}
	old, problems := Parse(base)
	if old == nil || len(problems) > 0 {
		return // what was wrong before the change is not the change's doing
	}
	if d.From > old.From {
		c.add(RuleBefore, finding.Warning, d.line("range", "from"), widen, "the change moves range.from: the counts leave out what is older")
	}
	if d.Assisted < old.Assisted && d.From <= old.From {
		c.add(RuleLowered, finding.Error, d.line("ai", "assisted_commits"), rewrite,
			"the change lowers ai.assisted_commits from %d to %d", old.Assisted, max(d.Assisted, 0))
	}
	for _, t := range old.Tools {
		says := int64(0)
		if had := d.tool(t.ID); had != nil {
			says = max(had.Commits, 0)
		}
		if says < t.Commits && d.From <= old.From {
			c.add(RuleLowered, finding.Error, d.lines[t.ID], rewrite,
				"the change lowers the commits of %s from %d to %d", oneLine(t.ID), t.Commits, says)
		}
	}
}
