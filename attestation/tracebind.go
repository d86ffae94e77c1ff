package attestation

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/git"
)

// traceFolder is where the reference implementation keeps its records.
const traceFolder = ".agent-trace"

// maxTraceFiles bounds how many files of that folder are read.
const maxTraceFiles = 64

// readTraces reads the records in the tree at head, and those in notes.
func (a *assessor) readTraces(ctx context.Context) error {
	files, err := a.traceFiles(ctx)
	if err != nil {
		return err
	}
	for _, f := range files {
		text, err := a.document(ctx, f.ID)
		if ctx.Err() != nil {
			return err
		}
		var all []traced
		if err == nil {
			all, err = a.t.parseTraces(text, a.budget)
		}
		if err != nil {
			code, what := "trace-unreadable", "could not be read"
			var tooLarge *git.TooLargeError
			switch {
			case errors.As(err, &tooLarge), errors.Is(err, errNoteLimit):
				code, what = "limit-trace", "holds more than is read"
			case errors.Is(err, errTrace):
				what = errTrace.Error()
			}
			a.r.cut(code, what, change.Path(traceFolder+"/"+f.Name).Escaped())
		}
		if err := a.bindTraces(ctx, all); err != nil {
			return err
		}
	}
	for i := range a.r.Commits {
		k := &a.r.Commits[i]
		text, err := a.note(ctx, TracesRef, k.SHA)
		if err != nil {
			return err
		}
		if text == nil {
			continue
		}
		all, err := a.t.parseTraces(text, a.budget)
		if err != nil {
			a.unread(TracesRef, k.SHA, err)
		}
		if err := a.bindNoted(ctx, i, all); err != nil {
			return err
		}
	}
	return nil
}

// traceFiles lists the files of records at head.
func (a *assessor) traceFiles(ctx context.Context) ([]git.Entry, error) {
	folder, err := git.Lookup(ctx, a.Source, a.Change.HeadTree, traceFolder)
	if err != nil || folder.Mode != git.ModeTree {
		return nil, ctx.Err() // none, or one that can not be read and is listed elsewhere
	}
	entries, err := a.Source.Tree(ctx, folder.ID)
	if err != nil {
		if ctx.Err() == nil {
			a.r.cut("trace-unreadable", "the folder could not be read", traceFolder)
		}
		return nil, ctx.Err()
	}
	entries = slices.DeleteFunc(entries, func(e git.Entry) bool {
		return !e.Mode.IsRegular() || !strings.HasSuffix(e.Name, ".jsonl") && !strings.HasSuffix(e.Name, ".json")
	})
	if len(entries) > maxTraceFiles {
		a.r.cut("limit-trace", "there are more files of records than are read", traceFolder)
		entries = entries[:maxTraceFiles]
	}
	return entries, nil
}

// bindNoted binds the records of a note to the commit that it is on. Their revision
// must be that commit, or the one it was made on; without one, the note says enough. A
// hash that holds in the commit's version binds, too; elsewhere it says where the lines
// are, as in a file of records.
func (a *assessor) bindNoted(ctx context.Context, i int, all []traced) error {
	k, c := &a.r.Commits[i], &a.Change.Commits[i].Commit
	var pieces []*piece
	var hashed, places []traced
	texts := map[change.Path][][]byte{} // in the commit's version
	for _, t := range all {
		if _, known := hashMatches(t.hash, nil); known {
			holds, err := a.holds(ctx, c, texts, t)
			if err != nil {
				return err
			}
			if !holds {
				hashed = append(hashed, t)
				continue
			}
		} else if t.revision != "" && t.revision != k.SHA.String() && !slices.ContainsFunc(c.Parents, func(p git.OID) bool { return p.String() == t.revision }) {
			continue
		}
		places = append(places, t)
	}
	if err := a.bindHashed(ctx, hashed); err != nil || len(places) == 0 {
		return err
	}
	if _, err := a.own(ctx, i); err != nil {
		if errors.Is(err, errUnchecked) {
			a.unread(TracesRef, k.SHA, err)
			return nil
		}
		return err
	}
	for _, t := range places {
		if _, known := hashMatches(t.hash, nil); !known && a.placeholder(i, t) {
			continue
		}
		pieces = append(pieces, &piece{Evidence: t.Evidence, path: t.path, lines: lineSet{t.lines}})
	}
	a.bind(i, pieces)
	return nil
}

// holds says whether the hash of a range is that of these lines in a commit's version.
func (a *assessor) holds(ctx context.Context, c *git.Commit, texts map[change.Path][][]byte, t traced) (bool, error) {
	text, read := texts[t.path]
	if !read {
		entry, err := git.Lookup(ctx, a.Source, c.Tree, string(t.path))
		if err == nil && entry.Mode.IsRegular() {
			var data []byte
			if data, err = a.Source.Blob(ctx, entry.ID, change.DefaultLimits().Diff.FileBytes); err == nil {
				text = splitLines(data)
			}
			if a.budget.bytes -= int64(len(data)); a.budget.bytes < 0 {
				a.budget.bytes, a.budget.cut["evidence"], text = 0, true, nil
			}
		}
		if ctx.Err() != nil {
			return false, err
		}
		texts[t.path] = text
	}
	if t.lines.to > len(text) {
		return false, nil
	}
	block := bytes.Join(text[t.lines.from-1:t.lines.to], nil)
	if a.budget.hashed -= int64(len(block)); a.budget.hashed < 0 {
		a.budget.cut["evidence"] = true
		return false, nil
	}
	same, _ := hashMatches(t.hash, block)
	return same, nil
}

// placeholder says whether a range is what the reference implementation writes when it
// did not find the place of an edit, and shows that on the commit.
func (a *assessor) placeholder(i int, t traced) bool {
	k := &a.r.Commits[i]
	if t.lines != (lineRange{1, 1}) || !k.own.all && k.own.of(t.path).count() <= 1 {
		return false
	}
	k.wide = append(k.wide, Evidence{
		Source: "trace", Strength: "F", Class: Unknown, Scope: k.scope(),
		Detail: change.Printable("a placeholder, lines 1 to 1 of " + string(t.path) + ": " + t.Detail),
	})
	return true
}

// bindTraces binds the records of a file in the tree.
//
// A range with a hash of its content holds where, among the lines that the change added
// to the file, that content stands, and nowhere else: it survives whatever happened to
// the commits. A range without one, or with a hash that nobody knows, counts in the
// version of the revision's child, if that added any of these lines (the revision was
// HEAD when they were typed, as the reference implementation has it), or else of the
// revision itself. Records of any other revision are about another change.
func (a *assessor) bindTraces(ctx context.Context, all []traced) error {
	children := map[string][]int{}
	for i := range a.Change.Commits {
		for _, p := range a.Change.Commits[i].Parents {
			children[p.String()] = append(children[p.String()], i)
		}
	}
	var hashed []traced
	for _, t := range all {
		if _, known := hashMatches(t.hash, nil); known {
			hashed = append(hashed, t)
			continue
		}
		if t.revision == "" {
			continue
		}
		candidates := children[t.revision]
		if id, err := git.ParseOID(t.revision); err == nil {
			if i, ok := a.index[id]; ok {
				candidates = append(slices.Clone(candidates), i)
			}
		}
		if err := a.bindOne(ctx, t, candidates); err != nil {
			return err
		}
	}
	return a.bindHashed(ctx, hashed)
}

// bindOne binds a range to the first commit that added some of its lines.
func (a *assessor) bindOne(ctx context.Context, t traced, candidates []int) error {
	for _, i := range candidates {
		own, err := a.own(ctx, i)
		if errors.Is(err, errUnchecked) {
			a.budget.cut["evidence"] = true
			continue
		}
		if err != nil {
			return err
		}
		added := own.of(t.path)
		if a.placeholder(i, t) {
			continue
		}
		if len(added.and(lineSet{t.lines})) > 0 {
			a.bind(i, []*piece{{Evidence: t.Evidence, path: t.path, lines: lineSet{t.lines}}})
			return nil
		}
	}
	return nil
}

// bindHashed finds the content of ranges among the added lines at head.
func (a *assessor) bindHashed(ctx context.Context, all []traced) error {
	slices.SortStableFunc(all, func(x, y traced) int { return cmp.Compare(x.path, y.path) })
	var found []atHead
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].path == all[0].path {
			n++
		}
		mine := all[:n]
		all = all[n:]
		i, err := a.fileAtHead(ctx, mine[0].path)
		if err != nil {
			return err
		}
		if i < 0 {
			continue
		}
		f := &a.Change.Files[i]
		data, err := a.Source.Blob(ctx, f.ID, change.DefaultLimits().Diff.FileBytes)
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			continue // that its lines could not be read is said already
		}
		if a.budget.bytes -= int64(len(data)); a.budget.bytes < 0 {
			a.budget.bytes, a.budget.cut["evidence"] = 0, true
			break
		}
		text := splitLines(data)
		for _, t := range mine {
			lines, ok := a.locate(f, text, t)
			if !ok {
				a.budget.cut["evidence"] = true
				break
			}
			if len(lines) > 0 {
				found = append(found, atHead{i, lines, false, t.Evidence})
			}
		}
	}
	return a.bindAtHead(ctx, found)
}

// fileAtHead is the file of the change that had this path when a commit of the change
// wrote some of its lines, or has it now; -1 when there is none.
func (a *assessor) fileAtHead(ctx context.Context, p change.Path) (int, error) {
	if a.filesAt == nil {
		if err := a.trace(ctx); err != nil {
			return -1, err
		}
		at := map[change.Path]int{}
		for _, o := range slices.Backward(a.origins) { // the first has the last word
			if o.why == "" {
				at[o.path] = o.file
			}
		}
		for i := range a.Change.Files {
			f := &a.Change.Files[i]
			if f.Status != change.Deleted && f.Mode.IsRegular() && len(f.Hunks) > 0 {
				at[f.Path] = i
			}
		}
		a.filesAt = at
	}
	if i, ok := a.filesAt[p]; ok {
		return i, nil
	}
	return -1, nil
}

// splitLines cuts a text into lines, each with its end.
func splitLines(data []byte) [][]byte {
	var out [][]byte
	for line := range bytes.Lines(data) {
		out = append(out, line)
	}
	return out
}

// locate looks for the content of a range in a file: in its place first, then among all
// runs of added lines of that length, the first of which is taken. Not ok: it was too
// much to look at.
func (a *assessor) locate(f *change.File, text [][]byte, t traced) (lineSet, bool) {
	n := t.lines.to - t.lines.from + 1
	if n > len(text) {
		return nil, true
	}
	try := func(from int) (bool, bool) {
		block := bytes.Join(text[from-1:from-1+n], nil)
		if a.budget.hashed -= int64(len(block)); a.budget.hashed < 0 {
			return false, false
		}
		same, _ := hashMatches(t.hash, block)
		return same, true
	}
	added := addedLines(f)
	if t.lines.to <= len(text) && len(added.and(lineSet{t.lines})) > 0 {
		if same, ok := try(t.lines.from); same || !ok {
			return lineSet{t.lines}.and(added), ok
		}
	}
	for _, r := range added {
		for from := r.from; from+n-1 <= min(r.to, len(text)); from++ {
			if same, ok := try(from); same || !ok {
				if !ok {
					return nil, false
				}
				return lineSet{{from, from + n - 1}}, true
			}
		}
	}
	return nil, true
}
