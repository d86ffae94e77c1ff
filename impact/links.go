package impact

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/git"
)

// maxLinkBytes bounds the text of a symbolic link, as file systems do.
const maxLinkBytes = 4096

// readLinks notes where symbolic links lead. One that is called like a source file is not
// followed, so who imports it by its own name is not known to use what stands there. Any other
// may lead to a folder: see linkedTree.
func (b *builder) readLinks(ctx context.Context) error {
	var found []*treeFile
	var wants []want
	for i := range b.files {
		if f := &b.files[i]; f.entry.Mode == git.ModeSymlink {
			found, wants = append(found, f), append(wants, want{blob: f.entry.ID, language: links})
		}
	}
	if len(wants) == 0 {
		return nil
	}
	answers, err := b.reader.read(ctx, wants)
	if err != nil {
		return err
	}
	for i, f := range found {
		text := answers[wants[i]].fact
		read := text != nil && text.Size <= maxLinkBytes
		to, inside := "", false
		if read {
			to, inside = linkTarget(f.path, text.Package)
		}
		source := classify(f.path, git.ModeFile, b.Languages).language
		switch {
		case source == nil && inside:
			f.class.skip.detail = linksTo + change.Path(to).Escaped()
		case source == nil:
		case !read:
			b.gap(gap{file: f.path, family: family(source.Name), any: true, skip: f.class.skip})
		case inside:
			b.gap(gap{file: f.path, family: family(source.Name), names: []string{to}, exact: true, skip: f.class.skip})
		}
	}
	return nil
}

// links is read like a language, so that its facts are kept like any other: Package is where
// a link leads.
var links = &lang.Language{Name: "link", Version: 1, Extract: func(src []byte) lang.Facts {
	return lang.Facts{Package: string(src[:min(len(src), maxLinkBytes)])}
}}

// linkTarget is the path to which a link leads, as it is written; false where that is outside
// of the tree.
func linkTarget(from change.Path, target string) (to string, inside bool) {
	if target == "" || path.IsAbs(target) {
		return "", false
	}
	to = path.Join(path.Dir(string(from)), target)
	return to, to != ".." && !strings.HasPrefix(to, "../")
}

// linksTo begins what is said of a link whose name tells nothing, with where it leads.
const linksTo = "symbolic link to "

// A linkedTree is what a resolver sees of a tree in which links to folders are followed: what
// lies below one has a second path. It is asked where an import says the name of such a link
// and names nothing without it, so that a second path makes no other import ambiguous.
type linkedTree struct {
	*treeView
	links map[string]string // where they lead, by path
	names map[string]bool   // what they are called
	left  map[string]bool   // what those are called that are not followed, since that would be too much
	paths []string
}

const (
	maxLinked   = 50_000 // second paths
	maxLinkHops = 8      // links on the way to a file
)

// linked is nil where no link leads to a folder of the tree.
func (v *treeView) linked() *linkedTree {
	t := &linkedTree{treeView: v, links: v.b.folderLinks(), names: map[string]bool{}, left: map[string]bool{}}
	if len(t.links) == 0 {
		return nil
	}
	files := v.Files()
	for _, link := range slices.Sorted(maps.Keys(t.links)) {
		target, ok := t.real(link)
		if !ok {
			continue
		}
		below := files
		if target != "." {
			start, _ := slices.BinarySearch(files, target+"/")
			end, _ := slices.BinarySearch(files, target+"0") // '0' is '/' + 1
			below = files[start:end]
			target += "/"
		} else {
			target = ""
		}
		switch name := path.Base(link); {
		case len(below) == 0:
			continue
		case len(t.paths)+len(below) > maxLinked:
			t.left[name] = true
			continue
		default:
			t.names[name] = true
		}
		for _, file := range below {
			t.paths = append(t.paths, link+"/"+file[len(target):])
		}
	}
	if len(t.names)+len(t.left) == 0 {
		return nil
	}
	t.paths = append(t.paths, files...)
	slices.Sort(t.paths)
	return t
}

// folderLinks are the links that may lead to folders of the tree.
func (b *builder) folderLinks() map[string]string {
	if b.over != nil {
		return b.over.folderLinks()
	}
	links := map[string]string{}
	for i := range b.files {
		if f := &b.files[i]; f.entry.Mode == git.ModeSymlink {
			addLink(links, f.path, f.class.skip.detail)
		}
	}
	return links
}

func addLink(links map[string]string, p change.Path, detail string) {
	if to, ok := strings.CutPrefix(detail, linksTo); ok {
		if target, err := change.Unescape(to); err == nil {
			links[string(p)] = string(target)
		}
	}
}

// real is the path without links in it; false where these lead round in circles.
func (t *linkedTree) real(p string) (string, bool) {
	for range maxLinkHops {
		link := p
		for link != "." && t.links[link] == "" {
			link = path.Dir(link)
		}
		if link == "." {
			return p, true
		}
		p = path.Join(t.links[link], p[len(link):])
	}
	return "", false
}

// says tells whether an import has the name of a link in it.
func (t *linkedTree) says(imp lang.Import, names map[string]bool) bool {
	parts := strings.FieldsFunc(imp.Spec, func(c rune) bool {
		return c == '/' || c == '.' && family(t.language.Name) == "python"
	})
	return slices.ContainsFunc(slices.Concat(parts, imp.Names), func(name string) bool { return names[name] })
}

func (t *linkedTree) Files() []string { return t.paths }

func (t *linkedTree) Has(p string) bool {
	real, ok := t.real(p)
	return ok && t.treeView.Has(real)
}

func (t *linkedTree) Read(p string) []byte {
	real, ok := t.real(p)
	if !ok {
		return nil
	}
	return t.treeView.Read(real)
}

func (t *linkedTree) Facts(p string) *lang.Facts {
	real, ok := t.real(p)
	if !ok {
		return nil
	}
	return t.treeView.Facts(real)
}

// A linkResolver answers for imports that name nothing but behind a link.
type linkResolver struct {
	view     *treeView
	tree     *linkedTree // nil: not looked for yet, or there is none
	resolver lang.Resolver
	looked   bool
}

// resolve is what an import means behind links; ok is false where that is nothing. What may lie
// behind one that is not followed is unresolved.
func (r *linkResolver) resolve(from string, imp lang.Import) (to lang.Resolution, ok bool) {
	if f := family(r.view.language.Name); f != "python" && f != "script" {
		return to, false // Go says of such an import that it names nothing, Java finds by packages
	}
	if !r.looked {
		r.tree, r.looked = r.view.linked(), true
	}
	if r.tree == nil {
		return to, false
	}
	left := r.tree.says(imp, r.tree.left)
	if !r.tree.says(imp, r.tree.names) {
		return to, left
	}
	if r.resolver == nil {
		r.resolver = r.view.language.NewResolver(r.tree)
	}
	to = r.resolver.Resolve(from, imp)
	if len(to.Files) == 0 {
		return lang.Resolution{}, left
	}
	for i, file := range to.Files {
		to.Files[i], _ = r.tree.real(file)
	}
	slices.Sort(to.Files)
	to.Files = slices.Compact(to.Files)
	return to, true
}
