package review

import (
	"cmp"
	"slices"

	"custody/attestation"
	"custody/impact"
	"custody/internal/finding"
)

// What each list of a verdict may take, in bytes of pack.json, about. A list that is
// longer keeps what matters most and counts the rest: together they keep the pack of a
// change of thousands of files within five megabytes. Everything was judged before.
const (
	filesBytes      = 1_400_000
	commitsBytes    = 300_000
	changedBytes    = 800_000
	reachedBytes    = 600_000
	packagesBytes   = 300_000
	testRunsBytes   = 200_000
	classedBytes    = 500_000 // files with the classes of their lines
	evidenceBytes   = 400_000 // commits with their evidence
	authorsFindings = 500     // that authorship has by itself
)

func listLimits() map[string]int64 {
	return map[string]int64{
		"review.list_files_bytes": filesBytes, "review.list_commits_bytes": commitsBytes, "review.list_changed_bytes": changedBytes,
		"review.list_reached_bytes": reachedBytes, "review.list_packages_bytes": packagesBytes, "review.list_test_runs_bytes": testRunsBytes,
		"review.list_authorship_files_bytes": classedBytes, "review.list_authorship_commits_bytes": evidenceBytes, "review.list_authorship_findings": authorsFindings,
	}
}

// bound shortens the lists of what a verdict says of the change and its impact. It
// changes no document that somebody else holds.
func (v *Verdict) bound() {
	grave := map[string]bool{}
	for i := range v.Findings {
		if f := &v.Findings[i]; f.Level == finding.Error {
			grave[f.Place.Path] = true
		}
	}
	v.Change.bound(grave)
	v.Impact = boundImpact(*v.Impact)
}

func (s *Summary) bound(grave map[string]bool) {
	weight := func(f *FileLine) int {
		switch {
		case grave[f.Path] || f.Critical != "":
			return 3
		case f.Unread != "":
			return 2
		case f.Mechanical == "":
			return 1
		}
		return 0
	}
	var left []FileLine
	s.Files, left = fit(s.Files, filesBytes, func(f *FileLine) int {
		return len(`{"added_lines":1234,"deleted_lines":1234,"mode":"100644","old_mode":"100644","path":"","status":"modified"},`) +
			len(f.Path) + ofMember("old_path", string(f.OldPath)) + ofMember("unread", string(f.Unread)) + ofMember("critical", f.Critical) + ofMember("mechanical", string(f.Mechanical))
	}, func(a, b *FileLine) int {
		return cmp.Or(weight(b)-weight(a), (b.Added+b.Deleted)-(a.Added+a.Deleted))
	})
	s.MoreFiles = len(left)
	for i := range left {
		if left[i].Mechanical != "" {
			s.MoreMechanical++
		}
	}
	var commits []CommitLine
	s.Commits, commits = fit(s.Commits, commitsBytes, func(c *CommitLine) int {
		return len(`{"author":"","sha":"","subject":""},`) + len(c.Author) + len(c.Subject) + len(c.SHA.String())
	}, nil)
	s.MoreCommits = len(commits)
}

func boundImpact(r impact.Report) *impact.Report {
	var more impact.More
	var changed []impact.Changed
	r.Changed, changed = fit(r.Changed, changedBytes, sizeOfChanged, func(a, b *impact.Changed) int { return weightOfChanged(b) - weightOfChanged(a) })
	more.Changed = len(changed)

	var reached []impact.Reached
	r.Reached, reached = fit(r.Reached, reachedBytes, func(n *impact.Reached) int {
		size := len(`{"confidence":1000,"distance":1,"edge":"references","kind":"package","node":"","path":"","precision":"symbol","reason":"","via":[]},`) + len(n.Node) + len(n.Path) + len(n.Reason)
		return size + ofStrings(n.Via) + ofStrings(n.Symbols)
	}, nil) // the nearest come first
	for i := range reached {
		n := &reached[i]
		at := slices.IndexFunc(more.Reached, func(m impact.MoreReached) bool { return m.Distance == n.Distance && m.Kind == n.Kind })
		if at < 0 {
			at, more.Reached = len(more.Reached), append(more.Reached, impact.MoreReached{Distance: n.Distance, Kind: n.Kind})
		}
		more.Reached[at].Count++
	}
	slices.SortFunc(more.Reached, func(a, b impact.MoreReached) int {
		return cmp.Or(a.Distance-b.Distance, cmp.Compare(a.Kind, b.Kind))
	})

	var packages []impact.Package
	r.Packages, packages = fit(r.Packages, packagesBytes, func(p *impact.Package) int {
		size := 150 + len(p.Name) + len(p.From) + len(p.To) + len(p.Unknown) + ofStrings(p.Files)
		for i := range p.Importers {
			size += len(`{"line":123,"path":""},`) + len(p.Importers[i].Path)
		}
		return size
	}, func(a, b *impact.Package) int {
		rank := map[bool]int{false: 0, true: 1} // what somebody chose comes first
		return rank[a.Indirect] - rank[b.Indirect]
	})
	more.Packages = len(packages)

	if r.Tests != nil {
		plan := *r.Tests
		var runs []impact.TestRun
		plan.Runs, runs = fit(plan.Runs, testRunsBytes, func(t *impact.TestRun) int {
			return 100 + len(t.Command) + len(t.Folder) + len(t.Runner) + ofStrings(t.Tests)
		}, nil)
		more.TestRuns, r.Tests = len(runs), &plan
	}
	if more.Changed+len(more.Reached)+more.Packages+more.TestRuns > 0 {
		r.More = &more
	}
	return &r
}

func sizeOfChanged(c *impact.Changed) int {
	size := len(`{"path":"","status":"modified"},`) + len(c.Path) + ofMember("old_path", c.OldPath) + ofMember("language", c.Language) + ofMember("skipped", c.Skipped)
	for i := range c.Symbols {
		s := &c.Symbols[i]
		size += len(`{"change":"","exported":false,"kind":"","name":""},`) + len(s.Change) + len(s.Kind) + len(s.Name) + ofMember("was", s.Was)
	}
	if c.Symbols != nil {
		size += len(`,"symbols":[]`)
	}
	return size
}

// weightOfChanged puts first what others have to follow, then what was not assessed.
func weightOfChanged(c *impact.Changed) int {
	switch {
	case slices.ContainsFunc(c.Symbols, func(s impact.Symbol) bool { return s.Exported && s.Change != "body" && s.Change != "added" }):
		return 4
	case c.Skipped != "" && c.Skipped != impact.SkipOpaque:
		return 3
	case len(c.Symbols) > 0:
		return 2
	case c.Language != "":
		return 1
	}
	return 0
}

func boundAttestation(r attestation.Report) *attestation.Report {
	var more attestation.More
	byAgents := func(f *attestation.File) (n int) {
		for class, lines := range f.Lines {
			if class.IsAI() || class == attestation.Mixed || class == attestation.Conflict {
				n += lines
			}
		}
		return n
	}
	var files []attestation.File
	r.Files, files = fit(r.Files, classedBytes, func(f *attestation.File) int {
		size := len(`{"added":1234,"lines":{"human-attested":1234},"path":""},`) + len(f.Path)
		for i := range f.Hunks {
			h := &f.Hunks[i]
			size += 60 + 43*len(h.Commits) + 40*len(h.Agents) + ofStrings(h.Sessions)
			for _, e := range []*attestation.Evidence{h.Evidence, h.Against} {
				if e != nil {
					size += sizeOfEvidence(e)
				}
			}
		}
		return size
	}, func(a, b *attestation.File) int { return cmp.Or(byAgents(b)-byAgents(a), b.Added-a.Added) })
	more.Files = len(files)

	var commits []attestation.Commit
	r.Commits, commits = fit(r.Commits, evidenceBytes, func(c *attestation.Commit) int {
		size := len(`{"agents":[],"class":"human-attested","evidence":[],"people":[],"sha":""},`) + len(c.SHA.String()) + 40*len(c.Agents)
		for i := range c.Evidence {
			size += sizeOfEvidence(&c.Evidence[i])
		}
		return size + ofStrings(c.People) + ofStrings(c.Drivers) + ofStrings(c.Sessions) + ofMember("automation", c.Automation)
	}, func(a, b *attestation.Commit) int { // those of which something is known
		known := func(c *attestation.Commit) int {
			return map[bool]int{true: 1}[c.Class != attestation.Unknown && c.Class != ""]
		}
		return known(b) - known(a)
	})
	more.Commits = len(commits)

	if n := len(r.Findings) - authorsFindings; n > 0 {
		more.Findings = n
		r.Findings = slices.Clone(r.Findings)
		finding.Sort(r.Findings)
		r.Findings = r.Findings[:authorsFindings]
	}
	if more != (attestation.More{}) {
		r.More = &more
	}
	return &r
}

func sizeOfEvidence(e *attestation.Evidence) int {
	return 90 + len(e.Source) + len(e.Class) + len(e.Scope) + len(e.Detail) + len(e.Agent) + len(e.Model) + len(e.Session)
}

// ofMember is what an optional member takes.
func ofMember(name, value string) int {
	if value == "" {
		return 0
	}
	return len(`,"":""`) + len(name) + len(value)
}

func ofStrings(list []string) (n int) {
	for _, s := range list {
		n += len(`"",`) + len(s)
	}
	return n
}

// fit keeps of a list what goes into so many bytes, in its order; before says what is
// kept first, nil: what stands first. What is left out comes back, too.
func fit[T any](list []T, most int, size func(*T) int, before func(a, b *T) int) (kept, left []T) {
	total := 0
	for i := range list {
		total += size(&list[i])
	}
	if total <= most {
		return list, nil
	}
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	if before != nil {
		slices.SortStableFunc(order, func(a, b int) int { return before(&list[a], &list[b]) })
	}
	keep := make([]bool, len(list))
	for _, i := range order {
		if most -= size(&list[i]); most < 0 {
			break
		}
		keep[i] = true
	}
	for i := range list {
		if keep[i] {
			kept = append(kept, list[i])
		} else {
			left = append(left, list[i])
		}
	}
	return kept, left
}
