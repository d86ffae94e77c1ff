package githubtest

import (
	"slices"
	"strings"
)

// A move of a ref, as the repository's activity lists it.
type move struct {
	id            int64
	by            *Account
	ref           string
	before, after string // zeros for none
	at            string
}

func (m move) kind() string {
	switch {
	case strings.Trim(m.before, "0") == "":
		return "branch_creation"
	case strings.Trim(m.after, "0") == "":
		return "branch_deletion"
	}
	return "push"
}

// listActivity is who moved branches, the newest first.
func listActivity(c *call) *answer {
	list := []any{}
	for _, m := range slices.Backward(c.repo.moves) {
		ref := c.query.Get("ref")
		if ref != "" && m.ref != ref && m.ref != "refs/heads/"+ref || c.query.Get("activity_type") != "" && c.query.Get("activity_type") != m.kind() {
			continue
		}
		list = append(list, object{
			"id": m.id, "node_id": node("PSH", m.id), "before": m.before, "after": m.after, "ref": m.ref, "timestamp": m.at,
			"activity_type": m.kind(), "actor": account(c.gh, m.by),
		})
	}
	if len(list) > 100 {
		list = list[:100] // more are behind a cursor
	}
	return ok(list)
}
