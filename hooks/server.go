package hooks

import "custody/internal/change"

// A Server is what a hook must know of the git server that runs it. The zero value is
// plain git: it knows nobody, keeps no ref for itself and merges nothing.
type Server struct {
	// Name is that of the row in the table: "git", "gitea", "gitlab" ...
	Name string

	// Skip says why nothing of this repository is judged, such as "it is a wiki". Empty:
	// it is judged.
	Skip string

	// Internal says whether the server keeps a ref for itself, under a name that it lets
	// nobody push to, such as refs/keep-around/. Those are passed over. Nil: there are
	// none. A name that somebody may push to must never be among them.
	Internal func(ref string) bool

	// Pusher is who pushes, as the server authenticated them.
	Pusher Pusher

	// Via is the way by which the server itself merges, as it calls it ("pull request
	// merge button", "pr-merge-to-base"); empty when somebody pushed. It counts if the
	// floor lists it in trusted_merge_paths.
	Via string

	// Prefix stands before each line of the answer, at column 0, for servers that show
	// only lines which begin so ("GL-HOOK-ERR: "). No answer holds colours or other
	// control codes, so there is nothing to say about them.
	Prefix string

	// Repository is what the server calls the repository: shown in the pack. Nil: unknown.
	Repository *change.Repository

	// Unmarked says that the server tells hooks where the objects of a push are without the
	// variable by which git marks them as such, GIT_QUARANTINE_PATH.
	Unmarked bool

	// Quarantines are folders, besides the repository's own objects, in which this server
	// keeps the objects of pushes that are not accepted yet.
	Quarantines []string
}

// A Pusher is who pushes. Empty fields are not known.
type Pusher struct {
	Name string            // login
	ID   string            // the server's number of the account, in digits; anything else is left empty
	Type change.PersonType // what the server says the account is; empty: not known
}

// Known says whether the server told who pushes.
func (p Pusher) Known() bool { return p.Name != "" || p.ID != "" }

// internal says whether a ref is one that the server keeps for itself.
func (s Server) internal(ref string) bool { return s.Internal != nil && s.Internal(ref) }
