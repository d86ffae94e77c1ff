package control

import (
	"slices"
	"strings"
	"testing"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control/owners"
	"custody/internal/finding"
	"custody/internal/git"
)

// asked is one input and what is expected of rule r.
type asked struct {
	name  string
	rules string // of the repository's policy
	edit  func(*Input)
	want  finding.Outcome
	says  string
}

func (c asked) check(t *testing.T, in Input) {
	t.Helper()
	if c.edit != nil {
		c.edit(&in)
	}
	if in.Config == nil {
		in.Config = config.Layer(nil, policy(t, c.rules))
	}
	if got := evaluate(t, in)["r"]; got.Outcome != c.want || !strings.Contains(text(got), c.says) {
		t.Errorf("%s: %swant %s and %q", c.name, text(got), c.want, c.says)
	}
	for _, r := range in.Config.Rules {
		if r.ID != "r" || r.Kind != config.KindApprovals {
			continue
		}
		switch got, n := evaluate(t, in)["r"], evaluate(t, in)["r"].Approvals; {
		case n == nil:
			if got.Outcome == finding.Satisfied {
				t.Errorf("%s: satisfied, and it does not say by whom", c.name)
			}
		case n.Certain > len(n.By),
			got.Outcome == finding.Satisfied && (n.Certain < r.Approvals.Humans || n.Against != nil),
			got.Outcome == finding.NotSatisfied && n.Certain >= r.Approvals.Humans && n.Against == nil && !r.Approvals.Owners:
			t.Errorf("%s: %s, and counted are %+v of %d", c.name, got.Outcome, *n, r.Approvals.Humans)
		}
	}
}

func floorOf(t *testing.T, text string) *config.Policy {
	t.Helper()
	p, err := config.ParseFloor("floor.yaml", []byte("version: 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Without an identity map, separation of duties is fiction: one person with two
// accounts approves what they wrote (traps 7 and 8 of the compliance fact sheet).
func TestIdentityMap(t *testing.T) {
	head := oid("head")
	const one = "rules: [{id: r, kind: approvals, approvals: {humans: 1}}]\n"
	const two = "rules: [{id: r, kind: approvals, approvals: {humans: 2}}]\n"
	const annIsBob = "people: [{id: ann, accounts: ['github.com:1', 'github.com:2'], emails: [ann@home.example]}]\n"
	bob, cid := review("2", "bob", "approved", head, "write"), review("3", "cid", "approved", head, "admin")
	reviews := func(rs ...change.Review) func(*Input) {
		return func(in *Input) { in.Context.Reviews = rs }
	}
	objected := func(edit func(*Input)) func(*Input) {
		return func(in *Input) {
			against := review("3", "cid", "changes_requested", head, "write")
			against.At = "2026-11-19T10:00:00Z"
			in.Context.Reviews = []change.Review{against, bob}
			if edit != nil {
				edit(in)
			}
		}
	}
	unknownAuthor := func(email string) func(*Input) {
		return func(in *Input) {
			in.Context.Reviews = []change.Review{bob}
			in.Context.Commits[0].Author = nil
			in.Change.Commits[0].Author.Email = email
		}
	}
	for _, c := range []asked{
		{"two accounts, no map", one, reviews(bob), finding.Satisfied, ""},
		{"two accounts of one person", one + annIsBob, reviews(bob), finding.NotSatisfied, "bob does not count: wrote some of it"},
		{"two accounts that approve are one person", two + "people: [{id: b, accounts: ['github.com:2', 'github.com:3']}]\n", func(in *Input) {
			later := cid
			later.At = "2026-11-21T10:00:00Z"
			in.Context.Reviews = []change.Review{bob, later}
		}, finding.NotSatisfied, "1 of 2 people"},
		{"accounts of another forge", one + strings.ReplaceAll(annIsBob, "github.com:2", "git.example.com:2"), reviews(bob), finding.Satisfied, ""},
		{"the forge is not known", one + "people: [{id: ann, accounts: ['github.com:1', 'git.example.com:2']}]\n", func(in *Input) {
			in.Context.Reviews, in.Context.Repository = []change.Review{bob}, nil
		}, finding.NotSatisfied, "wrote some of it"},
		{"the author's address is nobody's", one, unknownAuthor("x@y.z"), finding.NotAssessed, "x@y.z"},
		{"the author's address is ann's", one + "people: [{id: ann, accounts: ['github.com:1'], emails: [X@y.z]}]\n", unknownAuthor("x@Y.z"), finding.Satisfied, ""},
		{"the author's address is the approver's", one + "people: [{id: bob, accounts: ['github.com:2'], emails: [x@y.z]}]\n", unknownAuthor("x@y.z"), finding.NotSatisfied, "bob does not count: wrote"},
		{"the forge names one, the map another", one + "people: [{id: bob, accounts: ['github.com:2'], emails: [ann@example.org]}]\n", reviews(bob), finding.NotSatisfied, "bob does not count: wrote"},
		{"a co-author by address", one + "people: [{id: bob, accounts: ['github.com:2'], emails: [b@home.example]}]\n", func(in *Input) {
			in.Context.Reviews = []change.Review{bob}
			in.Change.Commits[0].Trailers = []change.Trailer{{Key: "Co-authored-by", Value: "B <b@home.example>"}}
		}, finding.NotSatisfied, "bob does not count: wrote"},
		{"asks for changes with one account, approves with the other", one + "people: [{id: b, accounts: ['github.com:2', 'github.com:3']}]\n", func(in *Input) {
			against := review("3", "cid", "changes_requested", head, "write")
			against.At = "2026-11-21T10:00:00Z"
			in.Context.Reviews = []change.Review{bob, against}
		}, finding.NotSatisfied, "cid asked for changes"},
		{"asked for changes with one account, then approved with the other", one + "people: [{id: b, accounts: ['github.com:2', 'github.com:3']}]\n", objected(nil), finding.Satisfied, ""},
		{"a repository can not take back what somebody asks by a rule of the floor", "", objected(func(in *Input) {
			in.Config = config.Layer(floorOf(t, one), policy(t, "people: [{id: b, accounts: ['github.com:2', 'github.com:3']}]\n"))
		}), finding.NotSatisfied, "cid asked for changes"},
		{"a repository can not talk the floor out of its doubt", "", func(in *Input) {
			unknownAuthor("x@y.z")(in)
			in.Config = config.Layer(floorOf(t, one), policy(t, "people: [{id: ann, accounts: ['github.com:1'], emails: [x@y.z]}]\n"))
		}, finding.NotAssessed, "x@y.z"},
		{"but the floor can a repository", "", func(in *Input) {
			unknownAuthor("x@y.z")(in)
			in.Config = config.Layer(floorOf(t, "people: [{id: ann, accounts: ['github.com:1'], emails: [x@y.z]}]\n"), policy(t, one))
		}, finding.Satisfied, ""},
		{"and a repository can tell the floor who is who", "", func(in *Input) {
			reviews(bob)(in)
			in.Config = config.Layer(floorOf(t, one), policy(t, annIsBob))
		}, finding.NotSatisfied, "wrote some of it"},
	} {
		ch, x := pullRequest()
		x.Repository = &change.Repository{Host: "GitHub.com", Owner: "acme", Name: "shop"}
		c.check(t, Input{Change: ch, Context: x})
	}
}

// Whoever pushed last is not enough alone, and whoever drove an agent is an author of
// what it wrote (trap 8; Azure/ctest #361; nahuel893/agents-system #59).
func TestPushersAndDrivers(t *testing.T) {
	head := oid("head")
	const one = "rules: [{id: r, kind: approvals, approvals: {humans: 1}}]\n"
	bob, cid := review("2", "bob", "approved", head, "write"), review("3", "cid", "approved", head, "admin")
	const machine = "people: [{id: bob, accounts: ['github.com:2'], drives: ['github.com:99']}]\n"
	pushers := func(reviews []change.Review, ps ...change.Pusher) func(*Input) {
		return func(in *Input) { in.Context.Reviews, in.Context.Change.Pushers = reviews, ps }
	}
	agent := func(edit func(*Input)) func(*Input) {
		return func(in *Input) {
			in.Context.Reviews = []change.Review{bob}
			in.Context.Commits[0].Author = &change.Person{Login: "devin[bot]", ID: "99", Type: change.Bot}
			in.Context.Commits[0].Committer = in.Context.Commits[0].Author
			in.Attestation = attested(in.Change, attestation.AIVerified, nil)
			in.Attestation.Commits[0].Agents = []attestation.Agent{{ID: "devin"}}
			if edit != nil {
				edit(in)
			}
		}
	}
	for _, c := range []asked{
		{"pushed by the author", one, pushers([]change.Review{bob}, change.Pusher{Login: "ann", ID: "1"}), finding.Satisfied, ""},
		{"pushed by the one approver", one, pushers([]change.Review{bob}, change.Pusher{Login: "bob", ID: "2"}), finding.NotSatisfied, "only who pushed the change approved it | Ask somebody who pushed none of it"},
		{"pushed by one of two", one, pushers([]change.Review{bob, cid}, change.Pusher{Login: "bob", ID: "2"}), finding.Satisfied, ""},
		{"pushed by both", one, pushers([]change.Review{bob, cid}, change.Pusher{Login: "bob", ID: "2"}, change.Pusher{Login: "cid", ID: "3"}), finding.NotSatisfied, "only who pushed"},
		{"pushed by nobody known, two approve", one, pushers([]change.Review{bob, cid}), finding.NotAssessed, "every approval may be theirs"}, // both may have pushed, see above
		{"pushed by nobody known, one approves", one, pushers([]change.Review{bob}), finding.NotAssessed, "`change.pushers`"},
		{"pushed by a key without an account", one, pushers([]change.Review{bob}, change.Pusher{From: "ssh key"}), finding.NotAssessed, "`change.pushers`"},
		{"pushed by the author, who has no id here", one, pushers([]change.Review{bob}, change.Pusher{Login: "Ann", From: "gitolite"}), finding.Satisfied, ""},
		{"pushed by the approver, who has no id here", one, pushers([]change.Review{bob}, change.Pusher{Login: "bob", From: "gitolite"}), finding.NotSatisfied, "only who pushed"},
		{"pushed by a login that nobody names", one, pushers([]change.Review{bob}, change.Pusher{Login: "git", From: "git"}), finding.NotAssessed, "`change.pushers`"},
		{"pushed by a login that the context has elsewhere", one, pushers([]change.Review{bob}, change.Pusher{Login: "eve", ID: "9"}, change.Pusher{Login: "eve", From: "git"}), finding.Satisfied, ""},
		{"pushed with the other account of the approver", one + "people: [{id: b, accounts: ['github.com:2', 'github.com:7']}]\n", pushers([]change.Review{bob}, change.Pusher{Login: "bob2", ID: "7"}), finding.NotSatisfied, "only who pushed"},
		{"an agent, driven by nobody knows whom", one, agent(nil), finding.NotAssessed, "who drove devin"},
		{"an agent, another person besides", one, agent(func(in *Input) { in.Context.Reviews = append(in.Context.Reviews, cid) }), finding.Satisfied, ""},
		{"an agent of the approver's", one + "people: [{id: bob, accounts: ['github.com:2'], drives: ['github.com:99']}]\n", agent(nil), finding.NotSatisfied, "bob does not count: wrote"},
		{"an agent of somebody else's", one + "people: [{id: ann, accounts: ['github.com:1'], drives: ['github.com:99']}]\n", agent(nil), finding.Satisfied, ""},
		{"an agent that the repository gives to somebody else, for a rule of the floor", "", agent(func(in *Input) {
			in.Config = config.Layer(floorOf(t, one), policy(t, "people: [{id: ann, accounts: ['github.com:1'], drives: ['github.com:99']}]\n"))
		}), finding.NotAssessed, "who drove devin"},
		{"an agent with a person beside it", one, agent(func(in *Input) { in.Attestation.Commits[0].People = []string{"Ann <ann@example.org>"} }), finding.Satisfied, ""},
		{"an agent whose driver a note names, with an account", one, agent(func(in *Input) {
			in.Attestation.Commits[0].People = []string{"Bob <2+bob@users.noreply.github.com>"}
			in.Attestation.Commits[0].Drivers = in.Attestation.Commits[0].People
		}), finding.NotSatisfied, "bob does not count: wrote"},
		{"an agent whose driver a note names, by an address", one, agent(func(in *Input) {
			in.Attestation.Commits[0].People = []string{"Grace <grace@example.org>"}
			in.Attestation.Commits[0].Drivers = in.Attestation.Commits[0].People
		}), finding.NotAssessed, "grace@example.org"},
		{"a machine's account of type User approves", one + machine, pushers([]change.Review{review("99", "bob-agent", "approved", head, "write")}), finding.NotSatisfied, "writes at somebody's word"},
		{"who drives a machine's account of type User, which committed", one + machine, func(in *Input) {
			in.Context.Reviews = []change.Review{bob}
			in.Context.Commits[0].Author, in.Context.Commits[0].Committer = person("99", "bob-agent"), person("99", "bob-agent")
		}, finding.NotSatisfied, "bob does not count: wrote"},
		{"which only committed", one + machine, func(in *Input) {
			in.Context.Reviews = []change.Review{bob}
			in.Context.Commits[0].Committer = &change.Person{Login: "devin[bot]", ID: "99", Type: change.Bot}
		}, finding.NotSatisfied, "bob does not count: wrote"},
		{"which opened the change", one + machine, func(in *Input) {
			in.Context.Reviews, in.Context.Change.Author = []change.Review{bob}, person("99", "bob-agent")
		}, finding.NotSatisfied, "bob does not count: wrote"},
		{"an account of which nobody says that it is a person's", one, func(in *Input) {
			in.Context.Reviews = []change.Review{bob}
			in.Context.Commits[0].Author = &change.Person{Login: "devin", ID: "99"}
		}, finding.NotAssessed, "who drove devin"},
		{"an updater of dependencies", one, agent(func(in *Input) {
			in.Attestation.Commits[0].Agents, in.Attestation.Commits[0].Automation = nil, "dependabot"
		}), finding.Satisfied, ""},
		{"a bot that nobody knows", one, agent(func(in *Input) { in.Attestation.Commits[0].Agents = nil }), finding.NotAssessed, "who drove devin[bot]"},
		{"a bot, attestation cut", one, agent(func(in *Input) {
			in.Attestation.Commits[0].Automation, in.Attestation.Outcome = "dependabot", finding.NotAssessed
		}), finding.NotAssessed, "who drove devin[bot]"},
	} {
		ch, x := pullRequest()
		x.Repository = &change.Repository{Host: "github.com", Owner: "acme", Name: "shop"}
		c.check(t, Input{Change: ch, Context: x})
	}
}

// An approval of another commit holds if that is the same change by the same people
// (trap 9; palantir/policy-bot #795).
func TestApprovedBefore(t *testing.T) {
	old := oid("old").String()
	const one = "rules: [{id: r, kind: approvals, approvals: {humans: 1}}]\n"
	by := func(email string) []change.Commit {
		return []change.Commit{{Commit: git.Commit{ID: oid("old"), Author: git.Signature{Email: email}, Committer: git.Signature{Email: email}}}}
	}
	committed := func(email string, facts ...change.CommitFacts) func(in *Input) {
		return func(in *Input) {
			commits := by("ann@example.org")
			commits[0].Committer.Email = email
			in.Approved = map[Seen]Approved{{Commit: old}: {Same: true, Commits: commits}}
			in.Context.Commits = append(in.Context.Commits, facts...)
		}
	}
	for _, c := range []asked{
		{"not looked at", one, nil, finding.NotSatisfied, "was not looked at"},
		{"the same", one, func(in *Input) {
			in.Approved = map[Seen]Approved{{Commit: old}: {Same: true, How: "it has the same files", Commits: by("ann@example.org")}}
		}, finding.Satisfied, "it has the same files"},
		{"another", one, func(in *Input) { in.Approved = map[Seen]Approved{{Commit: old}: {How: "it changes x otherwise"}} }, finding.NotSatisfied, "it changes x otherwise"},
		{"the same, which they had committed", one, committed("bob@example.org", change.CommitFacts{SHA: old, Author: person("1", "ann"), Committer: person("2", "bob")}), finding.NotSatisfied, "bob does not count: wrote"},
		{"the same, which somebody else had committed", one, committed("eve@example.org", change.CommitFacts{SHA: old, Author: person("1", "ann"), Committer: person("5", "eve")}), finding.Satisfied, ""},
		{"the same, which somebody had committed whom nobody knows", one, committed("eve@example.org", change.CommitFacts{SHA: old, Author: person("1", "ann")}), finding.NotAssessed, "does not know everybody who committed that"},
		{"the head, when the branch was elsewhere, which is of no matter", one, func(in *Input) {
			in.Context.Reviews[0].Commit, in.Context.Reviews[0].Base = in.Change.Head.String(), old
			in.Approved = map[Seen]Approved{{in.Change.Head.String(), old}: {Same: true}}
		}, finding.Satisfied, ""},
		{"the head, when it was another change to the branch", one, func(in *Input) {
			in.Context.Reviews[0].Commit, in.Context.Reviews[0].Base = in.Change.Head.String(), old
			in.Approved = map[Seen]Approved{{in.Change.Head.String(), old}: {How: "it changes x otherwise"}}
		}, finding.NotSatisfied, "bob approved it before the branch that it is for moved on"},
		{"the head, when the branch was elsewhere, and nobody looked", one, func(in *Input) {
			in.Context.Reviews[0].Commit, in.Context.Reviews[0].Base = in.Change.Head.String(), old
		}, finding.NotSatisfied, "was not looked at"},
		{"the same, by whom the head names by another address", one, func(in *Input) {
			in.Approved = map[Seen]Approved{{Commit: old}: {Same: true, Commits: by("ann@home.example")}}
			in.Context.Commits = append(in.Context.Commits, change.CommitFacts{SHA: old, Author: person("1", "ann"), Committer: person("1", "ann")})
		}, finding.Satisfied, ""},
		{"the same, by another whom the forge knows", one, func(in *Input) {
			in.Approved = map[Seen]Approved{{Commit: old}: {Same: true, Commits: by("eve@home.example")}}
			in.Context.Commits = append(in.Context.Commits, change.CommitFacts{SHA: old, Author: person("5", "eve"), Committer: person("5", "eve")})
		}, finding.NotSatisfied, "name other authors"},
		{"the same, by whom nobody knows", one, func(in *Input) {
			in.Approved = map[Seen]Approved{{Commit: old}: {Same: true, Commits: by("eve@home.example")}}
			in.Context.Commits = append(in.Context.Commits, change.CommitFacts{SHA: old})
		}, finding.NotSatisfied, "name other authors"},
		{"the same, by somebody whom the head does not name", one, func(in *Input) {
			in.Approved = map[Seen]Approved{{Commit: old}: {Same: true, Commits: by("bob@example.org")}}
		}, finding.NotSatisfied, "name other authors"},
	} {
		ch, x := pullRequest(review("2", "bob", "approved", oid("old"), "write"))
		c.check(t, Input{Change: ch, Context: x})
	}
}

func TestTeamsAndOwners(t *testing.T) {
	head := oid("head")
	const team = "rules: [{id: r, kind: approvals, approvals: {humans: 1, teams: [acme/security]}}]\n"
	const owned = "rules: [{id: r, kind: approvals, approvals: {humans: 1, owners: true}}]\n"
	member := func(r change.Review, teams ...string) change.Review { r.Teams = append([]string{}, teams...); return r }
	bob, cid := review("2", "bob", "approved", head, "write"), review("3", "cid", "approved", head, "admin")
	has := func(file string, reviews ...change.Review) func(*Input) {
		return func(in *Input) {
			in.Context.Reviews = reviews
			if file != "" {
				in.Owners = owners.Parse("CODEOWNERS", []byte(file))
			}
		}
	}
	for _, c := range []asked{
		{"in the team", team, has("", member(bob, "Acme/Security")), finding.Satisfied, ""},
		{"in the team of the repository's owner", team, has("", member(bob, "security")), finding.Satisfied, ""},
		{"in another organisation's", team, has("", member(bob, "evil/security")), finding.NotSatisfied, "is in none of the teams acme/security"},
		{"in no team", team, has("", member(bob)), finding.NotSatisfied, "is in none of the teams"},
		{"teams not known", team, has("", bob), finding.NotAssessed, "in which teams"},
		{"owner", owned, has("* @Bob\n", bob), finding.Satisfied, "code owners approved each file"},
		{"not the owner", owned, has("* @dan\n", bob), finding.NotSatisfied, "no code owner approved src/a.go | Ask one of @dan"},
		{"one owner of several", owned, has("* @dan @bob\n", bob), finding.Satisfied, ""},
		{"the last line counts", owned, has("* @bob\nsrc/ @dan\n", bob), finding.NotSatisfied, "@dan"},
		{"nobody owns it", owned, has("doc/ @dan\n", bob), finding.Satisfied, "nobody owns 1 of the files"},
		{"no file", owned, has("", bob), finding.NotAssessed, "no CODEOWNERS stands at base"},
		{"a line that can not be read", owned, has("* @bob\n!x @dan\n", bob), finding.NotAssessed, "it is not known who owns it"},
		{"a team that owns", owned, has("* @acme/pay\n", member(bob, "acme/pay")), finding.Satisfied, ""},
		{"a team that owns, not theirs", owned, has("* @acme/pay\n", member(bob, "acme/other")), finding.NotSatisfied, ""},
		{"a team that owns, teams not known", owned, has("* @acme/pay\n", bob), finding.NotAssessed, "it is not known whether somebody approved"},
		{"an address that owns, nobody's", owned, has("* b@home.example\n", bob), finding.NotAssessed, ""},
		{"an address that owns", owned + "people: [{id: b, accounts: ['github.com:2'], emails: [b@home.example]}]\n", has("* B@home.example\n", bob), finding.Satisfied, ""},
		{"an address that owns, somebody else's", owned + "people: [{id: d, accounts: ['github.com:4'], emails: [b@home.example]}]\n", has("* b@home.example\n", bob), finding.NotSatisfied, ""},
		{"the owner is the author", owned, has("* @ann\n", bob, review("1", "ann", "approved", head, "admin")), finding.NotSatisfied, "no code owner approved"},
		{"moved away from its owner", owned, func(in *Input) {
			has("src/ @dan\ndoc/ @bob\n", bob)(in)
			in.Change.Files[0].Path, in.Change.Files[0].OldPath, in.Change.Files[0].Status = "doc/a", "src/a.go", change.Renamed
		}, finding.NotSatisfied, "no code owner approved src/a.go"},
		{"an author whom nobody knows may be the owner", owned, func(in *Input) {
			has("* @bob\n", bob, cid)(in)
			in.Context.Commits[0].Author = nil
			in.Change.Commits[0].Author.Email = "x@y.z"
		}, finding.NotAssessed, ""},
		{"over the limit", owned, func(in *Input) {
			has("* @bob\n", bob)(in)
			in.Limits = DefaultLimits()
			in.Limits.OwnerTries = 0
		}, finding.NotAssessed, "over the limit of 0 patterns"},
		{"files cut", owned, func(in *Input) {
			has("* @bob\n", bob)(in)
			in.Change.Limits = []change.Limit{{What: "files", Max: 1}}
		}, finding.NotAssessed, "not known whose files"},
	} {
		ch, x := pullRequest()
		x.Repository = &change.Repository{Host: "github.com", Owner: "acme", Name: "shop"}
		c.check(t, Input{Change: ch, Context: x})
	}
}

// Screens show the first reason alone: what is missing, which somebody can supply, stands
// before what was counted.
func TestWhatIsMissingComesFirst(t *testing.T) {
	head := oid("head")
	ch, x := pullRequest(review("2", "bob", "approved", head, "read"), review("3", "cid", "approved", head, ""))
	x.Change.Pushers = nil
	got := evaluate(t, Input{Change: ch, Context: x, Config: config.Layer(nil, policy(t, "rules: [{id: r, kind: approvals, approvals: {humans: 1}}]\n"))})["r"]
	var codes []string
	for _, r := range got.Reasons {
		codes = append(codes, r.Code)
	}
	n := slices.Index(codes, ReasonCounted)
	if got.Outcome != finding.NotAssessed || n < 1 || slices.ContainsFunc(codes[n:], func(c string) bool { return c != ReasonCounted }) {
		t.Errorf("%s: %v\n%s", got.Outcome, codes, text(got))
	}
}
