package hooks

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/git"
	"custody/internal/git/gittest"
)

// A scene is a repository, and commits that no ref names, as they are in a push.
type scene struct {
	*gittest.Repo
	t    testing.TB
	repo *git.Repository
	none string
}

func newScene(t testing.TB, format string) *scene {
	s := &scene{Repo: gittest.New(t, gittest.Format(format)), t: t}
	s.none = strings.Repeat("0", map[string]int{"sha1": 40, "sha256": 64}[format])
	repo, err := git.Open(context.Background(), s.Dir, git.WithEnviron(os.Environ()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	s.repo = repo
	return s
}

// pushed makes a commit that no ref names.
func (s *scene) pushed(message string, edits ...gittest.Edit) string {
	s.t.Helper()
	id := s.Commit("in-flight", message, edits...)
	s.Git("update-ref", "-d", "refs/heads/in-flight")
	return id
}

func (s *scene) update(ref, old, new string) Update {
	s.t.Helper()
	u, err := NewUpdate(ref, old, new)
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

func (s *scene) hook(floor string) *Hook {
	h := &Hook{Repository: s.repo, Day: "2026-11-23"}
	if floor != "" {
		h.Floor = &File{"floor.yaml", []byte("version: 1\n" + floor)}
	}
	return h
}

// What becomes of each kind of update.
func TestPlan(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		s := newScene(t, format)
		a := gittest.Write
		root := s.Commit("main", "root", a("f", "0\n"))
		main := s.Commit("main", "main", a("f", "1\n"))
		side := s.Commit("side", "side", gittest.From(root), a("g", "1\n"))
		s.Commit("far", "far", gittest.From(root), a("h", "1\n"))
		next := s.pushed("next", gittest.From(main), a("f", "2\n"))
		onSide := s.pushed("more", gittest.From(side), a("g", "2\n"))
		rebased := s.pushed("rebased", gittest.From(main), a("g", "1\n"))
		took := s.pushed("merge", gittest.From(side), gittest.Merge(main), a("f", "1\n"))
		orphan := s.pushed("orphan", gittest.Orphan(), a("o", "1\n"))
		s.Git("tag", "-a", "-m", "x", "new", next)
		tagged := s.ID("new")
		s.Git("tag", "-d", "new")
		s.Git("tag", "-a", "-m", "x", "v1", root)
		tag := s.ID("v1")
		s.Git("tag", "-a", "-m", "x", "tree", main+"^{tree}")
		treeTag := s.ID("tree")
		s.Git("tag", "-d", "tree")
		blob, missing := s.ID("main:f"), strings.Repeat("1", len(main))
		s.Git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
		s.Git("symbolic-ref", "refs/heads/dangling", "refs/heads/release/1")
		s.Git("symbolic-ref", "refs/notes/lie", "refs/heads/main")
		s.Git("update-ref", "refs/notes/commits", orphan)
		const release = "protected_refs: [refs/heads/release/*, refs/tags/v*, refs/notes/kept]\n"

		judge := func(stage change.Stage, base, head, by string) string {
			return fmt.Sprintf("judge %s %s..%s by %s", stage, s.name(base), s.name(head), s.name(by))
		}
		for _, c := range []struct{ name, floor, ref, old, new, want string }{
			{"forward", "", "refs/heads/main", main, next, judge(change.AtMerge, main, next, main)},
			{"of known commits too", "", "refs/heads/main", root, main, judge(change.AtMerge, root, main, root)},
			{"back", "", "refs/heads/main", main, root, "refuse rewrite"},
			{"aside", "", "refs/heads/main", main, orphan, "refuse rewrite"},
			{"deleted", "", "refs/heads/main", main, s.none, "refuse deletion"},
			{"in another case", "", "refs/heads/Main", s.none, next, judge(change.AtMerge, main, next, main)},
			{"by another name", "", "refs/heads/alias", main, next, judge(change.AtMerge, main, next, main)},
			{"by the name of notes", "", "refs/notes/lie", main, next, judge(change.AtMerge, main, next, main)},
			{"an annotated tag on it", "", "refs/heads/main", main, tagged, judge(change.AtMerge, main, next, main)},
			{"missing", "", "refs/heads/main", main, missing, "refuse unreadable"},
			{"no commit", "", "refs/heads/main", main, blob, "refuse not-a-commit"},

			{"new side branch", "", "refs/heads/new", s.none, onSide, judge(change.AtPush, main, onSide, main)},
			{"new, known", "", "refs/heads/new", s.none, root, "accept nothing-new"},
			{"new, without common history", "", "refs/heads/new", s.none, orphan, judge(change.AtPush, s.none, orphan, s.none)},
			{"side branch, forward", "", "refs/heads/side", side, onSide, judge(change.AtPush, side, onSide, main)},
			{"side branch, takes over main", "", "refs/heads/side", root, took, judge(change.AtPush, main, took, main)},
			{"side branch, rebased", "", "refs/heads/side", side, rebased, judge(change.AtPush, main, rebased, main)},
			{"side branch, to a known commit", "", "refs/heads/side", side, main, "accept nothing-new"},
			{"side branch, deleted", "", "refs/heads/side", side, s.none, "accept deleted"},
			{"any other ref", "", "refs/changes/1", s.none, onSide, judge(change.AtPush, main, onSide, main)},
			{"named by notes alone", "", "refs/heads/new", s.none, orphan, judge(change.AtPush, s.none, orphan, s.none)},

			{"tag of a known commit", "", "refs/tags/t", s.none, tag, "accept nothing-new"},
			{"tag of a new commit", "", "refs/tags/t", s.none, tagged, judge(change.AtPush, main, next, main)},
			{"tag of a folder", "", "refs/tags/t", s.none, treeTag, "refuse not-a-commit"},
			{"tag of a file", "", "refs/tags/t", s.none, blob, "refuse not-a-commit"},
			{"tag, moved", "", "refs/tags/v1", tag, tagged, judge(change.AtPush, main, next, main)},

			{"notes", "", "refs/notes/commits", s.none, orphan, "accept notes"},
			{"notes, rewritten", "", "refs/notes/commits", main, orphan, "accept notes"},
			{"notes, deleted", "", "refs/notes/commits", main, s.none, "accept notes"},
			{"protected notes, new", release, "refs/notes/kept", s.none, orphan, "accept notes"},
			{"protected notes, forward", release, "refs/notes/kept", root, main, "accept notes"},
			{"protected notes, rewritten", release, "refs/notes/kept", main, orphan, "refuse rewrite"},
			{"protected notes, deleted", release, "refs/notes/kept", main, s.none, "refuse deletion"},

			{"floor: main is not protected", release, "refs/heads/main", main, root, "accept nothing-new"},
			{"floor: new", release, "refs/heads/release/1", s.none, next, judge(change.AtMerge, main, next, main)},
			{"floor: new, known", release, "refs/heads/release/1", s.none, root, "accept nothing-new"},
			{"floor: new, from a side branch", release, "refs/heads/release/1", s.none, side, judge(change.AtMerge, main, side, main)},
			{"floor: by a name that leads nowhere yet", release, "refs/heads/dangling", s.none, side, judge(change.AtMerge, main, side, main)},
			{"floor: forward", release, "refs/heads/release/1", root, side, judge(change.AtMerge, root, side, root)},
			{"floor: in another case", release, "refs/heads/RELEASE/1", side, root, "refuse rewrite"},
			{"floor: tag, new", release, "refs/tags/v2", s.none, tagged, judge(change.AtMerge, main, next, main)},
			{"floor: tag, moved forward", release, "refs/tags/v1", tag, tagged, "refuse rewrite"},
			{"floor: tag, deleted", release, "refs/tags/v1", tag, s.none, "refuse deletion"},
		} {
			plans, err := s.plan(s.hook(c.floor), s.update(c.ref, c.old, c.new))
			if err != nil {
				t.Errorf("%s %s: %v", format, c.name, err)
				continue
			}
			p, got := plans[0], ""
			switch {
			case p.Judge:
				got = judge(p.Stage, p.Base.String(), p.Head.String(), p.By.String())
			case p.Refused:
				got = "refuse " + p.Code
			default:
				got = "accept " + p.Code
			}
			if got != c.want {
				t.Errorf("%s %s: %s, want %s", format, c.name, got, c.want)
			}
			if !p.Judge && (p.Why == "" || p.Refused && p.Next == "") {
				t.Errorf("%s %s: nothing is said: %+v", format, c.name, p)
			}
		}

		wrong := strings.Repeat("1", 104-len(main))
		if plans, err := s.plan(s.hook(""), s.update("refs/heads/x", wrong, wrong)); err == nil {
			t.Errorf("%s: ids of the other kind: %+v", format, plans)
		}
		wiki := s.hook("")
		wiki.Server = Server{Skip: "it is a wiki", Name: "x"}
		if plans, err := s.plan(wiki, s.update("refs/heads/main", main, s.none)); err != nil || plans[0].Judge || plans[0].Refused || plans[0].Code != CodeSkipped {
			t.Errorf("%s: a wiki: %+v, %v", format, plans, err)
		}
		internal := s.hook("")
		internal.Server.Internal = func(ref string) bool { return strings.HasPrefix(ref, "refs/pull/") }
		plans, err := s.plan(internal, s.update("refs/pull/1/head", s.none, next), s.update("refs/heads/main", main, next))
		if err != nil || plans[0].Code != CodeSkipped || !plans[1].Judge {
			t.Errorf("%s: internal refs: %+v, %v", format, plans, err)
		}
	}
}

func (s *scene) name(id string) string {
	if strings.Trim(id, "0") == "" {
		return "nothing"
	}
	return id[:8]
}

func (s *scene) plan(h *Hook, updates ...Update) ([]Plan, error) {
	s.t.Helper()
	if err := h.readFloor(); err != nil {
		s.t.Fatal(err)
	}
	return h.plan(context.Background(), updates)
}

// The first push of all, and one into a repository whose HEAD names no branch.
func TestPlanWithoutDefaultBranch(t *testing.T) {
	s := newScene(t, "sha1")
	first := s.pushed("first", gittest.Orphan(), gittest.Write("f", "1\n"))
	for ref, stage := range map[string]change.Stage{"refs/heads/main": change.AtMerge, "refs/heads/other": change.AtPush} {
		plans, err := s.plan(s.hook(""), s.update(ref, s.none, first))
		if p := plans[0]; err != nil || !p.Judge || p.Stage != stage || !p.Base.IsZero() || !p.By.IsZero() {
			t.Errorf("%s: %+v, %v", ref, p, err)
		}
	}
	s.Git("update-ref", "--no-deref", "HEAD", first)
	second := s.pushed("second", gittest.From(first), gittest.Write("f", "2\n"))
	plans, err := s.plan(s.hook(""), s.update("refs/heads/any", first, second))
	if err != nil || !plans[0].Protected {
		t.Errorf("where HEAD names a commit, every branch is protected: %+v, %v", plans, err)
	}
}

// After the refs have moved, the plan is still about what was there before.
func TestPlanAfterwards(t *testing.T) {
	s := newScene(t, "sha1")
	old := s.Commit("main", "one", gittest.Write("f", "1\n"))
	head := s.Commit("main", "two", gittest.Write("f", "2\n"))
	s.Git("update-ref", "refs/heads/release/1", head)
	plans, err := s.plan(s.hook("protected_refs: [refs/heads/main, refs/heads/release/*]\n"),
		s.update("refs/heads/main", old, head), s.update("refs/heads/release/1", s.none, head))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plans {
		if !p.Judge || p.Base.String() != old || p.Head.String() != head {
			t.Errorf("%s: %+v", p.Ref, p)
		}
	}
}
