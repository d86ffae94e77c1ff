package hooks

import (
	"context"
	"maps"
	"slices"
	"strings"

	"custody/internal/git"
)

// withNotes is a repository in which notes refs are already where a push moves them:
// evidence that comes with a change is read with it.
type withNotes struct {
	*git.Repository
	moved map[string]git.OID // zero: deleted
}

// NoteRefs is that of the repository after the push.
func (r withNotes) NoteRefs(ctx context.Context, names ...string) (map[string]git.OID, error) {
	found, err := r.Repository.NoteRefs(ctx, names...)
	if err != nil {
		return nil, err
	}
	found = maps.Clone(found)
	for name, id := range r.moved {
		switch {
		case !slices.Contains(names, name):
		case id.IsZero():
			delete(found, name)
		default:
			found[name] = id
		}
	}
	return found, nil
}

// afterPush is the repository as reviews of the push see it.
func (h *Hook) afterPush(updates []Update) Repository {
	moved := map[string]git.OID{}
	for _, u := range updates {
		if strings.HasPrefix(u.Ref, notes) {
			moved[u.Ref] = u.New
		}
	}
	repo, ok := h.Repository.(*git.Repository)
	if !ok || len(moved) == 0 {
		return h.Repository
	}
	return withNotes{repo, moved}
}
