package finding

import "testing"

// Nothing but a waiver is called one.
func TestException(t *testing.T) {
	for _, c := range []struct {
		by      string
		waivers []string
		kind    Exception
		want    string
	}{
		{"", nil, NoException, ""},
		{"W-7", nil, Waiver, "waiver W-7"},
		{"baseline", nil, Baseline, "the baseline"},
		{"emergency", []string{"W-7"}, Emergency, "an emergency"},
		{"emergency", []string{"emergency"}, Waiver, "waiver emergency"}, // before such names were refused
	} {
		f := Finding{WaivedBy: c.by}
		if got := f.ExceptedBy(c.waivers...); got != c.want || f.Exception(c.waivers...) != c.kind {
			t.Errorf("%q: %q, want %q", c.by, got, c.want)
		}
	}
	by := func(all ...string) []Finding {
		var found []Finding
		for _, w := range all {
			found = append(found, Finding{WaivedBy: w})
		}
		return found
	}
	for _, c := range []struct {
		check Check
		want  string
	}{
		{Check{Outcome: NotSatisfied, Found: by("W-7", "")}, "an exception"},
		{Check{Outcome: Excepted, Found: by("W-7", "W-8")}, "a waiver"},
		{Check{Outcome: Excepted, Found: by("baseline", "W-7", "")}, "a waiver or the baseline"},
		{Check{Outcome: Excepted, Found: by("emergency")}, "an emergency"},
		{Check{Outcome: Excepted, Reasons: []Reason{{Code: "emergency"}}}, "an emergency"},
		// One was declared, and does not count.
		{Check{Outcome: Excepted, Found: by("W-7"), Reasons: []Reason{{Code: "emergency"}}}, "a waiver"},
	} {
		if got := AnyOf(c.check.Exceptions()); got != c.want {
			t.Errorf("%+v: %q, want %q", c.check, got, c.want)
		}
	}
}
