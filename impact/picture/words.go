package picture

import (
	"fmt"
	"strings"
	"unicode"

	"custody/impact"
	"custody/internal/change"
)

// cells is how wide a text is in a font whose letters are equally wide, of which East
// Asian ones and pictures take two.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += cellsOf(r)
	}
	return n
}

func cellsOf(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 ||
		r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0x1f000):
		return 2
	}
	return 1
}

// head keeps the beginning of a text, tail the end, which says more of a path.
func head(s string, most int) string {
	if cells(s) <= most {
		return s
	}
	var b strings.Builder
	n := 1
	for _, r := range s {
		if n += cellsOf(r); n > most {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + "…"
}

func tail(s string, most int) string {
	if cells(s) <= most {
		return s
	}
	rs := []rune(s)
	n, at := 1, len(rs)
	for at > 0 && n+cellsOf(rs[at-1]) <= most {
		at--
		n += cellsOf(rs[at])
	}
	for at < len(rs) && unicode.In(rs[at], unicode.Mn, unicode.Me) {
		at++ // it belongs to a letter that is gone
	}
	kept := string(rs[at:])
	if i := strings.IndexByte(kept, '/'); i >= 0 && i < len(kept)/2 {
		kept = kept[i:] // from a whole name on
	}
	return "…" + kept
}

// middle keeps both ends: of a file's name the beginning tells it from others, and the
// end says what it is.
func middle(s string, most int) string {
	if cells(s) <= most {
		return s
	}
	rs := []rune(s)
	if len(rs) < most {
		return head(s, most)
	}
	back := most / 3
	end := string(rs[len(rs)-back:])
	for cells(end) > back {
		rs := []rune(end)
		end = string(rs[1:])
	}
	return head(s, most-cells(end)) + end
}

// counted is how many files changed, and what is reached, with what a report counts and
// does not list; unlisted is how much of that is reached.
func counted(r *impact.Report) (changed int, kinds map[impact.Kind]int, unlisted int) {
	changed, kinds = len(r.Changed), map[impact.Kind]int{}
	for i := range r.Reached {
		kinds[r.Reached[i].Kind]++
	}
	if r.More != nil {
		changed += r.More.Changed
		for _, m := range r.More.Reached {
			kinds[m.Kind] += m.Count
			unlisted += m.Count
		}
	}
	return changed, kinds, unlisted
}

// notListed says that a report has more than it lists; empty if it has not.
func notListed(n int) string {
	if n == 0 {
		return ""
	}
	return change.Thousands(n) + " of them, the farthest, are counted and not drawn"
}

// tellKinds is "12 files, 3 tests".
func tellKinds(kinds map[impact.Kind]int) string {
	var parts []string
	for _, k := range []impact.Kind{impact.KindPackage, impact.KindFile, impact.KindTest, impact.KindDocument} {
		if n := kinds[k]; n > 0 {
			parts = append(parts, count(n, string(k)))
		}
	}
	return strings.Join(parts, ", ")
}

func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%s %ss", change.Thousands(n), word)
}

// name is what a box calls a node: with its folder if another one there has the same
// name.
func (g *group) name(n *impact.Reached) string {
	switch {
	case n.Node == "package:.":
		return "the root package"
	case n.Kind == impact.KindPackage && !g.collapsed:
		return "the package"
	case n.Kind == impact.KindPackage:
		return "package " + base(n.Path)
	case n.Path == "":
		return n.Node
	}
	name := base(n.Path)
	for _, other := range g.members {
		if other != n && base(other.Path) == name {
			return base(folder(n.Path)) + "/" + name
		}
	}
	return name
}

// called is the folder of a box as people write it, in at most that many cells.
func (g *group) called(most int) string {
	switch {
	case g.folder == "." && g.collapsed:
		return "other folders"
	case g.folder == ".":
		return "the root folder"
	case g.rest:
		return "others in " + shorten(g.folder, most-10)
	case g.collapsed:
		return shorten(g.folder, most-2) + "/…"
	}
	return shorten(g.folder, most)
}

// shorten takes parts out of the middle of a folder's path: the first says which project
// it is, the last what is in it.
func shorten(folder string, most int) string {
	if cells(folder) <= most {
		return folder
	}
	parts := strings.Split(folder, "/")
	if len(parts) < 3 {
		return tail(folder, most)
	}
	if saysLittle(parts[0]) {
		return "…/" + shorten(folder[len(parts[0])+1:], most-2)
	}
	start, end := parts[0]+"/…/", parts[len(parts)-1]
	if cells(start)+cells(end) > most {
		start = head(parts[0], most/3) + "/…/"
	}
	if cells(start)+cells(end) > most {
		return tail(folder, most)
	}
	for i := len(parts) - 2; i > 0 && cells(start)+cells(parts[i])+1+cells(end) <= most; i-- {
		end = parts[i] + "/" + end
	}
	return start + end
}

// saysLittle knows folders that hold the projects of a repository, or all of one.
func saysLittle(folder string) bool {
	switch folder {
	case "packages", "src", "lib", "libs", "internal", "pkg", "apps", "modules", "crates", "vendor":
		return true
	}
	return false
}

// distances is "distance 2" or "distance 2 to 9".
func distances(first, last int) string {
	if first == last {
		return fmt.Sprintf("distance %d", first)
	}
	return fmt.Sprintf("distance %d to %d", first, last)
}
