package impact

import (
	"maps"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/git"
)

// patch makes the difference of the two graphs from what was read again. ok is false when
// an unchanged file has an edge to what is gone: it has to be read again as well.
func (o *overlay) patch() (p *patch, ok bool) {
	p = &patch{
		altered: map[int32]Node{}, replaced: map[int32]bool{}, gone: o.gone,
		missing: map[change.Path]skipReason{}, languages: maps.Clone(o.base.languages),
	}
	o.addPackages()
	fresh := o.fresh().nodes // numbered by themselves so far
	o.replace(p)
	o.remove(p)
	o.orphans(p)
	for i := range fresh {
		o.alter(p, &fresh[i])
	}
	for _, f := range o.same {
		if n := o.base.find(false, f.path); n >= 0 {
			node := o.base.node(n)
			node.mode, node.blob = f.entry.Mode, f.entry.ID
			p.altered[n] = node
		}
	}
	p.seal(o.base)
	if !o.renumber(p, fresh) {
		return nil, false
	}
	o.skipAgain(p)
	return p, o.count(p)
}

// fresh is what the builder made of the files that were read again.
func (o *overlay) fresh() *Graph { return o.builder.graph }

// addPackages makes sure that the packages of Go files that came are there, with an edge.
// Their other edges stay.
func (o *overlay) addPackages() {
	g := o.fresh()
	var kept []Edge
	for _, e := range g.edges {
		if e.Kind == Contains && o.base.find(false, g.nodes[e.To].Path) >= 0 {
			continue // it was there before
		}
		kept = append(kept, e)
	}
	g.edges = kept
}

// replace notes the nodes of from all of whose edges were made anew.
func (o *overlay) replace(p *patch) {
	for i := range o.files {
		f := &o.files[i]
		if n := o.base.find(false, f.path); n >= 0 && f.language != nil {
			p.replaced[n] = true
		}
	}
}

// remove notes the nodes that are gone with their files.
func (o *overlay) remove(p *patch) {
	gone := func(path change.Path) {
		if n := o.base.find(false, path); n >= 0 {
			p.removed = append(p.removed, n)
		}
	}
	for path := range o.left {
		gone(path)
	}
	for folder, came := range o.packages {
		if n := o.base.find(true, folder); n >= 0 && !came {
			p.removed = append(p.removed, n)
		}
	}
	for path, e := range o.entered {
		if !e.Mode.IsRegular() {
			gone(path)
		}
	}
	slices.Sort(p.removed)
}

// orphans are files of no language that nobody names any more: they are no nodes then.
func (o *overlay) orphans(p *patch) {
	named := map[change.Path]bool{}
	for _, e := range o.fresh().edges {
		named[o.fresh().nodes[e.To].Path] = true
	}
	from := slices.Concat(slices.Collect(maps.Keys(p.replaced)), p.removed)
	slices.Sort(from)
	var orphans []int32
	for _, n := range from {
		start, end := o.base.out(n)
		for e := start; e < end; e++ {
			to := o.base.link(e).To
			node := o.base.node(to)
			if node.Language != "" || node.Kind == KindPackage || named[node.Path] || p.isRemoved(to) || slices.Contains(orphans, to) {
				continue
			}
			if slices.ContainsFunc(o.base.into(to), func(e int32) bool { return p.keeps(o.base.link(e).From) }) {
				continue
			}
			orphans = append(orphans, to)
			entry := git.Entry{Mode: node.mode, ID: node.blob}
			if e, changed := o.entered[node.Path]; changed {
				entry = e
			}
			if is := classify(node.Path, entry.Mode, o.Languages); is.skip.reason == SkipOpaque && !o.again[node.Path] {
				p.skips = append(p.skips, Skipped{Path: node.Path.Escaped(), Reason: is.skip.reason, Detail: is.skip.detail, mode: entry.Mode, blob: entry.ID})
				p.missing[node.Path] = is.skip
			}
		}
	}
	p.removed = append(p.removed, orphans...)
	slices.Sort(p.removed)
}

// alter takes in a node that was made anew: it comes, or takes the place of the one that
// was there.
func (o *overlay) alter(p *patch, n *Node) {
	isPackage := n.Kind == KindPackage
	at := o.base.find(isPackage, n.Path)
	switch {
	case isPackage && at >= 0:
		// Its name follows below, when all files are known.
	case isPackage: // all of its files came
		p.added = append(p.added, *n)
	case at < 0 || p.isRemoved(at):
		p.added = append(p.added, *n)
		if _, opaque := o.base.missing(n.Path); at < 0 && opaque && !o.again[n.Path] && n.Language == "" {
			if is := classify(n.Path, n.mode, o.Languages); is.skip.reason == SkipOpaque {
				p.gone[n.Path] = true // imported, so no longer opaque
			}
		}
	case o.again[n.Path]:
		p.altered[at] = *n
	}
}

// renumber puts the edges that were made anew between the nodes of both graphs.
func (o *overlay) renumber(p *patch, fresh []Node) bool {
	numbers := make([]int32, len(fresh))
	for i := range fresh {
		n := &fresh[i]
		numbers[i] = patched{o.base, p}.find(n.Kind == KindPackage, n.Path)
	}
	for _, e := range o.fresh().edges {
		e.From, e.To = numbers[e.From], numbers[e.To]
		if e.From < 0 || e.To < 0 {
			return false
		}
		p.extras = append(p.extras, e)
	}
	p.index()
	for n := range p.replaced {
		start, end := o.base.out(n)
		p.dropped += int(end - start)
	}
	for _, n := range p.removed {
		if !p.replaced[n] {
			start, end := o.base.out(n)
			p.dropped += int(end - start)
		}
		for _, e := range o.base.into(n) {
			l := o.base.link(e)
			if !p.keeps(l.From) {
				continue
			}
			if p.dropped++; l.Kind != Contains {
				return false
			}
		}
	}
	o.namePackages(p)
	return true
}

// namePackages finds the names of the packages of Go files that were read again, came or
// went: what the first file says that is no test and says anything.
func (o *overlay) namePackages(p *patch) {
	folders := map[change.Path]bool{}
	for path := range o.gone {
		if strings.HasSuffix(string(path), ".go") {
			folders[folderOf(path)] = true
		}
	}
	for folder := range folders {
		n := o.base.find(true, folder)
		if n < 0 || p.isRemoved(n) {
			continue
		}
		node := o.base.node(n)
		name := o.packageName(p, n)
		if name != node.Name {
			node.Name = name
			p.altered[n] = node
		}
	}
}

func (o *overlay) packageName(p *patch, base int32) string {
	g := patched{o.base, p}
	files := g.filesOf(p.number(base))
	for _, n := range files {
		if node := g.node(n); node.pkg != "" && !isTest(node.Path, node.Language) {
			return node.pkg
		}
	}
	return ""
}

// skipAgain takes in what was not read, and why.
func (o *overlay) skipAgain(p *patch) {
	g := o.fresh()
	for i := range o.files {
		f := &o.files[i]
		if f.language != nil {
			continue
		}
		if (patched{o.base, p}).find(false, f.path) >= 0 && f.class.skip.reason == SkipOpaque {
			continue
		}
		o.skip(f.path, f.class.skip)
	}
	o.nameSkips()
	p.gaps = g.gaps
	p.skips = append(p.skips, g.skips...)
	slices.SortFunc(p.skips, compareSkips)
	p.skips = slices.Compact(p.skips)
	maps.Copy(p.missing, g.skipped)
}

// count counts what was read of each language, and whether that meets a limit, or a
// language comes or goes.
func (o *overlay) count(p *patch) bool {
	add := func(language string, files, imports int) {
		l := p.languages[language]
		l.files, l.imports = l.files+files, l.imports+imports
		p.languages[language] = l
	}
	for n := range o.replacedAndRemoved(p) {
		start, end := o.base.out(n)
		language := o.base.node(n).Language
		for e := start; e < end; e++ {
			if o.base.link(e).Kind == Imports {
				add(language, 0, -1)
			}
		}
		if language != "" && p.isRemoved(n) && o.base.kind(n) != KindPackage {
			add(language, -1, 0)
		}
	}
	for i := range p.extras {
		if p.extras[i].Kind == Imports {
			add(patched{o.base, p}.node(p.extras[i].From).Language, 0, 1)
		}
	}
	for i := range p.added {
		if p.added[i].Language != "" && p.added[i].Kind != KindPackage {
			add(p.added[i].Language, 1, 0)
		}
	}
	for name, l := range p.languages {
		if _, there := o.base.languages[name]; !there || l.files <= 0 {
			return false
		}
	}
	return int(o.base.head[headRaw])+len(o.fresh().edges)+len(o.fresh().gaps) <= o.Limits.Edges
}

func (o *overlay) replacedAndRemoved(p *patch) map[int32]bool {
	all := maps.Clone(p.replaced)
	for _, n := range p.removed {
		all[n] = true
	}
	return all
}

// known is what can be kept of head, whose graph is g.
func (o *overlay) known(g *Graph) Known {
	k := Known{laid: true, claims: o.base.claims, vendors: o.base.vendors, guessed: o.base.guessed(), raw: int(o.base.head[headRaw]) + len(o.fresh().edges) + len(o.fresh().gaps)}
	projects := map[string]project{}
	for path, id := range o.builder.projects {
		projects[path] = project{path, id, o.builder.projectTexts[path]}
	}
	for _, p := range o.base.projects() {
		if e, changed := o.entered[change.Path(p.path)]; changed {
			p.id = e.ID
		}
		if p.text = o.builder.projectTexts[p.path]; p.text == "" {
			p.text = o.textOf(p.path, p.id)
		}
		projects[p.path] = p
	}
	for _, path := range slices.Sorted(maps.Keys(projects)) {
		k.projects = append(k.projects, projects[path])
	}
	words := o.scriptWords()
	for _, h := range o.base.wordHashes() {
		words[h] = true
	}
	k.words = words.list()
	for _, n := range o.base.embedders() {
		if path := o.base.path(n); !o.again[path] && g.node(path) >= 0 {
			k.embedders = append(k.embedders, g.node(path))
		}
	}
	for i := range o.files {
		if f := &o.files[i]; f.embeds() {
			k.embedders = append(k.embedders, g.node(f.path))
		}
	}
	slices.Sort(k.embedders)
	k.uses = o.uses(g)
	o.base.eachUse(0, int(o.base.head[headSpecs]), func(u use) {
		if path := o.base.path(u.node); !o.again[path] && g.node(path) >= 0 {
			u.node = g.node(path)
			k.uses = append(k.uses, u)
		}
	})
	slices.SortFunc(k.uses, compareUses)
	k.symbols = o.symbols(g)
	return k
}

// symbols is what the files of head define and mention: those that the change does not
// touch say what they said. It is nil where the graph of from does not know that.
func (o *overlay) symbols(g *Graph) *mentionWriter {
	if o.base.mentions == nil {
		return nil
	}
	w := &mentionWriter{graph: g, from: make([]mentionSource, len(g.nodes)), old: o.base.mentions}
	for n := range w.from {
		w.from[n].old = -1
		if node := &g.nodes[n]; node.Kind != KindPackage {
			w.from[n].old = o.base.find(false, node.Path)
		}
	}
	for _, f := range o.same {
		f.tell(w)
	}
	for i := range o.files {
		o.files[i].tell(w)
	}
	return w
}
