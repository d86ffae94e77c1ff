package attestation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/git"
)

// blame gives the commit that git blame names for every line of a file at head, the
// zero id for lines older than base.
func (r repo) blame(base, head string, p change.Path) []git.OID {
	out, err := r.try(nil, "-c", "diff.algorithm=myers", "blame", "--line-porcelain", base+".."+head, "--", string(p))
	if err != nil {
		r.tb.Fatal(err)
	}
	var ids []git.OID
	var id git.OID
	boundary := false
	for line := range strings.SplitSeq(out, "\n") {
		switch {
		case strings.HasPrefix(line, "\t"):
			if boundary {
				id = git.OID{}
			}
			ids, boundary = append(ids, id), false
		case line == "boundary":
			boundary = true
		case len(line) > 40 && line[40] == ' ' && !strings.Contains(line[:40], " "):
			id = oid(r.tb, line[:40])
		}
	}
	return ids
}

// compare traces a change and asks git blame about every added line.
func compareWithBlame(t *testing.T, r repo, base, head string) (lines, same, older int) {
	t.Helper()
	c := r.change(base, head)
	origins, err := traceLines(context.Background(), c, r, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	added := 0
	for i := range c.Files {
		added += hunkLines(&c.Files[i])
	}
	blamed := map[int][]git.OID{}
	for _, o := range origins {
		if blamed[o.file] == nil {
			blamed[o.file] = r.blame(base, head, c.Files[o.file].Path)
		}
		for k := range o.n {
			lines++
			want := blamed[o.file][o.line-1+k]
			if o.commit == want {
				same++
			} else if testing.Verbose() {
				t.Logf("%s:%d ours %s%s, blame %s", c.Files[o.file].Path, o.line+k, o.commit.Short(), o.why, want.Short())
			}
			if o.why == whyOlder {
				older++
			}
		}
	}
	if lines != added {
		t.Errorf("%s..%s: %d lines traced, %d added", base, head, lines, added)
	}
	return lines, same, older
}

// On generated histories every line must be where blame finds it: no line occurs
// twice there, so that no two differences can disagree about which was added.
func TestTraceAgreesWithBlame(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			r := newRepo(t)
			generate(r, seed, 25)
			lines, same, older := compareWithBlame(t, r, "base", "main")
			if lines == 0 || same != lines || older != 0 {
				t.Errorf("%d lines, %d as in git blame, %d older than the change", lines, same, older)
			}
		})
	}
}

// generate makes a history with edits, renames, deletions, side branches and merges,
// from "base" to "main". Every line ever written is unique.
func generate(r repo, seed uint64, n int) {
	rnd := rand.New(rand.NewPCG(seed, 7))
	type version map[string][]string
	var in strings.Builder
	serial, mark := 0, 0
	fresh := func() string { serial++; return fmt.Sprintf("line %d", serial) }
	commit := func(branch string, parents []int, v version) int {
		mark++
		msg := fmt.Sprintf("c%d", mark)
		if rnd.IntN(3) == 0 {
			msg += "\n\nCo-authored-by: Claude <noreply@anthropic.com>"
		}
		fmt.Fprintf(&in, "commit refs/heads/%s\nmark :%d\ncommitter %s %d +0000\ndata %d\n%s\n", branch, mark, ada, 1700000000+mark, len(msg), msg)
		for i, p := range parents {
			fmt.Fprintf(&in, "%s :%d\n", []string{"from", "merge"}[min(i, 1)], p)
		}
		in.WriteString("deleteall\n")
		for _, p := range slices.Sorted(maps.Keys(v)) {
			text := strings.Join(v[p], "\n") + "\n"
			fmt.Fprintf(&in, "M 100644 inline %s\ndata %d\n%s\n", p, len(text), text)
		}
		in.WriteString("\n")
		return mark
	}
	clone := func(v version) version {
		w := version{}
		for p, ls := range v {
			w[p] = slices.Clone(ls)
		}
		return w
	}
	edit := func(v version) version {
		w := clone(v)
		for range 1 + rnd.IntN(3) {
			ps := slices.Sorted(maps.Keys(w))
			p := ps[rnd.IntN(len(ps))]
			switch k := rnd.IntN(10); {
			case k == 0:
				w[fmt.Sprintf("new%d", serial)] = []string{fresh(), fresh(), fresh(), fresh()}
			case k == 1 && len(ps) > 3:
				delete(w, p)
			case k == 2:
				w[fmt.Sprintf("moved%d", mark)+p[:1]] = w[p]
				delete(w, p)
			default:
				at := rnd.IntN(len(w[p]) + 1)
				cut := min(rnd.IntN(3), len(w[p])-at)
				w[p] = slices.Replace(w[p], at, at+cut, fresh(), fresh())
			}
		}
		return w
	}
	v := version{}
	for i := range 6 {
		for range 30 {
			p := fmt.Sprintf("f%d", i)
			v[p] = append(v[p], fresh())
		}
	}
	head := commit("base", nil, v)
	branch := "main"
	for i := range n {
		if i%6 == 5 {
			// Two lines of work on files of their own, and a merge that writes a line itself.
			side, w := head, clone(v)
			w["side"+strconv.Itoa(i)] = []string{fresh(), fresh(), fresh()}
			side = commit("side"+strconv.Itoa(i), []int{side}, w)
			v = edit(v)
			head = commit(branch, []int{head}, v)
			v = clone(v)
			v["side"+strconv.Itoa(i)] = append(slices.Clone(w["side"+strconv.Itoa(i)]), fresh())
			head = commit(branch, []int{head, side}, v)
			continue
		}
		v = edit(v)
		head = commit(branch, []int{head}, v)
	}
	r.feed([]byte(in.String()), "fast-import", "--quiet", "--force")
}

// On a real repository lines repeat, and the whole difference may say that another of
// two equal lines was added than the commits' own differences do.
func TestTraceOnRealHistory(t *testing.T) {
	dir := os.Getenv("CUSTODY_TEST_REPO")
	if dir == "" {
		t.Skip("CUSTODY_TEST_REPO names no repository")
	}
	r := repo{dir, t}
	head := or(os.Getenv("CUSTODY_TEST_HEAD"), "HEAD")
	lines, same, older, ranges := 0, 0, 0, 0
	for i := range 10 {
		from, to := fmt.Sprintf("%s~%d", head, (i+1)*12), fmt.Sprintf("%s~%d", head, i*12)
		if _, err := r.try(nil, "rev-parse", "--verify", "-q", from); err != nil {
			break
		}
		l, s, o := compareWithBlame(t, r, from, to)
		t.Logf("%s..%s: %d lines, %d as in git blame, %d older", from, to, l, s, o)
		lines, same, older, ranges = lines+l, same+s, older+o, ranges+1
	}
	t.Logf("%d ranges: %d lines, %d as in git blame (%.3f %%), %d older than the change", ranges, lines, same, 100*float64(same)/float64(max(lines, 1)), older)
	if lines == 0 || float64(same) < 0.99*float64(lines) {
		t.Errorf("agreement is under 99 %%")
	}
}

func TestTraceLimits(t *testing.T) {
	r := newRepo(t)
	generate(r, 1, 25)
	c := r.change("base", "main")
	total := 0
	for i := range c.Files {
		total += hunkLines(&c.Files[i])
	}
	for name, limits := range map[string]Limits{
		"diffs": {Diffs: 4, Files: 1 << 20, Spans: 1 << 20},
		"files": {Diffs: 1 << 20, Files: 8, Spans: 1 << 20},
		"spans": {Diffs: 1 << 20, Files: 1 << 20, Spans: 20},
	} {
		rep, err := Attest(context.Background(), Input{Change: c, Differ: r, Limits: limits})
		if err != nil {
			t.Fatal(err)
		}
		if rep.Outcome != finding.NotAssessed || len(rep.Reasons) == 0 || rep.Reasons[0].Code != "lines-limit" {
			t.Errorf("%s: %v %v", name, rep.Outcome, rep.Reasons)
		}
		sums(t, rep, total)
		again, _ := Attest(context.Background(), Input{Change: c, Differ: r, Limits: limits})
		x, _ := json.Marshal(rep)
		y, _ := json.Marshal(again)
		if string(x) != string(y) {
			t.Errorf("%s: two runs differ", name)
		}
	}
}

// What a long history does not touch is handed on whole: it uses up no limit, however
// many runs of lines it has and whether or not branches meet again.
func TestTraceLongHistory(t *testing.T) {
	const runs, commits = 500, 200
	var many []change.Hunk
	for i := range runs {
		many = append(many, change.Hunk{OldStart: i, Start: 2*i + 1, Lines: 1})
	}
	files := []change.File{{Path: "a", Hunks: many}, {Path: "b", Status: change.Renamed, OldPath: "c", Hunks: many}}
	c := &change.Change{From: id(1), MergeBases: []git.OID{id(1)}, Files: files}
	number := func(n int) git.OID {
		o, err := git.OIDFromBytes(append([]byte{1, byte(n >> 8), byte(n)}, make([]byte, 17)...))
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	differ := stubDiffer{}
	for n := range commits {
		k := git.Commit{ID: number(n), Parents: []git.OID{id(1)}}
		if n > 0 {
			k.Parents = []git.OID{number(n - 1)}
		}
		var own []change.File
		switch {
		case n == 0:
			own = []change.File{{Path: "a", Hunks: many}, {Path: "c", Hunks: many}}
		case n == commits/2:
			own = []change.File{{Path: "b", Status: change.Renamed, OldPath: "c"}}
		case n%10 == 3: // a merge with an ancestor: two ways lead there
			own = []change.File{{Path: "z"}}
			differ[number(n-3).Short()+".."+k.ID.Short()] = own
			k.Parents = append(k.Parents, number(n-3))
		default:
			own = []change.File{{Path: "z"}}
		}
		differ[k.Parents[0].Short()+".."+k.ID.Short()] = own
		entry := change.Commit{Commit: k}
		if n == 0 {
			entry.Trailers = []change.Trailer{{Key: "Co-authored-by", Value: "Claude <noreply@anthropic.com>"}}
		}
		c.Commits = append(c.Commits, entry)
		c.Head = k.ID
	}
	r, err := Attest(context.Background(), Input{Change: c, Differ: differ, Limits: Limits{Spans: 4*runs + 10}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Outcome != finding.Satisfied || r.Summary.Lines[AIDeclared] != 2*runs {
		t.Errorf("%v, lines %v, reasons %v", r.Outcome, r.Summary.Lines, r.Reasons)
	}
}

// sums checks that every file, and the whole, has as many lines by class as were added.
func sums(t *testing.T, r *Report, total int) {
	t.Helper()
	all := 0
	for _, f := range r.Files {
		n := 0
		for _, k := range f.Lines {
			n += k
		}
		if n != f.Added {
			t.Errorf("%s: %d lines by class, %d added", f.Path, n, f.Added)
		}
		all += n
	}
	n := 0
	for _, k := range r.Summary.Lines {
		n += k
	}
	if all != total || n != total || r.Summary.AddedLines != total {
		t.Errorf("files have %d lines, the summary %d and %d, the change %d", all, n, r.Summary.AddedLines, total)
	}
}

// A stub Differ answers from a table and fails the test when asked anything else.
type stubDiffer map[string]any // "from..to" by short names -> []change.File or error

func (s stubDiffer) Diff(_ context.Context, from, to git.OID, _ func(change.Path) bool) ([]change.File, error) {
	switch v := s[from.Short()+".."+to.Short()].(type) {
	case []change.File:
		return v, nil
	case error:
		return nil, v
	}
	return nil, fmt.Errorf("unexpected difference %s..%s", from.Short(), to.Short())
}

func id(n int) git.OID {
	b := make([]byte, 20)
	b[0] = byte(n)
	o, _ := git.OIDFromBytes(b)
	return o
}

func TestTraceWhatCanNotBeRead(t *testing.T) {
	claude := []change.Trailer{{Key: "Co-authored-by", Value: "Claude <noreply@anthropic.com>"}}
	commits := []change.Commit{
		{Commit: git.Commit{ID: id(2), Parents: []git.OID{id(1)}}, Trailers: claude},
		{Commit: git.Commit{ID: id(3), Parents: []git.OID{id(2)}}},
	}
	key := func(a, b int) string { return id(a).Short() + ".." + id(b).Short() }
	files := []change.File{{Path: "a", Status: change.Added, Added: 3, Hunks: []change.Hunk{{Start: 1, Lines: 3}}}}
	last := []change.File{{Path: "a", Added: 1, Hunks: []change.Hunk{{OldStart: 2, Start: 3, Lines: 1}}}}
	for name, c := range map[string]struct {
		differ stubDiffer
		lines  map[Class]int
		code   string
	}{
		"all read":                 {stubDiffer{key(1, 2): files, key(2, 3): last}, map[Class]int{AIDeclared: 2, Unknown: 1}, ""},
		"object missing":           {stubDiffer{key(1, 2): fmt.Errorf("x: %w", git.ErrMissing), key(2, 3): last}, map[Class]int{Unknown: 3}, "lines-unreadable"},
		"list cut":                 {stubDiffer{key(1, 2): files, key(2, 3): fmt.Errorf("x: %w", ErrDiffCut)}, map[Class]int{Unknown: 3}, "lines-limit"},
		"binary on the way":        {stubDiffer{key(2, 3): []change.File{{Path: "a", Unread: change.Opaque}}}, map[Class]int{Unknown: 3}, "lines-unreadable"},
		"older than change":        {stubDiffer{key(1, 2): []change.File{}, key(2, 3): last}, map[Class]int{Unknown: 3}, ""},
		"older in an agent's file": {stubDiffer{key(1, 2): []change.File{{Path: "a", Hunks: []change.Hunk{{OldStart: 1, Start: 2, Lines: 1}}}}, key(2, 3): []change.File{}}, map[Class]int{AIDeclared: 3}, ""},
		"type changed":             {stubDiffer{key(2, 3): []change.File{{Path: "a", Status: change.TypeChanged, Hunks: []change.Hunk{{Start: 1, Lines: 3}}}}}, map[Class]int{Unknown: 3}, ""},
		"moved, same lines":        {stubDiffer{key(1, 2): []change.File{{Path: "b", Status: change.Added, Hunks: []change.Hunk{{Start: 1, Lines: 3}}}}, key(2, 3): []change.File{{Path: "a", OldPath: "b", Status: change.Renamed}}}, map[Class]int{AIDeclared: 3}, ""},
		"lines before a cut":       {stubDiffer{key(1, 2): files, key(2, 3): []change.File{{Path: "a", Deleted: 4, Hunks: []change.Hunk{{OldStart: 4, OldLines: 4, Start: 3}}}}}, map[Class]int{AIDeclared: 3}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			ch := &change.Change{Head: id(3), Base: id(1), From: id(1), MergeBases: []git.OID{id(1)}, Commits: commits, Files: files}
			r, err := Attest(context.Background(), Input{Change: ch, Differ: c.differ})
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(r.Summary.Lines, c.lines) {
				t.Errorf("lines %v, want %v", r.Summary.Lines, c.lines)
			}
			sums(t, r, 3)
			if c.code == "" && r.Outcome != finding.Satisfied || c.code != "" && (r.Outcome != finding.NotAssessed || r.Reasons[0].Code != c.code) {
				t.Errorf("%v %v, want reason %q", r.Outcome, r.Reasons, c.code)
			}
		})
	}
	ch := &change.Change{Head: id(3), Base: id(1), From: id(1), MergeBases: []git.OID{id(1)}, Commits: commits, Files: files}
	broken := errors.New("broken pipe")
	if _, err := Attest(context.Background(), Input{Change: ch, Differ: stubDiffer{key(2, 3): broken}}); !errors.Is(err, broken) {
		t.Errorf("another error of the Differ must come back, got %v", err)
	}
	r, err := Attest(context.Background(), Input{Change: ch})
	if err != nil || r.Outcome != finding.NotAssessed || r.Summary.Lines[Unknown] != 3 {
		t.Errorf("without a Differ: %v %v %v", err, r.Outcome, r.Summary)
	}
}

// Whatever hunks a difference has, in order or not, every line is kept once.
func FuzzSplit(f *testing.F) {
	f.Add([]byte{1, 0, 1, 2, 5, 1, 8, 0, 9, 9, 9, 9})
	f.Add([]byte{200, 3, 1, 250, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		file := change.File{Path: "a"}
		for ; len(data) >= 4; data = data[4:] {
			file.Hunks = append(file.Hunks, change.Hunk{OldStart: int(data[0]), OldLines: int(data[1]), Start: int(data[2]), Lines: int(data[3])})
		}
		parent := id(1)
		tr := &tracer{limits: DefaultLimits(), mine: map[git.OID]bool{parent: true}, pending: map[git.OID]map[change.Path][]span{}}
		own := tr.split(&file, parent, []span{{0, 51, 61, 30}, {0, 1, 1, 40}})
		seen := map[int]int{}
		for _, s := range append(own, tr.pending[parent]["a"]...) {
			if s.n <= 0 {
				t.Fatalf("empty span %v", s)
			}
			for k := range s.n {
				seen[s.line+k]++
			}
		}
		for line := range 81 {
			if want := line >= 1 && line <= 40 || line >= 51; (seen[line] == 1) != want || seen[line] > 1 {
				t.Fatalf("line %d occurs %d times", line, seen[line])
			}
		}
	})
}
