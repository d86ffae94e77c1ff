package tests

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"custody/internal/change"
)

// isGate says whether a file may say how much coverage is asked for.
func isGate(p change.Path) bool {
	name := path.Base(string(p))
	switch name {
	case ".coveragerc", "setup.cfg", "tox.ini", "pyproject.toml", "codecov.yml", ".codecov.yml", "codecov.yaml", ".nycrc", ".nycrc.json", "package.json", "karma.conf.js", "sonar-project.properties", ".simplecov":
		return true
	}
	return strings.HasPrefix(name, "jest.config.") || strings.HasPrefix(name, "vitest.config.") || strings.HasPrefix(name, "vite.config.")
}

// lowest are settings that ask for at least so much; of the second kind only where the
// file speaks of coverage.
var (
	lowest  = []string{"fail_under", "fail-under", "check-coverage", "minimum_coverage", "cov-fail-under"}
	ofGates = []string{"target", "branches", "functions", "lines", "statements"}
)

// A gate is one setting that asks for coverage.
type gate struct {
	key   string
	value float64
	line  int
}

// gates reads the settings of a file, in order.
func gates(p change.Path, src []byte) []gate {
	text := string(src)
	name := path.Base(string(p))
	coverage := strings.Contains(name, "codecov") || strings.Contains(name, "nycrc") || strings.Contains(text, "coverageThreshold") || strings.Contains(text, "thresholds")
	var all []gate
	n := 0
	for line := range strings.Lines(text) {
		n++
		if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, "//") {
			continue
		}
		for _, part := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == '{' || r == '}' }) {
			i := strings.IndexAny(part, ":= ")
			for i == 0 || i > 0 && strings.TrimSpace(part[:i]) == "" {
				part = strings.TrimLeft(part, ":= \t")
				i = strings.IndexAny(part, ":= ")
			}
			if i < 0 {
				continue
			}
			key := strings.Trim(part[:i], `"'- `+"\t")
			if !slices.Contains(lowest, key) && !(coverage && slices.Contains(ofGates, key)) {
				continue
			}
			value := strings.Trim(part[i:], ":= \t\r\n\"'%")
			if v, err := strconv.ParseFloat(value, 64); err == nil {
				all = append(all, gate{key, v, n})
			}
		}
	}
	return all
}

// lowered lists the settings that ask for less than before, each compared with the one
// in the same place among those of its name; one that is gone asks for nothing.
func lowered(before, after []gate) []gate {
	byKey := map[string][]gate{}
	for _, g := range after {
		byKey[g.key] = append(byKey[g.key], g)
	}
	var out []gate
	seen := map[string]int{}
	for _, g := range before {
		i := seen[g.key]
		seen[g.key]++
		now := byKey[g.key]
		switch {
		case i >= len(now):
			out = append(out, gate{g.key, 0, 0})
		case now[i].value < g.value:
			out = append(out, now[i])
		}
	}
	return out
}
