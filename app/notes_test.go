package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

// byAgents asks for approvals of what an agent wrote.
const byAgents = `version: 1
authorship: {unknown: human}
rules:
  - {id: must-hold, kind: requirements}
  - {id: seen, kind: approvals, when: {authorship: [ai-declared]}, approvals: {humans: 1}}
`

// note has git-ai say that an agent wrote a.py in a commit, and pushes its notes.
func (w *world) note(sha string) {
	w.Helper()
	file := filepath.Join(w.TempDir(), "note")
	text := "a.py\n  s_8d2579124116c6::t_013c07475d8e43 1-3\n---\n" +
		`{"schema_version": "authorship/3.0.0", "sessions": {"s_8d2579124116c6": {"agent_id": {"tool": "claude", "id": "x", "model": "claude-opus-4-7"}}}}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
	w.origin.Git("notes", "--ref=ai", "add", "-F", file, sha)
	w.repo.PushRef("ada", w.origin, "refs/notes/ai")
}

var threeLines = gittest.Write("a.py", "x = 1\ny = 1\nz = 1\n")

// A note that comes behind the verdict has the change reviewed again, when somebody looks: of
// pushes of notes GitHub tells nobody. One about nothing that is open costs no review.
func TestNotesComeLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byAgents)
	w.lookedAround()
	p, other := w.pull("topic", threeLines), w.pull("other", gittest.Write("b.py", "y = 1\n"))
	w.concludedAs(p.HeadSHA, "success")
	w.concludedAs(other.HeadSHA, "success")
	w.settled()
	turns := func() (all [2]int64) {
		t.Helper()
		for i, name := range []string{"pull/1", "pull/2"} {
			s, err := w.store.Subject(t.Context(), w.repo.ID, name)
			if err != nil {
				t.Fatal(err)
			}
			all[i] = s.Turn
		}
		return all
	}
	before := turns()
	w.note(w.base)
	w.looks()
	if got := turns(); got != before {
		t.Errorf("a note on what nobody asked for: reviews %v, before %v", got, before)
	}
	w.stop()
	if err := os.RemoveAll(filepath.Join(w.dir, "clones")); err != nil { // or another process looks
		t.Fatal(err)
	}
	w.start()
	w.note(p.HeadSHA)
	w.looks()
	if run := w.concluded(p.HeadSHA); run.Conclusion != "failure" {
		t.Errorf("%s, of what an agent wrote and nobody approved", run.Conclusion)
	}
	if got := turns(); got != [2]int64{before[0] + 1, before[1]} {
		t.Errorf("a note on the first: reviews %v, before %v", got, before)
	}
	w.looks()
	if got := turns(); got[0] != before[0]+1 {
		t.Error("nothing happened, and it is reviewed again")
	}
	w.repo.Git("update-ref", "-d", "refs/notes/ai")
	w.looks()
	if run := w.concluded(p.HeadSHA); run.Conclusion != "success" {
		t.Errorf("%s, without the note", run.Conclusion)
	}
	if got := turns(); got[1] != before[1] {
		t.Error("no note was ever on the other, and it is reviewed again")
	}
}

// Whoever asks for another review has what was noted meanwhile counted.
func TestRecheckReadsNotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byAgents)
	p := w.pull("topic", threeLines)
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	w.note(p.HeadSHA)
	p.Comment("ada", "/custody recheck")
	w.settled()
	if run := w.concluded(p.HeadSHA); run.Conclusion != "failure" {
		t.Errorf("%s, of what an agent wrote and nobody approved", run.Conclusion)
	}
}

// git-ai pushes its notes right behind the branch: what is judged while they are on their way is
// looked at once more, by itself. So is the merge group that adds it.
func TestNotesComeWhileItIsJudged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byAgents)
	w.note(w.base) // there are notes here
	w.keeping.Store(new(func([]byte) error {
		w.keeping.Store(nil)
		w.note(w.origin.Git("rev-parse", "topic"))
		return nil
	}))
	p := w.pull("topic", threeLines)
	w.concludedAs(p.HeadSHA, "failure")
	w.settled()
	for _, method := range []string{"merge", "rebase"} {
		g := p.Queue(nil, method)
		w.settled()
		if got, text := w.says(g.HeadSHA); got != "failure" {
			t.Errorf("%s: %s: %s", method, got, text)
		}
		g.Destroy("dequeued")
	}
}

// What notes say of a pull request holds for the merge group that adds it, also when they come
// late, and the queue made other commits of it.
func TestNotesOfWhatIsQueued(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"merge", "rebase"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, byAgents)
			p := w.pull("topic", threeLines)
			w.concludedAs(p.HeadSHA, "success")
			var g *githubtest.MergeGroup
			if g = p.Queue(nil, method); g == nil {
				t.Fatal("no group")
			}
			if got, text := w.says(g.HeadSHA); got != "success" {
				t.Fatalf("%s: %s", got, text)
			}
			w.note(p.HeadSHA)
			w.looks()
			if got, text := w.says(g.HeadSHA); got != "failure" {
				t.Errorf("%s: %s", got, text)
			}
		})
	}
}

// A look at notes that is due and did not begin yet is not asked for again: it would lose its place
// in the line with each verdict, and begin when none is reached any more.
func TestNotesKeepTheirPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, byAgents, func(w *world) { w.lag = time.Hour })
	w.note(w.base)
	p := w.pull("topic", threeLines)
	w.concludedAs(p.HeadSHA, "success")
	turn := func() int64 {
		s, err := w.store.Subject(t.Context(), w.repo.ID, "notes")
		if err != nil {
			return 0
		}
		return s.Turn
	}
	w.until("notes are to be looked at", func() bool { return turn() > 0 })
	first := turn()
	w.until("it waits", func() bool { return strings.Contains(w.logged.String(), "the review waits") })
	w.pass(2 * time.Hour)
	for i := range 3 {
		next := w.pull(fmt.Sprint("next", i), gittest.Write(fmt.Sprintf("b%d.py", i), "y = 1\n"))
		w.concluded(next.HeadSHA)
	}
	w.gh.Settle()
	if last := turn(); last != first {
		t.Errorf("asked for in turn %d, and then in turn %d", first, last)
	}
}
