package review_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/git"
	"custody/internal/git/gittest"
	"custody/internal/review"
	"custody/internal/sign"
)

// What must hold for every change, policy, floor and context is tried on generated
// ones, small and of few words, so that everything meets everything.

// worlds is how many of them a run of the tests tries.
func worlds(t *testing.T) int {
	if os.Getenv("CUSTODY_SLOW") != "" {
		return 300
	}
	return 12
}

// A world makes one scenario.
type world struct {
	*rand.Rand
	t    *testing.T
	repo *gittest.Repo
	git  *git.Repository

	// closed keeps to policies under which less knowledge can only count against a
	// change: unknown is read as an agent's, and classes are asked for together with
	// those that evidence for them can turn into. A policy that reads unknown as human
	// says itself that what nobody speaks of is fine.
	closed bool
}

func newWorld(t *testing.T, seed uint64, closed bool) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 7)), t: t, repo: gittest.New(t), closed: closed}
	opened, err := git.Open(context.Background(), w.repo.Dir, git.WithEnviron(os.Environ()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	w.git = opened
	return w
}

func pick[T any](w *world, from ...T) T { return from[w.IntN(len(from))] }

// often is true three times of four.
func (w *world) often() bool { return w.IntN(4) > 0 }

// A layer is a policy or a floor in the making.
type layer struct {
	head           string
	rules, waivers []string
}

func (l layer) text() string {
	var b strings.Builder
	b.WriteString("version: 1\n" + l.head)
	for i, list := range [][]string{l.rules, l.waivers} {
		if len(list) > 0 {
			b.WriteString([]string{"rules:\n", "waivers:\n"}[i] + strings.Join(list, ""))
		}
	}
	return b.String()
}

// mustHold is a rule that nothing excuses: the requirements hold, at every stage.
const mustHold = "  - {id: must-hold, kind: requirements}\n"

func (w *world) layer(rules int) layer {
	l := layer{head: "authorship: {unknown: " + pick(w, "ai", "human") + "}\n"}
	if w.closed {
		l.head = "authorship: {unknown: ai}\n"
	}
	l.head += pick(w, "", "", "requirements: alt.yaml\n") + pick(w, "", "judge_files: [\"src/a*\"]\n")
	for i := range rules {
		l.rules = append(l.rules, w.rule(fmt.Sprintf("r%d", i)))
	}
	for i := range w.IntN(3) {
		l.waivers = append(l.waivers, fmt.Sprintf("  - {id: w%d, covers: %s, paths: [%s], owner: o, approver: a, reason: r, last_day: %s}\n",
			i, pick(w, "r0", "r1", "NO-EVAL", "IMPORT"), pick(w, `"**"`, `"src/**"`), pick(w, "2026-12-31", "2026-01-01")))
	}
	return l
}

func (w *world) rule(id string) string {
	common := fmt.Sprintf("  - {id: %s, level: %s, at: %s, waivable: %v, ", id, pick(w, "error", "error", "error", "warning"),
		pick(w, "[push, merge, record]", "[merge]", "[push]"), w.IntN(2) == 0)
	classes := pick(w, "[ai-verified, ai-declared]", "[ai-verified, ai-declared, unknown]", "[ai-verified, ai-declared, mixed]")
	if !w.closed {
		classes = pick(w, classes, "[unknown]", "[human-declared]", "[conflict, unknown]", "[ai-declared]")
	}
	when := pick(w, "", "", "when: {authorship: "+classes+"}, ", `when: {paths: ["src/**"]}, `)
	approvals := fmt.Sprintf("approvals: {humans: %d, permission: %s}", 1+w.IntN(2), pick(w, "read", "write", "admin"))
	switch w.IntN(5) {
	case 0:
		return common + "kind: authorship-limit, classes: " + classes + ", max_permille: " + pick(w, "0", "300", "700", "1000") + "}\n"
	case 1:
		return common + when + "kind: requirements}\n"
	case 2:
		return common + when + "kind: judge, " + approvals + "}\n"
	case 3:
		return common + when + "kind: impact}\n"
	default:
		return common + when + "kind: approvals, " + approvals + "}\n"
	}
}

// A step is one commit of the change.
type step struct {
	message, by string
	edits       []gittest.Edit
}

func (w *world) steps() []step {
	var all []step
	for i := range 1 + w.IntN(3) {
		s := step{message: fmt.Sprintf("Step %d\n", i), by: pick(w, "Ada <ada@example.com>", "Ben <ben@example.com>", "Cy <cy@example.com>")}
		s.message += pick(w, "", "\nAI-Assistance: none\n", "\nCo-Authored-By: Claude <noreply@anthropic.com>\n", "\nAssisted-by: Cursor\n",
			"\nAI-Assistance: none\nCo-Authored-By: Claude <noreply@anthropic.com>\n", "\nCo-authored-by: Dee <dee@example.com>\n")
		for range 1 + w.IntN(2) {
			path := pick(w, "src/a.py", "src/b.py", "src/new.py", "doc/x.md", ".custody.yaml", "CODEOWNERS", "alt.yaml", ".ai-attestation.yaml")
			s.edits = append(s.edits, pick(w,
				gittest.Write(path, fmt.Sprintf("import os\nx = %d\n", w.IntN(5))),
				gittest.Write(path, "import b\n"+strings.Repeat("y = 1\n", w.IntN(20))),
				gittest.Write("src/c.py", "from src import a\n"),
				gittest.Exec("src/b.py", "import os\n"),
				gittest.Delete("doc/x.md")))
		}
		all = append(all, s)
	}
	return all
}

// A built change: its ends, and the ids of its commits, first to last.
type built struct {
	base, head git.OID
	commits    []string
}

// build makes base and change. What is made of equal parts differs in ids at most.
func (w *world) build(policy string, steps []step) built {
	w.t.Helper()
	base := w.repo.Commit("base", "base", gittest.Orphan(), gittest.Write(".custody.yaml", policy),
		gittest.Write("security_requirements.yaml", requirements), gittest.Write("alt.yaml", alternative),
		gittest.Write("src/a.py", "from src import b\nx = 1\n"), gittest.Write("src/b.py", "import os\nimport sys\n"), gittest.Write("doc/x.md", "x\n"))
	b := built{base: w.oid(base)}
	tip := base
	for _, s := range steps {
		edits := append([]gittest.Edit{gittest.From(tip), gittest.By(s.by)}, s.edits...)
		tip = w.repo.Commit("change", s.message, edits...)
		b.commits = append(b.commits, tip)
	}
	b.head = w.oid(tip)
	return b
}

const requirements = `version: "2.0"
controls:
  - {id: NO-EVAL, name: n, requirement: r, verification: "! grep -rn 'eval(' --include='*.py'"}
  - {id: IMPORT, name: n, requirement: r, severity: warning, verification: "grep -rn 'import sys' src"}
`

const alternative = `version: "2.0"
controls:
  - {id: NO-EVAL, name: n, requirement: r, verification: "! grep -rn 'eval(' src"}
  - {id: IMPORT, name: n, requirement: r, verification: "grep -rn 'import os' --include='*.py'"}
`

func (w *world) oid(s string) git.OID {
	id, err := git.ParseOID(s)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

var people = map[string]any{
	"ada": map[string]any{"login": "ada", "id": "1", "type": "User"},
	"ben": map[string]any{"login": "ben", "id": "2", "type": "User"},
	"cy":  map[string]any{"login": "cy", "id": "3", "type": "User"},
	"eva": map[string]any{"login": "eva", "id": "5", "type": "User"},
	"fay": map[string]any{"login": "fay", "id": "6", "type": "User"},
	"bot": map[string]any{"login": "helper[bot]", "id": "9", "type": "Bot"},
}

// A said is a context before its commits have ids: "0", "1" ... and "head" stand for them.
type said map[string]any

func (w *world) context(steps []step) said {
	c := said{"schema": "custody/context/v1"}
	if w.often() {
		c["change"] = map[string]any{"author": people[pick(w, "ada", "ben", "eva")], "labels": []any{"b", "a", "c"}, "title": "t"}
		if w.IntN(3) == 0 {
			c["change"].(map[string]any)["ai_statement"] = pick(w, "none", "Claude", "maybe")
		}
	}
	if w.often() {
		var facts []any
		for i, s := range steps {
			login, _, _ := strings.Cut(strings.ToLower(s.by), " ")
			who := people[login]
			if w.IntN(8) == 0 {
				who = map[string]any{"login": "claude[bot]", "id": "209825114", "type": "Bot"}
			}
			facts = append(facts, map[string]any{"sha": fmt.Sprint(i), "verified": w.often(), "author": who, "committer": who})
		}
		c["commits"] = facts
	}
	if w.often() {
		reviews := []any{}
		for range w.IntN(5) {
			reviews = append(reviews, map[string]any{
				"reviewer": people[pick(w, "ada", "ben", "cy", "eva", "fay", "eva", "fay", "bot")],
				"state":    pick(w, "approved", "approved", "approved", "approved", "commented", "dismissed", "changes_requested"),
				"commit":   pick(w, "head", "head", "head", "0"), "permission": pick(w, "write", "write", "admin", "read"),
				"at": fmt.Sprintf("2026-11-%02dT10:00:00Z", 1+w.IntN(20)),
			})
		}
		c["reviews"] = reviews
	}
	if w.IntN(3) == 0 {
		c["checks"] = []any{map[string]any{"name": "ci", "head": "head", "conclusion": "success"}, map[string]any{"name": "lint", "head": "head", "conclusion": "failure"}}
	}
	return c
}

// document writes a context down, with the ids of the change.
func document(v any, b built) []byte {
	var fill func(v any, key string) any
	fill = func(v any, key string) any {
		switch v := v.(type) {
		case said:
			return fill(map[string]any(v), key)
		case map[string]any:
			out := map[string]any{}
			for k, x := range v {
				out[k] = fill(x, k)
			}
			return out
		case []any:
			out := []any{}
			for _, x := range v {
				out = append(out, fill(x, key))
			}
			return out
		case string:
			switch {
			case (key == "commit" || key == "head") && v == "head":
				return b.head.String()
			case key == "commit" || key == "sha":
				return b.commits[int(v[0]-'0')]
			}
		}
		return v
	}
	doc, err := json.Marshal(fill(v, ""))
	if err != nil {
		panic(err)
	}
	return doc
}

var stages = []change.Stage{change.AtPush, change.AtMerge, change.AtMerge, change.AtRecord}

func (w *world) run(in review.Input) review.Verdict {
	w.t.Helper()
	v, err := w.try(in)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

func (w *world) try(in review.Input) (review.Verdict, error) {
	in.Repository, in.Day, in.FloorFile = w.git, "2026-11-23", "floor.yaml"
	return review.Run(context.Background(), in)
}

// loosened reports a verdict that got better where it must not.
func (w *world) loosened(what string, was, is review.Verdict, more ...any) {
	w.t.Helper()
	if was.Decision != review.Pass && is.Decision == review.Pass {
		w.t.Errorf("%s: %s (%v) became a pass (%v)\n%v", what, was.Decision, was.Reasons, is.Reasons, fmt.Sprint(more...))
	}
}

// A rule or a floor that is added, and a line that breaks a requirement, never turn
// what is no pass into a pass.
func TestMoreIsNeverLooser(t *testing.T) {
	decisions := map[review.Decision]int{}
	for seed := range worlds(t) {
		w := newWorld(t, uint64(seed), false)
		policy, steps := w.layer(1+w.IntN(3)), w.steps()
		said := w.context(steps)
		b := w.build(policy.text(), steps)
		in := review.Input{Base: b.base, Head: b.head, Stage: pick(w, stages...), Context: document(said, b)}
		was := w.run(in)
		decisions[was.Decision]++

		floor := w.layer(1 + w.IntN(3))
		under := in
		under.Floor = []byte(floor.text())
		floored := w.run(under)
		w.loosened("a floor", was, floored, policy.text(), "\nfloor:\n", floor.text())

		floor.rules = append(floor.rules, w.rule("more"))
		under.Floor = []byte(floor.text())
		w.loosened("a rule of the floor", floored, w.run(under), policy.text(), "\nfloor:\n", floor.text())

		more := policy
		more.rules = append(slices.Clone(policy.rules), w.rule("more"))
		mb := w.build(more.text(), steps)
		w.loosened("a rule of the policy", was, w.run(review.Input{Base: mb.base, Head: mb.head, Stage: in.Stage, Context: document(said, mb)}), more.text())

		// Whatever else is in force, waived or said: the requirement is not met.
		strict := policy
		strict.rules = append(slices.Clone(policy.rules), mustHold)
		broken := slices.Clone(steps)
		last := &broken[len(broken)-1]
		last.edits = append(slices.Clone(last.edits), gittest.Write("src/"+pick(w, "new", "a", "z")+".py", "import os\neval('1')\n"))
		bb := w.build(strict.text(), broken)
		if v := w.run(review.Input{Base: bb.base, Head: bb.head, Stage: in.Stage, Context: document(said, bb)}); v.Decision != review.Fail {
			t.Errorf("seed %d: a line that breaks a requirement: %s %v\n%s", seed, v.Decision, v.Reasons, strict.text())
		}
	}
	t.Logf("decisions: %v", decisions)
	for _, d := range []review.Decision{review.Pass, review.Fail, review.Incomplete} {
		if decisions[d] == 0 {
			t.Errorf("no change was a %s: the test proves less than it says", d)
		}
	}
}

// Whatever is taken out of a context, no verdict becomes a pass; in whatever order it
// lists things, none changes; and the same input has the same canonical form.
func TestContextOnlyHelps(t *testing.T) {
	decisions := map[review.Decision]int{}
	removed := 0
	for seed := range worlds(t) {
		w := newWorld(t, uint64(1000+seed), true)
		policy, steps := w.layer(1+w.IntN(3)), w.steps()
		said := w.context(steps)
		b := w.build(policy.text(), steps)
		in := review.Input{Base: b.base, Head: b.head, Stage: pick(w, stages...), Context: document(said, b)}
		was := w.run(in)
		decisions[was.Decision]++
		if one, two := canonical(t, was), canonical(t, w.run(in)); !bytes.Equal(one, two) {
			t.Errorf("seed %d: the same input, another document:\n%s\n%s", seed, one, two)
		}

		shuffled := in
		shuffled.Context = document(w.shuffled(map[string]any(said)), b)
		if is := w.run(shuffled); is.Decision != was.Decision {
			t.Errorf("seed %d: in another order %s became %s\n%s\n%s", seed, was.Decision, is.Decision, in.Context, shuffled.Context)
		}

		without := in
		if !speaksAgainst(said["change"]) && !speaksAgainst(said["commits"]) {
			without.Context = nil
			w.loosened("without a context", was, w.run(without), policy.text(), string(in.Context))
		}
		for range 6 {
			less, what := w.without(map[string]any(said))
			if what == "" {
				break
			}
			removed++
			without.Context = document(less, b)
			is, err := w.try(without)
			if err != nil {
				if what != "/schema" || errors.Is(err, review.ErrNothing) {
					t.Errorf("seed %d: without %s: %v", seed, what, err)
				}
				continue
			}
			w.loosened(fmt.Sprintf("seed %d, without %s", seed, what), was, is, policy.text(), "\n", string(in.Context))
		}
	}
	t.Logf("decisions: %v, %d parts removed", decisions, removed)
}

func canonical(t *testing.T, v review.Verdict) []byte {
	t.Helper()
	b, err := sign.Canonical(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// speaksAgainst says whether a part of a context holds something that only speaks
// against a change: a review that asks for changes or takes an approval back, and that
// an agent took part. Nobody would be surprised that it counts no more when it is gone.
func speaksAgainst(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		statement, stated := v["ai_statement"]
		if v["state"] == "changes_requested" || v["state"] == "dismissed" || v["login"] == "claude[bot]" || stated && statement != "none" {
			return true
		}
		for _, x := range v {
			if speaksAgainst(x) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, speaksAgainst)
	}
	return false
}

// without takes one field or item out of a document, and says which. What speaks
// against the change stays, but for the part of all reviews: without that there are no
// approvals either.
func (w *world) without(doc map[string]any) (map[string]any, string) {
	type place struct {
		path   []any // keys and indexes
		pretty string
	}
	var places []place
	var visit func(v any, path []any, pretty string)
	visit = func(v any, path []any, pretty string) {
		children := map[any]any{}
		var order []any
		switch v := v.(type) {
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				order, children[k] = append(order, k), v[k]
			}
		case []any:
			for i, x := range v {
				order, children[i] = append(order, i), x
			}
		}
		for _, k := range order {
			p, name := append(slices.Clone(path), k), fmt.Sprintf("%s/%v", pretty, k)
			x := children[k]
			if against := speaksAgainst(x) || speaksAgainst(v) && k == "ai_statement"; !against || name == "/reviews" {
				places = append(places, place{p, name})
			}
			if m, ok := x.(map[string]any); !ok || m["state"] != "changes_requested" && m["state"] != "dismissed" && m["login"] != "claude[bot]" {
				visit(x, p, name)
			}
		}
	}
	visit(doc, nil, "")
	if len(places) == 0 {
		return nil, ""
	}
	at := places[w.IntN(len(places))]
	var cut func(v any, path []any) any
	cut = func(v any, path []any) any {
		switch v := v.(type) {
		case map[string]any:
			out := map[string]any{}
			for k, x := range v {
				switch {
				case k != path[0]:
					out[k] = x
				case len(path) > 1:
					out[k] = cut(x, path[1:])
				}
			}
			return out
		case []any:
			out := []any{}
			for i, x := range v {
				switch {
				case i != path[0]:
					out = append(out, x)
				case len(path) > 1:
					out = append(out, cut(x, path[1:]))
				}
			}
			return out
		}
		return v
	}
	return cut(doc, at.path).(map[string]any), at.pretty
}

// shuffled lists everything in another order.
func (w *world) shuffled(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[k] = w.shuffled(x)
		}
		return out
	case []any:
		out := slices.Clone(v)
		for i := range out {
			out[i] = w.shuffled(out[i])
		}
		w.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		return out
	}
	return v
}
