package gather

import (
	"testing"

	"custody/internal/change"
	"custody/internal/config"
)

// Where GitHub does not tell of statuses, checks that reported as runs are all that rules name, or
// nobody knows.
func TestRan(t *testing.T) {
	runs := []change.CheckRun{{Name: "build", App: "jenkins"}, {Name: "test", App: "github-actions"}}
	for name, c := range map[string]struct {
		named []config.CheckRun
		want  bool
	}{
		"all that there are": {nil, false},
		"each ran":           {[]config.CheckRun{{Name: "build", App: "jenkins"}, {Name: "test", App: "github-actions"}}, true},
		"one did not":        {[]config.CheckRun{{Name: "build", App: "jenkins"}, {Name: "lint", App: "jenkins"}}, false},
		"of another App":     {[]config.CheckRun{{Name: "build", App: "circleci"}}, false},
		"none is named":      {[]config.CheckRun{}, true},
	} {
		if got := (Want{Named: c.named}).ran(runs); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
