package attestation

import (
	"context"
	"maps"
	"slices"

	"custody/internal/change"
	"custody/internal/finding"
)

// trace finds the commits that wrote the added lines, once.
func (a *assessor) trace(ctx context.Context) error {
	if a.traced || a.Differ == nil {
		return nil
	}
	a.traced = true
	var err error
	a.origins, err = traceLines(ctx, a.Change, a.Differ, a.limits)
	return err
}

// A run is added lines of a file at head of which the same is known.
type run struct {
	file, line, n int
	commit        int // index in the report; -1: no commit of the change
	why           string
	class         Class
	by, not       *Evidence
	assumed       bool // the class is that of the rest of the file
}

// countFiles puts the added lines of each file of the change into classes.
func (a *assessor) countFiles(ctx context.Context) error {
	class, ok := a.uniform()
	if !ok && a.Differ == nil {
		class, ok = Unknown, true
		a.r.cut("lines-unread", "the differences of the single commits were not read, and the commits are of several classes", "")
	}
	if !ok || a.tells(class) {
		if err := a.trace(ctx); err != nil {
			return err
		}
	}
	var runs []run
	if a.traced {
		runs = a.runs(ok, class)
	} else {
		runs = a.wholeHunks(class)
	}
	a.files(runs)
	return nil
}

// tells says whether it is worth to find out which commit of one class wrote which
// line: when they have different things to tell.
func (a *assessor) tells(class Class) bool {
	if class == Unknown || a.Differ == nil {
		return false
	}
	first := &a.r.Commits[0]
	for i := range a.r.Commits {
		if c := &a.r.Commits[i]; !slices.Equal(c.Agents, first.Agents) || !slices.Equal(c.Sessions, first.Sessions) {
			return true
		}
	}
	return false
}

// uniform is the class of every commit, when that alone settles every line: there is
// one class, nothing is said of single lines, and no line can have come from elsewhere.
// Of unknown lines it makes no difference where they came from.
func (a *assessor) uniform() (Class, bool) {
	r, c := a.r, a.Change
	if len(r.Commits) == 0 {
		return Unknown, true
	}
	class := r.Commits[0].Class
	for i := range r.Commits {
		if r.Commits[i].Class != class || r.Commits[i].cells != nil {
			return "", false
		}
	}
	if class == Unknown {
		return class, true
	}
	straight := len(c.MergeBases) == 1 && !c.Shallow && len(c.Limits) == 0
	for i := range c.Commits {
		straight = straight && len(c.Commits[i].Parents) < 2
	}
	return class, straight
}

// wholeHunks gives every added line one class. The evidence is that of the only commit,
// if there is one.
func (a *assessor) wholeHunks(class Class) []run {
	one := -1
	if len(a.r.Commits) == 1 {
		one = 0
	}
	var runs []run
	for i := range a.Change.Files {
		for _, h := range a.Change.Files[i].Hunks {
			if h.Lines > 0 {
				u := run{file: i, line: h.Start, n: h.Lines, commit: one, class: class}
				if one == 0 {
					u.by, u.not = sides(class, a.r.Commits[0].wide, nil, nil)
				}
				runs = append(runs, u)
			}
		}
	}
	return runs
}

// runs turns the origins of lines into classes. Reasons say why lines are unknown that
// could not be followed.
//
// The whole difference may call a line added that no commit's own difference does: of
// two equal lines it took the other, or a file that moved and changed in steps is new
// to it. Such a line counts as an agent's where agents wrote all the rest of the file's
// added lines, and is unknown elsewhere. If all commits are of one class, so is it.
func (a *assessor) runs(uniform bool, class Class) []run {
	var runs []run
	lost := map[string]int{}
	classes := make([]map[Class]bool, len(a.Change.Files)) // of what was followed
	for _, o := range a.origins {
		at := len(runs)
		if o.why != "" {
			if !uniform {
				lost[o.why] += o.n
			}
			runs = append(runs, run{file: o.file, line: o.line, n: o.n, commit: -1, why: o.why, class: Unknown})
		} else {
			runs = a.split(runs, o)
		}
		for i := range runs[at:] {
			u := &runs[at+i]
			if uniform {
				u.class = class
			}
			if u.why == whyOlder {
				continue
			}
			if classes[u.file] == nil {
				classes[u.file] = map[Class]bool{}
			}
			classes[u.file][u.class] = true
		}
	}
	for i := range runs {
		u := &runs[i]
		if rest := classes[u.file]; u.why == whyOlder && !uniform && len(rest) == 1 {
			for c := range rest {
				if c.IsAI() {
					u.class, u.assumed = c, true
				}
			}
		}
	}
	if n := lost[whyLimit]; n > 0 {
		a.r.cut("lines-limit", plural(n, "added line")+" could not be followed to a commit: the change is over a limit", "")
	}
	if n := lost[whyUnreadable]; n > 0 {
		a.r.cut("lines-unreadable", plural(n, "added line")+" could not be followed to a commit: an object is missing or has no lines", "")
	}
	if n := lost[whyOlder]; n > 0 {
		a.notes = append(a.notes, finding.Reason{Code: "lines-older", Detail: plural(n, "added line") + " of the whole difference came from the base's side, moved or merged: no commit of the change wrote them"})
	}
	return runs
}

// split tells the lines of one commit apart by what is known of them there.
func (a *assessor) split(to []run, o origin) []run {
	i := a.index[o.commit]
	c := &a.r.Commits[i]
	cells := c.cells[o.path]
	if cells == nil {
		u := run{file: o.file, line: o.line, n: o.n, commit: i}
		u.class = decide(c.wide)
		u.by, u.not = sides(u.class, c.wide, nil, nil)
		return append(to, u)
	}
	at, _ := slices.BinarySearchFunc(cells, o.cur, func(c lineCell, line int) int {
		if c.to < line {
			return -1
		}
		return 1
	})
	for ; o.n > 0; at++ {
		n := min(o.n, cells[at].to-o.cur+1)
		to = append(to, run{file: o.file, line: o.line, n: n, commit: i, class: cells[at].class, by: cells[at].by, not: cells[at].not})
		o.line, o.cur, o.n = o.line+n, o.cur+n, o.n-n
	}
	return to
}

// files writes down the files with added lines, and their hunks.
func (a *assessor) files(runs []run) {
	r := a.r
	room := a.limits.Hunks
	for i := range a.Change.Files {
		cf := &a.Change.Files[i]
		f := File{Path: cf.Path.Escaped(), Lines: map[Class]int{}}
		for _, h := range cf.Hunks {
			if h.Lines == 0 {
				continue
			}
			var mine []run
			for len(runs) > 0 && runs[0].file == i && runs[0].line < h.Start+h.Lines {
				mine, runs = append(mine, runs[0]), runs[1:]
			}
			for _, u := range mine {
				f.Lines[u.class] += u.n
				f.Added += u.n
			}
			if room--; room >= 0 {
				f.Hunks = append(f.Hunks, a.hunk(h, mine))
			} else {
				r.Summary.MoreHunks++
			}
		}
		if f.Added > 0 {
			r.Files = append(r.Files, f)
		}
	}
}

// hunk puts together what is known of one hunk's lines.
func (a *assessor) hunk(h change.Hunk, runs []run) Hunk {
	out := Hunk{Start: h.Start, Lines: h.Lines}
	lines := map[Class]int{}
	declared := true // if at all, for whole commits
	commits := map[int]bool{}
	var by, agents, hands *Evidence
	for _, u := range runs {
		lines[u.class] += u.n
		if u.class == HumanDeclared && u.commit >= 0 {
			declared = declared && decide(a.r.Commits[u.commit].wide) == HumanDeclared
		}
		if u.commit >= 0 && !commits[u.commit] && len(out.Commits) < maxHunkCommits {
			commits[u.commit] = true
			out.Commits = append(out.Commits, a.r.Commits[u.commit].SHA)
		}
		if e := u.by; e != nil {
			if e.Class.IsAI() && e.Agent != "" {
				out.Agents = addAgent(out.Agents, Agent{ID: e.Agent, Model: e.Model})
			}
			out.Sessions = addSessions(out.Sessions, e.Session)
			by = better(by, e)
		}
		for _, e := range []*Evidence{u.by, u.not} {
			if e != nil && e.Class.IsAI() {
				agents = better(agents, e)
			} else if e != nil {
				hands = better(hands, e)
			}
		}
	}
	out.Agents = distinct(out.Agents)
	slices.Sort(out.Sessions)
	out.Class = together(lines, declared)
	if len(lines) > 1 {
		out.By = maps.Clone(lines)
	}
	against := agents
	if out.Class.IsAI() || out.Class == Conflict {
		by, against = agents, hands
	}
	if by != nil && out.Class != Unknown {
		out.Evidence = by.as(Decides)
	}
	if against != nil && against != by {
		out.Against = against.as(Contradicts)
	}
	return out
}

// as is a copy in a role.
func (e *Evidence) as(r Role) *Evidence {
	c := *e
	c.Role = r
	return &c
}

// better is the stronger of two pieces of evidence.
func better(a, b *Evidence) *Evidence {
	if a == nil || compareEvidence(*b, *a) < 0 {
		return b
	}
	return a
}

// sum adds up the files.
func (s *Summary) sum(files []File) {
	s.Lines = map[Class]int{}
	for _, f := range files {
		for class, n := range f.Lines {
			s.Lines[class] += n
		}
		s.AddedLines += f.Added
	}
	ai := 0
	for class, n := range s.Lines {
		if class.IsAI() {
			ai += n
		}
	}
	s.AIPermille = permilleOf(ai, s.AddedLines)
	s.VerifiedPermille = permilleOf(s.Lines[AIVerified], s.AddedLines)
	s.DeclaredPermille = permilleOf(ai-s.Lines[AIVerified], s.AddedLines)
}
