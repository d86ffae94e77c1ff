package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// What happened to repositories that were not ours for a while no delivery told. Which they
// are is kept until a look at the installation came to its end: one that GitHub cuts short is
// repeated by the next look around.

const missedAll = "all"

func missedMark(installation int64) string { return fmt.Sprintf("missed/%d", installation) }

// miss notes that repositories of an installation, or all, were not ours for a while.
func (a *App) miss(ctx context.Context, installation int64, all bool, repos []int64) error {
	name := missedMark(installation)
	was, err := a.store.Mark(ctx, name)
	if err != nil {
		return err
	}
	words := strings.Fields(was)
	for _, r := range repos {
		words = append(words, strconv.FormatInt(r, 10))
	}
	slices.Sort(words)
	words = slices.Compact(words)
	if all || slices.Contains(words, missedAll) {
		words = []string{missedAll}
	}
	if is := strings.Join(words, " "); is != was {
		return a.store.SetMark(ctx, name, is)
	}
	return nil
}

// reconcileMissed looks at an installation, and asks for what its repositories missed.
func (a *App) reconcileMissed(ctx context.Context, installation int64, again bool) error {
	name := missedMark(installation)
	mark, err := a.store.Mark(ctx, name)
	if err != nil {
		return err
	}
	words := strings.Fields(mark)
	err = a.reconcileInstallation(ctx, installation, again || mark != "", func(repo int64) bool {
		return slices.Contains(words, missedAll) || slices.Contains(words, strconv.FormatInt(repo, 10))
	})
	if err != nil || mark == "" {
		return err
	}
	if is, err := a.store.Mark(ctx, name); err != nil || is != mark {
		return err // more was missed meanwhile
	}
	return a.store.SetMark(ctx, name, "")
}
