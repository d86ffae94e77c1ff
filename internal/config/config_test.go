package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/config/yaml"
	"custody/internal/finding"
)

// full uses every key that a repository may write.
const full = `version: 1
authorship:
  unknown: ai
requirements: docs/security.yaml
judge_files: ["deploy/**", tools/gate.go]
rules:
  - id: two-humans-for-agent-code
    kind: approvals
    name: Agent-written code has two human approvals
    at: [merge, record]
    level: error
    when: { authorship: [ai-verified, ai-declared, mixed], paths: ["**"] }
    approvals: { humans: 2, permission: maintain }
    waivable: true
    maps: [{framework: soc2-2017, id: CC8.1}]
  - id: known-origin
    kind: authorship-limit
    level: warning
    classes: [unknown, conflict]
    max_permille: 200
    waivable: true
  - id: requirements
    kind: requirements
  - id: judge
    kind: judge
    approvals: { humans: 1 }
  - id: reach-known
    kind: impact
    when: { paths: ["src/**/*.go", "{a,b}/c"] }
  - id: nothing-hidden
    kind: checks
    checks: [hidden-unicode]
    prompts: ["ai/**"]
  - id: owners-approve
    kind: approvals
    when:
      owners: ["@acme/payments"]
      labels: [risky]
      kinds: [code, dependencies]
      repositories: ["github.com/acme/*"]
      min_lines: 100
      min_files: 2
      min_reach: 50
    approvals: { humans: 1, teams: ["@acme/Security"], owners: true }
    emergency: defer
  - id: ticket
    kind: reason
    reason: { pattern: "[A-Z]+-[0-9]+", in: [commits], every_commit: true }
  - id: green
    kind: check-runs
    check_runs: [{ name: build, app: github-actions }]
  - id: pci
    kind: change-record
    fields: [reason, security-impact, approval, testing, secure-coding, roll-back]
  - id: pull-requests
    kind: pull-request
people:
  - id: ann
    accounts: ["GitHub.com:1042", "git.example.com:8443:7"]
    emails: [Ann@Example.org]
    drives: ["github.com:99"]
emergency: { permission: admin, teams: [acme/on-call], review_within_days: 2 }
waivers:
  - id: W-2026-001
    covers: known-origin
    paths: ["legacy/**"]
    owner: alice
    approver: bob
    reason: old code
    last_day: 2026-12-31
privacy: { names: hashed, texts: kept }
`

func TestParsePolicy(t *testing.T) {
	p, err := ParsePolicy(FileName, []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	r := p.Rules[0]
	if !slices.Equal(r.At, []change.Stage{change.AtMerge, change.AtRecord}) || r.Approvals.Humans != 2 || r.Approvals.Permission != "maintain" || !r.Waivable {
		t.Errorf("rule read as %+v", r)
	}
	if got := r.Maps[0].Control(); got != (finding.Control{Framework: "soc2-2017", ID: "CC8.1", Relation: "direct"}) {
		t.Errorf("map read as %+v", got)
	}
	if got := *p.Rules[1].MaxPermille; got != 200 || p.Rules[1].Level != finding.Warning {
		t.Errorf("rule read as %+v", p.Rules[1])
	}
	all := []change.Stage{change.AtPush, change.AtMerge, change.AtRecord}
	for i, want := range [][]change.Stage{1: all, 2: all, 3: {change.AtMerge}, 4: all} {
		if i > 0 && !slices.Equal(p.Rules[i].At, want) {
			t.Errorf("rule %s is in force at %v by default, want %v", p.Rules[i].ID, p.Rules[i].At, want)
		}
	}
	if r := p.Rules[3]; r.Approvals.Permission != DefaultPermission || r.Name == "" || r.Level != finding.Error {
		t.Errorf("defaults read as %+v", r)
	}
	if m := p.People[0]; m.Accounts[0] != "github.com:1042" || m.Accounts[1].Host() != "git.example.com:8443" || m.Accounts[1].ID() != "7" || m.Emails[0] != "ann@example.org" {
		t.Errorf("person read as %+v", m)
	}
	if r := p.Rules[6]; r.Approvals.Teams[0] != "acme/security" || !r.Approvals.Owners || r.Emergency != Defer || *r.When.MinReach != 50 {
		t.Errorf("rule read as %+v", r)
	}
	if r := p.Rules[9]; r.Approvals == nil || r.Approvals.Humans != 1 || r.Approvals.Permission != DefaultPermission {
		t.Errorf("the record's approvals are by default %+v", r.Approvals)
	}
	if w := p.Waivers[0]; w.LastDay != "2026-12-31" || w.Owner != "alice" {
		t.Errorf("waiver read as %+v", w)
	}
}

// TestRefused: each line of a policy, spoiled; the error names its line.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown top-level key", "judge_files:", "judges:", ":5:1: unknown key \"judges\""},
		{"unknown rule key", "    waivable: true\n    maps", "    waiveable: true\n    maps", "did you mean \"waivable\"?"},
		{"version", "version: 1", "version: 2", `:1:10: version "2" of the policy format is not known`},
		{"unknown severity", "level: warning", "level: HIGH", `:18:12: "level": unknown level "HIGH"`},
		{"unknown stage", "at: [merge, record]", "at: [merge, deploy]", `:10:17: an item of "at": unknown stage "deploy"`},
		{"stage twice", "at: [merge, record]", "at: [merge, merge]", `:10:17: stage merge is named twice`},
		{"no stage", "at: [merge, record]", "at: []", `:10:9: rule "two-humans-for-agent-code" is in force at no stage`},
		{"unknown kind", "kind: impact", "kind: impacts", `:28:11: "kind": unknown kind "impacts"`},
		{"unknown class", "classes: [unknown, conflict]", "classes: [unknwon]", `:19:15: an item of "classes": unknown class "unknwon"`},
		{"no class", "classes: [unknown, conflict]", "classes: []", `counts no class`},
		{"an account by login", "git.example.com:8443:7", "github.com:ann", `"github.com:ann" is not an account`},
		{"an account with a sign", "git.example.com:8443:7", "github.com:007", `is not an account`},
		{"an account of two", "people:\n", "people:\n  - { id: bob, accounts: ['github.com:1042'] }\n", `github.com:1042 is "bob"'s already`},
		{"a person twice", "people:\n", "people:\n  - { id: ann, emails: [x@y.z] }\n", `person "ann" is there twice`},
		{"a person of nothing", "people:\n", "people:\n  - { id: bob }\n", `person "bob" has neither account nor address`},
		{"drives a person", "drives: [\"github.com:99\"]", "drives: [\"github.com:1042\"]", `is "ann"'s own account`},
		{"no address", "[Ann@Example.org]", "[Ann]", `"Ann" is not an e-mail address`},
		{"team", "[acme/on-call]", "[on-call]", `"on-call" is not a team`},
		{"no team", "[acme/on-call]", "[]", `nobody may declare an emergency`},
		{"review never due", "review_within_days: 2", "review_within_days: 90", `review_within_days must be 1 to 30`},
		{"nobody may declare", "emergency: { permission: admin, teams: [acme/on-call], review_within_days: 2 }\n", "", `the file does not say who may declare one`},
		{"defer", "emergency: defer", "emergency: skip", `unknown value "skip"`},
		{"pattern", `pattern: "[A-Z]+-[0-9]+"`, `pattern: "(?=x)"`, `pattern "(?=x)" is not one`},
		{"pattern of nothing", `pattern: "[A-Z]+-[0-9]+"`, `pattern: "[A-Z]*"`, `matches an empty text`},
		{"pattern that explodes", `pattern: "[A-Z]+-[0-9]+"`, `pattern: "((a{1,100}){1,100}){1,100}"`, `is not one`},
		{"pattern that is large", `pattern: "[A-Z]+-[0-9]+"`, `pattern: "(a|bb|ccc|dddd|eeeee|ffffff){300}"`, `is too large`},
		{"every commit elsewhere", "in: [commits], every", "in: [commits, title], every", `asks each commit, and looks elsewhere too`},
		{"field twice", "fields: [reason, ", "fields: [reason, reason, ", `field reason is named twice`},
		{"no field", "fields: [reason, security-impact, approval, testing, secure-coding, roll-back]", "fields: []", `asks for no field`},
		{"check without App", "{ name: build, app: github-actions }", "{ name: build }", `lacks "app"`},
		{"kinds", "kinds: [code, dependencies]", "kinds: [codes]", `unknown kind of change "codes"`},
		{"no labels", "labels: [risky]", "labels: []", `would never apply: nothing is named`},
		{"least of nothing", "min_lines: 100", "min_lines: 0", `min_lines must be at least 1`},
		{"owner", "owners: [\"@acme/payments\"]", "owners: [payments]", `"payments" is not an owner`},
		{"unknown permission", "permission: maintain", "permission: owner", `unknown permission "owner"`},
		{"no humans", "humans: 2", "humans: 0", `:13:26: humans must be 1 to 20, not 0`},
		{"text humans", "humans: 2", "humans: two", `"humans" must be a whole number`},
		{"share", "max_permille: 200", "max_permille: 2000", `:20:19: max_permille must be 0 to 1000`},
		{"missing share", "    max_permille: 200\n", "", `:16:5: rule "known-origin" of kind authorship-limit lacks "max_permille"`},
		{"missing approvals", "    approvals: { humans: 1 }\n", "", `rule "judge" of kind judge lacks "approvals"`},
		{"foreign key", "    kind: requirements\n", "    kind: requirements\n    max_permille: 1\n", `has no use for "max_permille"`},
		{"empty id", "id: requirements", "id: ''", `"" is not an id`},
		{"bad id", "id: requirements", "id: 'a b'", `"a b" is not an id`},
		{"duplicate id", "id: requirements", "id: judge", `:24:9: rule id "judge" is used twice`},
		{"bad glob", `"src/**/*.go"`, `"src/[a"`, `:29:21: an item of "paths": glob "src/[a" is not well-formed`},
		{"absolute glob", `"src/**/*.go"`, `"/src/**"`, `can match nothing`},
		{"folder glob", `"src/**/*.go"`, `"src/"`, `write "src/**"`},
		{"double star beside", `"src/**/*.go"`, `"src/**.go"`, `acts as a single *`},
		{"negation", `"src/**/*.go"`, `"!src"`, `there is no negation`},
		{"exploding glob", `"src/**/*.go"`, `"{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"`, `more than 64 alternatives`},
		{"no paths", `paths: ["src/**/*.go", "{a,b}/c"]`, `paths: []`, `would never apply`},
		{"no classes wanted", "authorship: [ai-verified, ai-declared, mixed]", "authorship: []", `would never apply`},
		{"when for a limit", "    classes:", "    when: { authorship: [mixed] }\n    classes:", `is about every author`},
		{"unknown framework", "framework: soc2-2017", "framework: soc2", `unknown framework "soc2"`},
		{"unknown control", "id: CC8.1", "id: CC8.7", `soc2-2017 has no control "CC8.7"`},
		{"silent unknown", "authorship:\n  unknown: ai\n", "", `the policy does not say what ` + "`unknown`"},
		{"unknown unknown", "unknown: ai", "unknown: maybe", `:3:12: "unknown": unknown value "maybe"`},
		{"requirements path", "requirements: docs", "requirements: ../docs", `is not the path of a file`},
		{"waiver without reason", "    reason: old code\n", "", `lacks "reason"`},
		{"waiver with empty owner", "owner: alice", "owner: ''", `lacks "owner"`},
		{"waiver named like an emergency", "id: W-2026-001", "id: emergency", `a waiver can not be called "emergency"`},
		{"waiver named like the baseline", "id: W-2026-001", "id: baseline", `a waiver can not be called "baseline"`},
		{"waiver of one's own", "owner: alice", "owner: Bob", `is approved by its own owner`},
		{"waiver without end", "    last_day: 2026-12-31\n", "", `lacks "last_day"`},
		{"no such day", "2026-12-31", "2026-02-30", `"2026-02-30" is not a day`},
		{"waiver without paths", `    paths: ["legacy/**"]` + "\n", "", `lacks "paths"`},
		{"mode in a repository", "version: 1\n", "version: 1\nmode: report\n", `:2:7: "mode" belongs into the organisation's floor`},
		{"refs in a repository", "version: 1\n", "version: 1\nprotected_refs: [main]\n", `"protected_refs" belongs into the organisation's floor`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.Count(full, c.old) == 0 {
				t.Fatalf("the sample has no %q", c.old)
			}
			p, err := ParsePolicy(FileName, []byte(strings.Replace(full, c.old, c.new, 1)))
			var e *yaml.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v, policy %+v", err, p)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			if e.Line == 0 || e.Excerpt == "" {
				t.Errorf("error without place: %v", err)
			}
		})
	}
}

func TestParseFloor(t *testing.T) {
	f, err := ParseFloor("floor.yaml", []byte("version: 1\nmode: report\nprotected_refs: [refs/heads/main, refs/heads/release/*]\ntrusted_merge_paths: [pull request merge button]\n"))
	if err != nil {
		t.Fatal(err)
	}
	e := Layer(f, nil)
	if e.Mode != Report || len(e.ProtectedRefs) != 2 || e.TrustedMergePaths[0] != "pull request merge button" {
		t.Errorf("floor read as %+v", e)
	}
	if _, err := ParseFloor("floor.yaml", []byte("version: 1\nmode: off\n")); err == nil || !strings.Contains(err.Error(), "floor.yaml:2:7") {
		t.Errorf("mode off: %v", err)
	}
}

func mustPolicy(t *testing.T, src string) *Policy {
	t.Helper()
	p, err := ParsePolicy(FileName, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustFloor(t *testing.T, src string) *Policy {
	t.Helper()
	p, err := ParseFloor("floor.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLayer(t *testing.T) {
	if Layer(nil, nil) != nil {
		t.Error("nothing on nothing is something")
	}
	floor := mustFloor(t, "version: 1\nauthorship: {unknown: human}\nrequirements: org.yaml\njudge_files: [org/**]\nrules:\n- {id: judge, kind: judge, approvals: {humans: 2, permission: admin}}\n- {id: soft, kind: impact, waivable: true}\n")
	repo := mustPolicy(t, full)
	e := Layer(floor, repo)
	var ids []string
	for _, r := range e.Rules {
		ids = append(ids, r.CheckID+" "+r.Origin)
	}
	want := []string{"judge floor", "soft floor", "two-humans-for-agent-code .custody.yaml", "known-origin .custody.yaml", "requirements .custody.yaml", "repository:judge .custody.yaml", "reach-known .custody.yaml", "nothing-hidden .custody.yaml",
		"owners-approve .custody.yaml", "ticket .custody.yaml", "green .custody.yaml", "pci .custody.yaml", "pull-requests .custody.yaml"}
	if !slices.Equal(ids, want) {
		t.Errorf("rules %q\nwant  %q", ids, want)
	}
	if e.Unknown != (Unknown{AI: true, Human: true}) {
		t.Errorf("unknown counts as %+v: what either layer says must count", e.Unknown)
	}
	if got := fmt.Sprint(e.Requirements); got != "[{org.yaml floor} {docs/security.yaml .custody.yaml}]" {
		t.Errorf("requirements %s", got)
	}
	if e := Layer(nil, mustPolicy(t, "version: 1\n")); fmt.Sprint(e.Requirements) != "[{security_requirements.yaml default}]" {
		t.Errorf("requirements by default %v", e.Requirements)
	}
	// A repository's waiver reaches its own waivable rules, and of the floor's those
	// that the floor calls waivable; the floor's waivers reach only the floor's.
	repoWaiver, floorWaiver := LayeredWaiver{Origin: FileName}, LayeredWaiver{Origin: FloorOrigin}
	for i, want := range [][2]bool{{false, false}, {true, true}, {true, false}, {true, false}, {false, false}} {
		if got := [2]bool{repoWaiver.MayExcept(e.Rules[i]), floorWaiver.MayExcept(e.Rules[i])}; got != want {
			t.Errorf("rule %s: repository's and floor's waivers may except it: %v, want %v", e.Rules[i].CheckID, got, want)
		}
	}
}

func TestInForce(t *testing.T) {
	w := Waiver{LastDay: "2026-12-31"}
	for day, want := range map[Day]bool{"2026-11-23": true, "2026-12-31": true, "2027-01-01": false, "": false} {
		if w.InForce(day) != want {
			t.Errorf("in force on %q: %v, want %v", day, !want, want)
		}
	}
}

func TestCounts(t *testing.T) {
	ai, human := Unknown{AI: true}, Unknown{Human: true}
	for _, c := range []struct {
		u      Unknown
		class  attestation.Class
		wanted Class
		want   bool
	}{
		{ai, attestation.AIDeclared, "ai-declared", true},
		{ai, attestation.AIDeclared, "ai-verified", false},
		{ai, attestation.Unknown, "ai-verified", true},
		{ai, attestation.Unknown, "human-declared", false},
		{ai, "", "mixed", true},
		{human, attestation.Unknown, "ai-declared", false},
		{human, attestation.Unknown, "human-attested", true},
		{human, attestation.Unknown, "unknown", true},
		{Unknown{}, attestation.Unknown, "ai-declared", false},
		{human, attestation.Conflict, "ai-declared", true},
		{ai, attestation.Mixed, "ai-declared", true},
		{ai, attestation.Mixed, "human-declared", true},
		{ai, attestation.HumanDeclared, "ai-declared", false},
		{ai, attestation.HumanDeclared, "mixed", false},
	} {
		if got := c.u.Counts(c.class, []Class{c.wanted}); got != c.want {
			t.Errorf("%+v: %q counts as %q: %v, want %v", c.u, c.class, c.wanted, got, c.want)
		}
	}
}

func TestJudgeFile(t *testing.T) {
	e := Layer(nil, mustPolicy(t, full))
	for path, want := range map[change.Path]bool{
		".custody.yaml": true, ".Custody.YAML": true, ".custody.yaml/x": true, "sub/.custody.yaml": false, ".custody.yml": false,
		"security_requirements.yaml": true, "docs/security.yaml": true, "docs/Security.yaml": true, "docs": true,
		"CODEOWNERS": true, ".github/CODEOWNERS": true, "docs/CODEOWNERS": true, "src/CODEOWNERS": false,
		".husky": true, ".githooks": true, ".gitea/workflows/ci.yml": true, ".forgejo/workflows": true, ".woodpecker.yml": true, ".woodpecker/a.yml": true, ".gitea/CODEOWNERS": true,
		".github/workflows/ci.yml": true, ".GitHub/Workflows/ci.yml": true, ".github/actions/a/action.yml": true, ".github/dependabot.yml": false,
		".github": true, ".github/workflows": true, ".gitlab-ci.yml": true, "Jenkinsfile": true, ".husky/pre-commit": true, ".pre-commit-config.yaml": true,
		".gitattributes": true, "a/b/.gitattributes": true, "ai_inventory.yaml": false, ".ai-attestation.yaml": false,
		"deploy/x/y": true, "deploy": true, "tools/gate.go": true, "tools": true, "tools/gate.goo": false, "README.md": false, "hooks/push.go": false,
	} {
		if got := e.JudgeFile(path) != ""; got != want {
			t.Errorf("%s judges: %v, want %v", path, got, want)
		}
	}
	var none *Effective
	if none.JudgeFile(".custody.yaml") == "" || none.JudgeFile("deploy/x") != "" {
		t.Error("without a policy the built-in judge files stay")
	}
}

func TestExplain(t *testing.T) {
	e := Layer(mustFloor(t, "version: 1\nmode: enforce\nrules: [{id: origin, kind: impact}]\n"), mustPolicy(t, full))
	var lines []string
	for _, s := range e.Explain() {
		lines = append(lines, fmt.Sprintf("%s = %s (%s, default %v, line %d)", s.Key, s.Value, s.Origin, s.Default, s.Line))
	}
	all := strings.Join(lines, "\n")
	for _, want := range []string{
		"mode = enforce (floor, default false, line 2)",
		"rules.origin.at = [push, merge, record] (floor, default true, line 0)",
		"rules.origin.level = error (floor, default true, line 0)",
		"authorship.unknown = ai (.custody.yaml, default false, line 3)",
		"rules.two-humans-for-agent-code.approvals.permission = maintain (.custody.yaml, default false, line 13)",
		"rules.two-humans-for-agent-code.maps.0.framework = soc2-2017",
		"rules.judge.approvals.permission = write (.custody.yaml, default true, line 0)",
		"waivers.W-2026-001.last_day = 2026-12-31 (.custody.yaml, default false, line 70)",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	if (*Effective)(nil).Explain() != nil {
		t.Error("nothing explains something")
	}
}

func TestStarter(t *testing.T) {
	p, err := ParsePolicy(FileName, Starter(DefaultRequirements))
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[Kind]bool{}
	for _, r := range p.Rules {
		kinds[r.Kind] = true
	}
	if len(kinds) != 6 {
		t.Errorf("the starter shows kinds %v, want the six of the first day", kinds)
	}
	// The waiver in its comment is one that parses.
	var b strings.Builder
	_, example, _ := strings.Cut(string(Starter(DefaultRequirements)), "# waivers:\n")
	for line := range strings.Lines("# waivers:\n" + example) {
		b.WriteString(strings.TrimPrefix(line, "# "))
	}
	if p, err := ParsePolicy(FileName, append(Starter(DefaultRequirements), b.String()...)); err != nil || len(p.Waivers) != 1 {
		t.Errorf("the example of a waiver: %v", err)
	}
}

func FuzzParsePolicy(f *testing.F) {
	f.Add([]byte(full))
	f.Add(Starter(DefaultRequirements))
	f.Add([]byte("version: 1\nrules: [{id: a, kind: approvals, approvals: {humans: 1}}]\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		p, err := ParsePolicy("p", src)
		if err != nil {
			var e *yaml.Error
			if !errors.As(err, &e) {
				t.Fatalf("error is a %T: %v", err, err)
			}
			return
		}
		e := Layer(nil, p)
		e.Explain()
		e.JudgeFile(change.Path(src))
	})
}

// TestSampleIsWhole: the sample of the tests uses every key of the reference.
func TestSampleIsWhole(t *testing.T) {
	src, err := os.ReadFile("policy.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(src), "`yaml:\"")[1:] {
		key, _, _ := strings.Cut(part, "\"")
		key, _, _ = strings.Cut(key, ",")
		switch key {
		case "mode", "protected_refs", "trusted_merge_paths", "control_matrix": // the floor's
		default:
			if !strings.Contains(full+signers, key+":") {
				t.Errorf("the sample lacks %q", key)
			}
		}
	}
}

// signers are in no other sample, as their keys are long.
const signers = `version: 1
authorship:
  signers:
  - agent: claude-code
    ssh: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM8nxm+wwoay3kjXxXWb9iA+lDGSKx6ampUkPijr/bhS agent"
  - person: ada@example.com
    openpgp: |
      -----BEGIN PGP PUBLIC KEY BLOCK-----

      mDMEawcvchYJKwYBBAHaRw8BAQdAe0a8EMS4FLraZ8QBdzYzZGj1yWtvx/HjKE8a
      kYu131S0GUFnZW50IDxhZ2VudEBleGFtcGxlLmNvbT6IkAQTFggAOBYhBP/XF1nu
      +MkXxXVAYhTcCs/+JPmnBQJrBy9yAhsDBQsJCAcCBhUKCQgLAgQWAgMBAh4BAheA
      AAoJEBTcCs/+JPmnRIYBAO/+Ct2JFPLsxLJ8TeMjno4C6Jg0LozIfU8sdf21e3Sm
      AQD9Oa3m+KZP+hJdr7qOzKFcHI1I3sAJxtKGBpqxHm8/AQ==
      =CBny
      -----END PGP PUBLIC KEY BLOCK-----
`

func TestSigners(t *testing.T) {
	p, err := ParsePolicy(FileName, []byte(signers))
	if err != nil {
		t.Fatal(err)
	}
	floor, err := ParseFloor("floor", []byte(signers))
	if err != nil {
		t.Fatal(err)
	}
	e := Layer(floor, p)
	if len(e.Signers) != 4 || e.Signers[0].Agent != "claude-code" || e.Signers[3].OpenPGP == "" {
		t.Errorf("signers of both layers: %+v", e.Signers)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"signer of nobody", "  - agent: claude-code\n    ssh:", "  - ssh:", "a signer is an agent or a person"},
		{"signer without key", "  - agent: claude-code\n", "  - agent: claude-code\n  - agent: aider\n", "a signer has one key"},
		{"signer of no agent", "agent: claude-code", "agent: dependabot", `"dependabot" is no agent`},
		{"signer of no address", "person: ada@example.com", "person: ada", `"ada" is no address`},
		{"signer with a broken key", "ssh: \"ssh-ed25519 AAAAC3", "ssh: \"ssh-ed25519 BBBBC3", "the SSH key"},
		{"signer with a broken OpenPGP key", "mDMEawcv", "AAAA", "the OpenPGP key"},
	} {
		_, err := ParsePolicy(FileName, []byte(strings.Replace(signers, c.old, c.new, 1)))
		var y *yaml.Error
		if !errors.As(err, &y) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got  %v\nwant %s", c.name, err, c.want)
		}
	}
}
