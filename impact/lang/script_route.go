package lang

import (
	"slices"
	"strings"
)

// A Joiner is a Resolver that knows frameworks which join files by their places, without an
// import that says so.
type Joiner interface {
	// Joins are the files that a framework runs or shows with one: what gives a page its data,
	// and what stands around it. All are in the tree, sorted, each once.
	Joins(from string) []string
}

// Joins implements Joiner, for SvelteKit, Next.js and Nuxt.
func (r *scriptResolver) Joins(from string) []string {
	base := baseOf(from)
	if !scriptCode()[Extension(base)] {
		return nil
	}
	var files []string
	if strings.HasPrefix(base, "+") {
		files = r.svelteRoute(from)
	} else if root := r.place(folderOf(from)).nearest().folder; strings.HasSuffix(base, ".vue") {
		files = r.nuxtPage(from, root)
	} else {
		files = r.nextRoute(from, root)
	}
	return slices.DeleteFunc(targets(files...), func(path string) bool { return path == from })
}

// stem is the code of a path without its extension.
func (r *scriptResolver) stem(path string) []string {
	return r.suffixed(path, ^scriptSuffixes(0))
}

// svelteRoute answers for "+page.svelte" and its like: https://svelte.dev/docs/kit/routing.
func (r *scriptResolver) svelteRoute(from string) (files []string) {
	folder := folderOf(from)
	name, _, _ := strings.Cut(strings.TrimPrefix(baseOf(from), "+"), ".")
	name, _, _ = strings.Cut(name, "@") // "+page@group.svelte": out of some layouts
	shown := strings.HasSuffix(from, ".svelte")
	if shown {
		files = append(files, r.stem(under(folder, "+"+name))...)
		files = append(files, r.stem(under(folder, "+"+name+".server"))...)
	}
	for dir := range ancestors(folder) {
		around := append(r.stem(under(dir, "+layout")), r.stem(under(dir, "+layout.server"))...)
		if shown && r.tree.Has(under(dir, "+layout.svelte")) {
			around = append(around, under(dir, "+layout.svelte"))
		}
		files = append(files, around...)
		if baseOf(dir) == "routes" {
			break
		}
	}
	return files
}

// nextRoute answers for pages of Next.js: https://nextjs.org/docs/app/getting-started/project-structure.
func (r *scriptResolver) nextRoute(from, root string) (files []string) {
	stem, _, _ := strings.Cut(baseOf(from), ".")
	for _, src := range []string{root, under(root, "src")} {
		app, pages := under(src, "app"), under(src, "pages")
		switch {
		case strings.HasPrefix(from, app+"/") && slices.Contains([]string{"page", "layout", "template", "loading", "error", "not-found", "default"}, stem):
			for dir := range ancestors(folderOf(from)) {
				for _, name := range []string{"layout", "template", "loading", "error", "not-found"} {
					if stem == "page" || name == "layout" && dir != folderOf(from) {
						files = append(files, r.stem(under(dir, name))...)
					}
				}
				if dir == app {
					break
				}
			}
		case strings.HasPrefix(from, pages+"/") && !strings.HasPrefix(from, pages+"/api/") && !strings.HasPrefix(stem, "_"):
			files = append(files, r.stem(under(pages, "_app"))...)
			files = append(files, r.stem(under(pages, "_document"))...)
		}
	}
	return files
}

// nuxtPage answers for pages of Nuxt, around which its application and its layouts stand.
func (r *scriptResolver) nuxtPage(from, root string) (files []string) {
	if len(r.stem(under(root, "nuxt.config"))) == 0 {
		return nil
	}
	for _, src := range []string{root, under(root, "app"), under(root, "src")} {
		if !strings.HasPrefix(from, under(src, "pages")+"/") {
			continue
		}
		r.indexFolders()
		layouts := r.holds[under(src, "layouts")]
		files = append(append(files, under(src, "app.vue")), layouts[:min(len(layouts), maxTargets)]...)
	}
	return slices.DeleteFunc(files, func(path string) bool { return !r.tree.Has(path) })
}
