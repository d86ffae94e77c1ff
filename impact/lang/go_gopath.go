package lang

import "strings"

// Trees without any go.mod: written for GOPATH, or a fragment. Where the root stands
// in a workspace is not in the tree.

// withoutModules tries, in the order of the old go command: vendor folders up the
// tree, a workspace inside of the tree (folders named src), the guessed path of the
// root.
func (r *goResolver) withoutModules(folder, spec string) Resolution {
	place := r.place(folder)
	for _, roots := range [][]string{place.vendors, place.sources} {
		if to := r.inFolders(roots, spec); to != "" {
			return Resolution{Package: to, Confidence: 1000}
		}
	}
	if to, ok := r.standard(nil, spec); ok {
		return to
	}
	if rest, ok := cutModule(spec, r.guessed); ok {
		if to := under(".", rest); r.has(to) {
			return Resolution{Package: to, Confidence: goNoModule}
		}
		return Resolution{}
	}
	return Resolution{External: true}
}

// guessPrefix finds the import path of the root by vote: every import whose tail is a
// folder of Go files here votes for what stands before that tail, once per folder.
// "github.com/org/repo/util" votes for "github.com/org/repo" if util/ is here.
func (r *goResolver) guessPrefix() string {
	type ballot struct{ prefix, folder string }
	seen := map[ballot]bool{}
	votes := map[string]int{}
	for _, path := range r.tree.Files() {
		if !strings.HasSuffix(path, ".go") {
			continue
		}
		facts := r.tree.Facts(path)
		if facts == nil {
			continue
		}
		for _, imp := range facts.Imports {
			if imp.Kind == Embed || len(imp.Spec) > maxSpec {
				continue
			}
			for head, rest := range prefixes(imp.Spec) {
				if b := (ballot{head, rest}); rest != "" && r.has(rest) && !seen[b] {
					seen[b] = true
					votes[head]++
				}
			}
		}
	}
	best := ""
	for prefix, n := range votes {
		switch m := votes[best]; {
		case n > m, n == m && len(prefix) > len(best), n == m && len(prefix) == len(best) && prefix < best:
			best = prefix
		}
	}
	return best
}
