package impact

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/git"
)

// Documents are those of head that name what changed, and did not change themselves.
type Documents struct {
	Read  int        `json:"read"`  // documents that were looked at
	Stale []Document `json:"stale"` // the surest first; at most 50
	More  int        `json:"more_stale,omitempty"`
	// Limits says what was not looked at.
	Limits []string `json:"limits,omitempty"`
}

// A Document that may be out of date.
type Document struct {
	Node       string     `json:"node"`
	Path       string     `json:"path"`       // escaped
	Edge       EdgeKind   `json:"edge"`       // "documents"
	Confidence Confidence `json:"confidence"` // that it is about what changed
	Mentions   []Mention  `json:"mentions"`   // the surest first; at most 5
	More       int        `json:"more_mentions,omitempty"`
}

// A Mention is a place of a document that names something changed.
type Mention struct {
	Line       int        `json:"line"`
	Text       string     `json:"text"`    // as it stands there, escaped
	Changed    string     `json:"changed"` // the file, escaped
	Symbol     string     `json:"symbol,omitempty"`
	Confidence Confidence `json:"confidence"`
	Reason     string     `json:"reason"`
}

// Limits of looking for documents.
const (
	maxDocuments     = 20_000
	maxStale         = 50
	maxStaleMentions = 5
)

// DocumentsInput is what looking for documents takes.
type DocumentsInput struct {
	Source Source
	Tree   git.OID // of head
	Facts  FactStore
	Report *Report
	Graph  *Graph // of the tree, where there is one: then it need not be listed
	// Change is what the report is about; nil: files of Tree that count as modified.
	Change *change.Change
	Kept   DocumentStore // between reviews; nil: none
}

// StaleDocuments finds the documents of a tree that link to a changed file, or name it or
// one of its changed definitions in code, and that the change leaves as they are.
//
// Those are the documents of the tree that the change begins with, but for the changed
// ones: what they mention can be kept for the next change to it.
func StaleDocuments(ctx context.Context, in DocumentsInput) (*Documents, error) {
	names := newChangedNames(in.Report)
	if in.Kept != nil {
		d, err := in.keptAnswer(ctx, names)
		if err != nil {
			return nil, fmt.Errorf("reading documents: %w", err)
		}
		if d != nil {
			return d, nil
		}
	}
	if in.Facts == nil {
		in.Facts = &Memory{}
	}
	d := &Documents{Stale: []Document{}}
	var docs []proseFile
	over := 0
	take := func(p string, e git.Entry, err error) error {
		switch {
		case err != nil:
			d.Limits = append(d.Limits, "a folder could not be read: "+change.Path(p).Escaped())
		case !isOwnDocument(change.Path(p), e) || names.changed(change.Path(p)):
		case len(docs) == maxDocuments:
			over++
		default:
			docs = append(docs, proseFile{path: change.Path(p), id: e.ID})
		}
		return ctx.Err()
	}
	if err := in.list(ctx, take); err != nil {
		return nil, fmt.Errorf("looking for documents: %w", err)
	}
	if over > 0 {
		d.Limits = append(d.Limits, fmt.Sprintf("%d documents more than the limit of %d", over, maxDocuments))
	}
	if err := in.judgeAll(ctx, in.Facts, names, docs, d); err != nil {
		return nil, fmt.Errorf("reading documents: %w", err)
	}
	d.finish()
	return d, nil
}

// judgeAll reads documents and judges them.
func (in DocumentsInput) judgeAll(ctx context.Context, facts FactStore, names *changedNames, docs []proseFile, d *Documents) error {
	wants := make([]want, len(docs))
	for i, doc := range docs {
		wants[i] = want{blob: doc.id, language: prose}
	}
	answers, err := in.reader(facts).read(ctx, wants)
	if err != nil {
		return err
	}
	for i, w := range wants {
		doc := docs[i]
		if doc.fact = answers[w].fact; doc.fact == nil {
			d.Limits = append(d.Limits, doc.path.Escaped()+": "+answers[w].skip.detail)
			continue
		}
		d.Read++
		if doc.fact.Damaged {
			d.tooMany(doc.path)
		}
		d.judge(names, doc.path, doc.fact.Imports)
	}
	return nil
}

func (in DocumentsInput) reader(facts FactStore) *factReader {
	reader := &factReader{source: in.Source, store: facts, limits: DefaultLimits()}
	reader.limits.FileBytes = maxProseBytes
	return reader
}

func (d *Documents) tooMany(p change.Path) {
	d.Limits = append(d.Limits, fmt.Sprintf("%s: more than %d mentions", p.Escaped(), maxMentions))
}

func (d *Documents) judge(names *changedNames, path change.Path, mentions []lang.Import) {
	if stale, ok := names.mentionedBy(path, mentions); ok {
		d.Stale = append(d.Stale, stale)
	}
}

// finish sorts, and keeps what is shown.
func (d *Documents) finish() {
	slices.SortFunc(d.Stale, func(a, b Document) int {
		return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(a.Path, b.Path))
	})
	if n := len(d.Stale) - maxStale; n > 0 {
		d.Stale, d.More = d.Stale[:maxStale], n
	}
	slices.Sort(d.Limits)
	d.Limits = d.Limits[:min(len(d.Limits), maxExamples)]
}

// list calls fn for the files of the tree, or at least for the documents among them.
func (in DocumentsInput) list(ctx context.Context, fn func(path string, e git.Entry, err error) error) error {
	if in.Graph == nil || in.Graph.Tree != in.Tree || !in.Graph.isFlat() {
		return in.Source.Walk(ctx, in.Tree, fn)
	}
	files := in.Graph.over.otherFiles("", isDocument)
	if in.Graph.over.bad.Load() {
		return in.Source.Walk(ctx, in.Tree, fn)
	}
	for _, f := range files {
		if err := fn(string(f.path), f.entry, nil); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// isOwnDocument is for documents that are the project's own.
func isOwnDocument(p change.Path, e git.Entry) bool {
	return e.Mode.IsRegular() && isDocument(p) && !isVendored(p)
}

// isDocument knows the formats that are read.
func isDocument(p change.Path) bool {
	switch lang.Extension(string(p)) {
	case ".md", ".markdown", ".mdx", ".rst", ".adoc", ".asciidoc":
		return true
	}
	return false
}

// changedNames finds what a mention could mean.
type changedNames struct {
	files   map[change.Path]*Changed
	byBase  map[string][]change.Path // base name, with and without extension
	symbols map[string][]changedSymbol
}

type changedSymbol struct {
	path change.Path
	Symbol
}

func newChangedNames(r *Report) *changedNames {
	c := &changedNames{files: map[change.Path]*Changed{}, byBase: map[string][]change.Path{}, symbols: map[string][]changedSymbol{}}
	for i := range r.Changed {
		f := &r.Changed[i]
		for _, escaped := range []string{f.Path, f.OldPath} {
			p, err := change.Unescape(escaped)
			if err != nil || escaped == "" {
				continue
			}
			c.files[p] = f
			base := baseName(p)
			stem := strings.TrimSuffix(base, path.Ext(base))
			c.byBase[base] = append(c.byBase[base], p)
			if stem != base && stem != "" {
				c.byBase[stem] = append(c.byBase[stem], p)
			}
		}
		p, err := change.Unescape(f.Path)
		if err != nil {
			continue
		}
		for _, s := range f.Symbols {
			if s.Exported && s.Change != "body" && s.Change != "added" && isDistinct(s.Name) {
				c.symbols[s.Name] = append(c.symbols[s.Name], changedSymbol{p, s})
			}
		}
	}
	return c
}

// isDistinct says whether a name is one that a document can hardly mean something else
// by: long, and no plain word.
func isDistinct(name string) bool {
	return len(name) >= 5 && (strings.ContainsAny(name, "._$") || strings.ToLower(name[1:]) != name[1:])
}

func (c *changedNames) changed(p change.Path) bool { return c.files[p] != nil }

// mentionedBy judges what a document mentions.
func (c *changedNames) mentionedBy(doc change.Path, mentions []lang.Import) (Document, bool) {
	best := map[string]Mention{} // by what is mentioned
	for _, m := range mentions {
		for _, found := range c.meant(doc, m) {
			key := found.Changed + "\x00" + found.Symbol
			if old, ok := best[key]; !ok || old.Confidence < found.Confidence {
				best[key] = found
			}
		}
	}
	if len(best) == 0 {
		return Document{}, false
	}
	d := Document{Node: "file:" + doc.Escaped(), Path: doc.Escaped(), Edge: DocumentsEdge}
	d.Mentions = slices.SortedFunc(maps.Values(best), func(a, b Mention) int {
		return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Changed, b.Changed), cmp.Compare(a.Symbol, b.Symbol))
	})
	d.Confidence = d.Mentions[0].Confidence
	if n := len(d.Mentions) - maxStaleMentions; n > 0 {
		d.Mentions, d.More = d.Mentions[:maxStaleMentions], n
	}
	return d, true
}

// How sure a mention is, by how it names what changed.
const (
	mentionsByLink   = 1000 // a link that leads to the file
	mentionsByPath   = 900  // the path from the root
	mentionsByTail   = 700  // the end of the path, two names at least
	mentionsBySymbol = 600  // a changed definition, in code
	mentionsByName   = 400  // the file's name alone, in code
)

// meant finds what one mention means: nothing, most of the time.
func (c *changedNames) meant(doc change.Path, m lang.Import) []Mention {
	mention := func(p change.Path, symbol string, sure Confidence, verb string) Mention {
		return Mention{Line: m.Line, Text: clip(m.Spec), Changed: p.Escaped(), Symbol: symbol, Confidence: sure, Reason: verb}
	}
	spec := m.Spec
	spec, _, _ = strings.Cut(spec, "#")
	spec, _, _ = strings.Cut(spec, "?")
	if m.Kind == proseLink {
		if p, ok := linked(doc, spec); ok {
			if f := c.files[p]; f != nil {
				return []Mention{mention(p, "", mentionsByLink, "links to "+c.state(p))}
			}
		}
		if _, rest, ok := strings.Cut(spec, "/blob/"); ok { // of a forge, at some branch
			if _, inside, ok := strings.Cut(rest, "/"); ok && c.files[change.Path(inside)] != nil {
				return []Mention{mention(change.Path(inside), "", mentionsByPath, "links to "+c.state(change.Path(inside)))}
			}
		}
		return nil
	}
	var found []Mention
	name := strings.TrimSuffix(strings.TrimSpace(spec), "()")
	for _, s := range c.symbols[name] {
		if m.Kind == proseCode {
			found = append(found, mention(s.path, s.Name, mentionsBySymbol, "names "+clip(s.Name)+", "+told(s.Change)))
		}
	}
	if found != nil {
		return found
	}
	spec = strings.Trim(name, "/.")
	if p := change.Path(spec); c.files[p] != nil && strings.ContainsAny(spec, "/.") {
		if !strings.Contains(spec, "/") && (m.Kind != proseCode || ubiquitous(spec)) {
			return nil
		}
		return []Mention{mention(p, "", mentionsByPath, "names "+c.state(p))}
	}
	slashed := slashes(spec)
	for _, p := range c.byBase[baseName(change.Path(slashed))] {
		whole := string(p)
		if stem := strings.TrimSuffix(whole, path.Ext(whole)); !strings.HasSuffix(whole, "/"+slashed) {
			whole = stem
		}
		if strings.Contains(slashed, "/") && (strings.HasSuffix(whole, "/"+slashed) || whole == slashed) {
			found = append(found, mention(p, "", mentionsByTail, "names "+c.state(p)))
		}
	}
	if found == nil && m.Kind == proseCode && !ubiquitous(spec) && path.Ext(spec) != "" {
		if paths := c.byBase[spec]; len(paths) == 1 {
			found = append(found, mention(paths[0], "", mentionsByName, "names a file like "+c.state(paths[0])))
		}
	}
	return found
}

// slashes makes a path of a module of Python, or a class of Java.
func slashes(spec string) string {
	if !strings.Contains(spec, "/") && strings.Count(spec, ".") >= 2 {
		return strings.ReplaceAll(spec, ".", "/")
	}
	return spec
}

// state is a changed file with what happened to it.
func (c *changedNames) state(p change.Path) string {
	f := c.files[p]
	switch {
	case f.Status == change.Renamed && f.OldPath == p.Escaped():
		return p.Escaped() + ", which is " + f.Path + " now"
	case f.Status == change.Deleted:
		return p.Escaped() + ", which is deleted"
	}
	return "the changed " + p.Escaped()
}

// told is what a change does to a definition.
func told(what string) string {
	switch what {
	case "removed":
		return "which is removed"
	case "signature":
		return "whose signature changes"
	case "moved":
		return "which is in another file now"
	}
	return "which changes"
}

// linked is the path of the tree that a link in a document leads to.
func linked(doc change.Path, target string) (change.Path, bool) {
	if target == "" || strings.Contains(target, ":") || strings.HasPrefix(target, "//") {
		return "", false
	}
	if unescaped, err := change.Unescape(target); err == nil {
		target = string(unescaped)
	}
	var p string
	if strings.HasPrefix(target, "/") {
		p = path.Clean(strings.TrimLeft(target, "/"))
	} else {
		p = path.Join(string(folderOf(doc)), target)
	}
	return change.Path(p), p != "." && !strings.HasPrefix(p, "../")
}

// ubiquitous are names that a document mentions without meaning the one that changed.
func ubiquitous(name string) bool {
	switch strings.ToLower(name) {
	case "readme.md", "changelog.md", "license", "index.js", "index.ts", "index.html", "index.md", "main.go", "main.py", "main.js", "main.ts", "app.js", "app.ts", "app.py",
		"package.json", "go.mod", "go.sum", "pom.xml", "build.gradle", "setup.py", "pyproject.toml", "requirements.txt", "dockerfile", "makefile", "__init__.py", "mod.rs", "lib.rs",
		"settings.py", "models.py", "views.py", "urls.py", "tests.py", "manage.py", "tsconfig.json", "yarn.lock", "package-lock.json", "conftest.py", "package-info.java":
		return true
	}
	return false
}
