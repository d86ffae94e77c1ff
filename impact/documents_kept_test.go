package impact

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"custody/impact/wire"
	"custody/internal/change"
	"custody/internal/git"
)

// keptProse is a DocumentStore in memory.
type keptProse struct {
	tree  git.OID
	parts [][]byte
	saved int
}

func (k *keptProse) Documents() (git.OID, wire.Region) {
	if k.parts == nil {
		return git.OID{}, nil
	}
	return k.tree, wire.Memory(slices.Concat(k.parts...))
}

func (k *keptProse) KeepDocuments(tree git.OID, parts ...[]byte) {
	k.tree, k.parts = tree, parts
	k.saved++
}

// randomDocument mentions some of names in all the ways that a document can.
func randomDocument(r *rand.Rand, names []string) string {
	var b strings.Builder
	for range r.IntN(6) {
		name := names[r.IntN(len(names))]
		form := []string{
			"see [it](../%s#L3)\n", "[it](/%s?x=1)\n", "`%s`\n", "```\nx %s()\n```\n", "in %s today\n", "<%s>\n",
			"<https://forge.example/a/b/blob/main/%s>\n", "`%s()`\n", "[it]: %s\n", "a/%s\n",
		}[r.IntN(10)]
		if r.IntN(4) == 0 {
			name = strings.ReplaceAll(name, "/", ".")
		}
		if r.IntN(4) == 0 {
			name = strings.TrimSuffix(name, ".go")
		}
		fmt.Fprintf(&b, form, name)
	}
	return b.String()
}

// What is kept of a tree answers as the documents of head do, for every change to it: the
// first time, when it is made, when it is made out of what was kept of another tree, and
// when it is there.
func TestKeptDocuments(t *testing.T) {
	names := []string{"pkg/server.go", "app/web/handlers.py", "org/acme/web/Handlers.java", "old/name.go", "README.md", "docs/a.md", "ServeAll", "Server.Serve", "x.go", "docs/b.rst", "é/ü.go"}
	stale, many := 0, strings.Repeat("`a/b.go` ", 3)
	for i := range maxMentions + 2 {
		many += fmt.Sprintf("a/b%d.go\n", i)
	}
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 8))
		m := &memory{}
		before, after := map[string]string{}, map[string]string{}
		for i := range 1 + r.IntN(8) {
			path := []string{"docs/a.md", "docs/b.rst", "README.md", "d/c.adoc", "vendor/x/e.md", "f.md", "g.txt", "link.md"}[i]
			before[path] = randomDocument(r, names)
			switch r.IntN(24) {
			case 0:
				before[path] = missing
			case 1:
				before[path] = many
			case 2:
				before[path] = symlink
			case 3:
				before[path] = strings.Repeat("x", maxProseBytes+1)
			}
			after[path] = before[path]
		}
		c := &change.Change{Head: oid("head"), From: oid("from")}
		report := &Report{}
		add := func(f change.File, symbols ...Symbol) {
			c.Files = append(c.Files, f)
			old := ""
			if f.Status == change.Renamed {
				old = f.OldPath.Escaped()
			}
			report.Changed = append(report.Changed, Changed{Path: f.Path.Escaped(), OldPath: old, Status: f.Status, Symbols: symbols})
		}
		entry := func(path, content string) (git.Mode, git.OID) {
			if content == symlink {
				return git.ModeSymlink, oid(content)
			}
			return git.ModeFile, oid(content)
		}
		for _, path := range names {
			was, is := before[path], after[path]
			switch p := change.Path(path); {
			case r.IntN(3) > 0:
			case is == "":
				add(change.File{Path: p, Status: change.Modified, OldMode: git.ModeFile, Mode: git.ModeFile, OldID: oid("1"), ID: oid("2")},
					Symbol{Name: "ServeAll", Change: "signature", Exported: true}, Symbol{Name: "Server.Serve", Change: "removed", Exported: true})
			default:
				f := change.File{Path: p, Status: []change.Status{change.Modified, change.Deleted, change.Renamed}[r.IntN(3)]}
				f.OldMode, f.OldID = entry(path, was)
				delete(after, path)
				if f.Status == change.Renamed {
					f.OldPath, f.Path = f.Path, "new/"+f.Path
				}
				if f.Status != change.Deleted {
					after[string(f.Path)] = randomDocument(r, names)
					f.Mode, f.ID = entry(string(f.Path), after[string(f.Path)])
				}
				add(f)
			}
		}
		c.FromTree, c.HeadTree = m.tree(before), m.tree(after)
		in := DocumentsInput{Source: m, Tree: c.HeadTree, Report: report, Change: c}
		want, err := StaleDocuments(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		stale += len(want.Stale)
		kept := &keptProse{}
		in.Kept = kept
		for _, how := range []string{"made", "kept", "of another tree"} {
			if how == "of another tree" {
				kept.tree = oid("other")
			}
			got, err := StaleDocuments(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d, %s:\n%+v\nwant\n%+v", seed, how, got, want)
			}
		}
		if kept.saved != 2 {
			t.Fatalf("seed %d: kept %d times", seed, kept.saved)
		}
	}
	if stale < 40 {
		t.Errorf("%d stale documents in all: it tells nothing", stale)
	}
}

// Nothing is read of the documents that name nothing of the change.
func TestKeptDocumentsAreNotRead(t *testing.T) {
	m := &memory{}
	files := map[string]string{"a.md": "x/y.go\n", "b.md": "z.go\n"}
	c := &change.Change{Head: oid("head"), From: oid("from"), FromTree: m.tree(files), HeadTree: m.tree(files)}
	in := DocumentsInput{Source: m, Tree: c.HeadTree, Change: c, Report: &Report{Changed: []Changed{{Path: "x/y.go"}}}, Kept: &keptProse{}}
	for range 2 {
		d, err := StaleDocuments(t.Context(), in)
		if err != nil || len(d.Stale) != 1 || d.Read != 2 {
			t.Fatalf("%+v, %v", d, err)
		}
	}
	if n := m.read.Load(); n != 2 {
		t.Errorf("%d documents were read", n)
	}
}

// What is kept may be anything: then it is not believed, and the documents are read.
func FuzzKeptDocuments(f *testing.F) {
	doc := proseFile{path: "a.md", id: oid("a"), fact: &Fact{Facts: extractProse([]byte("`pkg/server.go` and `Server.Serve()`"))}}
	unread := proseFile{path: "b.md", id: oid("b")}
	f.Add(slices.Concat(encodeDocuments([]proseFile{doc, unread})...))
	f.Add(slices.Concat(encodeDocuments(nil)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		m := &memory{}
		files := map[string]string{"a.md": "`pkg/server.go`\n", "b.md": "other\n"}
		in := DocumentsInput{Source: m, Tree: m.tree(files), Report: &Report{Changed: []Changed{{Path: "pkg/server.go"}}}}
		in.Kept = &keptProse{tree: in.Tree, parts: [][]byte{data}}
		if _, err := StaleDocuments(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if k := openDocuments(wire.Memory(data)); k != nil {
			for n := range k.count() {
				k.document(n)
			}
		}
	})
}
