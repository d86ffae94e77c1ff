package lang

import (
	"bytes"
	"slices"
	"strings"
)

// What a file of Java says to others besides types, so that it stands among its Types, each with
// a word in front that no type has: what a module exports, and which service a class provides.

const (
	javaModule     = "module "     // "module a.b", in a module-info.java and behind import
	javaExports    = "exports "    // "exports p.q"
	javaRequires   = "requires "   // "requires a.b"
	javaTransitive = "transitive " // a module that comes with this one
	javaProvides   = "provides "   // "provides p.Spi", of Google's @AutoService
	javaOffers     = "offers "     // "offers p.Spi i.Imp": a module provides p.Spi with it
	javaLoads      = "loads "      // "loads services": any that others name
)

// A javaOffer is a class that a module-info.java provides for a service.
type javaOffer struct{ module, service, class string }

// A javaModuleInfo is what a module-info.java says.
type javaModuleInfo struct {
	path                          string
	exports, requires, transitive []string
}

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

// moduleDirective reads on behind "exports", "requires" and "provides".
func (s *javaScanner) moduleDirective(word string) {
	at := s.i
	name := s.qualified()
	switch {
	case word == "provides" && name != "":
		s.mention(at, []byte(name))
		s.offers(name)
	case word == "exports" && name != "":
		s.facts.Types = append(s.facts.Types, javaExports+name)
	case word == "requires":
		kind := javaRequires
		for name == "transitive" || name == "static" {
			if name == "transitive" {
				kind = javaTransitive
			}
			name = s.qualified()
		}
		if name != "" {
			s.facts.Types = append(s.facts.Types, kind+name)
		}
	}
}

// offers reads on behind "provides p.Spi with".
func (s *javaScanner) offers(service string) {
	if s.space(); s.ident() != "with" {
		return
	}
	for {
		at := s.i
		class := s.qualified()
		if class == "" {
			return
		}
		s.mention(at, []byte(class))
		s.facts.Types = append(s.facts.Types, javaOffers+s.fullType(service)+" "+s.fullType(class))
		if s.space(); s.i >= len(s.src) || s.src[s.i] != ',' {
			return
		}
		s.one()
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

// addProvided notes the services by their full names, as far as the imports tell, and whether the
// file loads them for others.
func (s *javaScanner) addProvided() {
	for _, name := range s.provides {
		s.facts.Types = append(s.facts.Types, javaProvides+s.fullType(name))
	}
	if loadsServices(&s.facts) && s.loadsAny() {
		s.facts.Types = append(s.facts.Types, javaLoads+"services")
	}
}

// loadsServices says that a file mentions ServiceLoader.
func loadsServices(f *Facts) bool {
	return slices.ContainsFunc(f.Imports, func(imp Import) bool {
		return imp.Spec == "ServiceLoader" || strings.HasPrefix(imp.Spec, "java.util.ServiceLoader")
	})
}

// loadsAny says that some call of load, or what declares it, has no class written out.
func (s *javaScanner) loadsAny() bool {
	load, installed, class := uint32(HashName("load")), uint32(HashName("loadInstalled")), uint32(HashName("class"))
	for i := range s.tok.list {
		if t := &s.tok.list[i]; t.kind != tokenWord || t.value != load && t.value != installed {
			continue
		}
		written := false
		for _, t := range s.tok.list[i+1 : min(i+40, len(s.tok.list))] {
			if t.kind == ')' || t.kind == ';' {
				break
			}
			written = written || t.kind == tokenWord && t.value == class
		}
		if !written {
			return true
		}
	}
	return false
}

// fullType is the full name of a type, as far as the imports tell.
func (s *javaScanner) fullType(name string) string {
	first, _, _ := strings.Cut(name, ".")
	if !isTypeName([]byte(first)) {
		return name
	}
	for _, imp := range s.facts.Imports {
		if imp.Kind == Static && imp.Names == nil && strings.HasSuffix(imp.Spec, "."+first) {
			return strings.TrimSuffix(imp.Spec, first) + name
		}
	}
	return s.facts.Package + "." + name
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
			r.modules[module] = javaModuleInfo{path: path}
		case javaExports:
			m := r.modules[module]
			m.exports = append(m.exports, rest)
			r.modules[module] = m
		case javaRequires:
			m := r.modules[module]
			m.requires = append(m.requires, rest)
			r.modules[module] = m
		case javaTransitive:
			m := r.modules[module]
			m.transitive = append(m.transitive, rest)
			r.modules[module] = m
		case javaProvides:
			r.provided[rest] = append(r.provided[rest], path)
		case javaOffers:
			service, class, _ := strings.Cut(rest, " ")
			r.offered = append(r.offered, javaOffer{path, service, class})
		case javaLoads:
			r.loaders[path] = true
		}
	}
	return types
}

// A Requirer is a Resolver that knows which declarations of modules decide, besides its own, what
// the files of a module may name. from is such a declaration; others have none.
type Requirer interface {
	Required(from string) []string
}

// Required implements Requirer.
func (r *javaResolver) Required(from string) (paths []string) {
	facts := r.tree.Facts(from)
	if facts == nil {
		return nil
	}
	for _, said := range facts.Types {
		name, ok := strings.CutPrefix(said, javaRequires)
		if !ok {
			if name, ok = strings.CutPrefix(said, javaTransitive); !ok {
				continue
			}
		}
		for _, m := range r.withTransitive(name) {
			if m.path != "" && m.path != from {
				paths = append(paths, m.path)
			}
		}
	}
	return targets(paths...)
}

// withTransitive is a module, and those that come with it.
func (r *javaResolver) withTransitive(name string) (all []javaModuleInfo) {
	seen := map[string]bool{name: true}
	for queue := []string{name}; len(queue) > 0 && len(seen) <= maxModules; queue = queue[1:] {
		m := r.modules[queue[0]]
		all = append(all, m)
		for _, next := range m.transitive {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return all
}

// importedModule resolves "import module a": all packages that it exports, as wildcards, and
// those of the modules that come with it.
func (r *javaResolver) importedModule(from, name string) Resolution {
	to := Resolution{Confidence: 1000}
	for _, m := range r.withTransitive(name) {
		for _, pkg := range m.exports {
			if found := r.wildcard(from, pkg); len(found.Files) > 0 {
				to.Files = append(to.Files, found.Files...)
				to.Confidence = min(to.Confidence, found.Confidence)
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
// of Java: src/main/java11/p/A.java, src/main21/java/p/A.java.
func isRelease(path string) bool {
	for part := range strings.SplitSeq(folderOf(path), "/") {
		set := strings.TrimSuffix(strings.TrimRight(part, "0123456789"), "-")
		if set != part && (set == "java" || set == "main" || set == "jdk") {
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
