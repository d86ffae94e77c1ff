package config

import (
	"encoding"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/config/yaml"
	"custody/internal/control/checks"
)

// Mode says what becomes of a verdict that is not a pass. It is the door's to obey.
type Mode string

const (
	Enforce Mode = "enforce"
	Report  Mode = "report"
)

// CountsAs is what class unknown counts as.
type CountsAs string

const (
	CountsAsAI    CountsAs = "ai"
	CountsAsHuman CountsAs = "human"
)

// Names is how packs name people.
type Names string

// From the least private on: a forge's number leads to its account for anybody, a
// pseudonym for who has the salt.
const (
	NamesFull   Names = "full"   // as they are written
	NamesIDs    Names = "ids"    // the number of an account of the forge, or nothing
	NamesHashed Names = "hashed" // a pseudonym: an HMAC under the repository's salt
)

// Texts is what becomes of texts that people wrote.
type Texts string

const (
	TextsKept     Texts = "kept"     // known people and addresses in them are named as elsewhere
	TextsWithheld Texts = "withheld" // left out whole
)

// Kind is what a rule asks.
type Kind string

const (
	KindApprovals       Kind = "approvals"        // enough people approved the head
	KindAuthorshipLimit Kind = "authorship-limit" // not too many added lines of some classes
	KindRequirements    Kind = "requirements"     // every requirement of level error is satisfied
	KindJudge           Kind = "judge"            // who edits what judges has approvals
	KindImpact          Kind = "impact"           // what the change reaches is known
	KindReason          Kind = "reason"           // a reason or ticket of some form is given
	KindCheckRuns       Kind = "check-runs"       // others' checks succeeded on the head
	KindChangeRecord    Kind = "change-record"    // the record of the change is complete
	KindPullRequest     Kind = "pull-request"     // the change came by a pull request, not by a push
	KindChecks          Kind = "checks"           // built-in checks find nothing
	KindInventory       Kind = "inventory"        // every agent that took part is in the AI inventory
)

// kinds lists every kind of rule.
var kinds = []Kind{
	KindApprovals, KindAuthorshipLimit, KindRequirements, KindJudge, KindImpact,
	KindReason, KindCheckRuns, KindChangeRecord, KindPullRequest, KindChecks, KindInventory,
}

// asks names each kind for people.
var asks = map[Kind]string{
	KindApprovals:       "People approved the change",
	KindAuthorshipLimit: "Enough is known of who wrote the change",
	KindRequirements:    "Every security requirement is satisfied",
	KindJudge:           "Changes of what judges are approved",
	KindImpact:          "What the change reaches is known",
	KindReason:          "A reason is given",
	KindCheckRuns:       "The checks of others succeeded on the head",
	KindChangeRecord:    "The record of the change is complete",
	KindPullRequest:     "The change came by a pull request",
	KindChecks:          "Built-in checks find nothing",
	KindInventory:       "Every agent that took part is in the AI inventory",
}

// Class is an authorship class as a policy names it.
type Class attestation.Class

// BuiltIn names a built-in check.
type BuiltIn string

// Permission of a person in a repository, as GitHub names it.
type Permission string

// Permissions from the least to the greatest.
var Permissions = []Permission{"read", "triage", "write", "maintain", "admin"}

// DefaultPermission is what an approval needs unless a policy says otherwise.
const DefaultPermission Permission = "write"

// AtLeast says whether p includes q. A permission with another name includes none.
func (p Permission) AtLeast(q Permission) bool {
	i, j := slices.Index(Permissions, p), slices.Index(Permissions, q)
	return i >= 0 && j >= 0 && i >= j
}

// ID names a rule, a requirement or a waiver.
type ID string

// Glob is a pattern of slash-separated paths: `*` and `?` stay within a folder, `**`
// crosses folders, `{a,b}` is either, `[a-z]` one character. One that matches a folder
// matches everything in it.
type Glob string

// RepoPath is a file's path in the repository.
type RepoPath string

// A Day is a day in UTC, "2026-11-23"; days compare as text.
type Day string

// ParseDay reads a day.
func ParseDay(s string) (Day, error) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", fmt.Errorf("%q is not a day: write it as 2026-12-31", s)
	}
	return Day(s), nil
}

// Plus is the day n days later; "" for what is no day.
func (d Day) Plus(n int) Day {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return ""
	}
	return Day(t.AddDate(0, 0, n).Format(time.DateOnly))
}

// Match says whether the glob matches a path or a folder on the way to it: "src" is
// everything below src, so that a rule meant for a folder does not miss its files.
func (g Glob) Match(p change.Path) bool {
	if !g.mayMatch(string(p)) {
		return false
	}
	// The matcher lets "a*" with something behind it not end at "a".
	return doublestar.MatchUnvalidated(string(g), string(p)) || doublestar.MatchUnvalidated(string(g)+"/**", string(p))
}

// special are the bytes of a glob that do not stand for themselves.
const special = `*?[]{}\`

// mayMatch answers most questions about globs that begin with a name, such as "docs/**",
// or end in one, or in some, such as "**/*.go", "**/Makefile" and "**/*.{js,ts}", without
// a matcher: of the latter no folder of the path has it either.
func (g Glob) mayMatch(p string) bool {
	if len(g) > 0 && len(p) > 0 && g[0] != p[0] && g[0] != '/' && strings.IndexByte(special, g[0]) < 0 {
		return false // which is most of them
	}
	if !strings.HasPrefix(p, strings.TrimSuffix(g.literal(), "/")) {
		return false
	}
	end := string(g)
	end = strings.TrimPrefix(end[strings.LastIndexByte(end, '/')+1:], "*")
	before, choices, some := strings.Cut(end, "{")
	if strings.ContainsAny(before, special) {
		return true
	}
	if !some {
		return strings.Contains(p, end)
	}
	choices, closed := strings.CutSuffix(choices, "}")
	if !closed || strings.ContainsAny(choices, special) {
		return true
	}
	for c := range strings.SplitSeq(choices, ",") {
		for at := 0; ; at++ {
			i := strings.Index(p[at:], c)
			if i < 0 {
				break
			}
			if at += i; c == "" || strings.HasSuffix(p[:at], before) {
				return true
			}
		}
	}
	return false
}

// MatchAny says whether one of the globs matches.
func MatchAny(globs []Glob, p change.Path) bool {
	return slices.ContainsFunc(globs, func(g Glob) bool { return g.Match(p) })
}

// Concerns says whether a change at a path may be one of what the globs are meant for:
// letters of either case are equal; a file or link in the place of a folder on the way
// counts; and below a submodule anything may stand.
func Concerns(globs []Glob, p change.Path, submodule bool) bool {
	lower := strings.ToLower(string(p))
	return slices.ContainsFunc(globs, func(g Glob) bool {
		folded := Glob(strings.ToLower(string(g)))
		return g.Match(p) || occupies(folded, lower) || submodule && strings.HasPrefix(lower+"/", folded.literal())
	})
}

// literal is the beginning of the glob that stands for itself.
func (g Glob) literal() string {
	for i := range len(g) {
		switch g[i] {
		case '*', '?', '[', '{', '\\':
			return string(g[:i])
		}
	}
	return string(g)
}

var (
	_ encoding.TextUnmarshaler = (*Mode)(nil)
	_ encoding.TextUnmarshaler = (*CountsAs)(nil)
	_ encoding.TextUnmarshaler = (*Names)(nil)
	_ encoding.TextUnmarshaler = (*Texts)(nil)
	_ encoding.TextUnmarshaler = (*Kind)(nil)
	_ encoding.TextUnmarshaler = (*Class)(nil)
	_ encoding.TextUnmarshaler = (*BuiltIn)(nil)
	_ encoding.TextUnmarshaler = (*Permission)(nil)
	_ encoding.TextUnmarshaler = (*ID)(nil)
	_ encoding.TextUnmarshaler = (*Glob)(nil)
	_ encoding.TextUnmarshaler = (*RepoPath)(nil)
	_ encoding.TextUnmarshaler = (*Day)(nil)
)

// UnmarshalText accepts enforce and report.
func (m *Mode) UnmarshalText(b []byte) error { return oneOf(m, b, "mode", Enforce, Report) }

// UnmarshalText accepts ai and human.
func (c *CountsAs) UnmarshalText(b []byte) error {
	return oneOf(c, b, "value", CountsAsAI, CountsAsHuman)
}

// UnmarshalText accepts full, hashed and ids.
func (n *Names) UnmarshalText(b []byte) error {
	return oneOf(n, b, "value", NamesFull, NamesHashed, NamesIDs)
}

// UnmarshalText accepts kept and withheld.
func (t *Texts) UnmarshalText(b []byte) error { return oneOf(t, b, "value", TextsKept, TextsWithheld) }

// UnmarshalText accepts the built-in checks.
func (c *BuiltIn) UnmarshalText(b []byte) error {
	var known []BuiltIn
	for _, id := range checks.IDs() {
		known = append(known, BuiltIn(id))
	}
	return oneOf(c, b, "check", known...)
}

// UnmarshalText accepts the kinds of rules.
func (k *Kind) UnmarshalText(b []byte) error { return oneOf(k, b, "kind", kinds...) }

// UnmarshalText accepts the classes of authorship.
func (c *Class) UnmarshalText(b []byte) error {
	classes := make([]Class, len(attestation.Classes))
	for i, known := range attestation.Classes {
		classes[i] = Class(known)
	}
	return oneOf(c, b, "class", classes...)
}

// UnmarshalText accepts the five permissions.
func (p *Permission) UnmarshalText(b []byte) error {
	return oneOf(p, b, "permission", Permissions...)
}

func oneOf[T ~string](dst *T, b []byte, what string, known ...T) error {
	if slices.Contains(known, T(b)) {
		*dst = T(b)
		return nil
	}
	names := make([]string, len(known))
	for i, k := range known {
		names[i] = string(k)
	}
	return &yaml.ValueError{
		Message: fmt.Sprintf("unknown %s %q", what, clip(string(b))),
		Hint:    "use one of " + strings.Join(names, ", "),
	}
}

const maxID = 80

// UnmarshalText accepts 1 to 80 letters, digits, dots, underscores and hyphens.
func (id *ID) UnmarshalText(b []byte) error {
	bad := func(c byte) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-'
	}
	if len(b) == 0 || len(b) > maxID || slices.ContainsFunc(b, bad) {
		return &yaml.ValueError{
			Message: fmt.Sprintf("%q is not an id", clip(string(b))),
			Hint:    fmt.Sprintf("use 1 to %d letters, digits, dots, underscores and hyphens", maxID),
		}
	}
	*id = ID(b)
	return nil
}

// Limits of one glob: alternatives multiply, and matching tries each.
const (
	maxGlob         = 256
	maxAlternatives = 64
)

// UnmarshalText accepts a well-formed glob that can match a path of a repository.
func (g *Glob) UnmarshalText(b []byte) error {
	s := string(b)
	refuse := func(why, hint string) error {
		return &yaml.ValueError{Message: fmt.Sprintf("glob %q %s", clip(s), why), Hint: hint}
	}
	switch {
	case s == "":
		return refuse("is empty", `"**" matches every file`)
	case len(s) > maxGlob:
		return refuse(fmt.Sprintf("is longer than %d bytes", maxGlob), "")
	case strings.HasPrefix(s, "/"), strings.HasPrefix(s, "./"):
		return refuse("can match nothing", "paths start at the root of the repository, without / or ./")
	case strings.HasPrefix(s, "!"):
		return refuse("starts with !", "there is no negation: list what should match")
	case strings.HasSuffix(s, "/"):
		return refuse("can match no file", fmt.Sprintf("write %q for everything in the folder", s+"**"))
	case strings.Contains(s, "//"), slices.Contains(strings.Split(s, "/"), ".."), slices.Contains(strings.Split(s, "/"), "."):
		return refuse("can match nothing", "write the path without //, . and ..")
	case !doublestar.ValidatePattern(s):
		return refuse("is not well-formed", "check its brackets, braces and backslashes")
	case alternatives(s) > maxAlternatives:
		return refuse(fmt.Sprintf("has more than %d alternatives", maxAlternatives), "write several globs")
	}
	for part := range strings.SplitSeq(s, "/") {
		if strings.Contains(part, "**") && part != "**" && !strings.ContainsAny(s, "{[\\") {
			return refuse("has ** beside other characters, where it acts as a single *", `** must stand alone between slashes: "src/**/*.go"`)
		}
	}
	*g = Glob(s)
	return nil
}

// alternatives bounds the ways in which a glob's braces can be chosen.
func alternatives(s string) int {
	product, commas := 1, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ',':
			commas++
		case '}':
			if product *= commas + 1; product > maxAlternatives {
				return product
			}
			commas = 0
		}
	}
	return product
}

// UnmarshalText accepts a relative path without dot segments.
func (p *RepoPath) UnmarshalText(b []byte) error {
	s := string(b)
	if s == "" || len(s) > 1024 || path.IsAbs(s) || path.Clean(s) != s || s == "." || s == ".." || strings.HasPrefix(s, "../") || strings.ContainsAny(s, "\\\x00") {
		return &yaml.ValueError{
			Message: fmt.Sprintf("%q is not the path of a file in the repository", clip(s)),
			Hint:    "write it from the root, with slashes, without ., .. or a leading slash",
		}
	}
	*p = RepoPath(s)
	return nil
}

// UnmarshalText accepts a day such as 2026-12-31.
func (d *Day) UnmarshalText(b []byte) error {
	day, err := ParseDay(string(b))
	*d = day
	return err
}

// clip keeps a quoted value in a message short.
func clip(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "..."
	}
	return s
}
