package secrets

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"custody/internal/control/keywords"
)

// gitleaksRules are the default rules of gitleaks v8.30.1 (MIT, see gitleaks.LICENSE),
// as they stand in its module: config/gitleaks.toml. README.md says how to refresh them.
//
//go:embed gitleaks.toml
var gitleaksRules []byte

// Default is the engine of Custody's own check, made when first needed.
var Default = sync.OnceValue(func() *Engine {
	e, err := Load(gitleaksRules)
	if err != nil {
		panic(err) // the embedded file is the program's own
	}
	return e
})

// The form of a gitleaks configuration, as far as the default one uses it. Any other key
// is refused: a rule that is half understood finds the wrong things.
type (
	file struct {
		Title      string      `toml:"title"`
		MinVersion string      `toml:"minVersion"`
		Allowlist  *allowlist  `toml:"allowlist"`
		Allowlists []allowlist `toml:"allowlists"`
		Rules      []Rule      `toml:"rules"`
	}

	// A Rule is one kind of secret. Its expressions are compiled when it is first tried.
	Rule struct {
		ID          string      `toml:"id"`
		Description string      `toml:"description"`
		Regex       string      `toml:"regex"`
		Path        string      `toml:"path"`
		Keywords    []string    `toml:"keywords"`
		Entropy     float64     `toml:"entropy"`
		SecretGroup int         `toml:"secretGroup"`
		Allowlist   *allowlist  `toml:"allowlist"`
		Allowlists  []allowlist `toml:"allowlists"`
		Tags        []string    `toml:"tags"`

		once    sync.Once
		pattern *pattern // of Regex
		path    *regexp.Regexp
		failed  error
	}

	// An allowlist says what is no secret after all.
	allowlist struct {
		Description string   `toml:"description"`
		Condition   string   `toml:"condition"` // "OR", the default, or "AND"
		Commits     []string `toml:"commits"`
		Paths       []string `toml:"paths"`
		Regexes     []string `toml:"regexes"`
		RegexTarget string   `toml:"regexTarget"` // "secret", the default, "match" or "line"
		StopWords   []string `toml:"stopwords"`

		path, regex *regexp.Regexp
		passing     passing // Paths, for a quick answer
		stop        *keywords.Set
	}
)

// Limits of a rule file.
const (
	maxRulesFile = 1 << 20
	maxRules     = 2000
	maxExpr      = 32 << 10
)

// Load reads a gitleaks configuration. A rule that this engine could not follow exactly
// is an error, as is one that is not a rule.
func Load(src []byte) (*Engine, error) {
	if len(src) > maxRulesFile {
		return nil, fmt.Errorf("reading rules for secrets: %d bytes, over the limit of %d", len(src), maxRulesFile)
	}
	var f file
	meta, err := toml.Decode(string(src), &f)
	if err != nil {
		return nil, fmt.Errorf("reading rules for secrets: %w", err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("reading rules for secrets: key %q is not known", unknown[0].String())
	}
	if len(f.Rules) == 0 || len(f.Rules) > maxRules {
		return nil, fmt.Errorf("reading rules for secrets: %d rules; 1 to %d are read", len(f.Rules), maxRules)
	}
	e := &Engine{allow: f.Allowlists}
	if f.Allowlist != nil {
		e.allow = append(e.allow, *f.Allowlist)
	}
	var words []string
	seen := map[string]bool{}
	for i := range f.Rules {
		r := &f.Rules[i]
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("reading rules for secrets: rule %q: %w", r.ID, err)
		}
		if seen[r.ID] {
			return nil, fmt.Errorf("reading rules for secrets: rule %q stands there twice", r.ID)
		}
		seen[r.ID] = true
		if r.Allowlist != nil {
			r.Allowlists = append(r.Allowlists, *r.Allowlist)
		}
		e.rules = append(e.rules, r)
		for _, w := range r.Keywords {
			words = append(words, w)
			e.ruleOf = append(e.ruleOf, i)
		}
	}
	e.words = keywords.New(words)
	for i := range e.allow {
		if err := e.allow[i].compile(); err != nil {
			return nil, fmt.Errorf("reading rules for secrets: the allowlist: %w", err)
		}
	}
	return e, nil
}

func (r *Rule) check() error {
	switch {
	case r.ID == "":
		return errors.New("no id")
	case r.Regex == "" && r.Path == "":
		return errors.New("neither regex nor path")
	case len(r.Regex) > maxExpr || len(r.Path) > maxExpr:
		return fmt.Errorf("an expression of more than %d bytes", maxExpr)
	case r.SecretGroup < 0:
		return errors.New("a negative secretGroup")
	}
	for _, w := range r.Keywords {
		if w == "" || strings.Contains(w, "\n") || len(w) > 100 {
			return fmt.Errorf("keyword %q", w)
		}
	}
	for _, a := range append(r.Allowlists, allowlistsOf(r.Allowlist)...) {
		if c := strings.ToUpper(a.Condition); c != "" && c != "OR" && c != "AND" {
			return fmt.Errorf("condition %q of an allowlist", a.Condition)
		}
		if t := a.RegexTarget; t != "" && t != "secret" && t != "match" && t != "line" {
			return fmt.Errorf("regexTarget %q of an allowlist", t)
		}
	}
	return nil
}

func allowlistsOf(a *allowlist) []allowlist {
	if a == nil {
		return nil
	}
	return []allowlist{*a}
}

// ready compiles the rule, once.
func (r *Rule) ready() error {
	r.once.Do(func() {
		if r.Regex != "" {
			if r.pattern, r.failed = compile(r.Regex, r.Keywords); r.failed != nil {
				return
			}
			if r.SecretGroup > r.pattern.NumSubexp() {
				r.failed = fmt.Errorf("secretGroup %d of %d", r.SecretGroup, r.pattern.NumSubexp())
				return
			}
		}
		if r.Path != "" {
			if r.path, r.failed = regexp.Compile(r.Path); r.failed != nil {
				return
			}
		}
		for i := range r.Allowlists {
			if r.failed = r.Allowlists[i].compile(); r.failed != nil {
				return
			}
		}
	})
	return r.failed
}

func (a *allowlist) compile() (err error) {
	if a.path, err = either(a.Paths); err != nil {
		return err
	}
	if a.passing, err = newPassing(a.Paths); err != nil {
		return err
	}
	if a.regex, err = either(a.Regexes); err != nil {
		return err
	}
	if len(a.StopWords) > 0 {
		a.stop = keywords.New(a.StopWords)
	}
	return nil
}

// either is an expression that matches where one of several does; nil of none.
func either(exprs []string) (*regexp.Regexp, error) {
	if len(exprs) == 0 {
		return nil, nil
	}
	for _, e := range exprs { // each for itself, so that no parenthesis of one closes that of another
		if _, err := regexp.Compile(e); err != nil {
			return nil, err
		}
	}
	return regexp.Compile("(?:" + strings.Join(exprs, ")|(?:") + ")")
}

// passes says whether the whole file is none of the rule's business.
func (a *allowlist) passes(path string) bool {
	return !a.and() && a.passing.match(path)
}

func (a *allowlist) and() bool { return strings.EqualFold(a.Condition, "AND") }

// allows says whether a match is no secret after all. Lists of commits allow nothing
// here: a change's commits are its own.
func (a *allowlist) allows(path, secret, match, line string) bool {
	target := secret
	switch a.RegexTarget {
	case "match":
		target = match
	case "line":
		target = line
	}
	stopped := false
	if a.stop != nil { // first, since it costs least
		stopped = a.stop.Any(secret)
	}
	if stopped && !a.and() {
		return true
	}
	regex := a.regex != nil && target != "" && a.regex.MatchString(target)
	if !a.and() {
		return regex
	}
	return len(a.Commits) == 0 && (a.path == nil || a.path.MatchString(path)) && (a.regex == nil || regex) && (a.stop == nil || stopped)
}
