package control

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"custody/internal/config"
	"custody/internal/finding"
)

// BaselinePath is where the baseline stands, read at base.
const BaselinePath = ".custody/baseline.json"

// BaselineSchema is the value of Baseline.Schema.
const BaselineSchema = "custody/baseline/v1"

// A Baseline is the document custody/baseline/v1: findings that stood when it was
// written, so that nobody is blocked by what was there before. It excepts what is
// waivable, by rule or requirement, path and message, and no more of each than it says.
// It stands at base and judges changes, so that it grows and shrinks only as the rules
// for files that judge allow.
type Baseline struct {
	Schema   string          `json:"schema"`
	Findings []KnownFindings `json:"findings"`

	counts map[knownKey]int
}

// KnownFindings are alike: of one rule, in one file, with one message. Lines are left
// out: they move.
type KnownFindings struct {
	Rule    string `json:"rule"` // or requirement
	Path    string `json:"path,omitempty"`
	Message string `json:"message,omitempty"` // absent with the path: the whole tree
	Count   int    `json:"count"`
}

type knownKey struct{ rule, path, message string }

// maxBaseline bounds the findings of a baseline.
const maxBaseline = 200_000

// ParseBaseline reads a baseline, strictly.
func ParseBaseline(src []byte) (*Baseline, error) {
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	b := &Baseline{}
	if err := d.Decode(b); err != nil {
		return nil, fmt.Errorf("reading the baseline: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("reading the baseline: something stands behind the document")
	}
	if b.Schema != BaselineSchema {
		return nil, fmt.Errorf("reading the baseline: its schema is %.60q instead of %q", b.Schema, BaselineSchema)
	}
	if len(b.Findings) > maxBaseline {
		return nil, fmt.Errorf("reading the baseline: it has %d findings, over the limit of %d", len(b.Findings), maxBaseline)
	}
	return b, b.index()
}

func (b *Baseline) index() error {
	b.counts = map[knownKey]int{}
	for _, f := range b.Findings {
		key := knownKey{f.Rule, f.Path, f.Message}
		switch {
		case f.Rule == "" || f.Count < 1 || f.Path == "" && f.Message != "":
			return fmt.Errorf("reading the baseline: an entry for %.80q, %.80q has no rule, no path or no count", f.Rule, f.Path)
		case b.counts[key] > 0:
			return fmt.Errorf("reading the baseline: %.80q in %.80q is there twice", f.Rule, f.Path)
		}
		b.counts[key] = f.Count
	}
	return nil
}

// keyOf is how a baseline names a finding, one of n of its rule. What is not about a
// file is known only where it is all that was found: "and perhaps more" never is.
func keyOf(f finding.Finding, n int) (knownKey, bool) {
	if f.Place.Path == "" {
		return knownKey{rule: f.Rule}, n == 1 && f.Place.Commit == ""
	}
	return knownKey{f.Rule, f.Place.Path, f.Message}, true
}

// NewBaseline lists what checks find.
func NewBaseline(checks []finding.Check) *Baseline {
	b := &Baseline{Schema: BaselineSchema, Findings: []KnownFindings{}}
	counts := map[knownKey]int{}
	for _, c := range checks {
		if c.Outcome != finding.NotSatisfied {
			continue
		}
		for _, f := range c.Found {
			if key, ok := keyOf(f, len(c.Found)); ok && f.WaivedBy == "" {
				counts[key]++
			}
		}
	}
	for key, n := range counts {
		b.Findings = append(b.Findings, KnownFindings{key.rule, key.path, key.message, n})
	}
	slices.SortFunc(b.Findings, func(x, y KnownFindings) int {
		return cmp.Or(strings.Compare(x.Rule, y.Rule), strings.Compare(x.Path, y.Path), strings.Compare(x.Message, y.Message))
	})
	return b
}

// KnownBefore is what excepts findings that the baseline has.
const KnownBefore = config.ExceptedByBaseline

// fold lists a few of the findings that stood before; the rest is counted.
func fold(found []scoped, places int) (listed []scoped, folded int) {
	n := 0
	for _, f := range found {
		if f.WaivedBy == KnownBefore {
			if n++; n > places {
				continue
			}
		}
		listed = append(listed, f)
	}
	return listed, max(0, n-places)
}

// knows says of each finding whether the baseline has it. Where there are more alike
// than it counts, none is known: which is the new one, nobody can tell.
func (b *Baseline) knows(found []scoped) []bool {
	known := make([]bool, len(found))
	if b == nil {
		return known
	}
	counts := map[knownKey]int{}
	for _, f := range found {
		if key, ok := keyOf(f.Finding, len(found)); ok {
			counts[key]++
		}
	}
	for i, f := range found {
		key, ok := keyOf(f.Finding, len(found))
		known[i] = ok && counts[key] <= b.counts[key]
	}
	return known
}
