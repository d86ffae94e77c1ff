package hooks

import (
	"context"

	"custody/internal/git"
)

// Contexts finds what is known of a change that is not in git: reviews, checks, and
// whatever else a custody/context/v1 document holds. Whoever implements it answers for
// what it gives: a document that nobody trusted wrote must not come out of it.
type Contexts interface {
	// Find gives the context of the change that ends at head, and where it was found;
	// nil, without an error, when there is none. name is what the pusher asked for by a
	// push option, mostly empty: it may tell apart documents of one head that are
	// trusted anyway, and is never a path.
	Find(ctx context.Context, head git.OID, name string) (doc []byte, from string, err error)
}
