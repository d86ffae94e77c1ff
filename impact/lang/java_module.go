package lang

import (
	"bytes"
	"strings"
)

// What a file of Java says to others besides types, so that it stands among its Types, each with
// a word in front that no type has: what a module exports, and which service a class provides.

const (
	javaModule     = "module "     // "module a.b", in a module-info.java and behind import
	javaExports    = "exports "    // "exports p.q"
	javaTransitive = "transitive " // a module that comes with this one
	javaProvides   = "provides "   // "provides p.Spi", of Google's @AutoService
)

// A javaModuleInfo is what a module-info.java says.
type javaModuleInfo struct{ exports, transitive []string }

const (
	maxModules = 64 // modules that come with one
	// maxAutoService is how far an annotation is read, in bytes.
	maxAutoService = 400
)

// declaredModule reads on behind "module" at the top of a file: a name and a brace.
func (s *javaScanner) declaredModule() {
	name := s.qualified()
	if s.space(); name != "" && s.i < len(s.src) && s.src[s.i] == '{' {
		s.module = true
		s.facts.Types = append(s.facts.Types, javaModule+name)
	}
}

// moduleDirective reads on behind "exports" and "requires".
func (s *javaScanner) moduleDirective(word string) {
	name := s.qualified()
	switch {
	case word == "exports" && name != "":
		s.facts.Types = append(s.facts.Types, javaExports+name)
	case name == "transitive":
		if name = s.qualified(); name != "" {
			s.facts.Types = append(s.facts.Types, javaTransitive+name)
		}
	}
}

// autoService looks at what stands in parentheses behind the annotation; it is read again as
// code.
func (s *javaScanner) autoService() {
	rest := bytes.TrimLeft(s.src[s.i:min(len(s.src), s.i+maxAutoService)], " \t\n")
	if len(rest) == 0 || rest[0] != '(' {
		return
	}
	inside, _, closed := bytes.Cut(rest[1:], []byte(")"))
	if !closed {
		return
	}
	for _, word := range bytes.FieldsFunc(inside, func(c rune) bool { return strings.ContainsRune(" \t\n,{}=", c) }) {
		if name, ok := bytes.CutSuffix(word, []byte(".class")); ok && len(name) > 0 {
			s.provides = append(s.provides, string(name))
		}
	}
}

// addProvided notes the services by their full names, as far as the imports tell.
func (s *javaScanner) addProvided() {
	for _, name := range s.provides {
		first, _, _ := strings.Cut(name, ".")
		if isTypeName([]byte(first)) {
			full := s.facts.Package + "." + name
			for _, imp := range s.facts.Imports {
				if imp.Kind == Static && imp.Names == nil && strings.HasSuffix(imp.Spec, "."+first) {
					full = strings.TrimSuffix(imp.Spec, first) + name
				}
			}
			name = full
		}
		s.facts.Types = append(s.facts.Types, javaProvides+name)
	}
}

// declare takes in what a file says besides types; the rest is returned.
func (r *javaResolver) declare(path string, declared []string) (types []string) {
	module := ""
	for _, name := range declared {
		word, rest, found := strings.Cut(name, " ")
		if !found {
			types = append(types, name)
			continue
		}
		switch word + " " {
		case javaModule:
			module = rest
			r.modules[module] = javaModuleInfo{}
		case javaExports:
			m := r.modules[module]
			m.exports = append(m.exports, rest)
			r.modules[module] = m
		case javaTransitive:
			m := r.modules[module]
			m.transitive = append(m.transitive, rest)
			r.modules[module] = m
		case javaProvides:
			r.provided[rest] = append(r.provided[rest], path)
		}
	}
	return types
}

// importedModule resolves "import module a": all packages that it exports, as wildcards, and
// those of the modules that come with it.
func (r *javaResolver) importedModule(from, name string) Resolution {
	to := Resolution{Confidence: 1000}
	seen := map[string]bool{name: true}
	for queue := []string{name}; len(queue) > 0 && len(seen) <= maxModules; queue = queue[1:] {
		m := r.modules[queue[0]]
		for _, pkg := range m.exports {
			if found := r.wildcard(from, pkg); len(found.Files) > 0 {
				to.Files = append(to.Files, found.Files...)
				to.Confidence = min(to.Confidence, found.Confidence)
			}
		}
		for _, next := range m.transitive {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	if len(to.Files) == 0 {
		return Resolution{External: true}
	}
	to.Files = targets(to.Files...)
	return to
}

// isRelease says that a file is one of those that a multi-release archive has for later versions
// of Java: src/main/java11/p/A.java.
func isRelease(path string) bool {
	for part := range strings.SplitSeq(folderOf(path), "/") {
		if version, ok := strings.CutPrefix(part, "java"); ok && version != "" && strings.Trim(version, "0123456789") == "" {
			return true
		}
	}
	return false
}

// javaVersions are the files of one module that declare a type: all, and those for later versions
// of Java.
type javaVersions struct{ all, later []string }

// otherReleases are the files of a module that declare a type for other versions of Java than the
// file from is for.
func (r *javaResolver) otherReleases(pkg, name, home, from string) []string {
	if !r.released {
		return nil
	}
	full := pkg + "." + name
	homes, known := r.versions[full]
	if !known {
		homes = map[string]javaVersions{}
		for _, file := range r.packages[pkg][name] {
			v := homes[javaHome(file)]
			if v.all = append(v.all, file); isRelease(file) {
				v.later = append(v.later, file)
			}
			homes[javaHome(file)] = v
		}
		r.versions[full] = homes
	}
	if isRelease(from) {
		return homes[home].all
	}
	return homes[home].later
}
