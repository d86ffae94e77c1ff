package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// NoteRefs finds which of some refs are there, by their full names: what the commits
// below refs/notes/ hold about others. One process serves them all.
func (r *Repository) NoteRefs(ctx context.Context, names ...string) (map[string]OID, error) {
	found := map[string]OID{}
	if r.lacksRefs(names) {
		return found, nil
	}
	err := r.eachRef(ctx, "%(refname) %(objectname)", func(line string) error {
		name, hex, _ := strings.Cut(line, " ")
		for _, n := range names {
			if n != name {
				continue // a pattern also matches what stands below it
			}
			id, err := ParseOID(hex)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			found[name] = id
		}
		return nil
	}, names...)
	if err != nil {
		return nil, fmt.Errorf("looking for notes: %w", err)
	}
	return found, nil
}

// lacksRefs says whether refs are not there for sure: most repositories hold no notes, and
// no process is needed to see that. Git keeps a ref in a file of its name, or on a line of
// packed-refs; where refs may be kept in another way, git is asked.
func (r *Repository) lacksRefs(names []string) bool {
	if !isFolder(filepath.Join(r.loc.common, "refs")) || !absent(filepath.Join(r.loc.common, "reftable")) {
		return false
	}
	for _, name := range names {
		if !strings.HasPrefix(name, "refs/") || !filepath.IsLocal(name) || !absent(filepath.Join(r.loc.common, name)) {
			return false
		}
	}
	packed, err := os.Open(filepath.Join(r.loc.common, "packed-refs"))
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer packed.Close()
	named, err := mentionsAny(io.LimitReader(packed, maxPackedRefs), names)
	info, err2 := packed.Stat()
	return err == nil && err2 == nil && info.Size() <= maxPackedRefs && !named
}

// maxPackedRefs is up to how many bytes packed-refs is read sooner than by git.
const maxPackedRefs = 8 << 20

// mentionsAny looks for names in a text, piece by piece: the beginning of each is the end of
// the one before, so that no name is cut.
func mentionsAny(text io.Reader, names []string) (bool, error) {
	longest := 0
	for _, name := range names {
		longest = max(longest, len(name))
	}
	piece := make([]byte, max(64<<10, 2*longest))
	kept := 0
	for {
		n, err := io.ReadFull(text, piece[kept:])
		all := piece[:kept+n]
		if slices.ContainsFunc(names, func(name string) bool { return bytes.Contains(all, []byte(name)) }) {
			return true, nil
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		kept = copy(piece, all[len(all)-longest:])
	}
}

// absent says whether there is nothing for sure.
func absent(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// Notes are what the commit of a notes ref holds: texts about objects, by their id.
// The folders of a tree split the ids as git pleases, two digits at a time, so they are
// walked, each read once.
type Notes struct {
	r     Reader
	root  OID
	trees map[OID]map[string]Entry
	held  int // entries in trees
}

// Bounds of a tree of notes, which somebody may have built to be walked for ever.
const (
	maxNoteEntries = 1 << 20 // held at once
	maxNoteTrees   = 70_000  // listed: two digits twice, and then some
)

// OpenNotes reads notes at a commit of their ref.
func OpenNotes(ctx context.Context, r Reader, commit OID) (*Notes, error) {
	c, err := r.Commit(ctx, commit)
	if err != nil {
		return nil, fmt.Errorf("reading the notes at %s: %w", commit.Short(), err)
	}
	return &Notes{r: r, root: c.Tree, trees: map[OID]map[string]Entry{}}, nil
}

// Find gives the id of the note on an object. ErrNotFound when it has none.
func (n *Notes) Find(ctx context.Context, object OID) (OID, error) {
	tree, rest := n.root, object.String()
	for {
		entries, err := n.tree(ctx, tree)
		if err != nil {
			return OID{}, fmt.Errorf("looking for the note on %s: %w", object.Short(), err)
		}
		if e, ok := entries[rest]; ok && e.Mode.IsRegular() {
			return e.ID, nil
		}
		if len(rest) <= 2 {
			return OID{}, ErrNotFound
		}
		e, ok := entries[rest[:2]]
		if !ok || e.Mode != ModeTree {
			return OID{}, ErrNotFound
		}
		tree, rest = e.ID, rest[2:]
	}
}

func (n *Notes) tree(ctx context.Context, id OID) (map[string]Entry, error) {
	if m, ok := n.trees[id]; ok {
		return m, nil
	}
	list, err := n.r.Tree(ctx, id)
	if err != nil {
		return nil, err
	}
	m := make(map[string]Entry, len(list))
	for _, e := range list {
		m[e.Name] = e
	}
	if n.held += len(m); n.held > maxNoteEntries {
		n.held = len(m)
		clear(n.trees)
	}
	n.trees[id] = m
	return m, nil
}

var errEnoughNotes = errors.New("enough notes")

// List gives the objects that have notes, in order of their ids, at most max. more says
// that there are others. What is in the tree under another name than an id is no note.
func (n *Notes) List(ctx context.Context, max int) (objects []OID, more bool, err error) {
	digits, trees := 2*len(n.root.Bytes()), 0
	type place struct {
		tree  OID
		depth int
	}
	barren := map[place]bool{} // trees that hold no note at that depth
	var walk func(tree OID, prefix string) error
	walk = func(tree OID, prefix string) error {
		at, before := place{tree, len(prefix)}, len(objects)
		if barren[at] {
			return nil
		}
		if trees++; trees > maxNoteTrees {
			return errEnoughNotes
		}
		list, err := n.r.Tree(ctx, tree)
		if err != nil {
			return err
		}
		for _, e := range list {
			name := prefix + e.Name
			switch {
			case e.Mode == ModeTree && len(e.Name) == 2 && len(name) < digits:
				if err := walk(e.ID, name); err != nil {
					return err
				}
			case e.Mode.IsRegular() && len(name) == digits:
				id, err := ParseOID(name)
				if err != nil {
					continue
				}
				if len(objects) == max {
					return errEnoughNotes
				}
				objects = append(objects, id)
			}
		}
		if len(objects) == before {
			barren[at] = true
		}
		return nil
	}
	if err := walk(n.root, ""); errors.Is(err, errEnoughNotes) {
		more = true
	} else if err != nil {
		return nil, false, fmt.Errorf("listing notes: %w", err)
	}
	return objects, more, nil
}

// RawCommit reads a commit as it is stored: what its signature was made over, and the
// signature.
func (r *Repository) RawCommit(ctx context.Context, id OID) ([]byte, error) {
	data, err := r.object(ctx, id, "commit", maxObject)
	if err != nil {
		return nil, fmt.Errorf("reading commit %s: %w", id, err)
	}
	return data, nil
}

// A Tag is an annotated tag as it is stored.
type Tag struct {
	Ref    string
	Target OID
	Raw    []byte
}

// maxTag bounds a tag that is read, in bytes.
const maxTag = 1 << 20

// TagsOf reads the annotated tags that name one of the objects, in order of their names,
// at most max. Light ones are no objects of their own and can not be signed.
func (r *Repository) TagsOf(ctx context.Context, wanted func(OID) bool, max int) (tags []Tag, more bool, err error) {
	var ids []OID
	err = r.eachRef(ctx, "%(objecttype) %(objectname) %(*objectname) %(refname)", func(line string) error {
		f := strings.SplitN(line, " ", 4)
		if len(f) != 4 || f[0] != "tag" || f[2] == "" {
			return nil
		}
		id, err1 := ParseOID(f[1])
		target, err2 := ParseOID(f[2])
		if err1 != nil || err2 != nil || !wanted(target) {
			return nil
		}
		if len(tags) == max {
			more = true
			return nil
		}
		tags, ids = append(tags, Tag{Ref: f[3], Target: target}), append(ids, id)
		return nil
	}, "refs/tags/")
	if err != nil {
		return nil, false, fmt.Errorf("listing tags: %w", err)
	}
	for i, id := range ids {
		if tags[i].Raw, err = r.object(ctx, id, "tag", maxTag); err != nil {
			return nil, false, fmt.Errorf("reading tag %s: %w", tags[i].Ref, err)
		}
	}
	return tags, more, nil
}
