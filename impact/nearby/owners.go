package nearby

import (
	"cmp"
	"slices"
	"strings"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/control/owners"
)

// Limits of what is said about owners.
const (
	maxOwnerTries = 5_000_000 // patterns tried, over all files
	maxOwned      = 20        // files listed of one owner, of each kind
	maxDoubts     = 20
)

// Owners finds whom a CODEOWNERS names for the changed and the reached files. It has to
// be the one at base: a change does not choose who is asked about it.
func Owners(file *owners.File, r *impact.Report) *impact.Ownership {
	o := &impact.Ownership{Owners: []impact.Owner{}}
	if file == nil {
		o.Unowned = impact.Count{Changed: len(r.Changed), Reached: countFiles(r)}
		return o
	}
	o.File = escaped(file.Path)
	f := ownerFinder{file: file, result: o, all: map[owners.Owner]*owned{}}
	for _, c := range r.Changed {
		paths := []string{c.Path}
		if c.OldPath != "" {
			paths = append(paths, c.OldPath)
		}
		f.add(paths, true)
	}
	for i := range r.Reached {
		if n := &r.Reached[i]; n.Kind != impact.KindPackage && n.Path != "" {
			f.add([]string{n.Path}, false)
		}
	}
	f.finish()
	return o
}

func countFiles(r *impact.Report) (n int) {
	for i := range r.Reached {
		if r.Reached[i].Kind != impact.KindPackage {
			n++
		}
	}
	return n
}

type owned struct {
	changed, reached []string
}

type ownerFinder struct {
	file   *owners.File
	result *impact.Ownership
	all    map[owners.Owner]*owned
	tries  int
}

// add notes who owns one file, by its old path, too.
func (f *ownerFinder) add(paths []string, changed bool) {
	mine := map[owners.Owner]bool{}
	doubt := ""
	for _, p := range paths {
		path, err := change.Unescape(p)
		switch {
		case err != nil:
			doubt = "its path can not be read"
		case f.tries > maxOwnerTries:
			doubt = "over the limit of patterns that are tried"
		default:
			who := f.file.Of(path, &f.tries)
			for _, o := range who.Owners {
				mine[o] = true
			}
			doubt = cmp.Or(doubt, who.Doubt)
		}
	}
	if doubt != "" && len(f.result.Doubts) < maxDoubts {
		f.result.Doubts = append(f.result.Doubts, impact.Doubt{Path: paths[0], Why: doubt})
	}
	if len(mine) == 0 && doubt == "" {
		if changed {
			f.result.Unowned.Changed++
		} else {
			f.result.Unowned.Reached++
		}
	}
	for o := range mine {
		if f.all[o] == nil {
			f.all[o] = &owned{}
		}
		if changed {
			f.all[o].changed = append(f.all[o].changed, paths[0])
		} else {
			f.all[o].reached = append(f.all[o].reached, paths[0])
		}
	}
}

func (f *ownerFinder) finish() {
	for o, has := range f.all {
		slices.Sort(has.changed)
		slices.Sort(has.reached)
		f.result.Owners = append(f.result.Owners, impact.Owner{
			Node: "owner:" + escaped(string(o)), Name: escaped(string(o)),
			Owns:    impact.Count{Changed: len(has.changed), Reached: len(has.reached)},
			Changed: append([]string{}, has.changed[:min(len(has.changed), maxOwned)]...),
			Reached: append([]string{}, has.reached[:min(len(has.reached), maxOwned)]...),
		})
	}
	slices.SortFunc(f.result.Owners, func(a, b impact.Owner) int {
		return cmp.Or(cmp.Compare(b.Owns.Changed, a.Owns.Changed), cmp.Compare(b.Owns.Reached, a.Owns.Reached), strings.Compare(a.Name, b.Name))
	})
}
