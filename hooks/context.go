package hooks

import (
	"context"

	"custody/internal/git"
)

// Contexts finds what is known of a change that is not in git: reviews, checks, and
// whatever else a custody/context/v1 document holds. What it finds counts only if it is
// signed for the change that is judged.
type Contexts interface {
	// Find gives the context of the change that ends at head, and where it was found;
	// nil, without an error, when there is none. name is what the pusher asked for by a
	// push option, mostly empty: it tells apart documents of one head, and is never a
	// path.
	Find(ctx context.Context, head git.OID, name string) (doc []byte, from string, err error)
}
