package pack

import (
	"cmp"
	"fmt"
	"slices"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/control/checks/agentfiles"
	"custody/internal/git"
	"custody/internal/review"
)

// A plan is the order in which to read the change: what can do harm first, with the
// reason, and what nobody has to read line by line apart. It is advice, and decides
// nothing.
type plan struct {
	Sentence string
	First    []planned
	Rest     []pile // by kind
	Skip     []pile // mechanical, by why
}

// A planned file stands in the plan by name.
type planned struct {
	Path    string
	Size    string
	Reasons []string
	weight  int
	at      int // among the changed files
}

// A pile is files that need no word each.
type pile struct {
	What  string
	Note  string
	Files []string // the first of them
	Count int
	Lines string
	added int
	gone  int

	untold bool // how many lines it has is not known
}

// More is how many files of a pile are not named.
func (p pile) More() int { return p.Count - len(p.Files) }

const (
	maxFirst    = 10 // files that the plan names
	maxPileFile = 12 // named files of a pile
	fewReasons  = 4  // files with a reason, up to which the largest are named, too
	mostLargest = 3  // of these
	leastLines  = 20 // that one of them has
)

// What a reason to read a file weighs. Only the order of sums counts: what is known to be
// wrong, then what runs with power, then what others rely on, then who wrote it.
const (
	weighError      = 1000
	weighWarning    = 200
	weighPower      = 150
	weighMode       = 150
	weighCritical   = 130
	weighBreaking   = 120
	weighReachEach  = 2
	weighReachMost  = 100
	weighAgent      = 40
	weighUnread     = 60
	weighLinesEach  = 10 // lines for one point
	weighLinesMost  = 60
	leastFirst      = 40 // less is no reason
	largeAdded      = 200
	reachesMany     = 5
	agentShareLeast = 5 // lines
)

func newPlan(v *review.Verdict) plan {
	var p plan
	facts := gatherFileFacts(v)
	rest, skip := map[string]*pile{}, map[string]*pile{}
	var candidates []planned
	named := make([]bool, len(v.Change.Files)) // or mechanical: in no pile of the rest
	kinds := make([]fileKind, len(v.Change.Files))
	mechanical, mixed := 0, isMixed(v.Attestation)
	for i := range v.Change.Files {
		f := &v.Change.Files[i]
		about := facts[f.Path]
		if f.Mechanical != "" && about.errors+about.inLines == 0 {
			named[i] = true
			mechanical++
			addToPile(skip, mechanicalWords[f.Mechanical], f)
			continue
		}
		kinds[i] = kindOf(f)
		file := weigh(f, kinds[i], about, mixed)
		if file.weight >= leastFirst {
			file.at = i
			candidates = append(candidates, file)
		}
	}
	slices.SortStableFunc(candidates, func(a, b planned) int {
		return cmp.Or(b.weight-a.weight, cmp.Compare(a.Path, b.Path))
	})
	p.First = append(slices.Clip(candidates[:min(len(candidates), maxFirst)]), largest(v, candidates, named, kinds)...)
	for _, c := range p.First {
		named[c.at] = true
	}
	for i := range v.Change.Files {
		switch f := &v.Change.Files[i]; {
		case named[i]:
		case facts[f.Path].errors > 0:
			addToPile(rest, [2]string{withErrors, "What is found in each stands under the findings."}, f)
		default:
			addToPile(rest, kinds[i].words(), f)
		}
	}
	addMore(rest, v.Change.MoreFiles-v.Change.MoreMechanical)
	addMore(skip, v.Change.MoreMechanical)
	p.Rest, p.Skip = piles(rest), piles(skip)
	p.Sentence = planSentence(v.Change.CountFiles(), len(p.First), mechanical+v.Change.MoreMechanical)
	return p
}

// largest are the largest changes of code, where few files have another reason to be read
// first: of languages that are not read there is no other.
func largest(v *review.Verdict, candidates []planned, named []bool, kinds []fileKind) []planned {
	if len(candidates) > fewReasons || v.Change.CountFiles() < 2 {
		return nil
	}
	var code []planned
	for i := range v.Change.Files {
		f := &v.Change.Files[i]
		lines := f.Added + f.Deleted
		if named[i] || lines < leastLines || !kinds[i].is(config.OfCode) || kinds[i].test || kinds[i].gone || slices.ContainsFunc(candidates, func(c planned) bool { return c.at == i }) {
			continue
		}
		code = append(code, planned{Path: f.Path, Size: size(f.Added, f.Deleted), Reasons: []string{"one of the largest changes of code here"}, weight: lines, at: i})
	}
	slices.SortStableFunc(code, func(a, b planned) int { return cmp.Or(b.weight-a.weight, cmp.Compare(a.Path, b.Path)) })
	if len(code) == 1 {
		code[0].Reasons[0] = "the largest change of code here"
		if len(candidates) > 0 {
			code[0].Reasons[0] = "the largest change of code besides"
		}
	}
	return code[:min(len(code), mostLargest)]
}

func planSentence(files, first, mechanical int) string {
	switch {
	case files == 0:
		return "No file changed."
	case first == 0 && mechanical == files:
		return "None of the files has to be read line by line."
	case first == 0:
		return "No file stands out: read them in any order."
	case files == 1:
		return "It is one file:"
	case files == first:
		return "In this order:"
	}
	s := fmt.Sprintf("Of %s, begin with %s.", plural(files, "file", "files"), map[bool]string{true: "this one", false: "these " + number(first)}[first == 1])
	if mechanical > 0 {
		s += fmt.Sprintf(" %s not have to be read line by line.", capital(plural(mechanical, "does", "do")))
	}
	return s
}

// A fileKind is what a file is, by its names and modes.
type fileKind struct {
	kinds []config.ChangeKind
	test  bool
	gone  bool
}

func kindOf(f *review.FileLine) fileKind {
	k := fileKind{kinds: control.FileKinds(change.Path(f.Path), change.Path(f.OldPath), f.Mode, f.OldMode), gone: f.Mode == 0}
	_, k.test = impact.TestLanguage(change.Path(f.Path))
	k.test = k.test || k.is(config.OfTests)
	return k
}

func (k fileKind) is(kind config.ChangeKind) bool { return slices.Contains(k.kinds, kind) }

// weigh says what speaks for reading a file first.
func weigh(f *review.FileLine, kind fileKind, about *fileFacts, mixed bool) planned {
	p := planned{Path: f.Path, Size: size(f.Added, f.Deleted)}
	because := func(weight int, reason string) {
		p.weight += weight
		p.Reasons = append(p.Reasons, reason)
	}
	if n := about.errors + about.warnings; n > 0 {
		reason := "finding: " + about.first
		if n > 1 {
			reason = plural(n, "finding", "findings") + ", the first: " + about.first
		}
		because(weighError*min(about.errors, 3)+weighWarning*min(about.warnings, 3), reason)
	}
	switch {
	case kind.is(config.OfPipeline):
		because(weighPower, "it runs in the pipeline, with its rights")
	case kind.is(config.OfMigration):
		because(weighPower, "by its place or name it is a migration, which changes stored data")
	case kind.is(config.OfDependencies):
		because(weighPower/2, "it decides whose code is built in")
	case f.Mode == git.ModeGitlink:
		because(weighPower/2, "it stands for a commit of another repository, of which nothing was read here")
	case f.Mode == git.ModeSymlink:
		because(weighUnread, "it is a link: whoever reads it gets what it points to")
	}
	if obeyed, _ := agentfiles.Of(change.Path(f.Path), nil); obeyed == agentfiles.Instructions || obeyed == agentfiles.Settings {
		because(weighPower, "it tells AI agents what to do, or what they may")
	}
	if f.Status == change.Renamed && f.Mechanical == "" && f.Added+f.Deleted == 0 && f.Unread == "" && f.Mode == f.OldMode {
		because(leastFirst*2, "it moved: at its new place, or under its new name, a tool may take it for something else")
	}
	if f.Critical != "" {
		because(weighCritical, "the rule "+f.Critical+" asks more of this path than of others")
	}
	if f.Mode != f.OldMode && f.Mode != 0 && f.OldMode != 0 {
		because(weighMode, "what it is changed from "+modeWord(f.OldMode.String())+" to "+modeWord(f.Mode.String()))
	}
	// What is gone is read by looking who still uses it, and nobody relies on a test.
	gone := kind.gone && about.reaches == 0
	if n := len(about.breaking); n > 0 && !kind.test && !gone {
		reason := "others that use " + about.breaking[0] + " have to follow"
		if n > 1 {
			reason = fmt.Sprintf("others that use %s or %s have to follow", about.breaking[0], plural(n-1, "more", "more"))
		}
		because(weighBreaking, reason)
	}
	if n := about.reaches; n >= reachesMany {
		on := "it"
		if about.ofPackage {
			on = "its package"
		}
		because(min(n*weighReachEach, weighReachMost), "at least "+plural(n, "file depends", "files depend")+" on "+on)
	}
	if kind.is(config.OfCode) && !kind.test && mixed && about.agent >= agentShareLeast {
		because(weighAgent, fmt.Sprintf("an AI agent wrote %s of its %s", number(about.agent), plural(about.added, "added line", "added lines")))
	}
	if f.Unread != "" && f.Mode.IsRegular() {
		because(weighUnread, "it is not text, or too large: nothing here has looked into it")
	}
	if lines := f.Added + f.Deleted; kind.is(config.OfCode) && !kind.test && f.Mode != 0 {
		weight := min(lines/weighLinesEach, weighLinesMost)
		if lines >= largeAdded {
			because(weight, "much of it changed")
		} else if p.weight += weight; len(p.Reasons) == 0 && p.weight > 0 {
			p.weight = min(p.weight, leastFirst-1)
		}
	} else if p.weight < weighWarning {
		p.weight /= 2 // tests and prose break nothing by themselves
	}
	return p
}

// modeWord is a mode as people say it.
func modeWord(mode string) string {
	switch mode {
	case "100644":
		return "a plain file"
	case "100755":
		return "a program"
	case "120000":
		return "a symbolic link"
	case "160000":
		return "a submodule"
	}
	return "mode " + mode
}

func size(added, deleted int) string { return "+" + number(added) + " −" + number(deleted) }

// mechanicalWords are the name of a pile and what to look at instead.
var mechanicalWords = map[review.Mechanical][2]string{
	review.Moved:       {"moved, not a byte of them changed", "Look whether the new place is right."},
	review.Reformatted: {"laid out anew, with the same tokens or values", "Proved for Go and JSON."},
	review.Generated:   {"written by a tool, as they said before the change, too", "Run the tool and compare: a hand could have edited them."},
	review.LockFile:    {"lock files", "Look at what they lock: see the packages."},
}

// words are the name of the pile of such files, and what to ask of them.
func (k fileKind) words() [2]string {
	switch {
	case k.gone:
		return [2]string{"deleted", "Does anything still need them?"}
	case k.test:
		return [2]string{"tests", "Would they fail without the change?"}
	case k.is(config.OfDocs):
		return [2]string{"documentation", ""}
	case k.is(config.OfCode):
		return [2]string{"other code", ""}
	case k.is(config.OfConfig), k.is(config.OfPipeline), k.is(config.OfDependencies):
		return [2]string{"configuration", ""}
	}
	return [2]string{"data and others", ""}
}

func addToPile(all map[string]*pile, words [2]string, f *review.FileLine) {
	p := all[words[0]]
	if p == nil {
		p = &pile{What: words[0], Note: words[1]}
		all[words[0]] = p
	}
	p.Count++
	p.added += f.Added
	p.gone += f.Deleted
	if len(p.Files) < maxPileFile {
		p.Files = append(p.Files, f.Path)
	}
}

// addMore counts the files that the verdict does not list.
func addMore(all map[string]*pile, n int) {
	if n > 0 {
		all[notListed] = &pile{What: notListed, Note: "Git lists them.", Count: n, untold: true}
	}
}

const (
	withErrors = "with errors, too"
	notListed  = "too many to be listed"
)

// piles are in the order in which people read, the unknown last.
func piles(all map[string]*pile) []pile {
	order := []string{withErrors, "other code", "configuration", "tests", "deleted", "data and others", "documentation", notListed}
	var out []pile
	for _, p := range all {
		if !p.untold {
			p.Lines = size(p.added, p.gone)
		}
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b pile) int {
		return cmp.Or(slices.Index(order, a.What)-slices.Index(order, b.What), cmp.Compare(a.What, b.What))
	})
	return out
}
