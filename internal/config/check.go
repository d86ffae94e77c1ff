package config

import (
	"slices"

	"custody/internal/config/yaml"
)

// DefaultEmergencyPermission is what declaring an emergency needs unless a policy says
// otherwise.
const DefaultEmergencyPermission Permission = "maintain"

// details checks the keys of single kinds.
func (c checker) details(r Rule, n *yaml.Node) error {
	if a := r.Approvals; a != nil {
		if at := n.Get("approvals").Get("teams"); at != nil && len(a.Teams) == 0 {
			return c.doc.Errorf(at, "rule %q counts nobody: no team is named", r.ID).WithHint("name teams, or take the key out")
		}
	}
	if why := r.Reason; why != nil {
		if at := n.Get("reason").Get("in"); at != nil && len(why.In) == 0 {
			return c.doc.Errorf(at, "rule %q looks nowhere", r.ID).WithHint("name tickets, title, text or commits, or take the key out")
		}
		if why.EveryCommit && !slices.Equal(why.In, []ReasonPlace{InCommits}) {
			return c.doc.Errorf(n.Get("reason"), "rule %q asks each commit, and looks elsewhere too", r.ID).WithHint("write in: [commits]")
		}
	}
	if at := n.Get("check_runs"); at != nil && len(r.CheckRuns) == 0 {
		return c.doc.Errorf(at, "rule %q asks for no check", r.ID)
	}
	at := n.Get("fields")
	if at != nil && len(r.Fields) == 0 {
		return c.doc.Errorf(at, "rule %q asks for no field", r.ID)
	}
	for i, f := range r.Fields {
		if slices.Contains(r.Fields[:i], f) {
			return c.doc.Errorf(at.Item(i), "field %s is named twice", f)
		}
	}
	if r.Kind == KindChangeRecord && r.Approvals != nil && !slices.Contains(r.Fields, FieldApproval) {
		return c.doc.Errorf(n.Get("approvals"), "rule %q does not ask for the field approval", r.ID).WithHint("add approval to fields, or take the key out")
	}
	if r.Emergency == Defer && c.p.Emergency == nil {
		return c.doc.Errorf(n.Get("emergency"), "rule %q waits in an emergency, and the file does not say who may declare one", r.ID).
			WithHint("add\n    emergency:\n      permission: maintain\n      review_within_days: 2")
	}
	return nil
}

// when refuses conditions that no change can meet, or that say nothing.
func (c checker) when(r Rule, when *yaml.Node) error {
	for _, list := range []struct {
		key string
		len int
		say string
	}{
		{"paths", len(r.When.Paths), `name paths, such as ["src/**"]`},
		{"owners", len(r.When.Owners), `name owners, such as ["@acme/payments"]`},
		{"labels", len(r.When.Labels), "name labels"},
		{"kinds", len(r.When.Kinds), "name kinds, such as [dependencies]"},
		{"repositories", len(r.When.Repositories), `name repositories, such as ["github.com/acme/*"]`},
	} {
		if at := when.Get(list.key); at != nil && list.len == 0 {
			return c.doc.Errorf(at, "rule %q would never apply: nothing is named", r.ID).WithHint("%s, or take the key out", list.say)
		}
	}
	for _, least := range []struct {
		key string
		n   *int
	}{{"min_lines", r.When.MinLines}, {"min_files", r.When.MinFiles}, {"min_reach", r.When.MinReach}} {
		if least.n != nil && *least.n < 1 {
			return c.doc.Errorf(when.Get(least.key), "%s must be at least 1, not %d", least.key, *least.n)
		}
	}
	return nil
}

// people refuses an identity map in which something belongs to two people.
func (c checker) people() error {
	ids, owner := map[ID]bool{}, map[string]ID{}
	for i, m := range c.p.People {
		n := c.doc.Root.Get("people").Item(i)
		if ids[m.ID] {
			return c.doc.Errorf(n.Get("id"), "person %q is there twice", m.ID)
		}
		ids[m.ID] = true
		if len(m.Accounts)+len(m.Emails)+len(m.Drives) == 0 {
			return c.doc.Errorf(n, "person %q has neither account nor address", m.ID)
		}
		claim := func(at *yaml.Node, key string) error {
			if other, taken := owner[key]; taken {
				return c.doc.Errorf(at, "%s is %q's already", key, other).WithHint("one account or address is one person's")
			}
			owner[key] = m.ID
			return nil
		}
		for j, a := range m.Accounts {
			if err := claim(n.Get("accounts").Item(j), string(a)); err != nil {
				return err
			}
		}
		for j, e := range m.Emails {
			if err := claim(n.Get("emails").Item(j), string(e)); err != nil {
				return err
			}
		}
	}
	for i, m := range c.p.People { // a bot may have several drivers, and is nobody itself
		for j, a := range m.Drives {
			if other, taken := owner[string(a)]; taken {
				return c.doc.Errorf(c.doc.Root.Get("people").Item(i).Get("drives").Item(j), "%s is %q's own account, not a bot's", a, other)
			}
		}
	}
	return nil
}

func (c checker) emergency() error {
	e, n := c.p.Emergency, c.doc.Root.Get("emergency")
	if e == nil {
		return nil
	}
	if e.ReviewWithinDays < 1 || e.ReviewWithinDays > 30 {
		return c.doc.Errorf(n.Get("review_within_days"), "review_within_days must be 1 to 30, not %d", e.ReviewWithinDays)
	}
	if at := n.Get("teams"); at != nil && len(e.Teams) == 0 {
		return c.doc.Errorf(at, "nobody may declare an emergency: no team is named").WithHint("name teams, or take the key out")
	}
	return nil
}
