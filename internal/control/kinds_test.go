package control

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"custody/attestation"
	"custody/impact"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control/owners"
	"custody/internal/finding"
	"custody/internal/git"
)

func TestConditions(t *testing.T) {
	rule := func(when string) string {
		return "rules: [{id: r, kind: approvals, approvals: {humans: 1}, when: {" + when + "}}]\n"
	}
	file := func(path string) func(*Input) {
		return func(in *Input) { in.Change.Files[0].Path = change.Path(path) }
	}
	reach := func(n int, o finding.Outcome) func(*Input) {
		return func(in *Input) { in.Impact = &impact.Report{Outcome: o, Reached: make([]impact.Reached, n)} }
	}
	yes, no, perhaps := finding.NotSatisfied, finding.NotApplicable, finding.NotAssessed
	for _, c := range []asked{
		{"labelled", rule("labels: [Risky]"), func(in *Input) { in.Context.Change.Labels = []string{"a", " RISKY"} }, yes, "labelled"},
		{"not labelled", rule("labels: [risky]"), func(in *Input) { in.Context.Change.Labels = []string{} }, no, "none of the rule's labels"},
		{"labels not known", rule("labels: [risky]"), nil, perhaps, "change.labels"},
		{"no context", rule("labels: [risky]"), func(in *Input) { in.Context = nil }, perhaps, ""},
		{"this repository", rule("repositories: ['github.com/acme/*']"), nil, yes, ""},
		{"another repository", rule("repositories: ['github.com/other/*']"), nil, no, "not about the repository github.com/acme/shop"},
		{"which repository is not known", rule("repositories: ['github.com/other/*']"), func(in *Input) { in.Context.Repository.Owner = "" }, perhaps, ""},
		{"owned", rule("owners: ['@acme/pay']"), func(in *Input) { in.Owners = owners.Parse("C", []byte("src/ @Acme/Pay\n")) }, yes, ""},
		{"owned by others", rule("owners: ['@acme/pay']"), func(in *Input) { in.Owners = owners.Parse("C", []byte("src/ @acme/other\n")) }, no, ""},
		{"no owners at all", rule("owners: ['@acme/pay']"), nil, perhaps, "no CODEOWNERS"},
		{"owners in doubt", rule("owners: ['@acme/pay']"), func(in *Input) { in.Owners = owners.Parse("C", []byte("src/ @acme/other\n!x\n")) }, perhaps, "not known who owns"},
		{"code", rule("kinds: [code]"), nil, yes, ""},
		{"docs are no code", rule("kinds: [code]"), file("doc/a.md"), no, ""},
		{"tests are code", rule("kinds: [code]"), file("tests/a.go"), yes, ""},
		{"tests by name", rule("kinds: [tests]"), file("src/PriceTest.java"), yes, ""},
		{"and those of several", rule("kinds: [tests]"), file("src/PriceTests.java"), yes, ""},
		{"a word that ends so is no test", rule("kinds: [tests]"), file("src/Latest.java"), no, ""},
		{"what agents obey is no docs", rule("kinds: [docs]"), file("src/AGENTS.md"), no, ""},
		{"a script called prose", rule("kinds: [docs]"), func(in *Input) { in.Change.Files[0].Path, in.Change.Files[0].Mode = "a.md", git.ModeExecutable }, yes, ""},
		{"and it is code", rule("kinds: [code]"), func(in *Input) { in.Change.Files[0].Path, in.Change.Files[0].Mode = "a.md", git.ModeExecutable }, yes, ""},
		{"a program called like a Dockerfile", rule("kinds: [code]"), file("src/dockerfile_lint.py"), yes, ""},
		{"nor by its first name", rule("kinds: [code]"), file("src/Dockerfile.py"), yes, ""},
		{"a Dockerfile is none", rule("kinds: [code]"), file("Dockerfile.dev"), no, ""},
		{"a program among what agents obey", rule("kinds: [code]"), file(".claude/hooks/x.py"), yes, ""},
		{"and among actions", rule("kinds: [code]"), file(".github/actions/x/index.js"), yes, ""},
		{"a workflow is none", rule("kinds: [code]"), file(".github/workflows/x.yml"), no, ""},
		{"a list of dependencies that is a program", rule("kinds: [code]"), file("Package.swift"), yes, ""},
		{"or names some that are run", rule("kinds: [code]"), file("composer.json"), yes, ""},
		{"dependencies", rule("kinds: [dependencies]"), file("x/Go.Mod"), yes, ""},
		{"a submodule is a dependency", rule("kinds: [dependencies]"), func(in *Input) {
			in.Change.Files[0] = change.File{Path: "s", Mode: git.ModeGitlink, SubmoduleChanged: true}
		}, yes, ""},
		{"a migration", rule("kinds: [migration]"), file("db/migrate/1_x.rb"), yes, ""},
		{"the pipeline", rule("kinds: [pipeline]"), file(".github/workflows/x.yml"), yes, ""},
		{"CMakeLists.txt is no prose", rule("kinds: [docs]"), file("CMakeLists.txt"), no, ""},
		{"moved from code to docs", rule("kinds: [code]"), func(in *Input) {
			in.Change.Files[0].Path, in.Change.Files[0].OldPath, in.Change.Files[0].Status = "a.md", "a.go", change.Renamed
		}, yes, ""},
		{"kinds, files cut", rule("kinds: [migration]"), func(in *Input) { in.Change.Limits = []change.Limit{{What: "files", Max: 1}} }, perhaps, ""},
		{"an emergency", rule("kinds: [emergency]"), func(in *Input) { in.Context.Change.Emergency = &change.Urgency{} }, yes, ""},
		{"no emergency", rule("kinds: [emergency]"), nil, no, ""},
		{"emergency not known", rule("kinds: [emergency]"), func(in *Input) { in.Context = nil }, perhaps, ""},
		{"large", rule("min_lines: 12"), nil, yes, ""},
		{"small", rule("min_lines: 13"), nil, no, "12 lines, fewer than 13"},
		{"size not known", rule("min_lines: 13"), func(in *Input) { in.Change.Files[0].Unread = change.TooLarge }, perhaps, ""},
		{"lines cut", rule("min_lines: 13"), func(in *Input) { in.Change.Limits = []change.Limit{{What: "lines", Max: 1}} }, perhaps, ""},
		{"many files", rule("min_files: 1"), nil, yes, ""},
		{"few files", rule("min_files: 2"), nil, no, ""},
		{"few files, cut", rule("min_files: 2"), func(in *Input) { in.Change.Limits = []change.Limit{{What: "files", Max: 1}} }, perhaps, ""},
		{"reaches far", rule("min_reach: 3"), reach(3, finding.NotAssessed), yes, "reaches 3 nodes"},
		{"reaches little", rule("min_reach: 3"), reach(2, finding.Satisfied), no, ""},
		{"reach not known", rule("min_reach: 3"), reach(2, finding.NotAssessed), perhaps, ""},
		{"nothing to reach", rule("min_reach: 3"), func(in *Input) {
			in.Impact = &impact.Report{Changed: []impact.Changed{{Path: "a.md"}}, Reasons: []finding.Reason{{Code: impact.ReasonNothing}}}
		}, no, ""},
		{"reach not traced", rule("min_reach: 3"), nil, perhaps, ""},
		{"all of it", rule("paths: ['src/**'], kinds: [code], min_lines: 1, labels: [x], authorship: [ai-declared]"), func(in *Input) {
			in.Context.Change.Labels = []string{"x"}
			in.Attestation = attested(in.Change, attestation.AIDeclared, nil)
		}, yes, ""},
		{"one key is not met", rule("paths: ['src/**'], kinds: [docs], min_lines: 1, labels: [x]"), func(in *Input) { in.Context.Change.Labels = []string{"x"} }, no, ""},
	} {
		ch, x := pullRequest()
		x.Repository = &change.Repository{Host: "GitHub.com", Owner: "acme", Name: "shop"}
		c.check(t, Input{Change: ch, Context: x})
	}
}

func TestReason(t *testing.T) {
	const any = "rules: [{id: r, kind: reason, reason: {pattern: 'SHOP-[0-9]+'}}]\n"
	const commits = "rules: [{id: r, kind: reason, reason: {pattern: 'SHOP-[0-9]+', in: [commits], every_commit: true}}]\n"
	message := func(s string) func(*Input) {
		return func(in *Input) { in.Change.Commits[0].Message = []byte(s) }
	}
	known := func(r *change.Request) { r.Title, r.Reason = "t", &change.Why{Text: new("x"), Tickets: []string{}} }
	for _, c := range []asked{
		{"in a message", any, message("fix\n\nSHOP-12\n"), finding.Satisfied, `says "SHOP-12"`},
		{"in a ticket", any, func(in *Input) { in.Context.Change.Reason = &change.Why{Tickets: []string{"SHOP-1"}} }, finding.Satisfied, "ticket SHOP-1"},
		{"in the title", any, func(in *Input) { in.Context.Change.Title = "SHOP-2: x" }, finding.Satisfied, "the title"},
		{"nowhere", any, func(in *Input) { known(in.Context.Change) }, finding.NotSatisfied, "neither the tickets nor the title nor the text of the change nor any commit's message says anything that matches \"SHOP-[0-9]+\" | Give the reason in the tickets, the title, the text of the change or any commit's message,"},
		{"not in the title", strings.Replace(any, "'SHOP-[0-9]+'", "'SHOP-[0-9]+', in: [title]", 1), func(in *Input) { known(in.Context.Change) }, finding.NotSatisfied, `nothing in the title matches "SHOP-[0-9]+" | Give the reason in the title,`},
		{"nowhere that is known", any, nil, finding.NotAssessed, "has no title"},
		{"no context", any, func(in *Input) { in.Context = nil }, finding.NotAssessed, ""},
		{"history cut", any, func(in *Input) { known(in.Context.Change); in.Change.Shallow = true }, finding.NotAssessed, "history is cut"},
		{"over the limit", any, func(in *Input) {
			message("SHOP-12")(in)
			in.Limits = DefaultLimits()
			in.Limits.ReasonBytes = 3
		}, finding.NotAssessed, "over the limit of 3 bytes"},
		{"each commit", commits, message("SHOP-12"), finding.Satisfied, "1 commit names a reason"},
		{"one commit without", commits, func(in *Input) {
			message("SHOP-12")(in)
			in.Change.Commits = append(in.Change.Commits, change.Commit{Commit: git.Commit{ID: oid("x"), Message: []byte("no")}})
		}, finding.NotSatisfied, "1 of 2 commits name no reason"},
		{"merges aside", commits, func(in *Input) {
			message("SHOP-12")(in)
			in.Change.Commits = append(in.Change.Commits, change.Commit{Commit: git.Commit{ID: oid("x"), Message: []byte("no"), Parents: []git.OID{oid("a"), oid("b")}}})
		}, finding.Satisfied, ""},
		{"nothing but merges", commits, func(in *Input) { in.Change.Commits[0].Parents = []git.OID{oid("a"), oid("b")} }, finding.NotAssessed, "no commit but merges"},
		{"each commit, history cut", commits, func(in *Input) { message("SHOP-12")(in); in.Change.Shallow = true }, finding.NotAssessed, ""},
	} {
		ch, x := pullRequest()
		c.check(t, Input{Change: ch, Context: x})
	}
}

// What was skipped or is neutral passes a required check of the forge, and not this one
// (trap 29 of the fact sheet on GitHub); a check of the same name by another App is
// another check.
func TestCheckRuns(t *testing.T) {
	const rule = "rules: [{id: r, kind: check-runs, check_runs: [{name: build, app: ci}]}]\n"
	head := oid("head").String()
	run := func(conclusion, at string) change.CheckRun {
		return change.CheckRun{Name: "build", App: "ci", Head: head, Conclusion: conclusion, At: at}
	}
	early, late := "2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z"
	runs := func(rs ...change.CheckRun) func(*Input) {
		return func(in *Input) { in.Context.Checks = append([]change.CheckRun{}, rs...) }
	}
	other := func(edit func(*change.CheckRun)) change.CheckRun {
		r := run("success", late)
		edit(&r)
		return r
	}
	for _, c := range []asked{
		{"green", rule, runs(run("success", early)), finding.Satisfied, "build by ci succeeded on the head"},
		{"red", rule, runs(run("failure", early)), finding.NotSatisfied, `ended on the head with "failure"`},
		{"skipped", rule, runs(run("skipped", early)), finding.NotSatisfied, ""},
		{"neutral", rule, runs(run("neutral", early)), finding.NotSatisfied, ""},
		{"not ended", rule, runs(run("", early)), finding.NotAssessed, "has not ended"},
		{"none", rule, runs(), finding.NotSatisfied, "did not run on the head | Make it succeed"},
		{"red, in a merge queue", rule, func(in *Input) {
			runs(run("failure", early))(in)
			in.Context.Change.Kind, in.Context.Change.Proposed = "merge_group", oid("proposed").String()
		}, finding.NotSatisfied, "Make it succeed on commit " + oid("proposed").Short() + " of the pull request, and then queue it again."},
		{"red, and it has landed", strings.Replace(rule, "check_runs:", "at: [record], check_runs:", 1), func(in *Input) {
			runs(run("failure", early))(in)
			in.Stage = change.AtRecord
		}, finding.NotSatisfied, "It has landed without that"},
		{"red, then green", rule, runs(run("failure", early), run("success", late)), finding.Satisfied, ""},
		{"green, then red", rule, runs(run("failure", late), run("success", early)), finding.NotSatisfied, ""},
		{"green and red, no times", rule, runs(run("failure", ""), run("success", early)), finding.NotAssessed, ""},
		{"green, then runs again", rule, runs(run("", late), run("success", early)), finding.NotAssessed, ""},
		{"on another commit", rule, runs(other(func(r *change.CheckRun) { r.Head = oid("old").String() })), finding.NotSatisfied, "did not run"},
		{"by another App", rule, runs(other(func(r *change.CheckRun) { r.App = "evil" })), finding.NotSatisfied, "did not run"},
		{"by nobody knows which App", rule, runs(other(func(r *change.CheckRun) { r.App = "" })), finding.NotAssessed, ""},
		{"green, and one by nobody knows which App", rule, runs(run("success", early), other(func(r *change.CheckRun) { r.App, r.Conclusion = "", "failure" })), finding.NotAssessed, ""},
		{"green, and one on nobody knows what", rule, runs(run("success", early), other(func(r *change.CheckRun) { r.Head, r.Conclusion = "", "failure" })), finding.NotAssessed, ""},
		{"another name", rule, runs(other(func(r *change.CheckRun) { r.Name = "build " })), finding.NotSatisfied, ""},
		{"no part", rule, nil, finding.NotAssessed, "no part `checks`"},
		{"no context", rule, func(in *Input) { in.Context = nil }, finding.NotAssessed, ""},
	} {
		ch, x := pullRequest()
		c.check(t, Input{Change: ch, Context: x})
	}
}

func TestPullRequestKind(t *testing.T) {
	const rule = "rules: [{id: r, kind: pull-request}]\n"
	came := func(kind string) func(*Input) { return func(in *Input) { in.Context.Change.Kind = kind } }
	for _, c := range []asked{
		{"pull request", rule, came("pull_request"), finding.Satisfied, ""},
		{"queue", rule, came("merge_group"), finding.Satisfied, ""},
		{"direct push", rule, came("push"), finding.NotSatisfied, "pushed directly: there is no pull request"},
		{"another way", rule, came("patch by mail"), finding.NotAssessed, "which is not known"},
		{"not said", rule, nil, finding.NotAssessed, "change.kind"},
		{"no context", rule, func(in *Input) { in.Context = nil }, finding.NotAssessed, ""},
	} {
		ch, x := pullRequest()
		c.check(t, Input{Change: ch, Context: x})
	}
}

// The six fields of PCI DSS 6.5.1.
func TestChangeRecord(t *testing.T) {
	rule := func(fields string) string {
		return "rules: [{id: r, kind: change-record, fields: [" + fields + "]}]\n"
	}
	all := rule("reason, security-impact, approval, testing, secure-coding, roll-back")
	says := func(text string) func(*Input) {
		return func(in *Input) { in.Context.Change.Reason = &change.Why{Text: &text} }
	}
	const whole = "## Summary\nPrices round half up.\n\n**Security impact:** none\n\n### Test plan\n- unit tests\n\nSecure coding: reviewed against the list of 6.2.4\nRoll-back: revert and redeploy\n"
	for _, c := range []asked{
		{"whole", all, says(whole), finding.Satisfied, `roll-back: the text of the change says "revert and redeploy"`},
		{"approval missing", all, func(in *Input) { says(whole)(in); in.Context.Reviews = []change.Review{} }, finding.NotSatisfied, "0 of 1 person approved"},
		{"no reviews known", all, func(in *Input) { says(whole)(in); in.Context.Reviews = nil }, finding.NotAssessed, ""},
		{"nothing said", rule("roll-back, security-impact"), says("hello"), finding.NotSatisfied, "does not say: roll-back, security-impact"},
		{"a template in its comments", rule("roll-back"), says("## Roll-back\n<!-- how? -->\n"), finding.NotSatisfied, ""},
		{"a comment without an end", rule("roll-back"), says("## Roll-back\n<!-- how?\nrevert it"), finding.NotSatisfied, ""},
		{"tbd", rule("roll-back"), says("Roll-back: TBD"), finding.NotSatisfied, ""},
		{"no way back", rule("roll-back"), says("Roll back plan: none."), finding.NotSatisfied, ""},
		{"no impact", rule("security-impact"), says("Security impact: None."), finding.Satisfied, ""},
		{"another heading ends it", rule("roll-back"), says("## Roll-back\n\n## Notes\nnone of this counts\n"), finding.NotSatisfied, ""},
		{"another script", rule("roll-back"), says("Roll-back: 回滚到上一个版本"), finding.Satisfied, ""},
		{"a trailer", rule("roll-back"), func(in *Input) {
			says("")(in)
			in.Change.Commits[0].Trailers = []change.Trailer{{Key: "Roll-Back", Value: "revert"}}
		}, finding.Satisfied, "says \"revert\""},
		{"a trailer, no context", rule("roll-back"), func(in *Input) {
			in.Context = nil
			in.Change.Commits[0].Trailers = []change.Trailer{{Key: "Rollback", Value: "revert"}}
		}, finding.Satisfied, ""},
		{"no context", rule("roll-back"), func(in *Input) { in.Context = nil }, finding.NotAssessed, "no context was given"},
		{"no text in the context", rule("roll-back"), nil, finding.NotAssessed, "change.reason"},
		{"a ticket is a reason", rule("reason"), func(in *Input) { in.Context.Change.Reason = &change.Why{Tickets: []string{"SHOP-1"}} }, finding.Satisfied, "ticket SHOP-1"},
		{"green checks are testing", rule("testing"), func(in *Input) {
			says("")(in)
			in.Context.Checks = []change.CheckRun{{Name: "b", App: "ci", Head: oid("head").String(), Conclusion: "success"}}
		}, finding.Satisfied, "1 check succeeded on the head"},
		{"a red check is none", rule("testing"), func(in *Input) {
			says("")(in)
			in.Context.Checks = []change.CheckRun{{Name: "b", App: "ci", Head: oid("head").String(), Conclusion: "success"}, {Name: "c", App: "ci", Head: oid("head").String(), Conclusion: "failure"}}
		}, finding.NotSatisfied, ""},
		{"no check is none", rule("testing"), func(in *Input) { says("")(in); in.Context.Checks = []change.CheckRun{} }, finding.NotSatisfied, ""},
	} {
		ch, x := pullRequest(review("2", "bob", "approved", oid("head"), "write"))
		c.check(t, Input{Change: ch, Context: x})
	}
}

// An emergency lets a change land before its review, and the review is due (trap 16:
// the emergency path unused or unlimited).
func TestEmergency(t *testing.T) {
	const rule = "rules: [{id: r, kind: approvals, approvals: {humans: 1}, emergency: defer}, {id: hard, kind: pull-request}]\nemergency: {permission: maintain, review_within_days: 2}\n"
	const team = "rules: [{id: r, kind: approvals, approvals: {humans: 1}, emergency: defer}]\nemergency: {teams: [acme/on-call], review_within_days: 2}\n"
	declared := func(edit func(*Input, *change.Urgency)) func(*Input) {
		return func(in *Input) {
			u := &change.Urgency{By: person("1", "ann"), Permission: "maintain", At: "2026-11-22T23:00:00-05:00", Via: "label emergency", Reason: "the shop is down"}
			in.Context.Change.Emergency, in.Day = u, "2026-11-24"
			if edit != nil {
				edit(in, u)
			}
		}
	}
	landed := func(day config.Day, edit func(*Input, *change.Urgency)) func(*Input) {
		return declared(func(in *Input, u *change.Urgency) {
			in.Stage, in.Day, in.Context.Merge = change.AtRecord, day, &change.Merge{At: "2026-11-23T08:00:00Z"}
			if edit != nil {
				edit(in, u)
			}
		})
	}
	notices := map[string]string{
		"landed, not due yet":                "is due by 2026-11-25 Review it after the fact",
		"landed, reviewed after":             "was due by 2026-11-25, and is there Nothing is left to do.",
		"landed, reviewed too late":          "was due by 2026-11-25, and came only after that Nothing is left to do.",
		"too little permission":              "it does not count",
		"another commit was pushed since":    "it was declared of commit " + oid("earlier").String()[:12] + ", and not of what was pushed since (it changes x otherwise) Take the label emergency off and set it again, so that",
		"landed as another commit":           "Nothing waited for it.",
		"reviewed all the same":              "is there already Nothing is left to do.",
		"declared after it had landed":       "Nothing waited for it.",
		"landed, overdue":                    "was due by 2026-11-25, and is not there Do it now",
		"landed, reviewed in time and again": "was due by 2026-11-25, and is there Nothing is left to do.",
	}
	for _, c := range []asked{
		{"no emergency", rule, nil, finding.NotSatisfied, ""},
		{"an emergency for months", rule, declared(func(in *Input, u *change.Urgency) { u.At = "2026-08-01T00:00:00Z" }), finding.NotSatisfied, "was due by 2026-08-03, before it landed"},
		{"emergency", rule, declared(nil), finding.Excepted, "it waits, because of an emergency that ann declared; due by 2026-11-25"},
		{"reviewed all the same", rule, declared(func(in *Input, _ *change.Urgency) {
			in.Context.Reviews = []change.Review{review("2", "bob", "approved", oid("head"), "write")}
		}), finding.Satisfied, ""},
		{"approvals not known", rule, declared(func(in *Input, _ *change.Urgency) { in.Context.Reviews = nil }), finding.Excepted, ""},
		{"too little permission", rule, declared(func(_ *Input, u *change.Urgency) { u.Permission = "write" }), finding.NotSatisfied, `has permission "write", and it takes maintain`},
		{"permission not known", rule, declared(func(_ *Input, u *change.Urgency) { u.Permission = "" }), finding.NotSatisfied, ""},
		{"a label, by nobody knows whom", rule, declared(func(_ *Input, u *change.Urgency) { u.By = nil }), finding.NotSatisfied, "a label alone may be anybody's"},
		{"of a change to this branch", rule, declared(func(in *Input, u *change.Urgency) {
			in.Context.Change.Target, u.Target = "refs/heads/main", "refs/heads/main"
		}), finding.Excepted, ""},
		{"of a change to another branch", rule, declared(func(in *Input, u *change.Urgency) {
			in.Context.Change.Target, u.Target = "refs/heads/main", "refs/heads/side"
		}), finding.NotSatisfied, "it was declared of a change to refs/heads/side"},
		{"before it was turned to this branch", rule, declared(func(in *Input, u *change.Urgency) {
			in.Context.Change.Target, u.Target = "refs/heads/main", change.AnotherTarget
		}), finding.NotSatisfied, "of a change to another branch"},
		{"of this commit", rule, declared(func(in *Input, u *change.Urgency) { u.Commit = in.Change.Head.String() }), finding.Excepted, ""},
		{"another commit was pushed since", rule, declared(func(in *Input, u *change.Urgency) {
			u.Commit = oid("earlier").String()
			in.Approved = map[Seen]Approved{{Commit: u.Commit}: {How: "it changes x otherwise"}}
		}), finding.NotSatisfied, "it was declared of commit "},
		{"a commit that was not compared", rule, declared(func(in *Input, u *change.Urgency) { u.Commit = oid("earlier").String() }), finding.NotSatisfied, "was not looked at"},
		{"the same change was pushed since", rule, declared(func(in *Input, u *change.Urgency) {
			u.Commit = oid("earlier").String()
			in.Approved = map[Seen]Approved{{Commit: u.Commit}: {Same: true, How: "it has the same files", Commits: in.Change.Commits}}
		}), finding.Excepted, ""},
		{"the same change of another author", rule, declared(func(in *Input, u *change.Urgency) {
			u.Commit = oid("earlier").String()
			in.Approved = map[Seen]Approved{{Commit: u.Commit}: {Same: true, How: "it has the same files", Commits: []change.Commit{{Commit: git.Commit{ID: oid("earlier"), Author: git.Signature{Name: "Zoe", Email: "zoe@example.org"}}}}}}
		}), finding.NotSatisfied, "its commits name other authors than those of the head"},
		{"landed as another commit", rule, landed("2026-11-25", func(in *Input, u *change.Urgency) {
			u.Commit = oid("earlier").String()
			in.Approved = map[Seen]Approved{{Commit: u.Commit}: {How: "it changes x otherwise"}}
		}), finding.NotApplicable, ""},
		{"landed as the same change", rule, landed("2026-11-25", func(in *Input, u *change.Urgency) {
			u.Commit = oid("earlier").String()
			in.Approved = map[Seen]Approved{{Commit: u.Commit}: {Same: true, How: "it has the same files", Commits: in.Change.Commits}}
		}), finding.Excepted, "due by 2026-11-25"},
		{"an App, with a maintainer's token", rule, declared(func(_ *Input, u *change.Urgency) { u.By.Type = change.App }), finding.NotSatisfied, "is not known to be a person"},
		{"a bot", rule, declared(func(_ *Input, u *change.Urgency) { u.By.Type = change.Bot }), finding.NotSatisfied, "is not known to be a person"},
		{"no reason", rule, declared(func(_ *Input, u *change.Urgency) { u.Reason = " \n" }), finding.NotSatisfied, "it has no reason"},
		{"no time", rule, declared(func(_ *Input, u *change.Urgency) { u.At = "today" }), finding.NotSatisfied, "when it was declared"},
		{"declared tomorrow", rule, declared(func(_ *Input, u *change.Urgency) { u.At = "2026-11-25T00:00:00Z" }), finding.NotSatisfied, "after the day of this review"},
		{"no day", rule, declared(func(in *Input, _ *change.Urgency) { in.Day = "" }), finding.NotSatisfied, "no day"},
		{"on call", team, declared(func(_ *Input, u *change.Urgency) { u.Teams = []string{"on-call"} }), finding.Excepted, ""},
		{"not on call", team, declared(func(_ *Input, u *change.Urgency) { u.Teams = []string{} }), finding.NotSatisfied, "is in none of the teams"},
		{"teams not known", team, declared(nil), finding.NotSatisfied, "in which teams"},
		{"the floor does not wait", "", declared(func(in *Input, _ *change.Urgency) {
			in.Config = config.Layer(floorOf(t, "rules: [{id: r, kind: approvals, approvals: {humans: 1}}]\n"), policy(t, rule))
		}), finding.NotSatisfied, ""},
		{"the floor's own permission", "", declared(func(in *Input, _ *change.Urgency) {
			in.Config = config.Layer(floorOf(t, strings.Replace(rule, "permission: maintain", "permission: admin", 1)), policy(t, "emergency: {permission: read, review_within_days: 30}\n"))
		}), finding.NotSatisfied, "it takes admin"},
		{"landed, not due yet", rule, landed("2026-11-25", nil), finding.Excepted, "due by 2026-11-25"},
		{"landed, overdue", rule, landed("2026-11-26", nil), finding.NotSatisfied, "what it put off was due by 2026-11-25"},
		{"landed, reviewed after", rule, landed("2026-11-26", func(in *Input, _ *change.Urgency) {
			r := review("2", "bob", "approved", oid("head"), "write")
			r.At = "2026-11-24T10:00:00Z"
			in.Context.Reviews = []change.Review{r}
		}), finding.Satisfied, ""},
		{"landed, reviewed too late", rule, landed("2026-11-28", func(in *Input, _ *change.Urgency) {
			r := review("2", "bob", "approved", oid("head"), "write")
			r.At = "2026-11-26T00:10:00Z"
			in.Context.Reviews = []change.Review{r}
		}), finding.Satisfied, "was due by 2026-11-25, and was done only after that"},
		{"landed, reviewed in time and again", rule, landed("2026-11-28", func(in *Input, _ *change.Urgency) {
			early, late := review("2", "bob", "approved", oid("head"), "write"), review("2", "bob", "approved", oid("head"), "write")
			early.At, late.At = "2026-11-24T10:00:00Z", "2026-11-27T10:00:00Z"
			in.Context.Reviews = []change.Review{early, late}
		}), finding.Satisfied, ""},
		{"landed, reviewed in time, and taken back later", rule, landed("2026-11-28", func(in *Input, _ *change.Urgency) {
			early, late := review("2", "bob", "approved", oid("head"), "write"), review("3", "dan", "changes_requested", oid("head"), "write")
			early.At, late.At = "2026-11-24T10:00:00Z", "2026-11-27T10:00:00Z"
			in.Context.Reviews = []change.Review{early, late}
		}), finding.Satisfied, ""},
		{"declared after it had landed", rule, landed("2026-11-25", func(_ *Input, u *change.Urgency) { u.At = "2026-11-23T09:00:00Z" }), finding.NotApplicable, ""},
		{"landed nobody knows when", rule, landed("2026-11-25", func(in *Input, _ *change.Urgency) { in.Context.Merge = nil }), finding.NotApplicable, ""},
		{"landed without an emergency", rule, landed("2026-11-25", func(in *Input, _ *change.Urgency) { in.Context.Change.Emergency = nil }), finding.NotApplicable, ""},
	} {
		ch, x := pullRequest()
		x.Repository = &change.Repository{Host: "github.com", Owner: "acme", Name: "shop"}
		in := Input{Change: ch, Context: x, Day: "2026-11-24", Stage: change.AtMerge}
		c.check(t, in)
		if c.edit != nil {
			c.edit(&in)
		}
		if in.Config == nil {
			in.Config = config.Layer(nil, policy(t, c.rules))
		}
		checks := evaluate(t, in)
		if got := checks["hard"]; got.ID != "" && got.Outcome == finding.Excepted {
			t.Errorf("%s: a rule that does not wait is excepted", c.name)
		}
		due := ""
		if r := checks["r"]; slices.ContainsFunc(r.Reasons, func(r finding.Reason) bool { return r.Code == ReasonEmergency }) {
			due = map[bool]string{false: "2026-11-25", true: "2026-08-03"}[c.name == "an emergency for months"]
		}
		if got := checks["r"].Due; got != due && c.rules != "" {
			t.Errorf("%s: it is due %q, want %q", c.name, got, due)
		}
		if n, said := checks[NoticeEmergency]; said != (in.Context.Change.Emergency != nil) || said && n.Found[0].Message == "" {
			t.Errorf("%s: the notice of an emergency is %v", c.name, n)
		} else if want := notices[c.name]; want != "" && !strings.Contains(n.Found[0].Message+" "+n.Found[0].Remedy, want) {
			t.Errorf("%s: the notice of an emergency says %+v, want %q", c.name, n.Found[0], want)
		}
	}
}

// A rule at stage record counts no approval that came after the change had landed.
func TestApprovedTooLate(t *testing.T) {
	const rule = "rules: [{id: r, kind: approvals, at: [record], approvals: {humans: 1}}]\n"
	at := func(merged string) func(*Input) {
		return func(in *Input) { in.Stage, in.Context.Merge = change.AtRecord, &change.Merge{At: merged} }
	}
	again := func(id, login, state string) func(*Input) {
		return func(in *Input) {
			at("2026-11-20T10:00:01Z")(in)
			later := review(id, login, state, oid("head"), "write")
			later.At = "2026-11-21T10:00:00Z"
			in.Context.Reviews = append(in.Context.Reviews, later)
		}
	}
	for _, c := range []asked{
		{"before", rule, at("2026-11-20T10:00:01Z"), finding.Satisfied, ""},
		{"after", rule, at("2026-11-20T09:59:59Z"), finding.NotSatisfied, "bob does not count: approved after the change had landed"},
		{"not known", rule, at(""), finding.NotAssessed, "whether before the change landed"},
		{"no merge", rule, func(in *Input) { in.Stage = change.AtRecord }, finding.NotAssessed, ""},
		{"before, and once more after", rule, again("2", "bob", "approved"), finding.Satisfied, ""},
		{"before, and took it back after", rule, again("2", "bob", "changes_requested"), finding.Satisfied, ""},
		{"somebody else objects after", rule, again("3", "eve", "changes_requested"), finding.Satisfied, "eve does not count: asked for changes after the change had landed"},
	} {
		ch, x := pullRequest(review("2", "bob", "approved", oid("head"), "write"))
		c.check(t, Input{Change: ch, Context: x})
	}
}

// Who dismisses a review when the change has landed takes neither an approval nor an objection back.
func TestDismissedTooLate(t *testing.T) {
	const rule = "rules: [{id: r, kind: approvals, at: [record], approvals: {humans: 1}}]\n"
	dismissed := func(was, at, merged string) func(*Input) {
		return func(in *Input) {
			in.Stage, in.Context.Merge = change.AtRecord, &change.Merge{At: merged}
			v := &in.Context.Reviews[0]
			v.State, v.Was, v.DismissedAt = "dismissed", was, at
		}
	}
	const before, landed, behind = "2026-11-20T10:00:00Z", "2026-11-20T10:00:01Z", "2026-11-20T10:00:02Z"
	for _, c := range []asked{
		{"an approval, before", rule, dismissed("approved", before, landed), finding.NotSatisfied, "their review was dismissed"},
		{"an approval, at once", rule, dismissed("approved", landed, landed), finding.NotSatisfied, "their review was dismissed"},
		{"an approval, behind", rule, dismissed("approved", behind, landed), finding.Satisfied, ""},
		{"an approval, and when it landed is not known", rule, dismissed("approved", behind, ""), finding.NotSatisfied, "their review was dismissed"},
		{"an approval, and when is not known", rule, dismissed("approved", "", landed), finding.NotSatisfied, "their review was dismissed"},
		{"an objection, before", rule, dismissed("changes_requested", before, landed), finding.NotSatisfied, "their review was dismissed"},
		{"an objection, behind", rule, dismissed("changes_requested", behind, landed), finding.NotSatisfied, "bob asked for changes"},
		{"a comment, behind", rule, dismissed("commented", behind, landed), finding.NotSatisfied, "0 of 1 person"},
		{"at merge", "rules: [{id: r, kind: approvals, approvals: {humans: 1}}]\n", func(in *Input) {
			dismissed("approved", behind, landed)(in)
			in.Stage, in.Context.Merge = change.AtMerge, nil
		}, finding.NotSatisfied, "their review was dismissed"},
	} {
		ch, x := pullRequest(review("2", "bob", "approved", oid("head"), "write"))
		c.check(t, Input{Change: ch, Context: x})
	}
}

// An approval is of a change to one ref. Where the context does not say which, it counts.
func TestApprovedElsewhere(t *testing.T) {
	const rule = "rules: [{id: r, kind: approvals, approvals: {humans: 1}}]\n"
	refs := func(approved, target string) func(*Input) {
		return func(in *Input) { in.Context.Reviews[0].Target, in.Context.Change.Target = approved, target }
	}
	for _, c := range []asked{
		{"for this one", rule, refs("refs/heads/main", "refs/heads/main"), finding.Satisfied, ""},
		{"for another", rule, refs("refs/heads/side", "refs/heads/main"), finding.NotSatisfied, "bob does not count: approved it as a change to refs/heads/side"},
		{"for one, and for which this is is not known", rule, refs("refs/heads/main", ""), finding.NotSatisfied, "bob does not count: approved it as a change to refs/heads/main"},
		{"not known", rule, refs("", "refs/heads/main"), finding.Satisfied, ""},
		{"against it, for another", rule, func(in *Input) {
			refs("refs/heads/side", "refs/heads/main")(in)
			in.Context.Reviews[0].State = "changes_requested"
		}, finding.NotSatisfied, "bob asked for changes"},
	} {
		ch, x := pullRequest(review("2", "bob", "approved", oid("head"), "write"))
		c.check(t, Input{Change: ch, Context: x})
	}
}

// 10^5 runs of checks, each of another name, are no work that grows with their square.
func TestManyChecks(t *testing.T) {
	ch, x := pullRequest()
	for i := range 100_000 {
		x.Checks = append(x.Checks, change.CheckRun{Name: fmt.Sprint(i), App: "ci", Head: ch.Head.String(), Conclusion: "success"})
	}
	x.Change.Reason = &change.Why{}
	c := asked{"many", "rules: [{id: r, kind: change-record, fields: [testing]}]\n", nil, finding.Satisfied, "100,000 checks succeeded"}
	c.check(t, Input{Change: ch, Context: x})
}
