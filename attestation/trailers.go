package attestation

import (
	"slices"
	"strings"
	"sync"

	"custody/internal/change"
)

// A form is how the value of a trailer is read.
type form uint8

const (
	isCoAuthor  form = iota // names a person or an agent by address
	isTool                  // names a tool
	isKernel                // names a tool; the kernel's grammar is enough
	isSession               // its presence, with a value of the right shape, is the proof
	isStatement             // "none", or the agents that helped
	isSignOff               // takes responsibility, which an agent can not
)

// A trailerRule says what a trailer's key means. Keys are compared in any case.
type trailerRule struct {
	form   form
	agent  string   // of a session
	starts []string // what a session's value may start with; none: any word
	within string   // what a session's value holds
	id     bool     // a session's value is an address or an id: no word of a language
}

// trailerRules are the keys that speak of authorship. Whatever is not here is nothing
// to us: reviewers, testers and reporters wrote no line.
var trailerRules = map[string]trailerRule{
	"co-authored-by":  {form: isCoAuthor},
	"co-developed-by": {form: isCoAuthor}, // kernel, submitting-patches.rst
	"assisted-by":     {form: isKernel},   // kernel, coding-assistants.rst
	"generated-by":    {form: isTool},
	"made-with":       {form: isTool}, // Cursor
	"ai-agent":        {form: isTool}, // conventions of houses
	"ai-assisted-by":  {form: isTool},
	"ai-generated-by": {form: isTool},
	"ai-assistance":   {form: isStatement},
	"signed-off-by":   {form: isSignOff},

	"claude-session":           {form: isSession, agent: "claude-code", starts: []string{"https://claude.ai/", "session_"}},
	"amp-thread-id":            {form: isSession, agent: "amp", starts: []string{"https://ampcode.com/threads/", "T-"}},
	"agent-logs-url":           {form: isSession, agent: "copilot", starts: []string{"https://"}, within: "/sessions/"},
	"agent-session":            {form: isSession, agent: Unlisted, id: true},
	"entire-checkpoint":        {form: isSession, agent: Unlisted},
	"chainloop-trace-sessions": {form: isSession, agent: Unlisted},
}

// longestKey bounds what the scan of a body looks up.
const longestKey = len("chainloop-trace-sessions")

// ruleOf finds a key's rule, in any case. It is asked for every line of a history.
func ruleOf[S string | []byte](key S) (trailerRule, bool) {
	var lower [longestKey]byte
	if len(key) > longestKey {
		return trailerRule{}, false
	}
	for i := range len(key) {
		lower[i] = key[i]
		if 'A' <= key[i] && key[i] <= 'Z' {
			lower[i] += 'a' - 'A'
		}
	}
	r, ok := trailerRules[string(lower[:len(key)])]
	return r, ok
}

// trailer appends what one trailer says, if it says anything.
func (t *table) trailer(to []Evidence, tr change.Trailer, strength Strength) []Evidence {
	rule, ok := ruleOf(tr.Key)
	if !ok {
		return to
	}
	value := strings.TrimSpace(tr.Value)
	e := Evidence{
		Source: "trailer", Strength: strength, Class: AIDeclared,
		Detail: change.Printable(tr.Key + ": " + value),
	}
	switch rule.form {
	case isCoAuthor, isSignOff:
		m := t.coAuthor(value)
		if m.kind == KindAutomation {
			return to
		}
		e.Agent, e.Model = m.agent, m.model
	case isTool, isKernel:
		value = unrepeat(tr.Key, value)
		m := t.tool(value)
		if m.agent == "" && rule.form == isKernel && kernelForm(value) {
			_, model := splitModel(value)
			m.agent, m.model = Unlisted, model
		}
		if m.agent == "" {
			return to
		}
		e.Agent, e.Model = m.agent, m.model
	case isSession:
		if !rule.matches(value) {
			return to
		}
		e.Agent, e.Session = rule.agent, sessionID(value)
	case isStatement:
		return t.statement(to, value, e)
	}
	return append(to, e)
}

// unrepeat drops keys that were written twice: "Assisted-by: Assisted-by: Claude".
func unrepeat(key, value string) string {
	for len(value) > len(key) && value[len(key)] == ':' && strings.EqualFold(value[:len(key)], key) {
		value = strings.TrimSpace(value[len(key)+1:])
	}
	return value
}

func (r trailerRule) matches(value string) bool {
	if !strings.Contains(value, r.within) {
		return false
	}
	if r.id {
		return len(value) >= 8 && strings.ContainsAny(value, "0123456789") && !strings.ContainsAny(value, " <>`")
	}
	if len(r.starts) == 0 {
		return value != "" && !strings.ContainsAny(value, "<>`")
	}
	for _, s := range r.starts {
		if strings.HasPrefix(value, s) && len(value) > len(s) && !strings.ContainsAny(value, " <>`") {
			return true
		}
	}
	return false
}

// sessionID is a session's name as it is shown: one line, at most 120 bytes. A path on
// somebody's disk is nobody's to see.
func sessionID(s string) string {
	if strings.HasPrefix(s, "file:") || strings.HasPrefix(s, "/") || strings.HasPrefix(s, "~") || strings.Contains(s, `\`) {
		return ""
	}
	return change.Clip(change.Printable(s), 120)
}

// statement appends what "none", or the agents that helped, separated by commas, says;
// e carries all but that. An evasive statement is noted and decides nothing.
func (t *table) statement(to []Evidence, value string, e Evidence) []Evidence {
	value = strings.ToLower(strings.TrimRight(strings.TrimSpace(value), "."))
	if value == "none" {
		e.Class = HumanDeclared
		return append(to, e)
	}
	n := len(to)
	for part := range strings.SplitSeq(statementParts().Replace(value), ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if word, _, _ := strings.Cut(part, " "); slices.Contains(denials, word) {
			to = to[:n] // denies in words of its own, or says two things
			break
		}
		if len(to)-n == maxShown {
			continue
		}
		m := t.tool(part)
		e.Class, e.Agent, e.Model = AIDeclared, m.agent, m.model
		if m.agent == "" {
			e.Agent = Unlisted
		}
		to = append(to, e)
	}
	if len(to) == n {
		e.Class, e.Strength, e.Agent, e.Model = Unknown, "F", "", ""
		e.Detail = change.Printable(e.Detail + ` (not understood: write "none", or name the agents)`)
		to = append(to, e)
	}
	return to
}

// denials are first words of statements that deny, or do not say.
var denials = []string{"none", "no", "not", "never", "nothing", "without", "false", "n/a", "na", "unknown", "-"}

var statementParts = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer(" and ", ",", ";", ",", "\n", ",", "+", ",")
})
