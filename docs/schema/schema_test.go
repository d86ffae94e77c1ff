// Package schema_test keeps the JSON Schemas in this folder true: they are generated
// from the Go types that the programs write and read, and "make docs" rewrites them.
//
// What Custody prints stays open: a reader ignores keys that it does not know, so an
// optional field may be added without a new version. What people write (policy,
// requirements) is closed: an unknown key is an error there.
package schema_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"custody/app/setup"
	"custody/attestation"
	"custody/attestation/claim"
	"custody/attestation/inventory"
	"custody/hooks"
	"custody/hooks/install"
	"custody/impact"
	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/control/checks"
	"custody/internal/control/frameworks"
	"custody/internal/example"
	"custody/internal/pack/verify"
	"custody/internal/report"
	"custody/internal/report/export"
	"custody/internal/report/period"
	"custody/internal/review"
)

var update = flag.Bool("update", false, "rewrite the schemas")

// A contract is one row of the table: a document and the type that it is.
type contract struct {
	id    string // the value of its "schema" key; for a file that has none, a name like it
	title string
	typ   reflect.Type
	yaml  bool // a file that people write: yaml tags, "required" ones, and no unknown key
}

var contracts = []contract{
	{id: impact.GraphSchema, title: "What the files of a tree have to do with each other", typ: reflect.TypeFor[GraphDocument]()},
	{id: impact.ReportSchema, title: "What a change reaches, and why", typ: reflect.TypeFor[impact.Report]()},
	{id: attestation.ReportSchema, title: "Who or what wrote a change", typ: reflect.TypeFor[attestation.Report]()},
	{id: attestation.HistorySchema, title: "Who or what wrote every commit of a history", typ: reflect.TypeFor[HistoryDocument]()},
	{id: claim.CheckSchema, title: "Whether .ai-attestation.yaml says what history holds, and meets its own policy", typ: reflect.TypeFor[claim.CheckDocument]()},
	{id: inventory.Schema, title: "Whether the AI inventory lists every agent that took part", typ: reflect.TypeFor[inventory.Report]()},
	{id: change.ContextSchema, title: "What a review needs that is not in git", typ: reflect.TypeFor[change.Context]()},
	{id: control.WaiverSchema, title: "A waiver that was granted outside of the repository: the payload of a signed record", typ: reflect.TypeFor[control.WaiverRecord]()},
	{id: hooks.EventSchema, title: "What became of one update of a push", typ: reflect.TypeFor[hooks.Event]()},
	{id: review.Schema, title: "The verdict on a change: pack.json", typ: reflect.TypeFor[review.Verdict]()},
	{id: verify.ResultSchema, title: "Whether a pack is intact, signed and trusted", typ: reflect.TypeFor[verify.Result]()},
	{id: install.StatusSchema, title: "Which of Custody's hooks are where on a git server", typ: reflect.TypeFor[install.Status]()},
	{id: "custody/policy/v1", title: "The policy, .custody.yaml, and the floor", typ: reflect.TypeFor[config.Policy](), yaml: true},
	{id: "custody/control-matrix/v1", title: "The company's own controls, control_matrix.yaml", typ: reflect.TypeFor[config.Matrix](), yaml: true},
	{id: "custody/policy-examples/v1", title: "Examples of changes, .custody.test.yaml", typ: reflect.TypeFor[example.File](), yaml: true},
	{id: control.BaselineSchema, title: "Findings that stood before: .custody/baseline.json", typ: reflect.TypeFor[control.Baseline]()},
	{id: report.ReplaySchema, title: "Which merged changes a policy would have stopped", typ: reflect.TypeFor[report.Replay]()},
	{id: report.ExamplesSchema, title: "Whether a policy judges examples of changes as expected", typ: reflect.TypeFor[report.Examples]()},
	{id: report.ValidatedSchema, title: "Whether files that judge can be read", typ: reflect.TypeFor[report.Validated]()},
	{id: "custody/requirements/v2", title: "security_requirements.yaml, version 2.0 and 2.1", typ: reflect.TypeFor[control.Requirements](), yaml: true},
	{id: report.RequirementsSchema, title: "Which security requirements apply at a commit", typ: reflect.TypeFor[report.Requirements]()},
	{id: report.VerificationSchema, title: "The security requirements of a commit, answered", typ: reflect.TypeFor[report.Verification]()},
	{id: report.BriefSchema, title: "What holds for some paths, said before anything is written there", typ: reflect.TypeFor[report.Brief]()},
	{id: report.PolicySchema, title: "The policy in effect at a commit, key by key", typ: reflect.TypeFor[report.Policy]()},
	{id: period.TrendSchema, title: "How reviews came out over time, as the packs of changes say", typ: reflect.TypeFor[period.Trend]()},
	{id: period.Schema, title: "What a period's packs are evidence for, by control of a framework", typ: reflect.TypeFor[period.Report]()},
	{id: export.EvidenceSchema, title: "What packs are evidence for, by control and change", typ: reflect.TypeFor[export.Evidence]()},
	{id: setup.Schema, title: "What is missing before the checks of the GitHub App mean anything", typ: reflect.TypeFor[setup.Document]()},
	{id: report.HealthSchema, title: "The health of one commit", typ: reflect.TypeFor[report.Health]()},
}

// handWritten schemas have no type of ours behind them: others write those files, with
// keys of their own.
var handWritten = []string{"ai-attestation-file.schema.json", "ai-inventory-file.schema.json"}

// scalars are the types whose values are text or numbers of a form that Go's type
// system does not say.
var scalars = map[string]node{
	"git.OID":              {Type: "string", Pattern: "^([0-9a-f]{40}|[0-9a-f]{64})$"},
	"git.Mode":             {Type: "string", Pattern: "^[0-7]{6}$"},
	"review.Digest":        {Type: "string", Pattern: "^sha256:[0-9a-f]{64}$"},
	"attestation.Strength": {Type: "string", Enum: []string{"A", "B", "C", "D", "E", "F"}},
	"config.ControlID":     {Type: "string", Pattern: `^\S(.*\S)?$`},
	"config.Relation":      {Type: "string", Enum: []string{"direct", "supporting"}},
	"config.EvidenceType":  {Type: "string", Enum: evidenceTypes()},
	"config.BuiltIn":       {Type: "string", Enum: checks.IDs()},
	"config.Class":         {Type: "string", Enum: classes()},
	"config.Account":       {Type: "string", Pattern: `^[^ /@]+:[1-9][0-9]*$`},
	"config.ChangeKind":    {Type: "string", Enum: []string{"code", "tests", "docs", "dependencies", "config", "pipeline", "migration", "data", "emergency"}},
	"config.Email":         {Type: "string", Pattern: `^[^@ <>]+@[^@ <>]+$`},
	"config.Label":         {Type: "string", Pattern: `^.*\S.*$`},
	"config.OwnerName":     {Type: "string", Pattern: `^[^ <>#]*@[^ <>#]*$`},
	"config.Pattern":       {Type: "string", Pattern: `^[\s\S]+$`},
	"config.TeamName":      {Type: "string", Pattern: `^@?[^ /@]+/[^ /@]+$`},
	"config.Day":           {Type: "string", Pattern: `^\d{4}-\d{2}-\d{2}$`},
	"config.Glob":          {Type: "string", Pattern: `^[^/!]$|^[^/!].*[^/]$`},
	"config.ID":            {Type: "string", Pattern: `^[A-Za-z0-9._-]{1,80}$`},
	"config.Permission":    {Type: "string", Enum: []string{"read", "triage", "write", "maintain", "admin"}},
	"config.RepoPath":      {Type: "string", Pattern: `^[^/]`},
	// Without quotes, YAML reads a number.
	"control.formatVersion": {AnyOf: []*node{{Type: "string", Enum: []string{"2.0", "2.1"}}, {Type: "number", Minimum: number(2), Maximum: number(3)}}},
	"control.Values":        {Type: "object", AdditionalProperties: &node{AnyOf: []*node{{Type: "string"}, {Type: "integer"}, {Type: "boolean"}, {Type: "array", Items: &node{AnyOf: []*node{{Type: "string"}, {Type: "integer"}, {Type: "boolean"}}}}}}},
	"control.Language":      {Type: "string", Pattern: `^([.].+|` + languages() + `)$`},
	"impact.Confidence":     {Type: "integer", Minimum: number(0), Maximum: number(1000)},
	// All that the design names, not only what extractors find today.
	"impact.Kind":     {Type: "string", Enum: []string{"file", "package", "symbol", "test", "document", "table", "endpoint", "owner"}},
	"impact.EdgeKind": {Type: "string", Enum: []string{"imports", "contains", "references", "tests", "documents", "owns", "reads", "writes", "requires"}},
}

func init() {
	for name, words := range example.Words {
		scalars["example."+name] = node{Type: "string", Enum: words}
	}
}

// fields are those that hold less than their type could.
var fields = map[string]func(*node){
	"attestation.Summary.AIPermille":        func(n *node) { n.AnyOf[0] = &node{Type: "integer", Minimum: number(0), Maximum: number(1000)} },
	"config.Approvals.Humans":               func(n *node) { n.Minimum, n.Maximum = number(1), number(20) },
	"config.Emergency.ReviewWithinDays":     func(n *node) { n.Minimum, n.Maximum = number(1), number(30) },
	"config.When.MinLines":                  func(n *node) { n.Minimum = number(1) },
	"config.When.MinFiles":                  func(n *node) { n.Minimum = number(1) },
	"config.When.MinReach":                  func(n *node) { n.Minimum = number(1) },
	"control.TextCheck.MinCount":            func(n *node) { n.Minimum, n.Maximum = number(1), number(1000) },
	"example.File.Version":                  func(n *node) { n.Minimum, n.Maximum = number(1), number(1) },
	"config.Policy.Version":                 func(n *node) { n.Minimum, n.Maximum = number(1), number(1) },
	"config.Rule.MaxPermille":               func(n *node) { n.Minimum, n.Maximum = number(0), number(1000) },
	"attestation.HistorySummary.AIPermille": func(n *node) { n.AnyOf[0] = &node{Type: "integer", Minimum: number(0), Maximum: number(1000)} },
	// Empty when paths were asked about instead of a change.
	"impact.Report.Base":        func(n *node) { *n = node{Type: "string", Pattern: "^([0-9a-f]{40}|[0-9a-f]{64})?$"} },
	"period.Control.Permille":   func(n *node) { n.AnyOf[0] = &node{Type: "integer", Minimum: number(0), Maximum: number(1000)} },
	"report.Component.Permille": func(n *node) { n.Minimum, n.Maximum = number(0), number(1000) },
	"report.Health.Score":       func(n *node) { n.AnyOf[0] = &node{Type: "integer", Minimum: number(0), Maximum: number(100)} },
	"review.Inputs.Day":         func(n *node) { n.Pattern = `^\d{4}-\d{2}-\d{2}$` },
	"review.Verdict.ID":         func(n *node) { n.Pattern = `^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$` },
}

func languages() string {
	var names []string
	for _, l := range lang.All {
		names = append(names, l.Name)
	}
	return strings.Join(names, "|")
}

func classes() []string {
	var names []string
	for _, c := range attestation.Classes {
		names = append(names, string(c))
	}
	return names
}

func number(n int) *int { return &n }

// tag splits a field's tag into its name in the document and its options.
func (c contract) tag(f reflect.StructField) (name, options string) {
	key := "json"
	if c.yaml {
		key = "yaml"
	}
	name, options, _ = strings.Cut(f.Tag.Get(key), ",")
	return name, options
}

// must says whether an object is refused without the field.
func (c contract) must(f reflect.StructField) bool {
	_, options := c.tag(f)
	if c.yaml {
		return strings.Contains(options, "required")
	}
	return !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero")
}

// file is where the schema of a contract lies: "custody/impact/v1" in
// impact.v1.schema.json.
func (c contract) file() string {
	return strings.ReplaceAll(strings.TrimPrefix(c.id, "custody/"), "/", ".") + ".schema.json"
}

func TestSchemasAreGenerated(t *testing.T) {
	source := sources{}
	var want []string
	for _, c := range contracts {
		want = append(want, c.file())
		text, err := c.generate(source)
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(c.file(), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if committed, err := os.ReadFile(c.file()); err != nil {
			t.Errorf("%v: run 'make docs'", err)
		} else if !bytes.Equal(committed, text) {
			t.Errorf("%s is not what its type says any more: run 'make docs', and read the difference: a field that goes, or becomes required, is a new version", c.file())
		}
	}
	got, err := filepath.Glob("*.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range got {
		if !slices.Contains(want, file) && !slices.Contains(handWritten, file) {
			t.Errorf("%s has no row in the table", file)
		}
	}
}

// TestDocuments holds what encoding/json writes of each type, every field filled,
// against its schema, and then the same document with every single value spoilt: of
// another type, another text where only some are allowed, missing, or with a key that
// nobody knows.
func TestDocuments(t *testing.T) {
	for _, c := range contracts {
		t.Run(c.file(), func(t *testing.T) {
			s := compile(t, c.file())
			doc := c.document(t, filled(t, c))
			if err := s.Validate(doc); err != nil {
				t.Fatalf("a complete document is refused: %v", err)
			}
			spoilt := 0
			refuse := func(at, how string) {
				spoilt++
				if s.Validate(doc) == nil {
					t.Errorf("%s: %s: accepted", at, how)
				}
			}
			for _, p := range c.places(c.typ, doc) {
				if p.set != nil {
					for _, wrong := range p.wrong() {
						p.set(wrong)
						refuse(p.at, fmt.Sprintf("%v instead of %v", wrong, p.value))
					}
					p.set(p.value)
				}
				object, ok := p.value.(map[string]any)
				if !ok || p.typ.Kind() != reflect.Struct {
					continue
				}
				object["a key of tomorrow"] = true
				if err := s.Validate(doc); (err != nil) != c.yaml {
					t.Errorf("%s: with an unknown key: %v", p.at, err)
				}
				delete(object, "a key of tomorrow")
				for key, required := range c.keys(p.typ) {
					kept, was := object[key]
					if !was {
						t.Errorf("%s: %s is missing in what should be complete", p.at, key)
						continue
					}
					delete(object, key)
					if required {
						refuse(p.at, "without "+key)
					} else if err := s.Validate(doc); err != nil {
						t.Errorf("%s: without %s, which is optional: %v", p.at, key, err)
					}
					object[key] = kept
				}
			}
			if err := s.Validate(doc); err != nil {
				t.Errorf("the walk left its mark: %v", err)
			}
			t.Logf("%d spoilt documents", spoilt)
		})
	}
}

func compile(t *testing.T, file string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	s, err := c.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// document is what stands in a file that holds v.
func (c contract) document(t *testing.T, v reflect.Value) any {
	t.Helper()
	var text []byte
	var err error
	if c.yaml {
		text, err = json.Marshal(c.plain(v))
	} else {
		text, err = json.Marshal(v.Interface())
	}
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func evidenceTypes() []string {
	var names []string
	for _, a := range frameworks.AllEvidence {
		names = append(names, string(a.Type))
	}
	return names
}
