package attestation

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"

	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/git"
)

// A rebase, an amendment, a cherry-pick or a squash makes a new commit, and a note stays
// with the old one unless somebody copies it. As long as the old commit is still in the
// repository its note holds for the new one where that is the same work: the same patch
// (whatever its place in the file), or a file that is the same, to the byte, at the tip
// of the branch that was squashed.

// Bounds of the search. It is an extra: where it ends early that is said, and nothing
// else is left out for it.
const (
	maxRewriteDiffs = 1_000  // differences asked for
	maxTipLookups   = 20_000 // of files at the tips of branches
	maxAncestry     = 20_000 // commits of all those branches
	maxTipCommits   = 500    // of one of them
	maxTipSteps     = 500_000
)

// A rewrite is the search on its way.
type rewrite struct {
	*assessor
	diffs   int                       // that may still be asked for
	patches map[git.OID][]change.File // that were
	cut     bool
}

// readRewritten looks for notes on what commits without one were before.
func (a *assessor) readRewritten(ctx context.Context) error {
	notes := a.notesAt[NotesRef]
	if notes == nil {
		return nil
	}
	type author struct {
		name, email string
		when        int64
	}
	bare := map[author][]int{} // commits without a note, by who wrote them and when: rebasing keeps that
	for i := range a.r.Commits {
		c := &a.Change.Commits[i].Commit
		if !a.r.Commits[i].noted && len(c.Parents) == 1 {
			k := author{c.Author.Name, c.Author.Email, c.Author.When}
			bare[k] = append(bare[k], i)
		}
	}
	if len(bare) == 0 {
		return nil
	}
	ids, more, err := notes.List(ctx, a.limits.Notes)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		a.r.cut("note-unreadable", NotesRef+" could not be read", "")
		return nil
	}
	ids = slices.DeleteFunc(ids, func(id git.OID) bool { _, mine := a.index[id]; return mine })
	var noted []*git.Commit
	err = git.EachCommit(ctx, a.Source, ids, func(i int, c *git.Commit, err error) error {
		if err == nil && len(c.Parents) == 1 {
			c.Message = nil
			noted = append(noted, c)
		}
		return ctx.Err() // what is not here any more says nothing
	})
	if err != nil {
		return err
	}
	w := rewrite{a, maxRewriteDiffs, map[git.OID][]change.File{}, more}
	for _, old := range noted {
		k := author{old.Author.Name, old.Author.Email, old.Author.When}
		for _, i := range bare[k] {
			if a.r.Commits[i].noted {
				continue
			}
			if err := w.samePatch(ctx, i, old); err != nil {
				return err
			}
		}
	}
	if err := w.squashes(ctx, noted); err != nil {
		return err
	}
	if w.cut {
		a.notes = append(a.notes, finding.Reason{Code: "limit-notes", Detail: "there are more notes on commits that may have been rewritten than are looked at"})
	}
	return nil
}

// samePatch binds the note on an old commit to a new one, if both add the same lines to
// the same files in the same order, and take as many away.
func (a *rewrite) samePatch(ctx context.Context, i int, old *git.Commit) error {
	now, ok, err := a.patch(ctx, &a.Change.Commits[i].Commit)
	if err != nil || !ok {
		return err
	}
	was, ok, err := a.patch(ctx, old)
	if err != nil || !ok || len(was) != len(now) {
		return err
	}
	for j := range now {
		same, err := a.sameFile(ctx, &was[j], &now[j])
		if err != nil || !same {
			return err
		}
	}
	files := map[change.Path]int{}
	own := ownLines{read: true, files: map[change.Path]lineSet{}}
	for j := range was {
		files[was[j].Path] = j
		own.files[was[j].Path] = addedLines(&was[j])
	}
	pieces, drivers, err := a.oldNote(ctx, old.ID, &own)
	if err != nil || pieces == nil {
		return err
	}
	if _, err := a.own(ctx, i); err != nil {
		if errors.Is(err, errUnchecked) {
			return nil
		}
		return err
	}
	for _, p := range pieces {
		j, ok := files[p.path]
		if !ok {
			p.lines = nil
			continue
		}
		p.lines = moved(p.lines, was[j].Hunks, now[j].Hunks)
		p.Detail = change.Printable("noted on " + old.ID.Short() + ", the same patch: " + p.Detail)
	}
	pieces = slices.DeleteFunc(pieces, func(p *piece) bool { return len(p.lines) == 0 })
	k := &a.r.Commits[i]
	k.noted = true
	if a.bind(i, pieces) > 0 {
		a.drove(k, drivers)
	}
	return nil
}

// oldNote reads the note on a commit that is not of the change; nil when it can not be
// read, or says nothing.
func (a *rewrite) oldNote(ctx context.Context, id git.OID, own *ownLines) ([]*piece, []string, error) {
	text, err := a.note(ctx, NotesRef, id)
	if err != nil || text == nil {
		return nil, nil, err
	}
	pieces, drivers, err := a.t.parseNote(text, func(p change.Path) bool { return own.files[p] != nil }, a.budget)
	if err != nil {
		return nil, nil, nil // about another commit: no matter of this change
	}
	return pieces, drivers, nil
}

// patch lists the files to which a commit adds lines, by path; not ok: it adds none, or
// they are not to be had.
func (a *rewrite) patch(ctx context.Context, c *git.Commit) (files []change.File, ok bool, err error) {
	if files, ok := a.patches[c.ID]; ok {
		return files, len(files) > 0, nil
	}
	if a.diffs--; a.diffs < 0 {
		a.cut = true
		return nil, false, nil
	}
	defer func() { a.patches[c.ID] = files }()
	all, err := a.Differ.Diff(ctx, c.Parents[0], c.ID, func(change.Path) bool { return true })
	switch {
	case errors.Is(err, ErrDiffCut), errors.Is(err, git.ErrMissing):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	for _, f := range all {
		if f.Status != change.Deleted && f.Unread == "" && len(addedLines(&f)) > 0 {
			files = append(files, f)
		}
	}
	slices.SortFunc(files, func(a, b change.File) int { return cmp.Compare(a.Path, b.Path) })
	return files, len(files) > 0, nil
}

// sameFile says whether two files changed in the same way.
func (a *rewrite) sameFile(ctx context.Context, x, y *change.File) (bool, error) {
	if x.Path != y.Path || x.OldPath != y.OldPath || x.Status != y.Status || x.Mode != y.Mode || len(x.Hunks) != len(y.Hunks) {
		return false, nil
	}
	for i := range x.Hunks {
		if x.Hunks[i].Lines != y.Hunks[i].Lines || x.Hunks[i].OldLines != y.Hunks[i].OldLines {
			return false, nil
		}
	}
	if x.ID == y.ID && x.OldID == y.OldID {
		return true, nil
	}
	sides := [2]func(change.Hunk) (int, int){
		func(h change.Hunk) (int, int) { return h.Start, h.Lines },
		func(h change.Hunk) (int, int) { return h.OldStart, h.OldLines },
	}
	for i, ids := range [2][2]git.OID{{x.ID, y.ID}, {x.OldID, y.OldID}} {
		if ids[0] == ids[1] && i == 0 || ids[0].IsZero() {
			continue
		}
		var text [2][][]byte
		for j, id := range ids {
			data, err := a.Source.Blob(ctx, id, change.DefaultLimits().Diff.FileBytes)
			if err != nil {
				return false, ctx.Err()
			}
			if a.budget.hashed -= int64(len(data)); a.budget.hashed < 0 {
				a.cut = true
				return false, nil
			}
			text[j] = splitLines(data)
		}
		for h := range x.Hunks {
			if !slices.EqualFunc(linesOf(text[0], x.Hunks[h], sides[i]), linesOf(text[1], y.Hunks[h], sides[i]), bytes.Equal) {
				return false, nil
			}
		}
	}
	return true, nil
}

func linesOf(text [][]byte, h change.Hunk, side func(change.Hunk) (int, int)) [][]byte {
	start, n := side(h)
	if n == 0 || start < 1 || start-1+n > len(text) {
		return nil
	}
	return text[start-1 : start-1+n]
}

// moved puts lines of the old commit's version where the same patch has them now.
func moved(lines lineSet, was, now []change.Hunk) lineSet {
	var out lineSet
	for i, h := range was {
		if h.Lines == 0 {
			continue
		}
		for _, r := range lines.and(lineSet{{h.Start, h.Start + h.Lines - 1}}) {
			shift := now[i].Start - h.Start
			out = append(out, lineRange{r.from + shift, r.to + shift})
		}
	}
	return out.normal()
}

// squashes looks whether commits that have no note yet are what a branch came to, whose
// own commits have them: one that is by the same author and does not hold the commit.
func (a *rewrite) squashes(ctx context.Context, noted []*git.Commit) error {
	var ids []git.OID
	for _, c := range noted {
		ids = append(ids, c.ID)
	}
	graph, more, err := a.Source.Ancestry(ctx, a.Change.From, ids, maxAncestry)
	if err != nil || more {
		a.cut = a.cut || more
		return ctx.Err() // some of it is not here any more
	}
	inside := map[git.OID]bool{} // has a child
	for _, parents := range graph {
		for _, p := range parents {
			inside[p] = true
		}
	}
	tips := map[string][]*git.Commit{} // by the author's address
	for _, c := range noted {
		if _, ok := graph[c.ID]; ok && !inside[c.ID] {
			tips[c.Author.Email] = append(tips[c.Author.Email], c)
		}
	}
	holds := map[git.OID]map[git.OID]bool{} // of a tip: commits of the change
	lookups, steps := 0, 0
	for i := range a.r.Commits {
		c := &a.Change.Commits[i].Commit
		mine := tips[c.Author.Email]
		if a.r.Commits[i].noted || len(c.Parents) != 1 || len(mine) == 0 {
			continue
		}
		files, ok, err := a.patch(ctx, c)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		open := map[change.Path]git.OID{}
		for _, f := range files {
			open[f.Path] = f.ID
		}
		for _, tip := range mine {
			if len(open) == 0 {
				break
			}
			if holds[tip.ID] == nil {
				holds[tip.ID] = a.held(graph, tip.ID, &steps)
			}
			if holds[tip.ID][c.ID] {
				continue
			}
			if lookups += len(open); lookups > maxTipLookups || steps > maxTipSteps {
				a.cut = true
				return nil
			}
			same, err := a.sameAt(ctx, tip, open)
			if err != nil {
				return err
			}
			if len(same) == 0 {
				continue
			}
			if err := a.squashed(ctx, i, tip, same, open); err != nil {
				return err
			}
		}
	}
	return nil
}

// held are the commits of the change that a tip holds.
func (a *rewrite) held(graph map[git.OID][]git.OID, tip git.OID, steps *int) map[git.OID]bool {
	held, seen, todo := map[git.OID]bool{}, map[git.OID]bool{}, []git.OID{tip}
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if *steps++; *steps > maxTipSteps || seen[id] {
			continue
		}
		seen[id] = true
		if _, mine := a.index[id]; mine {
			held[id] = true
		}
		todo = append(todo, graph[id]...)
	}
	return held
}

// sameAt are the files that are the same at a tip.
func (a *rewrite) sameAt(ctx context.Context, tip *git.Commit, files map[change.Path]git.OID) (map[change.Path]bool, error) {
	same := map[change.Path]bool{}
	for path, id := range files {
		entry, err := git.Lookup(ctx, a.Source, tip.Tree, string(path))
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err == nil && entry.ID == id {
			same[path] = true
		}
	}
	return same, nil
}

// squashed binds to a commit what the notes on a branch say of the files that are the
// same there.
func (a *rewrite) squashed(ctx context.Context, i int, tip *git.Commit, same map[change.Path]bool, open map[change.Path]git.OID) error {
	c := &a.Change.Commits[i].Commit
	lim := change.DefaultLimits()
	lim.Commits = maxTipCommits
	branch, err := change.Read(ctx, a.Source, c.Parents[0], tip.ID, lim)
	if err != nil || len(branch.Limits) > 0 {
		return ctx.Err() // not whole any more
	}
	branch.Files = slices.DeleteFunc(branch.Files, func(f change.File) bool { return !same[f.Path] })
	sub := &assessor{Input: Input{Change: branch, Differ: a.Differ, Source: a.Source}, t: a.t, r: &Report{}, limits: a.limits.less(a.diffs), budget: a.budget, notesAt: a.notesAt}
	if a.diffs <= 0 {
		a.cut = true
		return nil
	}
	a.diffs -= 2 * len(branch.Commits)
	sub.classify()
	if err := sub.readNotes(ctx); err != nil {
		return err
	}
	if err := sub.trace(ctx); err != nil {
		return err
	}
	var pieces []*piece
	var drivers []string
	for _, o := range sub.origins {
		if o.why != "" {
			continue
		}
		k := &sub.r.Commits[sub.index[o.commit]]
		for _, p := range k.pieces {
			if p.path != o.path {
				continue
			}
			var lines lineSet
			for _, r := range p.lines.and(lineSet{{o.cur, o.cur + o.n - 1}}) {
				lines = append(lines, lineRange{r.from - o.cur + o.line, r.to - o.cur + o.line})
			}
			if len(lines) == 0 {
				continue
			}
			q := &piece{Evidence: p.Evidence, path: branch.Files[o.file].Path, lines: lines}
			q.Detail = change.Printable("noted on " + k.SHA.Short() + ", the file is the same at " + tip.ID.Short())
			pieces = append(pieces, q)
			drivers = append(drivers, k.Drivers...)
		}
	}
	if len(pieces) == 0 {
		return nil
	}
	if _, err := a.own(ctx, i); err != nil {
		if errors.Is(err, errUnchecked) {
			return nil
		}
		return err
	}
	for _, p := range pieces {
		delete(open, p.path)
	}
	k := &a.r.Commits[i]
	if a.bind(i, joined(pieces)) > 0 {
		k.noted = true
		a.drove(k, drivers)
	}
	return nil
}

// joined puts pieces of the same evidence about the same file into one.
func joined(pieces []*piece) []*piece {
	type key struct {
		path change.Path
		Evidence
	}
	at := map[key]*piece{}
	var out []*piece
	for _, p := range pieces {
		k := key{p.path, p.Evidence}
		if q := at[k]; q != nil {
			q.lines = append(q.lines, p.lines...)
			continue
		}
		at[k] = p
		out = append(out, p)
	}
	for _, p := range out {
		p.lines = p.lines.normal()
	}
	return out
}
