package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"custody/internal/finding"
	"custody/internal/git/gittest"
	"custody/internal/pack/verify"
	"custody/internal/sign"
)

// A workbench is a repository with a change that has something of everything, and a home.
type workbench struct {
	t    *testing.T
	dir  string // with the repository, the context and the home in it
	repo *gittest.Repo
}

const workbenchPolicy = `version: 1
authorship: {unknown: ai}
rules:
  - {id: two-humans, kind: approvals, when: {authorship: [ai-verified, ai-declared]}, approvals: {humans: 2}}
  - {id: few-agents, kind: authorship-limit, classes: [ai-verified, ai-declared], max_permille: 100}
  - {id: security, kind: requirements, waivable: true}
  - {id: who-judges, kind: judge, approvals: {humans: 1}}
  - {id: reach, kind: impact, level: warning}
waivers:
  - {id: W-1, covers: NO-OS, paths: ["src/**"], owner: ada, approver: cy, reason: later, last_day: 2026-12-31}
`

const workbenchRequirements = `version: "2.0"
controls:
  - {id: NO-OS, name: No os, requirement: No os, verification: "! grep -rn 'import os' --include='*.py'"}
`

func newWorkbench(t *testing.T) *workbench {
	w := &workbench{t: t, dir: t.TempDir(), repo: gittest.New(t)}
	w.repo.Commit("main", "base", gittest.Write(".custody.yaml", workbenchPolicy), gittest.Write("security_requirements.yaml", workbenchRequirements),
		gittest.Write("src/a.py", "from src import b\n"), gittest.Write("src/b.py", "import os\n"), gittest.Write("src/c.py", "from src.a import x\n"), gittest.Write("pic.png", "\x00\x01"))
	head := w.repo.Commit("feature", "Find with <b>expressions</b>\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n", gittest.From("main"),
		gittest.Write("src/b.py", "import os\nimport re\n"), gittest.Move("src/c.py", "src/d.py"), gittest.Write("caf\xe9\n<script>.txt", "x\n"),
		gittest.Write(".github/workflows/ci.yml", "on: push\n"), gittest.Write(".ai-attestation.yaml", "version: \"1.0\"\n"), gittest.Write("pic.png", "\x00\x02"))
	w.write("context.json", fmt.Sprintf(`{"schema":"custody/context/v1","repository":{"host":"git.example.com","owner":"o","name":"r"},
"change":{"kind":"pull_request","number":7,"title":"Café","author":{"login":"ada","id":"1","type":"User"},"labels":["b"],"reason":{"text":"why","tickets":["T-1"]}},
"commits":[{"sha":%q,"verified":true,"author":{"login":"ada","id":"1","type":"User"}}],
"reviews":[{"reviewer":{"login":"ben","id":"2","type":"User"},"state":"approved","commit":%q,"at":"2026-11-20T10:00:00Z","permission":"write"}]}`, head, head))
	return w
}

func (w *workbench) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// custody runs the program in this process, as a person with a home of their own.
func (w *workbench) custody(args ...string) (code int, out string) {
	w.t.Helper()
	var o, e bytes.Buffer
	p := &process{
		in: strings.NewReader(""), out: &o, err: &e,
		env:     func(name string) string { return map[string]string{"HOME": w.dir}[name] },
		environ: os.Environ(),
		now:     func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) },
		random:  &counter{},
	}
	code = run(context.Background(), append([]string{"-C", w.repo.Dir}, args...), p)
	if code == exitUsage {
		w.t.Fatalf("custody %q: %s", args, e.String())
	}
	return code, o.String()
}

// counter is a source of keys that are not secret.
type counter struct{ n byte }

func (c *counter) Read(b []byte) (int, error) {
	for i := range b {
		c.n++
		b[i] = c.n
	}
	return len(b), nil
}

func (w *workbench) pack() []byte {
	w.t.Helper()
	file := filepath.Join(w.dir, "change.zip")
	if code, out := w.custody("audit", "--base", "main", "--head", "feature", "--context", filepath.Join(w.dir, "context.json"), "-o", file); code != exitFail {
		w.t.Fatalf("exit code %d\n%s", code, out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// Every byte of a pack that a review wrote counts: another one in its place, one less
// or one more is refused.
func TestEveryByteCounts(t *testing.T) {
	w := newWorkbench(t)
	pack := w.pack()
	lines, err := os.ReadFile(filepath.Join(w.dir, ".config/custody/trusted_keys"))
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := sign.ParseTrustedKeys(lines)
	if err != nil {
		t.Fatal(err)
	}
	if r := verify.Verify(pack, trusted); !r.Good() {
		t.Fatalf("%+v", r)
	}
	step, ends := 97, 2<<10
	if os.Getenv("CUSTODY_SLOW") != "" {
		step, ends = 1, 0
	}
	tried := 0
	for i := range pack {
		if i >= ends && i < len(pack)-ends && i%step != 0 {
			continue
		}
		was := pack[i]
		for _, other := range []byte{was ^ 1, was ^ 0x20, was + 1} {
			tried++
			pack[i] = other
			if r := verify.Verify(pack, trusted); r.Outcome != finding.NotSatisfied {
				t.Errorf("byte %d of %d, %#x instead of %#x: %s", i, len(pack), other, was, r.Outcome)
			}
		}
		pack[i] = was
	}
	for _, n := range []int{0, 1, 100, len(pack) / 2, len(pack) - 1} {
		if r := verify.Verify(pack[:n], trusted); r.Outcome != finding.NotSatisfied {
			t.Errorf("the first %d bytes: %s", n, r.Outcome)
		}
	}
	for _, longer := range [][]byte{append(bytes.Clone(pack), 0), append([]byte{0}, pack...), append(bytes.Clone(pack), pack...)} {
		if r := verify.Verify(longer, trusted); r.Outcome != finding.NotSatisfied {
			t.Errorf("%d bytes instead of %d: %s", len(longer), len(pack), r.Outcome)
		}
	}
	if r := verify.Verify(pack, trusted); !r.Good() {
		t.Fatal("the test altered the pack")
	}
	t.Logf("%d altered packs of %d bytes", tried, len(pack))
}

// What the commands print is what docs/schema promises.
func TestOutputsHaveTheirSchemas(t *testing.T) {
	w := newWorkbench(t)
	ms, err := verify.Decode(w.pack())
	if err != nil {
		t.Fatal(err)
	}
	context := filepath.Join(w.dir, "context.json")
	docs := map[string][]string{"pack": {string(ms[verify.PackJSON])}, "context": {string(ms[verify.Context])}}
	for schema, commands := range map[string][][]string{
		"pack": {
			{"audit", "--base", "main", "--head", "feature"}, {"audit", "--base", "main", "--head", "feature", "--stage", "push", "--context", context},
			{"audit", "--base", "main", "--head", "unrelated"}, {"audit", "--base", "empty", "--head", "main"},
		},
		"impact": {
			{"impact", "--base", "main", "--head", "feature", "--format", "json"}, {"impact", "--head", "main", "--change", "src/b.py", "--format", "json"},
			{"impact", "--base", "main", "--head", "unrelated", "--format", "json"},
		},
		"attestation": {
			{"attest", "--base", "main", "--head", "feature", "--format", "json"}, {"attest", "--base", "main", "--head", "feature", "--context", context, "--format", "json"},
			{"attest", "--base", "main", "--head", "unrelated", "--format", "json"},
		},
	} {
		w.repo.Commit("unrelated", "unrelated", gittest.Orphan(), gittest.Write("x", "x\n"))
		w.repo.Commit("empty", "empty", gittest.Orphan())
		for _, command := range commands {
			_, out := w.custody(command...)
			docs[schema] = append(docs[schema], out)
		}
	}
	docs["sarif"] = []string{string(ms[verify.SARIF])}
	files := map[string]string{"sarif": "../../internal/pack/testdata/sarif-schema-2.1.0.json"}
	for schema, texts := range docs {
		c := jsonschema.NewCompiler()
		c.DefaultDraft(jsonschema.Draft2020)
		s, err := c.Compile(cmp.Or(files[schema], "../../docs/schema/"+schema+".v1.schema.json"))
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range texts {
			doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
			if err == nil {
				err = s.Validate(doc)
			}
			if err != nil {
				t.Errorf("%s, document %d: %v\n%.2000s", schema, i, err, text)
			}
		}
	}
}
