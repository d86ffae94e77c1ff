package impact

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/finding"
)

// Codes of Report.Reasons, beside the skip reasons.
const (
	ReasonNoMergeBase = "no-merge-base" // the sides have no history in common
	ReasonNothing     = "nothing-to-assess"
	ReasonNoEdges     = "no-edges" // nothing imports anything: there was nothing to follow
)

// outcome says whether Reached is all there is. Every way in which something could be
// missing is a reason; without any, and with something assessed, it is Satisfied.
func (t *tracer) outcome() (finding.Outcome, []finding.Reason) {
	var reasons []finding.Reason
	if c := t.Change; c != nil {
		if t.From == nil && !c.FromNothing() {
			reasons = append(reasons, finding.Reason{Code: ReasonNoMergeBase, Detail: "base and head have no history in common, so what changed is not known"})
		}
		for _, l := range c.Limits {
			if l.What == change.ManyBases {
				reasons = append(reasons, finding.Reason{Code: SkipLimit, Detail: "no one of several merge bases shows the whole change"})
			}
			if l.What == "files" {
				reasons = append(reasons, finding.Reason{Code: SkipLimit, Detail: fmt.Sprintf("the change has more than %d files", l.Max)})
			}
		}
	}
	assessed, unassessed := t.assessFiles()
	reasons = append(reasons, unassessed...)
	if assessed == nil && len(reasons) == 0 {
		reasons = append(reasons, t.nothing())
	}
	reasons = append(reasons, t.noEdges(assessed)...)
	reasons = append(reasons, t.hidden()...)
	reasons = append(reasons, t.given()...)
	if len(reasons) > 0 {
		return finding.NotAssessed, short(reasons)
	}
	return finding.Satisfied, []finding.Reason{}
}

// assessFiles looks at each changed file on both sides. It returns the language families
// of those that are in the graph, and a reason for each that should be and is not.
func (t *tracer) assessFiles() (families []string, reasons []finding.Reason) {
	for i := range t.files {
		f := &t.files[i]
		if f.SubmoduleChanged {
			reasons = append(reasons, finding.Reason{Code: SkipUnsupported, Detail: "submodule: the code of another repository", Path: f.Path.Escaped()})
		}
		for _, side := range []struct {
			graph *Graph
			path  change.Path
		}{{t.Head, newPath(f)}, {t.From, oldPath(f)}} {
			if side.graph == nil || side.path == "" {
				continue
			}
			n := side.graph.node(side.path)
			skip, skipped := side.graph.missing(side.path)
			switch {
			case t.packages != nil && t.packages.quiet[side.path]:
				if n >= 0 { // as data that code imports; else it is like prose
					families = append(families, family(side.graph.Node(n).Language))
				}
			case t.understood[side.path]:
				families = append(families, "") // nothing that a resolver could have missed
			case skipped && skip.reason == SkipOpaque && isStyle(side.path) && side.graph.importsStyles():
				reasons = append(reasons, finding.Reason{Code: SkipUnsupported, Detail: "style sheet: one that code imports may import it", Path: side.path.Escaped()})
			case skipped && skip.reason == SkipOpaque && patchesPackage(side.graph, side.path):
				reasons = append(reasons, finding.Reason{Code: SkipUnsupported, Detail: "patch of a package: who imports that is not known", Path: side.path.Escaped()})
			case skipped && skip.reason != SkipOpaque:
				reasons = append(reasons, finding.Reason{Code: skip.reason, Detail: skip.detail, Path: side.path.Escaped()})
			case n >= 0 && isAmbient(side.graph.Node(n)):
				reasons = append(reasons, finding.Reason{Code: SkipUnsupported, Detail: "declares names for all files: who uses them needs no import", Path: side.path.Escaped()})
			case n >= 0:
				families = append(families, family(side.graph.Node(n).Language))
			case !skipped:
				reasons = append(reasons, finding.Reason{Code: SkipUnreadable, Detail: "the file is not in its tree", Path: side.path.Escaped()})
			}
		}
	}
	if t.packages != nil {
		for _, r := range t.packages.reasons {
			reasons = append(reasons, finding.Reason{Code: r.reason, Detail: clip(r.detail), Path: r.path.Escaped()})
		}
	}
	t.Head.eachGap(func(g *gap) {
		if g.skip.reason == SkipUnresolved && t.changed[nodeKey{path: g.file}] != nil {
			reasons = append(reasons, finding.Reason{Code: SkipUnresolved, Detail: g.skip.detail + " names nothing in the tree", Path: g.file.Escaped()})
		}
	})
	slices.Sort(families)
	return slices.Compact(families), reasons
}

// patchesPackage says that a file is applied to a package of npm when it is installed.
func patchesPackage(g *Graph, p change.Path) bool {
	folder := folderOf(p)
	if lang.Extension(string(p)) != ".patch" || baseName(folder) != "patches" {
		return false
	}
	root := folderOf(folder)
	if baseName(root) == ".yarn" {
		root = folderOf(root)
	}
	manifest := change.Path("package.json")
	if root != "." {
		manifest = root + "/" + manifest
	}
	_, there := g.missing(manifest)
	return there || g.node(manifest) >= 0
}

// importsStyles says whether code imports a style sheet. Style sheets import each other,
// which is not read: only where no code does is it certain that a changed one reaches
// none.
func (g *Graph) importsStyles() bool {
	if g.isFlat() {
		return g.over.styles() > 0
	}
	return slices.ContainsFunc(g.nodes, func(n Node) bool { return isStyle(n.Path) })
}

// nothing says why a change without any file in the graph is not assessed.
func (t *tracer) nothing() finding.Reason {
	if len(t.files) == 0 {
		return finding.Reason{Code: ReasonNothing, Detail: "no file changed"}
	}
	if len(t.files) == 1 {
		return finding.Reason{Code: ReasonNothing, Detail: "no code imports the changed file; what reads it by its path is not followed"}
	}
	return finding.Reason{Code: ReasonNothing, Detail: fmt.Sprintf("no code imports any of the %d changed files; what reads them by their paths is not followed", len(t.files))}
}

// noEdges distrusts silence: where no file imports another, importers may just not have
// been understood.
func (t *tracer) noEdges(families []string) []finding.Reason {
	var reasons []finding.Reason
	files, imports, total := map[string]int{}, map[string]int{}, 0
	for _, w := range t.walks() {
		for name, l := range w.graph.byLanguage() {
			files[family(name)] += l.files
			imports[family(name)] += l.imports
			total += l.imports
		}
	}
	for _, f := range families {
		if f == "" || imports[f] > 0 {
			continue
		}
		if total == 0 || files[f] > len(t.walks()) {
			reasons = append(reasons, finding.Reason{Code: ReasonNoEdges, Detail: fmt.Sprintf("no %s file of the tree imports another one", f)})
		}
	}
	return reasons
}

// hidden finds the gaps that may hide a reached node: the missing edge could end in a
// changed or reached node, and its own file is neither changed, nor reached, nor part of
// a reached package. The gaps of from count only if something is gone that was there:
// everything else is in head.
func (t *tracer) hidden() []finding.Reason {
	var reasons []finding.Reason
	for _, w := range t.walks() {
		if w == t.from && !t.gone {
			continue
		}
		names := t.names(w)
		var built *builtCode
		w.graph.eachGap(func(g *gap) {
			if !t.known(w, g.file) && names.mayBeMeantBy(g) && t.mayStandAt(w, g, names) {
				if g.family == "java" && isBuildScript(g.file) {
					if built == nil {
						built = t.builtCode(w)
					}
					if !built.mayBeUsedBy(w, g) {
						return
					}
				}
				code, detail := g.skip.reason, g.skip.detail+": could use what changed or what it reaches"
				if g.isLink() {
					code, detail = SkipUnresolved, "symbolic link to what changed or is reached: who uses it by this name is not known"
				}
				reasons = append(reasons, finding.Reason{Code: code, Detail: detail, Path: g.file.Escaped()})
			}
		})
	}
	return reasons
}

// isAmbient says that a file of declarations is no module of TypeScript.
func isAmbient(n Node) bool {
	return n.pkg == lang.ScriptGlobal && strings.Contains(baseName(n.Path), ".d.") && family(n.Language) == "script"
}

// given finds changed and reached files of which a framework gives the names to others, without
// an import that says so.
func (t *tracer) given() (reasons []finding.Reason) {
	for _, w := range t.walks() {
		if w == t.from && !t.gone {
			continue
		}
		for i := range w.steps {
			if w.steps[i].distance < 0 {
				continue
			}
			n := w.node(int32(i))
			if n.Kind == KindPackage || family(n.Language) != "script" {
				continue
			}
			switch {
			case isGivenByNuxt(w.graph, n.Path):
				reasons = append(reasons, finding.Reason{Code: SkipUnresolved, Detail: "Nuxt gives its names to files that do not import it", Path: n.Path.Escaped()})
			case baseName(n.Path) == "components.d.ts" || baseName(n.Path) == "auto-imports.d.ts":
				reasons = append(reasons, finding.Reason{Code: SkipUnresolved, Detail: "lists what a plug-in gives to files that do not import it", Path: n.Path.Escaped()})
			}
		}
	}
	return reasons
}

// isGivenByNuxt says that a file lies where Nuxt takes names from: in one of its folders, below
// a configuration.
func isGivenByNuxt(g *Graph, p change.Path) bool {
	for folder := folderOf(p); folder != "."; folder = folderOf(folder) {
		switch baseName(folder) {
		case "composables", "components", "utils", "stores", "shared":
		default:
			continue
		}
		root := folderOf(folder)
		for range 2 { // Nuxt 4 has them in "app", and some in "server"
			for _, ext := range []string{".ts", ".js", ".mjs"} {
				config := change.Path("nuxt.config" + ext)
				if root != "." {
					config = root + "/" + config
				}
				if g.node(config) >= 0 {
					return true
				}
			}
			if name := baseName(root); name != "app" && name != "server" && name != "src" && name != "shared" {
				break
			}
			root = folderOf(root)
		}
	}
	return false
}

// mayStandAt says whether a changed or reached node can be what a gap names, where it names
// one place.
func (t *tracer) mayStandAt(w *walk, g *gap, names nameSet) bool {
	place, ok := g.place(w.graph)
	if !ok {
		return true
	}
	for _, family := range []string{"script", ""} {
		if n := names[family]; n != nil {
			if _, found := slices.BinarySearch(n.lower, place); found {
				return true
			}
		}
	}
	return false
}

// known says whether the file is listed anyway.
func (t *tracer) known(w *walk, file change.Path) bool {
	if t.changed[nodeKey{path: file}] != nil {
		return true
	}
	if n := w.graph.node(file); n >= 0 && w.steps[n].distance >= 0 {
		return true
	}
	p := w.graph.packageOf(folderOf(file))
	return p >= 0 && w.graph.node(file) >= 0 && w.steps[p].distance >= 0 && w.passes(p)
}

// passes says whether a reached package stands for all of its files, and not for its
// tests alone.
func (w *walk) passes(p int32) bool {
	return w.steps[p].prev < 0 || w.graph.Kind(w.steps[p].prev) != KindTest
}

// A nameSet is how imports could call the changed and reached nodes, by language family;
// "" holds those of none, such as a JSON file, which files of any language may name.
type nameSet map[string]*names

type names struct {
	lower, exact []string // sorted; see namesOf and exactNamesOf
	any          bool     // one of them has no name, such as Go's root package
}

func (t *tracer) names(w *walk) nameSet {
	s := nameSet{}
	for i := range w.steps {
		if w.steps[i].distance < 0 {
			continue
		}
		n := w.node(int32(i))
		f := s[family(n.Language)]
		if f == nil {
			f = &names{}
			s[family(n.Language)] = f
		}
		if n.Kind != KindPackage && strings.ContainsRune(string(n.Path), '.') {
			f.exact = append(f.exact, string(n.Path)) // for links: a name has no dot
		}
		if n.Language == "go" && n.Kind != KindPackage {
			continue // nobody imports a Go file, but its package
		}
		spelled := namesOf(n.Path, n.Kind == KindPackage)
		f.lower = append(f.lower, spelled...)
		if s := family(n.Language); s == "script" || s == "" {
			f.lower = append(f.lower, placeNames(n.Path)...)
		}
		f.any = f.any || len(spelled) == 0
		exact := exactNamesOf(n.Path, n.Kind == KindPackage, n.Language)
		f.exact = append(f.exact, exact...)
		f.any = f.any || len(exact) == 0
	}
	for _, f := range s {
		slices.Sort(f.lower)
		slices.Sort(f.exact)
	}
	return s
}

func (s nameSet) mayBeMeantBy(g *gap) bool {
	for family, names := range s {
		if (g.family == "" || family == "" || g.family == family) && g.couldName(names) {
			return true
		}
	}
	return false
}

// short keeps a few examples of each code; the graph document and Changed have them all.
func short(reasons []finding.Reason) []finding.Reason {
	slices.SortFunc(reasons, func(a, b finding.Reason) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Detail, b.Detail))
	})
	reasons = slices.Compact(reasons)
	var kept []finding.Reason
	for start := 0; start < len(reasons); {
		end := start
		for end < len(reasons) && reasons[end].Code == reasons[start].Code {
			end++
		}
		kept = append(kept, reasons[start:min(end, start+maxExamples)]...)
		if more := end - start - maxExamples; more > 0 {
			kept = append(kept, finding.Reason{Code: reasons[start].Code, Detail: fmt.Sprintf("and %d more", more)})
		}
		start = end
	}
	return kept
}
