package nearby

import (
	"bytes"
	"path"
	"strings"
)

// java plans one test class. What is neither called like a test nor has tests in it is a
// helper. Gradle runs a class by whatever name, Maven only those that its settings match.
func (p *planner) java(path string) bool {
	folder, file := split(path)
	class := strings.TrimSuffix(file, ".java")
	called := strings.HasSuffix(class, "Test") || strings.HasSuffix(class, "Tests") || strings.HasSuffix(class, "IT") || strings.HasSuffix(class, "TestCase") || strings.HasPrefix(class, "Test")
	if !called {
		if p.looked >= maxTagReads {
			return false
		}
		p.looked++
		if !hasJavaTests(p.tree.read(p.ctx, folder, file), class) {
			return true
		}
	}
	// PROJECT/src/SET/java/PACKAGE/CLASS.java
	project, set, packagePath := layout(folder)
	if set == "main" || set == "testFixtures" && p.gradleProject(project) { // fixtures help tests, and have no task that runs any
		return true
	}
	if set == "" || !isJavaName(class) {
		return false
	}
	full := class
	if packagePath != "" {
		full = strings.ReplaceAll(packagePath, "/", ".") + "." + class
	}
	switch {
	case p.tree.has(p.ctx, project, "pom.xml"):
		return called && p.maven(project, path, full)
	case p.gradleProject(project):
		return p.gradle(project, set, path, full)
	}
	return false
}

// hasJavaTests says whether a class whose name says nothing has tests: methods with an
// annotation that makes them tests, or a class above it that seems to have them. An abstract
// class has those of the classes below it.
func hasJavaTests(text []byte, class string) bool {
	at := bytes.Index(text, []byte("class "+class))
	if at < 0 {
		return false // an interface, an annotation
	}
	line := text[bytes.LastIndexByte(text[:at], '\n')+1 : at]
	if bytes.Contains(line, []byte("abstract ")) {
		return false
	}
	for _, name := range []string{"@Test", "@ParameterizedTest", "@RepeatedTest", "@TestFactory", "@TestTemplate", "@ArchTest"} {
		for rest := text; ; {
			i := bytes.Index(rest, []byte(name))
			if i < 0 {
				break
			}
			rest = rest[i+len(name):]
			if len(rest) == 0 || !isJavaName(string(rest[:1])) {
				return true
			}
		}
	}
	head, _, _ := bytes.Cut(text[at:], []byte("{"))
	words := bytes.Fields(head)
	for i, w := range words {
		if string(w) != "extends" || i+1 == len(words) {
			continue
		}
		base, _, _ := strings.Cut(string(words[i+1]), "<")
		base = base[strings.LastIndexByte(base, '.')+1:]
		for _, end := range []string{"Test", "Tests", "TestCase", "TestCases", "TestBase", "TestSupport", "Cases", "Spec", "IT"} {
			if strings.HasSuffix(base, end) {
				return true
			}
		}
		return strings.HasPrefix(base, "Abstract") || strings.HasPrefix(base, "Base")
	}
	return false
}

// layout takes a folder apart by the usual layout; set is empty for another one.
func layout(folder string) (project, set, packagePath string) {
	parts := strings.Split(folder, "/")
	for i := len(parts) - 3; i >= 0; i-- {
		if parts[i] == "src" && (parts[i+2] == "java" || parts[i+2] == "kotlin" || parts[i+2] == "groovy") {
			project = strings.Join(parts[:i], "/")
			if i == 0 {
				project = "."
			}
			return project, parts[i+1], strings.Join(parts[i+3:], "/")
		}
	}
	return "", "", ""
}

func isJavaName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= 0x80) {
			return false
		}
	}
	return s != ""
}

// maven plans a class of a module: the root is the highest folder of those above it that
// all have a pom.xml, or list the one below as a module where there is none in between.
func (p *planner) maven(project, file, class string) bool {
	root, gap := project, false
	for at := range above(project) {
		switch {
		case !p.tree.has(p.ctx, at, "pom.xml"):
			gap = true
		case !gap || listsModule(p.tree.read(p.ctx, at, "pom.xml"), within(at, root)):
			root, gap = at, false
		}
	}
	program := "mvn"
	if p.tree.has(p.ctx, root, "mvnw") {
		program = "./mvnw"
	}
	module := ""
	if project != root {
		module = " -pl " + quote(within(root, project)) + " -am"
	}
	k := commandKey{runner: "maven", folder: root, program: program + module + mavenTests + " test"}
	p.add(k, file, class, false)
	return true
}

// listsModule says whether a pom.xml has a folder below its own as a module.
func listsModule(pom []byte, folder string) bool {
	for len(pom) > 0 {
		at := bytes.IndexByte(pom, '<')
		if at < 0 {
			return false
		}
		if pom = pom[at:]; bytes.HasPrefix(pom, []byte("<!--")) {
			_, pom, _ = bytes.Cut(pom, []byte("-->"))
			continue
		}
		text, ok := bytes.CutPrefix(pom, []byte("<module>"))
		if pom = pom[1:]; !ok {
			continue
		}
		text, _, _ = bytes.Cut(text, []byte("<"))
		module := path.Clean(string(bytes.TrimSpace(text)))
		if strings.TrimSuffix(module, "/pom.xml") == folder {
			return true
		}
	}
	return false
}

// mavenTests stand for the names, which are one argument.
const mavenTests = " -Dtest=TESTS -Dsurefire.failIfNoSpecifiedTests=false"

func (p *planner) gradleProject(folder string) bool {
	return p.tree.has(p.ctx, folder, "build.gradle") || p.tree.has(p.ctx, folder, "build.gradle.kts")
}

// gradle plans a class of a project, which is called as its folder unless the settings
// rename it. A source set has a task of its own name.
func (p *planner) gradle(project, set, path, class string) bool {
	root := ""
	for at := range above(project) {
		if p.tree.has(p.ctx, at, "settings.gradle") || p.tree.has(p.ctx, at, "settings.gradle.kts") {
			root = at
			break
		}
	}
	assumed := root == ""
	if assumed {
		root = project
	}
	program := "gradle"
	start := root
	for at := range above(root) {
		if p.tree.has(p.ctx, at, "gradlew") {
			program, start = "./gradlew", at
			break
		}
	}
	if start != root {
		program += " -p " + quote(within(start, root))
	}
	task := set
	if project != root {
		task = ":" + strings.ReplaceAll(within(root, project), "/", ":") + ":" + set
	}
	p.add(commandKey{runner: "gradle", folder: start, program: program + " " + quote(task), flag: "--tests "}, path, class, assumed)
	return true
}
