package example

import (
	"fmt"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/control"
)

// assumed gives requirements in the place of the real ones, with their ids and
// severities, of which those in unmet are not met by the files that it adds: an example
// of a policy need not write a tree in which everything holds. They are verified like
// any other.
func (b *builder) assumed(real []*control.Requirements, unmet []string) ([]*control.Requirements, error) {
	var all []*control.Requirements
	known := map[string]bool{}
	for _, r := range real {
		var text strings.Builder
		text.WriteString("version: \"2.0\"\ncontrols:\n")
		for _, c := range r.Controls {
			id := string(c.ID)
			known[id] = true
			fmt.Fprintf(&text, "  - id: %s\n    name: %q\n    requirement: %q\n    implementation: x\n    severity: %s\n    verification: grep -rF holds assumed/%s\n",
				id, oneLine(c.Name), oneLine(c.Requirement), c.Severity, id)
			says := "it holds\n"
			if slices.Contains(unmet, id) {
				says = "it does not\n"
			}
			b.tree.add(change.Path("assumed/"+id), says)
		}
		if len(r.Controls) == 0 {
			all = append(all, r)
			continue
		}
		parsed, err := control.ParseRequirements(r.Path, []byte(text.String()))
		if err != nil {
			return nil, fmt.Errorf("assuming requirements: %w", err)
		}
		all = append(all, parsed)
	}
	for _, id := range unmet {
		if !known[id] {
			return nil, fmt.Errorf("unmet names %q, which is no requirement of the policy", id)
		}
	}
	return all, nil
}

// oneLine keeps what can stand in double quotes in YAML.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return ' '
		}
		return r
	}, s)
}
