// Package change holds the change under review as plain data: its commits, files and
// added lines, and the Context, which is everything that is not in git.
//
// Read fills a Change from a repository. Nothing here judges; nothing here asks a
// forge, a clock or the network.
package change

import "custody/internal/git"

// A Change is base..head of one repository. Files and lines are the difference from
// From, one of the merge bases; the judge is read at Base. Base is all zeros, as git
// writes "not there", for what is new as a whole: then everything at head is the change,
// and no judge stands at base.
type Change struct {
	ObjectFormat string // "sha1" or "sha256"
	Base, Head   git.OID
	BaseTree     git.OID
	HeadTree     git.OID
	MergeBases   []git.OID // all of them, sorted; none when the histories are unrelated
	From         git.OID   // the smallest merge base; zero when there is none, or no base
	FromTree     git.OID
	Commits      []Commit // reachable from head, not from base; parents before children
	Files        []File   // sorted by Path; none when there is no merge base
	Shallow      bool     // history is cut: commits and merge bases may be missing
	Limits       []Limit  // what was cut, if anything: then the change is not assessed whole
}

// FromNothing says that the change has no base: its base is written, as zeros.
func (c *Change) FromNothing() bool { return c.Base.IsZero() && len(c.Base.Bytes()) > 0 }

// A Limit says that something was not read whole.
type Limit struct {
	What string `json:"what"` // "commits", "trailers", "files", "lines", "bytes", "depth", "folders", "path bytes", ManyBases
	Max  int64  `json:"max"`
}

// A Commit of the change, with its trailers as git parses them.
type Commit struct {
	git.Commit
	Trailers []Trailer
}

// A Trailer is a "Key: value" line of a message's last paragraph, unfolded.
type Trailer struct {
	Key, Value string
}

// Status says what happened to a file.
type Status uint8

const (
	Modified Status = iota
	Added
	Deleted
	Renamed // from OldPath; content may differ too. Two files may come from one
	TypeChanged
)

var statusNames = [...]string{"modified", "added", "deleted", "renamed", "type-changed"}

func (s Status) String() string { return statusNames[s] }

// MarshalText writes the name.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A File that the change adds, changes, moves or deletes.
type File struct {
	Path             Path // at head; the old path of a deleted file
	OldPath          Path // of a renamed file, else empty
	Status           Status
	OldMode, Mode    git.Mode // 0 where the file does not exist
	OldID, ID        git.OID
	Similarity       int    // per cent, of a renamed file
	Added, Deleted   int    // lines; 0 when Unread is set
	Hunks            []Hunk // in order
	Respaced         bool   // what was deleted and added may differ in space alone; if not, it does not
	Unread           Unread // why there are no hunks although content changed
	SubmoduleChanged bool   // a gitlink: Added and Deleted stay 0
}

// Unread says why the lines of a file are not known.
type Unread string

const (
	Opaque     Unread = "opaque"     // binary: no lines to speak of
	Unreadable Unread = "unreadable" // the object is missing or damaged
	TooLarge   Unread = "limit"      // over a limit
)

// A Hunk is one run of changed lines without context. Lines count from 1; a run of
// length 0 stands behind its start line.
type Hunk struct {
	OldStart, OldLines int
	Start, Lines       int // at head: the added lines
}
