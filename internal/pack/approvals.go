package pack

import (
	"custody/internal/config"
	"custody/internal/finding"
)

// approvals is who stands for the change besides those who wrote it.
type approvals struct {
	Sentence    string
	Rules       []check // that ask for it
	Writers     []string
	MoreWriters int
}

// maxWriters are named; the page lists all that it names as authors of commits.
const maxWriters = 5

// newApprovals takes the rules that ask for people from the checks of the view.
func newApprovals(w *view) approvals {
	var out approvals
	missing, open, excepted := 0, 0, 0
	for _, c := range w.Checks {
		switch config.Kind(c.Asks) {
		case config.KindApprovals, config.KindJudge, config.KindChangeRecord, config.KindPullRequest:
		default:
			continue
		}
		out.Rules = append(out.Rules, c)
		switch c.Outcome {
		case finding.NotSatisfied:
			missing++
		case finding.NotAssessed:
			open++
		case finding.Excepted:
			excepted++
		}
	}
	if n := len(out.Rules); n > maxChecks {
		out.Rules = out.Rules[:maxChecks]
	}
	out.Sentence = approvalSentence(out.Rules, missing, open, excepted)
	seen := map[string]bool{}
	for _, c := range w.v.Change.Commits {
		if seen[c.Author] {
			continue
		}
		seen[c.Author] = true
		if len(out.Writers) < maxWriters {
			out.Writers = append(out.Writers, c.Author)
		} else {
			out.MoreWriters++
		}
	}
	return out
}

func approvalSentence(rules []check, missing, open, excepted int) string {
	worst, word := finding.NotSatisfied, "Not met: "
	switch {
	case missing > 0:
	case open > 0:
		worst, word = finding.NotAssessed, "Not assessed: "
	default:
		worst, word = finding.Excepted, "Excepted: "
	}
	if len(rules) == 0 {
		return "No rule in force here asks for one."
	}
	if missing+open+excepted == 0 {
		return plural(len(rules), "rule asks for people to stand for the change: it is met", "rules ask for people to stand for the change: all are met") + "."
	}
	for _, c := range rules {
		if c.Outcome != worst {
			continue
		}
		if worst == finding.Excepted && isPutOff(c.Check) {
			word = "Put off by an emergency: "
		}
		s := word + c.Name + "."
		switch n := missing + open; {
		case n > 1:
			s += " " + plural(n-1, "more is", "more are") + " open."
		case n == 0 && excepted > 1:
			s += " " + plural(excepted-1, "more is", "more are") + " excepted."
		}
		return s
	}
	return ""
}
