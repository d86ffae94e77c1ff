package picture

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"custody/impact"
	"custody/internal/change"
)

// Whatever is reached: a bounded block of aligned lines that counts every node, in which
// no fence ends, and the same for the same report.
func TestText(t *testing.T) {
	for seed := range uint64(40) {
		for _, n := range []int{1, 3, 12, 60, 700} {
			r := made(seed, n, 1+int(seed)%20)
			r.Reached[0].Path = "odd`name/\u202e/```\n/@ada/#1/" + strings.Repeat("long", 40) + "/x.ts"
			text := Text(r)
			lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
			if len(lines) > 4*(textRows+2) || text != Text(r) {
				t.Fatalf("seed %d, %d: %d lines\n%s", seed, n, len(lines), text)
			}
			total, at := 0, -1
			for i, line := range lines {
				if cells(line) > 100 || strings.ContainsRune(line, '`') || strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
					t.Fatalf("seed %d: line %d has %d cells: %q", seed, i, cells(line), line)
				}
				before, _, ok := strings.Cut(line, "  █")
				if !ok {
					continue
				}
				if w := cells(before); at >= 0 && w != at {
					t.Fatalf("seed %d: line %d is not aligned\n%s", seed, i, text)
				} else {
					at = w
				}
				fields := strings.Fields(before)
				count, err := strconv.Atoi(strings.ReplaceAll(fields[len(fields)-1], ",", ""))
				if err != nil {
					t.Fatal(err)
				}
				total += count
			}
			if total != n+len(r.Changed) {
				t.Errorf("seed %d: %d of %d are counted\n%s", seed, total, n+len(r.Changed), text)
			}
		}
	}
	if Text(nil)+Text(&impact.Report{}) != "" {
		t.Error("nothing is drawn as something")
	}
}

// What a report counts and does not list, every form of the picture tells.
func TestCounted(t *testing.T) {
	r := made(1, 30, 4)
	r.More = &impact.More{Changed: 2000, Reached: []impact.MoreReached{{Distance: 9, Kind: impact.KindFile, Count: 1200}, {Distance: 9, Kind: impact.KindDocument, Count: 3}}}
	var svg bytes.Buffer
	if err := Inline(&svg, r); err != nil {
		t.Fatal(err)
	}
	for form, text := range map[string]string{"svg": svg.String(), "text": Text(r)} {
		if !strings.Contains(text, "2,004") || !strings.Contains(text, "1,203 of them, the farthest, are counted and not drawn") {
			t.Errorf("%s: %s", form, text)
		}
	}
	if !strings.Contains(svg.String(), "3 documents") {
		t.Error("the heading of the picture counts what is listed alone")
	}
}

func ExampleText() {
	r := &impact.Report{Changed: []impact.Changed{{Path: "shop/cart.ts", Status: change.Modified}, {Path: "shop/tax.ts", Status: change.Modified}, {Path: "readme.md", Status: change.Modified}}}
	add := func(n, distance int, folder string, via ...string) {
		for i := range n {
			path := fmt.Sprintf("%s/f%d.ts", folder, i)
			r.Reached = append(r.Reached, impact.Reached{Node: "file:" + path, Path: path, Kind: impact.KindFile, Distance: distance, Confidence: 1000, Via: append([]string{"file:shop/cart.ts"}, via...)})
		}
	}
	add(12, 1, "checkout")
	add(3, 1, "web/pages")
	add(25, 2, "server/handlers", "file:checkout/f0.ts")
	add(1, 3, "cmd", "file:checkout/f0.ts", "file:server/handlers/f1.ts")
	fmt.Print(Text(r))
	// Output:
	// changed: 3 files
	//    shop                  2  █
	//    the root folder       1  █
	//    ↓
	// from 1 step away: 15 files
	//    checkout             12  █████████
	//    web/pages             3  ██
	//    ↓
	// from 2 steps away: 25 files
	//    server/handlers      25  ████████████████████  through checkout
	//    ↓
	// from 3 steps away: 1 file
	//    cmd                   1  █                     through server/handlers
}
