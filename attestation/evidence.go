package attestation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/git"
)

// A Source is the repository, for evidence that is not in the commits themselves.
type Source interface {
	git.Reader
	change.Repo
	// NoteRefs finds which of some refs are there, and the commits that they name.
	NoteRefs(ctx context.Context, names ...string) (map[string]git.OID, error)
	// Ancestry lists what is reachable from tips and not from base, with parents.
	Ancestry(ctx context.Context, base git.OID, tips []git.OID, max int) (parents map[git.OID][]git.OID, more bool, err error)
}

// The refs under which notes on commits are looked for.
const (
	NotesRef      = "refs/notes/ai"          // git-ai
	TracesRef     = "refs/notes/agent-trace" // records of Agent Trace
	StatementsRef = "refs/notes/custody"     // signed statements, one a line
)

// noteRefs lists them.
var noteRefs = []string{NotesRef, TracesRef, StatementsRef}

// readEvidence reads everything that is said of a commit outside of it.
func (a *assessor) readEvidence(ctx context.Context) error {
	if a.Source == nil || a.Differ == nil || len(a.r.Commits) == 0 {
		return nil
	}
	refs := a.Notes
	if refs == nil {
		var err error
		if refs, err = a.Source.NoteRefs(ctx, noteRefs...); err != nil {
			return err
		}
	}
	a.notesAt = map[string]*git.Notes{}
	for _, ref := range slices.Sorted(maps.Keys(refs)) {
		notes, err := git.OpenNotes(ctx, a.Source, refs[ref])
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			a.r.cut("note-unreadable", ref+" could not be read", "")
			continue
		}
		a.notesAt[ref] = notes
	}
	if len(refs) > 0 {
		a.r.NotesAt = refs
	}
	for _, read := range []func(context.Context) error{a.readSignatures, a.readStatements, a.readNotes, a.readRewritten, a.readTraces, a.readHeaders} {
		if err := read(ctx); err != nil {
			return err
		}
	}
	return nil
}

// note reads the note on a commit, nil when there is none. The reason is set when it
// could not be read.
func (a *assessor) note(ctx context.Context, ref string, commit git.OID) (text []byte, err error) {
	notes := a.notesAt[ref]
	if notes == nil {
		return nil, nil
	}
	id, err := notes.Find(ctx, commit)
	if errors.Is(err, git.ErrNotFound) {
		return nil, nil
	}
	if err == nil {
		text, err = a.document(ctx, id)
	}
	if err != nil && ctx.Err() == nil {
		a.unread(ref, commit, err)
		return nil, nil
	}
	return text, err
}

// document reads a text that holds evidence, as long as there is room for it.
func (a *assessor) document(ctx context.Context, id git.OID) ([]byte, error) {
	text, err := a.Source.Blob(ctx, id, min(a.budget.bytes, maxDocument))
	a.budget.bytes -= int64(len(text))
	return text, err
}

// maxDocument bounds one note or trace: transcripts have been seen in notes of 30 MB.
const maxDocument = 64 << 20

// maxUnread bounds how many notes that could not be read are listed one by one.
const maxUnread = 20

// unread says that a note could not be read, and why.
func (a *assessor) unread(ref string, commit git.OID, err error) {
	code, what := "note-unreadable", "could not be read"
	var tooLarge *git.TooLargeError
	switch {
	case errors.As(err, &tooLarge), errors.Is(err, errNoteLimit):
		code, what = "limit-note", "holds more than is read"
	case errors.Is(err, errUnchecked):
		what = "could not be held against the lines that the commit added"
	case errors.Is(err, errNote), errors.Is(err, errRange), errors.Is(err, errTrace), errors.Is(err, errStatement):
		what = "is malformed"
	}
	switch a.unreadNotes++; {
	case a.unreadNotes < maxUnread:
		a.r.cut(code, fmt.Sprintf("the note on commit %s under %s %s", commit.Short(), ref, what), "")
	case a.unreadNotes == maxUnread:
		a.r.cut(code, "more notes could not be read", "")
	}
}

// errUnchecked says that the lines which a commit added are not known.
var errUnchecked = errors.New("what the commit added could not be read")

// own reads the lines that a commit added, once.
func (a *assessor) own(ctx context.Context, i int) (*ownLines, error) {
	k := &a.r.Commits[i]
	if k.own.read {
		return &k.own, k.own.err
	}
	c := &a.Change.Commits[i].Commit
	k.own.read = true
	if !a.budget.spend(&a.budget.diffs, len(c.Parents)) {
		k.own.err = errUnchecked
		return &k.own, k.own.err
	}
	own, reason, err := readOwn(ctx, a.Differ, c)
	if err != nil {
		return nil, err
	}
	if k.own = own; reason != "" {
		k.own = ownLines{read: true, err: errUnchecked}
	}
	return &k.own, k.own.err
}

// bind attaches pieces to a commit, as far as it really added their lines. What it did
// not add they say nothing of; that they tried is shown.
func (a *assessor) bind(i int, pieces []*piece) (bound int) {
	k := &a.r.Commits[i]
	outside := 0
	for _, p := range pieces {
		lines := k.own.of(p.path)
		if p.lines != nil {
			lines = p.lines.and(lines)
		}
		if len(lines) == 0 {
			outside++
			continue
		}
		if p.lines = lines; k.own.all && len(lines) == 1 && lines[0] == everyLine[0] {
			p.lines = everyLine
		}
		p.place()
		k.pieces = append(k.pieces, p)
		bound++
	}
	if outside > 0 && bound == 0 {
		p := pieces[0]
		k.wide = append(k.wide, Evidence{
			Source: p.Source, Strength: "F", Class: Unknown, Scope: k.scope(),
			Detail: change.Printable("about lines that the commit did not add: " + p.Detail),
		})
	}
	return bound
}

// readNotes reads what git-ai noted on each commit.
func (a *assessor) readNotes(ctx context.Context) error {
	if a.notesAt[NotesRef] == nil {
		return nil
	}
	for i := range a.r.Commits {
		k := &a.r.Commits[i]
		text, err := a.note(ctx, NotesRef, k.SHA)
		if err != nil {
			return err
		}
		if text == nil {
			continue
		}
		pieces, drivers, err := a.parseNote(ctx, i, text)
		switch {
		case errors.Is(err, errNote), errors.Is(err, errRange), errors.Is(err, errNoteLimit), errors.Is(err, errUnchecked):
			a.unread(NotesRef, k.SHA, err)
			continue
		case err != nil:
			return err
		}
		k.noted = true
		if a.bind(i, pieces) > 0 {
			a.drove(k, drivers)
		}
	}
	return nil
}

// parseNote reads a note of git-ai on one of the commits.
func (a *assessor) parseNote(ctx context.Context, i int, text []byte) ([]*piece, []string, error) {
	own, err := a.own(ctx, i)
	if err != nil {
		return nil, nil, err
	}
	return a.t.parseNote(text, func(p change.Path) bool { return own.all || own.files[p] != nil }, a.budget)
}

// drove adds people who had an agent write a commit.
func (a *assessor) drove(k *Commit, people []string) {
	for _, who := range people {
		name, email := parsePerson(who)
		if r, _ := a.t.person(name, email); r != nil || isBotAddress(email) || email == "" {
			continue
		}
		shown := change.Printable(name + " <" + email + ">")
		k.People = addPerson(k.People, shown)
		k.Drivers = addPerson(k.Drivers, shown)
	}
}

// addPerson adds somebody once, by the address.
func addPerson(to []string, who string) []string {
	_, email := parsePerson(who)
	same := func(o string) bool {
		_, e := parsePerson(o)
		return strings.EqualFold(e, email)
	}
	if len(to) == maxShown || slices.ContainsFunc(to, same) {
		return to
	}
	return append(to, who)
}
