package nearby

import (
	"strings"
)

// java plans one test class. What is not called like a test is a helper.
func (p *planner) java(path string) bool {
	folder, file := split(path)
	class := strings.TrimSuffix(file, ".java")
	if !strings.HasSuffix(class, "Test") && !strings.HasSuffix(class, "Tests") && !strings.HasSuffix(class, "IT") && !strings.HasSuffix(class, "TestCase") && !strings.HasPrefix(class, "Test") {
		return true
	}
	// PROJECT/src/SET/java/PACKAGE/CLASS.java
	project, set, packagePath := layout(folder)
	if set == "" || set == "main" || !isJavaName(class) {
		return set == "main"
	}
	full := class
	if packagePath != "" {
		full = strings.ReplaceAll(packagePath, "/", ".") + "." + class
	}
	switch {
	case p.tree.has(p.ctx, project, "pom.xml"):
		return p.maven(project, path, full)
	case p.gradleProject(project):
		return p.gradle(project, set, path, full)
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
// all have a pom.xml.
func (p *planner) maven(project, path, class string) bool {
	root := project
	for at := range above(project) {
		if !p.tree.has(p.ctx, at, "pom.xml") {
			break
		}
		root = at
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
	p.add(k, path, class, false)
	return true
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
