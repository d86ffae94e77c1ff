package control

import (
	"strings"
	"testing"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control/checks"
	"custody/internal/control/frameworks"
	"custody/internal/finding"
)

// subjects are the controls for which a built-in check is evidence, each with the checks that
// look for what it is about. Who adds one says here what it asks and why the check shows it.
var subjects = map[string]string{
	"eu-ai-act-2024-1689 Art. 15":            "secrets",            // cybersecurity: what gives access is not in the code
	"iso42001-2023 A.9.4":                    "agent-instructions", // what agents may do is what was meant
	"iso27001-2022 A.5.32":                   "licences",
	"iso27001-2022 A.5.34":                   "personal-data",
	"iso27001-2022 A.8.28":                   "secrets",      // a first principle: none in the code
	"soc2-2017 CC6.8":                        "dependencies", // software of others that comes in
	"soc2-2017 CC7.1":                        "secrets",      // a weakness that a change brings
	"osps-baseline-2026.02.19 OSPS-BR-07.01": "secrets",
}

// A control is supported by those built-in checks alone that look for its subject, and by no
// check whatever of them.
func TestChecksBySubject(t *testing.T) {
	types := map[string]bool{}
	for _, a := range frameworks.AllEvidence {
		if id, ok := a.Type.Check(); ok {
			types[id] = true
		}
	}
	for _, id := range checks.IDs() {
		if !types[id] {
			t.Errorf("the check %s is no type of evidence", id)
		}
		delete(types, id)
	}
	for id := range types {
		t.Errorf("there is no check %s", id)
	}
	seen := 0
	for _, f := range frameworks.All {
		for _, c := range f.Table {
			var ids []string
			for _, e := range c.Evidence {
				if id, ok := e.Check(); ok {
					ids = append(ids, id)
				}
				if e == frameworks.Checks {
					t.Errorf("%s %s takes any check for evidence", f.ID, c.ID)
				}
			}
			want := subjects[f.ID+" "+c.ID]
			if strings.Join(ids, " ") != want {
				t.Errorf("%s %s: checks %v, and looking for its subject is %q", f.ID, c.ID, ids, want)
			}
			if want != "" {
				seen++
			}
		}
	}
	if seen != len(subjects) {
		t.Errorf("%d of %d controls are in the tables", seen, len(subjects))
	}
}

// TestEvidenceIsTrue: in every case in which a type of evidence is shown, what it says is so.
func TestEvidenceIsTrue(t *testing.T) {
	const token = "src/a: key = \"ghp_" + "wJalrXUtnFEMIK7MDENGbPxRfiCYzzAAAKEY" + "\"\n"
	rule := func(text string) string { return "rules: [{id: r, " + text + "}]\n" }
	looked := func(ids string, more ...string) string {
		return rule("kind: checks, checks: [" + ids + "]" + strings.Join(more, ""))
	}
	lines := func(class attestation.Class, n int) map[string]map[attestation.Class]int {
		return map[string]map[attestation.Class]int{"src/a": {class: n, attestation.AIDeclared: 3}}
	}
	const absentNow, aside = "", "(the change has none)"
	for _, c := range []struct {
		name   string
		e      frameworks.Evidence
		files  []string
		policy string
		edit   func(*Input)
		want   string // what it says; absentNow; aside
	}{
		{"secrets looked for", frameworks.NoSecrets, []string{"src/a: x\n"}, looked("secrets"), nil, "secrets looked at 1 added line and found nothing"},
		{"by a rule beside another that does not hold", frameworks.NoSecrets, []string{"src/a: \u202e\n"}, looked("secrets, hidden-unicode"), nil, "secrets looked at 1 added line and found nothing"},
		{"nobody looked for secrets", frameworks.NoSecrets, []string{"src/a: x\n"}, looked("hidden-unicode"), nil, absentNow},
		{"a secret found", frameworks.NoSecrets, []string{token}, looked("secrets"), nil, absentNow},
		{"a secret found by a rule that only warns", frameworks.NoSecrets, []string{token}, looked("secrets", ", level: warning"), nil, absentNow},
		{"a secret found and waived", frameworks.NoSecrets, []string{token}, looked("secrets", ", waivable: true") + "waivers: [{id: w, covers: r, paths: [src/**], owner: a, approver: b, reason: c, last_day: 2026-12-31}]\n", nil, absentNow},
		{"looked for in some files", frameworks.NoSecrets, []string{"src/a: x\n", "doc/a: x\n"}, looked("secrets", ", when: {paths: [src/**]}"), nil, absentNow},
		{"not at this stage", frameworks.NoSecrets, []string{"src/a: x\n"}, looked("secrets", ", at: [push]"), nil, absentNow},
		{"a blob is missing", frameworks.NoSecrets, []string{"src/a?: x\n"}, looked("secrets"), nil, absentNow},
		{"no line is added", frameworks.NoSecrets, nil, looked("secrets"), nil, aside},
		{"a warning found", frameworks.NoHiddenUnicode, []string{"src/a: x\u200by\n"}, looked("hidden-unicode"), nil, absentNow},
		{"no dependency", frameworks.NoDependencies, []string{"src/a: x\n"}, looked("dependencies"), nil, aside},
		{"all checks, one with a warning", frameworks.Checks, []string{"src/a: x\u200by\n"}, looked("hidden-unicode, secrets"), nil, absentNow},
		{"all checks", frameworks.Checks, []string{"src/a: x\n"}, looked("secrets, licences"), nil, "secrets looked at 1 added line and found nothing"},
		{"no check had anything to look at", frameworks.Checks, nil, looked("secrets, licences"), nil, absentNow},

		{"a rule that must be met was asked", frameworks.Policy, []string{"src/a: x\n"}, looked("secrets"), nil, "1 rule that must be met has an answer"},
		{"one that only warns", frameworks.Policy, []string{"src/a: x\n"}, looked("secrets", ", level: warning"), nil, absentNow},
		{"every rule is about other files", frameworks.Policy, []string{"src/a: x\n"}, looked("secrets", ", when: {paths: [doc/**]}"), nil, absentNow},

		{"all lines known", frameworks.Authorship, nil, rule("kind: impact"), func(in *Input) {
			in.Attestation = attested(in.Change, attestation.AIDeclared, lines(attestation.HumanDeclared, 2))
		}, "3 added lines are ai-declared, 2 added lines are human-declared"},
		{"some lines unknown", frameworks.Authorship, nil, rule("kind: impact"), func(in *Input) {
			in.Attestation = attested(in.Change, attestation.AIDeclared, lines(attestation.Unknown, 1))
		}, absentNow},
		{"evidence contradicts itself", frameworks.Authorship, nil, rule("kind: impact"), func(in *Input) {
			in.Attestation = attested(in.Change, attestation.AIDeclared, lines(attestation.Conflict, 1))
		}, absentNow},
		{"no line, of unknown hands", frameworks.Authorship, nil, rule("kind: impact"), func(in *Input) {
			in.Attestation = attested(in.Change, attestation.Unknown, nil)
		}, absentNow},

		{"approved", frameworks.Review, nil, rule("kind: approvals, approvals: {humans: 1}"), nil, "approved by bob"},
		{"approved before it landed", frameworks.Review, nil, rule("kind: approvals, approvals: {humans: 1}"), landedNow, "approved by bob"},
		{"approved by fewer than asked", frameworks.Review, nil, rule("kind: approvals, approvals: {humans: 2}"), landedNow, absentNow},
		{"approved after it landed", frameworks.Review, nil, rule("kind: approvals, approvals: {humans: 1}"), func(in *Input) {
			landedNow(in)
			in.Context.Reviews[0].At = "2026-11-20T12:00:00Z"
		}, absentNow},
		{"one is not two", frameworks.TwoPeople, nil, rule("kind: approvals, approvals: {humans: 1}"), nil, absentNow},
		{"of no team", frameworks.TeamReview, nil, rule("kind: approvals, approvals: {humans: 1}"), nil, absentNow},
		{"of a team", frameworks.TeamReview, nil, rule("kind: approvals, approvals: {humans: 1, teams: [acme/security]}"), func(in *Input) {
			in.Context.Reviews[0].Teams = []string{"acme/security"}
		}, "approved by bob, of acme/security"},
		{"nobody owns the files", frameworks.OwnerReview, []string{"src/a: x\n"}, rule("kind: approvals, approvals: {humans: 1, owners: true}"), nil, absentNow},
		{"no edit of what judges", frameworks.JudgeReview, []string{"src/a: x\n"}, rule("kind: judge, approvals: {humans: 1}"), nil, aside},

		{"a check of others", frameworks.Tests, nil, rule("kind: check-runs, check_runs: [{name: cla, app: bot}]"), func(in *Input) {
			in.Context.Checks = []change.CheckRun{{Name: "cla", App: "bot", Head: in.Change.Head.String(), Conclusion: "success", At: "2026-11-20T10:00:00Z"}}
		}, "cla by bot succeeded on the head"},
		{"every part has a source", frameworks.Sources, nil, rule("kind: impact"), func(in *Input) {
			in.Context.Sources = []change.Source{source("reviews"), source("commits")}
		}, "2 sources of the context are named"},
		{"a part without one", frameworks.Sources, nil, rule("kind: impact"), func(in *Input) {
			in.Context.Sources = []change.Source{source("reviews")}
		}, absentNow},
		{"deployed by nobody", frameworks.Deployment, nil, rule("kind: impact"), func(in *Input) {
			in.Context.Deployments = []change.Deployment{{SHA: in.Change.Head.String(), Environment: "production"}}
		}, absentNow},
		{"deployed by somebody", frameworks.Deployment, nil, rule("kind: impact"), func(in *Input) {
			in.Context.Deployments = []change.Deployment{{SHA: in.Change.Head.String(), Environment: "production", By: person("5", "eve")}}
		}, "to production, by eve"},
		{"a linter's results", frameworks.Scanner, nil, rule("kind: impact"), func(in *Input) {
			in.Context.SARIF = []change.SARIF{{Tool: "eslint", Head: in.Change.Head.String(), Results: 7}}
		}, "eslint, for the head: 7 results"},
	} {
		t.Run(string(c.e)+": "+c.name, func(t *testing.T) {
			files, head := added(c.files...)
			ch, x := pullRequest(review("2", "bob", "approved", oid("head"), "write"))
			ch.Files = files.Files
			in := Input{Change: ch, Head: head, Context: x, Day: "2026-11-23", Stage: change.AtMerge, Limits: DefaultLimits(), Config: config.Layer(nil, policy(t, c.policy))}
			if c.edit != nil {
				c.edit(&in)
			}
			answers, err := Evaluate(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			p := in.present(answers)
			got := absentNow
			switch it, ok := p.there[c.e]; {
			case ok:
				got = strings.Join(it.says, "; ")
			case p.nothing[c.e] != "":
				got = aside
			}
			if got != c.want {
				t.Errorf("it says %q, want %q: %+v", got, c.want, answers)
			}
		})
	}
}

func landedNow(in *Input) {
	in.Stage = change.AtRecord
	in.Context.Merge = &change.Merge{SHA: oid("head").String(), At: "2026-11-20T11:00:00Z", By: person("2", "bob")}
}

// Requirements that do not apply are not counted among those that are met.
func TestRequirementsMetAreCounted(t *testing.T) {
	met, aside := requirementResult{Requirement: &Requirement{}}, requirementResult{Requirement: &Requirement{}}
	met.outcome, aside.outcome = finding.Satisfied, finding.NotApplicable
	for _, c := range []struct {
		all  []requirementResult
		want string
	}{
		{[]requirementResult{met, met}, "all 2 requirements of level error are satisfied"},
		{[]requirementResult{met, aside}, "1 requirement of level error is satisfied, 1 more does not apply"},
		{[]requirementResult{aside, aside}, ""},
	} {
		e := evaluation{Input: Input{Config: &config.Effective{}}, requirements: c.all}
		a := e.allRequirements(config.LayeredRule{})
		if got := countedSays(finding.Check{Reasons: a.reasons}); got != c.want || (c.want != "") != (a.outcome == finding.Satisfied) {
			t.Errorf("%q and %s, want %q", got, a.outcome, c.want)
		}
	}
}
