package attestation

import (
	"context"
	"fmt"

	"custody/internal/change"
	"custody/internal/git"
)

// A NoteReader adds to a commit, before its class is settled, what a note says of it.
type NoteReader func(k *Commit, c *git.Commit) error

// ReadNotes makes a NoteReader of git-ai's notes; nil when the repository has none. A
// commit with a note costs a difference: only lines that it added count.
func ReadNotes(ctx context.Context, src Source, d Differ) (NoteReader, error) {
	refs, err := src.NoteRefs(ctx, NotesRef)
	if err != nil || len(refs) == 0 {
		return nil, err
	}
	notes, err := git.OpenNotes(ctx, src, refs[NotesRef])
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", NotesRef, err)
	}
	limits := DefaultLimits()
	return func(k *Commit, c *git.Commit) error {
		a := &assessor{
			Input: Input{Change: &change.Change{Commits: []change.Commit{{Commit: *c}}}, Differ: d, Source: src},
			t:     known(), r: &Report{Commits: []Commit{*k}}, limits: limits, budget: newBudget(limits),
			notesAt: map[string]*git.Notes{NotesRef: notes},
		}
		if err := a.readNotes(ctx); err != nil {
			return err
		}
		*k = a.r.Commits[0]
		k.budget = a.budget
		k.cut = k.cut || len(a.r.Reasons) > 0
		return nil
	}, nil
}
