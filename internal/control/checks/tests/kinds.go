package tests

import (
	"path"
	"strings"

	"custody/internal/change"
)

// IsTest says whether a path is of a test, by the names that its language has for them.
func IsTest(p change.Path) bool {
	name := path.Base(string(p))
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	switch ext {
	case ".go":
		return strings.HasSuffix(stem, "_test")
	case ".py":
		return strings.HasPrefix(stem, "test_") || strings.HasSuffix(stem, "_test") || stem == "conftest" || stem == "tests" || inFolder(p, "tests", "test")
	case ".rb":
		return strings.HasSuffix(stem, "_spec") || strings.HasSuffix(stem, "_test") || inFolder(p, "spec", "test")
	case ".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts":
		return strings.HasSuffix(stem, ".test") || strings.HasSuffix(stem, ".spec") || strings.HasSuffix(stem, ".cy") || inFolder(p, "__tests__", "tests", "test", "e2e", "cypress", "spec")
	case ".java", ".kt", ".groovy", ".scala":
		if strings.Contains("/"+string(p), "/src/main/") {
			return false
		}
		return strings.Contains("/"+string(p), "/src/test/") || strings.HasSuffix(stem, "Test") || strings.HasSuffix(stem, "Tests") || strings.HasSuffix(stem, "IT") || inFolder(p, "test", "intTest", "testFixtures", "dockerTest")
	}
	return false
}

func inFolder(p change.Path, names ...string) bool {
	for _, folder := range strings.Split(path.Dir(string(p)), "/") {
		for _, n := range names {
			if folder == n {
				return true
			}
		}
	}
	return false
}

// IsCode says whether a path is of code that tests are expected for: not of generated or
// copied code, of documentation, of examples, of migrations.
func IsCode(p change.Path) bool {
	if _, ok := langOf(p); !ok || IsTest(p) {
		return false
	}
	name := path.Base(string(p))
	switch {
	case inFolder(p, "vendor", "third_party", "node_modules", "testdata", "fixtures", "generated", "docs", "doc", "examples", "example", "samples", "migrations", "migrate", "dist", "mocks", "__mocks__", "stubs", "scripts", "hack", "tools", "benchmarks", "benches", "template", "templates"):
		return false
	case strings.HasSuffix(name, ".pb.go"), strings.Contains(name, "_gen."), strings.Contains(name, ".gen."), strings.Contains(name, "generated"), strings.HasSuffix(name, ".d.ts"), strings.Contains(name, "_string.go"), strings.HasSuffix(name, "_mock.go"), strings.HasPrefix(name, "mock_"):
		return false
	case strings.Contains(name, ".config."), strings.HasPrefix(name, "."), name == "setup.py", name == "package-info.java", name == "module-info.java", name == "doc.go", name == "__init__.py", name == "version.go", strings.Contains(name, "stories."):
		return false
	}
	return true
}

// stems are names under which a file's test may stand: foo.go and foo_test.go, Foo.java
// and FooTests.java, foo.ts and foo.spec.ts.
func stem(p change.Path) string {
	name := path.Base(string(p))
	name = strings.TrimSuffix(name, path.Ext(name))
	for _, end := range []string{"_test", ".test", ".spec", "_spec", ".cy", "Tests", "Test", "IT"} {
		if short := strings.TrimSuffix(name, end); short != name && short != "" {
			name = short
			break
		}
	}
	return strings.ToLower(strings.TrimPrefix(name, "test_"))
}

// near says whether a test file stands where the tests of a code file do, by name: beside
// it with its name, or for Go anywhere in its folder; or elsewhere under its very name.
func near(code, test change.Path) bool {
	if path.Ext(string(code)) == ".go" {
		return path.Dir(string(code)) == path.Dir(string(test)) && path.Ext(string(test)) == ".go"
	}
	a, b := Family(code), Family(test)
	return a == b && stem(code) == stem(test)
}

// Family names languages whose tests stand for each other's code.
func Family(p change.Path) string {
	switch ext := path.Ext(string(p)); ext {
	case ".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte":
		return "script"
	case ".java", ".kt", ".groovy", ".scala":
		return "java"
	default:
		return ext
	}
}
