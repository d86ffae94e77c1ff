// Package report turns what Custody knows into figures and documents for people who
// look after a repository: its health, the requirements and the policy in effect, the
// brief for whoever writes next; later reports by framework and exports for auditors.
//
// It counts and words. It judges nothing, and reads no clock, network or environment.
package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"custody/internal/finding"
	"custody/internal/git"
)

// Health is the document custody/health/v1: one figure for one commit, and what it is
// made of. Every component is a rate, so the size of a repository does not decide; what
// is absent counts as nothing, so an empty folder can not be healthy.
type Health struct {
	Schema             string      `json:"schema"`
	Commit             git.OID     `json:"commit"`
	Score              *int        `json:"score"`               // 0 to 100; null when there is no source file to speak of
	SecurityViolations *int        `json:"security_violations"` // null: no requirement was verified
	DocumentationGaps  int         `json:"documentation_gaps"`
	Components         []Component `json:"components"`

	// RaiseMost is the component that would raise the score most; empty when all are met.
	RaiseMost string `json:"raise_most,omitempty"`
	// Trend is the same at earlier commits, the oldest first, if it was asked for.
	Trend []TrendPoint `json:"trend,omitempty"`
	// TrendCut is the commit before which the history is not in this repository.
	TrendCut git.OID `json:"trend_cut,omitzero"`
}

// A TrendPoint is the health of one commit of a history.
type TrendPoint struct {
	Commit             git.OID        `json:"commit"`
	Day                string         `json:"day"`                 // of its committer, UTC: a claim that decides nothing
	Score              *int           `json:"score"`               // 0 to 100, or null
	SecurityViolations *int           `json:"security_violations"` // null: no requirement was verified
	Permille           map[string]int `json:"permille"`            // by component
}

// Point is what a trend keeps of the health of a commit.
func (h Health) Point(day string) TrendPoint {
	t := TrendPoint{Commit: h.Commit, Day: day, Score: h.Score, SecurityViolations: h.SecurityViolations, Permille: map[string]int{}}
	for _, c := range h.Components {
		t.Permille[c.ID] = c.Permille
	}
	return t
}

// HealthSchema is the value of Health.Schema.
const HealthSchema = "custody/health/v1"

// A Component is one rate of the score.
type Component struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Weight   int      `json:"weight"`   // of 100
	Permille int      `json:"permille"` // Met of All; 0 when All is 0
	Met      int      `json:"met"`
	All      int      `json:"all"`
	Gain     int      `json:"gain"`   // points of the score that are missing here
	Reason   string   `json:"reason"` // what was counted
	Raise    string   `json:"raise"`  // what would raise it most; empty at 1000
	Missing  []string `json:"missing"`
}

// HealthInput is what is measured. All counts are of one commit's tree.
type HealthInput struct {
	Commit       git.OID
	Policy       bool            // a policy stands at the commit
	Requirements []finding.Check // every requirement, evaluated at the commit
	Sources      map[string]int  // source files by folder (escaped), of every language
	InGraph      int             // of these, how many the dependency graph holds
	NotRead      map[string]int  // the others, by why: their language, or what came in the way
	Documented   map[string]bool // folders that a document of the tree names
}

// missingShown is how many examples a component lists.
const missingShown = 20

// Measure computes the health of one commit.
func Measure(in HealthInput) Health {
	h := Health{Schema: HealthSchema, Commit: in.Commit}
	h.Components = []Component{in.requirements(), in.graph(), in.documentation(), in.policy()}
	h.SecurityViolations = in.violations()
	h.DocumentationGaps = len(in.Sources) - in.documentedFolders()
	if len(in.Sources) == 0 {
		return h
	}
	sum := 0
	for _, c := range h.Components {
		sum += c.Weight * c.Permille
	}
	score := sum / 1000 // the weights add up to 100
	h.Score = &score
	if most := slices.MaxFunc(h.Components, func(a, b Component) int { return a.Gain - b.Gain }); most.Gain > 0 {
		h.RaiseMost = most.ID
	}
	return h
}

// violations counts the requirements that are not met; nil where none was verified.
func (in HealthInput) violations() *int {
	verified, violated := false, 0
	for _, c := range in.Requirements {
		switch c.Outcome {
		case finding.NotSatisfied:
			violated++
			verified = true
		case finding.Satisfied:
			verified = true
		}
	}
	if !verified {
		return nil
	}
	return &violated
}

// violationsText is a number of security violations, or that none was looked for.
func violationsText(n *int) string {
	if n == nil {
		return "no security requirement verified"
	}
	return count(*n, "security violation")
}

// Violations is how many security violations there are, in words.
func (h Health) Violations() string { return violationsText(h.SecurityViolations) }

// Violations is how many security violations there were, in words.
func (t TrendPoint) Violations() string { return violationsText(t.SecurityViolations) }

func (in HealthInput) requirements() Component {
	c := Component{ID: "requirements", Name: "Security requirements met", Weight: 45,
		Reason: "requirements that apply and are satisfied, of those that apply",
		Raise:  "meet the requirements that are not met, or make them verifiable"}
	for _, r := range in.Requirements {
		switch r.Outcome {
		case finding.NotApplicable:
			continue
		case finding.Satisfied:
			c.Met++
		default:
			c.Missing = append(c.Missing, r.ID+" is "+r.Outcome.String())
		}
		c.All++
	}
	if c.All == 0 {
		c.Reason = "no security requirement applies: nothing was verified"
		c.Raise = "write security_requirements.yaml ('custody init' makes a first one)"
		if n := len(in.Requirements); n > 0 {
			c.Reason = fmt.Sprintf("none of the %s can be verified of a commit as it stands", count(n, "security requirement"))
			c.Raise = "add requirements that a commit as it stands can meet, such as a search in its files"
		}
	}
	return c.rated()
}

func (in HealthInput) graph() Component {
	c := Component{ID: "graph", Name: "Source files in the dependency graph", Weight: 25, Met: in.InGraph,
		Reason: "source files whose imports were read, of all source files",
		Raise:  "see in 'custody scan --format json' what was skipped, and why"}
	for _, n := range in.Sources {
		c.All += n
	}
	whys := slices.SortedFunc(maps.Keys(in.NotRead), func(a, b string) int { return cmp.Or(in.NotRead[b]-in.NotRead[a], cmp.Compare(a, b)) })
	for _, why := range whys {
		c.Missing = append(c.Missing, count(in.NotRead[why], "file")+": "+why)
	}
	return c.rated()
}

func (in HealthInput) documentation() Component {
	c := Component{ID: "documentation", Name: "Source folders that a document names", Weight: 20,
		Met: in.documentedFolders(), All: len(in.Sources),
		Reason: "folders with source files that a document of the repository names, themselves or a folder above, of all of them",
		Raise:  "name the folders that no document names, in README.md or under docs/"}
	for dir := range in.Sources {
		if !in.Documented[dir] {
			c.Missing = append(c.Missing, dir)
		}
	}
	slices.Sort(c.Missing)
	return c.rated()
}

func (in HealthInput) policy() Component {
	c := Component{ID: "policy", Name: "A policy stands", Weight: 10, All: 1,
		Reason: "whether .custody.yaml is at this commit",
		Raise:  "write .custody.yaml ('custody init' makes a first one)"}
	if in.Policy {
		c.Met = 1
	}
	return c.rated()
}

func (in HealthInput) documentedFolders() int {
	n := 0
	for dir := range in.Sources {
		if in.Documented[dir] {
			n++
		}
	}
	return n
}

func (c Component) rated() Component {
	if c.All > 0 {
		c.Permille = c.Met * 1000 / c.All
	}
	if c.Permille == 1000 {
		c.Raise = ""
	}
	c.Gain = c.Weight - c.Weight*c.Permille/1000
	if more := len(c.Missing) - missingShown; more > 0 {
		c.Missing = append(slices.Clip(c.Missing[:missingShown]), fmt.Sprintf("and %d more", more))
	}
	if c.Missing == nil {
		c.Missing = []string{}
	}
	return c
}

// Of is "23 of 25", or that there was nothing to measure, which counts as nothing.
func (c Component) Of() string {
	if c.All == 0 {
		return "nothing to measure"
	}
	return fmt.Sprintf("%d of %d", c.Met, c.All)
}

// share is the rate for a terminal; of nothing there is none.
func (c Component) share() string {
	if c.All == 0 {
		return "   -"
	}
	return fmt.Sprintf("%3d%%", c.Permille/10)
}

// WriteText prints the score on one line, then a line for each component and what
// would raise it.
func (h Health) WriteText(w io.Writer) error {
	var b strings.Builder
	if h.Score == nil {
		b.WriteString("Health Score: not assessed - there is no source file at this commit\n")
	} else {
		fmt.Fprintf(&b, "Health Score: %d/100 - %s, %s\n", *h.Score,
			h.Violations(), count(h.DocumentationGaps, "documentation gap"))
	}
	for _, c := range h.Components {
		if c.ID == h.RaiseMost {
			fmt.Fprintf(&b, "To raise it most, by up to %s: %s.\n", count(c.Gain, "point"), c.Raise)
		}
	}
	for _, c := range h.Components {
		fmt.Fprintf(&b, "\n  %s  %s (%s, weight %d)\n", c.share(), c.Name, c.Of(), c.Weight)
		fmt.Fprintf(&b, "        Counted: %s.\n", c.Reason)
		for _, m := range c.Missing {
			fmt.Fprintf(&b, "        - %s\n", m)
		}
		if c.Raise != "" {
			fmt.Fprintf(&b, "        To raise it: %s.\n", c.Raise)
		}
	}
	if len(h.Trend) > 0 {
		b.WriteString("\nTrend\n")
		for _, t := range h.Trend {
			score := "not assessed"
			if t.Score != nil {
				score = fmt.Sprintf("%3d/100", *t.Score)
			}
			fmt.Fprintf(&b, "  %s  %s  %s  %s\n", t.Day, t.Commit.Short(), score, t.Violations())
		}
		if cut := h.Cut(); cut != "" {
			fmt.Fprintf(&b, "  %s\n", cut)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Cut says where the trend ends because the history does; empty where it does not.
func (h Health) Cut() string {
	if h.TrendCut == (git.OID{}) {
		return ""
	}
	return "What is before " + h.TrendCut.Short() + " is not in this repository: where it is a shallow clone, git fetch --unshallow brings it."
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
