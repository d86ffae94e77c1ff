package config

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed starter/policy.yaml
var starterPolicy string

//go:embed starter/requirements-any.yaml
var starterAny string

//go:embed starter/requirements-go.yaml
var starterGo string

//go:embed starter/requirements-java.yaml
var starterJava string

//go:embed starter/requirements-python.yaml
var starterPython string

//go:embed starter/requirements-typescript.yaml
var starterTypeScript string

// starterByLanguage are the starter requirements of each language, by name.
var starterByLanguage = []struct{ language, text string }{
	{"go", starterGo}, {"java", starterJava}, {"python", starterPython}, {"typescript", starterTypeScript},
}

// StarterLanguages lists the languages that have starter requirements, sorted.
func StarterLanguages() []string {
	var names []string
	for _, s := range starterByLanguage {
		names = append(names, s.language)
	}
	return names
}

// Starter is a policy that a team can live with on the first day: it blocks what can
// be seen in the repository alone, and shows the rest.
// requirements is where its requirements stand.
func Starter(requirements RepoPath) []byte {
	if requirements == DefaultRequirements {
		return []byte(starterPolicy)
	}
	return fmt.Appendf(nil, "%s\nrequirements: %q\n", starterPolicy, string(requirements))
}

// StarterRequirements is a security_requirements.yaml whose requirements the files of a
// commit answer, for those of StarterLanguages that a repository uses (others add nothing) and
// for every repository. project is shown in a comment. Requirements named in unmet, the
// ids of those that the repository does not meet today, get severity warning, so that
// nobody is blocked by what was there before.
func StarterRequirements(project string, languages []string, unmet ...string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `# What must hold in the code of %s. Custody searches the files of the commit itself
# and runs nothing of them. Reference: docs/requirements.md.
version: "2.1"

# What the product is subject to. Requirements can ask for it by applies_when; what is not
# said here excludes none.
#
# context:
#   frameworks: [soc2-2017]
#   ai_act: { role: provider, risk_class: limited }
#   data: [pii]

controls:
`, inComment(project))
	parts := starterAny
	for _, s := range starterByLanguage {
		if slices.Contains(languages, s.language) {
			parts += s.text
		}
	}
	for entry := range strings.SplitSeq(strings.TrimPrefix(parts, starterEntry), starterEntry) {
		id, rest, _ := strings.Cut(entry, "\n")
		b.WriteString(starterEntry + id + "\n")
		if slices.Contains(unmet, id) && !strings.Contains(rest, "    severity: ") {
			b.WriteString("    severity: warning # not met when this file was written; make it an error when it is\n")
		}
		b.WriteString(rest)
	}
	return []byte(b.String())
}

// starterEntry begins every entry of the starter requirements.
const starterEntry = "  - id: "

// inComment makes a name safe within a comment line.
func inComment(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, name)
	if name == "" {
		return "this repository"
	}
	return name[:min(len(name), 100)]
}
