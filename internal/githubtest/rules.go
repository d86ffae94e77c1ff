package githubtest

import (
	"path"
	"slices"
)

// A Ruleset is what a repository asks of changes to some of its branches.
type Ruleset struct {
	ID          int64
	Name        string
	Branches    []string // names or patterns; "~DEFAULT_BRANCH"
	Enforcement string   // "active" if empty, "evaluate", "disabled"
	Checks      []RequiredCheck
	Approvals   int // 0: none asked for
	CodeOwners  bool
	MergeQueue  bool
	NoForcePush bool
}

// A RequiredCheck has to pass; with App only that App's word counts.
type RequiredCheck struct {
	Context string
	App     int64 // 0: anybody
}

// AddRuleset adds rules.
func (r *Repo) AddRuleset(s Ruleset) *Ruleset {
	defer r.gh.lock()()
	s.ID = r.gh.nextID()
	if s.Enforcement == "" {
		s.Enforcement = "active"
	}
	r.rulesets = append(r.rulesets, &s)
	return &s
}

func (r *Repo) applies(s *Ruleset, branch string) bool {
	return slices.ContainsFunc(s.Branches, func(p string) bool {
		if p == "~DEFAULT_BRANCH" {
			return branch == r.DefaultBranch
		}
		matched, err := path.Match(p, branch)
		return err == nil && matched || p == "~ALL"
	})
}

func (s *Ruleset) rules() []object {
	list := []object{}
	if len(s.Checks) > 0 {
		checks := []any{}
		for _, c := range s.Checks {
			o := object{"context": c.Context}
			if c.App != 0 {
				o["integration_id"] = c.App
			}
			checks = append(checks, o)
		}
		list = append(list, object{"type": "required_status_checks", "parameters": object{"required_status_checks": checks, "strict_required_status_checks_policy": false}})
	}
	if s.Approvals > 0 || s.CodeOwners {
		list = append(list, object{"type": "pull_request", "parameters": object{
			"dismiss_stale_reviews_on_push": false, "require_code_owner_review": s.CodeOwners, "require_last_push_approval": false,
			"required_approving_review_count": s.Approvals, "required_review_thread_resolution": false,
		}})
	}
	if s.MergeQueue {
		list = append(list, object{"type": "merge_queue", "parameters": object{
			"check_response_timeout_minutes": 60, "grouping_strategy": "ALLGREEN", "max_entries_to_build": 5, "max_entries_to_merge": 5,
			"merge_method": "MERGE", "min_entries_to_merge": 1, "min_entries_to_merge_wait_minutes": 5,
		}})
	}
	if s.NoForcePush {
		list = append(list, object{"type": "non_fast_forward"})
	}
	return list
}

func getBranchRules(c *call) *answer {
	list := []any{}
	for _, s := range c.repo.rulesets {
		if s.Enforcement != "active" || !c.repo.applies(s, c.params["branch"]) {
			continue
		}
		for _, rule := range s.rules() {
			rule["ruleset_source_type"], rule["ruleset_source"], rule["ruleset_id"] = "Repository", c.repo.FullName(), s.ID
			list = append(list, rule)
		}
	}
	return c.list(list)
}

func (s *Ruleset) object(r *Repo, whole bool) object {
	out := object{
		"id": s.ID, "name": s.Name, "target": "branch", "source_type": "Repository", "source": r.FullName(), "enforcement": s.Enforcement,
		"node_id": node("RRS", s.ID), "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
	}
	if whole {
		include := []string{}
		for _, b := range s.Branches {
			if b[0] != '~' {
				b = "refs/heads/" + b
			}
			include = append(include, b)
		}
		out["conditions"] = object{"ref_name": object{"include": include, "exclude": []string{}}}
		out["rules"] = s.rules()
	}
	return out
}

func listRulesets(c *call) *answer {
	list := []any{}
	for _, s := range c.repo.rulesets {
		list = append(list, s.object(c.repo, false))
	}
	return c.list(list)
}

func getRuleset(c *call) *answer {
	for _, s := range c.repo.rulesets {
		if s.ID == c.number("ruleset_id") {
			return ok(s.object(c.repo, true))
		}
	}
	return notFound()
}

// Protect protects a branch in the way of before rulesets.
func (r *Repo) Protect(branch string, approvals int, checks ...RequiredCheck) {
	defer r.gh.lock()()
	out := object{"enforce_admins": object{"enabled": true}}
	if len(checks) > 0 {
		list, contexts := []any{}, []string{}
		for _, c := range checks {
			o := object{"context": c.Context, "app_id": nil}
			if c.App != 0 {
				o["app_id"] = c.App
			}
			list, contexts = append(list, o), append(contexts, c.Context)
		}
		out["required_status_checks"] = object{"strict": false, "contexts": contexts, "checks": list}
	}
	if approvals > 0 {
		out["required_pull_request_reviews"] = object{"dismiss_stale_reviews": false, "require_code_owner_reviews": false, "required_approving_review_count": approvals}
	}
	r.protection[branch], r.protects[branch] = out, &Ruleset{Checks: checks, Approvals: approvals}
}

func (r *Repo) protected(branch string) bool {
	return r.protection[branch] != nil || slices.ContainsFunc(r.rulesets, func(s *Ruleset) bool { return s.Enforcement == "active" && r.applies(s, branch) })
}

func getProtection(c *call) *answer {
	branch := c.params["branch"]
	if c.repo.tip(branch) == "" {
		return refused(404, "Branch not found")
	}
	p := c.repo.protection[branch]
	if p == nil {
		return refused(404, "Branch not protected")
	}
	return ok(p)
}
