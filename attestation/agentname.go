package attestation

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"custody/internal/change"
)

// Unlisted is the id of an agent that was declared but is not in the identity table,
// or was not named.
const Unlisted = "unlisted"

// A mention is one agent as a trailer or a statement names it.
type mention struct {
	agent string // id in the table, Unlisted, or empty: no agent recognised
	model string // "claude-opus-4.7", "gemini/gemini-2.5-pro"; empty when not given
	kind  Kind
	name  string // as written
	email string
}

// parsePerson splits "Name <address>". The address is empty when there is none; one that
// stands alone is the name, too.
func parsePerson(s string) (name, email string) {
	s = strings.TrimSpace(s)
	open := strings.LastIndexByte(s, '<')
	if open < 0 || !strings.HasSuffix(s, ">") {
		if strings.Count(s, "@") == 1 && !strings.ContainsAny(s, " \t<>") {
			return s, s
		}
		return s, ""
	}
	return strings.TrimSpace(s[:open]), strings.TrimSpace(s[open+1 : len(s)-1])
}

// unseen takes out the characters that nobody sees: what looks like an agent's address
// is one.
func unseen(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return strings.Map(func(r rune) rune {
				if unicode.Is(unicode.Cf, r) {
					return -1
				}
				return r
			}, s)
		}
	}
	return s
}

// agentAmong is the part of a value that ends with an agent's address, whatever stands
// before or behind it, the last if there are several; the whole value if there is none.
func (t *table) agentAmong(value string) string {
	found := value
	for rest := value; ; {
		end := strings.IndexByte(rest, '>')
		if end < 0 {
			return found
		}
		one := strings.TrimLeft(rest[:end+1], ",;& ")
		if _, email := parsePerson(one); email != "" {
			if r := t.email(email); r != nil && r.Kind != KindAutomation {
				found = one
			}
		}
		rest = rest[end+1:]
	}
}

// coAuthor reads the value of a trailer that names persons as well as agents, such as
// Co-authored-by. An address of the table decides; a name does only if nobody is
// called so.
func (t *table) coAuthor(value string) mention {
	name, email := parsePerson(t.agentAmong(unseen(value)))
	m := mention{name: name, email: email}
	who, model := splitModel(name)
	r := t.email(email)
	if r == nil || r.Kind == KindAutomation {
		if named := versioned(t.names, who); named != nil {
			r = named
		}
	}
	switch {
	case r != nil:
		m.agent, m.kind, m.model = r.ID, r.Kind, model
		if m.model == "" && isModel(who) {
			m.model = modelID(who)
		}
	case isModel(who) && isClaude(who):
		// "Claude Opus 4.7", at whatever address: a product and its version.
		m.agent, m.kind, m.model = "claude-code", KindAgent, modelID(who)
	}
	return m
}

// tool reads the value of a trailer that speaks of tools, such as Assisted-by: the
// kernel's AGENT:MODEL [TOOLS], and the looser forms that people write. Short names
// count only without a stranger's address.
func (t *table) tool(value string) mention {
	m := t.coAuthor(value)
	if m.agent != "" && m.kind != KindAutomation {
		return m
	}
	// The address is no agent's. Automation's address (the forge's) is nobody's own.
	stranger := m.email != "" && t.email(m.email) == nil
	m.agent, m.kind, m.model = "", KindAutomation, ""
	who, model := splitModel(m.name)
	switch r := versioned(t.short, who); {
	case stranger:
	case r != nil:
		m.agent, m.kind, m.model = r.ID, r.Kind, model
	case isModel(who):
		m.agent, m.kind, m.model = Unlisted, KindAgent, modelID(who)
	case isModel(model):
		m.agent, m.kind, m.model = Unlisted, KindAgent, model
	}
	return m
}

// versioned finds a name, with or without the tool's own version behind it: "claude code
// v2.1.0".
func versioned(names map[string]*Identity, who string) *Identity {
	if r := names[who]; r != nil {
		return r
	}
	name, v, ok := cutLast(who, " ")
	if !ok || strings.Count(v, ".") < 1 || strings.Trim(strings.TrimPrefix(v, "v"), "0123456789.") != "" {
		return nil
	}
	return names[name]
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// kernelForm says whether a value has the kernel's form AGENT:MODEL [TOOLS], which no
// person's name has (Documentation/process/coding-assistants.rst).
func kernelForm(value string) bool {
	agent, rest, ok := strings.Cut(value, ":")
	model, _, _ := strings.Cut(rest, " ")
	return ok && agent != "" && model != "" && !strings.ContainsAny(value, "@<>") &&
		isWord(agent) && isWord(model) && strings.ContainsFunc(model, unicode.IsDigit)
}

func isWord(s string) bool {
	for _, r := range s {
		if r != '-' && r != '_' && r != '.' && r != '/' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return unicode.IsLetter(rune(s[0]))
}

// splitModel takes a name apart: "Claude:claude-3-opus sparse", "aider (p/m)",
// "OpenCode with Claude Opus 4.6", "Grok Code Fast via Crush 💘". The agent's name comes
// in lower case, the model as an id.
func splitModel(name string) (agent, model string) {
	name = strings.TrimSpace(strings.TrimRightFunc(name, func(r rune) bool {
		return unicode.IsSymbol(r) || unicode.IsSpace(r) || r == '\uFE0F'
	}))
	lower := strings.ToLower(name)
	if a, rest, ok := strings.Cut(lower, ":"); ok {
		m, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		return strings.TrimSpace(a), modelID(m)
	}
	if a, rest, ok := strings.Cut(lower, " ("); ok && strings.HasSuffix(rest, ")") {
		in := strings.TrimSuffix(rest, ")")
		if strings.HasSuffix(in, " context") {
			in = "" // the size of its window
		}
		return strings.TrimSpace(a), modelID(in)
	}
	for _, w := range []string{" with ", " using "} {
		if a, m, ok := strings.Cut(lower, w); ok {
			return strings.TrimSpace(a), modelID(m)
		}
	}
	if m, a, ok := strings.Cut(lower, " via "); ok {
		return strings.TrimSpace(a), modelID(m)
	}
	return lower, ""
}

// modelID is the model's name as ids are written. It is at most 80 bytes: whoever
// pushes chooses it.
func modelID(s string) string {
	s, _, _ = strings.Cut(s, " (")
	return change.Clip(change.Printable(strings.Join(strings.Fields(strings.ToLower(s)), "-")), 80)
}

// families are the first words of language models' names.
var families = [...]string{"claude", "gpt", "gemini", "grok", "qwen", "deepseek", "kimi", "glm", "llama", "mistral", "devstral", "codestral"}

// isModel says whether a lower-case name or id is that of a language model: a family
// and a version ("claude opus 4.7", "gpt-5", "anthropic/claude-3-opus").
func isModel(s string) bool {
	if i := strings.LastIndexByte(s, '/'); i >= 0 {
		s = s[i+1:]
	}
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' })
	if len(words) < 2 || len(words) > 8 {
		return false
	}
	for _, f := range families {
		if words[0] != f {
			continue
		}
		for _, w := range words[1:] {
			if isVersion(w) {
				return true
			}
		}
	}
	return false
}

// isClaude says whether a model's name is one of Anthropic's and no person's: there may be
// a Claude Martin 2.
func isClaude(s string) bool {
	second, ok := strings.CutPrefix(strings.ReplaceAll(s, "-", " "), "claude ")
	second, _, _ = strings.Cut(second, " ")
	return ok && (isVersion(second) || slices.Contains([]string{"opus", "sonnet", "haiku", "instant", "code"}, second))
}

// isVersion accepts 5, 4.7, 4o and 70b, and no ordinal such as 3rd.
func isVersion(w string) bool {
	digits := strings.TrimLeft(w, "0123456789.")
	return len(digits) < len(w) && w[0] != '.' && len(digits) <= 1
}
