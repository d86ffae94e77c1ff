package control

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/finding"
)

// sarif asks what a scanner found on the head. A result for another commit is none, and
// so is one that does not say what the check asks.
func (e *evaluation) sarif(r *Requirement, c *SARIFCheck) answer {
	switch {
	case noChange(e.Change):
		return answered(finding.NotApplicable, ReasonStage, "what %s found is asked of a change", clip(c.Tool))
	case e.Context == nil:
		return answered(finding.NotAssessed, ReasonNoContext, "what %s found is not in git, and %s", clip(c.Tool), noContext)
	case e.Context.SARIF == nil:
		return answered(finding.NotAssessed, ReasonContextPart, "%s", e.noPart("sarif"))
	}
	var a answer
	found, other := 0, 0
	for _, s := range e.Context.SARIF {
		switch {
		case s.Tool != c.Tool && s.Tool != "":
			continue
		case s.Head != "" && !e.ranOnIt(s.Head):
			other++
			continue
		case s.Tool == "" || s.Head == "":
			a.unsure = true
			a.because(ReasonContextPart, "of some result the context does not say which tool found it, and on which commit")
			continue
		}
		found++
		if why := e.scan(&a, r, c, s); why != "" {
			a.unsure = true
			a.because(ReasonContextPart, "%s: %s", clip(c.Tool), why)
		}
	}
	switch {
	case len(a.found) > 0:
		a.outcome = finding.NotSatisfied
	case found == 0 && a.unsure:
	case found == 0 && other > 0:
		a.because(ReasonContextPart, "%s scanned another commit than the head", clip(c.Tool))
	case found == 0:
		a.because(ReasonContextPart, "the context has no result of %s", clip(c.Tool))
	case !a.unsure:
		a.outcome = finding.Satisfied
	}
	return a
}

// Scanners are the tools whose results requirements ask for, each once.
func Scanners(files []*Requirements) []string {
	seen := map[string]bool{}
	var walk func(c *Check)
	walk = func(c *Check) {
		if c == nil {
			return
		}
		if c.SARIF != nil {
			seen[c.SARIF.Tool] = true
		}
		for _, some := range [][]Check{c.All, c.Any} {
			for i := range some {
				walk(&some[i])
			}
		}
	}
	for _, f := range files {
		for i := range f.Controls {
			walk(f.Controls[i].Check)
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// sarifLevels are the levels of results, the worst last.
var sarifLevels = []string{"none", "note", "warning", "error"}

func levelRank(level string) int {
	for i, l := range sarifLevels {
		if l == level {
			return i
		}
	}
	return -1
}

// scan judges one result; a reason when it does not tell.
func (e *evaluation) scan(a *answer, r *Requirement, c *SARIFCheck, s change.SARIF) string {
	allowed := levelRank(string(c.maxLevel()))
	if c.maxLevel() == NothingAtAll {
		allowed = -1 // not even a result of level none
	}
	if s.Counts == nil {
		switch {
		case s.Results == 0:
			a.because(ReasonCounted, "%s reports nothing (%s)", clip(c.Tool), clip(s.Digest))
			return ""
		case s.Results > 0 && c.Rule == "" && allowed < 0:
			message := fmt.Sprintf("%s: %s reports %s", r.title(), clip(c.Tool), plural(s.Results, "result", "results"))
			a.found = append(a.found, scoped{Finding: r.finding(finding.Place{}, message, "Settle them")})
			return ""
		}
		return "the context does not count its results by rule and level"
	}
	sum, bad := 0, 0
	for _, n := range s.Counts {
		rank := levelRank(n.Level)
		if n.Results < 0 || rank < 0 || n.Rule == "" && c.Rule != "" {
			return "the context counts its results in a way that is not understood"
		}
		sum += n.Results
		if (c.Rule == "" || ruleMatches(c.Rule, n.Rule)) && rank > allowed && n.Results > 0 {
			bad += n.Results
			message := fmt.Sprintf("%s: %s reports %s of rule %s, level %s", r.title(), clip(c.Tool), plural(n.Results, "result", "results"), clip(n.Rule), n.Level)
			a.found = append(a.found, scoped{Finding: r.finding(finding.Place{}, message, "Settle them")})
		}
	}
	if sum != s.Results {
		return fmt.Sprintf("the context counts %d results by rule, and says there are %d", sum, s.Results)
	}
	if bad == 0 {
		a.because(ReasonCounted, "%s reports nothing of what is asked (%s)", clip(c.Tool), clip(s.Digest))
	}
	return ""
}

// ruleMatches says whether a glob is about a rule id. Ids such as py/sql-injection have
// slashes and are no paths: * stands for these, too.
func ruleMatches(glob, id string) bool {
	flat := strings.NewReplacer("/", "\x00")
	ok, _ := path.Match(flat.Replace(glob), flat.Replace(id))
	return ok
}
