package git

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func id20(b byte) OID {
	id, _ := OIDFromBytes(bytes.Repeat([]byte{b}, 20))
	return id
}

func TestParseCommit(t *testing.T) {
	h := strings.Repeat("1", 40)
	tree, parent := "tree "+h+"\n", "parent "+h+"\n"
	author, committer := "author A <a> 1 +0000\n", "committer C <c> 2 -0130\n"
	good := map[string]func(*Commit) bool{
		tree + author + committer + "\nm":                                    func(c *Commit) bool { return string(c.Message) == "m" && c.Parents == nil && !c.Signed },
		tree + author + committer:                                            func(c *Commit) bool { return len(c.Message) == 0 },
		tree + author + committer + "\n":                                     func(c *Commit) bool { return len(c.Message) == 0 },
		tree + parent + parent + author + committer + "\n\n\nm\x00\xff":      func(c *Commit) bool { return len(c.Parents) == 2 && string(c.Message) == "\n\nm\x00\xff" },
		tree + author + committer + "encoding latin1\nencoding x\n\n":        func(c *Commit) bool { return c.Encoding == "latin1" },
		tree + author + committer + "gpgsig -----BEGIN\n \n author X\n\nm":   func(c *Commit) bool { return c.Signed && c.Author.Name == "A" && string(c.Message) == "m" },
		tree + author + committer + "gpgsig-sha256 x\n\nm":                   func(c *Commit) bool { return c.Signed },
		tree + author + committer + "mergetag object x\n tree " + h + "\n\n": func(c *Commit) bool { return !c.Signed },
		tree + author + committer + "HG:extra x\nweird\n\nm":                 func(c *Commit) bool { return string(c.Message) == "m" },
		tree + "author \n" + committer + "\n":                                func(c *Commit) bool { return c.Author == Signature{} && c.Committer == Signature{"C", "c", 2, "-0130"} },
		tree + "author  A  B <a <b> x> 99 +0000\ncommitter <> 1 +0\n\n": func(c *Commit) bool {
			return c.Author == Signature{"A  B", "a <b", 99, "+0000"} && c.Committer == Signature{"", "", 1, "+0"}
		},
		tree + "author A <a> 99999999999999999999 +0000\ncommitter C <c\n\n": func(c *Commit) bool {
			return c.Author == Signature{Name: "A", Email: "a"} && c.Committer == Signature{Name: "C", Email: "c"}
		},
	}
	for raw, check := range good {
		if c, err := parseCommit(id20(9), []byte(raw)); err != nil || !check(c) || c.Tree.String() != h || c.ID != id20(9) {
			t.Errorf("%q: %+v, %v", raw, c, err)
		}
	}
	for _, raw := range []string{
		"", "\n", "\nm", tree, tree + author, tree + author + "\n", tree + committer + "\n", author + committer + "\n", tree + author + committer[:9],
		tree + author + committer + "x", tree + tree + author + committer + "\n", tree + author + author + committer + "\n", tree + author + committer + committer + "\n",
		tree + author + parent + committer + "\n", tree + author + committer + parent + "\n", parent + tree + author + committer + "\n", tree + committer + author + "\n",
		"tree " + h[1:] + "\n" + author + committer + "\n", "tree " + strings.Repeat("1", 64) + "\n" + author + committer + "\n", "tree  " + h + "\n" + author + committer + "\n",
		tree + "parent x\n" + author + committer + "\n", tree + author + committer + "author B <b> 1 +0000\n\n", "tree " + strings.ToUpper(strings.Repeat("a", 40)) + "\n" + author + committer + "\n",
	} {
		if c, err := parseCommit(id20(9), []byte(raw)); !errors.Is(err, ErrMalformed) || c != nil || !strings.Contains(err.Error(), id20(9).String()) {
			t.Errorf("%q: %+v, %v; want ErrMalformed", raw, c, err)
		}
	}
}

func FuzzParseCommit(f *testing.F) {
	h := strings.Repeat("1", 40)
	f.Add([]byte("tree " + h + "\nparent " + h + "\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\ngpgsig x\n y\nencoding z\n\nm"))
	f.Add([]byte("tree " + h + "\nauthor <><> - \ncommitter >\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		c, err := parseCommit(id20(1), data)
		if !bytes.Equal(before, data) {
			t.Fatal("the input was changed")
		}
		if (c == nil) == (err == nil) {
			t.Fatalf("%v, %v", c, err)
		}
		if err == nil && (c.Tree.IsZero() && !bytes.HasPrefix(data, []byte("tree 0000")) || !bytes.HasSuffix(data, append([]byte("\n"), c.Message...))) {
			t.Fatalf("%+v of %q", c, data)
		}
	})
}

func FuzzParseTree(f *testing.F) {
	raw := string(bytes.Repeat([]byte{7}, 20))
	f.Add([]byte("100644 a\x00" + raw + "40000 b\x00" + raw + "120000 c\x00" + raw))
	f.Add([]byte("40000 a\x00" + raw + "100644 a.b\x00" + raw))
	f.Add([]byte("100644 .git\x00" + raw))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := parseTree(id20(1), data)
		if err != nil {
			if entries != nil || !errors.Is(err, ErrMalformed) {
				t.Fatalf("%v, %v", entries, err)
			}
			return
		}
		// What was accepted is sorted, has no name twice, and is all there is.
		var again bytes.Buffer
		names := map[string]bool{}
		rest := data
		for i, e := range entries {
			if names[e.Name] || !nameAllowed(e.Name) || i > 0 && compareEntries(entries[i-1], e) >= 0 {
				t.Fatalf("%q", entries)
			}
			names[e.Name] = true
			mode, _, _ := bytes.Cut(rest, []byte{' '}) // digits as they were written
			fmt.Fprintf(&again, "%s %s\x00%s", mode, e.Name, e.ID.Bytes())
			if again.Len() > len(data) {
				t.Fatal("more than was there")
			}
			rest = data[again.Len():]
		}
		if !bytes.Equal(again.Bytes(), data) {
			t.Fatalf("%q became %q", data, again.Bytes())
		}
	})
}

func newPatchReader(data []byte) *patchReader {
	return &patchReader{in: bufio.NewReaderSize(bytes.NewReader(data), 4096), idSize: 20, lines: 1000, bytes: 1 << 20}
}

func samplePatch() string {
	a, b, z := strings.Repeat("a", 40), strings.Repeat("b", 40), strings.Repeat("0", 40)
	return ":100644 100644 " + a + " " + b + " M\x00f\x00:000000 100644 " + z + " " + a + " A\x00new\nname\x00:100644 100644 " + a + " " + a + " R100\x00x\x00y\x00\x00" +
		"diff --git a/f b/f\nindex " + a + ".." + b + " 100644\n--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@ func\n-diff --git a/x b/x\n+@@ -1 +1 @@\n c\n-d\n\\ No newline at end of file\n+d\n" +
		"diff --git \"a/new\\nname\" \"b/new\\nname\"\nnew file mode 100644\nindex " + z + ".." + a + "\n--- /dev/null\n+++ \"b/new\\nname\"\n@@ -0,0 +1,2 @@\n+1\n+2\n" +
		"diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n"
}

func TestPatchReader(t *testing.T) {
	whole := samplePatch()
	entries, err := newPatchReader([]byte(whole)).all()
	if err != nil || len(entries) != 3 {
		t.Fatal(entries, err)
	}
	if got := fmt.Sprint(entries[0].hunks, entries[1].hunks, entries[2].hunks, entries[2].oldPath, entries[1].path); got != "[{1 1 1 1} {3 1 3 1}] [{0 0 1 2}] []xnew\nname" {
		t.Error(got)
	}
	// Cut anywhere, or with any line gone, it is not taken for something else. (A cut at
	// the very end of a patch or before a hunk is left for git's exit code to tell.)
	for i := range whole {
		entries, err := newPatchReader([]byte(whole[:i])).all()
		if err == nil && i > 0 && !strings.HasSuffix(whole[:i], "\n") {
			t.Errorf("cut at %d: %v", i, entries)
		}
	}
	for _, change := range [][2]string{
		{"+@@", "x@@"}, {" c\n", "c\n"}, {"-d\n", ""}, {"+1\n", ""}, {"index a", "index b"}, {"index 0", "index 1"}, {"diff --git a/x b/y", "diff -x"},
		{"rename from", "unknown"}, {"@@ -1,3 +1,3", "@@ -1,2 +1,3"}, {"@@ -0,0 +1,2", "@@ -0,0 +1,1"}, {"@@ -0,0 +1,2", "@@ -0,0 +1,3"}, {"@@ -0,0 +1,2", "@@ -0,0 +0,0"},
		{"@@ -0,0 +1,2", "@@ -x,0 +1,2"}, {"@@ -0,0 +1,2", "@@ -0,0 +1,99999999999999999999"}, {"R100", "R101"}, {"R100", "X"}, {":100644 100644", ":100644 100x44"}, {" M\x00", " \x00"},
	} {
		if _, err := newPatchReader([]byte(strings.Replace(whole, change[0], change[1], 1))).all(); !errors.Is(err, errPatch) {
			t.Errorf("%q for %q: %v", change[1], change[0], err)
		}
	}
	p := newPatchReader([]byte(whole))
	p.lines = 5
	if entries, err := p.all(); !errors.Is(err, errBudget) || entries[0].content != ContentLines || entries[1].content != ContentLimit || entries[1].hunks != nil || entries[2].content != ContentLimit {
		t.Errorf("over the limit of lines: %v", err)
	}
}

func FuzzPatchReader(f *testing.F) {
	f.Add([]byte(samplePatch()))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		p := newPatchReader(data)
		entries, err := p.all()
		if err != nil && !errors.Is(err, errPatch) && !errors.Is(err, errBudget) {
			t.Fatal(err)
		}
		total := 0
		for _, e := range entries {
			for _, h := range e.hunks {
				if h.OldLines < 0 || h.Lines < 0 || h.OldLines+h.Lines == 0 || h.OldStart < 0 || h.Start < 0 {
					t.Fatalf("%+v", h)
				}
				total += h.OldLines + h.Lines
			}
		}
		if total > 1000 {
			t.Fatalf("%d lines", total)
		}
		// The same, in the output of a git that goes on. Whether what breaks off there was
		// all, a git that ends says by its exit code.
		q := newPatchReader(append(append([]byte{}, data...), endOfDiff...))
		q.end = endOfDiff
		same, again := q.all()
		if err == nil && again == nil && !reflect.DeepEqual(same, entries) {
			t.Fatalf("%+v, before more output %+v", entries, same)
		}
		if err != nil && again == nil {
			t.Fatalf("%v, but nothing before more output", err)
		}
		if err == nil && again != nil {
			t.Fatalf("%v before more output", again)
		}
	})
}
