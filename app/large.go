package app

import (
	"context"
	"errors"
	"fmt"

	"custody/app/checkrun"
	"custody/internal/git"
	"custody/internal/store"
)

// maxFiles is how many files a pull request may bring at a time.
const maxFiles = 200_000

// maxMemory is how much git may take to bring a pull request, and to look through it: each file,
// also of the branch that it is for, takes some 150 bytes of half of it.
const maxMemory = 1 << 30

// largeMark is the mark of the change of a pull request that brought too much: it is not fetched
// again, to find out the same.
func largeMark(repo int64, subject string) string { return fmt.Sprintf("large/%d/%s", repo, subject) }

// change is what a pull request is at a moment, and what may be fetched of it.
func (j *job) change() string {
	return fmt.Sprintf("%s %s %s %d", j.head, j.ref, j.near(), j.MaxChange)
}

// tooLarge says whether this very change was too large before.
func (j *job) tooLarge(ctx context.Context) (bool, error) {
	if j.pr == nil || j.subject.Stage == "record" {
		return false, nil
	}
	was, err := j.store.Mark(ctx, largeMark(j.task.Repo, j.subject.Name))
	return was == j.change(), err
}

// large concludes a change that brings more than may be fetched, and remembers it.
func (j *job) large(ctx context.Context, err error) (string, error) {
	if !errors.Is(err, git.ErrTooMuch) {
		return "", err
	}
	if err := j.store.SetMark(ctx, largeMark(j.task.Repo, j.subject.Name), j.change()); err != nil {
		return "", err
	}
	j.log.WithError(err).Warn("a change brings too much: nothing can be judged")
	o := checkrun.Undecided(j.Mode, "This change brings too much to be judged.",
		fmt.Sprintf("It brings more than %d MB, packed as git does, or more than %d files that the branch does not have, or it takes git more than %d MB of memory to look through.", j.MaxChange>>20, maxFiles, maxMemory>>20),
		"Take large files, and folders of very many, out of its commits, also out of those that later ones correct. How many MB a change may bring says who runs Custody: change_mb.")
	return "undecided", j.conclude(ctx, store.Review{Head: j.head.String(), Ref: j.ref}, "large "+j.change(), o)
}
