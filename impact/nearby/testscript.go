package nearby

import (
	"encoding/json"
	"strings"
)

// runners of JavaScript tests, by the package that they come with, and how they are told
// which files to run.
var scriptRunners = []struct{ name, program string }{
	{"vitest", "vitest run"},
	{"jest", "jest --runTestsByPath"},
	{"@playwright/test", "playwright test"},
	{"mocha", "mocha"},
	{"ava", "ava"},
	{"tap", "tap"},
	{"jasmine", "jasmine"},
	{"@web/test-runner", "web-test-runner"},
}

// script plans one test file of JavaScript or TypeScript: the nearest package.json that
// has a runner, in its scripts or among what it depends on, says which.
func (p *planner) script(path string) bool {
	folder, name := split(path)
	if !strings.Contains(name, ".test.") && !strings.Contains(name, ".spec.") && !strings.Contains("/"+folder+"/", "/__tests__/") {
		return true
	}
	if strings.Contains("/"+folder+"/", "/__fixtures__/") || strings.Contains("/"+folder+"/", "/__snapshots__/") || strings.Contains("/"+folder+"/", "/node_modules/") {
		return true
	}
	for at := range above(folder) {
		runner, program := p.scriptRunner(at)
		if runner == "" {
			continue
		}
		p.add(commandKey{runner: runner, folder: at, program: program}, path, within(at, path), false)
		return true
	}
	return false
}

// scriptRunner is the test runner of a package.json in the folder, and the command.
func (p *planner) scriptRunner(folder string) (runner, program string) {
	data := p.tree.read(p.ctx, folder, "package.json")
	if data == nil {
		return "", ""
	}
	var pkg struct {
		Scripts         map[string]any
		Dependencies    map[string]any
		DevDependencies map[string]any `json:"devDependencies"`
	}
	if json.Unmarshal(data, &pkg) != nil {
		return "", ""
	}
	test, _ := pkg.Scripts["test"].(string)
	for _, r := range scriptRunners {
		_, dependency := pkg.Dependencies[r.name]
		_, dev := pkg.DevDependencies[r.name]
		word, _, _ := strings.Cut(r.program, " ")
		if dependency || dev || says(test, word) {
			return word, p.packageManager(folder) + r.program
		}
	}
	if strings.Contains(test, "node --test") || strings.Contains(test, "node:test") {
		return "node", "node --test"
	}
	return "", ""
}

// says looks for a word among those of a script.
func says(script, word string) bool {
	for _, w := range strings.Fields(script) {
		if w == word {
			return true
		}
	}
	return false
}

// packageManager begins a command that runs a program of the project.
func (p *planner) packageManager(folder string) string {
	for at := range above(folder) {
		switch {
		case p.tree.has(p.ctx, at, "pnpm-lock.yaml"):
			return "pnpm exec "
		case p.tree.has(p.ctx, at, "yarn.lock"):
			return "yarn "
		case p.tree.has(p.ctx, at, "bun.lock"), p.tree.has(p.ctx, at, "bun.lockb"):
			return "bunx "
		}
	}
	return "npx "
}
