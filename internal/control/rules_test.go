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
	"custody/internal/finding"
	"custody/internal/git"
)

func policy(t *testing.T, rules string) *config.Policy {
	t.Helper()
	p, err := config.ParsePolicy(config.FileName, []byte("version: 1\nauthorship: {unknown: ai}\n"+rules))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func person(id, login string) *change.Person {
	return &change.Person{ID: id, Login: login, Type: change.User}
}

func review(id, login, state string, commit git.OID, permission string) change.Review {
	return change.Review{Reviewer: *person(id, login), State: state, Commit: commit.String(), At: "2026-11-20T10:00:00Z", Permission: permission}
}

// pullRequest is a change of one commit by ann (1), opened by ann, with its context.
func pullRequest(reviews ...change.Review) (*change.Change, *change.Context) {
	c := wholeChange("src/a.go")
	c.Commits = []change.Commit{{Commit: git.Commit{ID: c.Head, Author: git.Signature{Name: "Ann", Email: "ann@example.org"}, Committer: git.Signature{Name: "Ann", Email: "ann@example.org"}}}}
	if reviews == nil {
		reviews = []change.Review{}
	}
	return c, &change.Context{
		Change:  &change.Request{Author: person("1", "ann"), Pushers: []change.Pusher{{Login: "ann", ID: "1", Type: change.User}}},
		Commits: []change.CommitFacts{{SHA: c.Head.String(), Author: person("1", "ann"), Committer: person("1", "ann")}},
		Reviews: reviews,
	}
}

const twoHumans = "rules: [{id: r, kind: approvals, approvals: {humans: 2, permission: write}}]\n"

// Whose name or address is shown cut or mended is no agent for it.
func TestPeopleBesideAgents(t *testing.T) {
	head := oid("head")
	for name, shown := range map[string]string{"Mal": "Mal <mal@example.org>", strings.Repeat("M", 300): strings.Repeat("M", 197) + "...", "Mal\x01": "Mal? <mal@example.org>"} {
		ch, x := pullRequest(review("2", "bob", "approved", head, "write"), review("3", "cid", "approved", head, "admin"))
		x.Commits = nil
		ch.Commits[0].Author = git.Signature{Name: name, Email: "mal@example.org"}
		at := &attestation.Report{Outcome: finding.Satisfied, Commits: []attestation.Commit{{SHA: head, Class: attestation.AIDeclared, Agents: []attestation.Agent{{ID: "claude-code"}}, People: []string{shown, "Ann <ann@example.org>"}}}}
		got := evaluate(t, Input{Change: ch, Context: x, Attestation: at, Config: config.Layer(nil, policy(t, twoHumans))})["r"]
		if got.Outcome != finding.NotAssessed || !strings.Contains(text(got), "mal@example.org") {
			t.Errorf("%.10q: %s", name, text(got))
		}
	}
}

func TestApprovals(t *testing.T) {
	head, old := oid("head"), oid("old")
	bob, cid := review("2", "bob", "approved", head, "write"), review("3", "cid", "approved", head, "admin")
	target := func(r change.Review, ref string) change.Review { r.Target = ref; return r }
	at := func(r change.Review, when string) change.Review { r.At = when; return r }
	typed := func(r change.Review, typ change.PersonType) change.Review { r.Reviewer.Type = typ; return r }
	trailer := func(key, value string) func(*change.Change, *change.Context) {
		return func(c *change.Change, _ *change.Context) {
			c.Commits[0].Trailers = append(c.Commits[0].Trailers, change.Trailer{Key: key, Value: value})
		}
	}
	for _, c := range []struct {
		name    string
		reviews []change.Review
		edit    func(*change.Change, *change.Context)
		want    finding.Outcome
		says    string
	}{
		{"two people", []change.Review{bob, cid}, nil, finding.Satisfied, "2 of 2 people with permission write or more approved"},
		{"nobody", nil, nil, finding.NotSatisfied, "Ask 2 more people to review and approve commit " + head.Short() + ". | people with permission write or more, other than ann"},
		{"one person", []change.Review{bob}, nil, finding.NotSatisfied, "1 of 2 people approved"},
		{"the same person twice", []change.Review{bob, at(bob, "2026-11-21T10:00:00Z")}, nil, finding.NotSatisfied, "1 of 2"},
		{"an older commit", []change.Review{bob, review("3", "cid", "approved", old, "admin")}, nil, finding.NotSatisfied, "cid approved an older commit"},
		{"too little permission", []change.Review{bob, review("3", "cid", "approved", head, "triage")}, nil, finding.NotSatisfied, "cid does not count: has permission triage"},
		{"no permission said", []change.Review{bob, review("3", "cid", "approved", head, "")}, nil, finding.NotAssessed, "does not say with which permission"},
		{"an unknown role", []change.Review{bob, review("3", "cid", "approved", head, "security-team")}, nil, finding.NotAssessed, "cid does not count"},
		{"a bot", []change.Review{bob, typed(cid, change.Bot)}, nil, finding.NotSatisfied, "cid does not count: is of type Bot, not a person"},
		{"an app", []change.Review{bob, typed(cid, change.App)}, nil, finding.NotSatisfied, "is of type App"},
		{"no type", []change.Review{bob, typed(cid, "")}, nil, finding.NotAssessed, "does not say that they are a person"},
		{"no id", []change.Review{bob, review("", "cid", "approved", head, "admin")}, nil, finding.NotAssessed, "numeric id"},
		{"the author", []change.Review{bob, review("1", "renamed-ann", "approved", head, "admin")}, nil, finding.NotSatisfied, "renamed-ann does not count: wrote some of it"},
		{"dismissed later", []change.Review{bob, cid, at(review("3", "cid", "dismissed", head, "admin"), "2026-11-21T10:00:00Z")}, nil, finding.NotSatisfied, "their review was dismissed"},
		{"a comment later", []change.Review{bob, cid, at(review("3", "cid", "commented", old, "admin"), "2026-11-21T10:00:00Z")}, nil, finding.Satisfied, ""},
		{"asks for changes", []change.Review{bob, cid, review("4", "dan", "changes_requested", old, "write")}, nil, finding.NotSatisfied, "dan asked for changes | Settle what dan asked for"},
		{"asks for changes without permission", []change.Review{bob, cid, review("4", "dan", "changes_requested", old, "read")}, nil, finding.Satisfied, "dan does not count: asks for changes, with permission read"},
		{"asks for changes, permission unknown", []change.Review{bob, cid, review("4", "dan", "changes_requested", old, "")}, nil, finding.NotAssessed, "dan does not count: asks for changes, and the context does not say"},
		{"asks for changes, then named as a co-author", []change.Review{bob, cid, review("4", "dan", "changes_requested", old, "write")}, trailer("Co-authored-by", "Dan <4+dan@users.noreply.github.com>"), finding.NotSatisfied, "dan asked for changes"},
		{"one login, two ids", []change.Review{bob, review("7", "BOB", "approved", head, "write")}, nil, finding.NotAssessed, "another review of the login bob has another id"},
		{"the author's login, another id", []change.Review{bob, review("7", "Ann", "approved", head, "write")}, nil, finding.NotAssessed, "has the login of an author, and another id"},
		{"a commit told of twice", []change.Review{bob, cid}, func(_ *change.Change, x *change.Context) {
			x.Commits = append([]change.CommitFacts{{SHA: head.String(), Author: person("3", "cid"), Committer: person("3", "cid")}}, x.Commits...)
		}, finding.NotSatisfied, "cid does not count: wrote"},
		{"author unknown to the forge under an address of its form", []change.Review{bob, cid}, func(c *change.Change, x *change.Context) {
			x.Commits[0].Author = nil
			c.Commits[0].Author.Email = "99+nobody@users.noreply.github.com"
		}, finding.NotAssessed, "99+nobody@users.noreply.github.com"},
		{"a co-author's address of some other host", []change.Review{bob, cid}, trailer("Co-authored-by", "X <99+x@users.noreply.evil.example>"), finding.NotAssessed, "99+x@users.noreply.evil.example"},
		{"asked for changes, then approved", []change.Review{at(review("2", "bob", "changes_requested", old, "write"), "2026-11-19T10:00:00Z"), bob, cid}, nil, finding.Satisfied, ""},
		{"approved, then asked for changes", []change.Review{at(review("2", "bob", "changes_requested", old, "write"), "2026-11-22T10:00:00Z"), bob, cid}, nil, finding.NotSatisfied, "bob asked for changes"},
		{"times in other zones", []change.Review{at(review("2", "bob", "changes_requested", head, "write"), "2026-11-20T13:00:00+02:00"), at(bob, "2026-11-20T10:59:00Z"), cid}, nil, finding.NotSatisfied, "bob asked"},
		{"no time to tell", []change.Review{at(bob, ""), at(review("2", "bob", "dismissed", head, "write"), "yesterday"), cid}, nil, finding.NotAssessed, "the order of their reviews is not known"},
		{"approved twice in a second, for two branches", []change.Review{bob, target(bob, "refs/heads/side"), cid}, nil, finding.NotAssessed, "which of several approvals is their last is not known"},
		{"the same the other way round", []change.Review{target(bob, "refs/heads/side"), bob, cid}, nil, finding.NotAssessed, "which of several approvals is their last is not known"},
		{"approved for another branch, which nobody names", []change.Review{target(bob, change.AnotherTarget), cid}, nil, finding.NotSatisfied, "bob does not count: approved it as a change to another branch"},
		{"a state of its own", []change.Review{bob, cid, review("4", "dan", "CHANGES_REQUESTED", head, "write")}, nil, finding.NotAssessed, `the state "CHANGES_REQUESTED" of their review is not known`},
		{"no reviews in the context", []change.Review{bob, cid}, func(_ *change.Change, x *change.Context) { x.Reviews = nil }, finding.NotAssessed, "no part `reviews`"},
		{"committer", []change.Review{bob, cid}, func(_ *change.Change, x *change.Context) { x.Commits[0].Committer = person("2", "bob") }, finding.NotSatisfied, "bob does not count: wrote"},
		{"opened by somebody else", []change.Review{bob, cid}, func(_ *change.Change, x *change.Context) { x.Change.Author = person("2", "bob") }, finding.NotSatisfied, "bob does not count"},
		{"who opened it is not known", []change.Review{bob, cid}, func(_ *change.Change, x *change.Context) { x.Change = nil }, finding.NotAssessed, "who opened the change"},
		{"author unknown", []change.Review{bob, cid}, func(_ *change.Change, x *change.Context) { x.Commits = nil }, finding.NotAssessed, "the forge does not know 1 of the authors; each may be one of the approvers, so 1 approval counts less: ann@example.org"},
		{"author unknown, enough remain", []change.Review{bob, cid, review("4", "dan", "approved", head, "write")}, func(_ *change.Change, x *change.Context) { x.Commits = nil }, finding.Satisfied, "3 of 2 people"},
		{"co-author by address of the forge", []change.Review{bob, cid}, trailer("co-authored-by", "Bob <2+bob@users.noreply.github.com>"), finding.NotSatisfied, "bob does not count: wrote"},
		{"co-author unknown", []change.Review{bob, cid}, trailer("Co-authored-by", "Bob <bob@example.org>"), finding.NotAssessed, "bob@example.org"},
		{"co-author in the middle of the message", []change.Review{bob, cid}, func(c *change.Change, _ *change.Context) {
			c.Commits[0].Message = []byte("Squash\n\n* one\n\nCo-authored-by: Bob <2+bob@users.noreply.github.com>\n\n* two\n")
		}, finding.NotSatisfied, "bob does not count: wrote"},
		{"co-author known by another commit", []change.Review{bob, cid}, trailer("Co-authored-by", "Ann <ANN@example.org>"), finding.Satisfied, ""},
		{"history cut", []change.Review{bob, cid}, func(c *change.Change, _ *change.Context) { c.Shallow = true }, finding.NotAssessed, "history is cut"},
		{"more commits than read", []change.Review{bob, cid}, func(c *change.Change, _ *change.Context) { c.Limits = []change.Limit{{What: "commits", Max: 1}} }, finding.NotAssessed, "more commits than are read"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, x := pullRequest(c.reviews...)
			if c.edit != nil {
				c.edit(ch, x)
			}
			in := Input{Change: ch, Context: x, Config: config.Layer(nil, policy(t, twoHumans))}
			got := evaluate(t, in)["r"]
			if got.Outcome != c.want || !strings.Contains(text(got), c.says) {
				t.Errorf("%s\nwant %s and %q", text(got), c.want, c.says)
			}
			slices.Reverse(x.Reviews)
			if again := evaluate(t, in)["r"]; text(again) != text(got) {
				t.Errorf("the order of reviews changes the answer:\n%s%s", text(got), text(again))
			}
			in.Stage = change.AtPush
			if got := evaluate(t, in)["r"]; got.Outcome != finding.NotApplicable {
				t.Errorf("at push: %s", text(got))
			}
			in.Stage, in.Context = change.AtMerge, nil
			if got := evaluate(t, in)["r"]; got.Outcome != finding.NotAssessed || got.Reasons[0].Code != ReasonNoContext {
				t.Errorf("without context: %s", text(got))
			}
		})
	}
}

// attested says who wrote the files of a change; its one commit is of class commit.
func attested(c *change.Change, commit attestation.Class, files map[string]map[attestation.Class]int) *attestation.Report {
	r := &attestation.Report{Outcome: finding.Satisfied, Commits: []attestation.Commit{{SHA: c.Head, Class: commit}}}
	for path, lines := range files {
		f := attestation.File{Path: path, Lines: lines}
		for _, n := range lines {
			f.Added += n
		}
		r.Files = append(r.Files, f)
	}
	return r
}

// TestAgentCoAuthor: an agent named in a trailer is no unknown person.
func TestAgentCoAuthor(t *testing.T) {
	c, x := pullRequest(review("2", "bob", "approved", oid("head"), "write"), review("3", "cid", "approved", oid("head"), "write"))
	c.Commits[0].Trailers = []change.Trailer{{Key: "Co-authored-by", Value: "Agent <noreply@agent.example>"}}
	in := Input{Change: c, Context: x, Config: config.Layer(nil, policy(t, twoHumans))}
	if got := evaluate(t, in)["r"]; got.Outcome != finding.NotAssessed {
		t.Errorf("without attestation: %s", text(got))
	}
	in.Attestation = attested(c, attestation.AIDeclared, nil)
	in.Attestation.Commits[0].Agents = []attestation.Agent{{ID: "agent"}}
	in.Attestation.Commits[0].People = []string{"Ann <ann@example.org>"}
	if got := evaluate(t, in)["r"]; got.Outcome != finding.Satisfied {
		t.Errorf("with attestation: %s", text(got))
	}
	in.Attestation.Outcome = finding.NotAssessed
	if got := evaluate(t, in)["r"]; got.Outcome != finding.NotAssessed {
		t.Errorf("with attestation that was cut: %s", text(got))
	}
}

func TestWhen(t *testing.T) {
	const rule = "rules: [{id: r, kind: approvals, approvals: {humans: 1}, when: {authorship: [ai-verified, ai-declared], paths: ['src/**']}}]\n"
	lines := func(class attestation.Class, n int) map[attestation.Class]int {
		return map[attestation.Class]int{class: n}
	}
	for _, c := range []struct {
		name   string
		commit attestation.Class
		files  map[string]map[attestation.Class]int
		edit   func(*Input)
		want   finding.Outcome
	}{
		{"agent's lines", attestation.AIDeclared, map[string]map[attestation.Class]int{"src/a.go": lines(attestation.AIDeclared, 10)}, nil, finding.NotSatisfied},
		{"agent's lines elsewhere", attestation.AIDeclared, map[string]map[attestation.Class]int{"src/a.go": lines(attestation.HumanDeclared, 10), "doc.md": lines(attestation.AIDeclared, 5)}, nil, finding.NotApplicable},
		{"person's lines", attestation.HumanDeclared, map[string]map[attestation.Class]int{"src/a.go": lines(attestation.HumanDeclared, 10)}, nil, finding.NotApplicable},
		{"nobody's lines", attestation.Unknown, map[string]map[attestation.Class]int{"src/a.go": lines(attestation.Unknown, 10)}, nil, finding.NotSatisfied},
		{"conflicting evidence", attestation.Conflict, map[string]map[attestation.Class]int{"src/a.go": lines(attestation.Conflict, 10)}, nil, finding.NotSatisfied},
		{"mixed lines", attestation.Mixed, map[string]map[attestation.Class]int{"src/a.go": {attestation.HumanDeclared: 9, attestation.Mixed: 1}}, nil, finding.NotSatisfied},
		{"the path in another case", attestation.AIDeclared, nil, func(in *Input) { in.Change.Files[0].Path = "SRC/a.go" }, finding.NotSatisfied},
		{"a link in the place of the folder", attestation.AIDeclared, nil, func(in *Input) {
			in.Change.Files[0] = change.File{Path: "src", Status: change.Added, Mode: git.ModeSymlink, Added: 1}
		}, finding.NotSatisfied},
		{"a submodule in the place of the folder", attestation.AIDeclared, nil, func(in *Input) {
			in.Change.Files[0] = change.File{Path: "src", Mode: git.ModeGitlink, OldMode: git.ModeGitlink, SubmoduleChanged: true}
		}, finding.NotSatisfied},
		{"a submodule elsewhere", attestation.AIDeclared, nil, func(in *Input) {
			in.Change.Files[0] = change.File{Path: "srcs", Mode: git.ModeGitlink, OldMode: git.ModeGitlink, SubmoduleChanged: true}
		}, finding.NotApplicable},
		{"another path", attestation.AIDeclared, nil, func(in *Input) { in.Change.Files[0].Path = "doc.md" }, finding.NotApplicable},
		{"moved out of the path", attestation.AIDeclared, nil, func(in *Input) {
			in.Change.Files[0].Path, in.Change.Files[0].OldPath, in.Change.Files[0].Status = "doc.md", "src/a.go", change.Renamed
		}, finding.NotSatisfied},
		{"lines that an agent only deleted", attestation.AIDeclared, map[string]map[attestation.Class]int{"src/a.go": lines(attestation.HumanDeclared, 10)}, func(in *Input) {
			in.Change.Files[0].Hunks = append(in.Change.Files[0].Hunks, change.Hunk{OldStart: 50, OldLines: 9, Start: 58})
		}, finding.NotSatisfied},
		{"lines that an agent deleted where a person wrote one", attestation.AIDeclared, map[string]map[attestation.Class]int{"src/a.go": lines(attestation.HumanDeclared, 10)}, func(in *Input) {
			in.Change.Files[0].Hunks[0].OldLines = 50
		}, finding.NotSatisfied},
		{"a file that an agent moved and a person wrote in", attestation.AIDeclared, map[string]map[attestation.Class]int{"src/a.go": lines(attestation.HumanDeclared, 10)}, func(in *Input) {
			in.Change.Files[0].OldPath, in.Change.Files[0].Status = "doc.md", change.Renamed
		}, finding.NotSatisfied},
		{"a file that an agent made executable and a person wrote in", attestation.AIDeclared, map[string]map[attestation.Class]int{"src/a.go": lines(attestation.HumanDeclared, 10)}, func(in *Input) {
			in.Change.Files[0].OldMode, in.Change.Files[0].Mode = git.ModeFile, git.ModeExecutable
		}, finding.NotSatisfied},
		{"a file that an agent deleted", attestation.AIDeclared, nil, func(in *Input) {
			in.Change.Files[0] = change.File{Path: "src/a.go", Status: change.Deleted, OldMode: git.ModeFile, Deleted: 5}
		}, finding.NotSatisfied},
		{"a file that a person deleted", attestation.HumanDeclared, nil, func(in *Input) {
			in.Change.Files[0] = change.File{Path: "src/a.go", Status: change.Deleted, OldMode: git.ModeFile, Deleted: 5}
		}, finding.NotApplicable},
		{"a binary file by an agent", attestation.AIDeclared, nil, func(in *Input) {
			in.Change.Files[0] = change.File{Path: "src/a.bin", Status: change.Added, Mode: git.ModeFile, Unread: change.Opaque}
		}, finding.NotSatisfied},
		{"no commits at all", attestation.HumanDeclared, nil, func(in *Input) { in.Attestation.Commits = nil }, finding.NotSatisfied},
		{"no attestation", attestation.HumanDeclared, nil, func(in *Input) { in.Attestation = nil }, finding.NotAssessed},
		{"attestation cut", attestation.HumanDeclared, map[string]map[attestation.Class]int{"src/a.go": lines(attestation.HumanDeclared, 10)}, func(in *Input) { in.Attestation.Outcome = finding.NotAssessed }, finding.NotAssessed},
		{"no merge base", attestation.AIDeclared, nil, func(in *Input) { in.Change.MergeBases, in.Change.Files = nil, nil }, finding.NotAssessed},
		{"files cut", attestation.HumanDeclared, nil, func(in *Input) {
			in.Change.Files[0].Path, in.Change.Limits = "doc.md", []change.Limit{{What: "files", Max: 1}}
		}, finding.NotAssessed},
		{"lines cut", attestation.HumanDeclared, map[string]map[attestation.Class]int{"src/a.go": lines(attestation.HumanDeclared, 10)}, func(in *Input) { in.Change.Limits = []change.Limit{{What: "bytes", Max: 1}} }, finding.NotAssessed},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, x := pullRequest()
			in := Input{Change: ch, Context: x, Config: config.Layer(nil, policy(t, rule)), Attestation: attested(ch, c.commit, c.files)}
			if c.edit != nil {
				c.edit(&in)
			}
			if got := evaluate(t, in)["r"]; got.Outcome != c.want {
				t.Errorf("%swant %s", text(got), c.want)
			}
			// What the rule asks is there: then it does not matter whether it applies.
			x.Reviews = []change.Review{review("2", "bob", "approved", oid("head"), "write")}
			if got := evaluate(t, in)["r"]; got.Outcome != finding.Satisfied && got.Outcome != finding.NotApplicable {
				t.Errorf("approved: %s", text(got))
			}
		})
	}
}

func TestAuthorshipLimit(t *testing.T) {
	type files = map[string]map[attestation.Class]int
	for _, c := range []struct {
		name string
		rule string
		of   files
		edit func(*Input)
		want finding.Outcome
		says string
	}{
		{"under", "", files{"a": {attestation.Unknown: 2, attestation.HumanDeclared: 8}}, nil, finding.Satisfied, "2 of 10 added lines are of class unknown or conflict; the policy allows 20%"},
		{"just over", "", files{"a": {attestation.Unknown: 2001, attestation.HumanDeclared: 7999}}, nil, finding.NotSatisfied, "error a: 2,001 added lines are of class"},
		{"in many files", "", files{"a": {attestation.Unknown: 9}, "b": {attestation.Unknown: 9}, "c": {attestation.Unknown: 9}, "d": {attestation.Unknown: 9}, "e": {attestation.Unknown: 9}, "f": {attestation.Unknown: 9},
			"g": {attestation.Unknown: 9}, "h": {attestation.Unknown: 9}, "i": {attestation.Unknown: 9}, "j": {attestation.Unknown: 1}, "k": {attestation.Unknown: 9}, "l": {attestation.Unknown: 2}}, nil, finding.NotSatisfied, "3 added lines of 2 more files are of class unknown or conflict"},
		{"in another file", "", files{"a": {attestation.HumanDeclared: 10}, "b": {attestation.Conflict: 10}}, nil, finding.NotSatisfied, "error b: 10 added lines"},
		{"unknown counts as an agent's", "classes: [ai-declared], ", files{"a": {attestation.Unknown: 10}}, nil, finding.NotSatisfied, ""},
		{"paths", "when: {paths: [b]}, ", files{"a": {attestation.Unknown: 10}, "b": {attestation.HumanDeclared: 1}}, nil, finding.Satisfied, "0 of 1 added line "},
		{"nothing added, by commits", "", nil, func(in *Input) { in.Attestation.Commits[0].Class = attestation.Unknown }, finding.NotSatisfied, "the commit is of class unknown"},
		{"nothing added, known commits", "", nil, nil, finding.Satisfied, "0 of 1 commit "},
		{"nothing at all", "", nil, func(in *Input) { in.Attestation.Commits = nil }, finding.NotAssessed, "neither lines nor commits"},
		{"no attestation", "", nil, func(in *Input) { in.Attestation = nil }, finding.NotAssessed, ""},
		{"attestation cut", "", files{"a": {attestation.HumanDeclared: 1}}, func(in *Input) {
			in.Attestation.Outcome, in.Attestation.Reasons = finding.NotAssessed, []finding.Reason{{Code: "x", Detail: "because"}}
		}, finding.NotAssessed, "because"},
		{"a file without lines", "", files{"a": {attestation.HumanDeclared: 1}}, func(in *Input) { in.Change.Files[0].Unread = change.TooLarge }, finding.NotAssessed, "the lines of a were not read (limit)"},
		{"a file that was not attested", "", files{"a": {attestation.HumanDeclared: 1}}, func(in *Input) { in.Attestation.Files = nil }, finding.NotAssessed, "the lines of a have no author"},
		{"other lines than the change's", "", files{"a": {attestation.HumanDeclared: 1}}, func(in *Input) { in.Change.Files[0].Added = 2 }, finding.NotAssessed, "have no author"},
		{"history cut", "", files{"a": {attestation.HumanDeclared: 1}}, func(in *Input) { in.Change.Shallow = true }, finding.NotAssessed, "history is cut"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rule := c.rule
			if !strings.Contains(rule, "classes") {
				rule += "classes: [unknown, conflict], "
			}
			ch, _ := pullRequest()
			ch.Files = nil
			in := Input{Change: ch, Config: config.Layer(nil, policy(t, "rules: [{id: r, kind: authorship-limit, "+rule+"max_permille: 200}]\n")),
				Attestation: attested(ch, attestation.HumanDeclared, c.of)}
			for _, f := range in.Attestation.Files {
				ch.Files = append(ch.Files, change.File{Path: change.Path(f.Path), Added: f.Added, Mode: git.ModeFile, Hunks: []change.Hunk{{Start: 1, Lines: f.Added}}})
			}
			slices.SortFunc(ch.Files, func(a, b change.File) int { return cmpPath(a.Path, b.Path) })
			if c.edit != nil {
				c.edit(&in)
			}
			if got := evaluate(t, in)["r"]; got.Outcome != c.want || !strings.Contains(text(got), c.says) {
				t.Errorf("%swant %s and %q", text(got), c.want, c.says)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	const rule = "judge_files: ['deploy/**']\nrules: [{id: r, kind: judge, approvals: {humans: 1, permission: admin}}]\n"
	edited := func(f change.File) func(*change.Change) { return func(c *change.Change) { c.Files = []change.File{f} } }
	file := git.ModeFile
	for _, c := range []struct {
		name string
		edit func(*change.Change)
		want finding.Outcome
		says string
	}{
		{"nothing", func(*change.Change) {}, finding.NotApplicable, ""},
		{"policy", edited(change.File{Path: ".custody.yaml", Mode: file, OldMode: file}), finding.NotSatisfied, "the change edits the policy; the version at base judges it"},
		{"added", edited(change.File{Path: ".github/workflows/x.yml", Status: change.Added, Mode: file}), finding.NotSatisfied, "adds a workflow"},
		{"deleted", edited(change.File{Path: "CODEOWNERS", Status: change.Deleted, OldMode: file}), finding.NotSatisfied, "deletes the code owners"},
		{"moved away", edited(change.File{Path: "x.yaml", OldPath: "security_requirements.yaml", Status: change.Renamed, Mode: file, OldMode: file}), finding.NotSatisfied, "moves the requirements away"},
		{"moved in", edited(change.File{Path: ".custody.yaml", OldPath: "x", Status: change.Renamed, Mode: file, OldMode: file}), finding.NotSatisfied, "moves the policy here, from x;"},
		{"switched on", edited(change.File{Path: ".github/workflows/x.yml", OldPath: ".github/workflows/x.yml.disabled", Status: change.Renamed, Mode: file, OldMode: file}), finding.NotSatisfied, ".github/workflows/x.yml: the change moves a workflow here, from .github/workflows/x.yml.disabled;"},
		{"switched off", edited(change.File{Path: ".github/workflows/x.yml.off", OldPath: ".github/workflows/x.yml", Status: change.Renamed, Mode: file, OldMode: file}), finding.NotSatisfied, ".github/workflows/x.yml: the change moves a workflow away;"},
		{"beside workflows", edited(change.File{Path: ".github/workflows/README.md", Status: change.Modified, Mode: file, OldMode: file}), finding.NotSatisfied, "edits a file beside the workflows"},
		{"one for another", edited(change.File{Path: ".github/workflows/x.yml", OldPath: "security_requirements.yaml", Status: change.Renamed, Mode: file, OldMode: file}), finding.NotSatisfied, "moves the requirements away"},
		{"made a link", edited(change.File{Path: ".custody.yaml", Status: change.TypeChanged, Mode: git.ModeSymlink, OldMode: file}), finding.NotSatisfied, "turns the policy from mode 100644 into 120000"},
		{"made executable", edited(change.File{Path: ".husky/pre-commit", Mode: git.ModeExecutable, OldMode: file}), finding.NotSatisfied, "from mode 100644 into 100755"},
		{"another case", edited(change.File{Path: ".Custody.yaml", Status: change.Added, Mode: file}), finding.NotSatisfied, "adds the policy"},
		{"folder replaced", edited(change.File{Path: ".github", Status: change.Added, Mode: git.ModeSymlink}), finding.NotSatisfied, ""},
		{"named by the policy", edited(change.File{Path: "deploy/prod.tf", Mode: file, OldMode: file}), finding.NotSatisfied, "edits a judge file by .custody.yaml"},
		{"files cut", func(c *change.Change) { c.Limits = []change.Limit{{What: "files", Max: 1}} }, finding.NotAssessed, ""},
		{"no merge base", func(c *change.Change) { c.MergeBases, c.Files = nil, nil }, finding.NotAssessed, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch, x := pullRequest(review("2", "bob", "approved", oid("head"), "maintain"))
			c.edit(ch)
			in := Input{Change: ch, Context: x, Config: config.Layer(nil, policy(t, rule))}
			checks := evaluate(t, in)
			if got := checks["r"]; got.Outcome != c.want {
				t.Errorf("%swant %s", text(got), c.want)
			}
			notice := checks[NoticeJudgeFiles]
			if flagged := notice.Outcome == finding.NotSatisfied; flagged != (c.want == finding.NotSatisfied) || !strings.Contains(text(notice), c.says) {
				t.Errorf("notice %swant %q", text(notice), c.says)
			}
			in.Config = nil // flagged without any policy too, but for what only the policy names
			if n := evaluate(t, in)[NoticeJudgeFiles]; c.name != "named by the policy" && n.Outcome != notice.Outcome {
				t.Errorf("without a policy: %s", text(n))
			}
			in.Config = config.Layer(nil, policy(t, rule))
			x.Reviews = []change.Review{review("2", "bob", "approved", oid("head"), "admin")}
			if got := evaluate(t, in)["r"]; c.want == finding.NotSatisfied && got.Outcome != finding.Satisfied {
				t.Errorf("approved: %s", text(got))
			}
		})
	}
}

func TestImpactRule(t *testing.T) {
	in := Input{Config: config.Layer(nil, policy(t, "rules: [{id: r, kind: impact}]\n"))}
	prose, nothing := []impact.Changed{{Path: "README.md"}}, []finding.Reason{{Code: impact.ReasonNothing}}
	for _, c := range []struct {
		report *impact.Report
		want   finding.Outcome
	}{
		{nil, finding.NotAssessed},
		{&impact.Report{}, finding.NotAssessed},
		{&impact.Report{Outcome: finding.NotAssessed, Reasons: []finding.Reason{{Code: "unresolved", Path: "a.py"}}}, finding.NotAssessed},
		{&impact.Report{Outcome: finding.Satisfied}, finding.Satisfied},
		{&impact.Report{Reasons: nothing}, finding.NotAssessed},                                                        // no file changed
		{&impact.Report{Changed: prose, Reasons: nothing}, finding.NotApplicable},                                      // nothing was to be traced
		{&impact.Report{Changed: prose, Reasons: append(nothing, finding.Reason{Code: "limit"})}, finding.NotAssessed}, // and something was not read
	} {
		in.Impact = c.report
		if got := evaluate(t, in)["r"]; got.Outcome != c.want {
			t.Errorf("%+v: %s", c.report, text(got))
		}
	}
}

func TestRequirementsRule(t *testing.T) {
	head := newHead("a.py: AESGCM\n")
	requirement := func(id, verification, severity string) string {
		return fmt.Sprintf("- {id: %s, name: n, requirement: r, severity: %s, verification: \"%s\"}\n", id, severity, verification)
	}
	file := func(entries ...string) []*Requirements {
		return []*Requirements{requirementsFile(t, "version: \"2.0\"\ncontrols:\n"+strings.Join(entries, ""))}
	}
	ok, broken := "grep -r AESGCM", "! grep -r AESGCM"
	for _, c := range []struct {
		name string
		of   []*Requirements
		want finding.Outcome
		says string
	}{
		{"all met", file(requirement("A", ok, "error"), requirement("B", ok, "error")), finding.Satisfied, "all 2 requirements"},
		{"one not met", file(requirement("A", ok, "error"), requirement("B", broken, "error")), finding.NotSatisfied, "B (n) is not-satisfied"},
		{"a warning not met", file(requirement("A", ok, "error"), requirement("B", broken, "warning")), finding.Satisfied, ""},
		{"one not assessed", file(requirement("A", ok, "error"), requirement("B", "grep -P x .", "error")), finding.NotAssessed, "B (n) is not-assessed"},
		{"only warnings", file(requirement("A", ok, "warning")), finding.NotAssessed, "no requirement of level error"},
		{"no file", nil, finding.NotAssessed, "no requirements stand at base in security_requirements.yaml"},
		{"another file", []*Requirements{{Path: "other.yaml", Controls: file(requirement("A", ok, "error"))[0].Controls}}, finding.NotAssessed, "no requirements stand at base"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := evaluate(t, Input{Config: config.Layer(nil, policy(t, "rules: [{id: r, kind: requirements}]\n")), Requirements: c.of, Head: head})["r"]
			if got.Outcome != c.want || !strings.Contains(text(got), c.says) {
				t.Errorf("%swant %s and %q", text(got), c.want, c.says)
			}
		})
	}
}

// What is left to do is said before what a waiver covers.
func TestRequirementsSayWhatIsMissingFirst(t *testing.T) {
	text := "version: \"2.0\"\ncontrols:\n" +
		"- {id: A, name: n, requirement: r, severity: error, verification: \"! grep -r AESGCM\"}\n" +
		"- {id: B, name: n, requirement: r, severity: error, verification: \"grep -P x .\"}\n"
	p := policy(t, "rules: [{id: r, kind: requirements, waivable: true}]\nwaivers: [{id: W, covers: A, paths: ['**'], owner: a, approver: b, reason: r, last_day: 2026-12-31}]\n")
	got := evaluate(t, Input{Config: config.Layer(nil, p), Day: "2026-11-23", Requirements: []*Requirements{requirementsFile(t, text)}, Head: newHead("a.py: AESGCM\n")})["r"]
	if got.Outcome != finding.NotAssessed || len(got.Reasons) < 2 || got.Reasons[0].Detail != "B (n) is not-assessed" {
		t.Errorf("%s: %+v", got.Outcome, got.Reasons)
	}
}

func TestWaivers(t *testing.T) {
	limit := "rules:\n- {id: r, kind: authorship-limit, classes: [unknown], max_permille: 0, waivable: true}\n- {id: hard, kind: authorship-limit, classes: [unknown], max_permille: 0}\n"
	waiver := func(id, covers, paths, day string) string {
		return fmt.Sprintf("- {id: %s, covers: %s, paths: [%s], owner: ann, approver: bob, reason: old, last_day: %s}\n", id, covers, paths, day)
	}
	ch := wholeChange("legacy/a", "legacy/b")
	ch.Commits = []change.Commit{{Commit: git.Commit{ID: ch.Head}}}
	report := attested(ch, attestation.Unknown, map[string]map[attestation.Class]int{"legacy/a": {attestation.Unknown: 10}, "legacy/b": {attestation.Unknown: 10}})
	for _, c := range []struct {
		name    string
		waivers string
		want    finding.Outcome
		notice  string
	}{
		{"covers all", waiver("W", "r", "'legacy/**'", "2026-12-31"), finding.Excepted, ""},
		{"last day", waiver("W", "r", "'legacy/**'", "2026-11-23"), finding.Excepted, ""},
		{"expired", waiver("W", "r", "'legacy/**'", "2026-11-22"), finding.NotSatisfied, "waiver W (.custody.yaml) does not count: its last day was 2026-11-22"},
		{"covers one of two", waiver("W", "r", "legacy/a", "2026-12-31"), finding.NotSatisfied, ""},
		{"two cover one each", waiver("W", "r", "legacy/a", "2026-12-31") + waiver("V", "r", "legacy/b", "2026-12-31"), finding.Excepted, ""},
		{"another rule", waiver("W", "other", "'**'", "2026-12-31"), finding.NotSatisfied, "no rule or requirement in effect has the id other"},
		{"a rule that can not be waived", waiver("W", "hard", "'**'", "2026-12-31"), finding.NotSatisfied, "what asks for hard is not waivable here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := Input{Change: ch, Attestation: report, Day: "2026-11-23", Config: config.Layer(nil, policy(t, limit+"waivers:\n"+c.waivers))}
			checks := evaluate(t, in)
			if got := checks["r"]; got.Outcome != c.want {
				t.Errorf("%swant %s", text(got), c.want)
			}
			if checks["hard"].Outcome != finding.NotSatisfied {
				t.Errorf("a rule that can not be waived: %s", text(checks["hard"]))
			}
			if n := checks[NoticeWaivers]; (n.Outcome == finding.NotSatisfied) != (c.notice != "") || !strings.Contains(text(n), c.notice) {
				t.Errorf("notice %swant %q", text(n), c.notice)
			}
			in.Day = ""
			if got := evaluate(t, in)["r"]; got.Outcome != finding.NotSatisfied {
				t.Errorf("without a day: %s", text(got))
			}
			in.Day, in.Attestation = "2026-11-23", nil
			if got := evaluate(t, in)["r"]; got.Outcome != finding.NotAssessed {
				t.Errorf("what is not assessed can not be waived: %s", text(got))
			}
		})
	}
	// Nor can a rule of which it is not known whether it is about the change.
	c, x := pullRequest()
	p := policy(t, "rules: [{id: r, kind: approvals, approvals: {humans: 1}, when: {authorship: [ai-declared]}, waivable: true}]\nwaivers:\n"+waiver("W", "r", "'**'", "2026-12-31"))
	if got := evaluate(t, Input{Change: c, Context: x, Day: "2026-11-23", Config: config.Layer(nil, p)})["r"]; got.Outcome != finding.NotAssessed {
		t.Errorf("perhaps not about the change: %s", text(got))
	}
	// At record it is the day of the landing that counts, whenever the record is made.
	for landed, want := range map[string]finding.Outcome{"2026-11-22T23:59:59Z": finding.Excepted, "2026-11-23T00:00:00Z": finding.NotSatisfied, "2027-01-01T00:00:00Z": finding.NotSatisfied, "": finding.NotSatisfied} {
		p := policy(t, strings.ReplaceAll(limit, "authorship-limit,", "authorship-limit, at: [record],")+"waivers:\n"+waiver("W", "r", "'legacy/**'", "2026-11-22"))
		in := Input{Change: ch, Stage: change.AtRecord, Attestation: report, Day: "2026-11-23", Context: &change.Context{Merge: &change.Merge{At: landed}}, Config: config.Layer(nil, p)}
		if got := evaluate(t, in)["r"]; got.Outcome != want {
			t.Errorf("landed at %q: %swant %s", landed, text(got), want)
		}
	}
	// Waivers of the context that nobody looked at do not count, and that is said.
	in := Input{Context: &change.Context{Waivers: []change.Waiver{{}}}}
	if n := evaluate(t, in)[NoticeWaivers]; n.Outcome != finding.NotAssessed || !strings.Contains(text(n), "were not all read") {
		t.Error(text(n))
	}
}

// TestWaiverOfTheWhole: a finding about the change as a whole needs "**".
// A waiver accepts what was found, and not what nobody looked at beside it.
func TestWaiverBesideNotAssessed(t *testing.T) {
	const waiver = "waivers: [{id: w, covers: r, paths: ['**'], owner: a, approver: b, reason: c, last_day: 2026-12-31}]\n"
	head := oid("head")
	for _, c := range []asked{
		{"checks", "rules: [{id: r, kind: check-runs, waivable: true, check_runs: [{name: a, app: x}, {name: b, app: x}]}]\n" + waiver, func(in *Input) {
			in.Context.Checks = []change.CheckRun{{Name: "a", App: "x", Head: head.String(), Conclusion: "failure"}, {Name: "b", App: "x", Head: head.String()}}
		}, finding.NotAssessed, "what was not assessed is not"},
		{"owners", "rules: [{id: r, kind: approvals, waivable: true, approvals: {humans: 2, owners: true}}]\n" + waiver, func(in *Input) {
			in.Context.Reviews = []change.Review{review("2", "bob", "approved", head, "write")}
		}, finding.NotAssessed, "what was not assessed is not"},
		{"the record", "rules: [{id: r, kind: change-record, waivable: true, fields: [roll-back, approval]}]\n" + waiver, func(in *Input) {
			in.Context.Change.Reason, in.Context.Reviews = &change.Why{Text: new("x")}, nil
		}, finding.NotAssessed, "what was not assessed is not"},
		{"nothing beside it", "rules: [{id: r, kind: approvals, waivable: true, approvals: {humans: 2}}]\n" + waiver, nil, finding.Excepted, "covered by a waiver"},
	} {
		ch, x := pullRequest()
		c.check(t, Input{Change: ch, Context: x, Day: "2026-11-23"})
	}
}

func TestWaiverOfTheWhole(t *testing.T) {
	r := []*Requirements{oneRequirement(t, "grep -r AESGCM", "")}
	for paths, want := range map[string]finding.Outcome{"'**'": finding.Excepted, "'src/**'": finding.NotSatisfied} {
		p := policy(t, "rules: [{id: r, kind: requirements, waivable: true}]\nwaivers: [{id: W, covers: SEC-1, paths: ["+paths+"], owner: a, approver: b, reason: c, last_day: 2026-12-31}]\n")
		checks := evaluate(t, Input{Config: config.Layer(nil, p), Requirements: r, Head: newHead("src/a.py: x\n"), Day: "2026-11-23"})
		if checks["r"].Outcome != want || checks["SEC-1"].Outcome != want {
			t.Errorf("paths %s: rule %srequirement %s", paths, text(checks["r"]), text(checks["SEC-1"]))
		}
	}
}

func TestNoPolicy(t *testing.T) {
	checks := evaluate(t, Input{Requirements: []*Requirements{oneRequirement(t, "! grep -r RC4", "")}, Head: newHead("a: RC4\n")})
	for id, c := range checks {
		if c.Kind == finding.Rule {
			t.Errorf("a rule without a policy: %s", id)
		}
	}
	if checks["SEC-1"].Outcome != finding.NotSatisfied {
		t.Errorf("requirements are answered without a policy: %s", text(checks["SEC-1"]))
	}
	if _, err := Evaluate(t.Context(), Input{}); err == nil {
		t.Error("no change was accepted")
	}
	if _, err := Evaluate(t.Context(), Input{Change: wholeChange()}); err == nil {
		t.Error("no stage was accepted")
	}
}
