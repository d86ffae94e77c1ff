package githubtest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"custody/internal/git/gittest"
)

// A receiver is a webhook that keeps what it gets.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []string // "event action"
	bodies [][]byte
	bad    int // signatures that don't fit
	status int
}

func newReceiver(t *testing.T, gh *GitHub) *receiver {
	v := &receiver{status: 202}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		v.mu.Lock()
		defer v.mu.Unlock()
		if r.Header.Get("X-Hub-Signature-256") != Sign(gh.App.WebhookSecret, body) {
			v.bad++
		}
		var p struct{ Action string }
		json.Unmarshal(body, &p)
		v.got = append(v.got, strings.TrimSpace(r.Header.Get("X-GitHub-Event")+" "+p.Action))
		v.bodies = append(v.bodies, body)
		w.WriteHeader(v.status)
	}))
	t.Cleanup(v.Close)
	gh.DeliverTo(v.URL + "/webhook")
	return v
}

// events gives what came since the last time.
func (v *receiver) events(gh *GitHub) []string {
	gh.Settle()
	v.mu.Lock()
	defer v.mu.Unlock()
	out := v.got
	v.got = nil
	return out
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// TestChanges does what people do and looks at what the App hears.
func TestChanges(t *testing.T) {
	w := newWorld(t)
	v := newReceiver(t, w.gh)

	w.src.Commit("feature", "More", gittest.Write("shop/more.go", "package shop\n"))
	w.repo.Push("ada", w.src, "feature")
	want(t, v.events(w.gh), "push", "check_suite requested", "pull_request synchronize")

	review := w.pull.Review("bob", "APPROVED", "fine")
	w.pull.EditReview(review, "good")
	w.pull.Dismiss("ada", review)
	w.pull.Label("ada", "shop")
	w.pull.Unlabel("ada", "shop")
	m := w.pull.Comment("bob", "/custody recheck")
	w.pull.EditComment("bob", m, "never mind")
	w.pull.ToDraft("ada")
	w.pull.Ready("ada")
	w.pull.Edit("ada", "Add all prices", "")
	w.pull.Close("ada")
	w.pull.Reopen("ada")
	want(t, v.events(w.gh), "pull_request_review submitted", "pull_request_review edited", "pull_request_review dismissed", "pull_request labeled", "pull_request unlabeled",
		"issue_comment created", "issue_comment edited", "pull_request converted_to_draft", "pull_request ready_for_review",
		"pull_request edited", "pull_request closed", "pull_request reopened")

	w.repo.Quietly(func() { w.pull.Label("ada", "unheard") })
	want(t, v.events(w.gh))

	id := w.pull.Merge("bob", "squash")
	want(t, v.events(w.gh), "pull_request closed", "push", "check_suite requested")
	if got := w.repo.Refs()["refs/heads/main"]; got != id {
		t.Errorf("main is at %s, merged was %s", got, id)
	}
	if v.bad > 0 {
		t.Errorf("%d signatures don't fit", v.bad)
	}
}
