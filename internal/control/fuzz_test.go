package control

import (
	"errors"
	"os"
	"testing"

	"custody/internal/change"
	"custody/internal/config/yaml"
	"custody/internal/finding"
)

// FuzzRequirements reads any file, and judges by it if it is one: nothing panics, an error
// has its place, and of nothing that could be looked at nothing is satisfied.
func FuzzRequirements(f *testing.F) {
	src, err := os.ReadFile("../../docs/schema/testdata/requirements.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	f.Add([]byte("version: 2.1\ncontrols:\n- {id: A, name: n, requirement: r, check: {any: [{diff: {cel: 'change.draft'}}, {sarif: {tool: t}}]}}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := ParseRequirements("r.yaml", src)
		var e *yaml.Error
		if err != nil {
			if !errors.As(err, &e) {
				t.Errorf("%q: an error without a place: %v", src, err)
			}
			return
		}
		in := Input{Change: &change.Change{}, Stage: change.AtMerge, Requirements: []*Requirements{r}}
		checks, err := Evaluate(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range checks {
			if c.Kind == finding.Requirement && c.Outcome != finding.NotAssessed && c.Outcome != finding.NotApplicable {
				t.Errorf("%q: %s is %s, and nothing was given", src, c.ID, c.Outcome)
			}
		}
		if _, err := Applicable(t.Context(), in.Requirements, nil); err != nil {
			t.Error(err)
		}
	})
}
