package attestation

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"custody/attestation/claim"
	"custody/attestation/corpus"
	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/git"
)

var (
	byClaude = []change.Trailer{{Key: "Co-authored-by", Value: "Claude <noreply@anthropic.com>"}}
	byHand   = []change.Trailer{{Key: "AI-Assistance", Value: "none"}}
	person   = git.Signature{Name: "Ada Lovelace", Email: "ada@example.com"}
)

func commitOf(n int, who git.Signature, trailers []change.Trailer) change.Commit {
	return change.Commit{Commit: git.Commit{ID: id(n), Parents: []git.OID{id(n - 1)}, Author: who, Committer: who, Message: []byte("x")}, Trailers: trailers}
}

// changeOf is a change of commits 2, 3, ... that adds ten lines to one file.
func changeOf(commits ...change.Commit) *change.Change {
	return &change.Change{
		Base: id(1), From: id(1), MergeBases: []git.OID{id(1)}, Head: commits[len(commits)-1].ID, Commits: commits,
		Files: []change.File{{Path: "a#b", Status: change.Added, Added: 10, Hunks: []change.Hunk{{Start: 1, Lines: 10}}}},
	}
}

func attest(t testing.TB, in Input) *Report {
	t.Helper()
	r, err := Attest(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func rulesOf(r *Report) string {
	var s []string
	for _, f := range r.Findings {
		s = append(s, f.Rule)
		if f.Message == "" || f.Remedy == "" || f.Who == "" {
			panic("a finding without message, remedy or somebody who can act: " + f.Rule)
		}
	}
	return strings.Join(s, " ")
}

func TestForge(t *testing.T) {
	bot := git.Signature{Name: "copilot-swe-agent[bot]", Email: "198982749+Copilot@users.noreply.github.com"}
	copilot := &change.Person{Login: "Copilot", ID: "198982749", Type: change.Bot}
	webFlow := &change.Person{Login: "web-flow", ID: "19864447", Type: change.User}
	ada := &change.Person{Login: "ada", ID: "7", Type: change.User}
	for name, c := range map[string]struct {
		who   git.Signature
		facts change.CommitFacts
		want  Class
	}{
		"verified, its own committer":           {bot, change.CommitFacts{Verified: true, Author: copilot, Committer: copilot}, AIVerified},
		"verified by the forge":                 {bot, change.CommitFacts{Verified: true, Author: copilot, Committer: webFlow}, AIVerified},
		"not verified":                          {bot, change.CommitFacts{Author: copilot, Committer: copilot}, AIDeclared},
		"a person signed":                       {bot, change.CommitFacts{Verified: true, Author: copilot, Committer: ada}, AIDeclared},
		"committer not known":                   {bot, change.CommitFacts{Verified: true, Author: copilot}, AIDeclared},
		"verified person":                       {person, change.CommitFacts{Verified: true, Author: ada, Committer: ada}, Unknown},
		"a user of that name":                   {person, change.CommitFacts{Verified: true, Author: &change.Person{Login: "Copilot", ID: "198982749", Type: change.User}, Committer: webFlow}, Unknown},
		"the login, another number":             {person, change.CommitFacts{Verified: true, Author: &change.Person{Login: "copilot", ID: "8", Type: change.Bot}, Committer: webFlow}, Unknown},
		"claude's login, the number of actions": {person, change.CommitFacts{Verified: true, Author: &change.Person{Login: "claude[bot]", ID: "41898282", Type: change.Bot}, Committer: webFlow}, Unknown},
		"actions, verified":                     {person, change.CommitFacts{Verified: true, Author: &change.Person{Login: "github-actions[bot]", ID: "41898282", Type: change.Bot}, Committer: webFlow}, Unknown},
		"the login, no number":                  {person, change.CommitFacts{Verified: true, Author: &change.Person{Login: "Copilot", Type: change.Bot}, Committer: webFlow}, AIDeclared},
	} {
		t.Run(name, func(t *testing.T) {
			ch := changeOf(commitOf(2, c.who, nil))
			c.facts.SHA = id(2).String()
			r := attest(t, Input{Change: ch, Context: &change.Context{Commits: []change.CommitFacts{c.facts}}})
			if r.Commits[0].Class != c.want {
				t.Errorf("%s, want %s: %+v", r.Commits[0].Class, c.want, r.Commits[0].Evidence)
			}
			if c.want == AIVerified && (r.Commits[0].Evidence[0].Strength != "B" || r.Commits[0].Agents[0].ID != "copilot") {
				t.Errorf("evidence %+v", r.Commits[0].Evidence)
			}
		})
	}
	// Facts of another commit are not this one's.
	r := attest(t, Input{Change: changeOf(commitOf(2, person, nil)), Context: &change.Context{Commits: []change.CommitFacts{{SHA: id(9).String(), Verified: true, Author: copilot, Committer: copilot}}}})
	if r.Commits[0].Class != Unknown {
		t.Errorf("facts of another commit gave %s", r.Commits[0].Class)
	}
}

func TestStatement(t *testing.T) {
	dependabot := git.Signature{Name: "dependabot[bot]", Email: "49699333+dependabot[bot]@users.noreply.github.com"}
	for name, c := range map[string]struct {
		says    string
		commits []change.Commit
		want    []Class
		rules   string
	}{
		"none":                    {"none", []change.Commit{commitOf(2, person, nil)}, []Class{HumanDeclared}, ""},
		"nothing said":            {"", []change.Commit{commitOf(2, person, nil)}, []Class{Unknown}, ""},
		"in other words":          {"No AI was used.", []change.Commit{commitOf(2, person, nil)}, []Class{Unknown}, ""},
		"a crowd":                 {strings.Repeat("claude,", 500), []change.Commit{commitOf(2, person, nil)}, []Class{AIDeclared}, ""},
		"evasive":                 {"n/a", []change.Commit{commitOf(2, person, nil)}, []Class{Unknown}, ""},
		"agents":                  {"Claude Code with Claude Opus 4.7", []change.Commit{commitOf(2, person, nil)}, []Class{AIDeclared}, ""},
		"an agent nobody knows":   {"HAL", []change.Commit{commitOf(2, person, nil)}, []Class{AIDeclared}, ""},
		"none, and a trailer":     {"none", []change.Commit{commitOf(2, person, nil), commitOf(3, person, byClaude)}, []Class{HumanDeclared, AIDeclared}, RuleStatement},
		"agents, and a denial":    {"Claude Code", []change.Commit{commitOf(2, person, byHand)}, []Class{Conflict}, RuleConflict},
		"agents, some by hand":    {"Claude Code", []change.Commit{commitOf(2, person, byHand), commitOf(3, person, byClaude)}, []Class{HumanDeclared, AIDeclared}, ""},
		"none, and automation":    {"none", []change.Commit{commitOf(2, dependabot, nil)}, []Class{Unknown}, ""},
		"agents, and automation":  {"Cursor", []change.Commit{commitOf(2, dependabot, nil)}, []Class{AIDeclared}, ""},
		"none, and contradiction": {"none", []change.Commit{commitOf(2, person, append(slices.Clone(byClaude), byHand...))}, []Class{Conflict}, RuleConflict},
	} {
		t.Run(name, func(t *testing.T) {
			r := attest(t, Input{Change: changeOf(c.commits...), Context: &change.Context{Change: &change.Request{AIStatement: c.says}}})
			for i, want := range c.want {
				if r.Commits[i].Class != want {
					t.Errorf("commit %d is %s, want %s: %+v", i, r.Commits[i].Class, want, r.Commits[i].Evidence)
				}
			}
			if got := rulesOf(r); got != c.rules {
				t.Errorf("findings %q, want %q", got, c.rules)
			}
		})
	}
}

func TestFindings(t *testing.T) {
	signed := []change.Trailer{{Key: "Signed-off-by", Value: "Claude <noreply@anthropic.com>"}}
	r := attest(t, Input{Change: changeOf(commitOf(2, person, signed))})
	if rulesOf(r) != RuleSignOff || r.Findings[0].Who != "Ada Lovelace <ada@example.com>" || r.Findings[0].Level != finding.Error {
		t.Errorf("%+v", r.Findings)
	}
	bot := []change.Trailer{{Key: "Signed-off-by", Value: "dependabot[bot] <support@github.com>"}, {Key: "Signed-off-by", Value: "Claude Monet <claude@monet.example>"}}
	if r := attest(t, Input{Change: changeOf(commitOf(2, person, bot))}); rulesOf(r) != "" {
		t.Errorf("%+v", r.Findings)
	}
}

func TestReportOfWhatIsMissing(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*change.Change)
		code  string
	}{
		"shallow":       {func(c *change.Change) { c.Shallow = true }, "shallow"},
		"cut":           {func(c *change.Change) { c.Limits = []change.Limit{{What: "commits", Max: 1}} }, "limit-commits"},
		"no merge base": {func(c *change.Change) { c.From, c.MergeBases, c.Files = git.OID{}, nil, nil }, "no-merge-base"},
		"no commits":    {func(c *change.Change) { c.Commits = nil }, "no-commits"},
		"unreadable":    {func(c *change.Change) { c.Files[0].Unread, c.Files[0].Hunks = change.Unreadable, nil }, "lines-unreadable"},
		"too large":     {func(c *change.Change) { c.Files[0].Unread, c.Files[0].Hunks = change.TooLarge, nil }, "lines-limit"},
	} {
		t.Run(name, func(t *testing.T) {
			ch := changeOf(commitOf(2, person, byHand))
			c.spoil(ch)
			r := attest(t, Input{Change: ch})
			if r.Outcome != finding.NotAssessed || len(r.Reasons) == 0 || r.Reasons[0].Code != c.code {
				t.Errorf("%v %+v, want reason %s", r.Outcome, r.Reasons, c.code)
			}
		})
	}
	ch := changeOf(commitOf(2, person, nil))
	ch.Files[0].Unread, ch.Files[0].Hunks = change.Opaque, nil
	r := attest(t, Input{Change: ch})
	if r.Outcome != finding.Satisfied || r.Summary.AIPermille != nil || len(r.Files) != 0 {
		t.Errorf("a binary file is nobody's lines: %v %+v", r.Outcome, r.Summary)
	}
	// With several classes, and history cut, lines that lead out of the change are nobody's.
	ch = changeOf(commitOf(2, person, byHand))
	ch.Shallow = true
	r = attest(t, Input{Change: ch, Differ: stubDiffer{id(1).Short() + ".." + id(2).Short(): []change.File{}}})
	if r.Summary.Lines[Unknown] != 10 || r.Outcome != finding.NotAssessed {
		t.Errorf("%v %+v", r.Outcome, r.Summary)
	}
}

func TestPermille(t *testing.T) {
	for _, c := range []struct{ n, all, want int }{{0, 10, 0}, {1, 100_000, 1}, {99_999, 100_000, 999}, {5, 5, 1000}, {1, 3, 333}, {2, 3, 667}, {1 << 30, 1 << 31, 500}} {
		if got := permilleOf(c.n, c.all); *got != c.want {
			t.Errorf("%d of %d: %d, want %d", c.n, c.all, *got, c.want)
		}
	}
	if permilleOf(0, 0) != nil {
		t.Error("a rate of nothing is null")
	}
}

// deciding lists evidence of every kind and strength, for tests of decide.
func deciding() []Evidence {
	var es []Evidence
	for _, s := range []Strength{"A", "B", "C", "D", "E", "F", "", "Z", "a"} {
		for _, c := range Classes {
			es = append(es, Evidence{Strength: s, Class: c, Agent: "x"})
		}
	}
	return es
}

func TestDecide(t *testing.T) {
	e := func(s Strength, c Class) Evidence { return Evidence{Strength: s, Class: c} }
	for _, c := range []struct {
		es   []Evidence
		want Class
	}{
		{nil, Unknown},
		{[]Evidence{e("A", AIVerified)}, AIVerified},
		{[]Evidence{e("B", AIVerified)}, AIVerified},
		{[]Evidence{e("B", AIDeclared)}, AIVerified},
		{[]Evidence{e("C", AIDeclared)}, AIDeclared},
		{[]Evidence{e("D", AIVerified)}, AIDeclared},
		{[]Evidence{e("E", AIDeclared)}, AIDeclared},
		{[]Evidence{e("F", AIDeclared)}, Unknown},
		{[]Evidence{e("", AIDeclared)}, Unknown},
		{[]Evidence{e("Z", HumanDeclared)}, Unknown},
		{[]Evidence{e("A", HumanAttested)}, HumanAttested},
		{[]Evidence{e("C", HumanAttested)}, HumanAttested},
		{[]Evidence{e("D", HumanAttested)}, Unknown},
		{[]Evidence{e("D", HumanDeclared)}, HumanDeclared},
		{[]Evidence{e("A", HumanAttested), e("D", AIDeclared)}, HumanAttested},
		{[]Evidence{e("C", HumanAttested), e("D", AIDeclared)}, HumanAttested},
		{[]Evidence{e("C", HumanAttested), e("C", AIDeclared)}, Conflict},
		{[]Evidence{e("A", HumanAttested), e("A", AIVerified)}, Conflict},
		{[]Evidence{e("C", HumanAttested), e("B", AIVerified)}, AIVerified},
		{[]Evidence{e("D", HumanDeclared), e("D", AIDeclared)}, Conflict},
		{[]Evidence{e("D", HumanDeclared), e("E", AIDeclared)}, Conflict},
		{[]Evidence{e("D", HumanDeclared), e("B", AIVerified)}, AIVerified},
		{[]Evidence{e("D", HumanDeclared), e("C", AIDeclared)}, AIDeclared},
		{[]Evidence{e("D", HumanDeclared), e("F", AIDeclared)}, HumanDeclared},
	} {
		if got := decide(c.es); got != c.want {
			t.Errorf("%v: %s, want %s", c.es, got, c.want)
		}
	}
}

// Order of evidence changes nothing; evidence of an agent never disappears because
// there is more evidence, save for an attested human of greater strength; and nothing
// but human evidence makes a human class.
func TestDecideProperties(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	all := deciding()
	for range 200_000 {
		es := make([]Evidence, rnd.IntN(6))
		for i := range es {
			es[i] = all[rnd.IntN(len(all))]
		}
		was := decide(es)
		rnd.Shuffle(len(es), func(i, j int) { es[i], es[j] = es[j], es[i] })
		if got := decide(es); got != was {
			t.Fatalf("another order: %s, was %s: %v", got, was, es)
		}
		more := all[rnd.IntN(len(all))]
		now := decide(append(es, more))
		if was.IsAI() && !now.IsAI() && now != Conflict && more.Class != HumanAttested {
			t.Fatalf("%v turned %s into %s: %v", more, was, now, es)
		}
		human := func(c Class) bool { return c == HumanAttested || c == HumanDeclared }
		if human(now) && !human(was) && !human(more.Class) {
			t.Fatalf("%v turned %s into %s: %v", more, was, now, es)
		}
	}
}

// A commit of unknown origin never raises the share of human lines, whatever is in the
// change already and wherever it stands.
func TestUnknownNeverRaisesHuman(t *testing.T) {
	for seed := range uint64(6) {
		r := newRepo(t)
		generate(r, seed+100, 15)
		c := r.change("base", "main")
		differ := &remembered{repo: r, files: map[[2]git.OID][]change.File{}}
		rnd := rand.New(rand.NewPCG(seed, 3))
		for i := range c.Commits {
			switch rnd.IntN(3) {
			case 0:
				c.Commits[i].Trailers = byHand
			case 1:
				c.Commits[i].Trailers = byClaude
			default:
				c.Commits[i].Trailers = nil
			}
		}
		human := func(r *Report) int { return r.Summary.Lines[HumanDeclared] + r.Summary.Lines[HumanAttested] }
		before := attest(t, Input{Change: c, Differ: differ})
		total := before.Summary.AddedLines
		sums(t, before, total)
		for i := range c.Commits {
			was := c.Commits[i].Trailers
			if was == nil {
				continue
			}
			c.Commits[i].Trailers = nil // the same change, with one commit less that is known
			after := attest(t, Input{Change: c, Differ: differ})
			sums(t, after, total)
			if human(after) > human(before) {
				t.Errorf("commit %d of unknown origin raised human lines from %d to %d", i, human(before), human(after))
			}
			c.Commits[i].Trailers = was
		}
	}
}

// remembered is a repository that is asked only once.
type remembered struct {
	repo
	files map[[2]git.OID][]change.File
}

func (r *remembered) Diff(ctx context.Context, from, to git.OID, _ func(change.Path) bool) ([]change.File, error) {
	key := [2]git.OID{from, to}
	if files, ok := r.files[key]; ok {
		return files, nil
	}
	files, err := r.repo.Diff(ctx, from, to, nil)
	r.files[key] = files
	return files, err
}

// The same input gives the same bytes, with facts and evidence in another order too.
func TestDeterministic(t *testing.T) {
	r := newRepo(t)
	generate(r, 42, 20)
	c := r.change("base", "main")
	first, _ := json.Marshal(attest(t, Input{Change: c, Differ: r}))
	for i := range c.Commits {
		slices.Reverse(c.Commits[i].Trailers)
	}
	again, _ := json.Marshal(attest(t, Input{Change: c, Differ: r}))
	if !bytes.Equal(first, again) {
		t.Error("two runs differ")
	}
}

func TestClaimInChange(t *testing.T) {
	facts := claim.Facts{Repo: claim.Repo{Owner: "o", Name: "n"}, Generated: "2026-01-01T00:00:00Z", Commits: 3, Assisted: 1, To: "2026-01-01T00:00:00Z",
		Tools: []claim.Tool{{ToolName: claimTool("claude-code"), Commits: 1}}}
	file, err := claim.Write(nil, facts)
	if err != nil {
		t.Fatal(err)
	}
	r := attest(t, Input{Change: changeOf(commitOf(2, person, nil)), ClaimBase: file, ClaimHead: file, History: &facts})
	if r.Claim.Outcome != finding.Satisfied || rulesOf(r) != "" || r.Summary.Lines[Unknown] != 10 {
		t.Errorf("%+v %s %v: the file must be fine, and change no class", r.Claim, rulesOf(r), r.Summary.Lines)
	}
	jules := []change.Trailer{{Key: "Assisted-by", Value: "Google Jules"}}
	r = attest(t, Input{Change: changeOf(commitOf(2, person, jules)), ClaimHead: file})
	if r.Claim.Outcome != finding.NotSatisfied || rulesOf(r) != claim.RuleUnderstate {
		t.Errorf("%+v %s", r.Claim, rulesOf(r))
	}
	if r := attest(t, Input{Change: changeOf(commitOf(2, person, nil))}); r.Claim != nil {
		t.Errorf("no file, and yet %+v", r.Claim)
	}
}

// The table and the published schema name the same tools.
func TestClaimTools(t *testing.T) {
	var ids []string
	for _, row := range Identities() {
		if row.Schema != "" {
			ids = append(ids, row.Schema)
		}
		_, isListed := claim.Listed(row.ID)
		if tool := claimTool(row.ID); tool.Listed != (row.Schema != "") || !tool.Listed && isListed {
			t.Errorf("%s is %+v", row.ID, tool)
		}
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); !slices.Equal(ids, claim.Identifiers()) {
		t.Errorf("the table has %v, the published schema %v", ids, claim.Identifiers())
	}
}

func TestManyPieces(t *testing.T) {
	var trailers []change.Trailer
	for range 5_000 {
		trailers = append(trailers, change.Trailer{Key: "Assisted-by", Value: "Claude:claude-" + string(rune('a'+len(trailers)%26)) + strings.Repeat("9", len(trailers)%80+1)})
	}
	trailers = append(trailers, byHand...)
	r := attest(t, Input{Change: changeOf(commitOf(2, person, trailers))})
	k := r.Commits[0]
	if k.Class != Conflict || len(k.Evidence) > maxShown+1 || len(k.Agents) > maxShown || k.Evidence[maxShown].Source != "limit" {
		t.Errorf("%s with %d pieces and %d agents: %+v", k.Class, len(k.Evidence), len(k.Agents), k.Evidence[len(k.Evidence)-1])
	}
}

// A message with as many lines as fit is read in one pass, and what is over the bound is
// told, in whatever paragraph it stands. At 20 MB: make slow.
func TestHugeMessage(t *testing.T) {
	size := 2 << 20
	if os.Getenv("CUSTODY_SLOW") != "" {
		size = 20 << 20
	}
	for name, line := range map[string]string{
		"attribution": "Made-with: nothing\n", "trailers": "a: b\n", "fences": "~~~\n", "prose": "x\n", "paragraphs": "a: b\n\n", "bytes": strings.Repeat("x", 1<<20) + "\n",
	} {
		m := "s\n\n" + strings.Repeat(line, size/len(line)) + "\n\nMade-with: Cursor\n\nend"
		c := commitOf(2, person, nil)
		c.Message = []byte(m)
		r := attest(t, Input{Change: changeOf(c)})
		if name == "attribution" {
			if r.Outcome != finding.NotAssessed || r.Reasons[0].Code != "limit-message" {
				t.Errorf("%s: %v %v", name, r.Outcome, r.Reasons)
			}
		} else if r.Commits[0].Class != AIDeclared || r.Outcome != finding.Satisfied {
			t.Errorf("%s: %s, %v", name, r.Commits[0].Class, r.Outcome)
		}
	}
}

func TestWriteText(t *testing.T) {
	evil := person
	evil.Name = "Eve\x1b[31m\u202e\n"
	c := changeOf(commitOf(2, evil, byClaude), commitOf(3, evil, append(slices.Clone(byClaude), byHand...)))
	c.Shallow = true
	var b bytes.Buffer
	if err := WriteText(&b, attest(t, Input{Change: c, ClaimBase: []byte("x")})); err != nil {
		t.Fatal(err)
	}
	const want = `020000000000  ai-declared  claude-code  D Co-authored-by: Claude <noreply@anthropic.com>
030000000000  conflict     claude-code  D Co-authored-by: Claude <noreply@anthropic.com>

2 commits, 10 added lines in 1 file
  unknown  10  100.0%

.ai-attestation.yaml: not-satisfied

error: 0300000000000000000000000000000000000000: the evidence contradicts itself: Co-authored-by: Claude <noreply@anthropic.com> against AI-Assistance: none
  correct the commit message or the request's statement, whichever is wrong (Eve?[31m?  <ada@example.com>)

error: .ai-attestation.yaml: the file is missing
  run ` + "`custody attest write`" + ` and commit .ai-attestation.yaml (whoever keeps .ai-attestation.yaml)

Not all of the change was assessed:
  history is cut: commits of the change may be missing; fetch the whole history
  the differences of the single commits were not read, and the commits are of several classes
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// What anybody can push must neither panic nor slip through: shown text is printable
// and bounded, the class has evidence, and no class is human without a declaration.
func FuzzCommit(f *testing.F) {
	for _, c := range corpus.Messages() {
		name, email := parsePerson(or(c.Author, ada))
		f.Add(name, email, "Co-authored-by", "Claude <noreply@anthropic.com>", c.Message)
	}
	f.Add("x (aider)", "", "Assisted-by", "Assisted-by:Assisted-by:", "\n\n```\n\n~~~")
	f.Add("", "<>", "AI-Assistance", ",,;none", "\n\n\nMade-with: \n : \n\n>")
	f.Fuzz(func(t *testing.T, name, email, key, value, message string) {
		c := change.Commit{Commit: git.Commit{ID: id(2), Author: git.Signature{Name: name, Email: email}, Committer: person, Message: []byte(message)}, Trailers: []change.Trailer{{Key: key, Value: value}}}
		k := attest(t, Input{Change: changeOf(c)}).Commits[0]
		if k.Class == HumanAttested || k.Class == HumanDeclared && !strings.EqualFold(key, "AI-Assistance") {
			t.Fatalf("%s without a declaration", k.Class)
		}
		if k.Class.IsAI() && len(k.Agents) == 0 || k.Class != Unknown && len(k.Evidence) == 0 {
			t.Fatalf("%s with agents %v, evidence %v", k.Class, k.Agents, k.Evidence)
		}
		for _, e := range k.Evidence {
			shown(t, e.Detail)
			shown(t, e.Model)
		}
		for _, p := range k.People {
			shown(t, p)
		}
	})
}

func shown(t *testing.T, s string) {
	if len(s) > 300 || s != change.Printable(s) && len(s) <= 200 || strings.ContainsAny(s, "\n\r\x1b") {
		t.Fatalf("not fit to be shown: %q", s)
	}
}
