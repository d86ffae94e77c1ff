package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// What happened to repositories that were not ours for a while no delivery told. Which they
// are, and when that was noted, is kept until a look at the installation came to its end: one
// that GitHub cuts short is repeated by the next look around. What was asked for since is not
// asked for again, or a look that never comes to its end would have all of it reviewed each time.

const missedAll = "all"

func missedMark(installation int64) string { return fmt.Sprintf("missed/%d", installation) }

// A missed says which repositories of an installation were not ours for a while.
type missed struct {
	since int64 // Unix milliseconds: when that was noted
	repos []string
}

// readMissed reads what a mark keeps: the instant, and numbers of repositories or "all".
func readMissed(mark string) (m missed) {
	words := strings.Fields(mark)
	if len(words) == 0 {
		return m
	}
	m.since, _ = strconv.ParseInt(words[0], 10, 64)
	m.repos = words[1:]
	return m
}

// of is the instant before which a repository was not ours; 0: it was all along.
func (m missed) of(repo int64) int64 {
	if slices.Contains(m.repos, missedAll) || slices.Contains(m.repos, strconv.FormatInt(repo, 10)) {
		return m.since
	}
	return 0
}

// and notes more of them, missed up to an instant.
func (m missed) and(since int64, all bool, repos []int64) missed {
	words := slices.Clone(m.repos)
	for _, r := range repos {
		words = append(words, strconv.FormatInt(r, 10))
	}
	slices.Sort(words)
	words = slices.Compact(words)
	if all || slices.Contains(words, missedAll) {
		words = []string{missedAll}
	}
	return missed{max(since, m.since), words}
}

func (m missed) String() string { return fmt.Sprintf("%d %s", m.since, strings.Join(m.repos, " ")) }

// miss notes that of repositories of an installation, or all, nobody told up to an instant, in Unix
// milliseconds. Others may note more at once: nobody's note is lost.
func (a *App) miss(ctx context.Context, installation, since int64, all bool, repos []int64) error {
	if !all && len(repos) == 0 {
		return nil
	}
	name := missedMark(installation)
	for {
		was, err := a.store.Mark(ctx, name)
		if err != nil {
			return err
		}
		if ok, err := a.store.SwapMark(ctx, name, was, readMissed(was).and(since, all, repos).String()); err != nil || ok {
			return err
		}
	}
}

// reconcileMissed looks at an installation, and asks for what its repositories missed.
func (a *App) reconcileMissed(ctx context.Context, installation int64, again bool) error {
	name := missedMark(installation)
	mark, err := a.store.Mark(ctx, name)
	if err != nil {
		return err
	}
	if err := a.reconcileInstallation(ctx, installation, again, readMissed(mark)); err != nil || mark == "" {
		return err
	}
	_, err = a.store.SwapMark(ctx, name, mark, "") // unless more was missed meanwhile
	return err
}
