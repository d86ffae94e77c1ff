package git_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"custody/internal/git"
	"custody/internal/git/gittest"
)

// Notes are found where git itself finds them, however it spread them over folders.
func TestNotes(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			ctx := context.Background()
			r := gittest.New(t, gittest.Format(format))
			var in strings.Builder
			for range 300 {
				in.WriteString("commit refs/heads/main\ncommitter Ada <a@b> 1700000000 +0000\ndata 0\n")
			}
			r.Pipe([]byte(in.String()), "fast-import", "--quiet")
			ids := strings.Fields(r.Git("rev-list", "main"))
			in.Reset()
			in.WriteString("commit refs/notes/ai\ncommitter Ada <a@b> 1700000000 +0000\ndata 0\n")
			for i, id := range ids {
				if i%2 == 0 {
					fmt.Fprintf(&in, "N inline %s\ndata <<E\nnote %d\nE\n", id, i)
				}
			}
			r.Pipe([]byte(in.String()), "fast-import", "--quiet")
			repo, err := git.Open(ctx, r.Dir)
			if err != nil {
				t.Fatal(err)
			}
			defer repo.Close()
			refs, err := repo.NoteRefs(ctx, "refs/notes/ai", "refs/notes/none")
			if err != nil || len(refs) != 1 || refs["refs/notes/ai"].String() != r.Git("rev-parse", "refs/notes/ai") {
				t.Fatalf("refs %v, %v", refs, err)
			}
			// Nothing but packed-refs names them then; and what is not there is not found.
			r.Git("pack-refs", "--all")
			packed, err := repo.NoteRefs(ctx, "refs/notes/ai", "refs/notes/none")
			if err != nil || !maps.Equal(packed, refs) {
				t.Errorf("packed: %v, %v", packed, err)
			}
			for _, names := range [][]string{{"refs/notes/none"}, {"refs/notes/a"}, {"refs/notes/ai/b"}, {"refs/notes"}, nil} {
				if none, err := repo.NoteRefs(ctx, names...); err != nil || len(none) != 0 && names != nil {
					t.Errorf("%q: %v, %v", names, none, err)
				}
			}
			notes, err := git.OpenNotes(ctx, repo, refs["refs/notes/ai"])
			if err != nil {
				t.Fatal(err)
			}
			noted := map[string]string{}
			for line := range strings.Lines(r.Git("notes", "--ref=refs/notes/ai", "list")) {
				f := strings.Fields(line)
				noted[f[1]] = f[0]
			}
			var want []string
			for i, s := range ids {
				id, _ := git.ParseOID(s)
				blob, err := notes.Find(ctx, id)
				if i%2 == 1 {
					if !errors.Is(err, git.ErrNotFound) {
						t.Errorf("commit %d has no note: %v, %v", i, blob, err)
					}
					continue
				}
				want = append(want, s)
				if err != nil || blob.String() != noted[s] {
					t.Errorf("commit %d: note %v, %v", i, blob, err)
				}
			}
			slices.Sort(want)
			listed, more, err := notes.List(ctx, 1000)
			var got []string
			for _, id := range listed {
				got = append(got, id.String())
			}
			if err != nil || more || !slices.Equal(got, want) {
				t.Errorf("listed %d of %d, more %v, %v", len(got), len(want), more, err)
			}
			if listed, more, err = notes.List(ctx, 10); len(listed) != 10 || !more || err != nil {
				t.Errorf("listed %d, more %v, %v", len(listed), more, err)
			}
		})
	}
}

// A tree in which each folder leads to all others does not hold us up.
func TestNotesBomb(t *testing.T) {
	r := gittest.New(t)
	tree := r.Object("tree", nil)
	for range 12 {
		var in strings.Builder
		for i := range 256 {
			fmt.Fprintf(&in, "040000 tree %s\t%02x\n", tree, i)
		}
		tree = strings.TrimSpace(string(r.Pipe([]byte(in.String()), "mktree")))
	}
	commit := r.Git("-c", "user.name=x", "-c", "user.email=x", "commit-tree", "-m", "x", tree)
	repo, err := git.Open(context.Background(), r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	id, _ := git.ParseOID(commit)
	notes, err := git.OpenNotes(context.Background(), repo, id)
	if err != nil {
		t.Fatal(err)
	}
	if listed, more, err := notes.List(context.Background(), 1000); len(listed) != 0 || more || err != nil {
		t.Errorf("listed %d, more %v, %v", len(listed), more, err)
	}
}
