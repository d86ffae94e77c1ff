package control

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
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

// world generates inputs from a small vocabulary, so that everything collides.
type world struct {
	*rand.Rand
	t *testing.T
}

func (w world) pick(words ...string) string { return words[w.IntN(len(words))] }

func (w world) rule(id string) string {
	when := w.pick("", "", "when: {authorship: ["+w.classes()+"]}, ", "when: {paths: ["+w.pick("src/**", "'**'", "doc/*")+"]}, ", "when: {authorship: ["+w.classes()+"], paths: [src/**]}, ")
	common := fmt.Sprintf("id: %s, level: %s, waivable: %s, ", id, w.pick("error", "error", "warning"), w.pick("true", "false"))
	approvals := fmt.Sprintf("approvals: {humans: %d, permission: %s}", 1+w.IntN(2), w.pick("read", "write", "admin"))
	switch w.IntN(6) {
	case 4:
		return "- {" + common + when + "kind: checks, checks: [hidden-unicode]}\n"
	case 0:
		return "- {" + common + when + "kind: approvals, " + approvals + "}\n"
	case 1:
		if more := w.conditions(); more != "" {
			common += "when: {" + more + "}, "
		}
		return "- {" + common + "kind: authorship-limit, classes: [" + w.classes() + "], max_permille: " + w.pick("0", "300", "900") + "}\n"
	case 2:
		return "- {" + common + when + "kind: requirements}\n"
	case 3:
		return "- {" + common + when + "kind: judge, " + approvals + "}\n"
	}
	return "- {" + common + when + "kind: impact}\n"
}

// conditions are the keys of when besides authorship and paths.
func (w world) conditions() string {
	all := []string{"labels: [risky]", "kinds: [" + w.pick("code", "docs", "pipeline, config", "tests") + "]", "owners: ['@p" + w.pick("1", "2") + "']",
		"repositories: ['" + w.pick("h.example/acme/*", "other/**") + "']", "min_lines: " + w.pick("5", "20", "30"), "min_files: 2", "min_reach: 2"}
	var some []string
	for range w.IntN(6) - 3 {
		if c := w.pick(all...); !slices.Contains(some, c) {
			some = append(some, c)
		}
	}
	return strings.Join(some, ", ")
}

func (w world) classes() string {
	all := []string{"ai-verified", "ai-declared", "mixed", "human-declared", "unknown", "conflict"}
	w.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return strings.Join(all[:1+w.IntN(3)], ", ")
}

func (w world) policyText(rules, waivers int) (header string, ruleLines, waiverLines []string) {
	for i := range rules {
		ruleLines = append(ruleLines, w.rule(fmt.Sprintf("r%d", i)))
	}
	for i := range waivers {
		waiverLines = append(waiverLines, fmt.Sprintf("- {id: w%d, covers: %s, paths: [%s], owner: a, approver: b, reason: c, last_day: %s}\n",
			i, w.pick("r0", "r1", "SEC-1", "none"), w.pick("'**'", "src/**", "doc/*"), w.pick("2026-12-31", "2020-01-01")))
	}
	header = "version: 1\nauthorship: {unknown: " + w.pick("ai", "human") + "}\nemergency: {permission: " + w.pick("write", "admin") + ", review_within_days: " + w.pick("1", "5") + w.pick("", ", teams: [acme/a]") + "}\n"
	return header, ruleLines, waiverLines
}

func assemble(header string, rules, waivers []string) []byte {
	if len(rules) > 0 {
		header += "rules:\n" + strings.Join(rules, "")
	}
	if len(waivers) > 0 {
		header += "waivers:\n" + strings.Join(waivers, "")
	}
	return []byte(header)
}

func (w world) policy(src []byte) *config.Policy {
	p, err := config.ParsePolicy(config.FileName, src)
	if err != nil {
		w.t.Fatalf("%v\n%s", err, src)
	}
	return p
}

func (w world) floor(src []byte) *config.Policy {
	p, err := config.ParseFloor("floor.yaml", src)
	if err != nil {
		w.t.Fatalf("%v\n%s", err, src)
	}
	return p
}

func (w world) class() attestation.Class {
	return attestation.Classes[w.IntN(len(attestation.Classes))]
}

func (w world) person() *change.Person {
	id := 1 + w.IntN(5)
	return &change.Person{ID: fmt.Sprint(id), Login: "p" + fmt.Sprint(id), Type: change.User}
}

// people is an identity map, or none. Some people have two accounts. It does not
// contradict the forge: where it does, both count, and then what the forge said can be
// missed.
func (w world) people() string {
	return w.pick("", "", "people: [{id: a, accounts: ['h.example:1', 'h.example:2']}]\n",
		"people: [{id: a, accounts: ['h.example:1'], drives: ['h.example:"+w.pick("6", "7")+"']}, {id: b, accounts: ['h.example:2'], drives: ['h.example:6']}]\n",
		"people: [{id: a, accounts: ['h.example:3', 'h.example:4'], emails: [p4@example.org]}, {id: b, accounts: ['h.example:5', 'other.example:2']}]\n")
}

// facts are the parts of a context that say more than who reviewed.
func (w world) facts(in *Input) {
	x, c := in.Context, in.Change
	x.Repository = &change.Repository{Host: "h.example", Owner: "acme", Name: "shop"}
	x.Change.Kind = w.pick("pull_request", "pull_request", "push")
	x.Change.Labels = []string{w.pick("risky", "other")}
	x.Change.Title = w.pick("T-1", "no")
	x.Change.Reason = &change.Why{Text: new(w.pick("Roll-back: revert T-2", "Security impact: none", "nothing", "")), Tickets: []string{w.pick("T-3", "none")}}
	x.Change.Draft = new(w.IntN(2) == 0)
	x.SARIF = []change.SARIF{}
	for range w.IntN(3) {
		s := change.SARIF{Tool: w.pick("semgrep", "semgrep", "codeql"), Head: c.Head.String(), Digest: "sha256:1"}
		if w.IntN(5) == 0 {
			s.Head = oid("older").String()
		}
		for range w.IntN(3) {
			n := change.SARIFCount{Rule: w.pick("py.eval", "go.tls"), Level: w.pick("note", "warning", "error"), Results: w.IntN(3)}
			s.Counts, s.Results = append(s.Counts, n), s.Results+n.Results
		}
		x.SARIF = append(x.SARIF, s)
	}
	x.Checks = []change.CheckRun{}
	for i := range w.IntN(4) {
		r := change.CheckRun{Name: w.pick("build", "build", "lint"), App: w.pick("ci", "ci", "evil"), Head: c.Head.String(),
			Conclusion: w.pick("success", "success", "success", "failure", "skipped", ""), At: fmt.Sprintf("2026-11-20T10:00:0%dZ", i)}
		if w.IntN(5) == 0 {
			r.Head = oid("older").String()
		}
		x.Checks = append(x.Checks, r)
	}
	for i := range x.Reviews {
		x.Reviews[i].Teams = [][]string{{}, {"acme/a"}, {"b"}}[w.IntN(3)]
	}
	for i := range c.Commits {
		c.Commits[i].Message = []byte(w.pick("T-4 fix", "T-5", "no reason"))
	}
	if w.IntN(4) == 0 {
		x.Change.Emergency = &change.Urgency{By: w.person(), Permission: w.pick("write", "admin"), Teams: []string{"a"}, At: "2026-11-20T09:00:00Z", Reason: "down"}
	}
	if x.Change.Emergency != nil {
		x.Change.Emergency.Commit = w.pick("", c.Head.String(), oid("older").String())
	}
	if w.IntN(4) == 0 {
		in.Stage = change.AtRecord
	}
	x.Merge = &change.Merge{At: w.pick("2026-11-20T10:00:02Z", "2026-11-21T00:00:00Z")}
	in.Owners = owners.Parse("CODEOWNERS", []byte(w.pick("* @p1 @p2\n", "src/ @p3\ndoc/ @acme/a\n", "")))
	in.Approved = map[Seen]Approved{{Commit: oid("older").String()}: {Same: w.IntN(2) == 0, Commits: c.Commits}}
	in.Impact.Reached = make([]impact.Reached, w.IntN(4))
}

// input is complete: every fact is there.
func (w world) input() Input {
	paths := []string{"src/a.go", "src/b.py", "doc/x", ".custody.yaml", ".github/workflows/ci.yml"}
	w.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
	paths = paths[:w.IntN(4)]
	slices.Sort(paths)
	c := wholeChange(paths...)
	r := &attestation.Report{Outcome: finding.Satisfied}
	for _, p := range paths {
		f := attestation.File{Path: p, Added: 10, Lines: map[attestation.Class]int{}}
		n := w.IntN(11)
		f.Lines[w.class()] += n
		f.Lines[w.class()] += 10 - n
		r.Files = append(r.Files, f)
	}
	x := &change.Context{Change: &change.Request{Author: w.person()}, Commits: []change.CommitFacts{}, Reviews: []change.Review{}}
	for i := range 1 + w.IntN(3) {
		id := oid(fmt.Sprint("commit", i))
		author, committer := w.person(), w.person()
		sign := func(p *change.Person) git.Signature { return git.Signature{Email: p.Login + "@example.org"} }
		c.Commits = append(c.Commits, change.Commit{Commit: git.Commit{ID: id, Author: sign(author), Committer: sign(committer)}})
		if w.IntN(4) == 0 { // a machine wrote it, at the word of somebody or of nobody
			bot := w.pick("6", "7")
			author = &change.Person{ID: bot, Login: "p" + bot, Type: change.PersonType(w.pick("Bot", "App"))}
			c.Commits[len(c.Commits)-1].Author = sign(author)
		}
		x.Commits = append(x.Commits, change.CommitFacts{SHA: id.String(), Author: author, Committer: committer})
		r.Commits = append(r.Commits, attestation.Commit{SHA: id, Class: w.class(), People: []string{"x <" + author.Login + "@example.org>"}})
	}
	x.Change.Pushers = []change.Pusher{}
	for range 1 + w.IntN(2) {
		p := w.person()
		x.Change.Pushers = append(x.Change.Pushers, change.Pusher{Login: p.Login, ID: p.ID, Type: p.Type})
	}
	for i := range w.IntN(5) {
		v := change.Review{Reviewer: *w.person(), State: w.pick("approved", "approved", "approved", "commented", "changes_requested", "dismissed"),
			Commit: c.Head.String(), At: fmt.Sprintf("2026-11-20T10:00:0%dZ", i), Permission: w.pick("read", "write", "admin")}
		if w.IntN(5) == 0 {
			v.Commit = oid("older").String()
		}
		if w.IntN(6) == 0 {
			v.Reviewer.Type = change.Bot
		}
		x.Reviews = append(x.Reviews, v)
	}
	in := Input{Change: c, Context: x, Stage: change.AtMerge, Day: "2026-11-23", Attestation: r, Impact: &impact.Report{Outcome: finding.Satisfied},
		Head: newHead("src/a.go: AESGCM\n", "doc/x: x\n"), Requirements: []*Requirements{w.requirement()}}
	w.facts(&in)
	return in
}

// requirement is one that asks files, the change, people or scanners.
func (w world) requirement() *Requirements {
	if w.IntN(2) == 0 {
		return oneRequirement(w.t, w.pick("grep -r AESGCM src", "! grep -r AESGCM", "grep -r nothing"), "")
	}
	check := "{sarif: {tool: " + w.pick("semgrep", "codeql") + w.pick("", ", rule: 'py.*'") + w.pick("", ", max_level: note", ", max_level: warning") + "}}"
	if w.IntN(3) > 0 {
		check = "{diff: {cel: '" + w.pick(conditionsOfChange...) + w.pick("", " || "+w.pick(conditionsOfChange...), " && "+w.pick(conditionsOfChange...)) + "'}}"
	}
	return requirementsFile(w.t, "version: \"2.1\"\ncontrols: [{id: SEC-1, name: n, requirement: It holds, check: "+check+"}]\n")
}

// conditionsOfChange ask every fact that can be absent, most of them both ways. None asks
// that nobody approved: of the list of reviews, which counts as whole, one can not be missed.
var conditionsOfChange = []string{
	`change.title.startsWith("T")`, `!change.title.startsWith("T")`, `change.draft`, `!change.draft`, `change.text.contains("T-2")`, `!change.text.contains("T-2")`, `change.text == ""`,
	`change.tickets.exists(t, t == "T-3")`, `!change.tickets.exists(t, t == "T-3")`, `change.labels.exists(l, l == "risky")`, `change.labels.all(l, l != "risky")`, `size(change.labels) == 0`,
	`change.author.login == "p1"`, `change.author.type == "User"`, `change.author.id != "2"`, `size(change.approvers) > 0`, `change.approvers.exists(a, "acme/a" in a.teams)`,
	`change.commits.all(c, c.class != "ai-declared")`, `change.commits.exists(c, c.class == "mixed")`, `change.added < 15`, `change.deleted < 3`, `change.files.all(f, f.added < 20)`, `!("unknown" in change.authorship)`, `change.files.exists(f, "unknown" in f.authorship)`,
	`size(change.files) < 2`, `size(change.commits) < 2`,
}

// passes is the decision of a review, as far as checks go: no rule of level error that
// is in force is unsatisfied or unassessed.
func passes(checks []finding.Check) bool {
	for _, c := range checks {
		if c.Kind == finding.Rule && c.Level == finding.Error && (c.Outcome == finding.NotSatisfied || c.Outcome == finding.NotAssessed) {
			return false
		}
	}
	return true
}

func (w world) checks(in Input) []finding.Check {
	checks, err := Evaluate(w.t.Context(), in)
	if err != nil {
		w.t.Fatal(err)
	}
	return checks
}

// fails says whether a rule of level error that is in force is not satisfied.
func fails(checks []finding.Check) bool {
	return slices.ContainsFunc(checks, func(c finding.Check) bool {
		return c.Kind == finding.Rule && c.Level == finding.Error && c.Outcome == finding.NotSatisfied
	})
}

// removals each take one fact away from a copy of the input.
func (w world) removals(in Input) map[string]Input {
	out := map[string]Input{}
	remove := func(name string, edit func(*Input)) {
		copied := in
		ctx, commits, report, c := *in.Context, slices.Clone(in.Context.Commits), *in.Attestation, *in.Change
		ctx.SARIF = slices.Clone(in.Context.SARIF)
		ctx.Commits, ctx.Reviews, ctx.Checks = commits, slices.Clone(in.Context.Reviews), slices.Clone(in.Context.Checks)
		report.Files, report.Commits = slices.Clone(in.Attestation.Files), slices.Clone(in.Attestation.Commits)
		copied.Context, copied.Attestation, copied.Change = &ctx, &report, &c
		edit(&copied)
		out[name] = copied
	}
	remove("context", func(in *Input) { in.Context = nil })
	remove("reviews", func(in *Input) { in.Context.Reviews = nil })
	remove("commit facts", func(in *Input) { in.Context.Commits = nil })
	remove("the request", func(in *Input) { in.Context.Change = nil })
	request := func(edit func(*change.Request)) func(*Input) {
		return func(in *Input) {
			r := *in.Context.Change
			edit(&r)
			in.Context.Change = &r
		}
	}
	remove("who opened it", request(func(r *change.Request) { r.Author = nil }))
	remove("who pushed it", request(func(r *change.Request) { r.Pushers = nil }))
	remove("attestation", func(in *Input) { in.Attestation = nil })
	remove("certainty of attestation", func(in *Input) { in.Attestation.Outcome = finding.NotAssessed })
	remove("impact", func(in *Input) { in.Impact = nil })
	remove("head", func(in *Input) { in.Head = nil })
	remove("requirements", func(in *Input) { in.Requirements = nil })
	remove("history", func(in *Input) { in.Change.Shallow = true })
	remove("completeness of files", func(in *Input) { in.Change.Limits = []change.Limit{{What: "files", Max: 1}} })
	remove("labels", request(func(r *change.Request) { r.Labels = nil }))
	remove("how it came", request(func(r *change.Request) { r.Kind = "" }))
	remove("title", request(func(r *change.Request) { r.Title = "" }))
	remove("reason", request(func(r *change.Request) { r.Reason = nil }))
	remove("draft", request(func(r *change.Request) { r.Draft = nil }))
	remove("text", request(func(r *change.Request) { r.Reason = &change.Why{Tickets: r.Reason.Tickets} }))
	for what, edit := range map[string]func(*change.Person){"login": func(p *change.Person) { p.Login = "" }, "id": func(p *change.Person) { p.ID = "" }, "type": func(p *change.Person) { p.Type = "" }} {
		remove("of who opened it, the "+what, request(func(r *change.Request) {
			p := *r.Author
			edit(&p)
			r.Author = &p
		}))
	}
	remove("tickets", request(func(r *change.Request) { r.Reason = &change.Why{Text: r.Reason.Text} }))
	remove("emergency", request(func(r *change.Request) { r.Emergency = nil }))
	for name, edit := range map[string]func(*change.Urgency){
		"who": func(u *change.Urgency) { u.By = nil }, "permission": func(u *change.Urgency) { u.Permission = "" },
		"teams": func(u *change.Urgency) { u.Teams = nil }, "time": func(u *change.Urgency) { u.At = "" }, "reason": func(u *change.Urgency) { u.Reason = "" },
	} {
		remove("of the emergency, "+name, request(func(r *change.Request) {
			if r.Emergency != nil {
				u := *r.Emergency
				edit(&u)
				r.Emergency = &u
			}
		}))
	}
	remove("repository", func(in *Input) { in.Context.Repository = nil })
	remove("host", func(in *Input) { in.Context.Repository = &change.Repository{Owner: "acme", Name: "shop"} })
	remove("owner of the repository", func(in *Input) { in.Context.Repository = &change.Repository{Host: "h.example", Name: "shop"} })
	remove("merge", func(in *Input) { in.Context.Merge = nil })
	remove("time of the merge", func(in *Input) { in.Context.Merge = &change.Merge{} })
	remove("owners", func(in *Input) { in.Owners = nil })
	remove("who owns what", func(in *Input) { in.Owners = owners.Broken("CODEOWNERS", "x") })
	remove("approved commits", func(in *Input) { in.Approved = nil })
	remove("checks", func(in *Input) { in.Context.Checks = nil })
	remove("day", func(in *Input) { in.Day = "" })
	remove("lines of files", func(in *Input) {
		in.Change.Files = slices.Clone(in.Change.Files)
		for i := range in.Change.Files {
			f := &in.Change.Files[i]
			f.Unread, f.Added, f.Deleted, f.Hunks = change.TooLarge, 0, 0, nil
		}
	})
	for i := range in.Context.Checks {
		remove(fmt.Sprint("name of check ", i), func(in *Input) { in.Context.Checks[i].Name = "" })
		remove(fmt.Sprint("App of check ", i), func(in *Input) { in.Context.Checks[i].App = "" })
		remove(fmt.Sprint("head of check ", i), func(in *Input) { in.Context.Checks[i].Head = "" })
		remove(fmt.Sprint("time of check ", i), func(in *Input) { in.Context.Checks[i].At = "" })
		remove(fmt.Sprint("conclusion of check ", i), func(in *Input) { in.Context.Checks[i].Conclusion = "" })
	}
	remove("sarif", func(in *Input) { in.Context.SARIF = nil })
	for i, s := range in.Context.SARIF {
		remove(fmt.Sprint("tool of sarif ", i), func(in *Input) { in.Context.SARIF[i].Tool = "" })
		remove(fmt.Sprint("head of sarif ", i), func(in *Input) { in.Context.SARIF[i].Head = "" })
		remove(fmt.Sprint("results of sarif ", i), func(in *Input) { in.Context.SARIF[i].Results = -1 })
		remove(fmt.Sprint("counts of sarif ", i), func(in *Input) { in.Context.SARIF[i].Counts = nil })
		for k := range s.Counts {
			count := func(edit func(*change.SARIFCount)) func(*Input) {
				return func(in *Input) {
					counts := slices.Clone(in.Context.SARIF[i].Counts)
					edit(&counts[k])
					in.Context.SARIF[i].Counts = counts
				}
			}
			remove(fmt.Sprint("rule of count ", k, " of sarif ", i), count(func(n *change.SARIFCount) { n.Rule = "" }))
			remove(fmt.Sprint("level of count ", k, " of sarif ", i), count(func(n *change.SARIFCount) { n.Level = "" }))
			remove(fmt.Sprint("results of count ", k, " of sarif ", i), count(func(n *change.SARIFCount) { n.Results = 0 }))
		}
	}
	for i, f := range in.Context.Commits {
		for what, edit := range map[string]func(*change.Person){"type": func(p *change.Person) { p.Type = "" }, "id": func(p *change.Person) { p.ID = "" }, "login": func(p *change.Person) { p.Login = "" }} {
			remove(fmt.Sprintf("%s of author %d", what, i), func(in *Input) {
				g, p := f, *f.Author
				edit(&p)
				g.Author, in.Context.Commits[i] = &p, g
				in.Context.Commits[i].Author = &p
			})
		}
		remove(fmt.Sprint("commit fact ", i), func(in *Input) { in.Context.Commits = slices.Delete(in.Context.Commits, i, i+1) })
		remove(fmt.Sprint("author ", i), func(in *Input) { f.Author = nil; in.Context.Commits[i] = f })
	}
	for i, r := range in.Context.Reviews {
		// A review of the list that is gone can not be missed: the list counts as whole.
		// What is gone of a review can.
		remove(fmt.Sprint("permission of review ", i), func(in *Input) { in.Context.Reviews[i].Permission = "" })
		remove(fmt.Sprint("type of reviewer ", i), func(in *Input) { in.Context.Reviews[i].Reviewer.Type = "" })
		remove(fmt.Sprint("teams of reviewer ", i), func(in *Input) { in.Context.Reviews[i].Teams = nil })
		remove(fmt.Sprint("time of review ", i), func(in *Input) { in.Context.Reviews[i].At = "" })
		remove(fmt.Sprint("commit of review ", i), func(in *Input) { in.Context.Reviews[i].Commit = "" })
		if r.State == "approved" && !slices.ContainsFunc(in.Context.Reviews, func(o change.Review) bool { // Of two words of one person, the older counts when the newer is gone.
			return o.Reviewer.ID == r.Reviewer.ID && (o.State != "approved" || o.Commit != r.Commit || o.Permission != r.Permission || o.Reviewer != r.Reviewer)
		}) {
			remove(fmt.Sprint("approval ", i), func(in *Input) { in.Context.Reviews = slices.Delete(in.Context.Reviews, i, i+1) })
		}
	}
	return out
}

func TestProperties(t *testing.T) {
	passed, failed := 0, 0
	seeds := uint64(400)
	if os.Getenv("CUSTODY_SLOW") != "" {
		seeds = 20_000
	}
	for seed := range seeds {
		w := world{rand.New(rand.NewPCG(seed, 1)), t}
		in := w.input()
		header, rules, waivers := w.policyText(1+w.IntN(3), w.IntN(3))
		people := w.people()
		header += people
		in.Config = config.Layer(nil, w.policy(assemble(header, rules, waivers)))
		base := w.checks(in)
		if passes(base) {
			passed++
		} else {
			failed++
		}
		never := func(what string, in Input) {
			if checks := w.checks(in); !passes(base) && passes(checks) {
				t.Fatalf("seed %d: %s turns what did not pass into a pass\n%s%s\nbefore %s\nafter  %s", seed, what, assemble(header, rules, waivers), show(in), outcomes(base), outcomes(checks))
			}
		}
		// Adding a rule never relaxes.
		more := in
		more.Config = config.Layer(nil, w.policy(assemble(header, append(slices.Clone(rules), w.rule("added")), waivers)))
		never("adding a rule", more)
		// Adding a requirement never relaxes.
		more = in
		more.Requirements = append(slices.Clone(in.Requirements), oneRequirement(t, "grep -r whatever", ""))
		more.Requirements[1].Controls[0].ID = "SEC-2"
		never("adding a requirement", more)
		// Adding a floor never relaxes, whatever it says.
		fh, fr, fw := w.policyText(w.IntN(3), w.IntN(3))
		more = in
		more.Config = config.Layer(w.floor(assemble(fh, fr, fw)), w.policy(assemble(header, rules, waivers)))
		never("adding a floor", more)
		// Nor does a floor that says who is who turn a failure into a pass. It may turn it
		// into a doubt: a condition over approvers (seed 14465) has no answer any more when an
		// account may be that of somebody who wrote the change.
		if fails(base) {
			more.Config = config.Layer(w.floor(assemble(fh+w.people(), fr, fw)), w.policy(assemble(header, rules, waivers)))
			if checks := w.checks(more); passes(checks) {
				t.Fatalf("seed %d: a floor with people turns a failure into %s", seed, outcomes(checks))
			}
		}
		// A finding more never relaxes: somebody asks for changes, a check fails.
		more = in
		ctx2 := *in.Context
		ctx2.Reviews = append(slices.Clone(in.Context.Reviews), change.Review{Reviewer: change.Person{Login: "p9", ID: "9", Type: change.User}, State: "changes_requested", Commit: in.Change.Head.String(), At: "2026-11-20T10:00:09Z", Permission: "admin"})
		ctx2.Checks = append(slices.Clone(in.Context.Checks), change.CheckRun{Name: w.pick("build", "lint"), App: "ci", Head: in.Change.Head.String(), Conclusion: "failure", At: "2026-11-20T11:00:09Z"})
		more.Context = &ctx2
		never("a deny", more)
		// Removing a fact never turns what did not pass into a pass.
		for what, less := range w.removals(in) {
			never("removing: "+what, less)
		}
		// Taking waivers away never relaxes, nor does a later day.
		less := in
		less.Config = config.Layer(nil, w.policy(assemble(header, rules, nil)))
		never("removing the waivers", less)
		less = in
		less.Day = "2030-01-01"
		never("a later day", less)

		// Order changes nothing, and the same input gives the same bytes.
		if a, b := show2(base), show2(w.checks(in)); a != b {
			t.Fatalf("seed %d: two runs differ\n%s\n%s", seed, a, b)
		}
		shuffled := in
		ctx := *in.Context
		ctx.Reviews, ctx.Commits = slices.Clone(ctx.Reviews), slices.Clone(ctx.Commits)
		w.Shuffle(len(ctx.Reviews), func(i, j int) { ctx.Reviews[i], ctx.Reviews[j] = ctx.Reviews[j], ctx.Reviews[i] })
		slices.Reverse(ctx.Commits)
		slices.Reverse(rules)
		slices.Reverse(waivers)
		shuffled.Context = &ctx
		shuffled.Config = config.Layer(nil, w.policy(assemble(header, rules, waivers)))
		if a, b := outcomes(base), outcomes(w.checks(shuffled)); a != b {
			t.Fatalf("seed %d: order matters\n%s\n%s", seed, a, b)
		}
	}
	t.Logf("%d inputs passed, %d did not", passed, failed)
	if passed < int(seeds/10) || failed < int(seeds/10) {
		t.Errorf("%d inputs passed and %d did not: one side is hardly tried", passed, failed)
	}
}

func outcomes(checks []finding.Check) string {
	var lines []string
	for _, c := range checks {
		lines = append(lines, fmt.Sprintf("%s/%s/%s=%s", c.Kind, c.ID, c.Level, c.Outcome))
	}
	slices.Sort(lines)
	return strings.Join(lines, " ")
}

func show(in Input) string {
	b, _ := json.MarshalIndent(struct {
		X any
		A any
	}{in.Context, in.Attestation}, "", " ")
	return string(b)
}

func show2(checks []finding.Check) string {
	b, err := json.Marshal(checks)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
