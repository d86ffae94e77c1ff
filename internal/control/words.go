package control

import (
	"fmt"
	"strings"

	"custody/impact/lang"
	"custody/internal/config/yaml"
)

// AIRole is a role of the EU AI Act.
type AIRole string

// Roles of the EU AI Act.
const (
	Provider    AIRole = "provider"
	Deployer    AIRole = "deployer"
	Importer    AIRole = "importer"
	Distributor AIRole = "distributor"
	NoRole      AIRole = "none"
)

// UnmarshalText accepts the roles.
func (r *AIRole) UnmarshalText(b []byte) error {
	return oneWord(r, b, Provider, Deployer, Importer, Distributor, NoRole)
}

// RiskClass is a class of the EU AI Act.
type RiskClass string

// Classes of the EU AI Act.
const (
	Prohibited RiskClass = "prohibited"
	HighRisk   RiskClass = "high"
	Limited    RiskClass = "limited"
	Minimal    RiskClass = "minimal"
	NoAI       RiskClass = "none"
)

// UnmarshalText accepts the classes.
func (c *RiskClass) UnmarshalText(b []byte) error {
	return oneWord(c, b, Prohibited, HighRisk, Limited, Minimal, NoAI)
}

// MaxLevel is the worst level that is allowed.
type MaxLevel string

// Levels that may be allowed.
const (
	NothingAtAll MaxLevel = "none"
	UpToNote     MaxLevel = "note"
	UpToWarning  MaxLevel = "warning"
)

// UnmarshalText accepts none, note and warning.
func (l *MaxLevel) UnmarshalText(b []byte) error {
	return oneWord(l, b, NothingAtAll, UpToNote, UpToWarning)
}

// Language is a language's name, or an extension with its dot.
type Language string

// UnmarshalText accepts the languages that are read, and extensions.
func (l *Language) UnmarshalText(b []byte) error {
	if *l = Language(b); len(b) > 1 && b[0] == '.' {
		return nil
	}
	names := languageNames()
	return oneWord(l, b, names...)
}

func oneWord[T ~string](dst *T, b []byte, known ...T) error {
	var names []string
	for _, k := range known {
		if *dst = T(b); *dst == k {
			return nil
		}
		names = append(names, string(k))
	}
	return &yaml.ValueError{Message: fmt.Sprintf("unknown value %q", clip(string(b))), Hint: "use one of " + strings.Join(names, ", ")}
}

func languageNames() []Language {
	names := make([]Language, len(lang.All))
	for i, l := range lang.All {
		names[i] = Language(l.Name)
	}
	return names
}
