package checks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"custody/internal/change"
	"custody/internal/git"
)

// A stubTree holds blobs by id, and remembers which it was asked for.
type stubTree struct {
	blobs map[git.OID]string
	asked []git.OID
}

func (s *stubTree) Files(context.Context) ([]TreeFile, error) { return nil, errors.New("not asked") }

func (s *stubTree) Blobs(ctx context.Context, ids []git.OID, limit int64, fn func(i int, data []byte, err error) error) error {
	for i, id := range ids {
		s.asked = append(s.asked, id)
		text, there := s.blobs[id]
		var err error
		if !there {
			err = git.ErrMissing
		}
		data := []byte(text)
		err = fn(i, data, err)
		clear(data) // valid until fn returns
		if err != nil {
			return err
		}
	}
	return nil
}

func stubID(t *testing.T, n int) git.OID {
	t.Helper()
	id, err := git.ParseOID(fmt.Sprintf("%040x", n+1))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// What was read ahead is not asked for again, and what a check is told is the same with it
// and without it, however much of it there was room for.
func TestReadAhead(t *testing.T) {
	tree := &stubTree{blobs: map[git.OID]string{}}
	var files []change.File
	for n := range 9 {
		f := change.File{Path: change.Path(fmt.Sprintf("f%d", n)), Status: change.Modified, Mode: git.ModeFile, OldID: stubID(t, 100+n), ID: stubID(t, n)}
		f.Hunks = []change.Hunk{{OldStart: 1, OldLines: 0, Start: 2, Lines: 1}}
		tree.blobs[f.ID] = fmt.Sprintf("one %d\ntwo\nthree\n", n)
		switch n {
		case 2:
			f.Mode = git.ModeSymlink
		case 3:
			f.OldID = f.ID // moved as it is
		case 4:
			delete(tree.blobs, f.ID)
		case 5:
			tree.blobs[f.ID] = "a\x00b"
		case 6:
			tree.blobs[f.ID] = ""
		case 7:
			tree.blobs[f.ID] = "\xff\xfea\x00\n\x00b\x00\n\x00"
		}
		files = append(files, f)
	}
	told := func(c *Cache) (all []string) {
		lim := DefaultLimits()
		in := (Input{Files: files, Head: tree, Limits: lim}).With(c)
		for range 2 { // checks, one after the other
			out := NewResult(&Definition{}, lim)
			err := in.Read(t.Context(), out, func(*change.File) bool { return true }, func(text Text) error {
				all = append(all, fmt.Sprintf("%s %q %v", text.File.Path, text.Bytes, text.Added))
				return nil
			})
			all = append(all, fmt.Sprint(err, out.Reasons()))
		}
		return all
	}
	want := told(nil)
	if len(want) != 2*(6+1) {
		t.Fatalf("the checks were told %q", want)
	}
	for _, room := range []int64{0, 1, 30, 1000} {
		lim := DefaultLimits()
		lim.CacheBytes = room
		c := NewCache(lim)
		tree.asked = nil
		if err := c.Fill(t.Context(), tree, files, lim); err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{2, 3} {
			if slices.Contains(tree.asked, files[n].ID) {
				t.Errorf("%s was read ahead", files[n].Path)
			}
		}
		if room == 0 && len(tree.asked) != 1 {
			t.Errorf("without room, %d files were read", len(tree.asked))
		}
		tree.asked = nil
		if got := told(c); !slices.Equal(got, want) {
			t.Errorf("with room for %d bytes the checks were told %q, want %q", room, got, want)
		}
		// The one that is there neither time, and the one that moved.
		if asked := slices.DeleteFunc(tree.asked, func(id git.OID) bool { return id == files[4].ID }); room == 1000 && !slices.Equal(asked, []git.OID{files[3].ID}) {
			t.Errorf("asked again for %v", asked)
		}
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := NewCache(DefaultLimits()).Fill(stopped, tree, files, DefaultLimits()); !errors.Is(err, context.Canceled) {
		t.Errorf("called off: %v", err)
	}
}
