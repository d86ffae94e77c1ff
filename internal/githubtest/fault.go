package githubtest

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Fault is what goes wrong with some calls. A test that asks for one that never
// happens fails: it has shown nothing.
type Fault struct {
	// On is the operation, "GET /repos/{owner}/{repo}/pulls/{pull_number}", or
	// "git fetch", "git push"; "" is every call to the API.
	On    string
	Repo  string // only calls about this one, "OWNER/NAME"; "" all
	Skip  int    // so many calls go through first
	Times int    // so many calls fail; 0: one, -1: all from then on
	With  Failure
	In    time.Duration // until a limit is lifted; whole seconds

	// Then runs before the answer: what happens in the middle of something.
	Then func()

	seen, done int
}

// A Failure is how a call fails.
type Failure int

// Failures. The zero one is none: Then alone happens.
const (
	None           Failure = iota
	BadGateway             // 502, a page of HTML
	Unavailable            // 503
	Timeout                // no answer until the client gives up; nothing is done
	Lost                   // it is done, but the answer never arrives
	Truncated              // 200, and half of a JSON document
	PrimaryLimit           // 403, nothing remains until In
	SecondaryLimit         // 403, Retry-After In
	TooMany                // 429, Retry-After In
	Forbidden              // 403: not accessible by integration
	Missing                // 404
)

// Fail makes calls fail. Faults are tried in the order in which they came.
func (gh *GitHub) Fail(f Fault) {
	defer gh.lock()()
	if f.Times == 0 {
		f.Times = 1
	}
	gh.faults = append(gh.faults, &f)
}

// Heal takes all faults away.
func (gh *GitHub) Heal() {
	defer gh.lock()()
	gh.checkFaults()
	gh.faults = nil
}

func (gh *GitHub) checkFaults() {
	for _, f := range gh.faults {
		if f.done == 0 {
			gh.tb.Errorf("githubtest: a fault on %q %s was asked for and never happened", f.On, f.Repo)
		}
	}
}

// fault gives the first one for an operation, if it fails this time.
func (gh *GitHub) fault(op, path string) *Fault {
	var found *Fault
	for _, f := range gh.faults {
		if f.On != op && f.On != "" || f.Repo != "" && !strings.HasPrefix(path+"/", "/repos/"+f.Repo+"/") || f.Times > 0 && f.done >= f.Times {
			continue
		}
		if f.seen++; f.seen > f.Skip && found == nil {
			f.done++
			found = f
		}
	}
	return found
}

// happen is what comes before any answer. It says false if there will be none.
func (f *Fault) happen(ctx context.Context, stop <-chan struct{}) bool {
	if f == nil {
		return true
	}
	if f.Then != nil {
		f.Then()
	}
	if f.With != Timeout {
		return true
	}
	select {
	case <-ctx.Done():
	case <-stop:
	}
	return false
}

func (f *Fault) lose() bool { return f != nil && f.With == Lost }

func (f *Fault) instead() bool { return f != nil && f.With != None && f.With != Lost }

func (f *Fault) answer(gh *GitHub) *answer {
	seconds := max(1, int(f.In/time.Second))
	html := func(status int) *answer {
		return (&answer{status: status, raw: []byte("<html><body><h1>" + strconv.Itoa(status) + " " + http.StatusText(status) + "</h1></body></html>")}).
			with("Content-Type", "text/html")
	}
	switch f.With {
	case BadGateway:
		return html(502)
	case Unavailable:
		return html(503)
	case Truncated:
		return (&answer{status: 200, raw: []byte(`{"id": 1, "name": "half of`)}).with("Content-Type", "application/json; charset=utf-8")
	case PrimaryLimit:
		return primary("installation").with("X-RateLimit-Limit", "5000").with("X-RateLimit-Remaining", "0").
			with("X-RateLimit-Reset", strconv.FormatInt(gh.now().Add(time.Duration(seconds)*time.Second).Unix(), 10))
	case SecondaryLimit:
		return secondary(seconds)
	case TooMany:
		a := secondary(seconds)
		a.status = 429
		return a
	case Forbidden:
		return refused(403, "Resource not accessible by integration")
	}
	return notFound()
}
