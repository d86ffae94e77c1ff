package period

import (
	"cmp"
	"slices"

	"custody/attestation"
	"custody/impact"
	"custody/internal/finding"
	"custody/internal/report"
)

// TrendSchema is the value of Trend.Schema.
const TrendSchema = "custody/trend/v1"

// A Trend is the document custody/trend/v1: how the reviews of changes came out over time, as
// their packs say. Of each change the review counts that a report counts, and each change
// weighs the same, so that neither its size nor how often it was pushed decides.
type Trend struct {
	Schema  string        `json:"schema"`
	Counts  TrendCounts   `json:"counts"`
	Refused []Exception   `json:"refused"` // files that do not verify
	By      string        `json:"by"`      // what a point is: "day", or "month" where there are more than 31 days
	Points  []TrendPoint  `json:"points"`  // the oldest first; those without a change are left out
	All     TrendPoint    `json:"all"`     // all of them together
	Changes []TrendChange `json:"changes"` // by day
}

// TrendCounts are of packs.
type TrendCounts struct {
	Packs      int `json:"packs"`      // files that were read
	Refused    int `json:"refused"`    // of these: altered, unsigned, of an unknown signer, or no packs
	Superseded int `json:"superseded"` // of these: of a change of which another review counts
	Copies     int `json:"copies"`     // of these: the same pack once more
}

// A TrendPoint is the changes of one day or month.
type TrendPoint struct {
	When    string       `json:"when"` // "2026-11-23" or "2026-11"; empty: all
	Changes int          `json:"changes"`
	Rates   []MeanOfRate `json:"rates"` // in the order of Rates
}

// MeanOfRate is the mean of one rate over the changes whose packs say it.
type MeanOfRate struct {
	ID       string `json:"id"`
	Permille *int   `json:"permille"` // null: no pack says it
	Changes  int    `json:"changes"`  // that have it
}

// A TrendChange is what the pack of one change says.
type TrendChange struct {
	Change   string       `json:"change"`
	Pack     string       `json:"pack"` // its digest
	Day      string       `json:"day"`
	Stage    string       `json:"stage"`
	Decision string       `json:"decision"`
	Rates    []ChangeRate `json:"rates"` // in the order of Rates
}

// A ChangeRate is one rate of one change: Met of All.
type ChangeRate struct {
	ID       string `json:"id"`
	Permille *int   `json:"permille"` // null: nothing to count, or the pack does not say
	Met      int    `json:"met"`
	All      int    `json:"all"`
}

// A Rate is one that a trend follows.
type Rate struct{ ID, Name, About string }

// Rates are those of a trend, in their order. A waiver or a baseline counts for nothing, as in
// the score of a commit.
func Rates() []Rate {
	return []Rate{
		{"passed", "Reviews that pass", "changes whose review says pass"},
		{"requirements", "Security requirements met", "requirements that are met, of those that apply to the change"},
		{"answered", "Checks with an answer", "rules and requirements that were assessed, of those that apply"},
		{"followed", "Reach followed to its end", "changes of code of which everything that they reach could be followed"},
		{"authorship", "Authorship known", "added lines of which something says who or what wrote them"},
		{"approved", "Approved", "changes with an approval that counts, of those of which a rule asks for one"},
	}
}

// byDays is up to how many days each is a point of its own.
const byDays = 31

// Trend is how the packs that were added came out over time.
func (b *Builder) Trend() *Trend {
	t := &Trend{Schema: TrendSchema, By: "day", Refused: slices.Clone(b.refused), Points: []TrendPoint{}, Changes: []TrendChange{},
		Counts: TrendCounts{Packs: b.counts.Packs, Refused: b.counts.Refused, Copies: b.counts.Copies}}
	if t.Refused == nil {
		t.Refused = []Exception{}
	}
	slices.SortFunc(t.Refused, func(x, y Exception) int { return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Detail, y.Detail)) })
	days := map[string]bool{}
	for _, of := range b.changes() {
		c := of.counting()
		if c == nil {
			continue
		}
		t.Counts.Superseded += len(of) - 1
		days[c.Day] = true
		t.Changes = append(t.Changes, TrendChange{Change: c.Name(), Pack: c.Pack, Day: c.Day, Stage: c.Stage, Decision: c.Decision, Rates: c.rates})
	}
	slices.SortFunc(t.Changes, func(x, y TrendChange) int {
		return cmp.Or(cmp.Compare(x.Day, y.Day), cmp.Compare(x.Change, y.Change), cmp.Compare(x.Pack, y.Pack))
	})
	unit := len("2026-11-23")
	if len(days) > byDays {
		t.By, unit = "month", len("2026-11")
	}
	for start := 0; start < len(t.Changes); {
		end := start
		for end < len(t.Changes) && t.Changes[end].Day[:unit] == t.Changes[start].Day[:unit] {
			end++
		}
		t.Points = append(t.Points, pointOf(t.Changes[start].Day[:unit], t.Changes[start:end]))
		start = end
	}
	t.All = pointOf("", t.Changes)
	return t
}

func pointOf(when string, changes []TrendChange) TrendPoint {
	p := TrendPoint{When: when, Changes: len(changes)}
	for i, r := range Rates() {
		m, sum := MeanOfRate{ID: r.ID}, 0
		for _, c := range changes {
			if of := c.Rates[i].Permille; of != nil {
				sum += *of
				m.Changes++
			}
		}
		if m.Changes > 0 {
			mean := sum / m.Changes
			m.Permille = &mean
		}
		p.Rates = append(p.Rates, m)
	}
	return p
}

// ratesOf is what one pack says of each rate.
func ratesOf(p *report.VerifiedPack) []ChangeRate {
	d := p.Says
	var required, answered ChangeRate
	for _, c := range d.Checks {
		if c.Kind == finding.Notice || c.Outcome == finding.NotApplicable {
			continue
		}
		answered.All++
		if c.Outcome != finding.NotAssessed {
			answered.Met++
		}
		if c.Kind == finding.Requirement {
			if required.All++; c.Outcome == finding.Satisfied {
				required.Met++
			}
		}
	}
	passed := ChangeRate{All: 1}
	if d.Decision == "pass" {
		passed.Met = 1
	}
	var followed, known, approved ChangeRate
	if i := d.Impact; i != nil && !slices.ContainsFunc(i.Reasons, func(r finding.Reason) bool { return r.Code == impact.ReasonNothing }) {
		if followed.All = 1; i.Outcome == finding.Satisfied {
			followed.Met = 1
		}
	}
	if a := d.Attestation; a != nil {
		known.All = a.Summary.AddedLines
		known.Met = known.All
		for _, class := range []attestation.Class{attestation.Unknown, attestation.Conflict} {
			known.Met -= a.Summary.Lines[string(class)]
		}
		known.Met = max(0, known.Met)
	}
	switch said, _ := p.Approved(); said {
	case report.ApprovalCounted:
		approved = ChangeRate{Met: 1, All: 1}
	case report.ApprovalNone, report.ApprovalObjected, report.ApprovalUnsure:
		approved.All = 1
	}
	out := []ChangeRate{passed, required, answered, followed, known, approved}
	for i, r := range Rates() {
		out[i].ID = r.ID
		if all := out[i].All; all > 0 {
			p := out[i].Met * 1000 / all
			out[i].Permille = &p
		}
	}
	return out
}
