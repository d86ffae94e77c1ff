package claim

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"custody/internal/finding"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// facts is a history of 200 commits, 12 of them by agents.
func facts() Facts {
	return Facts{
		Repo:      Repo{"acme", "shop", "https://github.com/acme/shop"},
		Generated: "2026-11-23T10:00:00Z", From: "2025-11-23T08:00:00Z", To: "2026-11-22T18:30:00Z",
		Commits: 200, Assisted: 12,
		Tools: []Tool{
			{ToolName{"amp", "Amp", false}, 2, "2026-10-01", "2026-10-02"},
			{ToolName{"claude-code", "Claude Code", true}, 9, "2026-01-05", "2026-11-20"},
			{ToolName{"copilot", "GitHub Copilot", true}, 3, "2026-02-01", "2026-02-03"},
		},
	}
}

func publishedSchema(t testing.TB) *jsonschema.Schema {
	data, err := os.ReadFile("../../docs/schema/ai-attestation-file.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("file.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("file.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid checks text with a YAML decoder and a JSON Schema validator, neither of which
// is the code under test.
func valid(s *jsonschema.Schema, text []byte) error {
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		return err
	}
	j, err := json.Marshal(v)
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(j)))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

func TestWriteCreates(t *testing.T) {
	out, err := Write(nil, facts())
	if err != nil {
		t.Fatal(err)
	}
	if err := valid(publishedSchema(t), out); err != nil {
		t.Errorf("the new file is not valid for the schema: %v\n%s", err, out)
	}
	r, fs := Check(out, facts())
	if r.Outcome != finding.Satisfied || len(fs) > 0 {
		t.Errorf("Check of the new file: %v %v", r.Outcome, fs)
	}
}

// existing files as people and tools leave them; each must come out valid, with every
// comment and every value that is not a count.
var existing = map[string]struct{ text, keep string }{
	"hand-kept": {`# AI attestation
# Ask legal before you change the policy.
schema: https://oss.korext.com/ai-attestation/schema
version: "1.0"
repo:
  owner: acme   # the company
  name: shop
generated: "2026-01-01T00:00:00Z" # by hand
range:
  commits: 10
  from: 2025-11-23T08:00:00Z
ai:
  # counted by the night job
  assisted_commits: 1 # one only
  percentage: 10.0
  tools:
    # the pair programmer
    - name: Copilot # nickname
      identifier: copilot
      first_seen: "2026-02-01"
      last_seen: null
      commit_count: 1 # so far
    - name: Devin
      identifier: devin
      commit_count: 4
  detection_methods: [co-author-trailer]
governance:
  engine: house   # ours
  score: 91
  packs:
    - pci # cards
policy:
  ai_code_requires_review: true
  minimum_governance_score: 80 # agreed in March
radar:
  region: DE
x-own: {a: 1}
# the end
`, "# Ask legal before you change the policy.|owner: acme   # the company|# by hand|# counted by the night job|# one only|# the pair programmer|name: Copilot # nickname|# so far|engine: house   # ours|score: 91|- pci # cards|minimum_governance_score: 80 # agreed in March|region: DE|x-own: {a: 1}|# the end|detection_methods: [co-author-trailer]"},
	"as the other tool writes it": {`# AI Attestation
schema: "https://oss.korext.com/ai-attestation/schema"
version: "1.0"
repo:
  owner: "acme"
  name: "shop"
  url: ""
generated: "2026-01-01T00:00:00.000Z"
range:
  commits: 0
ai:
  assisted_commits: 0
  percentage: 0
  tools:
    # since spring
    - name: "Cline"
      identifier: "cline"
      first_seen: "2026-03-01"
      last_seen: "2026-03-02"
      commit_count: 7
    - name: "Claude Code"
      identifier: "claude-code"
      commit_count: 7
    - name: "Bolt"
      identifier: "bolt"
      commit_count: 1
governance:
  engine: null
  score: null
`, "# since spring|name: \"Bolt\"|engine: null|identifier: \"cline\""},
	"no tools yet": {`# c
schema: https://oss.korext.com/ai-attestation/schema
version: "1.1"
repo: {owner: acme, name: shop}
generated: 2026-01-01T00:00:00Z
range: {commits: 3} # small
ai:
  assisted_commits: 0
  percentage: 0
  tools: [] # none
radar:
  include_in_aggregates: false
`, "repo: {owner: acme, name: shop}|# none|include_in_aggregates: false"},
	"in braces": {`# top
schema: https://oss.korext.com/ai-attestation/schema
version: "1.1"
repo: {owner: acme, name: shop}
generated: 2026-01-01T00:00:00Z
range: {commits: 3}
ai: {assisted_commits: 0, percentage: 0, tools: [{name: x, identifier: copilot, commit_count: 3}]} # why
policy: {mandatory_packs: [a, b]}`, "# top|# why|policy: {mandatory_packs: [a, b]}"},
	"windows line ends": {strings.ReplaceAll(`# c
schema: https://oss.korext.com/ai-attestation/schema
version: "1.1"
repo:
  owner: acme
  name: shop
generated: 2026-01-01T00:00:00Z
range:
  commits: 3
ai:
  assisted_commits: 0
  percentage: 0
  tools:
  - name: Claude
    identifier: claude-code
    commit_count: 1
policy:
  block_unscanned_ai_code: true
`, "\n", "\r\n"), "owner: acme\r\n|block_unscanned_ai_code: true\r\n|  - name: Claude\r\n"},
	"sections missing": {`# c
schema: https://oss.korext.com/ai-attestation/schema
repo:
  owner: acme
  name: shop
policy:
  ai_code_requires_review: false
`, "ai_code_requires_review: false|# c"},
}

func TestWriteUpdates(t *testing.T) {
	schema := publishedSchema(t)
	for name, c := range existing {
		t.Run(name, func(t *testing.T) {
			out, err := Write([]byte(c.text), facts())
			if err != nil {
				t.Fatal(err)
			}
			if err := valid(schema, out); err != nil {
				t.Errorf("not valid for the schema: %v\n%s", err, out)
			}
			for keep := range strings.SplitSeq(c.keep, "|") {
				if !strings.Contains(string(out), keep) {
					t.Errorf("lost %q:\n%s", keep, out)
				}
			}
			_, fs := Check(out, facts())
			for _, f := range fs {
				if !strings.HasPrefix(f.Rule, "attest-file-policy") { // which only packs can satisfy
					t.Errorf("Check of the result: %v\n%s", f, out)
				}
			}
			again, err := Write(out, Facts(func() Facts { f := facts(); f.Generated = "2027-01-01T00:00:00Z"; return f }()))
			if err != nil || string(again) != string(out) {
				t.Errorf("writing again, an hour later, changed the file: %v\n%s", err, again)
			}
		})
	}
}

// Other YAML readers must agree with what is written (a name that looks like a
// boolean, quotes, colons).
func TestQuote(t *testing.T) {
	for _, s := range []string{"acme", "yes", "No", "null", "1e3", "a: b", "#x", "it's", `say "hi"`, "-", "", "ünïcode", "a\nb", "2026-01-01", "0x1f", "~", "true "} {
		var got map[string]any
		if err := yaml.Unmarshal([]byte("k: "+quote(s)+"\n"), &got); err != nil || got["k"] != s {
			t.Errorf("%q is written %s and read %#v (%v)", s, quote(s), got["k"], err)
		}
	}
}

// What is written in braces is written anew with all that the file's format knows, tools
// that history does not show too.
func TestWriteBraces(t *testing.T) {
	const text = "schema: https://oss.korext.com/ai-attestation/schema\nversion: \"1.1\"\nrepo: {owner: o, name: n, x-mine: keep}\ngenerated: 2026-01-01T00:00:00Z\nrange: {commits: 3}\n" +
		"ai:\n  assisted_commits: 1\n  percentage: 33.3\n  tools: [{name: Devin, identifier: devin, first_seen: \"2025-01-02\", commit_count: 1}]\n  detection_methods: [git-config]\n"
	out, err := Write([]byte(text), facts())
	if err != nil {
		t.Fatal(err)
	}
	d, problems := Parse(out)
	if had := d.tool("devin"); len(problems) > 0 || had == nil || had.Commits != 0 || had.First != "2025-01-02" {
		t.Errorf("%v %+v", problems, had)
	}
	if !strings.Contains(string(out), "- git-config\n") || strings.Contains(string(out), "co-author-trailer") || !strings.Contains(string(out), "x-mine: keep") {
		t.Errorf("%s", out)
	}
	if again, err := Write(out, facts()); err != nil || string(again) != string(out) {
		t.Errorf("%v\n%s", err, again)
	}
}

func TestWriteRefuses(t *testing.T) {
	good, _ := Write(nil, facts())
	cut := facts()
	cut.Cut = "shallow"
	scanned := facts()
	scanned.Scan = &Scan{Engine: "custody 1", LastScan: "2026-11-25T00:00:00Z", Result: "PASS", Score: 90}
	for name, c := range map[string]struct {
		text string
		f    Facts
		want string
	}{
		"cut history":            {string(good), cut, "shallow"},
		"policy is not valid":    {string(good) + "policy:\n  minimum_governance_score: 900\n", facts(), "minimum_governance_score"},
		"governance of no kind":  {string(good) + "governance: yes please\n", facts(), "governance must be a mapping"},
		"not YAML":               {"a: [\n", facts(), "updating"},
		"anchors":                {"a: &x 1\nb: *x\n", facts(), "anchors"},
		"twice the same key":     {string(good) + "ai: {}\n", facts(), "ai"},
		"a list":                 {"- a\n", facts(), "must be a mapping"},
		"a key in braces":        {strings.Replace(string(good), "ai:\n", "ai: {assisted_commits: 1, percentage: 1, tools: [], x-note: mine}\nold:\n", 1), facts(), "ai.x-note would be lost"},
		"a window in braces":     {regexp.MustCompile(`range:\n(  .*\n)+`).ReplaceAllString(string(good), "range: {commits: 1, x-note: mine}\n"), facts(), "range.x-note would be lost"},
		"a tool in braces":       {regexp.MustCompile(`ai:\n(  .*\n)+`).ReplaceAllString(string(good), "ai:\n  assisted_commits: 1\n  percentage: 1\n  tools: [{name: Aider, identifier: aider, commit_count: 1, x-owner: me}]\n"), facts(), "ai.tools[0].x-owner would be lost"},
		"a proof in braces":      {string(good) + "governance: {engine: x, proof_bundle_url: \"https://example.com/proof\"}\n", scanned, "governance.proof_bundle_url would be lost"},
		"all of it in one brace": {"{schema: x}", facts(), "missing"},
	} {
		if out, err := Write([]byte(c.text), c.f); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want one that speaks of %q\n%s", name, err, c.want, out)
		}
	}
}

func TestProblemsSayWhere(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"wrong type":     {"schema: https://oss.korext.com/ai-attestation/schema\nversion: 1.0\n", "2:10: version must be a string"},
		"negative":       {"range:\n  commits: -1\n", "2:12: range.commits must be a number"},
		"hex":            {"range:\n  commits: 0x10\n", "range.commits must be a number"},
		"bad day":        {"ai:\n  tools:\n    - name: x\n      identifier: aider\n      commit_count: 1\n      first_seen: '2026-02-30'\n", "6:19: ai.tools[0].first_seen must be a day"},
		"percentage":     {"ai:\n  percentage: 100.1\n", "2:15: ai.percentage must be a number from 0 to 100"},
		"not a time":     {"generated: yesterday\n", "1:12: generated must be a date and time"},
		"no url":         {"repo:\n  url: ''\n", "2:8: repo.url must be a full address"},
		"industry":       {"radar:\n  industry: mining\n", "2:13: radar.industry must be fintech"},
		"missing":        {"schema: https://oss.korext.com/ai-attestation/schema\n", "ai is missing"},
		"several":        {"a: 1\n---\nb: 2\n", "several documents"},
		"empty":          {"# nothing\n", "empty"},
		"tag":            {"a: !!binary x\n", "tags are not supported"},
		"deep braces":    {"a: " + strings.Repeat("[", 5000), "too deep"},
		"deep dashes":    {"a:\n  " + strings.Repeat("- ", 5000) + "x", "too deep"},
		"bomb":           {"a: &a [x,x]\nb: &b [*a,*a]\n", "anchors and aliases"},
		"not UTF-8":      {"a: \xff\n", "not UTF-8"},
		"control":        {"a: 1\nb: \x00\n", "2:1: the file holds a control character"},
		"too long":       {strings.Repeat("#", MaxBytes+1), "more than"},
		"many documents": {strings.Repeat("---\na: 1\n", 3), "several documents"},
	} {
		_, problems := Parse([]byte(c.text))
		found := false
		for _, p := range problems {
			found = found || strings.Contains(p.Error(), c.want)
		}
		if !found {
			t.Errorf("%s: no problem says %q: %v", name, c.want, problems)
		}
	}
}

func TestCheck(t *testing.T) {
	good, _ := Write(nil, facts())
	change := func(old, new string) string { return strings.Replace(string(good), old, new, 1) }
	more := func(f func(*Facts)) Facts { x := facts(); f(&x); return x }
	for name, c := range map[string]struct {
		text    string
		f       Facts
		outcome finding.Outcome
		rule    string
		line    int // of the file; 0: not looked at
	}{
		"equal":                  {string(good), facts(), finding.Satisfied, "", 0},
		"fewer commits":          {change("assisted_commits: 12", "assisted_commits: 3"), facts(), finding.NotSatisfied, RuleUnderstate, 16},
		"more commits":           {change("assisted_commits: 12", "assisted_commits: 30"), facts(), finding.NotSatisfied, RuleOverstate, 16},
		"smaller share":          {change("percentage: 6", "percentage: 5.9"), facts(), finding.NotSatisfied, RuleUnderstate, 17},
		"a tool less":            {string(good), more(func(f *Facts) { f.Tools = append(f.Tools, Tool{ToolName{"devin", "Devin", true}, 1, "", ""}) }), finding.NotSatisfied, RuleUnderstate, 0},
		"a tool's commits":       {change("commit_count: 9", "commit_count: 8"), facts(), finding.NotSatisfied, RuleUnderstate, 0},
		"another history":        {change("commits: 200", "commits: 100"), facts(), finding.NotSatisfied, RuleWindow, 12},
		"a newer commit":         {string(good), more(func(f *Facts) { f.After = 1 }), finding.Satisfied, RuleStale, 10},
		"newer commits":          {string(good), more(func(f *Facts) { f.After = 3 }), finding.NotSatisfied, RuleStale, 10},
		"older commits":          {string(good), more(func(f *Facts) { f.Before = 3 }), finding.Satisfied, RuleBefore, 13},
		"a window after all":     {change("commits: 200", "commits: 0"), more(func(f *Facts) { f.Before, f.Commits, f.Assisted, f.Tools = 3, 0, 0, nil }), finding.NotSatisfied, RuleUnderstate, 13},
		"cut":                    {string(good), more(func(f *Facts) { f.Cut, f.Commits, f.Assisted, f.Tools = "shallow", 5, 1, nil }), finding.NotAssessed, "", 0},
		"cut, and still less":    {change("assisted_commits: 12", "assisted_commits: 0"), more(func(f *Facts) { f.Cut, f.Assisted = "shallow", 1 }), finding.NotSatisfied, RuleUnderstate, 16},
		"unlisted tool":          {change("identifier: copilot", "identifier: bolt"), facts(), finding.NotSatisfied, RuleTool, 0},
		"broken":                 {change("version: \"1.1\"", "version: 7"), facts(), finding.NotSatisfied, RuleMalformed, 5},
		"empty, which is a file": {"", facts(), finding.NotSatisfied, RuleMalformed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r, fs := Check([]byte(c.text), c.f)
			if r.Outcome != c.outcome {
				t.Errorf("outcome %v, want %v: %v", r.Outcome, c.outcome, fs)
			}
			for _, f := range fs {
				if f.Rule == c.rule && (c.line == 0 || f.Place.StartLine == c.line) {
					return
				}
			}
			if c.rule != "" || len(fs) > 0 {
				t.Errorf("findings %v, want %q at line %d\n%s", fs, c.rule, c.line, c.text)
			}
		})
	}
	if r, fs := Check(nil, facts()); r.Outcome != finding.NotSatisfied || len(fs) != 1 || fs[0].Rule != RuleMissing {
		t.Errorf("no file: %v %v", r.Outcome, fs)
	}
}

func TestReview(t *testing.T) {
	good, _ := Write(nil, facts())
	lowered := []byte(strings.Replace(string(good), "commit_count: 9", "commit_count: 2", 1))
	claude := []ToolName{{"claude-code", "Claude Code", true}}
	newest, _ := instant("2026-11-25T00:00:00Z")
	rules := func(fs []finding.Finding) string {
		var s []string
		for _, f := range fs {
			s = append(s, f.Rule)
		}
		return strings.Join(s, " ")
	}
	h := facts()
	for name, c := range map[string]struct {
		base, head []byte
		seen       Change
		history    *Facts
		outcome    finding.Outcome
		want       string
	}{
		"the same":           {good, good, Change{}, &h, finding.Satisfied, ""},
		"no history":         {good, good, Change{}, nil, finding.NotAssessed, ""},
		"removed":            {good, nil, Change{}, &h, finding.NotSatisfied, RuleMissing},
		"lowered":            {good, lowered, Change{}, nil, finding.NotSatisfied, RuleLowered},
		"window moved":       {good, []byte(strings.Replace(string(lowered), "from: \"2025", "from: \"2026", 1)), Change{}, nil, finding.NotAssessed, RuleBefore},
		"older than agents":  {nil, good, Change{Newest: newest, Tools: claude}, nil, finding.NotAssessed, RuleStale},
		"agent not named":    {nil, good, Change{Newest: 1, Tools: []ToolName{{"jules", "Jules", false}}}, nil, finding.NotSatisfied, RuleUnderstate},
		"agent of extension": {nil, good, Change{Newest: 1, Tools: []ToolName{{"amp", "Amp", false}}}, nil, finding.NotAssessed, ""},
	} {
		r, fs := Review(c.base, c.head, c.seen, c.history)
		if r.Outcome != c.outcome || rules(fs) != c.want {
			t.Errorf("%s: %v [%s], want %v [%s]", name, r.Outcome, rules(fs), c.outcome, c.want)
		}
	}
}

func TestDiff(t *testing.T) {
	good, _ := Write(nil, facts())
	if d, err := Diff(good, facts()); d != "" || err != nil {
		t.Errorf("no difference expected: %s %v", d, err)
	}
	f := facts()
	f.Assisted, f.Tools[1].Commits, f.Generated = 13, 10, "2026-11-24T10:00:00Z"
	d, err := Diff(good, f)
	want := `-generated: "2026-11-23T10:00:00Z"
+generated: "2026-11-24T10:00:00Z"
-  assisted_commits: 12
-  percentage: 6
+  assisted_commits: 13
+  percentage: 6.5
-      commit_count: 9
+      commit_count: 10
`
	if err != nil || d != want {
		t.Errorf("got (%v)\n%s\nwant\n%s", err, d, want)
	}
}

// A file of any bytes gives a document or problems, never both missing; and what Write
// accepts it makes valid, keeps every comment line of, and leaves alone the second time.
func FuzzFile(f *testing.F) {
	for _, c := range existing {
		f.Add([]byte(c.text))
	}
	for _, s := range []string{"", "a: [", "a: &a [*a]", "? a\n: b\n", "ai:\n- x\n", "{a: {b: [c]}}", "ai: |\n  text\nrange: >\n x\n", "'ai': 1\n\"range\": 2\n", "ai:\n  tools:\n  -\n    name: x\n    identifier: bolt\n    commit_count: 1\n"} {
		f.Add([]byte(s))
	}
	schema := publishedSchema(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		d, problems := Parse(data)
		if d == nil && len(problems) == 0 {
			t.Fatal("neither a document nor a problem")
		}
		r, fs := Check(data, facts())
		if len(problems) > 0 && r.Outcome == finding.Satisfied {
			t.Fatalf("a file with problems passed: %v", problems)
		}
		if r.Outcome == finding.Satisfied && len(fs) == 0 {
			if err := valid(schema, data); err != nil && !strings.Contains(err.Error(), "at '/x") {
				t.Fatalf("accepted and not valid: %v\n%s", err, data)
			}
		}
		out, err := Write(data, facts())
		if err != nil {
			return
		}
		if err := valid(schema, out); err != nil {
			t.Fatalf("written and not valid: %v\n%s\nfrom\n%s", err, out, data)
		}
		again, err := Write(out, facts())
		if err != nil || string(again) != string(out) {
			t.Fatalf("not stable (%v):\n%s\nthen\n%s", err, out, again)
		}
	})
}
