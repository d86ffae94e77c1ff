// Package report turns what Custody knows into figures and documents for people who
// look after a repository: its health, the requirements and the policy in effect, the
// brief for whoever writes next; later reports by framework and exports for auditors.
//
// It counts and words. It judges nothing, and reads no clock, network or environment.
package report

import (
	"fmt"
	"io"
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
	Score              *int        `json:"score"` // 0 to 100; null when there is no source file to speak of
	SecurityViolations int         `json:"security_violations"`
	DocumentationGaps  int         `json:"documentation_gaps"`
	Components         []Component `json:"components"`
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
	Documented   map[string]bool // folders that a document of the tree names
}

// missingShown is how many examples a component lists.
const missingShown = 20

// Measure computes the health of one commit.
func Measure(in HealthInput) Health {
	h := Health{Schema: HealthSchema, Commit: in.Commit}
	h.Components = []Component{in.requirements(), in.graph(), in.documentation(), in.policy()}
	for _, c := range in.Requirements {
		if c.Outcome == finding.NotSatisfied {
			h.SecurityViolations++
		}
	}
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
	return h
}

func (in HealthInput) requirements() Component {
	c := Component{ID: "requirements", Name: "Security requirements met", Weight: 45,
		Reason: "requirements that apply and are satisfied, of those that apply",
		Raise:  "meet these requirements, or make them verifiable"}
	for _, r := range in.Requirements {
		switch r.Outcome {
		case finding.NotApplicable:
			continue
		case finding.Satisfied, finding.Excepted:
			c.Met++
		default:
			c.Missing = append(c.Missing, r.ID+" is "+r.Outcome.String())
		}
		c.All++
	}
	if c.All == 0 {
		c.Reason = "no security requirement applies: nothing was verified"
		c.Raise = "write security_requirements.yaml ('custody init' makes a first one)"
	}
	return c.rated()
}

func (in HealthInput) graph() Component {
	c := Component{ID: "graph", Name: "Source files in the dependency graph", Weight: 25, Met: in.InGraph,
		Reason: "source files whose imports were read, of all source files",
		Raise:  "'custody scan --format json' lists what was skipped, and why"}
	for _, n := range in.Sources {
		c.All += n
	}
	return c.rated()
}

func (in HealthInput) documentation() Component {
	c := Component{ID: "documentation", Name: "Source folders that a document names", Weight: 20,
		Met: in.documentedFolders(), All: len(in.Sources),
		Reason: "folders with source files that a document of the repository names, themselves or a folder above, of all of them",
		Raise:  "name these folders in README.md or in a document under docs/"}
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
	if more := len(c.Missing) - missingShown; more > 0 {
		c.Missing = append(slices.Clip(c.Missing[:missingShown]), fmt.Sprintf("and %d more", more))
	}
	if c.Missing == nil {
		c.Missing = []string{}
	}
	return c
}

// WriteText prints the score on one line, then a line for each component and what
// would raise it.
func (h Health) WriteText(w io.Writer) error {
	var b strings.Builder
	if h.Score == nil {
		b.WriteString("Health Score: not assessed - there is no source file at this commit\n")
	} else {
		fmt.Fprintf(&b, "Health Score: %d/100 - %s, %s\n", *h.Score,
			count(h.SecurityViolations, "security violation"), count(h.DocumentationGaps, "documentation gap"))
	}
	for _, c := range h.Components {
		fmt.Fprintf(&b, "\n  %3d%%  %s (%d of %d, weight %d)\n", c.Permille/10, c.Name, c.Met, c.All, c.Weight)
		for _, m := range c.Missing {
			fmt.Fprintf(&b, "        - %s\n", m)
		}
		if c.Raise != "" {
			fmt.Fprintf(&b, "        To raise it: %s.\n", c.Raise)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
