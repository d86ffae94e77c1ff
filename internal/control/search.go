package control

import (
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control/grep"
	"custody/internal/finding"
	"custody/internal/git"
)

// A search looks for lines.
type search struct {
	of       *Requirement
	command  *grep.Command
	pattern  string // as people wrote it
	expect   Expect
	least    int // lines that must be found of what is present
	strip    bool
	about    func(f TreeFile) bool
	operands []string // that must be there
	mistake  string   // why it probably selects nothing

	selected int              // files that the command would read
	unread   []finding.Reason // of these, what was not searched, and operands that are not there
	skipped  int              // of unread, those not listed
	hits     []hit
	shown    int           // of hits, how many are listed with their blob
	enough   bool          // was found
	cut      []change.Path // files of which not all lines are kept
	more     bool          // and there may be more than was kept, in files that were not searched
}

func (s *search) selects(f TreeFile) bool { return s.about(f) }
func (s *search) done() bool              { return s.enough }

// A hit is one line with a match.
type hit struct {
	path change.Path
	id   git.OID
	line grep.Line
}

// hitsKept is how many lines are kept of what must be absent. One of each file is
// needed, since a waiver covers some files and not others.
const hitsKept = 1000

// hitsCounted is how many are kept where each counts, since a baseline says how many
// stood before.
const hitsCounted = 50_000

// kept is how many lines are kept, and perFile of these how many of one file, when so
// many were found already.
func (in *Input) kept(found int) (all, perFile int) {
	if in.Counting || in.Baseline != nil {
		return hitsCounted, max(1, hitsCounted-found)
	}
	return hitsKept, max(1, in.Limits.Places-found)
}

// grepped is the search of a verification.
func (e *evaluation) grepped(r *requirementResult) *search {
	s := &search{of: r.Requirement, command: r.command, pattern: r.Verification, expect: r.Expects(), least: 1, operands: r.command.Paths, shown: e.Limits.Places}
	if m := r.command.Mistake(); m != "" {
		s.mistake = "; " + m
	}
	s.about = func(f TreeFile) bool {
		if len(r.Paths) > 0 && !config.MatchAny(r.Paths, f.Path) && f.Mode != git.ModeGitlink {
			return false
		}
		switch {
		case f.Mode == git.ModeGitlink:
			// Files below a submodule are another repository's: whether the command would
			// read some is answered for any name below.
			return r.command.SelectsBelow(string(f.Path)) && (len(r.Paths) == 0 || config.MatchAny(r.Paths, f.Path))
		case f.Mode == git.ModeSymlink && !r.command.Follow: // as grep -r; with -R they count as unread
			return false
		}
		return r.command.Selects(string(f.Path))
	}
	return s
}

// textLines is the search of a text check.
func (e *evaluation) textLines(r *requirementResult, t *TextCheck) *search {
	s := &search{of: r.Requirement, command: t.command, pattern: t.Regex, expect: t.expects(), least: max(1, t.MinCount), strip: t.StripComments, shown: e.Limits.Places}
	if t.Value != "" {
		v, _ := r.values.get(string(t.Value))
		s.pattern, _ = v.(string)
	}
	s.about = func(f TreeFile) bool { return selectsFile(t.Paths, t.Exclude, f) }
	return s
}

// selectsFile says whether globs select a file. Links are not followed; a submodule counts
// if something below it may be meant.
func selectsFile(in, out []config.Glob, f TreeFile) bool {
	switch {
	case f.Mode == git.ModeSymlink, config.MatchAny(out, f.Path):
		return false
	case f.Mode == git.ModeGitlink:
		return config.Concerns(in, f.Path, true)
	}
	return config.MatchAny(in, f.Path)
}

// look implements leaf.
func (s *search) look(sr *searcher, f TreeFile, content []byte, why string) {
	if f.Mode != git.ModeGitlink { // a folder of another repository, not a file
		s.selected++
	}
	if why == "" && s.strip {
		if content, why = sr.withoutComments(f, content), ""; content == nil {
			why = "its comments can not be told from its code"
		}
	}
	if why == "" {
		why = sr.search(s, f, content)
	}
	if why != "" {
		s.missed(f.Path, why)
	}
}

// search looks for a requirement's pattern in one file; a reason when it did not.
func (sr *searcher) search(s *search, f TreeFile, content []byte) string {
	cost := s.command.Cost(len(content))
	if sr.cost+cost > sr.in.Limits.Cost {
		return "over the limit of search steps for all files"
	}
	sr.cost += cost
	kept, perFile := sr.in.kept(len(s.hits))
	most := max(perFile, s.least-len(s.hits))
	lines := s.command.Find(content, most+1)
	if len(lines) > most {
		lines, s.cut = lines[:most], append(s.cut, f.Path)
	}
	for _, line := range lines {
		s.hits = append(s.hits, hit{f.Path, f.ID, line})
	}
	if s.expect == Present {
		s.enough = len(s.hits) >= s.least
	} else {
		s.more = len(s.hits) >= kept
		s.enough = s.more
	}
	return ""
}

func (s *search) missed(p change.Path, why string) {
	if len(s.unread) >= unreadShown {
		s.skipped++
		return
	}
	s.unread = append(s.unread, finding.Reason{Code: ReasonUnread, Detail: "not searched: " + why, Path: p.Escaped()})
}
