package finding

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
)

var outcomes = []Outcome{NotAssessed, NotApplicable, Satisfied, Excepted, NotSatisfied}

// The zero value of everything is the answer of somebody who did not look.
func TestZeroIsNotGood(t *testing.T) {
	if (Check{}).Outcome != NotAssessed {
		t.Errorf("a check that nobody filled in is %s", Check{}.Outcome)
	}
	if (Finding{}).Level != Error {
		t.Errorf("a finding that nobody graded is a %s", Finding{}.Level)
	}
	if got := Worst(); got != NotAssessed {
		t.Errorf("the whole of nothing is %s", got)
	}
}

func TestWorst(t *testing.T) {
	// From the one that any other displaces to the one that displaces every other.
	order := []Outcome{NotApplicable, Satisfied, Excepted, NotAssessed, NotSatisfied}
	for i, a := range order {
		for j, b := range order {
			if got, want := Worst(a, b), order[max(i, j)]; got != want {
				t.Errorf("%s and %s make %s, want %s", a, b, got, want)
			}
		}
	}
}

// Whatever is added, in whatever order, a whole that was not satisfied never becomes
// satisfied.
func TestWorstNeverRelaxes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		parts := make([]Outcome, 1+random.IntN(6))
		for i := range parts {
			parts[i] = outcomes[random.IntN(len(outcomes))]
		}
		before := Worst(parts...)
		after := Worst(append(slices.Clone(parts), outcomes[random.IntN(len(outcomes))])...)
		if severity[after] < severity[before] {
			t.Fatalf("%v is %s; with one more part it is %s", parts, before, after)
		}
		random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		if got := Worst(parts...); got != before {
			t.Fatalf("the order of %v decides: %s or %s", parts, before, got)
		}
	}
}

func TestText(t *testing.T) {
	for _, o := range outcomes {
		var back Outcome
		if err := back.UnmarshalText([]byte(o.String())); err != nil || back != o {
			t.Errorf("%s comes back as %s (%v)", o, back, err)
		}
	}
	for _, l := range []Level{Error, Warning, Note} {
		var back Level
		if err := back.UnmarshalText([]byte(l.String())); err != nil || back != l {
			t.Errorf("%s comes back as %s (%v)", l, back, err)
		}
	}
	// A peer takes an unknown severity for one that blocks nothing.
	for _, doc := range []string{`"HIGH"`, `"Error"`, `""`, `0`, `"excepted "`} {
		if json.Unmarshal([]byte(doc), new(Level)) == nil {
			t.Errorf("level %s was accepted", doc)
		}
		if json.Unmarshal([]byte(doc), new(Outcome)) == nil {
			t.Errorf("outcome %s was accepted", doc)
		}
	}
}

func TestFingerprint(t *testing.T) {
	f := Finding{Rule: "r", Place: Place{Path: "a.go", StartLine: 7}, Message: "m"}
	moved := f
	moved.Place.StartLine = 9
	if f.Fingerprint() != moved.Fingerprint() {
		t.Error("lines added above change the fingerprint")
	}
	for _, other := range []Finding{
		{Rule: "r2", Place: f.Place, Message: "m"},
		{Rule: "r", Place: Place{Path: "b.go"}, Message: "m"},
		{Rule: "r", Place: f.Place, Message: "n"},
		{Rule: "ra.go", Place: Place{}, Message: "m"},
	} {
		if f.Fingerprint() == other.Fingerprint() {
			t.Errorf("%+v has the fingerprint of %+v", other, f)
		}
	}
}

func TestSort(t *testing.T) {
	fs := []Finding{
		{Level: Note, Rule: "a"}, {Level: Error, Rule: "b"}, {Level: Error, Rule: "a", Place: Place{Path: "z"}},
		{Level: Error, Rule: "a", Place: Place{Path: "y", StartLine: 10}}, {Level: Error, Rule: "a", Place: Place{Path: "y", StartLine: 9}},
	}
	Sort(fs)
	var got []string
	for _, f := range fs {
		got = append(got, f.Level.String()+" "+f.Rule+" "+f.Place.String())
	}
	want := []string{"error a y:9", "error a y:10", "error a z", "error b ", "note a "}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
