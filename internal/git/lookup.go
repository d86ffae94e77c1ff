package git

import (
	"context"
	"fmt"
	"strings"
)

// Lookup finds what stands at a path below a tree, without following symbolic links or
// submodules. ErrNotFound when nothing stands there.
func Lookup(ctx context.Context, r Reader, tree OID, path string) (Entry, error) {
	entry := Entry{Mode: ModeTree, ID: tree}
	for name := range strings.SplitSeq(path, "/") {
		if entry.Mode != ModeTree {
			return Entry{}, fmt.Errorf("looking up %q: %w", path, ErrNotFound)
		}
		children, err := r.Tree(ctx, entry.ID)
		if err != nil {
			return Entry{}, fmt.Errorf("looking up %q: %w", path, err)
		}
		entry = Entry{}
		for _, c := range children {
			if c.Name == name {
				entry = c
				break
			}
		}
		if entry.ID.IsZero() {
			return Entry{}, fmt.Errorf("looking up %q: %w", path, ErrNotFound)
		}
	}
	return entry, nil
}
