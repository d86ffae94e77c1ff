package pack

import (
	"slices"
	"strings"

	"custody/internal/config"
	"custody/internal/finding"
)

// approvals is who stands for the change besides those who wrote it.
type approvals struct {
	Sentence string
	Rules    []check // that ask for it
	By       string  // whose approval some rule counted; empty where none was counted
	Writers  people
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
	out.By = approvedBy(w.v.Checks)
	out.Sentence = approvalSentence(out.Rules, missing, open, excepted)
	for _, c := range w.v.Change.Commits {
		out.Writers.add(c.Author)
	}
	out.Writers.ready(w.v.Inputs.Privacy, maxWriters)
	return out
}

// approvedBy names those whose approval some rule counted, with the commit that they approved.
func approvedBy(checks []finding.Check) string {
	var names, doubtful, unclear, against []string
	counted := false
	for _, c := range checks {
		if c.Approvals == nil {
			continue
		}
		counted = true
		against = append(against, c.Approvals.Against...)
		unclear = append(unclear, c.Approvals.Unclear...)
		for _, a := range c.Approvals.By {
			who := a.Login + " (commit " + a.Commit[:min(len(a.Commit), 12)] + ")"
			if c.Approvals.Certain >= len(c.Approvals.By) {
				names = append(names, who)
			} else {
				doubtful = append(doubtful, who)
			}
		}
	}
	once := func(list []string) string {
		slices.Sort(list)
		list = slices.Compact(list)
		if n := len(list) - maxApprovers; n > 0 {
			list = append(list[:maxApprovers:maxApprovers], plural(n, "more", "more"))
		}
		return strings.Join(list, ", ")
	}
	doubtful = slices.DeleteFunc(doubtful, func(who string) bool { return slices.Contains(names, who) })
	var parts []string
	if len(names) > 0 {
		parts = append(parts, once(names))
	}
	if len(doubtful) > 0 {
		parts = append(parts, once(doubtful)+", not certain: whoever wrote or pushed it is not known well enough")
	}
	if len(unclear) > 0 {
		parts = append(parts, "perhaps "+once(unclear)+": a fact is missing that decides it")
	}
	if len(parts) == 0 && counted {
		parts = append(parts, "nobody whose approval counts")
	}
	if len(against) > 0 {
		parts = append(parts, "changes are asked for by "+once(against))
	}
	return strings.Join(parts, "; ")
}

// maxApprovers are named.
const maxApprovers = 10

func approvalSentence(rules []check, missing, open, excepted int) string {
	worst, word := finding.NotSatisfied, "Not met: "
	switch {
	case missing > 0:
	case open > 0:
		worst, word = finding.NotAssessed, "Not assessed: "
	default:
		worst = finding.Excepted
	}
	if len(rules) == 0 {
		return "No rule in force here asks for one."
	}
	if missing+open+excepted == 0 {
		people := 0 // that a change came by a pull request, or is recorded, asks nobody to stand for it
		for _, c := range rules {
			if kind := config.Kind(c.Asks); c.Outcome == finding.Satisfied && (kind == config.KindApprovals || kind == config.KindJudge || c.Approvals != nil) {
				people++
			}
		}
		if people == 0 {
			return "No rule in force here asks for one."
		}
		return plural(people, "rule asks for people to stand for the change: it is met", "rules ask for people to stand for the change: all are met") + "."
	}
	for _, c := range rules {
		if c.Outcome != worst {
			continue
		}
		if worst == finding.Excepted {
			word = exceptedWord(c.Check)
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
