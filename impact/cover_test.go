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
)

// coverChange alters, adds and removes definitions, and adds files: what most changes do.
func coverChange(r *rand.Rand, from map[string]string) map[string]string {
	head := maps.Clone(from)
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(from)), func(name string) bool {
		return !strings.HasSuffix(name, ".go") || strings.HasPrefix(name, "fill/")
	})
	for range 1 + r.IntN(4) {
		name := names[r.IntN(len(names))]
		imports, rest, ok := strings.Cut(head[name], ")\n\n")
		_, more, _ := strings.Cut(namesText(r, name), ")\n\n")
		all, others := strings.Split(rest, "\n\n"), strings.Split(more, "\n\n")
		at, other := r.IntN(len(all)), others[r.IntN(len(others))]
		switch what := r.IntN(16); {
		case !ok:
			continue
		case what < 6:
			all[at] = strings.Replace(all[at], " }", fmt.Sprintf("; fmt.Print(%d) }", r.IntN(99)), 1)
		case what < 9:
			all[at] = strings.Replace(all[at], "{ ", "{ _ = "+[]string{"T0{}", "F1", "V2", "fmt.Sprint()"}[r.IntN(4)]+"; ", 1)
		case what < 13:
			all = slices.Insert(all, at, other)
		case what < 14:
			all = slices.Delete(all, at, at+1)
		case what < 15:
			all[at] = other
		default:
			added := namesFile(r)
			if _, there := head[added]; !there {
				head[added] = namesText(r, added)
			}
			continue
		}
		head[name] = imports + ")\n\n" + strings.Join(all, "\n\n")
	}
	return head
}

// TestCovering: where names are followed in the graph of head alone, the report is the one that
// both graphs give.
func TestCovering(t *testing.T) {
	trees := uint64(150)
	if os.Getenv("CUSTODY_SLOW") != "" {
		trees = 20_000
	}
	alone, both, near, wide := 0, 0, 0, 0
	type chance struct{ seed, stream uint64 }
	chances := []chance{
		{10681, 21}, // a way out of a package and back into it
		{387, 22},   // into a package that imports nothing
		{1977, 22},  // a package that only head reaches as a whole
	}
	for seed := range trees {
		chances = append(chances, chance{seed, 21})
	}
	for _, one := range chances {
		seed := one.seed
		r := rand.New(rand.NewPCG(seed, one.stream))
		m := &memory{}
		first := namesTree(r)
		for n := range maxRunFiles { // in a small tree it is followed what runs
			first[fmt.Sprintf("fill/f%d.go", n)] = "package fill\n"
		}
		known := mustWrite(t, mustKnow(t, m, m.tree(first)))
		from := first
		for step := range 6 {
			head := coverChange(r, from)
			c := changeOf(m, from, head)
			if len(c.Files) == 0 {
				continue
			}
			sides := 0
			in := AssessInput{Source: m, Change: c, KeepFrom: true, coverFew: true, followed: func(n int) { sides = n }}
			assess := func() *Report {
				in.Graphs = &graphs{tree: m.tree(first), known: known}
				got, err := Assess(t.Context(), in)
				if err != nil {
					t.Fatal(err)
				}
				return got
			}
			got := assess()
			if sides == 1 {
				if alone++; step > 0 {
					near++
				}
				if len(got.Reached) > 7 {
					wide++
				}
				in.bothSides = true
				if want := assess(); !reflect.DeepEqual(got, want) {
					a, b := append(itemsOf(reflect.ValueOf(got.Reached)), itemsOf(reflect.ValueOf(got.Changed))...), append(itemsOf(reflect.ValueOf(want.Reached)), itemsOf(reflect.ValueOf(want.Changed))...)
					without := func(list, other []string) string {
						return strings.Join(slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) }), "\n")
					}
					t.Fatalf("seed %d, step %d: the report is another one: it has\n%s\nand lacks\n%s\nof\n%s", seed, step, without(a, b), without(b, a), changeText(c, from, head))
				}
				if sides != 2 {
					t.Fatal("there is nothing to compare with")
				}
			} else if sides == 2 {
				both++
			}
			if known.Damaged() {
				t.Fatal("what was written can not be read")
			}
			if step%2 == 1 {
				from = head
			}
		}
	}
	t.Logf("%d changes followed in one graph, %d of them over an earlier one, %d in both; %d reach more than seven nodes", alone, near, both, wide)
	if alone < int(trees) || near < int(trees)/8 || both < int(trees)/4 || wide < int(trees)/12 {
		t.Errorf("%d, %d, %d and %d: the test proves less than it says", alone, near, both, wide)
	}
}
