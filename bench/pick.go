//go:build unix

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A picked range is one change to audit.
type picked struct {
	kind       string // "1 commit", "10 commits", "100 commits", "release"
	name       string // of the two tags of a release
	base, head string
}

// howPicked says in a result what pick does.
const howPicked = "along the first parents of head, spread evenly from the newest to the oldest, each the first from there " +
	"that changes code of the four languages: half of them of one step, a fifth of ten, a fifth of a hundred; " +
	"and between tags of neighbouring releases: the newest, then those that change most files"

// pick chooses n ranges from history. The same repository gives the same ones.
func (w *workplace) pick(ctx context.Context, n int) ([]picked, error) {
	out, err := w.git(ctx, nil, "rev-list", "--first-parent", w.options.head, "--")
	if err != nil {
		return nil, err
	}
	line := strings.Fields(out)
	if w.head = line[0]; len(line) < 2 {
		return nil, errors.New("this repository has one commit: there is no change to measure")
	}
	fifth := n / 5
	var all []picked
	for _, k := range []struct{ steps, count int }{{1, n - 3*fifth}, {10, fifth}, {100, fifth}} {
		some, err := pickSteps(line, k.steps, k.count, w.changesCode(ctx))
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	releases, err := w.pickReleases(ctx, n-len(all))
	if err != nil {
		return nil, err
	}
	all = append(all, releases...)
	if missing := n - len(all); missing > 0 { // no tags, or a short history
		more, err := pickSteps(line, min(1000, len(line)-1), missing, w.changesCode(ctx))
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	if len(all) < n {
		return nil, fmt.Errorf("history has only %d ranges to pick: ask for fewer -ranges", len(all))
	}
	return all, nil
}

// pickSteps picks ranges of so many steps from a line of commits, newest first, of those that
// are wanted.
func pickSteps(line []string, steps, count int, wanted func(base, head string) (bool, error)) ([]picked, error) {
	var some []picked
	next := 0
	for i := range count {
		next = max(next, i*(len(line)-1)/count)
		for ; next+steps < len(line); next++ {
			base, head := line[next+steps], line[next]
			is, err := wanted(base, head)
			if err != nil {
				return nil, err
			}
			if is {
				some = append(some, picked{kind: plural(steps, "commit"), base: base, head: head})
				next++
				break
			}
		}
	}
	return some, nil
}

// changesCode is for pickSteps.
func (w *workplace) changesCode(ctx context.Context) func(base, head string) (bool, error) {
	return func(base, head string) (bool, error) {
		files, err := w.changedPaths(ctx, base, head)
		return slices.ContainsFunc(files, isCode), err
	}
}

// release matches tags of the first release of a series: "v1.2.0", "1.2", "v1.2.0.RELEASE".
var release = regexp.MustCompile(`^v?(\d+)\.(\d+)(?:\.0)?(?:\.RELEASE)?$`)

// pickReleases picks ranges between neighbouring releases.
func (w *workplace) pickReleases(ctx context.Context, count int) ([]picked, error) {
	out, err := w.git(ctx, nil, "for-each-ref", "--format=%(refname:strip=2)", "refs/tags")
	if err != nil {
		return nil, err
	}
	type tag struct {
		name         string
		major, minor int
	}
	var tags []tag
	for name := range strings.Lines(out) {
		name = strings.TrimSpace(name)
		if m := release.FindStringSubmatch(name); m != nil {
			major, _ := strconv.Atoi(m[1])
			minor, _ := strconv.Atoi(m[2])
			tags = append(tags, tag{name, major, minor})
		}
	}
	newer := func(a, b tag) int { return cmp.Or(cmp.Compare(b.major, a.major), cmp.Compare(b.minor, a.minor)) }
	slices.SortFunc(tags, func(a, b tag) int { return cmp.Or(newer(a, b), strings.Compare(a.name, b.name)) })
	tags = slices.CompactFunc(tags, func(a, b tag) bool { return newer(a, b) == 0 })

	type pair struct {
		picked
		files int
	}
	var pairs []pair
	for i := 0; i+1 < len(tags) && i < 100; i++ {
		head, base := tags[i].name, tags[i+1].name
		ids, err := w.git(ctx, nil, "rev-parse", base+"^{commit}", head+"^{commit}")
		if err != nil {
			return nil, err
		}
		p := pair{picked: picked{kind: "release", name: base + ".." + head}}
		p.base, p.head, _ = strings.Cut(strings.TrimSpace(ids), "\n")
		files, err := w.changedPaths(ctx, p.base, p.head)
		if err != nil {
			return nil, err
		}
		if p.files = len(files); slices.ContainsFunc(files, isCode) {
			pairs = append(pairs, p)
		}
	}
	if len(pairs) > 1 {
		slices.SortStableFunc(pairs[1:], func(a, b pair) int { return cmp.Compare(b.files, a.files) })
	}
	var some []picked
	for _, p := range pairs[:min(count, len(pairs))] {
		some = append(some, p.picked)
	}
	return some, nil
}

func (w *workplace) changedPaths(ctx context.Context, base, head string) ([]string, error) {
	out, err := w.git(ctx, nil, "diff-tree", "-r", "-z", "--name-only", "--no-renames", base, head)
	return strings.Split(strings.TrimSuffix(out, "\x00"), "\x00"), err
}

// isCode says by its name whether a file is of the four languages. It does not ask
// custody, which is measured.
func isCode(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".go", ".py", ".pyi", ".java", ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs":
		return true
	}
	return false
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
