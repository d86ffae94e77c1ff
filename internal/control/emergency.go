package control

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
)

// ReasonEmergency says that a rule waits, or that its wait is over; ReasonNoEmergency that one
// was declared and does not count.
const (
	ReasonEmergency   = finding.ByEmergency
	ReasonNoEmergency = "no-emergency"
)

// NoticeEmergency is the id of the notice that an emergency was declared, and of what
// excepts the findings of rules that wait.
const NoticeEmergency = "emergency"

// urgency is what the declaration of an emergency is worth for rules of one layer.
type urgency struct {
	declared bool
	why      string     // it does not count; "" when it does
	earlier  bool       // it does not count, since it was declared of an earlier head
	due      config.Day // by when the review is due
}

func (u urgency) counts() bool { return u.declared && u.why == "" }

// urgency weighs the declaration by what the rule's own layer says of emergencies: what
// the floor asks for, no repository puts off.
func (e *evaluation) urgency(origin string) urgency {
	if e.Context == nil || e.Context.Change == nil || e.Context.Change.Emergency == nil {
		return urgency{}
	}
	d := e.Context.Change.Emergency
	no := func(format string, args ...any) urgency {
		return urgency{declared: true, why: fmt.Sprintf(format, args...)}
	}
	may, ok := e.Config.Emergencies[origin]
	if !ok {
		return no("%s does not say who may declare one", origin)
	}
	at, err := time.Parse(time.RFC3339, d.At)
	permission := config.Permission(d.Permission)
	member, memberKnown := isMember(may.Teams, d.Teams, e.owner())
	of := e.sameChange(Seen{Commit: d.Commit})
	switch {
	case d.By == nil || d.By.ID == "":
		return no("the context does not say who declared it: a label alone may be anybody's")
	case d.By.Type != change.User:
		return no("%s, who declared it, is not known to be a person", clip(d.By.Login))
	case d.Target != "" && d.Target != e.Context.Change.Target:
		return no("it was declared of a change to %s", clip(d.Target))
	case d.Commit != "" && !of.Same:
		u := no("it was declared of commit %s, and not of what was pushed since (%s)", shortCommit(d.Commit), cmp.Or(of.How, "it makes another change"))
		u.earlier = true
		return u
	case !permission.AtLeast(may.Permission):
		return no("%s, who declared it, has permission %q, and it takes %s", clip(d.By.Login), clip(d.Permission), may.Permission)
	case !member && memberKnown:
		return no("%s, who declared it, is in none of the teams %s", clip(d.By.Login), teamList(may.Teams))
	case !member:
		return no("the context does not say in which teams %s is", clip(d.By.Login))
	case strings.TrimSpace(d.Reason) == "":
		return no("it has no reason")
	case err != nil:
		return no("the context does not say when it was declared")
	case e.Day == "":
		return no("the review was given no day")
	}
	day := config.Day(at.UTC().Format(time.DateOnly))
	if day > e.Day {
		return no("it was declared on %s, after the day of this review", day)
	}
	if e.Stage == change.AtRecord {
		// Declared when it had landed, it is no emergency but an excuse.
		merged, err := time.Parse(time.RFC3339, mergedAt(e.Context))
		if err != nil {
			return no("the context does not say when the change landed, so perhaps it was declared only then")
		}
		if at.After(merged) {
			return no("it was declared after the change had landed")
		}
	}
	return urgency{declared: true, due: may.Due(d.At)}
}

func mergedAt(c *change.Context) string {
	if c.Merge == nil {
		return ""
	}
	return c.Merge.At
}

// wait puts off what a rule asks, when there is an emergency and the rule may wait: the
// change lands, and at stage record it is asked until the day on which it is due. After
// that the finding stands.
func (e *evaluation) wait(r config.LayeredRule, a answer) answer {
	if r.Emergency == config.Defer && a.outcome == finding.Satisfied {
		e.met = append(e.met, r.Origin)
	}
	if r.Emergency != config.Defer || a.outcome != finding.NotSatisfied && a.outcome != finding.NotAssessed {
		return a
	}
	u := e.urgency(r.Origin)
	switch {
	case !u.declared:
		return a
	case u.why != "":
		a.because(ReasonNoEmergency, "an emergency was declared, and does not count: %s", u.why)
		return a
	}
	e.waits = append(e.waits, r.Origin)
	a.due = u.due
	switch {
	case e.Day > u.due:
		a.because(ReasonEmergency, "what an emergency put off was due by %s", u.due)
		message := "the change landed in an emergency, and what it put off was due by %s"
		if e.Stage != change.AtRecord {
			// One that waited for so long has become a change like any other.
			message = "the change was declared an emergency, and what that put off was due by %s, before it landed"
		}
		a.found = append(a.found, scoped{Finding: finding.Finding{
			Message: fmt.Sprintf(message, u.due),
			Remedy:  "Have it reviewed now, and say why it is late.",
			Who:     clip(e.Context.Change.Emergency.By.Login) + ", who declared the emergency",
		}})
		return a
	}
	a.outcome = finding.Excepted
	a.because(ReasonEmergency, "it waits, because of an emergency that %s declared; due by %s", clip(e.Context.Change.Emergency.By.Login), u.due)
	for i := range a.found {
		a.found[i].WaivedBy = config.ExceptedByEmergency
	}
	return a
}

// inTime says of what an emergency put off, and was done since, that it was not done by the day
// on which it was due, if so: asks counts again what was there on that day.
func (e *evaluation) inTime(r config.LayeredRule, asks func() answer, a answer) answer {
	if e.Stage != change.AtRecord {
		return a
	}
	due := e.urgency(r.Origin).due
	e.dueBy = due
	then := asks()
	e.dueBy = ""
	if then.outcome == finding.Satisfied { // what somebody said since takes nothing back
		return then
	}
	if a.outcome != finding.Satisfied {
		return a
	}
	switch then.outcome {
	case finding.NotSatisfied:
		e.overdue = append(e.overdue, r.Origin)
		a.due = due
		a.because(ReasonEmergency, "it was put off by an emergency, was due by %s, and was done only after that", due)
	case finding.NotAssessed:
		a.because(ReasonCounted, "it was put off by an emergency and was due by %s; whether it was done by then is not known", due)
	}
	return a
}

const waitsForNothing = "Nothing waits for it: what is asked of the change has to be there before it lands."

// declareAgain says how to have an emergency count for what was pushed since.
func declareAgain(via string) string {
	how := "Declare it again"
	if label, ok := strings.CutPrefix(via, "label "); ok {
		how = "Take the label " + clip(label) + " off and set it again"
	}
	return how + ", so that it counts for what was pushed since. Until then nothing waits for it."
}

// emergencyNotice tells that an emergency was declared, by whom, why, and whether it
// counts.
func (e *evaluation) emergencyNotice() (finding.Check, bool) {
	c := finding.Check{ID: NoticeEmergency, Kind: finding.Notice, Name: "Emergency", Origin: "custody", Level: finding.Warning, Outcome: finding.NotSatisfied}
	if e.Context == nil || e.Context.Change == nil || e.Context.Change.Emergency == nil {
		return c, false
	}
	d := e.Context.Change.Emergency
	who := "somebody"
	if d.By != nil && d.By.Login != "" {
		who = clip(d.By.Login)
	}
	say := fmt.Sprintf("%s declared the change an emergency (%s): %s", who, clip(d.Via), clip(d.Reason))
	var says []string
	acts, nothing := who, waitsForNothing
	if e.Stage == change.AtRecord {
		acts, nothing = "", "Nothing waited for it."
	}
	remedy := nothing
	if e.Config != nil {
		origins := []string{}
		for _, r := range e.Config.Rules {
			if r.Emergency == config.Defer && !slices.Contains(origins, r.Origin) {
				origins = append(origins, r.Origin)
			}
		}
		slices.Sort(origins)
		for _, origin := range origins {
			if u := e.urgency(origin); u.why != "" {
				says = append(says, fmt.Sprintf("for %s it does not count: %s", origin, u.why))
				if u.earlier && e.Stage != change.AtRecord && remedy == nothing {
					remedy, acts = declareAgain(d.Via), "whoever may declare one"
				}
			} else if !slices.Contains(e.waits, origin) && !slices.Contains(e.met, origin) {
				says = append(says, fmt.Sprintf("no rule of %s asks anything that could wait", origin))
			} else if !slices.Contains(e.waits, origin) {
				when := "is there"
				if slices.Contains(e.overdue, origin) {
					when = "came only after that"
				}
				if e.Stage == change.AtRecord {
					says = append(says, fmt.Sprintf("what %s put off was due by %s, and %s", origin, u.due, when))
				} else {
					says = append(says, fmt.Sprintf("what rules of %s may put off is there already", origin))
				}
				if remedy == nothing {
					remedy, acts = "Nothing is left to do.", ""
				}
			} else if e.Day > u.due {
				says = append(says, fmt.Sprintf("what %s put off was due by %s, and is not there", origin, u.due))
				remedy, acts = "Do it now: see the rules that were put off.", "whom they name"
			} else {
				says = append(says, fmt.Sprintf("what %s put off is due by %s", origin, u.due))
				remedy, acts = "Review it after the fact, by that day.", "whom the rules that wait name, and not "+who+" alone"
			}
		}
	}
	if len(says) == 0 {
		says = []string{"no rule waits for it"}
	}
	c.Found = []finding.Finding{{
		Rule: c.ID, Level: c.Level, Message: say + "; " + strings.Join(says, "; "),
		Remedy: remedy, Who: acts,
	}}
	return c, true
}
