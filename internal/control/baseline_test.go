package control

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"custody/internal/config"
	"custody/internal/finding"
)

// What stood before blocks nobody, and what is new does, also where it looks the same.
func TestBaseline(t *testing.T) {
	const rules = "rules: [{id: r, kind: requirements, waivable: true}]\n"
	before := []string{"src/a.go: eval(x)\neval(y)\n", "src/b.go: eval(z)\n"}
	files := func(fs ...string) func(*Input) {
		return func(in *Input) { in.Head = newHead(fs...) }
	}
	standing := func(verification string, fs ...string) *Baseline {
		checks, err := Evaluate(t.Context(), Input{Change: wholeChange(), Stage: 2, Counting: true, Head: newHead(fs...), Requirements: []*Requirements{oneRequirement(t, verification, "")}})
		if err != nil {
			t.Fatal(err)
		}
		doc, err := json.Marshal(NewBaseline(checks))
		if err != nil {
			t.Fatal(err)
		}
		b, err := ParseBaseline(doc)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	const absent, present = "! grep -rF 'eval(' src", "grep -rF AESGCM src"
	for _, c := range []struct {
		asked
		verification string
	}{
		{asked{"as before", rules, files(before...), finding.Excepted, "baseline"}, absent},
		{asked{"moved down in the file", rules, files("src/a.go: \n\neval(x)\neval(y)\n", before[1]), finding.Excepted, ""}, absent},
		{asked{"one less", rules, files("src/a.go: eval(x)\n", before[1]), finding.Excepted, ""}, absent},
		{asked{"none left", rules, files("src/a.go: x\n"), finding.Satisfied, ""}, absent},
		{asked{"one more in the file", rules, files("src/a.go: eval(x)\neval(y)\neval(new)\n"), finding.NotSatisfied, ""}, absent},
		{asked{"in another file", rules, files(append(before, "src/c.go: eval(x)\n")...), finding.NotSatisfied, "src/c.go"}, absent},
		{asked{"moved to another file", rules, files("src/a2.go: eval(x)\neval(y)\n", before[1]), finding.NotSatisfied, ""}, absent},
		{asked{"a rule that is not waivable", strings.Replace(rules, ", waivable: true", "", 1), files(before...), finding.NotSatisfied, ""}, absent},
		{asked{"a rule of the floor that is not waivable", "", func(in *Input) {
			files(before...)(in)
			in.Config = config.Layer(floorOf(t, "rules: [{id: r, kind: requirements}]\n"), nil)
		}, finding.NotSatisfied, ""}, absent},
		{asked{"nothing is there, as before", rules, files(append(before, "src/c.go: x\n")...), finding.Excepted, ""}, present},
		{asked{"it is there now", rules, files("src/a.go: AESGCM\n"), finding.Satisfied, ""}, present},
		{asked{"no file is there now", rules, files("doc/a: x\n"), finding.NotAssessed, ""}, present},
	} {
		ch, x := pullRequest()
		in := Input{Change: ch, Context: x, Requirements: []*Requirements{oneRequirement(t, c.verification, "")}, Baseline: standing(c.verification, before...)}
		c.check(t, in)
		// Without a baseline it is never better.
		with := evaluate(t, withConfig(t, in, c.asked))["r"].Outcome
		in.Baseline = nil
		if without := evaluate(t, withConfig(t, in, c.asked))["r"].Outcome; finding.Worst(with, without) != without {
			t.Errorf("%s: without a baseline %s, with one %s", c.name, without, with)
		}
	}
}

func withConfig(t *testing.T, in Input, c asked) Input {
	c.edit(&in)
	if in.Config == nil {
		in.Config = config.Layer(nil, policy(t, c.rules))
	}
	return in
}

// A search that ends early leaves a finding about the whole tree: that there may be
// more is never known before.
func TestBaselineOfTooMuch(t *testing.T) {
	line := strings.Repeat("eval(x)\n", hitsCounted+10)
	in := Input{Change: wholeChange("src/a.go"), Stage: 2, Counting: true, Head: newHead("src/a.go: " + line), Requirements: []*Requirements{oneRequirement(t, "! grep -rF 'eval(' src", "")}}
	checks, err := Evaluate(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	in.Baseline = NewBaseline(checks)
	if err := in.Baseline.index(); err != nil {
		t.Fatal(err)
	}
	in.Config = config.Layer(nil, policy(t, "rules: [{id: r, kind: requirements, waivable: true}]\n"))
	if got := evaluate(t, in)["r"]; len(checks[0].Found) < 1000 || got.Outcome == finding.Excepted {
		t.Errorf("with %d findings: %s", len(checks[0].Found), got.Outcome)
	}
	// A few thousand are counted, and a few of them listed.
	in.Head = newHead("src/a.go: " + strings.Repeat("eval(x)\n", 3000))
	in.Config, in.Baseline = nil, nil
	if checks, err = Evaluate(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	in.Counting, in.Baseline = false, NewBaseline(checks)
	if err := in.Baseline.index(); err != nil {
		t.Fatal(err)
	}
	in.Config = config.Layer(nil, policy(t, "rules: [{id: r, kind: requirements, waivable: true}]\n"))
	if got := evaluate(t, in)["r"]; got.Outcome != finding.Excepted || len(got.Found) != DefaultLimits().Places || !strings.Contains(text(got), "2,980 more findings stood before") {
		t.Errorf("with 3000: %s, %d listed", got.Outcome, len(got.Found))
	}
	in.Head = newHead("src/a.go: " + strings.Repeat("eval(x)\n", 3001))
	if got := evaluate(t, in)["r"]; got.Outcome != finding.NotSatisfied {
		t.Errorf("with one more: %s", got.Outcome)
	}
}

// Of a requirement of several parts, a baseline that names it alone means none: the one
// that is missing now may not be the one that was.
func TestBaselineOfParts(t *testing.T) {
	const parts = "{all: [{text: {regex: AESGCM, paths: ['src/**']}}, {text: {regex: HMAC, paths: ['src/**']}}]}"
	standing, err := Evaluate(t.Context(), Input{Change: wholeChange(), Stage: 2, Counting: true, Head: newHead("src/a.py: HMAC\n"), Requirements: []*Requirements{typed(t, parts)}})
	if err != nil {
		t.Fatal(err)
	}
	b := NewBaseline(standing)
	if err := b.index(); err != nil {
		t.Fatal(err)
	}
	in := Input{Change: wholeChange("src/a.py"), Baseline: b, Head: newHead("src/a.py: AESGCM\n"), Requirements: []*Requirements{typed(t, parts)},
		Config: config.Layer(nil, policy(t, "rules: [{id: r, kind: requirements, waivable: true}]\n"))}
	if got := evaluate(t, in)["r"]; got.Outcome != finding.NotSatisfied {
		t.Error(text(got))
	}
}

func TestParseBaseline(t *testing.T) {
	for doc, want := range map[string]string{
		`{"schema":"custody/baseline/v1","findings":[{"rule":"a","path":"p","message":"m","count":1}]}`:                     "",
		`{"schema":"custody/baseline/v2","findings":[]}`:                                                                    "schema",
		`{"schema":"custody/baseline/v1","findings":[{"rule":"a","path":"p","message":"m","count":0}]}`:                     "no count",
		`{"schema":"custody/baseline/v1","findings":[{"rule":"","path":"p","message":"m","count":1}]}`:                      "no rule",
		`{"schema":"custody/baseline/v1","findings":[{"rule":"a","message":"m","count":1}]}`:                                "no path",
		`{"schema":"custody/baseline/v1","findings":[{"rule":"a","path":"p","count":1},{"rule":"a","path":"p","count":2}]}`: "twice",
		`{"schema":"custody/baseline/v1","findings":[{"rule":"a","path":"p","count":1,"all":true}]}`:                        "unknown field",
		`{"schema":"custody/baseline/v1","findings":[]} x`:                                                                  "",
		`[]`: "cannot unmarshal",
	} {
		_, err := ParseBaseline([]byte(doc))
		bad := want != "" || strings.HasSuffix(doc, "x")
		if bad != (err != nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", doc, err, want)
		}
	}
	var many strings.Builder
	for i := range maxBaseline + 1 {
		fmt.Fprintf(&many, `,{"rule":"a","path":"%d","count":1}`, i)
	}
	if _, err := ParseBaseline([]byte(`{"schema":"custody/baseline/v1","findings":[` + many.String()[1:] + "]}")); err == nil || !strings.Contains(err.Error(), "over the limit") {
		t.Errorf("too many: %v", err)
	}
}

func FuzzParseBaseline(f *testing.F) {
	f.Add([]byte(`{"schema":"custody/baseline/v1","findings":[{"rule":"a","path":"p","message":"m","count":1}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		if b, err := ParseBaseline(src); err == nil {
			doc, err := json.Marshal(b)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ParseBaseline(doc); err != nil {
				t.Errorf("what was written can not be read: %v\n%s", err, doc)
			}
		}
	})
}
