package impact

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"custody/impact/wire"
	"custody/internal/change"
	"custody/internal/git"
)

// namesTree is a module in which names of Go are mentioned in every way that there is: methods
// of types and of interfaces, exported or not, behind one path or two, by a package that is
// called otherwise, with a dot, in tests of both kinds, in a folder within another one.
func namesTree(r *rand.Rand) map[string]string {
	files := map[string]string{
		"go.mod":    "module m\n\nrequire x v1.0.0\n\nreplace x => ./p0\n\nrequire y v1.0.0\n\nreplace y => ./p1/sub\n",
		"p0/go.mod": "module x\n", "p0/a.go": "package p0\n\ntype T0 struct{}\n",
		"p4/go.mod":     "module m/p4\n\nrequire x v1.0.0\n\nreplace x => ../p3\n",
		"p1/sub/go.mod": "module y\n", "p1/sub/a.go": "package other\n\ntype T0 struct{}\n\nfunc (T0) Do() {}\n",
	}
	for range 8 + r.IntN(22) {
		name := namesFile(r)
		files[name] = namesText(r, name)
	}
	return files
}

func namesFile(r *rand.Rand) string {
	folder := []string{"", "p0/", "p1/", "p1/", "p1/sub/", "p2/", "p2/", "p2/deep/er/", "p3/", "p4/", "p5/"}[r.IntN(11)]
	return folder + string(rune('a'+r.IntN(4))) + []string{".go", ".go", ".go", "_test.go"}[r.IntN(4)]
}

func namesText(r *rand.Rand, name string) string {
	folder, _, _ := cutLast(name)
	_, pkg, _ := cutLast(folder)
	switch {
	case folder == "":
		pkg = "m"
	case folder == "p1/sub":
		pkg = "other"
	}
	isTest := strings.HasSuffix(name, "_test.go")
	if isTest && r.IntN(2) == 0 {
		pkg += "_test"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n\nimport (\n\t\"fmt\"\n", pkg)
	names := []string{""} // how this file names what it can mention
	for range 1 + r.IntN(3) {
		spec := []string{"m/p0", "x", "y", "m/p1", "m/p2", "m/p2/deep/er", "m/p3", "m", "m/p4", "m/p5"}[r.IntN(10)]
		_, base, _ := cutLast(spec)
		switch as := r.IntN(9); {
		case as == 0:
			fmt.Fprintf(&b, "\t. %q\n", spec)
		case as == 1:
			fmt.Fprintf(&b, "\tother%d %q\n", len(names), spec)
			names = append(names, fmt.Sprintf("other%d.", len(names)))
		case spec == "y":
			b.WriteString("\t\"y\"\n")
			names = append(names, "other.")
		default:
			fmt.Fprintf(&b, "\t%q\n", spec)
			names = append(names, base+".")
		}
	}
	b.WriteString(")\n\n")
	named := func(kind string) string { return names[r.IntN(len(names))] + fmt.Sprint(kind, r.IntN(3)) }
	member := func() string { return []string{"Do", "Run", "String", "help", "less"}[r.IntN(5)] }
	use := func() string {
		return []string{named("F") + "()", named("f") + "()", named("V"), named("T") + "{}." + member() + "()", "x." + member() + "()", "fmt.Println(" + named("T") + "{})", "_ = " + named("T") + "{}"}[r.IntN(7)]
	}
	for i := range 1 + r.IntN(6) {
		switch r.IntN(10) {
		case 0, 1:
			fmt.Fprintf(&b, "type T%d struct{ x %s }\n\n", r.IntN(3), named("T"))
		case 2, 3:
			fmt.Fprintf(&b, "func (t T%d) %s() %s { %s }\n\n", r.IntN(3), member(), []string{"", "int"}[r.IntN(2)], use())
		case 4:
			fmt.Fprintf(&b, "type I%d interface{ %s(); %s() }\n\n", r.IntN(3), member(), member())
		case 5:
			fmt.Fprintf(&b, "var V%d = %s\n\n", r.IntN(3), []string{named("F") + "()", named("V"), "1"}[r.IntN(3)])
		case 6:
			fmt.Fprintf(&b, "func init() { %s }\n\n", use())
		case 7:
			fmt.Fprintf(&b, "func f%d() { %s }\n\n", r.IntN(3), use())
		default:
			if isTest {
				fmt.Fprintf(&b, "func Test%s() { %s; %s }\n\n", []string{"Main", fmt.Sprint(i)}[r.IntN(2)], use(), use())
			} else {
				fmt.Fprintf(&b, "func F%d(x %s) { %s; %s }\n\n", r.IntN(3), named("I"), use(), use())
			}
		}
	}
	if r.IntN(30) == 0 {
		b.WriteString("func (")
	}
	return b.String()
}

// TestKeptNames: what a change reaches by the numbers of the graph's file is what it reaches
// by names, graph after graph.
func TestKeptNames(t *testing.T) {
	trees := uint64(400)
	if os.Getenv("CUSTODY_SLOW") != "" {
		trees = 40_000
	}
	over, near, reached, packages := 0, 0, 0, 0
	for seed := range trees {
		r := rand.New(rand.NewPCG(seed, 11))
		m := &memory{}
		from := namesTree(r)
		k := mustKnow(t, m, m.tree(from))
		first, earlier := m.tree(from), mustWrite(t, k)
		for step := range 3 {
			head := maps.Clone(from)
			names := slices.Sorted(maps.Keys(from))
			for range 1 + r.IntN(6) {
				switch name := names[r.IntN(len(names))]; {
				case strings.HasSuffix(name, ".mod"):
				case r.IntN(8) == 0:
					delete(head, name)
				case r.IntN(8) == 0: // a package goes, or moves
					to := []string{"", "p5/", "p6/deep/p2/"}[r.IntN(3)]
					for _, other := range names {
						if text, ok := head[other]; ok && folderOf(change.Path(other)) == folderOf(change.Path(name)) && strings.HasSuffix(other, ".go") {
							delete(head, other)
							if to != "" {
								head[to+baseName(change.Path(other))] = text
							}
						}
					}
				case r.IntN(8) == 0:
					name = namesFile(r)
					head[name] = namesText(r, name)
				case r.IntN(2) == 0:
					head[name] = namesText(r, name)
				default:
					head[name] = strings.Replace(from[name], " }\n", fmt.Sprintf("; fmt.Print(%d) }\n", r.IntN(99)), 1)
				}
			}
			c := changeOf(m, from, head)
			if len(c.Files) == 0 {
				continue
			}
			want, err := Assess(t.Context(), AssessInput{Source: m, Change: c})
			if err != nil {
				t.Fatal(err)
			}
			kept := k.Encode()
			if seed%8 == 0 && step == 0 { // as if there were no room for the names
				kept = k.encodeWithin(0)
			}
			known, err := OpenKnown(wire.Memory(slices.Concat(kept...)))
			if err != nil {
				t.Fatal(err)
			}
			if without := known.graph.over.mentions.goNames() == 0; without != (seed%8 == 0 && step == 0) {
				t.Errorf("without names: %t", without)
			}
			store := &graphs{tree: c.FromTree, known: known}
			got, err := Assess(t.Context(), AssessInput{Source: m, Change: c, Graphs: store})
			if err != nil {
				t.Fatal(err)
			}
			if known.Damaged() {
				t.Error("what was written can not be read")
			}
			if a, b := itemsOf(reflect.ValueOf(got.Reached)), itemsOf(reflect.ValueOf(want.Reached)); !slices.Equal(a, b) {
				t.Errorf("reached\n%s\nwant\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
			}
			if !reflect.DeepEqual(got, want) {
				t.Error("the report is another one")
			}
			if step == 2 {
				near += assessNear(t, m, c, want, first, earlier)
			}
			if o := store.known.overlay; o != nil {
				over++
				packages += len(o.packages)
				if d := difference(store.known.graph.at(git.OID{}, c.HeadTree), mustKnow(t, m, c.HeadTree).graph); d != "" {
					t.Errorf("the graph is another one: %s", d)
				}
			}
			if t.Failed() {
				t.Fatalf("seed %d:\n%s", seed, changeText(c, from, head))
			}
			reached += len(got.Reached)
			from, k = head, store.known
		}
	}
	t.Logf("%d graphs laid over the one of base, %d over an earlier one, %d packages came or went, %d nodes reached", over, near, packages, reached)
	if over < int(trees) || near < int(trees)/4 || packages < int(trees)/4 || reached < 4*over {
		t.Errorf("%d, %d and %d: the test proves less than it says", over, packages, reached)
	}
}
