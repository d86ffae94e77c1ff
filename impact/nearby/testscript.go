package nearby

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// A scriptRunner runs tests of JavaScript.
type scriptRunner struct {
	name    string // the package that it comes with
	program string // how it is told which files to run
	modules string // what a test for it imports, one or more
	loose   bool   // below a folder of tests it takes files of any name
}

var scriptRunners = []scriptRunner{
	{"vitest", "vitest run", "vitest", false},
	{"jest", "jest --runTestsByPath", "@jest/globals", false},
	{"@playwright/test", "playwright test", "@playwright/test", false},
	{"mocha", "mocha", "mocha", true},
	{"ava", "ava", "ava", true},
	{"tap", "tap", "tap", true},
	{"jasmine", "jasmine", "", false},
	{"@web/test-runner", "web-test-runner", "@open-wc/testing @web/test-runner-commands", false},
	{"cypress", "cypress run", "", false},
}

// Runners that no package brings: a script says so.
var (
	nodeRunner = scriptRunner{"node", "node --test", "node:test", true}
	bunRunner  = scriptRunner{"bun", "bun test", "bun:test", false}
)

func (r scriptRunner) word() string {
	word, _, _ := strings.Cut(r.program, " ")
	return word
}

// script plans one test file of JavaScript or TypeScript: the nearest package.json that
// has a runner, in its scripts or among what it depends on, says which; of several, what
// the file imports.
func (p *planner) script(path string) bool {
	folder, name := split(path)
	called := isCalledTest(folder, name)
	switch {
	case isIn(folder, "__fixtures__", "__snapshots__", "node_modules"), strings.Contains(name, ".d."):
		return true
	case !called && isIn(folder, "fixtures", "fixture", "helpers", "helper", "support", "utils", "util", "mocks", "__mocks__", "data", "snapshots"), !called && strings.HasPrefix(name, "_"):
		return true // it runs with the tests that use it
	}
	for at := range above(folder) {
		found, options := p.runnersOf(at)
		if len(found) == 0 {
			if called && (p.tree.has(p.ctx, at, "deno.json") || p.tree.has(p.ctx, at, "deno.jsonc")) {
				p.add(commandKey{runner: "deno", folder: at, program: "deno test"}, path, within(at, path), false)
				return true
			}
			continue
		}
		r := p.runnerFor(found, folder, name)
		switch {
		case r.name == "cypress" && !strings.Contains(name, ".cy."), r.name != "cypress" && strings.Contains(name, ".cy."):
			return !called
		case !called && !r.loose:
			return !p.hasPatterns(at)
		}
		k := commandKey{runner: r.word(), folder: at, program: r.program + options[r.word()]}
		switch r.name {
		case "node", "bun":
		case "cypress":
			k.flag, k.comma = "--spec ", true
			if !isIn(folder, "e2e", "integration") {
				k.program += " --component"
			}
			fallthrough
		default:
			k.program = p.packageManager(at) + k.program
		}
		p.add(k, path, within(at, path), false)
		return true
	}
	return false
}

// isCalledTest says that a file has a name which runners take for a test's.
func isCalledTest(folder, name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	for _, part := range []string{".test.", ".spec.", ".cy.", ".e2e-spec."} {
		if strings.Contains(name, part) {
			return true
		}
	}
	for _, end := range []string{"-test", "_test", "-spec", "Spec"} {
		if strings.HasSuffix(stem, end) {
			return true
		}
	}
	return isIn(folder, "__tests__")
}

// isIn says that one of the folders above has one of the names.
func isIn(folder string, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return strings.Contains("/"+folder+"/", "/"+name+"/") })
}

// runnersOf are the test runners of a package.json in the folder, the one that its script
// for tests runs first, and what that script has to tell them.
func (p *planner) runnersOf(folder string) (found []scriptRunner, options map[string]string) {
	data := p.tree.read(p.ctx, folder, "package.json")
	if data == nil {
		return nil, nil
	}
	var pkg struct {
		Scripts         map[string]any
		Dependencies    map[string]any
		DevDependencies map[string]any `json:"devDependencies"`
	}
	if json.Unmarshal(data, &pkg) != nil {
		return nil, nil
	}
	test, _ := pkg.Scripts["test"].(string)
	if strings.Contains(test, "node --test") || strings.Contains(test, "node:test") {
		found = append(found, nodeRunner)
	}
	if strings.Contains(test, "bun test") {
		found = append(found, bunRunner)
	}
	options = map[string]string{}
	for _, r := range scriptRunners {
		if says(test, r.word()) {
			found = append(found, r)
			options[r.word()] = scriptOptions(test, r.word())
		}
	}
	for _, r := range scriptRunners {
		_, dependency := pkg.Dependencies[r.name]
		_, dev := pkg.DevDependencies[r.name]
		if (dependency || dev) && !slices.Contains(found, r) {
			found = append(found, r)
		}
	}
	return found, options
}

// runnerFor chooses among runners by what a test imports.
func (p *planner) runnerFor(found []scriptRunner, folder, name string) scriptRunner {
	if strings.Contains(name, ".cy.") {
		if i := slices.IndexFunc(found, func(r scriptRunner) bool { return r.name == "cypress" }); i >= 0 {
			return found[i]
		}
	}
	found = slices.DeleteFunc(slices.Clone(found), func(r scriptRunner) bool { return r.name == "cypress" && len(found) > 1 })
	if len(found) == 1 || p.looked >= maxTagReads {
		return found[0]
	}
	p.looked++
	text := p.tree.read(p.ctx, folder, name)
	for _, r := range found {
		for module := range strings.FieldsSeq(r.modules) {
			if bytes.Contains(text, []byte("'"+module+"'")) || bytes.Contains(text, []byte(`"`+module+`"`)) {
				return r
			}
		}
	}
	return found[0]
}

// hasPatterns says that a project may tell its runner which files are tests by more than
// their names.
func (p *planner) hasPatterns(folder string) bool {
	for _, name := range []string{"package.json", "jest.config.js", "jest.config.ts", "jest.config.cjs", "jest.config.mjs", "jest.config.json",
		"vitest.config.ts", "vitest.config.js", "vitest.config.mts", "vitest.config.mjs", "vite.config.ts", "vite.config.js", "playwright.config.ts", "playwright.config.js"} {
		if !p.tree.has(p.ctx, folder, name) {
			continue
		}
		text := p.tree.read(p.ctx, folder, name)
		for _, setting := range []string{"testMatch", "testRegex"} {
			if bytes.Contains(text, []byte(setting)) {
				return true
			}
		}
		if strings.HasPrefix(name, "vite") && bytes.Contains(text, []byte("include")) && bytes.Contains(text, []byte("test")) {
			return true
		}
	}
	return false
}

// says looks for a word among those of a script.
func says(script, word string) bool {
	return slices.Contains(strings.Fields(script), word)
}

// scriptOptions are what a script tells a runner that decides how any test of it runs.
func scriptOptions(script, word string) string {
	var b strings.Builder
	words := strings.Fields(script)
	words = words[slices.Index(words, word)+1:]
	for i, w := range words {
		if w == "&&" || w == "||" || w == "|" || w == ";" {
			break
		}
		name, value, joined := strings.Cut(w, "=")
		switch name {
		case "--config", "-c", "--require", "-r", "--import", "--ui", "-u":
			if !joined && i+1 < len(words) {
				value = words[i+1]
			}
			if value = strings.Trim(value, `'"`); value != "" && !strings.HasPrefix(value, "-") && printable(value) {
				b.WriteString(" " + name + " " + quote(value))
			}
		}
	}
	return b.String()
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
