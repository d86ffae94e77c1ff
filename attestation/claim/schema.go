package claim

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// schemaID is the value of the key "schema", the same for 1.0 and 1.1.
const schemaID = "https://oss.korext.com/ai-attestation/schema"

// names are the tools that the published schema allows, by identifier. All others go
// under the extension key.
var names = map[string]string{
	"copilot": "GitHub Copilot", "cursor": "Cursor", "claude-code": "Claude Code", "codeium": "Codeium",
	"aider": "aider", "codex-cli": "Codex", "gemini-code-assist": "Gemini", "windsurf": "Windsurf",
	"tabnine": "Tabnine", "devin": "Devin", "openhands": "OpenHands",
}

// Identifiers lists the tools that the published schema allows.
func Identifiers() []string { return slices.Sorted(maps.Keys(names)) }

// Listed is the name of a tool that the published schema allows.
func Listed(identifier string) (ToolName, bool) {
	name, ok := names[identifier]
	return ToolName{ID: identifier, Name: name, Listed: ok}, ok
}

// extension lists, in the shape of ai.tools, what the schema's identifiers can not
// name. The schema lets unknown keys be.
const extension = "x-custody-tools"

// A want says what a value must be. The zero want accepts anything.
type want struct {
	shape    shape
	any      bool // no wish at all
	null     bool // may be null
	required []string
	keys     map[string]want
	items    *want
	one      []string // of a string: one of these
	check    func(text string) string
	min, max float64 // of a number; both 0: no bounds
}

func text(check func(string) string) want { return want{shape: isString, check: check} }
func one(of ...string) want               { return want{shape: isString, one: of} }
func count() want                         { return want{shape: isInteger, max: 1 << 53} }
func orNull(w want) want                  { w.null = true; return w }
func list(w want) want                    { return want{shape: isList, items: &w} }
func mapping(required []string, keys map[string]want) want {
	return want{shape: isMapping, required: required, keys: keys}
}

// fileSchema is what .ai-attestation.yaml 1.0 and 1.1 must hold (facts of the
// published JSON Schema; radar is 1.1's). Unknown keys are left alone, as there.
func fileSchema() want {
	yes := want{shape: isBool}
	words := list(text(nil))
	score := orNull(want{shape: isInteger, max: 100})
	tool := func(id want) want {
		return mapping([]string{"name", "identifier", "commit_count"}, map[string]want{
			"name": text(nil), "identifier": id, "commit_count": count(),
			"first_seen": orNull(text(isDay)), "last_seen": orNull(text(isDay)),
		})
	}
	listed := tool(text(nil)) // the identifier is judged apart: a tool of our own has a remedy of its own
	other := tool(text(nil))
	return mapping([]string{"schema", "version", "repo", "generated", "range", "ai"}, map[string]want{
		"schema":    one(schemaID),
		"version":   one("1.0", "1.1"),
		"repo":      mapping([]string{"owner", "name"}, map[string]want{"owner": text(nil), "name": text(nil), "url": text(isURL)}),
		"generated": text(isInstant),
		"range":     mapping([]string{"commits"}, map[string]want{"commits": count(), "from": text(isInstant), "to": text(isInstant)}),
		"ai": mapping([]string{"assisted_commits", "percentage", "tools"}, map[string]want{
			"assisted_commits": count(), "percentage": {shape: isFloat, max: 100},
			"tools": {shape: isList, items: &listed}, extension: {shape: isList, items: &other},
			"detection_methods": list(one(detectionMethods...)),
		}),
		"governance": mapping(nil, map[string]want{
			"engine": orNull(text(nil)), "last_scan": orNull(text(isInstant)),
			"result": orNull(one("PASS", "WARN", "BLOCK")), "score": score, "packs": words,
			"findings":         mapping(nil, map[string]want{"critical": count(), "high": count(), "medium": count(), "low": count()}),
			"proof_bundle_url": orNull(text(isURL)), "proof_bundle_count": count(),
		}),
		"policy": mapping(nil, map[string]want{
			"ai_code_requires_review": yes, "minimum_governance_score": score,
			"mandatory_packs": words, "block_unscanned_ai_code": yes,
		}),
		"radar": mapping(nil, map[string]want{
			"include_in_aggregates": yes, "region": text(nil),
			"industry": one("fintech", "healthcare", "government", "education", "gaming", "infrastructure", "ecommerce", "media", "other"),
			"maturity": one("prototype", "alpha", "beta", "production", "legacy"),
		}),
	})
}

func isDay(s string) string {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "must be a day such as 2026-11-23"
	}
	return ""
}

func isInstant(s string) string {
	if _, ok := instant(s); !ok {
		return "must be a date and time such as 2026-11-23T10:00:00Z"
	}
	return ""
}

// instant reads an RFC 3339 date-time as seconds since 1970.
func instant(s string) (int64, bool) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return 0, false
	}
	return t.Unix(), true
}

func isURL(s string) string {
	if u, err := url.Parse(s); err != nil || u.Scheme == "" {
		return "must be a full address such as https://github.com/o/r"
	}
	return ""
}

// validate appends what is wrong with n, in the order of the file.
func validate(to []Problem, n *node, w want, path string) []Problem {
	fail := func(at *node, path, format string, args ...any) {
		if len(to) < 50 {
			to = append(to, Problem{Line: at.line, Column: at.col, Path: path, Message: fmt.Sprintf(format, args...)})
		}
	}
	if w.any || n.shape == isNull && w.null {
		return to
	}
	if n.shape != w.shape && !(w.shape == isFloat && n.shape == isInteger) {
		fail(n, path, "%s must be %s, not %s", path, shapeNames[w.shape], shapeNames[n.shape])
		return to
	}
	switch n.shape {
	case isMapping:
		for _, name := range w.required {
			if n.get(name) == nil {
				fail(n, join(path, name), "%s is missing", join(path, name))
			}
		}
		for _, e := range n.keys {
			if sub, ok := w.keys[e.name]; ok {
				to = validate(to, e.value, sub, join(path, e.name))
			}
		}
	case isList:
		for i, item := range n.items {
			if w.items != nil {
				to = validate(to, item, *w.items, fmt.Sprintf("%s[%d]", path, i))
			}
		}
	case isString:
		if w.one != nil && !slices.Contains(w.one, n.text) {
			fail(n, path, "%s must be %s", path, orList(w.one))
		} else if w.check != nil {
			if wrong := w.check(n.text); wrong != "" {
				fail(n, path, "%s %s", path, wrong)
			}
		}
	case isInteger, isFloat:
		f, err := strconv.ParseFloat(strings.ReplaceAll(n.text, "_", ""), 64)
		if err != nil || f < w.min || f > w.max || n.shape == isInteger && whole(n) < 0 {
			fail(n, path, "%s must be a number from %g to %g", path, w.min, w.max)
		}
	}
	return to
}

// whole is the value of an integer as decimal digits give it, -1 for any other.
func whole(n *node) int64 {
	if n == nil || n.shape != isInteger {
		return -1
	}
	i, err := strconv.ParseInt(n.text, 10, 64)
	if err != nil || i < 0 {
		return -1
	}
	return i
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func orList(ss []string) string {
	if len(ss) == 1 {
		return ss[0]
	}
	return strings.Join(ss[:len(ss)-1], ", ") + " or " + ss[len(ss)-1]
}
