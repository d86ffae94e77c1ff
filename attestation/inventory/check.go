package inventory

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"custody/internal/config/yaml"
	"custody/internal/finding"
)

// Schema is the schema of a Report.
const Schema = "custody/inventory/v1"

// A Report says what the inventory lists, which agents were seen, and what is wrong.
type Report struct {
	Schema   string            `json:"schema"`
	Outcome  finding.Outcome   `json:"outcome"` // not-satisfied with a finding of level error; not-assessed when history was not whole
	On       string            `json:"on"`      // the day on which bias tests are old
	Systems  []SystemLine      `json:"systems"`
	Agents   []Agent           `json:"agents"` // that took part in the commits looked at
	Findings []finding.Finding `json:"findings"`
	Reasons  []finding.Reason  `json:"reasons"`
	// Holds is the last day on which no other bias test is too old; empty for none.
	Holds string `json:"-"`
}

// A SystemLine is one entry as a report shows it.
type SystemLine struct {
	Name  string `json:"name"`
	Model string `json:"model"`
	Risk  string `json:"risk_classification"`
	Owner string `json:"owner"`
	Line  int    `json:"line"`
}

// Rules of the findings.
const (
	RuleMissing    = "inventory-missing"
	RuleMalformed  = "inventory-malformed"
	RuleUnexpanded = "inventory-unexpanded" // text that a shell should have replaced
	RuleAgent      = "inventory-agent"      // an agent took part that is not listed
	RuleModel      = "inventory-model"      // so did a model
	RuleOwner      = "inventory-owner"      // nobody answers for the system
	RuleRisk       = "inventory-risk"       // its risk is not classified
	RuleBiasTest   = "inventory-bias-test"  // missing, too old, or in the future
	RuleDrift      = "inventory-drift"      // not monitored
	RuleIncomplete = "inventory-incomplete" // another key of the form is empty
	RuleDate       = "inventory-date"       // not a day
	RuleTwice      = "inventory-twice"      // two entries of one system
	RuleLowered    = "inventory-lowered"    // the change takes a system or its risk down
)

// Options decide when a bias test is old.
type Options struct {
	On           string // the day, such as 2026-11-25
	BiasTestDays int    // how old a bias test may be; 0: DefaultBiasTestDays
}

// DefaultBiasTestDays is a year.
const DefaultBiasTestDays = 365

// Input is everything that Check looks at.
type Input struct {
	Text   []byte  // of the file; nil: there is none
	Base   []byte  // the same at base, of a change; nil: none, or no change
	Agents []Agent // that took part
	Cut    string  // why not all commits were looked at; empty if they were
	Options
}

type checker struct {
	in     Input
	on     time.Time
	report *Report
}

// Check holds the file against the agents that took part, and against itself. Without
// agents and without a file there is nothing to say: satisfied.
func Check(in Input) (*Report, error) {
	on, err := time.Parse(time.DateOnly, in.On)
	if err != nil {
		return nil, fmt.Errorf("checking %s: the day %q: write it as 2026-01-31", Path, in.On)
	}
	if in.BiasTestDays == 0 {
		in.BiasTestDays = DefaultBiasTestDays
	}
	c := &checker{in, on, &Report{
		Schema: Schema, On: in.On, Outcome: finding.Satisfied, Systems: []SystemLine{}, Agents: []Agent{},
		Findings: []finding.Finding{}, Reasons: []finding.Reason{},
	}}
	for _, a := range in.Agents {
		a.Systems = []string{}
		c.report.Agents = append(c.report.Agents, a)
	}
	c.check()
	finding.Sort(c.report.Findings)
	if in.Cut != "" {
		c.report.Reasons = append(c.report.Reasons, finding.Reason{Code: in.Cut, Detail: "not every commit was looked at: agents of the others are not known", Path: Path})
		c.report.Outcome = finding.NotAssessed
	}
	for _, f := range c.report.Findings {
		if f.Level == finding.Error {
			c.report.Outcome = finding.NotSatisfied
		}
	}
	return c.report, nil
}

func (c *checker) add(rule string, level finding.Level, line int, remedy, format string, args ...any) {
	c.report.Findings = append(c.report.Findings, finding.Finding{
		Rule: rule, Level: level, Place: finding.Place{Path: Path, StartLine: line, EndLine: line},
		Message: fmt.Sprintf(format, args...), Remedy: remedy, Who: "whoever keeps " + Path,
	})
}

func (c *checker) check() {
	if c.in.Text == nil {
		if len(c.report.Agents) > 0 {
			c.add(RuleMissing, finding.Error, 0, "run `custody inventory init` and fill in what only you know",
				"agents took part, and there is no %s", Path)
		}
		c.lowered(&Inventory{})
		return
	}
	if len(c.in.Text) == 0 {
		c.add(RuleMalformed, finding.Error, 0, "make it a regular file; docs/inventory.md shows the form", "the file is empty, too large, or no regular file")
		return
	}
	inv, err := Parse(c.in.Text)
	if err != nil {
		line, message := 0, err.Error()
		var at *yaml.Error
		if errors.As(err, &at) {
			line, message = at.Line, fmt.Sprintf("line %d, column %d: %s", at.Line, at.Column, at.Message)
		}
		c.add(RuleMalformed, finding.Error, line, "correct it; docs/inventory.md shows the form", "%s", message)
		return
	}
	c.unexpanded(inv)
	c.root(inv)
	for i := range inv.Systems {
		c.system(inv, i)
	}
	c.agents(inv)
	c.lowered(inv)
}

// shell matches what a shell or a template should have replaced before the file was
// written: $(date +%F), ${USER}, `date`, $TODAY, {{ .Date }}, %DATE%, %date:~0,4%.
var shell = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("\\$\\(|\\$\\{|`[^`]+`|\\$[A-Za-z_]\\w*|\\{\\{.*\\}\\}|<%.*%>|%[A-Z_]{2,}%|%(?i:date|time|username|userdomain|computername)(?::[^%\\s]*)?%")
})

func unexpanded(s string) bool { return shell().MatchString(s) }

func (c *checker) unexpanded(inv *Inventory) {
	look := func(of string, fields []Field) {
		for _, f := range fields {
			if unexpanded(f.Text) {
				c.add(RuleUnexpanded, finding.Error, f.Line, "write the value itself: YAML runs no command",
					"%s%s holds text that a shell should have replaced: %s", of, oneLine(f.Key), oneLine(f.Text))
			}
		}
	}
	look("", inv.Fields)
	for i := range inv.Systems {
		look(inv.Systems[i].Name()+": ", inv.Systems[i].Fields)
	}
}

func (c *checker) root(inv *Inventory) {
	root := System{Fields: inv.Fields, Line: 1}
	for _, key := range []string{"version", "date"} {
		if !root.has(key) || blank(root.Text(key)) {
			c.add(RuleIncomplete, finding.Warning, root.line(key), "write it", "the file has no %s", key)
		}
	}
	if text := root.Text("date"); !blank(text) && !unexpanded(text) {
		switch day, ok := dayOf(text); {
		case !ok:
			c.add(RuleDate, finding.Error, root.line("date"), "write it as 2026-01-31", "date is no day")
		case day.After(c.on):
			c.add(RuleDate, finding.Warning, root.line("date"), "correct it", "date is in the future: %s", oneLine(text))
		}
	}
}

// blank says whether a value is none: empty, or a word that stands for "later".
func blank(s string) bool {
	switch strings.Trim(strings.ToLower(strings.TrimSpace(s)), ".!") {
	case "", "?", "-", "tbd", "todo", "tba", "n/a", "na", "unknown", "null", "nil", "none", "to be filled in", "to be determined", "to be defined", "xxx", "fixme", "pending":
		return true
	}
	return false
}

// not says whether a value says that there is no such thing.
func not(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "no", "false", "never", "off", "disabled", "not yet", "planned":
		return true
	}
	return blank(s)
}

// risks are the classes that are known, by rank: those of the EU AI Act and those of
// SPDX 3.0.1 (SafetyRiskAssessmentType).
var risks = map[string]int{
	"minimal": 1, "low": 1, "limited": 2, "medium": 2, "high": 3, "serious": 4, "unacceptable": 5,
}

// RiskOf is the class that a value names ("High", "high-risk"), empty for any other.
func RiskOf(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	for _, end := range []string{" risk", "-risk", "_risk"} {
		s = strings.TrimSuffix(s, end)
	}
	if _, ok := risks[s]; ok {
		return s
	}
	return ""
}

// dayOf reads a day, or the day of an instant.
func dayOf(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, true
	}
	t, err := time.Parse(time.RFC3339, s)
	return t.UTC().Truncate(24 * time.Hour), err == nil
}

func (c *checker) system(inv *Inventory, i int) {
	s := &inv.Systems[i]
	name := s.Name()
	c.report.Systems = append(c.report.Systems, SystemLine{name, oneLine(s.Text("model")), oneLine(s.Text("risk_classification")), oneLine(s.Text("owner")), s.Line})
	if blank(s.Text("owner")) {
		c.add(RuleOwner, finding.Error, s.line("owner"), "name the person or team that answers for it", "%s has no owner", name)
	}
	// What is left to be wrong weighs less where little can go wrong.
	level := finding.Error
	switch risk := s.Text("risk_classification"); {
	case blank(risk):
		c.add(RuleRisk, finding.Error, s.line("risk_classification"), "write unacceptable, high, limited or minimal", "%s has no risk class", name)
	case RiskOf(risk) == "":
		if !unexpanded(risk) {
			c.add(RuleRisk, finding.Error, s.line("risk_classification"), "write unacceptable, high, limited or minimal (or serious, high, medium, low)",
				"%s has a risk class that is not known: %s", name, oneLine(risk))
		}
	case RiskOf(risk) == "unacceptable":
		c.add(RuleRisk, finding.Error, s.line("risk_classification"), "take it out of use, or correct the class", "%s is of unacceptable risk", name)
	case risks[RiskOf(risk)] == 1:
		level = finding.Warning
	}
	c.biasTest(s, level)
	if text := s.Text("drift_monitoring"); not(text) {
		c.add(RuleDrift, level, s.line("drift_monitoring"), "say how a drift of its answers is noticed, or link to it", "%s has no drift monitoring", name)
	}
	for _, k := range Keys {
		if k.Must && !slices.Contains([]string{"owner", "risk_classification", "last_bias_test", "drift_monitoring"}, k.Name) && blank(s.Text(k.Name)) {
			c.add(RuleIncomplete, finding.Warning, s.line(k.Name), "write it: "+k.Asks, "%s has no %s", name, k.Name)
		}
	}
	if text := s.Text("deployment_date"); !blank(text) && !unexpanded(text) {
		if _, ok := dayOf(text); !ok {
			c.add(RuleDate, finding.Warning, s.line("deployment_date"), "write it as 2026-01-31", "%s: deployment_date is no day", name)
		}
	}
	for j := range i {
		o := &inv.Systems[j]
		if plain(o.Text("name")) == plain(s.Text("name")) && plain(o.Text("model")) == plain(s.Text("model")) && o.Text("version") == s.Text("version") {
			c.add(RuleTwice, finding.Warning, s.Line, "keep one of them", "%s is listed in line %d already", name, o.Line)
			break
		}
	}
}

func (c *checker) biasTest(s *System, level finding.Level) {
	text, line, name := s.Text("last_bias_test"), s.line("last_bias_test"), s.Name()
	if not(text) {
		c.add(RuleBiasTest, level, line, "test it, and write the day", "%s has no bias test", name)
		return
	}
	if unexpanded(text) {
		return // said already
	}
	switch day, ok := dayOf(text); {
	case !ok:
		c.add(RuleBiasTest, level, line, "write it as 2026-01-31", "%s: last_bias_test is no day", name)
	case day.After(c.on):
		c.add(RuleBiasTest, level, line, "write the day of the last test that was done", "%s: last_bias_test is in the future: %s", name, oneLine(text))
	default:
		if age := int(c.on.Sub(day) / (24 * time.Hour)); age > c.in.BiasTestDays {
			c.add(RuleBiasTest, level, line, "test it again, and write the day",
				"%s: the last bias test is %d days old on %s; %d are allowed", name, age, c.in.On, c.in.BiasTestDays)
		} else if last := day.AddDate(0, 0, c.in.BiasTestDays).Format(time.DateOnly); c.report.Holds == "" || last < c.report.Holds {
			c.report.Holds = last
		}
	}
}

// agents asks that every agent and every model that took part is listed.
func (c *checker) agents(inv *Inventory) {
	for i := range c.report.Agents {
		a := &c.report.Agents[i]
		var of []*System
		for j := range inv.Systems {
			if s := &inv.Systems[j]; s.isOf(a) {
				of = append(of, s)
				a.Systems = append(a.Systems, s.Name())
			}
		}
		if len(of) == 0 {
			c.add(RuleAgent, finding.Error, 0, fmt.Sprintf("add a system for it, with `agent: %s`, an owner and a risk class (`custody inventory init` drafts one)", a.ID),
				"%s (%s) took part in %s and is not listed", a.Name, a.ID, commits(a.Commits))
			continue
		}
		for _, m := range a.Models {
			if !slices.ContainsFunc(of, func(s *System) bool { return s.covers(m) }) {
				c.add(RuleModel, finding.Error, of[0].Line, fmt.Sprintf("add %q to model or models of one of its systems", oneLine(m)),
					"the model %s of %s took part and is not listed", oneLine(m), a.Name)
			}
		}
	}
}

func commits(n int) string {
	if n == 1 {
		return "1 commit"
	}
	return fmt.Sprintf("%d commits", n)
}

// lowered looks at what a change makes the file say less of. What the file at base was
// is not the change's doing: if it can not be read, there is nothing to compare.
func (c *checker) lowered(now *Inventory) {
	if c.in.Base == nil {
		return
	}
	was, err := Parse(c.in.Base)
	if err != nil {
		return
	}
	for i := range was.Systems {
		o := &was.Systems[i]
		same := func(s System) bool { return plain(s.Text("name")) == plain(o.Text("name")) }
		j := slices.IndexFunc(now.Systems, same)
		if j < 0 {
			c.add(RuleLowered, finding.Warning, 0, "keep it as long as the agent is in use", "the change takes %s out of the inventory", o.Name())
			continue
		}
		s := &now.Systems[j]
		before, after := RiskOf(o.Text("risk_classification")), RiskOf(s.Text("risk_classification"))
		if after != "" && risks[after] < risks[before] {
			c.add(RuleLowered, finding.Warning, s.line("risk_classification"), "have somebody who answers for risk look at it",
				"the change lowers the risk class of %s from %s to %s", s.Name(), before, after)
		}
	}
}
