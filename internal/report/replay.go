package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/review"
)

// Replay is the document custody/policy-replay/v1: which merged changes of a history a
// policy would have stopped.
type Replay struct {
	Schema  string         `json:"schema"`
	Tip     git.OID        `json:"tip"`
	Since   string         `json:"since,omitempty"` // by the date of the commits
	Changes int            `json:"changes"`
	Merges  int            `json:"merges"`  // of these, merge commits; the others are squashed or pushed
	Verdict map[string]int `json:"verdict"` // "pass", "fail", "incomplete", "unread": changes
	Rules   []ReplayRule   `json:"rules"`
	Teams   []ReplayTeam   `json:"teams"`   // most failures first
	Missing []ReplayGap    `json:"missing"` // what could not be judged, for lack of what
	Failed  []ReplayChange `json:"failed"`  // newest first, the first thousand
}

// ReplaySchema is the value of Replay.Schema.
const ReplaySchema = "custody/policy-replay/v1"

// A ReplayRule counts the outcomes of one rule.
type ReplayRule struct {
	ID       string         `json:"id"`
	Level    finding.Level  `json:"level"`
	Outcomes map[string]int `json:"outcomes"` // changes
}

// A ReplayTeam counts the changes of one code owner's files.
type ReplayTeam struct {
	Team    string         `json:"team"` // as in CODEOWNERS, or "nobody"
	Changes int            `json:"changes"`
	Failed  int            `json:"failed"`
	Rules   map[string]int `json:"rules"` // that were not satisfied, whatever their level
}

// A ReplayGap is one reason for which rules were not assessed.
type ReplayGap struct {
	Rule    string `json:"rule"`
	Code    string `json:"code"`
	Detail  string `json:"detail"` // of the newest such change
	Changes int    `json:"changes"`
}

// A ReplayChange would not have passed.
type ReplayChange struct {
	Commit  git.OID  `json:"commit"`
	Day     string   `json:"day"`
	Subject string   `json:"subject"`
	Rules   []string `json:"rules"` // of level error that were not satisfied
	Teams   []string `json:"teams"`
}

const maxReplayFailed = 1000

// NewReplay sums a replay up.
func NewReplay(tip git.OID, since config.Day, changes []review.Replayed) Replay {
	d := Replay{Schema: ReplaySchema, Tip: tip, Since: string(since), Changes: len(changes), Verdict: map[string]int{},
		Rules: []ReplayRule{}, Teams: []ReplayTeam{}, Missing: []ReplayGap{}, Failed: []ReplayChange{}}
	rules, teams := map[string]*ReplayRule{}, map[string]*ReplayTeam{}
	gaps := map[[2]string]*ReplayGap{}
	var order []string
	for _, c := range changes {
		if c.Merge {
			d.Merges++
		}
		if c.Unread != "" {
			d.Verdict["unread"]++
			addGap(gaps, "", "unread", c.Unread)
			continue
		}
		d.Verdict[c.Decision.String()]++
		var unmet, blocking []string
		for _, k := range c.Checks {
			if k.Kind != finding.Rule {
				continue
			}
			r := rules[k.ID]
			if r == nil {
				r = &ReplayRule{ID: k.ID, Level: k.Level, Outcomes: map[string]int{}}
				rules[k.ID] = r
				order = append(order, k.ID)
			}
			r.Outcomes[k.Outcome.String()]++
			switch k.Outcome {
			case finding.NotSatisfied:
				unmet = append(unmet, k.ID)
				if k.Level == finding.Error {
					blocking = append(blocking, k.ID)
				}
			case finding.NotAssessed:
				missing(gaps, k)
			}
		}
		for _, name := range c.Teams {
			t := teams[name]
			if t == nil {
				t = &ReplayTeam{Team: name, Rules: map[string]int{}}
				teams[name] = t
			}
			t.Changes++
			if c.Decision == review.Fail {
				t.Failed++
			}
			for _, id := range unmet {
				t.Rules[id]++
			}
		}
		if c.Decision == review.Fail && len(d.Failed) < maxReplayFailed {
			d.Failed = append(d.Failed, ReplayChange{c.Commit, c.Day, c.Subject, blocking, c.Teams})
		}
	}
	for _, id := range order {
		d.Rules = append(d.Rules, *rules[id])
	}
	for _, name := range slices.Sorted(maps.Keys(teams)) {
		d.Teams = append(d.Teams, *teams[name])
	}
	slices.SortStableFunc(d.Teams, func(a, b ReplayTeam) int { return cmp.Or(b.Failed-a.Failed, b.Changes-a.Changes) })
	for _, g := range gaps {
		d.Missing = append(d.Missing, *g)
	}
	slices.SortFunc(d.Missing, func(a, b ReplayGap) int {
		return cmp.Or(b.Changes-a.Changes, cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Code, b.Code))
	})
	return d
}

// missing notes what a check that was not assessed lacked, each code once.
func missing(gaps map[[2]string]*ReplayGap, k finding.Check) {
	seen := map[string]bool{control.ReasonCounted: true}
	for _, r := range k.Reasons {
		if !seen[r.Code] {
			seen[r.Code] = true
			addGap(gaps, k.ID, r.Code, r.Detail)
		}
	}
}

func addGap(gaps map[[2]string]*ReplayGap, rule, code, detail string) {
	key := [2]string{rule, code}
	if gaps[key] == nil {
		gaps[key] = &ReplayGap{Rule: rule, Code: code, Detail: detail}
	}
	gaps[key].Changes++
}

// WriteText prints the figures, then what would have failed.
func (d Replay) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "%s (%s): %d pass, %d fail, %d incomplete", count(d.Changes, "change"), count(d.Merges, "merge"), d.Verdict["pass"], d.Verdict["fail"], d.Verdict["incomplete"])
	if n := d.Verdict["unread"]; n > 0 {
		fmt.Fprintf(w, ", %d not read", n)
	}
	fmt.Fprint(w, "\n\n")
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "rule\tlevel\tsatisfied\tnot satisfied\tnot assessed\texcepted\tnot applicable")
	for _, r := range d.Rules {
		o := r.Outcomes
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%d\n", r.ID, r.Level, o["satisfied"], o["not-satisfied"], o["not-assessed"], o["excepted"], o["not-applicable"])
	}
	fmt.Fprintln(t, "\nteam\tchanges\tfail\trules not satisfied")
	for i, m := range d.Teams {
		if i == 30 {
			fmt.Fprintf(t, "and %d more\n", len(d.Teams)-i)
			break
		}
		var rules []string
		for _, id := range slices.Sorted(maps.Keys(m.Rules)) {
			rules = append(rules, fmt.Sprintf("%s %d", id, m.Rules[id]))
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\n", m.Team, m.Changes, m.Failed, strings.Join(rules, ", "))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(d.Missing) > 0 {
		fmt.Fprintf(w, "\nnot judged, for lack of\n")
	}
	for _, g := range d.Missing[:min(len(d.Missing), 20)] {
		fmt.Fprintf(w, "  %d: %s: %s\n", g.Changes, cmp.Or(g.Rule, "the change"), g.Detail)
	}
	if len(d.Failed) > 0 {
		fmt.Fprintf(w, "\nwould have failed\n")
	}
	for i, c := range d.Failed {
		if i == 50 {
			fmt.Fprintf(w, "  and %d more: --format json has a thousand\n", d.Verdict["fail"]-i)
			break
		}
		fmt.Fprintf(w, "  %s %s %s (%s)\n", c.Commit.Short(), c.Day, c.Subject, strings.Join(c.Rules, ", "))
	}
	return nil
}
