package githubtest

import "slices"

// A Reading is which of several runs of one name on a commit a required check is held against.
// GitHub does not say, and what people find out contradicts itself: so a test asks by each.
type Reading string

const (
	Newest    Reading = "the run that was made last counts"
	LastEnded Reading = "the run that ended last counts"
	Every     Reading = "all runs count"
	Any       Reading = "one run that passes is enough"
)

// Readings are all of them.
var Readings = []Reading{Newest, LastEnded, Every, Any}

// MayMerge says whether the rulesets and the protection of its base branch let a pull request merge.
func (p *PullRequest) MayMerge(by Reading) bool {
	r := p.Repo
	defer r.gh.lock()()
	if p.State != "open" || p.Draft {
		return false
	}
	checks, approvals := r.asked(p.Base)
	for _, c := range checks {
		if !r.passes(p.HeadSHA, c, by) {
			return false
		}
	}
	latest := map[*Account]string{}
	for _, v := range p.reviews {
		if role := r.role(v.By); v.State != "COMMENTED" && (role == "write" || role == "maintain" || role == "admin") {
			latest[v.By] = v.State
		}
	}
	for _, state := range latest {
		switch {
		case state == "APPROVED":
			approvals--
		case state == "CHANGES_REQUESTED" && r.protected(p.Base):
			return false
		}
	}
	return approvals <= 0
}

// asked is what a branch asks of pull requests for it.
func (r *Repo) asked(branch string) (checks []RequiredCheck, approvals int) {
	for _, s := range r.rulesets {
		if s.Enforcement == "active" && r.applies(s, branch) {
			checks, approvals = append(checks, s.Checks...), max(approvals, s.Approvals)
		}
	}
	if p := r.protects[branch]; p != nil {
		checks, approvals = append(checks, p.Checks...), max(approvals, p.Approvals)
	}
	return checks, approvals
}

// passes says whether a required check is passed on a commit. Where a run and a status have its name,
// both have to pass.
func (r *Repo) passes(sha string, c RequiredCheck, by Reading) bool {
	var runs []*CheckRun // in the order of their creation
	for _, run := range r.runs {
		if run.HeadSHA == sha && run.Name == c.Context && (c.App == 0 || run.App.ID == c.App) {
			runs = append(runs, run)
		}
	}
	status := ""
	for _, s := range r.statuses {
		if s.SHA == sha && s.Context == c.Context && c.App == 0 {
			status = s.State
		}
	}
	if len(runs) == 0 {
		return status == "success"
	}
	return (status == "" || status == "success") && letsThrough(runs, by)
}

func letsThrough(runs []*CheckRun, by Reading) bool {
	passes := func(run *CheckRun) bool {
		return run.Status == "completed" && slices.Contains([]string{"success", "neutral", "skipped"}, run.Conclusion)
	}
	switch by {
	case Every:
		return !slices.ContainsFunc(runs, func(run *CheckRun) bool { return !passes(run) })
	case Any:
		return slices.ContainsFunc(runs, passes)
	case LastEnded:
		runs = slices.Clone(runs)
		slices.SortStableFunc(runs, func(a, b *CheckRun) int { return a.ended - b.ended })
	}
	return passes(runs[len(runs)-1])
}
