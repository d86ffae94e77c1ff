package impact

import (
	"context"
	"maps"
	"slices"
	"strings"

	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/git"
)

// An overlay makes the graph of head out of that of from and the change between them. It
// does so only where it can say for sure that what it does not look at is as it was:
// where not, the graph of head is built. The answers are the same to the last byte, and
// a test holds them together.
//
// What a file imports follows from its own text, from which paths the tree has, from the
// package and the types that others declare (treeView.Facts gives no more), and from the
// project files. So a change that moves none of these for others needs only the edges
// out of its own files. Paths come and go as well, as long as nothing but what is looked
// at here can name them: see pathMoves.
type overlay struct {
	*builder // of head; its files are those that are read again
	base     *flat
	k        *Known
	change   *change.Change
	entered  map[change.Path]git.Entry // what the change made of a path
	left     map[change.Path]bool      // paths that are no more
	again    map[change.Path]bool      // files that are read again, changed or not
	gone     map[change.Path]bool      // whose gaps and skips are made anew
	moved    map[change.Path]int       // by package: Go files that came, less those that went
	packages map[change.Path]bool      // that came (true) or went
	same     []*treeFile               // changed files that say the same of themselves
	targets  map[string]int32          // nodes of files that are not read again
	all      []string                  // of paths
	links    map[string]string         // that may lead to folders; see paths
	failed   bool                      // something is not known after all
}

// maxOverlay is how many changed files an overlay is worth trying for.
const maxOverlay = 1000

func (in AssessInput) newOverlay(head *builder, k *Known, c *change.Change) *overlay {
	o := &overlay{
		builder: head, base: k.graph.over.flat, k: k, change: c,
		entered: map[change.Path]git.Entry{}, left: map[change.Path]bool{}, again: map[change.Path]bool{},
		gone: map[change.Path]bool{}, moved: map[change.Path]int{}, packages: map[change.Path]bool{}, targets: map[string]int32{}, links: map[string]string{},
	}
	head.over = o
	return o
}

// graph is the graph of head; ok is false when it has to be built. An error is the
// source's or the context's.
func (o *overlay) graph(ctx context.Context) (g *Graph, ok bool, err error) {
	if err := o.askChanged(ctx); err != nil {
		return nil, false, o.builder.failed(err)
	}
	if !o.enter() || o.base.bad.Load() {
		return nil, false, nil
	}
	if ok, err := o.sameProjects(ctx); err != nil || !ok {
		return nil, false, err
	}
	if ok, err := o.gather(ctx); err != nil || !ok {
		return nil, false, err
	}
	o.place()
	for _, step := range []func(context.Context) error{o.read, o.readMentions, o.readLinks} {
		if err := step(ctx); err != nil {
			return nil, false, o.builder.failed(err)
		}
	}
	o.addFiles()
	if err := o.resolve(ctx); err != nil {
		return nil, false, o.builder.failed(err)
	}
	p, ok := o.patch()
	if !ok || o.failed || o.base.bad.Load() {
		return nil, false, nil
	}
	return &Graph{Commit: o.Commit, Tree: o.Tree, over: patched{o.base, p}}, true, nil
}

// askChanged reads the first lines of the changed files whose name does not tell their language.
func (o *overlay) askChanged(ctx context.Context) error {
	var blobs []git.OID
	ask := func(path change.Path, mode git.Mode, id git.OID) {
		if path != "" && !id.IsZero() && mayHaveInterpreter(path, classify(path, mode, o.Languages)) {
			blobs = append(blobs, id)
		}
	}
	for i := range o.change.Files {
		f := &o.change.Files[i]
		ask(oldPath(f), f.OldMode, f.OldID)
		ask(newPath(f), f.Mode, f.ID)
	}
	return o.askInterpreters(ctx, blobs)
}

// classOf is what a file of head is, or was before the change. That of one that is not read
// again is known to the graph.
func (o *overlay) classOf(path change.Path, mode git.Mode, blob git.OID) class {
	c := classify(path, mode, o.Languages)
	if !mayHaveInterpreter(path, c) {
		return c
	}
	if n := o.base.find(false, path); n >= 0 {
		if node := o.base.node(n); node.blob == blob && node.mode == mode && node.Language != "" {
			return class{language: languageOf(o.Languages, node.Language)}
		}
	}
	return o.withInterpreter(path, blob, c)
}

// enter takes in which paths the change touches, and checks that it is about this tree.
func (o *overlay) enter() bool {
	for i := range o.change.Files {
		f := &o.change.Files[i]
		was, is := oldPath(f), newPath(f)
		if was != "" && !o.had(was, f.OldMode, f.OldID) || is != "" && (!isClean(string(is)) || f.Mode == 0 || f.ID.IsZero()) {
			return false
		}
		if was != "" && was != is {
			o.left[was] = true
		}
	}
	for i := range o.change.Files {
		f := &o.change.Files[i]
		if is := newPath(f); is != "" {
			if _, twice := o.entered[is]; twice {
				return false
			}
			o.entered[is] = git.Entry{Mode: f.Mode, ID: f.ID}
			delete(o.left, is)
		}
	}
	for i := range o.change.Files {
		f := &o.change.Files[i]
		was, is := oldPath(f), newPath(f)
		_, stays := o.entered[was]
		inPlace := was == is && f.Mode.IsRegular() && f.OldMode.IsRegular()
		switch {
		case inPlace:
			continue
		case was != "" && stays && was != is:
			return false // two files change places: nobody does that
		case was != "" && !o.pathMoves(was, f.OldMode, -1), is != "" && !o.pathMoves(is, f.Mode, 1):
			return false
		}
	}
	return o.packagesMove()
}

// had says whether the tree of from has a file, as far as the graph knows.
func (o *overlay) had(path change.Path, mode git.Mode, id git.OID) bool {
	if n := o.base.find(false, path); n >= 0 {
		node := o.base.node(n)
		return node.mode == mode && node.blob == id
	}
	found := false
	o.base.skipsOf(path, func(_ string, s flatSkip) { found = found || s.mode == mode && s.blob == id })
	return found
}

// pathMoves takes in that a path came (1) or went (-1); it is false when that may change
// what unchanged files import. What is not a regular file is not seen by any resolver.
func (o *overlay) pathMoves(path change.Path, mode git.Mode, by int) bool {
	o.gone[path] = true
	if mode == git.ModeSymlink && o.followsLinks() && classify(path, git.ModeFile, o.Languages).language == nil {
		return false // see linkedTree
	}
	if !mode.IsRegular() {
		return true
	}
	if _, asked := o.base.project(path); asked || isProject(baseName(path)) || lang.ConfiguresScripts(string(path)) || lang.ConfiguresNames(string(path)) {
		return false
	}
	for _, n := range o.base.embedders() {
		embedder := o.base.path(n)
		if folder := folderOf(embedder); folder == "." || strings.HasPrefix(string(path), string(folder)+"/") {
			o.again[embedder] = true
		}
	}
	is := classify(path, mode, o.Languages) // nothing but a path that ends so imports what has no extension
	switch {
	case is.language != nil && foldersArePackages(is.language):
		// Others import its folder: see packagesMove; only its test, or what it tests, names it.
		o.moved[folderOf(path)] += by
		if stem, ok := strings.CutSuffix(string(path), ".go"); ok {
			o.again[change.Path(stem+"_test.go")] = true
		}
		return !o.base.guessed() && !o.base.meantByScripts(baseName(path))
	case is.language != nil, is.kin != "":
		return false
	}
	return !o.base.meantByScripts(baseName(path))
}

// followsLinks says whether the tree has files of a language whose imports may go through links.
func (o *overlay) followsLinks() bool {
	for name := range o.base.languages {
		if f := family(name); f == "python" || f == "script" {
			return true
		}
	}
	return false
}

// folderLinks are those of the tree of from: see pathMoves.
func (o *overlay) folderLinks() map[string]string {
	o.paths()
	return o.links
}

// isProject says whether resolvers go by the file, or by whether it is there.
func isProject(name string) bool {
	return isManifest(name) || name == "setup.py" || strings.HasPrefix(name, "jsconfig") && strings.HasSuffix(name, ".json")
}

// sameProjects says whether changed project files mean what they meant.
func (o *overlay) sameProjects(ctx context.Context) (bool, error) {
	for i := range o.change.Files {
		f := &o.change.Files[i]
		p, asked := o.base.project(f.Path)
		if !asked {
			continue
		}
		if p.id != f.OldID {
			return false, nil
		}
		texts := make([][]byte, 2)
		err := o.Source.Blobs(ctx, []git.OID{f.OldID, f.ID}, o.Limits.ProjectBytes, func(i int, data []byte, err error) error {
			if err == nil {
				texts[i] = append([]byte{}, data...)
			}
			return ctx.Err()
		})
		if err != nil || !lang.SameProject(string(f.Path), texts[0], texts[1], o.base.claims) {
			return false, err
		}
	}
	return true, nil
}

// gather lists what is read again: the files that came, those that say something else
// than before, and unchanged ones whose imports may lead elsewhere.
func (o *overlay) gather(ctx context.Context) (bool, error) {
	var both []*change.File // in place, of a language
	var wants []want
	for i := range o.change.Files {
		f := &o.change.Files[i]
		was, is := oldPath(f), newPath(f)
		if is == "" {
			continue
		}
		now := o.classOf(is, f.Mode, f.ID)
		switch {
		case was != is || !f.Mode.IsRegular() || !f.OldMode.IsRegular():
			o.again[is] = true
		case now.language != o.classOf(was, f.OldMode, f.OldID).language:
			return false, nil // it became a script, or is none any more
		case now.language != nil:
			both = append(both, f)
			wants = append(wants, o.want(f.OldID, now.language), o.want(f.ID, now.language))
		default:
			o.same = append(o.same, &treeFile{path: is, entry: o.entered[is], class: now})
			o.again[is] = true // for its gap, and for what is said of it
		}
	}
	facts, err := o.reader.read(ctx, wants)
	if err != nil {
		return false, o.builder.failed(err)
	}
	o.learn(facts)
	for i, f := range both {
		was, now := facts[wants[2*i]].fact, facts[wants[2*i+1]].fact
		if was != nil && sameFact(was, now) && !was.Damaged {
			o.same = append(o.same, &treeFile{path: f.Path, entry: o.entered[f.Path], class: o.classOf(f.Path, f.Mode, f.ID), fact: now})
			continue
		}
		if foldersArePackages(wants[2*i].language) {
			if o.base.guessed() {
				return false, nil
			}
		} else if was == nil || now == nil || was.Package != now.Package || !slices.Equal(was.Types, now.Types) {
			return false, nil // what others find by their names
		}
		o.again[f.Path] = true
	}
	return o.list(), nil
}

// list makes the files of what is read again and is there.
func (o *overlay) list() bool {
	for _, path := range slices.Sorted(maps.Keys(o.again)) {
		e, changed := o.entered[path]
		if !changed {
			n := o.base.find(false, path)
			if n < 0 || o.left[path] {
				delete(o.again, path)
				continue
			}
			node := o.base.node(n)
			e = git.Entry{Mode: node.mode, ID: node.blob}
		}
		o.gone[path] = true
		o.files = append(o.files, treeFile{path: path, entry: e, class: o.classOf(path, e.Mode, e.ID), node: -1})
	}
	return o.base.nodes()+int(o.base.head[headSkips])+len(o.entered) <= o.Limits.Files
}

// has implements treeView.Has.
func (o *overlay) has(path string) bool {
	p := change.Path(path)
	if e, ok := o.entered[p]; ok {
		return e.Mode.IsRegular()
	}
	if o.left[p] {
		return false
	}
	_, ok := o.unchanged(p)
	return ok
}

// unchanged finds a regular file of the tree of from.
func (o *overlay) unchanged(path change.Path) (e git.Entry, ok bool) {
	if n := o.base.find(false, path); n >= 0 {
		node := o.base.node(n)
		return git.Entry{Mode: node.mode, ID: node.blob}, true
	}
	o.base.skipsOf(path, func(_ string, s flatSkip) {
		if s.mode.IsRegular() {
			e, ok = git.Entry{Mode: s.mode, ID: s.blob}, true
		}
	})
	return e, ok
}

// goFolders implements treeView.GoFolders.
func (o *overlay) goFolders() *lang.GoFolders {
	f := &lang.GoFolders{
		Holds:   o.holds,
		Vendors: o.base.vendors,
	}
	for _, p := range o.base.projects() {
		if name := baseName(change.Path(p.path)); p.id != (git.OID{}) && (name == "go.mod" || name == "go.work") {
			f.Projects = append(f.Projects, p.path)
		}
	}
	return f
}

// paths implements treeView.Files: every regular file is a node or skipped.
func (o *overlay) paths() []string {
	if o.all != nil {
		return o.all
	}
	all := make([]string, 0, o.base.nodes()+int(o.base.head[headSkips]))
	add := func(path change.Path) {
		if _, entered := o.entered[path]; !entered && !o.left[path] {
			all = append(all, string(path))
		}
	}
	for n := range o.base.head[headFiles] {
		add(o.base.path(int32(n)))
	}
	for i := range o.base.head[headSkips] {
		s := o.base.skip(int(i))
		link := s.mode == git.ModeSymlink
		if !link && !s.mode.IsRegular() {
			continue
		}
		path, err := change.Unescape(s.path)
		o.failed = o.failed || err != nil
		if link {
			addLink(o.links, path, s.detail)
			continue
		}
		add(path)
	}
	for path, e := range o.entered {
		if e.Mode.IsRegular() {
			all = append(all, string(path))
		}
	}
	slices.Sort(all)
	o.all = slices.Compact(all)
	return o.all
}

// nodeOf makes a node of a file that is not read again, or leaves it at the one it has.
func (o *overlay) nodeOf(path string) int32 {
	if n, ok := o.targets[path]; ok {
		return n
	}
	p := change.Path(path)
	if !o.has(path) {
		return -1
	}
	e, changed := o.entered[p]
	if !changed {
		e, _ = o.unchanged(p)
	}
	f := treeFile{path: p, entry: e, class: o.classOf(p, e.Mode, e.ID), node: -1}
	o.addFile(&f)
	o.targets[path] = f.node
	return f.node
}

// factOf implements treeView.Facts for files that are not read again.
func (o *overlay) factOf(path string, l *lang.Language) *Fact {
	p := change.Path(path)
	e, changed := o.entered[p]
	if !changed {
		n := o.base.find(false, p)
		if n < 0 || o.left[p] {
			return nil
		}
		node := o.base.node(n)
		e = git.Entry{Mode: node.mode, ID: node.blob}
	}
	if o.classOf(p, e.Mode, e.ID).language != l {
		return nil
	}
	fact, ok := o.reader.store.Get(want{blob: e.ID, language: l}.key())
	if !ok {
		o.failed = true
		return nil
	}
	if fact.Size > o.Limits.FileBytes {
		return nil
	}
	return fact
}

// textOf is what a project file says that has not changed; empty where it is not kept.
func (o *overlay) textOf(path string, blob git.OID) string {
	if known, asked := o.base.project(change.Path(path)); !asked || known.id != blob || blob.IsZero() {
		return ""
	}
	if text := o.base.projectText(change.Path(path)); int64(len(text)) <= o.Limits.ProjectBytes {
		return text
	}
	return ""
}

// projectOf is the blob of a project file.
func (o *overlay) projectOf(path string) git.OID {
	p := change.Path(path)
	if !o.has(path) {
		return git.OID{}
	}
	if e, changed := o.entered[p]; changed {
		return e.ID
	}
	known, asked := o.base.project(p)
	if !asked || known.id == (git.OID{}) {
		o.failed = true
	}
	return known.id
}
