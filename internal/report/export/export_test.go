package export

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	scaipb "github.com/in-toto/attestation/go/predicates/scai/v0"
	vsapb "github.com/in-toto/attestation/go/predicates/vsa/v1"
	intoto "github.com/in-toto/attestation/go/v1"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/yuin/goldmark"
	"google.golang.org/protobuf/encoding/protojson"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/pack"
	"custody/internal/pack/verify"
	"custody/internal/report"
	"custody/internal/review"
	"custody/internal/sign"
)

const hostile = "=HYPERLINK(\"http://evil\") [x](http://evil) <b>\u202e\n| `"

func oid(n int) git.OID {
	id, err := git.ParseOID(fmt.Sprintf("%040x", n))
	if err != nil {
		panic(err)
	}
	return id
}

// verdict is one with every outcome in it, and with hostile text wherever there is text.
func verdict(d review.Decision) *review.Verdict {
	found := finding.Finding{Rule: "SEC-1", Level: finding.Error, Place: finding.Place{Path: "=cmd.go", StartLine: 3}, Message: hostile, Remedy: "@SUM(1)", Who: "-2+3"}
	waived := finding.Finding{Rule: "SEC-2", Level: finding.Warning, Message: "+1", WaivedBy: "W-1"}
	var checks []finding.Check
	for i, o := range []finding.Outcome{finding.Satisfied, finding.NotSatisfied, finding.NotAssessed, finding.NotApplicable, finding.Excepted} {
		c := finding.Check{ID: fmt.Sprintf("%d: rule/%s", i, o), Kind: finding.Rule, Name: "\tName " + hostile, Origin: "floor", Outcome: o,
			Reasons: []finding.Reason{{Code: "x", Detail: hostile, Path: "a b"}}, Found: []finding.Finding{},
			Maps: []finding.Control{{Framework: "soc2-2017", ID: "CC8.1", Relation: "direct"}}}
		checks = append(checks, c)
	}
	checks[1].Found, checks[4].Found = []finding.Finding{found}, []finding.Finding{waived}
	checks = append(checks, finding.Check{ID: "notice", Kind: finding.Notice, Name: "A notice", Outcome: finding.Satisfied, Reasons: []finding.Reason{}, Found: []finding.Finding{}})
	return &review.Verdict{
		Schema: review.Schema, Door: review.Door{Name: "cli", Version: "0.1.0"}, Decision: d, Reasons: []finding.Reason{}, Stage: change.AtMerge,
		Inputs: review.Inputs{ObjectFormat: "sha1", Base: oid(1), Head: oid(2), MergeBases: []git.OID{oid(1)}, Stage: change.AtMerge, Ref: "refs/heads/main", Day: "2026-11-23",
			Files:   map[string]review.Digest{"policy": review.Digest("sha256:" + strings.Repeat("a", 64))},
			Waivers: []string{"W-1"}, Limits: map[string]int64{}, Versions: map[string]string{}},
		Change:   review.Summary{Commits: []review.CommitLine{}, Files: []review.FileLine{}},
		Checks:   checks,
		Findings: []finding.Finding{found, waived},
		Attestation: &attestation.Report{Schema: attestation.ReportSchema, Commits: []attestation.Commit{}, Findings: []finding.Finding{}, Reasons: []finding.Reason{},
			Files: []attestation.File{{Path: "=cmd.go", Added: 5, Lines: map[attestation.Class]int{attestation.AIDeclared: 3, attestation.Unknown: 2}}}},
		NotAssessed: []finding.Reason{},
		Controls: []control.Shown{
			{Framework: "soc2-2017", Version: "2017", ID: "CC8.1", Status: control.EvidenceShown, Evidence: []control.Proof{}},
			{Framework: "iso27001-2022", Version: "2022", ID: "A.8.32", Status: control.EvidenceLacks, Evidence: []control.Proof{}},
		},
	}
}

const aContext = `{"schema":"custody/context/v1","repository":{"host":"github.com","owner":"octo","name":"shop"}}`

func open(t testing.TB, v *review.Verdict, doc []byte) *report.VerifiedPack {
	t.Helper()
	key, err := sign.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	if doc != nil {
		if doc, err = sign.Canonicalize(doc); err != nil {
			t.Fatal(err)
		}
		v.Inputs.Files["context"] = review.Digest(pack.Digest(doc))
	}
	file, err := pack.Build(context.Background(), pack.Input{Verdict: v, Context: doc, Signer: key})
	if err != nil {
		t.Fatal(err)
	}
	p, err := report.OpenPack("test.zip", file, func(b []byte) *verify.Result {
		return verify.Verify(b, sign.TrustedKeys{{Key: key.Public(), Name: "builds"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// parse has in-toto's own code read a statement and its predicate.
func parse(t *testing.T, st *Statement) *intoto.Statement {
	t.Helper()
	text, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	var s intoto.Statement
	if err := protojson.Unmarshal(text, &s); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := s.Validate(); err != nil {
		t.Fatalf("in-toto refuses the statement: %v", err)
	}
	return &s
}

func TestVSA(t *testing.T) {
	for d, want := range map[review.Decision][2]string{
		review.Pass: {"PASSED", "CUSTODY_MERGE_PASSED"}, review.Fail: {"FAILED", "FAILED"}, review.Incomplete: {"FAILED", "FAILED"},
	} {
		st, err := NewVSA(open(t, verdict(d), []byte(aContext)), "")
		if err != nil {
			t.Fatal(err)
		}
		s := parse(t, st)
		text, _ := protojson.Marshal(s.GetPredicate())
		var v vsapb.VerificationSummary
		if err := protojson.Unmarshal(text, &v); err != nil { // it knows every field, and takes no other
			t.Fatalf("%v\n%s", err, text)
		}
		if v.GetVerifier().GetId() == "" || v.GetTimeVerified() == nil || v.GetPolicy() == nil || len(v.GetInputAttestations()) != 1 {
			t.Errorf("the summary of %v lacks what SLSA requires: %s", d, text)
		}
		if v.GetVerificationResult() != want[0] || len(v.GetVerifiedLevels()) != 1 || v.GetVerifiedLevels()[0] != want[1] {
			t.Errorf("%v: %s %v", d, v.GetVerificationResult(), v.GetVerifiedLevels())
		}
		if v.GetResourceUri() != "git+https://github.com/octo/shop" {
			t.Errorf("resource %s", v.GetResourceUri())
		}
		if got := s.GetSubject()[0].GetDigest()["gitCommit"]; got != oid(2).String() {
			t.Errorf("subject %s", got)
		}
	}
	p := open(t, verdict(review.Pass), nil)
	if _, err := NewVSA(p, ""); err != ErrNoRepository {
		t.Errorf("a pack that names no repository: %v", err)
	}
	if _, err := NewVSA(p, "git+https://example.com/x"); err != nil {
		t.Error(err)
	}
}

func TestSCAI(t *testing.T) {
	st, err := NewSCAI(open(t, verdict(review.Pass), nil), "")
	if err != nil {
		t.Fatal(err)
	}
	s := parse(t, st)
	text, _ := protojson.Marshal(s.GetPredicate())
	var r scaipb.AttributeReport
	if err := protojson.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(); err != nil {
		t.Errorf("in-toto refuses the report: %v", err)
	}
	var got []string
	for _, a := range r.GetAttributes() {
		got = append(got, fmt.Sprint(a.GetAttribute(), " ", a.GetTarget().GetUri(), " ", a.GetConditions().AsMap()["added_lines"]))
	}
	at := "@" + oid(2).String() + "#%3Dcmd.go"
	if want := "AUTHORSHIP_AI_DECLARED " + at + " 3;AUTHORSHIP_UNKNOWN " + at + " 2"; strings.Join(got, ";") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ";"), want)
	}
	v := verdict(review.Pass)
	v.Attestation = nil
	if _, err := NewSCAI(open(t, v, nil), ""); err == nil {
		t.Error("a pack without authorship has a report")
	}
}

// oscalRules are what NIST's schema demands of strings, by where they stand.
var (
	oscalUUID  = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	oscalName  = regexp.MustCompile(`^(\p{L}|_)(\p{L}|\p{N}|[.\-_])*$`)
	oscalWords = regexp.MustCompile(`^\S(.*\S)?$`)
)

// nistSchema is NIST's JSON Schema of all of OSCAL 1.1.2, out of a Go module that
// delivers it: tools/oscal says which, and go.sum there what its bytes are.
func nistSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	const module = "github.com/defenseunicorns/go-oscal"
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Dir = "../../../tools/oscal"
	out, err := cmd.Output()
	var at struct{ Dir, Error string }
	if err := errors.Join(err, json.Unmarshal(out, &at)); err != nil || at.Dir == "" {
		t.Fatalf("fetching NIST's schema: %v %s", err, at.Error)
	}
	c := jsonschema.NewCompiler()
	const url = "http://csrc.nist.gov/ns/oscal/1.1.2/oscal-complete-schema.json"
	if err := c.AddResource(url, read(t, filepath.Join(at.Dir, "src/internal/schemas/oscal_complete_schema-1-1-2.json"))); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(url)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestOSCAL holds the document against NIST's own schema, and against its rules for ids,
// names and values.
func TestOSCAL(t *testing.T) {
	p := open(t, verdict(review.Fail), []byte(aContext))
	text, err := json.MarshalIndent(NewOSCAL(p), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	schema := nistSchema(t)
	if err := schema.Validate(doc); err != nil {
		t.Errorf("NIST's schema refuses the document: %v\n%s", err, text)
	}
	for name, spoil := range map[string]func(string) string{
		"no version":  func(s string) string { return strings.Replace(s, `"oscal-version"`, `"version-of-oscal"`, 1) },
		"a bad state": func(s string) string { return strings.Replace(s, `"state": "not-satisfied"`, `"state": "unmet"`, 1) },
		"a bad uuid":  func(s string) string { return strings.Replace(s, `"uuid": "`, `"uuid": "x`, 1) },
	} {
		bad, err := jsonschema.UnmarshalJSON(strings.NewReader(spoil(string(text))))
		if err != nil || spoil(string(text)) == string(text) {
			t.Fatal(name, err)
		}
		if schema.Validate(bad) == nil {
			t.Errorf("%s: the schema accepts it, so that this test proves nothing", name)
		}
	}
	ids, refs := map[string]bool{}, map[string]bool{}
	walk(doc, "", func(key, value string) {
		switch key {
		case "uuid":
			if !oscalUUID.MatchString(value) || ids[value] {
				t.Errorf("uuid %q is malformed, or stands twice", value)
			}
			ids[value] = true
		case "observation-uuid":
			refs[value] = true
		case "href":
			if strings.HasPrefix(value, "#") {
				refs[value[1:]] = true
			}
		case "target-id", "control-id", "name", "class":
			if !oscalName.MatchString(value) {
				t.Errorf("%s %q is no token", key, value)
			}
		case "value", "version", "title":
			if !oscalWords.MatchString(value) {
				t.Errorf("%s %q is no single line", key, value)
			}
		}
		var html bytes.Buffer
		if err := goldmark.Convert([]byte(value), &html); err != nil {
			t.Fatal(err)
		}
		for _, tag := range []string{"<a ", "<b>", "<img", "<code>", "<h1"} {
			if strings.Contains(html.String(), tag) {
				t.Errorf("%s: markup of the change is left: %s", key, html.String())
			}
		}
	})
	for ref := range refs {
		if !ids[ref] {
			t.Errorf("nothing has the id %s", ref)
		}
	}
	var r struct {
		Root struct {
			Results []struct {
				Findings []struct {
					Target struct {
						ID     string `json:"target-id"`
						Status struct{ State, Reason string }
					}
				}
				Observations []any
				Remarks      string
			}
		} `json:"assessment-results"`
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, f := range r.Root.Results[0].Findings {
		states = append(states, f.Target.Status.State+"/"+f.Target.Status.Reason)
	}
	if want := "satisfied/pass not-satisfied/fail not-satisfied/other"; strings.Join(states, " ") != want {
		t.Errorf("states %v, want %s: what was not assessed has none", states, want)
	}
	if !strings.Contains(r.Root.Results[0].Remarks, "not-assessed") {
		t.Errorf("remarks %q do not name what was not assessed", r.Root.Results[0].Remarks)
	}
	again, _ := json.MarshalIndent(NewOSCAL(open(t, verdict(review.Fail), []byte(aContext))), "", "  ")
	if !bytes.Equal(text, again) {
		t.Error("the same pack gave two documents")
	}
	other, _ := json.MarshalIndent(NewOSCAL(open(t, verdict(review.Pass), []byte(aContext))), "", "  ")
	if strings.Contains(string(other), first(ids)) {
		t.Error("another pack has an id of this one")
	}
}

func first(ids map[string]bool) string {
	for id := range ids {
		return id
	}
	return ""
}

func read(t *testing.T, file string) any {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func walk(v any, key string, visit func(key, value string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			walk(e, k, visit)
		}
	case []any:
		for _, e := range v {
			walk(e, key, visit)
		}
	case string:
		visit(key, v)
	}
}

// TestTokens are different for different ids.
func TestTokens(t *testing.T) {
	seen := map[string]string{}
	for _, id := range []string{"a", "a_b", "a/b", "a__b", "_00002f", "/", "1", "_1", "é", "a.b", "a-b", "CC8.1", "\U0001f600"} {
		token := oscalToken(id)
		if !oscalName.MatchString(token) {
			t.Errorf("%q: %q is no token", id, token)
		}
		if was, ok := seen[token]; ok {
			t.Errorf("%q and %q have the same token %q", was, id, token)
		}
		seen[token] = id
	}
}

// TestCSV has Python's reader read what we write.
func TestCSV(t *testing.T) {
	out, err := NewCSV(open(t, verdict(review.Fail), nil))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	cmd := exec.Command("python3", "-c", "import csv,json,sys,io; print(json.dumps(list(csv.reader(io.TextIOWrapper(sys.stdin.buffer,encoding='utf-8',newline='')))))")
	cmd.Stdin = bytes.NewReader(out)
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("python3: %v", err)
	}
	var theirs [][]string
	if err := json.Unmarshal(text, &theirs); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(theirs) != fmt.Sprint(rows) {
		t.Errorf("Python reads\n%q\nGo reads\n%q", theirs, rows)
	}
	for _, row := range rows[1:] {
		for i, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") || strings.ContainsAny(cell, "\r\n\t\u202e") {
				t.Errorf("%s: %q could be a formula, or more than one cell", rows[0][i], cell)
			}
		}
	}
}

func FuzzCell(f *testing.F) {
	for _, s := range []string{"=1", " =1", "\t=1", "\u200b=1", "\uff1d1", "a\r=1", "", "-", "\xff=1", "plain", "x;=1+1", "x; @a;b", "x;\"=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Cell(s)
		start := strings.TrimSpace(out)
		if start != "" && strings.ContainsAny(start[:1], "=+-@") || strings.ContainsAny(out, "\r\n\t") {
			t.Errorf("%q became %q", s, out)
		}
		for _, part := range strings.Split(out, ";") { // each is a cell where that parts them
			if part = strings.TrimLeft(strings.TrimSpace(part), `"`); part != "" && strings.ContainsAny(part[:1], "=+-@") {
				t.Errorf("%q became %q", s, out)
			}
		}
	})
}
