package picture

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/finding"
)

var update = flag.Bool("update", false, "write the pictures in testdata anew")

// made is a report of n reached nodes in folders of a chance tree.
func made(seed uint64, n, changed int) *impact.Report {
	r := rand.New(rand.NewPCG(seed, 1))
	report := &impact.Report{Outcome: finding.Satisfied}
	for i := range changed {
		report.Changed = append(report.Changed, impact.Changed{Path: fmt.Sprintf("%sf%d.ts", path(r), i), Language: "typescript", Status: change.Status(r.IntN(5))})
	}
	nodes := []string{"file:" + report.Changed[0].Path}
	via := map[string][]string{}
	for i := range n {
		from := nodes[r.IntN(len(nodes))]
		x := impact.Reached{Kind: impact.KindFile, Edge: impact.Imports, Path: fmt.Sprintf("%sg%d.ts", path(r), i), Confidence: impact.Confidence(1 + r.IntN(1000)), Reason: "imports it"}
		if r.IntN(3) == 0 {
			x.Kind = impact.KindTest
		}
		x.Node = "file:" + x.Path
		x.Via = append(append([]string{}, via[from]...), from)
		x.Distance = len(x.Via)
		via[x.Node] = x.Via
		nodes = append(nodes, x.Node)
		report.Reached = append(report.Reached, x)
	}
	return report
}

func path(r *rand.Rand) string {
	p := ""
	for range r.IntN(5) {
		p += []string{"a", "packages", "src", "a-rather-long-name-of-a-folder", "日本語", "__tests__"}[r.IntN(6)] + "/"
	}
	return p
}

// No box covers another one, every reached node is in one box, and however much there is,
// the picture stays one that fits on a screen.
func TestBoxes(t *testing.T) {
	for seed := range uint64(60) {
		for _, n := range []int{0, 1, 3, 12, 60, 700} {
			r := made(seed, n, 1+int(seed)%20)
			rings := arrange(r)
			c := newCenter(r)
			boxes := []box{c.box}
			members := 0
			for i := range rings {
				if len(rings[i].groups) > capacity[i] || len(rings[i].groups) == 0 {
					t.Fatalf("seed %d, %d nodes: ring %d has %d boxes", seed, n, i, len(rings[i].groups))
				}
				for _, g := range rings[i].groups {
					g.w, g.h = g.size()
					members += len(g.members)
				}
			}
			if members != n {
				t.Fatalf("seed %d: %d of %d nodes are in boxes", seed, members, n)
			}
			for _, e := range place(c.box, rings) {
				if e.rx > 1600 {
					t.Errorf("seed %d, %d nodes: a ring is %d wide", seed, n, 2*e.rx)
				}
			}
			for i := range rings {
				for _, g := range rings[i].groups {
					for _, b := range boxes {
						if g.near(b, 0) {
							t.Fatalf("seed %d, %d nodes: the box of %s covers another one", seed, n, g.folder)
						}
					}
					boxes = append(boxes, g.box)
				}
			}
		}
	}
}

func TestSameBytes(t *testing.T) {
	for seed := range uint64(5) {
		var a, b bytes.Buffer
		if err := errors.Join(SVG(&a, made(seed, 300, 5)), SVG(&b, made(seed, 300, 5))); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Fatalf("seed %d: two pictures of one report differ", seed)
		}
	}
}

// TestBounded draws far more than fits.
func TestBounded(t *testing.T) {
	var b bytes.Buffer
	if err := SVG(&b, made(1, 60_000, 3000)); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 400<<10 {
		t.Errorf("the picture has %d bytes", b.Len())
	}
	b.Reset()
	if err := DOT(&b, made(1, 60_000, 3)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "and 58,000 more") {
		t.Error("the DOT document does not count what it leaves out")
	}
}

var hostile = []string{
	`</text><script>alert(1)</script>`, `"/><image href="http://x/"/>`, `]]>`, `&amp;&#0;`, "a\x00b\nc", "\u202ecod.exe", strings.Repeat("W", 5000),
	strings.Repeat("日本", 300), strings.Repeat("a/", 800) + "x", `\`, `\"; evil [URL="javascript:1"]`, "'", "é́́́", "\xff\xfe", "\uFFFE", "", "🏳️‍🌈",
}

func hostileReport() *impact.Report {
	r := &impact.Report{Outcome: finding.NotAssessed, Reasons: []finding.Reason{{Code: hostile[0], Detail: hostile[1]}}}
	for _, h := range hostile {
		r.Changed = append(r.Changed, impact.Changed{Path: h, OldPath: h})
		r.Reached = append(r.Reached, impact.Reached{Node: "file:" + h, Kind: impact.Kind("file"), Path: h + "/" + h, Distance: 1, Via: []string{h}, Reason: h, Edge: impact.EdgeKind(h)})
		r.Reached = append(r.Reached, impact.Reached{Node: "package:" + h, Kind: impact.KindPackage, Path: h, Distance: 2, Via: []string{h, "file:" + h}, Reason: h})
	}
	return r
}

// elements that a picture may have: nothing that runs, links or loads.
var elements = map[string]bool{"svg": true, "title": true, "desc": true, "style": true, "rect": true, "ellipse": true, "path": true, "text": true, "g": true}

func checkSVG(t *testing.T, doc []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(doc))
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("no XML: %v", err)
		}
		if e, ok := tok.(xml.StartElement); ok {
			if !elements[e.Name.Local] {
				t.Fatalf("the picture has an element %s", e.Name.Local)
			}
			for _, a := range e.Attr {
				if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") || strings.Contains(a.Name.Local, "href") || a.Name.Local == "style" {
					t.Fatalf("the picture has an attribute %s", a.Name.Local)
				}
			}
		}
	}
}

func TestHostileNames(t *testing.T) {
	var b bytes.Buffer
	if err := SVG(&b, hostileReport()); err != nil {
		t.Fatal(err)
	}
	checkSVG(t, b.Bytes())
	if strings.Contains(b.String(), "@import") || strings.Contains(b.String(), "url(") {
		t.Error("the style loads something")
	}
}

func FuzzSVG(f *testing.F) {
	for _, h := range hostile {
		f.Add(h, "a/b.go", "because")
	}
	f.Fuzz(func(t *testing.T, a, b, why string) {
		r := &impact.Report{
			Changed: []impact.Changed{{Path: a}, {Path: b, OldPath: a}},
			Reached: []impact.Reached{
				{Node: "file:" + a, Path: a, Kind: impact.KindTest, Distance: 1, Via: []string{"file:" + b}, Reason: why},
				{Node: "package:" + b, Path: b, Kind: impact.KindPackage, Distance: 3, Via: []string{"file:" + b, "file:" + a, why}, Reason: why},
				{Node: why, Path: why, Distance: 3, Via: nil, Reason: a},
			},
		}
		var doc bytes.Buffer
		if err := SVG(&doc, r); err != nil {
			t.Fatal(err)
		}
		checkSVG(t, doc.Bytes())
	})
}

// Graphviz itself reads what is written for it, and finds the nodes and lines that are
// meant.
func TestGraphvizReadsIt(t *testing.T) {
	for name, r := range map[string]*impact.Report{"made": made(3, 40, 4), "hostile": hostileReport()} {
		var b bytes.Buffer
		if err := DOT(&b, r); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("dot", "-Tplain")
		cmd.Stdin = &b
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: dot: %v\n%s", name, err, b.String())
		}
		if name == "made" {
			nodes, lines := bytes.Count(out, []byte("\nnode ")), bytes.Count(out, []byte("\nedge "))
			if nodes != 44 || lines != 40 {
				t.Errorf("%s: Graphviz has %d nodes and %d lines, want 44 and 40", name, nodes, lines)
			}
		}
	}
}

func TestPicture(t *testing.T) {
	var b bytes.Buffer
	if err := SVG(&b, made(7, 90, 3)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "picture.svg")
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, b.Bytes()) {
		t.Errorf("%s differs: look at the new one, then run with -update", file)
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct {
		got, want string
	}{
		{shorten("packages/compiler-core/__tests__", 27), "…/compiler-core/__tests__"},
		{shorten("spring-boot-test/src/main/java/org/boot/test/context", 34), "spring-boot-test/…/test/context"},
		{shorten("a/b", 34), "a/b"},
		{middle("SpringApplicationBuilderTests.java", 20), "SpringApplica…s.java"},
		{head("日本語日本語", 7), "日本語…"},
		{tail("some/long/folder/of/files", 17), "…/folder/of/files"},
		{change.Thousands(1234567), "1,234,567"},
		{change.Thousands(999), "999"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// Two boxes of one ring have the same name where one of them is what is left of a folder.
func TestSamePictureEachTime(t *testing.T) {
	r := &impact.Report{Changed: []impact.Changed{{Path: "c.go"}}}
	add := func(path string, distance int, via ...string) {
		r.Reached = append(r.Reached, impact.Reached{Node: "file:" + path, Kind: impact.KindFile, Path: path, Distance: distance, Confidence: 900, Via: append([]string{"file:c.go"}, via...)})
	}
	for n := range 9 {
		add(fmt.Sprintf("a/%d.go", n), 1)
	}
	for n := range 20 {
		add(fmt.Sprintf("a/x%02d/x.go", n), 1)
	}
	add("z/0.go", 2, "file:a/0.go")
	add("z/1.go", 2, "file:a/x19/x.go")
	var first bytes.Buffer
	if err := SVG(&first, r); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		var again bytes.Buffer
		if err := SVG(&again, r); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.Bytes(), first.Bytes()) {
			t.Fatal("the same report makes another picture")
		}
	}
}
