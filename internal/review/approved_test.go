package review

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"custody/internal/change"
)

// Many approvals cost no more than a bound, and whoever gives many, now or long ago, does not
// keep those that count from being looked at.
func TestManyApprovals(t *testing.T) {
	reviews := []change.Review{
		{Reviewer: change.Person{Login: "ann", ID: "1", Type: change.User}, State: "approved", Commit: "zz once", At: "2026-01-01T00:00:00Z", Permission: "write"},
	}
	for i := range 3 * maxApproved {
		at := fmt.Sprintf("2026-02-01T00:%02d:%02dZ", i/60, i%60)
		reviews = append(reviews,
			change.Review{Reviewer: change.Person{Login: "bob", ID: "2", Type: change.User}, State: "approved", Commit: fmt.Sprintf("y%03d", i), At: at, Permission: "admin"},
			change.Review{Reviewer: change.Person{Login: "mallory", ID: "3", Type: change.User}, State: "approved", Commit: fmt.Sprintf("a%03d", i), At: at, Permission: "read"})
	}
	r := &run{change: &change.Change{}, context: &change.Context{Reviews: reviews, Change: &change.Request{Emergency: &change.Urgency{Commit: "zz urgent"}}}}
	if err := r.readApproved(context.Background()); err != nil {
		t.Fatal(err)
	}
	looked := map[string]bool{}
	for s, a := range r.approved {
		if !strings.Contains(a.How, "was not looked at") {
			looked[s.Commit] = true
		}
	}
	if last := fmt.Sprintf("y%03d", 3*maxApproved-1); len(looked) != maxApproved || !looked["zz once"] || !looked["zz urgent"] || !looked[last] || looked["a000"] {
		t.Errorf("%d of %d were looked at: %v", len(looked), len(r.approved), looked)
	}
}
