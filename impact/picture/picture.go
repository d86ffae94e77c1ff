// Package picture draws what a change reaches: as SVG for people to look at, as DOT for
// Graphviz.
//
// It promises a picture of bounded size whatever the report holds, with everything that
// is not drawn counted in it; the same bytes for the same report; and text that no file
// name can break out of. It draws what the report says and knows nothing else.
package picture

import (
	"cmp"
	"slices"
	"strings"

	"custody/impact"
)

// A group is one box: nodes of one folder, or of a folder and those below it where there
// is no room for each.
type group struct {
	folder    string // escaped, "." for the root
	collapsed bool   // folders below it are in it, too
	rest      bool   // and others have boxes of their own
	members   []*impact.Reached
	ring      int
	nearest   int
	farthest  int
	surest    impact.Confidence
	kinds     map[impact.Kind]int
	from      map[*group]int // where its paths come from: groups nearer to the change; nil stands for the change itself

	box
}

// A ring is what stands at about the same distance.
type ring struct {
	first, last int // distances
	groups      []*group
	count       int // nodes
}

// capacity is how many boxes a ring has room for. What is farther than the last ring
// stands on it.
var capacity = []int{8, 12, 16}

// arrange puts every reached node into one box. A folder stands at its nearest distance,
// whole: a Go package and its files would be told apart otherwise for no good reason.
func arrange(r *impact.Report) []ring {
	folders := map[string][]*impact.Reached{}
	nearest := map[string]int{}
	for i := range r.Reached {
		n := &r.Reached[i]
		f := folderOf(n)
		folders[f] = append(folders[f], n)
		if at, ok := nearest[f]; !ok || n.Distance < at {
			nearest[f] = n.Distance
		}
	}
	var distances []int
	for _, d := range nearest {
		distances = append(distances, d)
	}
	slices.Sort(distances)
	distances = slices.Compact(distances)

	rings := make([]ring, min(len(distances), len(capacity)))
	for i := range rings {
		last := distances[i]
		if i == len(rings)-1 {
			last = distances[len(distances)-1]
		}
		rings[i] = ring{first: distances[i], last: last}
		var mine []string
		for f, d := range nearest {
			if rings[i].first <= d && d <= last {
				mine = append(mine, f)
				rings[i].count += len(folders[f])
			}
		}
		slices.Sort(mine)
		for _, b := range divide(mine, folders, capacity[i]) {
			rings[i].groups = append(rings[i].groups, newGroup(b, folders, i))
		}
	}
	link(r, rings)
	return rings
}

// A bundle is folders that share a box.
type bundle struct {
	top     string
	folders []string // sorted
	weight  int
	rest    bool // what found no box of its own: it is not split again
}

// divide makes at most room bundles of folders. It begins with all in one and splits the
// one with the most nodes, again and again, while there is room. Where there is not room
// for all parts, the heaviest get it and the rest stay together.
func divide(folders []string, members map[string][]*impact.Reached, room int) []bundle {
	open, done := []bundle{newBundle(folders, members)}, []bundle{}
	for len(open) > 0 {
		heaviest := 0
		for i := range open {
			if heavier(open[i], open[heaviest]) < 0 {
				heaviest = i
			}
		}
		b := open[heaviest]
		open = slices.Delete(open, heaviest, heaviest+1)
		parts := b.split(members)
		left := room - len(open) - len(done) // for this one
		switch {
		case b.rest || len(parts) < 2 || left < 3 && len(parts) > left:
			done = append(done, b)
			continue
		case len(parts) > left:
			slices.SortFunc(parts, heavier)
			var others []string
			for _, p := range parts[left-1:] {
				others = append(others, p.folders...)
			}
			slices.Sort(others)
			rest := newBundle(others, members)
			rest.rest, rest.top = true, b.top
			parts = append(parts[:left-1:left-1], rest)
		}
		open = append(open, parts...)
	}
	slices.SortFunc(done, func(a, b bundle) int { return cmp.Or(cmp.Compare(a.top, b.top), heavier(a, b)) })
	return done
}

func heavier(a, b bundle) int {
	return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.top, b.top))
}

func newBundle(folders []string, members map[string][]*impact.Reached) bundle {
	b := bundle{folders: folders}
	if len(folders) > 0 {
		b.top = commonFolder(folders[0], folders[len(folders)-1]) // they are sorted
	}
	for _, f := range folders {
		b.weight += len(members[f])
	}
	return b
}

// split takes a bundle apart by the next part of their folders.
func (b bundle) split(members map[string][]*impact.Reached) []bundle {
	byPart := map[string][]string{}
	for _, f := range b.folders {
		byPart[partBelow(f, b.top)] = append(byPart[partBelow(f, b.top)], f)
	}
	var parts []bundle
	for _, p := range sortedKeys(byPart) {
		parts = append(parts, newBundle(byPart[p], members))
	}
	return parts
}

// partBelow is the first part of a folder's path below top; "" for top itself.
func partBelow(folder, top string) string {
	if folder == top {
		return ""
	}
	rest := folder
	if top != "." {
		rest = strings.TrimPrefix(folder, top+"/")
	}
	part, _, _ := strings.Cut(rest, "/")
	return part
}

// commonFolder is the deepest folder that both are in.
func commonFolder(a, b string) string {
	if a == "." || b == "." {
		return "."
	}
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	n := 0
	for n < len(x) && n < len(y) && x[n] == y[n] {
		n++
	}
	return cmp.Or(strings.Join(x[:n], "/"), ".")
}

func newGroup(b bundle, folders map[string][]*impact.Reached, ring int) *group {
	g := &group{folder: b.top, collapsed: len(b.folders) > 1, rest: b.rest, ring: ring, kinds: map[impact.Kind]int{}, from: map[*group]int{}}
	for _, f := range b.folders {
		g.members = append(g.members, folders[f]...)
	}
	for i, n := range g.members {
		if i == 0 || n.Distance < g.nearest {
			g.nearest = n.Distance
		}
		g.farthest = max(g.farthest, n.Distance)
		g.surest = max(g.surest, n.Confidence)
		g.kinds[n.Kind]++
	}
	// What a box names are those that matter: code before tests, near before far, sure
	// before unsure.
	slices.SortStableFunc(g.members, func(a, b *impact.Reached) int {
		return cmp.Or(
			cmp.Compare(rank(a.Kind), rank(b.Kind)), cmp.Compare(a.Distance, b.Distance),
			cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(a.Node, b.Node))
	})
	return g
}

func rank(k impact.Kind) int {
	switch k {
	case impact.KindFile:
		return 0
	case impact.KindTest:
		return 1
	case impact.KindPackage:
		return 3 // its files say more
	}
	return 2
}

// link finds where the paths into each group come from.
func link(r *impact.Report, rings []ring) {
	in := map[string]*group{}
	for i := range rings {
		for _, g := range rings[i].groups {
			for _, n := range g.members {
				in[n.Node] = g
			}
		}
	}
	for i := range rings {
		for _, g := range rings[i].groups {
			for _, n := range g.members {
				// The last step from a box nearer to the change: what is within one, or
				// comes back from farther away, says nothing that a line could show.
				var from *group
				for at := len(n.Via) - 1; at > 0; at-- {
					if from = in[n.Via[at]]; from != nil && from.ring < g.ring {
						break
					}
					from = nil
				}
				g.from[from]++
			}
		}
	}
}

// folderOf is the folder by which a node is grouped.
func folderOf(n *impact.Reached) string {
	if n.Kind == impact.KindPackage {
		return cmp.Or(n.Path, ".")
	}
	return folder(n.Path)
}

func folder(path string) string {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i]
	}
	return "."
}

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
