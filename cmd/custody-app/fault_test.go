package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"custody/internal/githubtest"
)

// What passes by itself: whoever tries again gets the right answer.
var passing = map[string]githubtest.Failure{
	"bad gateway": githubtest.BadGateway, "unavailable": githubtest.Unavailable, "answer lost": githubtest.Lost,
	"half an answer": githubtest.Truncated, "primary limit": githubtest.PrimaryLimit, "secondary limit": githubtest.SecondaryLimit, "too many": githubtest.TooMany,
}

// TestFaults makes every call of a review fail once, in every way that passes by itself:
// the check run is made once, and says in the end what it would have said without.
func TestFaults(t *testing.T) {
	t.Parallel()
	slow := os.Getenv("CUSTODY_SLOW") == "1"
	w := newWhole(t, "workers: 8\n")
	w.start(t)

	// The calls of a review are those that it makes, not those that we think it makes.
	p := w.place(t, "acme/undisturbed", wholeApprovals)
	p.pull("topic", good).Review("ben", "APPROVED", "")
	p.becomes(p.src.ID("topic"), "success")
	calls := p.calls()

	kinds := []string{"bad gateway", "answer lost", "half an answer", "primary limit", "secondary limit", "too many", "unavailable"}
	n := 0
	for _, op := range calls {
		for i, kind := range kinds {
			if !slow && (n+i)%len(kinds) != 0 {
				continue // one of them for each call, another one each time
			}
			name := fmt.Sprintf("%s, %s", op, kind)
			p := w.place(t, "acme/"+slug(fmt.Sprintf("f%c%c", 'a'+n, 'a'+i)), wholeApprovals)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p.t = t
				w.gh.Fail(githubtest.Fault{On: op, Repo: p.FullName(), With: passing[kind], In: time.Second})
				pull := p.pull("topic", good)
				pull.Review("ben", "APPROVED", "")
				p.becomes(pull.HeadSHA, "success")
			})
		}
		n++
	}
}

// calls are the kinds of calls that reviews made so far.
func (p *place) calls() []string {
	p.t.Helper()
	calls := map[string]bool{}
	for _, c := range p.w.gh.Calls() {
		switch c.Operation {
		case "GET /repos/{owner}/{repo}/pulls", "GET /repos/{owner}/{repo}/git/ref/{ref}", "GET /repos/{owner}/{repo}/git/matching-refs/{ref}":
			continue // that is the look around at the start
		}
		if strings.HasPrefix(c.Operation, "git ") || strings.Contains(c.Operation, "{repo}") {
			calls[c.Operation] = true
		}
	}
	if len(calls) < 7 {
		p.t.Fatalf("a review makes %d kinds of calls only: %v", len(calls), calls)
	}
	return slices.Sorted(maps.Keys(calls))
}

// TestSilent has GitHub not answer each kind of call of a review, once: the App gives up
// waiting, and asks again.
func TestSilent(t *testing.T) {
	w := newWhole(t, "workers: 12\n")
	w.env = []string{"CUSTODY_GITHUB_TIMEOUT_SECONDS=2"}
	w.start(t)
	p := w.place(t, "acme/undisturbed", wholeApprovals)
	p.pull("topic", good).Review("ben", "APPROVED", "")
	p.becomes(p.src.ID("topic"), "success")
	for i, op := range p.calls() {
		p := w.place(t, "acme/"+slug(fmt.Sprintf("s%c", 'a'+i)), wholeApprovals)
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			p.t = t
			w.gh.Fail(githubtest.Fault{On: op, Repo: p.FullName(), With: githubtest.Timeout})
			pull := p.pull("topic", good)
			pull.Review("ben", "APPROVED", "")
			p.becomes(pull.HeadSHA, "success")
		})
	}
}

// TestNoToken makes the App wait for its token.
func TestNoToken(t *testing.T) {
	t.Parallel()
	w := newWhole(t, "")
	p := w.place(t, "acme/shop", wholePolicy)
	w.start(t)
	const op = "POST /app/installations/{installation_id}/access_tokens"
	for _, with := range []githubtest.Failure{githubtest.BadGateway, githubtest.Truncated, githubtest.Lost} {
		w.gh.Fail(githubtest.Fault{On: op, With: with})
		w.gh.ExpireTokens()
		w.stop(t)
		w.start(t) // it has none in memory
		pull := p.pull(fmt.Sprintf("topic-%d", with), good)
		p.wants(pull.HeadSHA, "success")
	}
}
