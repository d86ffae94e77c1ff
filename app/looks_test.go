package app_test

import (
	"strings"
	"testing"

	"custody/internal/githubtest"
)

// That regular looks fail is said to who runs the App, and so is when they last did not.
func TestLooksThatFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy, func(w *world) {
		w.gh.Fail(githubtest.Fault{On: "GET /app/installations", With: githubtest.Forbidden, Times: -1})
	})
	w.until("it is in the log", func() bool {
		log := w.logged.String()
		return strings.Contains(log, "a regular look failed: it is tried again") && strings.Contains(log, "what=reconcile") && strings.Contains(log, "listing installations")
	})
	w.until("the sweep is in the metrics", func() bool {
		return strings.Contains(page(t, w.url+"/metrics"), `custody_look_timestamp_seconds{what="sweep"}`)
	})
	if shown := page(t, w.url+"/metrics"); strings.Contains(shown, `{what="reconcile"}`) {
		t.Error("a look that failed counts in the metrics")
	}
}
