package app_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"custody/internal/config"
	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

// slow is a world in which the third look at a head waits for thirty seconds of a time that passes
// only where the test lets it.
func slow(w *world) {
	w.pace = 30 * time.Second
	began := time.Now()
	w.now = func() time.Time { return began.Add(time.Duration(w.ahead.Load())) }
}

// paced is such a world, whose pull request is a stranger's.
func paced(t *testing.T, text string, options ...func(*world)) (*world, *githubtest.Repo, *githubtest.PullRequest) {
	t.Helper()
	w := newWorld(t, text, append(options, slow)...)
	w.repo.Public()
	fork := w.repo.Fork("eve")
	w.origin.Commit("theirs", "theirs", gittest.From(w.base), gittest.By("Eve <eve@example.com>"), gittest.Write("a.py", "x = 2\n"))
	fork.Push("eve", w.origin, "theirs")
	p := w.repo.OpenPullRequest(githubtest.NewPull{Title: "Theirs", Author: "eve", Head: "theirs", From: fork})
	w.concluded(p.HeadSHA)
	w.idle()
	w.pass(time.Hour) // what that took
	return w, fork, p
}

// isPutOff says whether a run says that the change is judged again later.
func isPutOff(run githubtest.CheckRun) bool {
	return strings.HasPrefix(run.Title, "It is judged again at ")
}

func (w *world) noSuccess(head string) {
	w.Helper()
	for _, r := range w.ours(head) {
		if r.Conclusion == "success" {
			w.Errorf("a success stands while something that may be stricter waits: %s", w.runsOf(head))
		}
	}
}

// edits has eve change the title so often, and waits for what comes of each time.
func (w *world) edits(p *githubtest.PullRequest, times int) {
	w.Helper()
	for i := range times {
		p.Edit("eve", fmt.Sprint("Title ", i), "Text")
		w.idle()
	}
}

// idle waits until what came was looked at, or put off.
func (w *world) idle() {
	w.Helper()
	w.gh.Settle()
	w.until("what came was looked at or put off", func() bool {
		var n int
		w.sqlRow(`SELECT (SELECT count(*) FROM deliveries WHERE state = 'accepted') + (SELECT count(*) FROM river_job WHERE kind IN ('review', 'delivery') AND (state IN ('running', 'retryable') OR state = 'available' AND attempt = 0 AND scheduled_at <= datetime('now', 'subsec')))`, &n)
		return n == 0
	})
}

// due lets time pass, and has the queue come to what is due by then.
func (w *world) due(d time.Duration) {
	w.Helper()
	w.pass(d)
	w.sql(`UPDATE river_job SET scheduled_at = datetime('now', '-1 second') WHERE state IN ('scheduled', 'available')`)
	w.settled()
}

// spent counts the requests about the repository, without those of git.
func (w *world) spent() (n int) {
	for _, c := range w.gh.Calls() {
		if strings.Contains(c.Operation, "{repo}") && !strings.HasPrefix(c.Operation, "git ") {
			n++
		}
	}
	return n
}

func (w *world) reviews(subject string) int {
	w.Helper()
	all, err := w.store.Reviews(context.Background(), w.repo.ID, subject, 1000)
	if err != nil {
		w.Fatal(err)
	}
	return len(all)
}

// Who edits their pull request again and again has two reviews made at once, and one of all that
// comes behind them, with one pack each. What came out before does not stand meanwhile, and the check says until when;
// then it is of what stands last.
func TestPacedEdits(t *testing.T) {
	t.Parallel()
	w, _, p := paced(t, policy)
	w.lookedAround()
	w.gh.ResetCalls()
	packs := w.reviews("pull/1")
	w.edits(p, 10)
	run := newest(w.ours(p.HeadSHA))
	if run.Conclusion != "cancelled" || !isPutOff(run) || !strings.Contains(run.Summary, "2 times within an hour") {
		t.Errorf("while it waits: %s %q: %s", run.Conclusion, run.Title, run.Summary)
	}
	w.noSuccess(p.HeadSHA)
	w.due(30 * time.Second)
	if run := newest(w.ours(p.HeadSHA)); run.Conclusion != "success" {
		t.Errorf("then: %s %s", run.Status, run.Conclusion)
	}
	if title := w.facts("pull/1").Change.Title; title != "Title 9" {
		t.Errorf("what was judged last has the title %q", title)
	}
	if n := w.reviews("pull/1") - packs; n != 3 { // two at once, as there was none for an hour, and one for the rest
		t.Errorf("%d packs", n)
	}
	if n := w.spent(); n > 35 {
		t.Errorf("%d requests", n)
	}
}

// Each further look waits for longer, also behind a new process, and no longer once the hour is
// over; a new commit does not wait.
func TestPacedLonger(t *testing.T) {
	t.Parallel()
	w, fork, p := paced(t, policy)
	looks := func() int {
		s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
		if err != nil {
			t.Fatal(err)
		}
		return len(s.Looks)
	}
	edit := func(title string) { t.Helper(); p.Edit("eve", title, "Text"); w.idle() }
	edit("one")
	edit("two")
	first := looks()
	if first != 2 {
		t.Fatalf("%d looks", first)
	}
	edit("three")
	w.stop()
	w.start()
	edit("four")
	if n := looks(); n != first {
		t.Errorf("%d looks: it does not wait behind a start", n)
	}
	for i, wait := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 10 * time.Minute, 10 * time.Minute} {
		w.pass(wait - time.Second)
		edit(fmt.Sprint("too early ", i))
		if n := looks(); n != first+i {
			t.Errorf("the look after %d did not wait for %s", n-1, wait)
		}
		w.pass(time.Second)
		edit(fmt.Sprint("in time ", i))
		if n := looks(); n != first+i+1 {
			t.Fatalf("%d looks after waiting for %s behind %d", n, wait, first+i)
		}
	}
	edit("waits")
	if run := newest(w.ours(p.HeadSHA)); run.Conclusion != "cancelled" || !isPutOff(run) {
		t.Errorf("%s %q", run.Conclusion, run.Title)
	}
	w.origin.Commit("theirs", "more", gittest.By("Eve <eve@example.com>"), gittest.Write("b.py", "y = 1\n"))
	fork.Push("eve", w.origin, "theirs")
	w.concludedAs(w.origin.ID("theirs"), "success")
	if n := looks(); n > 2 { // the push, and that GitHub asks for checks of it
		t.Errorf("%d looks at a new commit", n)
	}
	w.idle()
	edit("again")
	edit("again and again")
	edit("and again")
	w.pass(time.Hour)
	edit("an hour later")
	if n := looks(); n != 1 {
		t.Errorf("%d looks after an hour", n)
	}
}

// Somebody with a say in the repository is not kept waiting, also where others are.
func TestPacedSay(t *testing.T) {
	t.Parallel()
	for what, do := range map[string]func(w *world, p *githubtest.PullRequest){
		"command": func(w *world, p *githubtest.PullRequest) { p.Comment("ben", "/custody recheck") },
		"label":   func(w *world, p *githubtest.PullRequest) { p.Label("ben", "seen") },
		"title":   func(w *world, p *githubtest.PullRequest) { p.Edit("ben", "Better", "Text") },
		"review":  func(w *world, p *githubtest.PullRequest) { p.Review("ben", "CHANGES_REQUESTED", "") },
		"suite":   func(w *world, p *githubtest.PullRequest) { w.repo.RerequestSuite("ben", p.HeadSHA) },
		"triage":  func(w *world, p *githubtest.PullRequest) { p.Comment("tim", "/custody recheck") },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w, _, p := paced(t, approvals, func(w *world) {
				w.gh.User("tim", "tim@example.com")
				w.repo.Collaborator("tim", "triage")
			})
			w.edits(p, 3)
			if run := newest(w.ours(p.HeadSHA)); run.Conclusion != "failure" || !isPutOff(run) {
				t.Fatalf("it does not wait, or does not say so: %s %q", run.Conclusion, run.Title)
			}
			do(w, p)
			w.idle()
			if run := newest(w.ours(p.HeadSHA)); run.Conclusion != "failure" || isPutOff(run) {
				t.Errorf("somebody with a say waits: %s %q", run.Conclusion, run.Title)
			}
			p.Edit("eve", "later", "Text")
			w.idle()
			if run := newest(w.ours(p.HeadSHA)); run.Conclusion != "failure" || !isPutOff(run) {
				t.Errorf("and a stranger does not: %s %q", run.Conclusion, run.Title)
			}
		})
	}
}

// A stranger can not have a success of somebody else's pull request taken back, nor use up what
// there is of GitHub's requests, by comments and reviews that count for nothing.
func TestPacedStranger(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, slow)
	w.repo.Public()
	w.gh.User("eve", "eve@example.com")
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	p.Review("ben", "APPROVED", "")
	w.concludedAs(p.HeadSHA, "success")
	w.idle()
	w.lookedAround()
	w.gh.ResetCalls()
	for i := range 2 {
		p.Comment("eve", "/custody recheck")
		w.idle()
		if n := w.spent(); n > 2 { // the repository, and what they may do there
			t.Errorf("%d requests after %d comments", n, i+1)
		}
	}
	for i := range 2 {
		p.Review("eve", "COMMENTED", fmt.Sprint(i))
		w.idle()
	}
	w.gh.ResetCalls()
	for i := range 10 {
		p.Comment("eve", "/custody recheck")
		p.Review("eve", "CHANGES_REQUESTED", fmt.Sprint(i))
		w.idle()
	}
	if run := newest(w.ours(p.HeadSHA)); run.Conclusion != "success" {
		t.Errorf("%s %s", run.Status, run.Conclusion)
	}
	if n := w.spent(); n > 2 { // the repository, and what they may do there
		t.Errorf("%d requests", n)
	}
	w.gh.ResetCalls()
	p.Comment("ben", "/custody recheck") // reads none of theirs
	w.settled()
	n := 0
	for _, c := range w.gh.Calls() {
		if strings.Contains(c.Operation, "issues/comments/{comment_id}") {
			n++
		}
	}
	if n > 2 { // ben's is read, and gets a reaction
		t.Errorf("%d requests about comments", n)
	}
}

// Where reviews of anybody count, a stranger's takes the success back until it was looked at.
func TestPacedAnybodyCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strings.Replace(approvals, "{humans: 1}", "{humans: 1, permission: read}", 1), slow)
	w.repo.Public()
	w.gh.User("eve", "eve@example.com")
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	p.Review("ben", "APPROVED", "")
	w.concludedAs(p.HeadSHA, "success")
	w.idle()
	for range 2 {
		p.Comment("eve", "/custody recheck")
		w.idle()
	}
	p.Review("eve", "CHANGES_REQUESTED", "")
	w.idle()
	w.noSuccess(p.HeadSHA)
}

// Of commands that an author from outside writes in numbers, a few are answered at a time.
func TestPacedCommands(t *testing.T) {
	t.Parallel()
	w, _, p := paced(t, policy)
	w.gh.Hold()
	for range 30 {
		p.Comment("eve", "/custody explain NO-EVAL")
	}
	w.gh.ResetCalls()
	w.gh.Release()
	w.idle()
	w.idle()
	answers := 0
	for _, c := range w.gh.Calls() {
		if c.Operation == "POST /repos/{owner}/{repo}/issues/{issue_number}/comments" {
			answers++
		}
	}
	if answers > 10 || answers == 0 {
		t.Errorf("%d answers at once", answers)
	}
}

// What is turned to another branch and back while it waits gets no success back by it.
func TestPacedTurned(t *testing.T) {
	t.Parallel()
	w, _, p := paced(t, policy)
	w.origin.Git("branch", "side", w.base)
	w.repo.Push("ada", w.origin, "side")
	w.idle()
	w.edits(p, 2)
	p.Retarget("eve", "side")
	w.idle()
	w.noSuccess(p.HeadSHA)
	p.Edit("eve", "it waits", "Text")
	w.idle()
	p.Retarget("eve", "main")
	w.idle()
	w.noSuccess(p.HeadSHA)
	w.due(10 * time.Minute)
	if run := newest(w.ours(p.HeadSHA)); run.Conclusion != "success" || run.Name != "custody: main" {
		t.Errorf("then: %s", w.runsOf(p.HeadSHA))
	}
}

// A stranger who edits the twin of an approved pull request all the time neither has its success
// taken back nor its own check put off.
func TestPacedTwin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, required, slow)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.idle()
	q := w.stranger(p, "theirs")
	w.idle()
	w.lookedAround()
	w.pass(time.Hour)
	for i := range 5 {
		q.Edit("eve", fmt.Sprint("title ", i), "Text")
		w.idle()
	}
	if run := newest(w.ours(p.HeadSHA)); run.Conclusion != "failure" || isPutOff(run) {
		t.Errorf("what waits for the twin is said of the one that was opened first: %s", w.runsOf(p.HeadSHA))
	}
	p.Review("ben", "APPROVED", "")
	w.idle()
	if !w.merges(p) {
		t.Errorf("approved, it may not merge: %s", w.runsOf(p.HeadSHA))
	}
	for i := range 5 {
		q.Edit("eve", fmt.Sprint("more ", i), "Text")
		w.idle()
		if !w.merges(p) {
			t.Fatalf("by edits of a twin it may not merge: %s", w.runsOf(p.HeadSHA))
		}
	}
}

// That a look was put off is said once for all that waits for it, and again after a crash.
func TestPacedSaidOnce(t *testing.T) {
	t.Parallel()
	w, _, p := paced(t, approvals)
	said := func() (n int) {
		for _, c := range w.gh.Calls() {
			if c.Operation == "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}" && strings.Contains(string(c.Body), "It is judged again at ") {
				n++
			}
		}
		return n
	}
	w.edits(p, 6)
	if n := said(); n != 1 {
		t.Errorf("said %d times", n)
	}
	w.stop()
	w.sql(`UPDATE subjects SET put_off = 0`) // it was said, and the process killed before it was kept
	w.start()
	p.Edit("eve", "and again", "Text")
	w.idle()
	if n := said(); n != 2 {
		t.Errorf("said %d times", n)
	}
	if run := newest(w.ours(p.HeadSHA)); run.Conclusion != "failure" || !isPutOff(run) {
		t.Errorf("said again: %s %q", run.Conclusion, run.Title)
	}
	w.due(10 * time.Minute)
	if run := newest(w.ours(p.HeadSHA)); run.Conclusion != "failure" || isPutOff(run) {
		t.Errorf("then: %s %q", run.Conclusion, run.Title)
	}
}

// Who puts a look off and has lost the run meanwhile keeps nothing over what another one said of it,
// and does not take the look for put off.
func TestPacedLockLost(t *testing.T) {
	t.Parallel()
	for what, text := range map[string]string{"success": policy, "failure": approvals} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w, _, p := paced(t, text)
			w.edits(p, 2)
			ctx, key := context.Background(), fmt.Sprintf("run/%d/%s/refs/heads/main", w.repo.ID, p.HeadSHA)
			const theirs = `{"id":1,"by":"pull/7","mark":"theirs failure"}`
			overtaken := make(chan bool, 1)
			w.gh.Fail(githubtest.Fault{On: "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", Then: func() {
				if err := w.store.Finish(ctx, key, theirs); err != nil {
					t.Error(err)
				}
				s, err := w.store.Subject(ctx, w.repo.ID, "pull/1")
				overtaken <- err == nil && s.PutOff == 0
			}})
			p.Edit("eve", "it waits", "Text")
			if !<-overtaken {
				t.Error("it was put off before that was said")
			}
			w.until("it is known to be overtaken", func() bool {
				return strings.Contains(w.logged.String(), "written by somebody else, too")
			})
			w.due(10 * time.Minute)
			if run := newest(w.ours(p.HeadSHA)); run.Conclusion != what || isPutOff(run) {
				t.Errorf("then: %s %q", run.Conclusion, run.Title)
			}
		})
	}
}

// commented has an approved pull request of ada's at which a stranger used up the looks that do not wait.
func commented(t *testing.T, options ...func(*world)) (*world, *githubtest.PullRequest) {
	w := newWorld(t, approvals, append(options, slow)...)
	w.repo.Public()
	w.gh.User("eve", "eve@example.com")
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	p.Review("ben", "APPROVED", "")
	w.concludedAs(p.HeadSHA, "success")
	w.idle()
	w.lookedAround()
	for i := range 3 {
		p.Review("eve", "COMMENTED", fmt.Sprint(i))
		w.idle()
	}
	return w, p
}

// A look that came to nothing is not forgotten where a stranger comments before it is tried again.
func TestPacedLookLost(t *testing.T) {
	t.Parallel()
	w, p := commented(t)
	p.Label("ben", "x") // the last look is just now
	w.idle()
	waits, goOn := make(chan struct{}), make(chan struct{})
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}/pulls/{pull_number}", With: githubtest.BadGateway, Then: func() { close(waits); <-goOn }})
	p.Review("ben", "CHANGES_REQUESTED", "no")
	<-waits
	p.Comment("eve", "/custody recheck")
	w.until("the comment asked for a turn", func() bool {
		s, err := w.store.Subject(t.Context(), w.repo.ID, "pull/1")
		return err == nil && s.Turn > s.Looked
	})
	close(goOn)
	w.until("no success stands", func() bool { return newest(w.ours(p.HeadSHA)).Conclusion != "success" })
}

// Somebody with a say who asked is not forgotten for many who ask behind them.
func TestPacedCrowd(t *testing.T) {
	t.Parallel()
	w, p := commented(t)
	asks := func(n int) {
		login := fmt.Sprint("crowd-", n)
		w.gh.User(login, login+"@example.com")
		p.Comment(login, "/custody recheck")
	}
	waits, goOn := w.holds("GET /repos/{owner}/{repo}/collaborators/{username}/permission")
	asks(0)
	<-waits
	was, err := w.store.Subject(t.Context(), w.repo.ID, "pull/1")
	if err != nil {
		t.Fatal(err)
	}
	asked := func(turns int64) {
		w.until("all that came was decided on", func() bool {
			s, err := w.store.Subject(t.Context(), w.repo.ID, "pull/1")
			return err == nil && s.Turn == was.Turn+turns
		})
	}
	p.Comment("ben", "/custody recheck")
	asked(1)
	for n := range 12 {
		asks(n + 1)
	}
	asked(13)
	close(goOn)
	w.until("the look that was asked for is made", func() bool {
		s, err := w.store.Subject(t.Context(), w.repo.ID, "pull/1")
		return err == nil && len(s.Looks) > len(was.Looks)
	})
}

// Of a crowd without a say the first are known: somebody behind them may have one.
func TestPacedCrowdOfStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy, slow)
	w.repo.Public()
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concludedAs(p.HeadSHA, "success")
	w.idle()
	w.lookedAround()
	was, err := w.store.Subject(t.Context(), w.repo.ID, "pull/1")
	if err != nil {
		t.Fatal(err)
	}
	asks := func(n int) {
		login := fmt.Sprint("crowd-", n)
		w.gh.User(login, login+"@example.com")
		p.Comment(login, "/custody recheck")
	}
	waits, goOn := w.holds("GET /repos/{owner}/{repo}/collaborators/{username}/permission")
	asks(0)
	<-waits
	for n := range 8 {
		asks(n + 1)
	}
	w.until("all that came was decided on", func() bool {
		s, err := w.store.Subject(t.Context(), w.repo.ID, "pull/1")
		return err == nil && s.Turn == was.Turn+9
	})
	close(goOn)
	w.until("it is looked at", func() bool {
		s, err := w.store.Subject(t.Context(), w.repo.ID, "pull/1")
		return err == nil && len(s.Looks) > len(was.Looks)
	})
}

// Where the clock is put back, what waits behind looks that lie ahead waits no longer than behind one
// that is just made, and no shorter.
func TestPacedClockPutBack(t *testing.T) {
	t.Parallel()
	w, _, p := paced(t, policy)
	w.edits(p, 2)
	w.pass(-45 * time.Minute)
	w.edits(p, 1)
	if run := newest(w.ours(p.HeadSHA)); run.Conclusion != "cancelled" || !isPutOff(run) {
		t.Errorf("it does not wait: %s %q", run.Conclusion, run.Title)
	}
	w.due(30 * time.Second)
	if run := newest(w.ours(p.HeadSHA)); run.Conclusion != "success" {
		t.Errorf("then: %s %q", run.Conclusion, run.Title)
	}
}

// Somebody who asked as a stranger, and has a say a minute later, is heard.
func TestPacedSayComes(t *testing.T) {
	t.Parallel()
	w, p := commented(t)
	w.pass(time.Minute)
	w.repo.Collaborator("eve", "write")
	p.Review("eve", "CHANGES_REQUESTED", "no")
	w.idle()
	w.noSuccess(p.HeadSHA)
}

// In mode report edits keep nothing from landing.
func TestPacedReport(t *testing.T) {
	t.Parallel()
	w, _, p := paced(t, policy, func(w *world) { w.mode = config.Report })
	w.edits(p, 5)
	if run := newest(w.ours(p.HeadSHA)); run.Conclusion != "success" || !isPutOff(run) {
		t.Errorf("%s %q", run.Conclusion, run.Title)
	}
}

// What is closed while a look waits does not say for ever that it is judged again.
func TestPacedClosed(t *testing.T) {
	t.Parallel()
	for what, text := range map[string]string{"success": policy, "failure": approvals} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w, _, p := paced(t, text)
			w.edits(p, 3)
			p.Close("eve")
			w.idle()
			w.due(10 * time.Minute)
			w.idle()
			if run := newest(w.ours(p.HeadSHA)); isPutOff(run) {
				t.Errorf("%s %q, long after it was closed", run.Conclusion, run.Title)
			}
		})
	}
}

// What is in a merge queue does not wait: its group lands by its verdict.
func TestPacedQueued(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strings.Replace(queued, "{humans: 1}", "{humans: 1, permission: read}", 1), slow)
	w.repo.Public()
	w.gh.User("eve", "eve@example.com")
	p := w.approved("topic", gittest.Write("b.py", "y = 1\n"))
	w.idle()
	w.lookedAround()
	for range 2 {
		p.Comment("eve", "/custody recheck")
		w.idle()
	}
	g := p.Queue(nil, "merge")
	w.until("the group passes", func() bool { r := w.ours(g.HeadSHA); return len(r) == 1 && r[0].Conclusion == "success" })
	w.idle()
	p.Review("eve", "CHANGES_REQUESTED", "no")
	w.idle()
	w.idle()
	w.noSuccess(p.HeadSHA)
	if w.ours(g.HeadSHA)[0].Conclusion == "success" && len(w.ours(g.HeadSHA)) == 1 {
		t.Errorf("the success of the group stands while somebody asks for changes")
	}
}

// Edits of what landed cost no more than others.
func TestPacedLanded(t *testing.T) {
	t.Parallel()
	w, _, p := paced(t, policy)
	p.Merge("ben", "merge")
	w.settled()
	w.lookedAround()
	w.gh.ResetCalls()
	w.edits(p, 20)
	if n := w.spent(); n > 10 {
		t.Errorf("%d requests for 20 edits of what landed", n)
	}
}
