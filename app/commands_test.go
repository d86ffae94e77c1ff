package app_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/pack/verify"
	"custody/internal/sign"
	"custody/internal/store"
)

// waivable lets a waiver except what requirements find, and what nobody approved.
const waivable = `version: 1
rules:
  - {id: must-hold, kind: requirements, waivable: true}
`

// withWaivers is a world in which eve may grant waivers, and in which the App's key may
// sign them.
func withWaivers(w *world) {
	w.gh.User("eve", "eve@example.com")
	w.repo.Collaborator("eve", "maintain")
	w.gh.User("mallory", "mallory@example.com")
	w.keys = sign.TrustedKey{Key: w.key.Public(), Name: "app", Purposes: sign.ForWaivers}.String()
}

// commanded waits until a comment was looked at, and gives what became of it.
func (w *world) commanded(p *githubtest.PullRequest, m *githubtest.Comment) store.Command {
	w.Helper()
	var c store.Command
	w.until("a command is looked at", func() bool {
		all, err := w.store.Commands(context.Background(), w.repo.ID, int64(p.Number))
		if err != nil {
			w.Fatal(err)
		}
		for _, have := range all {
			if have.Comment == m.ID {
				c = have
			}
		}
		return c.State != "" && c.State != store.Asked
	})
	w.settled()
	return c
}

func soon() string { return time.Now().UTC().AddDate(0, 0, 7).Format(time.DateOnly) }

// A waiver that somebody with the permission grants lets the change through, is signed and
// travels in the pack, and is over when its comment is edited.
func TestWaive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, waivable, withWaivers)
	p := w.pull("topic", gittest.Write("a.py", "eval(1)\n"))
	w.concludedAs(p.HeadSHA, "failure")
	m := p.Comment("eve", "/custody waive NO-EVAL the parser is being replaced until "+soon()+"\nsorry")
	w.concludedAs(p.HeadSHA, "success")
	if c := w.commanded(p, m); c.State != store.Answered || !strings.Contains(c.Answer, "NO-EVAL") || strings.Contains(c.Record, "sorry") {
		t.Errorf("%+v", c)
	}
	facts := w.facts("pull/1")
	if len(facts.Waivers) != 1 {
		t.Fatalf("%+v", facts.Waivers)
	}
	if got := p.Comments(); len(got) != 2 || len(got[0].Reactions) != 1 || got[0].Reactions[0] != "+1" || !strings.HasPrefix(got[1].Body, fmt.Sprintf("<!-- custody: answer to comment/%d -->", m.ID)) {
		t.Errorf("%+v", got)
	}
	// Through the command line the same context comes to the same verdict, waiver and all.
	r, said := w.record("pull/1")
	if said.outcome("NO-EVAL") != "excepted" {
		t.Errorf("%+v", said)
	}
	file, err := w.blobs.Get(context.Background(), r.Pack)
	if err != nil {
		t.Fatal(err)
	}
	both := sign.TrustedKeys{{Key: w.key.Public(), Name: "app", Purposes: sign.ForPacks | sign.ForWaivers}}
	if v := verify.Verify(file, both); !v.Good() || len(v.Waivers) != 1 || v.Waivers[0].Covers != "NO-EVAL" || v.Waivers[0].Key != "app" {
		t.Errorf("%+v", v)
	}
	members, err := verify.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	key, err := w.key.MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string][]byte{"context.json": members[verify.Context], "trusted_keys": []byte(w.keys), "key.pem": key} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "cli.zip")
	run(t, 0, nil, program(t, "custody"), "-C", w.repo.Dir, "audit", "--base", w.base, "--head", p.HeadSHA, "--stage", "merge", "--context", filepath.Join(dir, "context.json"),
		"--trusted-keys", filepath.Join(dir, "trusted_keys"), "--on", field(t, members[verify.PackJSON], `"day":"`), "--key", filepath.Join(dir, "key.pem"), "-o", out)
	if got := digestOf(t, out); got != r.Verdict {
		t.Errorf("the command line came to %s, and the App to %s", got, r.Verdict)
	}

	// Another commit was not what eve saw; the same change on other commits is.
	w.origin.Commit("topic", "reworded", gittest.From(w.base), gittest.By("Ada <ada@example.com>"), gittest.Write("a.py", "eval(1)\n"))
	w.repo.ForcePush("ada", w.origin, "topic")
	w.concludedAs(w.origin.ID("topic"), "success")
	w.origin.Commit("topic", "more", gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "eval(2)\n"))
	w.repo.Push("ada", w.origin, "topic")
	w.concludedAs(w.origin.ID("topic"), "failure")
}

// What ends a waiver: its comment edited by anybody, or deleted.
func TestWaiverIsOver(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(p *githubtest.PullRequest, m *githubtest.Comment){
		"edited":  func(p *githubtest.PullRequest, m *githubtest.Comment) { p.EditComment("ada", m, m.Body+" ") },
		"deleted": func(p *githubtest.PullRequest, m *githubtest.Comment) { p.DeleteComment("eve", m) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, waivable, withWaivers)
			p := w.pull("topic", gittest.Write("a.py", "eval(1)\n"))
			w.concludedAs(p.HeadSHA, "failure")
			m := p.Comment("eve", "/custody waive NO-EVAL the parser is being replaced until "+soon())
			w.concludedAs(p.HeadSHA, "success")
			w.settled()
			end(p, m)
			w.concludedAs(p.HeadSHA, "failure")
			if c := w.commanded(p, m); c.State != store.Revoked {
				t.Errorf("%+v", c)
			}
			if c := w.facts("pull/1"); c.Waivers == nil || len(c.Waivers) != 0 {
				t.Errorf("%+v", c.Waivers)
			}
		})
	}
}

// Who may not, or not so: nothing is waived, and it is said why to who belongs here.
func TestWaiveRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, waivable+"  - {id: seen, kind: approvals, approvals: {humans: 1}}\n", withWaivers)
	w.repo.Collaborator("ada", "admin")
	p := w.pull("topic", gittest.Write("a.py", "eval(1)\n"))
	w.concludedAs(p.HeadSHA, "failure")
	w.settled()
	later := time.Now().UTC().AddDate(0, 0, 91).Format(time.DateOnly)
	var unheard []*githubtest.Comment
	for _, text := range []string{"waive NO-EVAL I am not from here until " + soon(), "recheck"} {
		unheard = append(unheard, p.Comment("mallory", "/custody "+text)) // for which no look is made
	}
	for _, c := range []struct {
		by, text string
		state    store.CommandState
		why      string
	}{
		{"ada", "waive NO-EVAL I wrote it and it is fine until " + soon(), store.Refused, "its own owner granted it"},
		{"ben", "waive NO-EVAL somebody said it is fine until " + soon(), store.Refused, "permission maintain or admin"},
		{"eve", "waive NO-EVAL far too long for a comment until " + later, store.Refused, "within 90 days"},
		{"eve", "waive NO-EVAL it ended before it began until 2020-01-01", store.Refused, "past"},
		{"eve", "waive seen nobody has the time for it until " + soon(), store.Refused, "not waivable here"},
		{"eve", "waive no-such-rule that is there until " + soon(), store.Refused, "no rule or requirement in effect has the id no-such-rule"},
		{"eve", "waive NO-EVAL because", store.Refused, "Write"},
		{"eve", "explain NO-SUCH", store.Answered, "NO-EVAL"},
		{"ada", "explain NO-EVAL", store.Answered, "a.py:1"},
		{"eve", "recheck", store.Answered, ""},
	} {
		m := p.Comment(c.by, "/custody "+c.text)
		got := w.commanded(p, m)
		if got.State != c.state || !strings.Contains(got.Answer, c.why) || got.Record != "" || strings.Contains(got.Answer, "NO-SUCH") {
			t.Errorf("%s %s\n%s %s", c.by, c.text, got.State, got.Answer)
		}
	}
	for _, m := range unheard {
		if got := w.commanded(p, m); got.State != store.Unheard || got.Answer != "" || got.Record != "" {
			t.Errorf("%s: %s %s", m.Body, got.State, got.Answer)
		}
	}
	// A bot asks nothing.
	w.gh.Bot("renovate[bot]")
	p.Comment("renovate[bot]", "/custody waive NO-EVAL as a bot I may until "+soon())
	w.settled()
	if all, err := w.store.Commands(context.Background(), w.repo.ID, 1); err != nil || len(all) != 12 {
		t.Errorf("%d commands, %v", len(all), err)
	}
	if run := w.concluded(p.HeadSHA); run.Conclusion != "failure" {
		t.Errorf("%+v", run)
	}
	answers := 0
	for _, m := range p.Comments() {
		if strings.HasPrefix(m.Body, "<!-- custody: answer") {
			answers++
		}
	}
	if answers != 9 {
		t.Errorf("%d answers", answers)
	}
	if c := w.facts("pull/1"); len(c.Waivers) != 0 {
		t.Errorf("%+v", c.Waivers)
	}
}

// A server whose key nobody trusts for waivers grants none.
func TestWaiveUntrusted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, waivable, withWaivers, func(w *world) { w.keys = "" })
	p := w.pull("topic", gittest.Write("a.py", "eval(1)\n"))
	w.concludedAs(p.HeadSHA, "failure")
	m := p.Comment("eve", "/custody waive NO-EVAL the parser is being replaced until "+soon())
	if c := w.commanded(p, m); c.State != store.Refused || !strings.Contains(c.Answer, "none of the 0 trusted keys") {
		t.Errorf("%+v", c)
	}
}

// The buttons of a check run are answered in the one comment, where there is one.
func TestButtons(t *testing.T) {
	t.Parallel()
	w := newWorld(t, waivable, withWaivers, func(w *world) { w.publish.Comment = true })
	p := w.pull("topic", gittest.Write("a.py", "eval(1)\n"))
	check := w.concludedAs(p.HeadSHA, "failure")
	w.settled()
	for _, c := range []struct{ button, says string }{{"explain", "a.py:1"}, {"waiver", "/custody waive RULE"}} {
		w.repo.Press("ada", check.ID, c.button)
		w.settled()
		if got := p.Comments(); len(got) != 1 || !strings.Contains(got[0].Body, c.says) || !strings.Contains(got[0].Body, "may not land") {
			t.Errorf("%s: %+v", c.button, got)
		}
	}
	if got := w.ours(p.HeadSHA); len(got[0].Concluded) != 1 {
		t.Errorf("a button that asks for an answer made another verdict: %+v", got)
	}
}

// A commit that comes behind a command is not what its author saw, whenever the command's
// delivery arrives.
func TestWaiveOvertaken(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	w := newWorld(t, waivable, withWaivers, func(w *world) {
		w.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	p := w.pull("topic", gittest.Write("a.py", "eval(1)\n"))
	w.concludedAs(p.HeadSHA, "failure")
	w.settled()
	w.gh.DeliverTo(w.url + "/nowhere") // the delivery is lost
	m := p.Comment("eve", "/custody waive NO-EVAL the parser is being replaced until "+soon())
	w.gh.Settle()
	w.gh.DeliverTo(w.url + "/webhook")
	ahead.Store(int64(time.Minute))
	w.origin.Commit("topic", "more", gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "eval(2)\n"))
	w.repo.Push("ada", w.origin, "topic")
	head := w.origin.ID("topic")
	w.concludedAs(head, "failure")
	w.settled()
	w.redeliverComments()
	if c := w.commanded(p, m); c.State != store.Refused || !strings.Contains(c.Answer, "no verdict yet") {
		t.Errorf("%+v", c)
	}
	if run := w.concluded(head); run.Conclusion != "failure" {
		t.Errorf("%+v", run)
	}
}

// What landed keeps the waiver under which it was let through, and by whom it was granted.
func TestWaivedAndLanded(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"squash", "rebase", "merge"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, waivable, withWaivers)
			p := w.pull("topic", gittest.Write("a.py", "eval(1)\n"))
			w.concludedAs(p.HeadSHA, "failure")
			p.Comment("eve", "/custody waive NO-EVAL the parser is being replaced until "+soon())
			w.concludedAs(p.HeadSHA, "success")
			w.settled()
			p.Merge("ben", method)
			if _, s := w.record("pull/1/record"); s.outcome("NO-EVAL") != "excepted" {
				t.Errorf("%+v", s)
			}
		})
	}
}

// A pack that is lost costs that pack, and no later review of its pull request; Review again
// brings it back.
func TestPackLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, waivable, withWaivers)
	p := w.pull("topic", gittest.Write("a.py", "eval(1)\n"))
	run := w.concludedAs(p.HeadSHA, "failure")
	w.settled()
	if err := os.RemoveAll(filepath.Join(w.dir, "packs")); err != nil {
		t.Fatal(err)
	}
	waive := func() store.Command {
		t.Helper()
		time.Sleep(1100 * time.Millisecond) // GitHub writes whole seconds
		return w.commanded(p, p.Comment("eve", "/custody waive NO-EVAL the parser is being replaced until "+soon()))
	}
	if c := waive(); c.State != store.Refused || !strings.Contains(c.Answer, "lost") {
		t.Errorf("%+v", c)
	}
	if c := w.commanded(p, p.Comment("eve", "/custody explain NO-EVAL")); c.State != store.Answered || !strings.Contains(c.Answer, "lost") {
		t.Errorf("%+v", c)
	}
	w.repo.Press("ada", run.ID, "rerun")
	w.until("the pack is back", func() bool {
		s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1")
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.blobs.Get(context.Background(), s.Pack)
		return err == nil
	})
	w.settled()
	if c := waive(); c.State != store.Answered {
		t.Errorf("%+v", c)
	}
	w.concludedAs(p.HeadSHA, "success")
}

// Who asks something about a pull request that is merged has an answer.
func TestCommandOnMerged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, waivable, withWaivers)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.concludedAs(p.HeadSHA, "success")
	p.Merge("ben", "merge")
	w.settled()
	if c := w.commanded(p, p.Comment("ben", "/custody explain NO-EVAL")); c.State != store.Answered || !strings.Contains(c.Answer, "NO-EVAL") {
		t.Errorf("%+v", c)
	}
	if n := len(p.Comments()); n != 2 {
		t.Errorf("%d comments, with the one that asks", n)
	}
	for _, asks := range []string{"/custody recheck", "/custody waive NO-EVAL it is over until " + soon()} {
		if c := w.commanded(p, p.Comment("eve", asks)); c.State != store.Refused || !strings.Contains(c.Answer, "closed") {
			t.Errorf("%s: %+v", asks, c)
		}
	}
	if c := w.commanded(p, p.Comment("mallory", "/custody explain NO-EVAL")); c.State != store.Unheard {
		t.Errorf("%+v", c)
	}
	if s, err := w.store.Subject(context.Background(), w.repo.ID, "pull/1"); err != nil || !s.Closed {
		t.Errorf("somebody waits for a verdict on it: %+v, %v", s, err)
	}
}

// The buttons of a check do something that whoever pressed them can see, or are not there.
func TestButtonsWithoutPermission(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy, func(w *world) {
		w.gh.App.Permissions = map[string]string{"checks": "write", "contents": "read", "metadata": "read", "pull_requests": "read", "members": "read", "merge_queues": "read", "statuses": "read", "issues": "read"} // as docs/app.md lists
	})
	p := w.pull("topic", gittest.Write("a.py", "eval(1)\n"))
	run := w.concludedAs(p.HeadSHA, "failure")
	if len(run.Actions) != 1 || run.Actions[0].Identifier != "rerun" {
		t.Errorf("%+v", run.Actions)
	}
	w.settled()
	if c := w.commanded(p, p.Comment("ada", "/custody explain NO-EVAL")); c.State != store.Answered {
		t.Errorf("%+v", c)
	}
	if strings.Contains(w.logged.String(), "could not be published") {
		t.Error("it tries to answer, with each review anew")
	}
}
