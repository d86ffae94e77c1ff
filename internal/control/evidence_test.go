package control

import (
	"slices"
	"testing"

	"custody/attestation"
	"custody/impact"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control/frameworks"
	"custody/internal/finding"
	"custody/internal/git"
)

// everything is an input of which every type of evidence is present, with its checks.
func everything(t *testing.T) (Input, []finding.Check) {
	t.Helper()
	p, err := config.ParsePolicy(config.FileName, []byte(`version: 1
authorship: { unknown: ai }
rules:
  - { id: two, kind: approvals, approvals: { humans: 2, owners: true, teams: [acme/security] } }
  - { id: judge, kind: judge, approvals: { humans: 1 } }
  - { id: sec, kind: requirements }
  - { id: builtin, kind: checks, checks: [agent-instructions, commands, dependencies, hidden-unicode, licences, migrations, personal-data, secrets, test-first, tests, workflows] }
  - { id: why, kind: reason, reason: { pattern: "[A-Z]+-[0-9]+" } }
  - { id: ci, kind: check-runs, check_runs: [{ name: test, app: ci }] }
  - { id: rec, kind: change-record, fields: [reason, security-impact, approval, testing, secure-coding, roll-back], approvals: { humans: 1 } }
  - { id: pr, kind: pull-request }
`))
	if err != nil {
		t.Fatal(err)
	}
	c := wholeChange("a.go")
	c.Commits = []change.Commit{{Commit: git.Commit{ID: oid("one")}}}
	head := oid("head").String()
	ids := []config.ID{}
	for _, f := range frameworks.All {
		ids = append(ids, config.ID(f.ID))
	}
	in := Input{
		Change: c, Stage: change.AtMerge, Day: "2030-01-01", Config: config.Layer(nil, p),
		Requirements: []*Requirements{{Context: &Regulatory{Frameworks: ids, AIAct: &AIAct{Role: Provider, RiskClass: HighRisk}}}},
		Impact:       &impact.Report{Outcome: finding.Satisfied, Changed: []impact.Changed{{}}},
		Attestation:  &attestation.Report{Outcome: finding.Satisfied, Commits: []attestation.Commit{{SHA: oid("one"), Class: attestation.AIDeclared}}},
		Context: &change.Context{
			Sources:     []change.Source{source("sarif"), source("deployments"), source("commits")},
			SARIF:       []change.SARIF{{Tool: "semgrep", Head: head}},
			Deployments: []change.Deployment{{SHA: head, Environment: "production", By: &change.Person{Login: "eve"}}},
			Commits:     []change.CommitFacts{{SHA: oid("one").String(), Verified: true}},
		},
	}
	var checks []finding.Check
	for _, r := range in.Config.Rules {
		c := finding.Check{ID: r.CheckID, Kind: finding.Rule, Origin: r.Origin, Outcome: finding.Satisfied}
		if r.Kind == config.KindApprovals {
			c.Approvals = &finding.Approvals{By: []finding.Approval{{Login: "bob"}, {Login: "cid"}}, Certain: 2, Enough: true, Owners: true}
		}
		for _, id := range r.Checks {
			c.Looked = append(c.Looked, finding.Looked{Check: string(id), Outcome: finding.Satisfied, At: 3, Unit: "file", Whole: true})
		}
		checks = append(checks, c)
	}
	return in, checks
}

func source(what string) change.Source {
	return change.Source{What: what, From: "https://x", At: "2026-11-23T10:00:00Z"}
}

// absent takes one type of evidence away, and says which rule of the checks gave it.
var absent = map[frameworks.Evidence]func(in *Input) (rule string){
	frameworks.Record: func(in *Input) string {
		c := *in.Change
		c.Limits = []change.Limit{{What: "files", Max: 1}}
		in.Change = &c
		return ""
	},
	frameworks.Sources: func(in *Input) string {
		c := *in.Context
		c.Sources = []change.Source{{What: "reviews"}}
		in.Context = &c
		return ""
	},
	frameworks.Authorship: func(in *Input) string {
		in.Attestation = &attestation.Report{Commits: in.Attestation.Commits}
		return ""
	},
	frameworks.Impact: func(in *Input) string { in.Impact = &impact.Report{Changed: in.Impact.Changed}; return "" },
	frameworks.Scanner: func(in *Input) string {
		c := *in.Context
		c.SARIF = []change.SARIF{{Tool: "semgrep", Head: oid("old").String()}}
		in.Context = &c
		return ""
	},
	frameworks.Deployment: func(in *Input) string { c := *in.Context; c.Deployments = nil; in.Context = &c; return "" },
	frameworks.Signatures: func(in *Input) string {
		c := *in.Context
		c.Commits = []change.CommitFacts{{SHA: oid("one").String()}}
		in.Context = &c
		return ""
	},
	frameworks.TwoPeople:    func(in *Input) string { setApprovals(in, config.Approvals{Humans: 1, Owners: true}); return "" },
	frameworks.OwnerReview:  func(in *Input) string { setApprovals(in, config.Approvals{Humans: 2}); return "" },
	frameworks.TeamReview:   func(in *Input) string { setApprovals(in, config.Approvals{Humans: 2}); return "" },
	frameworks.JudgeReview:  func(*Input) string { return "judge" },
	frameworks.Requirements: func(*Input) string { return "sec" },
	frameworks.Reason:       func(*Input) string { return "why" },
	frameworks.Tests:        func(*Input) string { return "ci" },
	frameworks.ChangeRecord: func(*Input) string { return "rec" },
	frameworks.PullRequest:  func(*Input) string { return "pr" },
}

func setApprovals(in *Input, a config.Approvals) {
	c := *in.Config
	c.Rules = slices.Clone(c.Rules)
	for i := range c.Rules {
		if c.Rules[i].Kind == config.KindApprovals {
			c.Rules[i].Approvals = &a
		}
	}
	in.Config = &c
}

// without takes one type of evidence away.
func without(e frameworks.Evidence, in Input, checks []finding.Check, outcome finding.Outcome) (Input, []finding.Check, bool) {
	answers := slices.Clone(checks)
	each := func(do func(*finding.Check)) (Input, []finding.Check, bool) {
		for i := range answers {
			do(&answers[i])
		}
		return in, answers, true
	}
	looked := func(do func(*finding.Looked)) (Input, []finding.Check, bool) {
		return each(func(c *finding.Check) {
			c.Looked = slices.Clone(c.Looked)
			for i := range c.Looked {
				do(&c.Looked[i])
			}
		})
	}
	if id, ok := e.Check(); ok {
		return looked(func(l *finding.Looked) {
			if l.Check == id {
				l.Outcome = outcome
			}
		})
	}
	switch take := absent[e]; {
	case e == frameworks.Policy:
		return each(func(c *finding.Check) { c.Level = finding.Warning })
	case e == frameworks.Review:
		return each(func(c *finding.Check) { c.Approvals = nil })
	case e == frameworks.Checks:
		return looked(func(l *finding.Looked) { l.Found = 1 })
	case take == nil:
		return in, answers, false
	default:
		rule := take(&in)
		return each(func(c *finding.Check) {
			if c.ID == rule && rule != "" {
				c.Outcome = outcome
			}
		})
	}
}

// TestEachEvidence: a control shows evidence only with every type that its row names:
// without any one of them, of any row, it does not.
func TestEachEvidence(t *testing.T) {
	in, checks := everything(t)
	rows := 0
	for _, s := range Controls(in, checks) {
		if s.Status != EvidenceShown {
			t.Errorf("%s %s: %s with everything present: %+v", s.Framework, s.ID, s.Status, s)
		}
		rows++
	}
	if rows < 85 {
		t.Errorf("only %d rows", rows)
	}
	for _, a := range frameworks.AllEvidence {
		for _, outcome := range []finding.Outcome{finding.NotSatisfied, finding.NotAssessed, finding.NotApplicable, finding.Excepted} {
			less, answers, known := without(a.Type, in, checks, outcome)
			if !known {
				t.Errorf("nothing takes %s away", a.Type)
			}
			for _, s := range Controls(less, answers) {
				f, _ := frameworks.Get(s.Framework)
				c, _ := f.Get(s.ID)
				if asks := slices.Contains(c.Evidence, a.Type); asks && s.Status == EvidenceShown {
					t.Errorf("%s %s shows evidence without %s", s.Framework, s.ID, a.Type)
				}
			}
		}
	}
}

// TestNothingShown: an empty repository, and a change of which nothing is known, are
// evidence for nothing.
func TestNothingShown(t *testing.T) {
	full, _ := everything(t)
	for name, in := range map[string]Input{
		"empty":             {Change: &change.Change{}, Requirements: full.Requirements},
		"nothing is known":  {Change: full.Change, Requirements: full.Requirements, Context: &change.Context{}, Config: full.Config, Day: full.Day},
		"nothing was asked": {Change: &change.Change{}, Requirements: full.Requirements, Context: &change.Context{SARIF: []change.SARIF{}}, Attestation: &attestation.Report{Outcome: finding.Satisfied}, Impact: &impact.Report{Outcome: finding.Satisfied}, Day: full.Day},
	} {
		shown := 0
		for _, s := range Controls(in, nil) {
			if s.Status != EvidenceShown {
				continue
			}
			for _, p := range s.Evidence { // that it was recorded and judged is all there is
				if p.Type != string(frameworks.Record) && p.Type != string(frameworks.Policy) {
					t.Errorf("%s: %s %s shows %+v", name, s.Framework, s.ID, s.Evidence)
				}
			}
			shown++
		}
		if name != "nothing is known" && shown > 0 {
			t.Errorf("%s: %d controls show evidence", name, shown)
		}
	}
}

// TestConditionalControls: the law's rows ask for a declared product, and for the day.
func TestConditionalControls(t *testing.T) {
	in, checks := everything(t)
	status := func(in Input, id string) Status {
		for _, s := range Controls(in, checks) {
			if s.Framework == "eu-ai-act-2024-1689" && s.ID == id {
				return s.Status
			}
		}
		return ""
	}
	declare := func(ai *AIAct, frameworks ...config.ID) Input {
		out := in
		out.Requirements = []*Requirements{{Context: &Regulatory{Frameworks: frameworks, AIAct: ai}}}
		return out
	}
	const act = "eu-ai-act-2024-1689"
	for _, c := range []struct {
		in   Input
		day  config.Day
		want Status
	}{
		{declare(nil, act), "2030-01-01", ControlAside},
		{declare(&AIAct{Deployer, HighRisk}, act), "2030-01-01", ControlAside},
		{declare(&AIAct{Provider, Minimal}, act), "2030-01-01", ControlAside},
		{declare(&AIAct{Provider, HighRisk}, act), "2027-12-01", ControlLater},
		{declare(&AIAct{Provider, HighRisk}, act), "2027-12-02", EvidenceShown},
		{declare(&AIAct{Provider, HighRisk}, "pci-dss-4.0.1"), "2030-01-01", ""},
		{declare(&AIAct{Provider, HighRisk}), "2030-01-01", ""},
	} {
		c.in.Day = c.day
		if got := status(c.in, "Art. 17"); got != c.want {
			t.Errorf("%+v on %s: %q, want %q", c.in.Requirements[0].Context.AIAct, c.day, got, c.want)
		}
	}
}
