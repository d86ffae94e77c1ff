package example

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"custody/internal/config"
	"custody/internal/config/yaml"
	"custody/internal/control"
	"custody/internal/finding"
)

const sample = `version: 1
examples:
  - name: one
    files: [{ path: a.go }]
    expect: { verdict: pass }
`

func TestRefused(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"version: 1", "version: 2", "version 2 of the format"},
		{"name: one", "name: ''", "lacks"},
		{"[{ path: a.go }]", "[]", "touches no file"},
		{"{ path: a.go }", "{ path: a.go, status: renamed }", "comes from somewhere"},
		{"{ path: a.go }", "{ path: a.go, from: b.go, status: added }", "comes from somewhere"},
		{"{ path: a.go }", "{ path: a.go, lines: 5, content: x }", "in the place of content"},
		{"{ path: a.go }", "{ path: a.go, lines: -1 }", "0 to 100000"},
		{"{ path: a.go }", "{ path: ../a.go }", "is not the path of a file"},
		{"verdict: pass", "verdict: ok", "unknown value"},
		{"    expect: { verdict: pass }\n", "", `lacks "expect"`},
		{"    expect", "    tree: [{ path: b }]\n    unmet: [SEC-1]\n    expect", "keep tree, or unmet"},
		{"    expect: { verdict: pass }\n", "    expect: { verdict: pass }\n  - name: one\n    files: [{ path: a }]\n    expect: { verdict: pass }\n", "is used twice"},
	} {
		bad := strings.Replace(sample, c.old, c.new, 1)
		if _, err := Parse("e.yaml", []byte(bad)); bad == sample || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.new, err, c.want)
		}
	}
}

// What nobody expects right is told, and an example that can not be met is an error.
func TestRun(t *testing.T) {
	policy, err := config.ParsePolicy("p.yaml", []byte("version: 1\nrules: [{id: r, kind: requirements}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	requirements, err := control.ParseRequirements("security_requirements.yaml", []byte("version: \"2.0\"\ncontrols:\n  - {id: SEC-1, name: 'a \"b\"', requirement: 'x: y', implementation: z, verification: grep -r x}\n"))
	if err != nil {
		t.Fatal(err)
	}
	run := func(text string) ([]Result, error) {
		f, err := Parse("e.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return Run(t.Context(), f, config.Layer(nil, policy), []*control.Requirements{requirements})
	}
	results, err := run(sample)
	if err != nil || results[0].Outcome != finding.Satisfied {
		t.Fatalf("%+v, %v", results, err)
	}
	for old, want := range map[string]string{
		"verdict: pass":     "the verdict is fail",
		"verdict: pass ":    "r is not-satisfied, expected satisfied",
		"verdict: pass  ":   "r does not say",
		"verdict: pass    ": "there is no rule or requirement q",
	} {
		expect := map[string]string{
			"verdict: pass": "verdict: pass", "verdict: pass ": "verdict: fail, rules: [{ id: r, outcome: satisfied }]",
			"verdict: pass  ": "verdict: fail, rules: [{ id: r, outcome: not-satisfied, says: nonsense }]", "verdict: pass    ": "verdict: fail, rules: [{ id: q, outcome: satisfied }]",
		}[old]
		results, err := run(strings.Replace(sample, "    expect: { verdict: pass", "    unmet: [SEC-1]\n    expect: { "+expect, 1))
		if err != nil || results[0].Outcome != finding.NotSatisfied || !strings.Contains(fmt.Sprint(results[0].Differs), want) {
			t.Errorf("%s: %+v, %v", expect, results, err)
		}
	}
	if _, err := run(strings.Replace(sample, "    expect", "    unmet: [SEC-2]\n    expect", 1)); err == nil {
		t.Error("a requirement that is not there was taken for unmet")
	}
}

func FuzzParse(f *testing.F) {
	whole, err := os.ReadFile("../../docs/schema/testdata/policy-examples.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(sample))
	policy, err := config.ParsePolicy("p.yaml", config.Starter(config.DefaultRequirements))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := Parse("e.yaml", src)
		if err != nil {
			var e *yaml.Error
			if !errors.As(err, &e) {
				t.Fatalf("error is a %T: %v", err, err)
			}
			return
		}
		one, err := Run(t.Context(), file, config.Layer(nil, policy), nil)
		two, err2 := Run(t.Context(), file, config.Layer(nil, policy), nil)
		a, _ := json.Marshal(one)
		b, _ := json.Marshal(two)
		if (err == nil) != (err2 == nil) || string(a) != string(b) {
			t.Errorf("two runs differ: %s, %v and %s, %v", a, err, b, err2)
		}
	})
}
