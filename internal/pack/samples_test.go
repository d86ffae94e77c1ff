package pack

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"custody/attestation"
	"custody/impact"
	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/review"
	"custody/internal/sign"
)

// Verdicts as a review makes them, small enough to read, or as large and hostile as
// they get.

func oid(n int) git.OID {
	id, err := git.ParseOID(fmt.Sprintf("%040x", uint64(n+1)*0x9e3779b97f4a7c15))
	if err != nil {
		panic(err)
	}
	return id
}

func testKey(t testing.TB) *sign.Key {
	t.Helper()
	k, err := sign.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const sampleContext = `{"schema":"custody/context/v1","repository":{"host":"github.com","owner":"octo","name":"shop"},
"change":{"kind":"pull_request","number":412,"title":"Refresh sessions before they expire","author":{"login":"mira","id":"7","type":"User"}}}`

func build(t testing.TB, v *review.Verdict, ctx []byte) []byte {
	t.Helper()
	if ctx != nil {
		c, err := canonicalContext(ctx)
		if err != nil {
			t.Fatal(err)
		}
		v.Inputs.Files["context"] = review.Digest(Digest(c))
	}
	b, err := Build(context.Background(), Input{Verdict: v, Context: ctx, Signer: testKey(t)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func digest(c string) review.Digest { return review.Digest("sha256:" + strings.Repeat(c, 64)) }

// passing is a small change that may land.
func passing() *review.Verdict {
	base, head := oid(1), oid(2)
	approvals := finding.Check{
		ID: "agent-approvals", Kind: "rule", Asks: "approvals", Name: "Code written by an agent has two human approvals",
		Origin: ".custody.yaml", Level: finding.Error, Outcome: finding.Satisfied,
		Reasons: []finding.Reason{{Code: "approved", Detail: "Approved on the head by 2 people: jo, sam."}}, Found: []finding.Finding{},
		Maps: []finding.Control{{Framework: "soc2-2017", ID: "CC8.1", Relation: "direct"}, {Framework: "iso27001-2022", ID: "A.8.32", Relation: "supporting"}},
	}
	hashing := finding.Check{
		ID: "SEC-014", Kind: "requirement", Name: "Passwords are hashed with argon2id",
		Origin: "security_requirements.yaml", Level: finding.Error, Outcome: finding.Satisfied,
		Reasons: []finding.Reason{{Code: "found", Detail: "The required text is in 1 of 1 files."}}, Found: []finding.Finding{},
		Maps: []finding.Control{{Framework: "soc2-2017", ID: "CC6.1", Relation: "direct"}},
	}
	deploy := finding.Check{
		ID: "deploy-window", Kind: "rule", Name: "Deployed inside the window", Origin: "floor", Level: finding.Error,
		Outcome: finding.NotApplicable, Reasons: []finding.Reason{{Code: "stage", Detail: "It is asked at record, this is merge."}}, Found: []finding.Finding{},
	}
	return &review.Verdict{
		Schema: review.Schema, Door: review.Door{Name: "cli", Version: "0.1.0"},
		Decision: review.Pass, Reasons: []finding.Reason{}, Stage: change.AtMerge,
		Inputs: review.Inputs{
			ObjectFormat: "sha1", Base: base, Head: head, MergeBases: []git.OID{base}, Stage: change.AtMerge, Day: "2026-11-23",
			Files:   map[string]review.Digest{"policy": digest("a"), "requirements": digest("b")},
			Waivers: []string{}, Limits: map[string]int64{"files": 100000}, Versions: map[string]string{"go": "1", "identities": "3"},
		},
		About: &review.About{Repository: "github.com/octo/shop", Kind: "pull_request", Number: 412, Title: "Refresh sessions before they expire", Author: "mira",
			Reason: "Customers were logged out in the middle of a payment.", Tickets: []string{"SHOP-88"}},
		Change: review.Summary{
			Commits: []review.CommitLine{{SHA: head, Subject: "Refresh sessions before they expire", Author: "Mira Lang <mira@example.com>"}},
			Files: []review.FileLine{
				{Path: "session/refresh.go", Status: change.Added, Mode: git.ModeFile, Added: 84},
				{Path: "session/store.go", Status: change.Modified, Mode: git.ModeFile, OldMode: git.ModeFile, Added: 12, Deleted: 4},
				{Path: "session/refresh_test.go", Status: change.Added, Mode: git.ModeFile, Added: 60},
			},
			Added: 156, Deleted: 4,
		},
		Checks:   []finding.Check{approvals, hashing, deploy},
		Findings: []finding.Finding{{Rule: "large-file", Level: finding.Note, Place: finding.Place{Path: "session/refresh.go"}, Message: "The file has no owner.", Remedy: "Add it to CODEOWNERS.", Who: "a maintainer"}},
		Impact: &impact.Report{
			Schema: impact.ReportSchema, Base: base, Head: head, MergeBases: []git.OID{base},
			Changed: []impact.Changed{{Path: "session/refresh.go", Status: change.Added, Language: "go"}, {Path: "session/store.go", Language: "go"}, {Path: "session/refresh_test.go", Status: change.Added, Language: "go"}},
			Reached: []impact.Reached{
				{Node: "package:session", Kind: "package", Path: "session", Distance: 1, Confidence: 1000, Via: []string{"file:session/store.go"}, Reason: "session/store.go is part of this package."},
				{Node: "file:web/login.go", Kind: "file", Path: "web/login.go", Distance: 2, Confidence: 1000, Via: []string{"file:session/store.go", "package:session"}, Reason: "It imports the package session."},
				{Node: "file:web/pay.go", Kind: "file", Path: "web/pay.go", Distance: 2, Confidence: 900, Via: []string{"file:session/store.go", "package:session"}, Reason: "It imports the package session."},
			},
			Graph:   impact.Summary{Nodes: 812, Edges: 2310, Skipped: map[string]int{"opaque": 12}, Examples: []impact.Skipped{}},
			Outcome: finding.Satisfied, Reasons: []finding.Reason{},
			Risk: &impact.Risk{Level: "medium", Score: 260, Reasons: []impact.RiskReason{{Code: "authorship", Points: 160, Detail: "an agent wrote 62% of the added lines"}, {Code: "size", Points: 100, Detail: "160 lines in 3 files"}}},
		},
		Attestation: &attestation.Report{
			Schema: attestation.ReportSchema,
			Commits: []attestation.Commit{{SHA: head, Class: attestation.AIDeclared, Agents: []attestation.Agent{{ID: "claude-code", Model: "opus"}},
				Evidence: []attestation.Evidence{{Source: "trailer", Strength: "D", Class: attestation.AIDeclared, Agent: "claude-code", Scope: "commit:" + head.String(), Detail: "Co-Authored-By: Claude", Role: attestation.Decides, Session: "session_01Abc"},
					{Source: "message", Strength: "E", Class: attestation.HumanDeclared, Scope: "commit:" + head.String(), Detail: "AI-Assistance: none", Role: attestation.Contradicts}},
				People: []string{"Mira Lang <mira@example.com>"}}},
			Files:    []attestation.File{{Path: "session/refresh.go", Added: 84, Lines: map[attestation.Class]int{attestation.AIDeclared: 84}}},
			Summary:  attestation.Summary{AddedLines: 156, Lines: map[attestation.Class]int{attestation.AIDeclared: 96, attestation.HumanDeclared: 60}},
			Findings: []finding.Finding{}, Outcome: finding.Satisfied, Reasons: []finding.Reason{},
		},
		NotAssessed: []finding.Reason{{Code: "opaque", Detail: "A picture: nothing is expected of it.", Path: "docs/flow.png"}},
	}
}

// failing lacks an approval and breaks a requirement.
func failing() *review.Verdict {
	v := passing()
	v.Decision = review.Fail
	missing := finding.Finding{Rule: "agent-approvals", Level: finding.Error, Message: "An agent wrote 96 of the added lines, and 1 of the 2 human approvals that this needs is there.",
		Remedy: "Get one more approval of the head from a person who wrote none of it.", Who: "anyone with write access except mira"}
	md5 := finding.Finding{Rule: "SEC-014", Level: finding.Error, Place: finding.Place{Path: "session/store.go", StartLine: 41, EndLine: 43}, Message: "A password is hashed with md5.",
		Remedy: "Use argon2id as auth/hash.go does.", Who: "the author"}
	v.Checks[0].Outcome, v.Checks[0].Found = finding.NotSatisfied, []finding.Finding{missing}
	v.Checks[0].Reasons = []finding.Reason{{Code: "approvals", Detail: "1 of 2 approvals: sam on the head; jo approved an older commit."}}
	v.Checks[1].Outcome, v.Checks[1].Found = finding.NotSatisfied, []finding.Finding{md5}
	v.Checks[1].Reasons = []finding.Reason{{Code: "violated", Detail: "1 place does not follow it."}}
	old := finding.Finding{Rule: "SEC-020", Level: finding.Warning, Place: finding.Place{Path: "web/login.go", StartLine: 7}, Message: "The login page sets a cookie without SameSite.", WaivedBy: "W-2026-03"}
	v.Checks = append(v.Checks, finding.Check{ID: "SEC-020", Kind: "requirement", Name: "Cookies are SameSite", Origin: "security_requirements.yaml", Level: finding.Warning, Outcome: finding.Excepted,
		Reasons: []finding.Reason{{Code: "waiver", Detail: "Waiver W-2026-03, until 2026-12-31, approved by kim."}}, Found: []finding.Finding{old}})
	v.Findings = append(v.Findings, md5, missing, old)
	v.Inputs.Waivers = []string{"W-2026-03"}
	v.Reasons = []finding.Reason{
		{Code: "not-satisfied", Detail: "Two rules that must be met are not: a second approval is missing, and a requirement on passwords is broken."},
	}
	return v
}

// incomplete has no policy and could not follow everything.
func incomplete() *review.Verdict {
	v := passing()
	v.About = nil
	v.Decision = review.Incomplete
	v.Checks = []finding.Check{}
	v.Findings = []finding.Finding{}
	v.Reasons = []finding.Reason{{Code: "no-policy", Detail: "There is no policy at the base and no floor, so no rule is in force and nothing was judged."}}
	v.Impact.Outcome = finding.NotAssessed
	v.Impact.Reasons = []finding.Reason{{Code: "unresolved", Detail: "An import names no file of the repository.", Path: "web/pay.go"}}
	v.Attestation = nil
	v.NotAssessed = append(v.NotAssessed, finding.Reason{Code: "unresolved", Detail: "The import ./missing names no file.", Path: "web/pay.go"},
		finding.Reason{Code: "missing-object", Detail: "The blobs of 1 file are not in this partial clone.", Path: "session/refresh.go"})
	delete(v.Inputs.Files, "policy")
	return v
}

// hostileTexts are names, messages and authors that want to be something else.
var hostileTexts = []string{
	"<script>alert(1)</script>", "</style><img src=x onerror=alert(1)>", "</title><h1>pass</h1>", "{{.V}}", "\"><a href=javascript:1>", "--><b>",
	"@octocat please merge", "fixes #1 and octo/shop#2, GH-3", "https://evil.example/x?a=1", "www.evil.example", "mail@evil.example",
	"`code` ``two``", "``", "`", " ` ", "a|b\\|c\\", "| --- |", "[link](https://evil.example)", "![img](//evil.example/x.png)", "[x]: https://evil.example", "<https://evil.example>",
	"line\nbreak\r\n# heading\n\n- item", "- item", "1. item", "+ item", "    code", "> quote", "***bold***", "~~strike~~", "&lt;b&gt; &#64;octocat", "$x^2$", ":tada:",
	"\u202egnp.exe\u202c", "zero\u200bwidth", "nul\x00bell\x07esc\x1b[31m", "a" + strings.Repeat("\u0301", 50), "\u2028\u2029\ufeff", "\U000e0041tag",
	"=HYPERLINK(\"https://evil.example\")", "{0} {x} }}{{", "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef", strings.Repeat("x", 5000), "", "%00%2e%2e", "../../etc/passwd", "C:\\con", "a:b", "日本語 ファイル.txt", "é",
}

// hostile puts every hostile text into every place that a change can write.
func hostile() *review.Verdict {
	v := failing()
	v.Decision = review.Fail
	v.Checks, v.Findings = nil, nil
	for i, s := range hostileTexts {
		p := change.Path(s).Escaped()
		f := finding.Finding{Rule: s, Level: finding.Level(i % 3), Place: finding.Place{Path: p, StartLine: i, EndLine: i - 3}, Message: s, Remedy: s, Who: s}
		if i%5 == 4 {
			f.WaivedBy = s
		}
		if i%2 == 0 {
			f.Place.Path = ""
		}
		v.Findings = append(v.Findings, f)
		v.Checks = append(v.Checks, finding.Check{ID: s, Kind: s, Name: s, Origin: s, Level: finding.Level(i % 3), Outcome: finding.Outcome(i % 5),
			Reasons: []finding.Reason{{Code: s, Detail: s, Path: p}}, Found: []finding.Finding{f}, Maps: []finding.Control{{Framework: s, ID: s, Relation: s}}})
		v.Reasons = append(v.Reasons, finding.Reason{Code: s, Detail: s, Path: p})
		v.NotAssessed = append(v.NotAssessed, finding.Reason{Code: s, Detail: s, Path: p})
		v.Change.Files = append(v.Change.Files, review.FileLine{Path: p, OldPath: p, Status: change.Renamed, Unread: change.Unread(s)})
		v.Change.Commits = append(v.Change.Commits, review.CommitLine{SHA: oid(i), Subject: s, Author: s})
		v.Impact.Reached = append(v.Impact.Reached, impact.Reached{Node: "file:" + p, Kind: impact.Kind(s), Path: p, Distance: i - 2, Confidence: impact.Confidence(i * 100), Via: []string{s}, Reason: s})
		v.Impact.Reasons = append(v.Impact.Reasons, finding.Reason{Code: s, Detail: s})
		v.Attestation.Reasons = append(v.Attestation.Reasons, finding.Reason{Code: s, Detail: s})
		v.Attestation.Commits = append(v.Attestation.Commits, attestation.Commit{SHA: oid(i), Class: attestation.Class(s), Agents: []attestation.Agent{{ID: s, Model: s}},
			Evidence: []attestation.Evidence{{Source: s, Strength: attestation.Strength(s), Agent: s, Scope: s, Detail: s}}, People: []string{s}})
		v.Impact.Risk.Reasons = append([]impact.RiskReason{{Code: s, Detail: s}}, v.Impact.Risk.Reasons...)
		v.Impact.Changed = append(v.Impact.Changed, impact.Changed{Path: p, OldPath: p, Language: s, Symbols: []impact.Symbol{{Name: s, Kind: s, Change: "removed", Exported: true}}})
		v.Change.Files[len(v.Change.Files)-1].Critical = s
		v.Inputs.Versions[s] = s
		v.Inputs.Waivers = append(v.Inputs.Waivers, s)
		v.About.Tickets = append(v.About.Tickets, s)
	}
	v.About.Title, v.About.Author, v.About.Repository, v.About.Reason = hostileTexts[0], hostileTexts[6], hostileTexts[2], strings.Join(hostileTexts, " ")
	v.Door = review.Door{Name: hostileTexts[0], Version: hostileTexts[1], URL: hostileTexts[4]}
	return v
}

// huge is a change of n files with n findings.
func huge(n int) *review.Verdict {
	v := failing()
	for i := range n {
		p := fmt.Sprintf("services/area%02d/module%03d/file%05d.go", i%40, i%700, i)
		v.Change.Files = append(v.Change.Files, review.FileLine{Path: p, Mode: git.ModeFile, OldMode: git.ModeFile, Added: 40, Deleted: 3})
		v.Impact.Changed = append(v.Impact.Changed, impact.Changed{Path: p, Language: "go"})
		v.Impact.Reached = append(v.Impact.Reached, impact.Reached{Node: "file:x/" + p, Kind: "file", Path: "x/" + p, Distance: 1 + i%9, Confidence: 1000, Via: []string{"file:" + p}, Reason: "It imports the package."})
		v.Attestation.Files = append(v.Attestation.Files, attestation.File{Path: p, Added: 40, Lines: map[attestation.Class]int{attestation.AIDeclared: 30, attestation.Unknown: 10}})
		v.Findings = append(v.Findings, finding.Finding{Rule: "SEC-014", Level: finding.Level(i % 3), Place: finding.Place{Path: p, StartLine: i + 1}, Message: "A password is hashed with md5.", Remedy: "Use argon2id as auth/hash.go does.", Who: "the author"})
		if i%10 == 0 {
			v.Change.Commits = append(v.Change.Commits, review.CommitLine{SHA: oid(i + 10), Subject: fmt.Sprintf("Rework module %d", i), Author: fmt.Sprintf("Dev %d <dev%d@example.com>", i%50, i%50)})
			v.NotAssessed = append(v.NotAssessed, finding.Reason{Code: "unresolved", Detail: "An import names no file of the repository.", Path: p})
		}
	}
	v.Change.Added += 40 * n
	v.Change.Deleted += 3 * n
	v.Attestation.Summary.AddedLines += 40 * n
	v.Attestation.Summary.Lines[attestation.AIDeclared] += 30 * n
	v.Attestation.Summary.Lines[attestation.Unknown] += 10 * n
	return v
}
