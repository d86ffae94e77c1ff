package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/git"
	"custody/internal/report"
	"custody/internal/review"
)

func runHistory(ctx context.Context, p *process, o *attestOptions) error {
	repo, heads, what, err := o.heads(ctx, p)
	if err != nil {
		return err
	}
	defer repo.Close()
	// A history makes much garbage and keeps next to nothing: collect it less often.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	var w attestation.HistoryWriter
	switch o.format {
	case "json":
		w = attestation.NewHistoryJSON(p.out)
	case "csv":
		w = attestation.NewHistoryCSV(p.out)
		if o.files {
			w = attestation.NewHistoryFilesCSV(p.out)
		}
	case "html":
		title, err := repositoryTitle(ctx, repo, o.dir)
		if err != nil {
			return err
		}
		w = report.NewHistoryPage(p.out, title, what, o.files)
	default:
		w = attestation.NewHistoryText(p.out)
	}
	if repo.Shallow() {
		fmt.Fprintln(p.err, "history is cut in this repository: older commits are not counted ('git fetch --unshallow' brings them)")
	}
	notes, err := attestation.ReadNotes(ctx, repo, review.DifferOf(repo))
	if err != nil {
		return err
	}
	if !o.files {
		h := newHistory(attestation.Window{}, w.Entry).WithNotes(notes)
		if err := repo.LogAll(ctx, heads, h.Add); err != nil {
			return err
		}
		return w.Close(h.Summary())
	}
	sum, err := historyFiles(ctx, repo, heads, notes, w)
	if err != nil {
		return err
	}
	return w.Close(sum)
}

// heads are the commits to start from, and what they are for people.
func (o *attestOptions) heads(ctx context.Context, p *process) (*git.Repository, []git.OID, string, error) {
	if !o.all {
		repo, head, err := openAt(ctx, p, o.dir, o.commits.head)
		return repo, []git.OID{head}, "history of " + head.Short(), err
	}
	repo, err := openRepository(ctx, p, o.dir)
	if err != nil {
		return nil, nil, "", err
	}
	heads, err := repo.Tips(ctx)
	if err == nil && len(heads) == 0 {
		err = hint(errors.New("the repository has no branch and no tag"), "commit something first, or leave out --all")
	}
	if err != nil {
		repo.Close()
		return nil, nil, "", err
	}
	return repo, heads, fmt.Sprintf("%s that branches and tags name", counted(len(heads), "commit")), nil
}

// batch bounds how many commits wait for their files.
const (
	batchEntries = 8192
	batchAsking  = 512
)

// historyFiles classifies commits while git reads the files of those before: two
// batches of them are in memory, however long history is.
func historyFiles(ctx context.Context, repo *git.Repository, heads []git.OID, notes attestation.NoteReader, w attestation.HistoryWriter) (*attestation.HistorySummary, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan []*attestation.HistoryEntry)
	failed := make(chan error, 1)
	var batch []*attestation.HistoryEntry
	asking := 0
	send := func() error {
		select {
		case batches <- batch:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		batch, asking = nil, 0
		return nil
	}
	h := newHistory(attestation.Window{}, func(e *attestation.HistoryEntry) error {
		if batch = append(batch, e); e.AsksFiles() {
			asking++
		}
		if len(batch) == batchEntries || asking == batchAsking {
			return send()
		}
		return nil
	}).WithNotes(notes)
	go func() {
		err := repo.LogAll(ctx, heads, h.Add)
		if err == nil {
			err = send()
		}
		close(batches)
		failed <- err
	}()
	files := attestation.NewHistoryFiles()
	var err error
	for entries := range batches {
		if err = addFiles(ctx, repo, files, entries, w); err != nil {
			cancel()
			for range batches { // until it notices
			}
		}
	}
	if logErr := <-failed; err == nil {
		err = logErr
	}
	if err != nil {
		return nil, err
	}
	sum := h.Summary()
	files.Fill(sum)
	return sum, nil
}

// addFiles asks for the files of a batch, and writes it.
func addFiles(ctx context.Context, repo *git.Repository, files *attestation.HistoryFiles, entries []*attestation.HistoryEntry, w attestation.HistoryWriter) error {
	var asking []*attestation.HistoryEntry
	var ids []git.OID
	for _, e := range entries {
		if e.AsksFiles() {
			asking, ids = append(asking, e), append(ids, e.SHA)
		}
	}
	err := repo.Numstat(ctx, ids, func(i int, of []git.FileLines, more int, err error) error {
		files.Add(asking[i], of, more, err)
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading the files of commits: %w", err)
	}
	for _, e := range entries {
		if err := w.Entry(e); err != nil {
			return err
		}
	}
	return nil
}

// history classifies everything that is reachable from head.
func history(ctx context.Context, repo *git.Repository, head git.OID, w attestation.Window, visit func(*attestation.HistoryEntry) error) (*attestation.History, error) {
	h := newHistory(w, visit)
	if err := repo.Log(ctx, head, h.Add); err != nil {
		return nil, err
	}
	return h, nil
}

func newHistory(w attestation.Window, visit func(*attestation.HistoryEntry) error) *attestation.History {
	return attestation.NewHistory(change.ParseTrailers, w, visit)
}
