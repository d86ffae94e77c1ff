package gather

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-github/v62/github"

	"custody/app/hub"
)

// What people write into their reviews is read by nobody, and is not held: anybody may write
// thousands to a public pull request, each as long as GitHub lets them be.
func TestReviewsWithoutTexts(t *testing.T) {
	t.Parallel()
	digest := func(text string) string {
		t.Helper()
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			json.NewEncoder(w).Encode([]any{map[string]any{"id": 1, "state": "COMMENTED", "body": text, "user": map[string]any{"id": 5, "login": "eve", "type": "User"}}})
		}))
		defer server.Close()
		client := github.NewClient(nil)
		client.BaseURL, _ = url.Parse(server.URL + "/")
		r := &Reader{Client: &hub.Client{Client: client}, Repo: &hub.Repository{Owner: "acme", Name: "shop"}, Now: time.Now}
		if err := r.reviews(context.Background(), &github.PullRequest{Number: github.Int(1)}, Known{}); err != nil {
			t.Fatal(err)
		}
		if len(r.context.Reviews) != 1 || r.context.Reviews[0].State != "commented" {
			t.Fatalf("%+v", r.context.Reviews)
		}
		return r.context.Sources[0].Digest
	}
	if short, long := digest("fine"), digest(strings.Repeat("\U0001F600", 65536)); short != long {
		t.Error("the text of a review is held")
	}
}
