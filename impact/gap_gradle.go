package impact

import (
	"slices"
	"strings"

	"custody/internal/change"
)

// Scripts of Gradle are code of the JVM that no extractor reads, and each says the names of the
// project that it builds. They are compiled before that is: of its classes they can use none,
// only those of buildSrc and of other builds that theirs includes.

// isBuildScript says that a file is a script of a build. One among sources is a plug-in that is
// compiled with them.
func isBuildScript(p change.Path) bool {
	name := baseName(p)
	return (strings.HasSuffix(name, ".gradle") || strings.HasSuffix(name, ".gradle.kts")) && !inFolder(p, "src")
}

// runsClasses are words of scripts that run classes of the project, which they name as text.
var runsClasses = []string{"JavaExec", "javaexec", "mainClass", "mainClassName"}

// A builtCode is what a change reaches of Java, by the build that it is a part of.
type builtCode struct {
	helps []string                 // exact names of what scripts of any build may use, sorted
	of    map[change.Path][]string // the same by the folder of the build
}

func (t *tracer) builtCode(w *walk) *builtCode {
	b := &builtCode{of: map[change.Path][]string{}}
	for i := range w.steps {
		if w.steps[i].distance < 0 {
			continue
		}
		n := w.node(int32(i))
		if family(n.Language) != "java" || n.Kind == KindPackage {
			continue
		}
		names := exactNamesOf(n.Path, false, "java")
		if helpsBuilds(n.Path) {
			b.helps = append(b.helps, names...)
			continue
		}
		root := w.graph.buildOf(n.Path)
		b.of[root] = append(b.of[root], names...)
	}
	slices.Sort(b.helps)
	for _, names := range b.of {
		slices.Sort(names)
	}
	return b
}

// helpsBuilds says that a file lies in a folder that is called as those of builds for builds are.
// Most of these have settings of their own; they need none.
func helpsBuilds(p change.Path) bool {
	for part := range strings.SplitSeq(lower(string(folderOf(p))), "/") {
		if part == "src" {
			return false
		}
		if strings.HasPrefix(part, "build") || strings.HasSuffix(part, "plugin") || strings.HasSuffix(part, "plugins") || strings.Contains(part, "convention") {
			return true
		}
	}
	return false
}

// buildOf is the folder of the build that a file is a part of: the nearest one with settings.
func (g *Graph) buildOf(p change.Path) change.Path {
	for folder := folderOf(p); ; folder = folderOf(folder) {
		for _, name := range []change.Path{"settings.gradle", "settings.gradle.kts"} {
			at := name
			if folder != "." {
				at = folder + "/" + name
			}
			if _, skipped := g.missing(at); skipped {
				return folder
			}
		}
		if folder == "." {
			return folder
		}
	}
}

// mayBeUsedBy says whether a script could use any of it.
func (b *builtCode) mayBeUsedBy(w *walk, script *gap) bool {
	if script.any || slices.ContainsFunc(runsClasses, func(word string) bool { return slices.Contains(script.names, word) }) {
		return true
	}
	if script.couldName(&names{exact: b.helps}) {
		return true
	}
	own := w.graph.buildOf(script.file)
	for root, classes := range b.of {
		if root != own && script.couldName(&names{exact: classes}) {
			return true
		}
	}
	return false
}
