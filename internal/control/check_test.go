package control

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/config/yaml"
	"custody/internal/finding"
	"custody/internal/git"
)

// typed is a file of version 2.1 with one requirement.
func typed(t *testing.T, check string, more ...string) *Requirements {
	t.Helper()
	return requirementsFile(t, "version: \"2.1\"\n"+strings.Join(more, "")+"controls:\n  - id: SEC-1\n    name: n\n    requirement: Data is safe\n    implementation: Do it\n    owner: sec@example.org\n    values: { days: 90, tls: ['1.2', '1.3'], alg: AESGCM }\n    check: "+check+"\n")
}

func reviewed(reviews ...change.Review) *change.Context {
	return &change.Context{Change: &change.Request{Author: &change.Person{ID: "1", Login: "ann", Type: change.User}, Title: "Fix", Labels: []string{"risky"}, Pushers: []change.Pusher{{ID: "1", Login: "ann", Type: change.User}}},
		Commits: []change.CommitFacts{}, Reviews: append([]change.Review{}, reviews...)}
}

// pushedBy says who pushed; nobody: it is not known.
func pushedBy(id, login string, x *change.Context) *change.Context {
	if x.Change.Pushers = nil; id != "" {
		x.Change.Pushers = []change.Pusher{{ID: id, Login: login, Type: change.User}}
	}
	return x
}

// TestApproversOfFloor: a repository's identity map settles no doubt where the floor asks
// for the requirements.
func TestApproversOfFloor(t *testing.T) {
	x := reviewed(approvedBy("2", "bob"))
	x.Repository = &change.Repository{Host: "h.example"}
	c := wholeChange("a.py")
	c.Commits = []change.Commit{{Commit: git.Commit{ID: oid("c"), Author: git.Signature{Email: "cy@home.example"}, Committer: git.Signature{Email: "cy@home.example"}}}}
	const rules, people = "version: 1\nrules: [{id: req, kind: requirements}]\n", "people: [{id: cy, accounts: ['h.example:3'], emails: [cy@home.example]}]\n"
	for _, test := range []struct {
		name, floor, policy string
		want                finding.Outcome
	}{
		{"nobody knows the author", "", rules, finding.NotAssessed},
		{"the repository's rule, its map", "", rules + people, finding.Satisfied},
		{"the floor's rule, the repository's map", rules, "version: 1\n" + people, finding.NotAssessed},
		{"the floor's rule, its map", rules + people, "version: 1\n", finding.Satisfied},
	} {
		var floor *config.Policy
		if test.floor != "" {
			floor = (world{t: t}).floor([]byte(test.floor))
		}
		in := Input{Change: c, Context: x, Requirements: []*Requirements{typed(t, "{diff: {cel: 'size(change.approvers) > 0'}}")}, Config: config.Layer(floor, (world{t: t}).policy([]byte(test.policy)))}
		if got := evaluate(t, in)["SEC-1"]; got.Outcome != test.want {
			t.Errorf("%s: %s", test.name, text(got))
		}
	}
}

func parsedContext(t *testing.T, parts string) *change.Context {
	t.Helper()
	c, err := change.ParseContext([]byte(`{"schema":"` + change.ContextSchema + `",` + parts + "}"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func approvedBy(id, login string, teams ...string) change.Review {
	return change.Review{Reviewer: change.Person{ID: id, Login: login, Type: change.User}, State: "approved", Commit: oid("head").String(), At: "2026-11-23T10:00:00Z", Permission: "write", Teams: append([]string{}, teams...)}
}

func TestTypedChecks(t *testing.T) {
	head := newHead(
		"src/a.py: key = AESGCM(k)  # DES is gone\nx = 1\n",
		"src/b.py: # AESGCM\n",
		"src/c.rb: # DES\n",
		"src/d.py: x = '''open\n",
		"deploy/a.yaml: kind: Ingress\nspec: {tls: {min: '1.2'}}\n---\nkind: Service\n",
		"deploy/b.yaml: kind: Ingress\nspec: {tls: {min: '1.0'}}\n",
		"deploy/c.yaml: a: {{ .Values }}\n",
		"app.toml: rotation = 30\n",
		"main.tf: resource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = true\n  rotation_period_in_days = 180\n}\n",
		"package.json: {\"scripts\": {\"a\": \"b\"}}",
		"gone.yaml?", "lib@", "link.yaml -> app.toml",
	)
	sarif := func(s ...change.SARIF) *change.Context { return &change.Context{SARIF: s} }
	at := oid("head").String()
	for _, c := range []struct {
		name, check string
		context     *change.Context
		want        finding.Outcome
		says        string
	}{
		{"text", "{text: {regex: 'AESGCM[(]', paths: ['src/**/*.py']}}", nil, finding.Satisfied, "presence: found in line 1 of blob"},
		{"text by a value", "{text: {value: alg, paths: ['src/b.py']}}", nil, finding.Satisfied, "src/b.py"},
		{"comments aside", "{text: {regex: AESGCM, paths: ['src/b.py'], strip_comments: true}}", nil, finding.NotSatisfied, "nothing in 1 file matches"},
		{"a comment is no code", "{text: {regex: DES, paths: ['src/a.py'], strip_comments: true, expect: absent}}", nil, finding.Satisfied, "not found in 1 file"},
		{"and with comments it is", "{text: {regex: DES, paths: ['src/a.py'], expect: absent}}", nil, finding.NotSatisfied, "error src/a.py:1: Data is safe: the line matches"},
		{"comments that nobody knows", "{text: {regex: AESGCM, paths: ['src/c.rb'], strip_comments: true, expect: absent}}", nil, finding.NotAssessed, "its comments can not be told from its code src/c.rb"},
		{"comments of a damaged file", "{text: {regex: AESGCM, paths: ['src/d.py'], strip_comments: true}}", nil, finding.NotAssessed, "its comments can not be told"},
		{"enough lines", "{text: {regex: AESGCM, paths: ['src/**'], min_count: 2}}", nil, finding.Satisfied, "src/b.py"},
		{"too few lines", "{text: {regex: AESGCM, paths: ['src/a.py', 'src/b.py'], min_count: 3}}", nil, finding.NotSatisfied, "2 lines in 2 files match `AESGCM`, and 3 must"},
		{"excluded", "{text: {regex: DES, paths: ['src/**'], exclude: ['**/*.py', '**/*.rb'], expect: absent}}", nil, finding.NotAssessed, "selects no file at head"},
		{"no file", "{text: {regex: DES, paths: ['gone/**'], expect: absent}}", nil, finding.NotAssessed, "selects no file at head"},
		{"below a submodule", "{text: {regex: DES, paths: ['lib/**'], expect: absent}}", nil, finding.NotAssessed, "a submodule"},
		{"a line at a time", "{text: {regex: 'AESGCM\\(k\\)[^z]*x = 1', paths: ['src/a.py']}}", nil, finding.NotSatisfied, "nothing in 1 file"},

		{"data holds", "{data: {files: ['deploy/a.yaml'], cel: \"doc.kind != 'Ingress' || doc.spec.tls.min in values.tls\"}}", nil, finding.Satisfied, "the condition holds for 2 documents of 1 file"},
		{"data of one document does not", "{data: {files: ['deploy/[ab].yaml'], cel: \"doc.kind != 'Ingress' || doc.spec.tls.min in values.tls\"}}", nil, finding.NotSatisfied, "error deploy/b.yaml: Data is safe: the document does not meet"},
		{"which documents", "{data: {files: ['deploy/a.yaml'], when: \"doc.kind == 'Ingress'\", cel: \"doc.spec.tls.min in values.tls\"}}", nil, finding.Satisfied, "holds for 1 document of 1 file"},
		{"no such document", "{data: {files: ['deploy/a.yaml'], when: \"doc.kind == 'Pod'\", cel: 'true'}}", nil, finding.NotAssessed, "is about no document of 1 file"},
		{"an absent key", "{data: {files: ['deploy/a.yaml'], cel: \"doc.spec.tls.min in values.tls\"}}", nil, finding.NotAssessed, `there is no key "spec"; ask has(...) before deploy/a.yaml`},
		{"what does not parse", "{data: {files: ['deploy/*.yaml'], exclude: ['deploy/b.yaml'], cel: 'true'}}", nil, finding.NotAssessed, "it is not YAML that can be read"},
		{"what can not be read", "{data: {files: ['gone.yaml'], cel: 'true'}}", nil, finding.NotAssessed, "object is not in the repository"},
		{"another format", "{data: {files: ['src/c.rb'], cel: 'true'}}", nil, finding.NotAssessed, "its format is not known"},
		{"no document", "{data: {files: ['x/*.yaml'], cel: 'true'}}", nil, finding.NotAssessed, "selects no file at head"},
		{"a link is no document", "{data: {files: ['link.yaml'], cel: 'true'}}", nil, finding.NotAssessed, "selects no file at head"},
		{"toml", "{data: {files: ['app.toml'], cel: 'doc.rotation <= values.days'}}", nil, finding.Satisfied, ""},
		{"hcl", "{data: {files: ['**/*.tf'], cel: 'doc.resource.aws_kms_key.all(k, doc.resource.aws_kms_key[k].all(b, b.enable_key_rotation && b.rotation_period_in_days <= values.days))'}}", nil, finding.NotSatisfied, "main.tf"},
		{"json", "{data: {files: ['package.json'], cel: \"!has(doc.scripts.postinstall) && file == 'package.json' && index == 0\"}}", nil, finding.Satisfied, ""},

		{"diff", "{diff: {cel: 'change.files.all(f, f.added < 20) && change.added == 20 && change.stage == \"merge\"'}}", nil, finding.Satisfied, "the condition holds for the change"},
		{"diff fails", "{diff: {cel: 'change.files.exists(f, f.path.startsWith(\"docs/\"))'}}", nil, finding.NotSatisfied, "error : Data is safe: the change does not meet"},
		{"approvals that nobody asked for", "{diff: {cel: 'change.files.all(f, !f.path.startsWith(\"docs/\") || size(change.approvers) > 0)'}}", nil, finding.Satisfied, ""},
		{"approvals without a context", "{diff: {cel: 'change.files.all(f, !f.path.startsWith(\"db/\") || size(change.approvers) > 0)'}}", nil, finding.NotAssessed, "no context was given"},
		{"approvals", "{diff: {cel: 'change.files.all(f, !f.path.startsWith(\"db/\") || change.approvers.exists(a, \"acme/dba\" in a.teams))'}}", reviewed(approvedBy("2", "bob", "acme/dba")), finding.Satisfied, ""},
		{"approvals by others", "{diff: {cel: 'change.approvers.exists(a, \"acme/dba\" in a.teams)'}}", reviewed(approvedBy("2", "bob", "acme/web")), finding.NotSatisfied, ""},
		{"the last pusher's approval alone", "{diff: {cel: 'size(change.approvers) > 0'}}", pushedBy("2", "bob", reviewed(approvedBy("2", "bob"))), finding.NotSatisfied, ""},
		{"nobody knows who pushed", "{diff: {cel: 'size(change.approvers) > 0'}}", pushedBy("", "", reviewed(approvedBy("2", "bob"))), finding.NotAssessed, "change.pushers"},
		{"whether it is a draft", "{diff: {cel: '!change.draft'}}", parsedContext(t, `"change":{"draft":false}`), finding.Satisfied, ""},
		{"nobody knows whether it is a draft", "{diff: {cel: '!change.draft'}}", parsedContext(t, `"change":{"title":"x"}`), finding.NotAssessed, "does not say it"},
		{"an empty text", "{diff: {cel: '!change.text.contains(\"x\")'}}", parsedContext(t, `"change":{"reason":{"text":""}}`), finding.Satisfied, ""},
		{"a text that nobody knows", "{diff: {cel: '!change.text.contains(\"x\")'}}", parsedContext(t, `"change":{"reason":{"tickets":[]}}`), finding.NotAssessed, "does not say it"},
		{"a result of nobody knows what", "{sarif: {tool: semgrep}}", parsedContext(t, `"sarif":[{"tool":"semgrep","head":"`+oid("head").String()+`","results":0},{"results":1}]`), finding.NotAssessed, "which tool found it"},
		{"one's own approval", "{diff: {cel: 'size(change.approvers) > 0'}}", reviewed(approvedBy("1", "ann")), finding.NotSatisfied, ""},
		{"labels", "{diff: {cel: '\"risky\" in change.labels && change.title == \"Fix\" && change.author.login == \"ann\"'}}", reviewed(), finding.Satisfied, ""},
		{"tickets that nobody told", "{diff: {cel: 'size(change.tickets) == 0'}}", reviewed(), finding.NotAssessed, "the context does not say it"},
		{"an error", "{diff: {cel: 'change.files[7].added > 1'}}", nil, finding.NotAssessed, "the list has no item 7"},

		{"sarif without a context", "{sarif: {tool: semgrep}}", nil, finding.NotAssessed, "no context was given"},
		{"sarif part", "{sarif: {tool: semgrep}}", &change.Context{}, finding.NotAssessed, "no part `sarif`"},
		{"no such scanner", "{sarif: {tool: semgrep}}", sarif(change.SARIF{Tool: "codeql", Head: at}), finding.NotAssessed, "no result of semgrep"},
		{"another head", "{sarif: {tool: semgrep}}", sarif(change.SARIF{Tool: "semgrep", Head: oid("old").String()}), finding.NotAssessed, "scanned another commit than the head"},
		{"nothing found", "{sarif: {tool: semgrep}}", sarif(change.SARIF{Tool: "semgrep", Head: at}), finding.Satisfied, "reports nothing"},
		{"something found", "{sarif: {tool: semgrep}}", sarif(change.SARIF{Tool: "semgrep", Head: at, Results: 2}), finding.NotSatisfied, "semgrep reports 2 results"},
		{"found, of which rule?", "{sarif: {tool: semgrep, rule: 'py.*'}}", sarif(change.SARIF{Tool: "semgrep", Head: at, Results: 2}), finding.NotAssessed, "does not count its results by rule"},
		{"found of another rule", "{sarif: {tool: semgrep, rule: 'py.*'}}", sarif(change.SARIF{Tool: "semgrep", Head: at, Results: 2, Counts: []change.SARIFCount{{Rule: "go.x", Level: "error", Results: 2}}}), finding.Satisfied, "nothing of what is asked"},
		{"found of the rule", "{sarif: {tool: semgrep, rule: 'py.*'}}", sarif(change.SARIF{Tool: "semgrep", Head: at, Results: 2, Counts: []change.SARIFCount{{Rule: "py.x", Level: "note", Results: 2}}}), finding.NotSatisfied, "2 results of rule py.x, level note"},
		{"found of a rule with a slash", "{sarif: {tool: codeql, rule: 'py*'}}", sarif(change.SARIF{Tool: "codeql", Head: at, Results: 2, Counts: []change.SARIFCount{{Rule: "py/sql-injection", Level: "error", Results: 2}}}), finding.NotSatisfied, "2 results of rule py/sql-injection, level error"},
		{"a level that is allowed", "{sarif: {tool: semgrep, max_level: note}}", sarif(change.SARIF{Tool: "semgrep", Head: at, Results: 2, Counts: []change.SARIFCount{{Rule: "py.x", Level: "note", Results: 2}}}), finding.Satisfied, ""},
		{"numbers that lie", "{sarif: {tool: semgrep, rule: 'py.*'}}", sarif(change.SARIF{Tool: "semgrep", Head: at, Results: 3, Counts: []change.SARIFCount{{Rule: "go.x", Level: "error", Results: 2}}}), finding.NotAssessed, "counts 2 results by rule, and says there are 3"},
		{"a level of one's own", "{sarif: {tool: semgrep}}", sarif(change.SARIF{Tool: "semgrep", Head: at, Results: 0, Counts: []change.SARIFCount{{Rule: "x", Level: "fine"}}}), finding.NotAssessed, "not understood"},
		{"found of nobody knows which rule", "{sarif: {tool: semgrep, rule: 'py.*'}}", sarif(change.SARIF{Tool: "semgrep", Head: at, Results: 2, Counts: []change.SARIFCount{{Level: "error", Results: 2}}}), finding.NotAssessed, "not understood"},
		{"nobody says how many", "{sarif: {tool: semgrep}}", parsedContext(t, `"sarif":[{"tool":"semgrep","head":"`+at+`"}]`), finding.NotAssessed, "does not count its results"},
		{"a title that nobody told", "{diff: {cel: '!change.title.startsWith(\"WIP\")'}}", parsedContext(t, `"change":{}`), finding.NotAssessed, "the context does not say it"},
		{"of which type the author is", "{diff: {cel: 'change.author.type != \"Bot\"'}}", parsedContext(t, `"change":{"author":{"id":"1","login":"ann"}}`), finding.NotAssessed, "does not say it of who opened"},
		{"two results, one bad", "{sarif: {tool: semgrep}}", sarif(change.SARIF{Tool: "semgrep", Head: at}, change.SARIF{Tool: "semgrep", Head: at, Results: 1}), finding.NotSatisfied, ""},

		{"all", "{all: [{text: {regex: AESGCM, paths: ['src/a.py']}}, {diff: {cel: 'true'}}]}", nil, finding.Satisfied, ""},
		{"all, one fails", "{all: [{text: {regex: AESGCM, paths: ['src/a.py']}}, {diff: {cel: 'false'}}]}", nil, finding.NotSatisfied, ""},
		{"all, one is not assessed", "{all: [{text: {regex: AESGCM, paths: ['src/a.py']}}, {sarif: {tool: x}}]}", nil, finding.NotAssessed, ""},
		{"any", "{any: [{sarif: {tool: x}}, {diff: {cel: 'false'}}, {text: {regex: AESGCM, paths: ['src/a.py']}}]}", nil, finding.Satisfied, "found in line 1"},
		{"any, none", "{any: [{diff: {cel: 'false'}}, {text: {regex: RC4, paths: ['src/a.py']}}]}", nil, finding.NotSatisfied, ""},
		{"any, perhaps", "{any: [{diff: {cel: 'false'}}, {sarif: {tool: x}}]}", nil, finding.NotAssessed, ""},
		{"nested", "{all: [{any: [{diff: {cel: 'false'}}, {all: [{diff: {cel: 'true'}}]}]}]}", nil, finding.Satisfied, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := Input{Change: wholeChange("db/1.sql", "src/a.py"), Context: c.context, Requirements: []*Requirements{typed(t, c.check)}, Head: head}
			if c.context != nil && c.context.Reviews != nil {
				in.Attestation = &attestation.Report{Outcome: finding.Satisfied}
			}
			got := evaluate(t, in)["SEC-1"]
			if got.Outcome != c.want || !strings.Contains(text(got), c.says) {
				t.Errorf("%s%s\nwant %s and %q", text(got), c.check, c.want, c.says)
			}
			if (got.Outcome == finding.NotSatisfied) != (len(got.Found) > 0) {
				t.Errorf("outcome %s with %d findings", got.Outcome, len(got.Found))
			}
			for _, f := range got.Found {
				if !strings.Contains(f.Who, "sec@example.org") || !strings.Contains(f.Remedy, "Do it") {
					t.Errorf("a finding for nobody: %+v", f)
				}
			}
		})
	}
}

// TestAppliesWhen: the same tree and context give the same requirements; what is not known
// excludes none.
// A change from nothing is a change, and not a commit that is looked at as it stands.
func TestTypedChecksFromNothing(t *testing.T) {
	zero, err := git.OIDFromBytes(make([]byte, 20))
	if err != nil {
		t.Fatal(err)
	}
	for check, want := range map[string]finding.Outcome{
		"{sarif: {tool: semgrep}}":                          finding.NotAssessed,
		"{diff: {cel: 'change.files.all(f, f.added < 1)'}}": finding.NotSatisfied,
	} {
		in := Input{Change: wholeChange("src/a.py"), Requirements: []*Requirements{typed(t, check)}, Head: newHead("src/a.py: a\n")}
		in.Change.Base = zero
		if got := evaluate(t, in)["SEC-1"]; got.Outcome != want {
			t.Errorf("%s: %swant %s", check, text(got), want)
		}
		in.Change = &change.Change{Head: oid("head")}
		if got := evaluate(t, in)["SEC-1"]; got.Outcome != finding.NotApplicable {
			t.Errorf("%s, of a commit: %s", check, text(got))
		}
	}
}

func TestAppliesWhen(t *testing.T) {
	head := newHead("a.py: x\n", "infra/main.tf: x\n", "web/lib@")
	closed := newHead("a.py: x\n", "infra/main.tf: x\n")
	const declared = "context: { frameworks: [pci-dss-4.0.1], ai_act: { role: provider, risk_class: limited }, data: [pii] }\n"
	for _, c := range []struct {
		name, when, context string
		head                Head
		applies             bool
		why                 string
	}{
		{"a language", "{ languages: [go, python] }", declared, closed, true, "language python"},
		{"an extension", "{ languages: [.tf] }", declared, closed, true, "language .tf"},
		{"another language", "{ languages: [go] }", declared, closed, false, "it applies to language go, and there is none"},
		{"perhaps in a submodule", "{ languages: [go] }", declared, head, true, "is not excluded: it is not known"},
		{"a tree that can not be listed", "{ languages: [go] }", declared, stoppedHead{}, true, "is not excluded"},
		{"a path", "{ paths: ['infra/**'] }", declared, closed, true, "path infra/**"},
		{"no such path", "{ paths: ['db/**'] }", declared, closed, false, "path db/**"},
		{"data", "{ data: [cardholder, pii] }", declared, closed, true, "data pii"},
		{"other data", "{ data: [cardholder] }", declared, closed, false, "data cardholder"},
		{"nothing said of data", "{ data: [cardholder] }", "", closed, true, "data cardholder is not excluded"},
		{"no data at all", "{ data: [cardholder] }", "context: { data: [] }\n", closed, false, ""},
		{"a framework", "{ frameworks: [pci-dss-4.0.1] }", declared, closed, true, ""},
		{"a risk class", "{ ai_risk: [high] }", declared, closed, false, "AI Act risk class high"},
		{"a role", "{ ai_role: [provider] }", declared, closed, true, ""},
		{"both", "{ ai_role: [provider], ai_risk: [high, limited] }", declared, closed, true, "AI Act role provider; AI Act risk class limited"},
		{"one of two", "{ languages: [python], data: [health] }", declared, closed, false, "data health"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := requirementsFile(t, "version: \"2.1\"\n"+c.context+"controls:\n  - { id: SEC-1, name: n, requirement: r, verification: \"! grep -r zzz --include='*.py'\", applies_when: "+c.when+" }\n")
			all, err := Applicable(t.Context(), []*Requirements{r}, c.head)
			if err != nil {
				t.Fatal(err)
			}
			if all[0].Applies != c.applies || !strings.Contains(all[0].Why, c.why) {
				t.Errorf("applies %v: %s\nwant %v: %s", all[0].Applies, all[0].Why, c.applies, c.why)
			}
			got := evaluate(t, Input{Requirements: []*Requirements{r}, Head: c.head})["SEC-1"]
			if (got.Outcome == finding.NotApplicable) == c.applies {
				t.Errorf("answered %s", text(got))
			}
		})
	}
}

// TestRefusedChecks: what can not be understood is an error of the file, with its place.
func TestRefusedChecks(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"2.0", "version: '2.0'\ncontrols: [{id: A, name: n, requirement: r, check: {diff: {cel: 'true'}}}]\n", `"check" is not in version 2.0 of the format`},
		{"2.0 values", "version: '2.0'\nvalues: {a: 1}\ncontrols: [{id: A, name: n, requirement: r}]\n", `"values" is not in version 2.0`},
		{"two kinds", "check: {diff: {cel: 'true'}, sarif: {tool: x}}", "a check has 2 kinds, not one"},
		{"no kind", "check: {}", "a check has 0 kinds"},
		{"empty all", "check: {all: []}", `"all" holds no check`},
		{"both", "check: {diff: {cel: 'true'}}, verification: grep -r x", `has a check and "verification"`},
		{"bad cel", "check: {diff: {cel: 'change.flies.all(f, true)'}}", `change has no "flies"`},
		{"no condition", "check: {diff: {cel: 'change.added'}}", "a condition must be a bool"},
		{"an unknown value", "check: {diff: {cel: 'change.added < values.lots'}}", `values has no "lots"`},
		{"too dear", "check: {diff: {cel: 'change.files.all(a, change.files.all(b, change.files.all(c, change.files.all(d, true))))'}}", "over the limit of 1000000"},
		{"bad regex", "check: {text: {regex: '(', paths: ['**']}}", "the pattern is not understood"},
		{"a regex for any line", "check: {text: {regex: '.*', paths: ['**']}}", "matches any line"},
		{"a regex over lines", "check: {text: {regex: 'a\\nb', paths: ['**']}}", "lines are searched one by one"},
		{"a bomb", "check: {text: {regex: '((a{100}){100}){10}', paths: ['**']}}", ""},
		{"no pattern", "check: {text: {paths: ['**']}}", "needs a regex or a value"},
		{"no such value", "check: {text: {value: alg, paths: ['**']}}", `no text is prescribed as "alg"`},
		{"no paths", "check: {text: {regex: x}}", `lacks "paths"`},
		{"a count of what is absent", "check: {text: {regex: x, paths: ['**'], expect: absent, min_count: 2}}", "min_count is 2"},
		{"a count", "check: {text: {regex: x, paths: ['**'], min_count: 0}}", "min_count is 0"},
		{"a level", "check: {sarif: {tool: x, max_level: error}}", `unknown value "error"`},
		{"a pattern of rules", "check: {sarif: {tool: x, rule: '['}}", "is no pattern of rule ids"},
		{"a language", "applies_when: {languages: [cobol]}", `unknown value "cobol"`},
		{"a role", "applies_when: {ai_role: [owner]}", `unknown value "owner"`},
		{"a value's name", "values: {a-b: 1}", `"a-b" is no name of a value`},
		{"a value", "values: {a: 1.5}", "is no text, whole number, true or false"},
		{"a mixed list", "values: {a: [1, x]}", "of one kind"},
		{"an empty list", "values: {a: []}", "prescribes nothing"},
		{"a map", "values: {a: {b: 1}}", "where a text, a whole number"},
		{"too many", "check: {all: [" + strings.Repeat("{diff: {cel: 'true'}}, ", 60) + "{diff: {cel: 'true'}}]}", "made of more than 50"},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := c.src
			if !strings.HasPrefix(src, "version") {
				src = "version: \"2.1\"\ncontrols:\n  - {id: A, name: n, requirement: r, " + src + "}\n"
			}
			_, err := ParseRequirements("r.yaml", []byte(src))
			var e *yaml.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) || e.Line == 0 {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
	if _, err := ParseRequirements("r.yaml", []byte("version: \"2.1\"\nvalues: {a: 1}\ncontrols: [{id: A, name: n, requirement: r, values: {a: 2}}]\n")); err == nil || !strings.Contains(err.Error(), "stands in the file's values, too") {
		t.Error(err)
	}
}

// TestTypedLimits: what is over a limit is not assessed, whatever it asks for, and takes
// nothing from the next requirement.
func TestTypedLimits(t *testing.T) {
	var big strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&big, "- n%d\n", i)
	}
	head := newHead("big.yaml: "+big.String(), "small.yaml: [1]\n")
	r := requirementsFile(t, `version: "2.1"
controls:
  - { id: A, name: n, requirement: r, check: { data: { files: [big.yaml], cel: "doc.all(a, doc.all(b, a == b || a != b))" } } }
  - { id: B, name: n, requirement: r, check: { data: { files: [small.yaml], cel: "size(doc) == 1" } } }
`)
	got := evaluate(t, Input{Requirements: []*Requirements{r}, Head: head})
	if got["A"].Outcome != finding.NotAssessed || !strings.Contains(text(got["A"]), "takes too many steps") || got["B"].Outcome != finding.Satisfied {
		t.Errorf("%s%s", text(got["A"]), text(got["B"]))
	}
	limits := DefaultLimits()
	limits.DocumentBytes = 100
	got = evaluate(t, Input{Requirements: []*Requirements{r}, Head: head, Limits: limits})
	if got["A"].Outcome != finding.NotAssessed || !strings.Contains(text(got["A"]), "over the limit of 100 bytes for all documents") {
		t.Error(text(got["A"]))
	}
	limits = DefaultLimits()
	limits.ConditionCost = 4
	if got = evaluate(t, Input{Requirements: []*Requirements{r}, Head: head, Limits: limits}); got["B"].Outcome != finding.NotAssessed {
		t.Error(text(got["B"]))
	}
}

// TestWaivedButNotLookedAt: a waiver of what was found is none of what was not looked at.
func TestWaivedButNotLookedAt(t *testing.T) {
	p, err := config.ParsePolicy(config.FileName, []byte("version: 1\nrules: [{id: req, kind: requirements, waivable: true}]\nwaivers: [{id: W, covers: SEC-1, paths: ['**'], owner: a, approver: b, reason: r, last_day: 2026-12-31}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Config: config.Layer(nil, p), Day: "2026-11-23", Head: newHead("a.py: DES\n", "gone.py?", "b.yaml: a: 1\n", "c.yaml: a: {{x}}\n")}
	for check, want := range map[string]finding.Outcome{
		"{text: {regex: DES, paths: ['a.py'], expect: absent}}":                                 finding.Excepted,
		"{text: {regex: DES, paths: ['*.py'], expect: absent}}":                                 finding.NotAssessed,
		"{data: {files: [b.yaml], cel: 'doc.a == 2'}}":                                          finding.Excepted,
		"{data: {files: ['*.yaml'], cel: 'doc.a == 2'}}":                                        finding.NotAssessed,
		"{all: [{text: {regex: DES, paths: ['a.py'], expect: absent}}, {sarif: {tool: x}}]}":    finding.NotAssessed,
		"{all: [{text: {regex: DES, paths: ['a.py'], expect: absent}}, {diff: {cel: 'true'}}]}": finding.Excepted,
	} {
		in.Requirements = []*Requirements{typed(t, check)}
		if got := evaluate(t, in); got["req"].Outcome != want || got["SEC-1"].Outcome != want {
			t.Errorf("%s: %s and %s, want %s", check, got["req"].Outcome, got["SEC-1"].Outcome, want)
		}
	}
}

// TestTypedProperties: on generated checks, removing any fact never makes a check
// satisfied that was not, and order changes nothing.
func TestTypedProperties(t *testing.T) {
	w := rand.New(rand.NewPCG(2, 8))
	pick := func(words ...string) string { return words[w.IntN(len(words))] }
	var check func(depth int) string
	check = func(depth int) string {
		switch n := w.IntN(6); {
		case depth > 0 && n < 2:
			var subs []string
			for range 1 + w.IntN(3) {
				subs = append(subs, check(depth-1))
			}
			return "{" + pick("all", "any") + ": [" + strings.Join(subs, ", ") + "]}"
		case n == 2:
			return "{sarif: {tool: " + pick("a", "b", "c") + pick("", ", rule: 'x.*'", ", max_level: note") + "}}"
		case n == 3:
			return "{data: {files: [" + pick("a.yaml", "'*.yaml'", "b.yaml") + "], cel: '" + pick("doc.a == 1", "has(doc.b)", "doc.a == 1 || doc.b", "true") + "'}}"
		case n == 4:
			return "{diff: {cel: '" + pick("size(change.approvers) > 0", "size(change.approvers) == 0", "change.added > 10", `"x" in change.labels`,
				`!("x" in change.labels) || size(change.approvers) > 1`, "change.files.all(f, f.added < 5) && size(change.tickets) == 0", `change.author.type == "User"`) + "'}}"
		}
		return "{text: {regex: " + pick("AES", "DES", "x") + ", paths: [" + pick("a.py", "'*.py'", "'**'") + "], expect: " + pick("present", "absent") + pick("", ", strip_comments: true") + "}}"
	}
	head := newHead("a.py: AES # DES\n", "b.py: x\n", "a.yaml: {a: 1}\n", "b.yaml: {a: 2, b: true}\n")
	tried := map[finding.Outcome]int{}
	for seed := range 400 {
		src := check(2)
		x := reviewed(approvedBy("2", "bob", "acme/x"), approvedBy("3", "cy"))
		x.Change.Reason = &change.Why{Text: new("t"), Tickets: []string{}}
		x.SARIF = []change.SARIF{{Tool: "a", Head: oid("head").String(), Results: w.IntN(2), Counts: []change.SARIFCount{}}, {Tool: "b", Head: oid("head").String(), Results: 1, Counts: []change.SARIFCount{{Rule: "x.y", Level: "note", Results: 1}}}}
		if x.SARIF[0].Results == 1 {
			x.SARIF[0].Counts = []change.SARIFCount{{Rule: pick("x.z", "q"), Level: pick("note", "error"), Results: 1}}
		}
		in := Input{Change: wholeChange("a.py", "b.py"), Context: x, Head: head, Requirements: []*Requirements{typed(t, src)}, Attestation: &attestation.Report{Outcome: finding.Satisfied}}
		before := evaluate(t, in)["SEC-1"].Outcome
		tried[before]++
		lesser := map[string]func(in *Input){
			"no context": func(in *Input) { in.Context = nil },
			"no reviews": func(in *Input) { c := *x; c.Reviews = nil; in.Context = &c },
			"no sarif":   func(in *Input) { c := *x; c.SARIF = nil; in.Context = &c },
			"less sarif": func(in *Input) { c := *x; c.SARIF = x.SARIF[:0:0]; in.Context = &c },
			"no counts": func(in *Input) {
				c := *x
				c.SARIF = slices.Clone(x.SARIF)
				c.SARIF[0].Counts, c.SARIF[1].Counts = nil, nil
				in.Context = &c
			},
			"no request": func(in *Input) { c := *x; c.Change = nil; in.Context = &c },
			"no labels":  func(in *Input) { c := *x; r := *x.Change; r.Labels = nil; c.Change = &r; in.Context = &c },
			"no head":    func(in *Input) { in.Head = nil },
			"blob gone": func(in *Input) {
				in.Head = newHead("a.py?", "b.py: x\n", "a.yaml: {a: 1}\n", "b.yaml: {a: 2, b: true}\n")
			},
			"yaml gone": func(in *Input) { in.Head = newHead("a.py: AES # DES\n", "b.py: x\n", "a.yaml?", "b.yaml?") },
			"cut":       func(in *Input) { c := *in.Change; c.Limits = []change.Limit{{What: "files", Max: 1}}; in.Change = &c },
			"unread": func(in *Input) {
				c := *in.Change
				c.Files = slices.Clone(c.Files)
				c.Files[0].Unread = change.TooLarge
				in.Change = &c
			},
			"no authors": func(in *Input) { in.Attestation = nil },
		}
		for _, name := range slices.Sorted(maps.Keys(lesser)) {
			less := in
			lesser[name](&less)
			after := evaluate(t, less)["SEC-1"].Outcome
			if (after == finding.Satisfied || after == finding.NotApplicable) && before != finding.Satisfied {
				t.Fatalf("seed %d, %s: %s became %s\n%s", seed, name, before, after, src)
			}
		}
		shuffled := in
		c := *x
		c.SARIF, c.Reviews = slices.Clone(x.SARIF), slices.Clone(x.Reviews)
		slices.Reverse(c.SARIF)
		slices.Reverse(c.Reviews)
		shuffled.Context = &c
		back := *head
		back.files = slices.Clone(head.files)
		slices.Reverse(back.files)
		shuffled.Head = &back
		if after := evaluate(t, shuffled)["SEC-1"].Outcome; after != before {
			t.Fatalf("seed %d: order makes %s of %s\n%s", seed, after, before, src)
		}
		more := in // another requirement takes nothing from this one
		more.Requirements = append([]*Requirements{requirementsFile(t, "version: \"2.1\"\ncontrols: [{id: SEC-0, name: n, requirement: r, check: "+check(1)+"}]\n")}, in.Requirements...)
		if after := evaluate(t, more)["SEC-1"].Outcome; after != before {
			t.Fatalf("seed %d: a requirement beside it makes %s of %s\n%s", seed, after, before, src)
		}
	}
	t.Log(tried)
	for _, o := range []finding.Outcome{finding.Satisfied, finding.NotSatisfied, finding.NotAssessed} {
		if tried[o] < 30 {
			t.Errorf("only %d checks were %s", tried[o], o)
		}
	}
}
