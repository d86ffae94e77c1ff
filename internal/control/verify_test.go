package control

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/config/yaml"
	"custody/internal/finding"
)

func TestVerification(t *testing.T) {
	head := newHead(
		"src/crypto.py: import x\ncipher = AESGCM(key)\n",
		"src/old.py: DES\n",
		"src/notes.txt: AESGCM\n",
		"web/app.ts: eval('x')\n",
		"image.py: GIF\x00\x01AESGCM\n",
		"utf16.cs: \xff\xfeD\x00E\x00S\x00",
		"model.bin: version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
		"link.py -> src/crypto.py",
		"vendor/lib@",
		"gone.rb?",
		"big.java: "+strings.Repeat("x", 1<<20+1),
		"empty.go: ",
		"name\nwith#line.kt: secret\n",
	)
	for _, c := range []struct {
		name, verification, more string
		want                     finding.Outcome
		says                     string
	}{
		{"present", "grep -r 'AESGCM' --include='*.py' src", "", finding.Satisfied, "presence: found in line 2 of blob "},
		{"nowhere", "grep -r 'ChaCha' --include='*.py' src", "", finding.NotSatisfied, `Data is encrypted: nothing in 2 files matches`},
		{"absent", "! grep -r 'RC4' --include='*.py' src", "", finding.Satisfied, "presence: not found in 2 files"},
		{"absent by field", "grep -r 'RC4' --include='*.py' src", "    expect: absent\n", finding.Satisfied, "presence: not found in 2 files"},
		{"there", "! grep -r 'DES' --include='*.py' src", "", finding.NotSatisfied, "error src/old.py:1: Data is encrypted: the line matches"},
		{"in a file", "grep -q AESGCM src/crypto.py", "", finding.Satisfied, " src/crypto.py"},
		{"narrowed by paths", "grep -r AESGCM .", "    paths: ['src/**/*.txt']\n", finding.Satisfied, "found in line 1 of blob"},
		{"binary", "grep -r AESGCM --include='image.py'", "", finding.Satisfied, "found in binary blob"},
		{"no file, present", "grep -r AESGCM --include='*.rs'", "", finding.NotAssessed, "selects no file at head, so it proves nothing"},
		{"no file, absent", "! grep -r AESGCM --include='*.rs'", "", finding.NotAssessed, "selects no file at head, so it proves nothing"},
		{"the common mistake", "! grep -r AESGCM --include='.py'", "", finding.NotAssessed, `write --include='*.py'`},
		{"a missing operand, found elsewhere", "grep -r AESGCM src missing", "", finding.Satisfied, " src/crypto.py"},
		{"a missing operand, absent", "! grep -r RC4 src/crypto.py missing", "", finding.NotAssessed, "nothing stands there at head missing"},
		{"a missing operand, not found", "grep -r RC4 src/crypto.py missing", "", finding.NotAssessed, "nothing stands there at head missing"},
		{"too large, absent", "! grep -r RC4 --include='*.java'", "", finding.NotAssessed, "1048577 bytes, over the limit of 1048576 big.java"},
		{"too large, but found elsewhere", "grep -r AESGCM --include='*.java' --include='*.py'", "", finding.Satisfied, "image.py"},
		{"unreadable, absent", "! grep -r RC4 --include='*.rb'", "", finding.NotAssessed, "could not be read: object is not in the repository gone.rb"},
		{"LFS, absent", "! grep -r RC4 --include='*.bin'", "", finding.NotAssessed, "a Git LFS pointer"},
		{"UTF-16, absent", "! grep -r DES --include='*.cs'", "", finding.NotAssessed, "UTF-16"},
		{"submodule, absent", "! grep -r RC4 vendor", "", finding.NotAssessed, "a submodule, whose files are not in this repository vendor/lib"},
		{"submodule, excluded", "! grep -r RC4 src --exclude-dir=lib", "", finding.Satisfied, ""},
		{"symbolic link is not followed", "grep AESGCM link.py", "", finding.NotAssessed, "selects no file"},
		{"symbolic link with -R", "! grep -R RC4 --include='link.py'", "", finding.NotAssessed, "a symbolic link link.py"},
		{"a pattern for any line", "grep -r '.' --include='*.go'", "", finding.NotAssessed, "the pattern matches any line, so it proves nothing"},
		{"an empty file has no line", "grep -r '^$' --include='*.go' web", "", finding.NotAssessed, "selects no file"},
		{"an empty line", "grep '^$' empty.go", "", finding.NotSatisfied, "nothing in 1 file matches"},
		{"odd name", "! grep -r secret --include='*.kt'", "", finding.NotSatisfied, "name%0Awith%23line.kt:1"},
		{"a pipe", "grep -r AESGCM | wc -l", "", finding.NotAssessed, "a pipe (|) is not evaluated. one grep must answer alone"},
		{"a command", "curl http://x", "", finding.NotAssessed, `"curl" is not evaluated`},
		{"a substitution", "grep -r \"$(id)\" .", "", finding.NotAssessed, "a variable or substitution ($) is not evaluated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			checks := evaluate(t, Input{Requirements: []*Requirements{oneRequirement(t, c.verification, c.more)}, Head: head})
			got := checks["SEC-1"]
			if got.Outcome != c.want || !strings.Contains(text(got), c.says) {
				t.Errorf("%s%s\nwant %s and %q", text(got), c.verification, c.want, c.says)
			}
			if got.Kind != finding.Requirement || got.Origin != config.DefaultRequirements {
				t.Errorf("kind %q, origin %q", got.Kind, got.Origin)
			}
			if (got.Outcome == finding.NotSatisfied) != (len(got.Found) > 0) {
				t.Errorf("outcome %s with %d findings", got.Outcome, len(got.Found))
			}
		})
	}
}

// TestReadOnce: a blob is read once, however many requirements ask for its file.
func TestReadOnce(t *testing.T) {
	head := newHead("a.py: x\n", "b.go: x\n", "c.rs: x\n")
	r := requirementsFile(t, "version: 2.0\ncontrols:\n- {id: A, name: a, requirement: r, verification: '! grep -r y --include=*.py'}\n- {id: B, name: b, requirement: r, verification: '! grep -r z --include=*.py --include=*.go'}\n")
	evaluate(t, Input{Requirements: []*Requirements{r}, Head: head})
	for _, f := range head.files {
		if n, want := head.read[f.ID], map[change.Path]int{"a.py": 1, "b.go": 1}[f.Path]; n != want {
			t.Errorf("%s was read %d times, want %d", f.Path, n, want)
		}
	}
}

// TestEnoughIsEnough: what must be present is not looked for further once it is found.
func TestEnoughIsEnough(t *testing.T) {
	head := newHead("b.py: x\n", "a.py: x\n", "c.py: x\n")
	checks := evaluate(t, Input{Requirements: []*Requirements{oneRequirement(t, "grep -r x", "")}, Head: head})
	if got := checks["SEC-1"]; !strings.Contains(text(got), " a.py\n") || len(head.read) != 1 {
		t.Errorf("%d files were read\n%s", len(head.read), text(got))
	}
}

func TestLimits(t *testing.T) {
	head := newHead("a.py: "+strings.Repeat("a", 100), "b.py: RC4\n")
	in := Input{Requirements: []*Requirements{oneRequirement(t, "! grep -r RC4", "")}, Head: head}
	for name, limits := range map[string]Limits{
		"bytes": {FileBytes: 1000, TotalBytes: 100, Cost: 1e9, Places: 5},
		"cost":  {FileBytes: 1000, TotalBytes: 1000, Cost: 10, Places: 5},
	} {
		in.Limits = limits
		if got := evaluate(t, in)["SEC-1"]; got.Outcome != finding.NotAssessed || !strings.Contains(text(got), "over the limit") {
			t.Errorf("%s: %s", name, text(got))
		}
	}
	in.Limits = DefaultLimits()
	if got := evaluate(t, in)["SEC-1"]; got.Outcome != finding.NotSatisfied {
		t.Errorf("within the limits: %s", text(got))
	}
}

func TestParseRequirements(t *testing.T) {
	const good = "version: \"2.0\"\ncontrols:\n  - id: SEC-001\n    name: Encryption\n    requirement: Data is encrypted\n    implementation: AES-256-GCM\n    verification: \"grep -r 'AESGCM' --include='*.py'\"\n"
	r := requirementsFile(t, good)
	if len(r.Controls) != 1 || r.Controls[0].command == nil || r.Controls[0].Expects() != Present || r.Controls[0].Severity != finding.Error {
		t.Errorf("read as %+v", r)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"version 2.1", `"2.0"`, `"2.1"`, ``},
		{"version 3", `"2.0"`, `3`, `:1:10: "version": version "3" of the requirements format is not known`},
		{"no version", "version: \"2.0\"\n", "", `lacks "version"`},
		{"other list", "controls:", "requirements:", `:3:3: unknown key "requirements" in the file`},
		{"empty list", "controls:\n", "controls: []\nx:\n", `unknown key "x"`},
		{"unknown key", "implementation:", "how:", `:6:5: unknown key "how"`},
		{"no id", "id: SEC-001\n    ", "", `lacks "id"`},
		{"no requirement", "    requirement: Data is encrypted\n", "", `lacks "requirement"`},
		{"severity", "    name: Enc", "    severity: HIGH\n    name: Enc", `:4:15: "severity": unknown level "HIGH"`},
		{"expect", "    name: Enc", "    expect: found\n    name: Enc", `unknown value "found"`},
		{"twice", good[len("version: \"2.0\"\ncontrols:\n"):], good[len("version: \"2.0\"\ncontrols:\n"):] + "  - {id: SEC-001, name: n, requirement: r}\n", `:8:10: requirement id "SEC-001" is used twice`},
		{"contradiction", `"grep`, "\"! grep", ""},
		{"polarity twice", "verification: \"grep", "expect: present\n    verification: \"! grep", `:7:13: requirement "SEC-001" says twice what is expected`},
		{"bad map", "    name: Enc", "    maps: [{framework: iso27001-2022, id: A.9.99}]\n    name: Enc", `iso27001-2022 has no control "A.9.99"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(good, c.old) {
				t.Fatalf("the sample has no %q", c.old)
			}
			_, err := ParseRequirements("r.yaml", []byte(strings.Replace(good, c.old, c.new, 1)))
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var e *yaml.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// TestStarterRequirements: what `custody init` writes parses, can be verified, finds
// what it is meant to find, and not itself.
func TestStarterRequirements(t *testing.T) {
	src := config.StarterRequirements("my\nproject", config.StarterLanguages())
	r := requirementsFile(t, string(src))
	bad := newHead(".custody.yaml: "+string(config.Starter(config.DefaultRequirements)), "security_requirements.yaml: "+string(src),
		"deploy/key.pem: -----BEGIN RSA PRIVATE KEY-----\n",
		"a.go: cfg := tls.Config{InsecureSkipVerify: true}\nimport \"crypto/md5\"\n",
		"a.py: requests.get(u, verify=False)\nyaml.load(x, Loader=yaml.Loader)\nos.system(x)\n",
		"a.ts: rejectUnauthorized: false\neval(x)\n",
		"A.java: new NoopHostnameVerifier()\nCipher.getInstance(\"AES/ECB/PKCS5Padding\")\n")
	good := newHead(".custody.yaml: "+string(config.Starter(config.DefaultRequirements)), "security_requirements.yaml: "+string(src),
		"test/testdata/key.pem: -----BEGIN PRIVATE KEY-----\n", "pub.pem: -----BEGIN PUBLIC KEY-----\n",
		"a.go: cfg := tls.Config{}\nimport \"crypto/sha256\"\n", "a_test.go: InsecureSkipVerify: true\n",
		"a.py: requests.get(u)\nyaml.safe_load(x)\nyaml.load(x, Loader=yaml.SafeLoader)\nshell=False\n",
		"a.ts: retrieval(x)\nobj.eval (x)\n", "A.java: Cipher.getInstance(\"AES/GCM/NoPadding\")\n")
	for _, c := range r.Controls {
		if c.Check == nil {
			t.Errorf("%s has no typed check", c.ID)
		}
		if got := evaluate(t, Input{Requirements: []*Requirements{r}, Head: bad})[string(c.ID)]; got.Outcome != finding.NotSatisfied {
			t.Errorf("%s overlooks what it is for: %s", c.ID, text(got))
		}
		if got := evaluate(t, Input{Requirements: []*Requirements{r}, Head: good})[string(c.ID)]; got.Outcome != finding.Satisfied {
			t.Errorf("%s finds what is none: %s", c.ID, text(got))
		}
	}
	unmet := requirementsFile(t, string(config.StarterRequirements("x", config.StarterLanguages(), "SEC-GO-TLS", "SEC-GO-HASH")))
	for i, c := range unmet.Controls {
		if warned := c.ID == "SEC-GO-TLS" || r.Controls[i].Severity == finding.Warning; (c.Severity == finding.Warning) != warned || c.ID != r.Controls[i].ID {
			t.Errorf("%s has severity %s when SEC-GO-TLS is not met", c.ID, c.Severity)
		}
	}
	if only := requirementsFile(t, string(config.StarterRequirements("x", []string{"cobol"}))); len(only.Controls) != 1 {
		t.Errorf("an unknown language has %d requirements", len(only.Controls))
	}
}

type stoppedHead struct{ *fakeHead }

func (stoppedHead) Files(context.Context) ([]TreeFile, error) {
	return nil, errors.New("tree abc is missing")
}

func TestHeadFails(t *testing.T) {
	in := Input{Requirements: []*Requirements{oneRequirement(t, "! grep -r x", "")}, Head: stoppedHead{}}
	if got := evaluate(t, in)["SEC-1"]; got.Outcome != finding.NotAssessed || !strings.Contains(text(got), "could not be listed: tree abc is missing") {
		t.Error(text(got))
	}
	in.Head = nil
	if got := evaluate(t, in)["SEC-1"]; got.Outcome != finding.NotAssessed {
		t.Error(text(got))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in.Head, in.Change, in.Stage = newHead("a: x"), wholeChange(), change.AtMerge
	if _, err := Evaluate(ctx, in); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled review: %v", err)
	}
}

// TestMoreLinesThanListed: where a file has more lines than are listed, that is said of the
// file, so that a waiver for it covers them, and the number is no more than a lower bound.
func TestMoreLinesThanListed(t *testing.T) {
	policy := "version: 1\nrules: [{id: req, kind: requirements, waivable: true}]\nwaivers: [{id: W, covers: SEC-1, paths: ['legacy/**'], owner: a, approver: b, reason: r, last_day: 2026-12-31}]\n"
	p, err := config.ParsePolicy(config.FileName, []byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	many := strings.Repeat("x\n", 400)
	in := Input{Config: config.Layer(nil, p), Day: "2026-11-23", Requirements: []*Requirements{oneRequirement(t, "! grep -r x", "")}, Head: newHead("legacy/a: "+many, "legacy/b: "+many, "legacy/c: x\n")}
	got := evaluate(t, in)["SEC-1"]
	if got.Outcome != finding.Excepted || !strings.Contains(text(got), "at least ") {
		t.Errorf("%s: %s", got.Outcome, text(got))
	}
	of := map[string]int{}
	for _, f := range got.Found {
		if strings.Contains(f.Message, "more lines of the file match") {
			of[f.Place.Path]++
		}
	}
	if len(of) != 2 || of["legacy/a"] != 1 || of["legacy/b"] != 1 {
		t.Errorf("more lines are said of %v", of)
	}
	in.Head = newHead("legacy/a: x\n", "new/b: "+many)
	if got := evaluate(t, in)["req"]; got.Outcome != finding.NotSatisfied {
		t.Errorf("outcome %s", got.Outcome)
	}
}

// TestManyHits: a waiver for some files never covers lines that were not listed.
func TestManyHits(t *testing.T) {
	var files []string
	for i := range 3 * hitsKept {
		files = append(files, "legacy/"+strings.Repeat("a", i%100)+string(rune('a'+i%26))+strings.Repeat("b", i/100)+": x\nx\n")
	}
	files = append(files, "new/z.py: x\n")
	slices.Sort(files)
	policy := "version: 1\nrules: [{id: req, kind: requirements, waivable: true}]\nwaivers: [{id: W, covers: SEC-1, paths: ['legacy/**'], owner: a, approver: b, reason: r, last_day: 2026-12-31}]\n"
	p, err := config.ParsePolicy(config.FileName, []byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Config: config.Layer(nil, p), Day: "2026-11-23", Requirements: []*Requirements{oneRequirement(t, "! grep -r x", "")}, Head: newHead(files...)}
	if got := evaluate(t, in)["req"]; got.Outcome != finding.NotSatisfied {
		t.Errorf("outcome %s with %d findings", got.Outcome, len(got.Found))
	}
	in.Head = newHead(files[:10]...)
	if got := evaluate(t, in); got["req"].Outcome != finding.Excepted || got["SEC-1"].Outcome != finding.Excepted {
		t.Errorf("outcomes %s and %s", got["req"].Outcome, got["SEC-1"].Outcome)
	}
}
