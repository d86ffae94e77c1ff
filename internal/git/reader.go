// Package git reads objects, trees, diffs and history straight from a repository,
// bare or not, without a checkout.
//
// It promises that nothing in the repository, its configuration or the environment
// is executed or changes an answer, and that nothing is fetched. It never writes to
// a repository. It alone in Custody runs git or opens an object store.
package git

import (
	"context"
	"errors"
	"fmt"
	"strconv"
)

// Reader reads single objects. Two implementations pass the same tests: Repository,
// which drives the git command line, and the go-git one for machines without git.
type Reader interface {
	// Resolve turns a revision ("main", "v1.0", a full or short id) into the id of the
	// commit that it names, peeling tags. ErrNotFound if nothing has that name; a
	// *NotCommitError if what it names is not a commit.
	Resolve(ctx context.Context, rev string) (OID, error)
	// Commit reads one commit.
	Commit(ctx context.Context, id OID) (*Commit, error)
	// Tree lists one level of a tree in git's order. A commit's id is not a tree's.
	Tree(ctx context.Context, id OID) ([]Entry, error)
	// Blob reads a blob of at most limit bytes (no limit below 0). A longer one is a
	// *TooLargeError, an absent one ErrMissing.
	Blob(ctx context.Context, id OID, limit int64) ([]byte, error)
}

var (
	// ErrNotFound says that a revision names nothing.
	ErrNotFound = errors.New("no such revision")
	// ErrMissing says that an object is not in the repository: it is shallow, partial
	// or damaged. Nothing was fetched.
	ErrMissing = errors.New("object is not in the repository")
)

// A NotCommitError says that a revision names something that is not a commit.
type NotCommitError struct {
	Rev  string
	Type string // "blob", "tree"
}

func (e *NotCommitError) Error() string {
	return fmt.Sprintf("%s names a %s, not a commit", e.Rev, e.Type)
}

// A TooLargeError says that an object was not read because of its size.
type TooLargeError struct {
	ID          OID
	Size, Limit int64 // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("object %s has %d bytes, over the limit of %d", e.ID.Short(), e.Size, e.Limit)
}

// Mode is a tree entry's mode as git stores it.
type Mode uint32

const (
	ModeTree       Mode = 0o040000
	ModeFile       Mode = 0o100644
	ModeExecutable Mode = 0o100755
	ModeSymlink    Mode = 0o120000
	ModeGitlink    Mode = 0o160000 // a submodule: the commit of another repository
)

// IsRegular says whether the entry is a file with content of its own (git also reads
// historic modes such as 0100664).
func (m Mode) IsRegular() bool { return m&0o170000 == 0o100000 }

func (m Mode) String() string { return fmt.Sprintf("%06o", uint32(m)) }

// MarshalText writes the six octal digits that git prints.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads octal digits.
func (m *Mode) UnmarshalText(b []byte) error {
	n, err := strconv.ParseUint(string(b), 8, 32)
	*m = Mode(n)
	return err
}

// An Entry is one line of a tree. Name is raw bytes: any but NUL and slash.
type Entry struct {
	Name string
	Mode Mode
	ID   OID
}

// A Signature is who did something, and when, as the commit claims it. Name and
// Email are raw bytes.
type Signature struct {
	Name, Email string
	When        int64  // seconds since 1970; decides nothing (design, decision 6)
	Zone        string // as written, "+0200"
}

// A Commit is a parsed commit object.
type Commit struct {
	ID        OID
	Tree      OID
	Parents   []OID
	Author    Signature
	Committer Signature
	Encoding  string // the header's value; empty means UTF-8
	Signed    bool   // has a gpgsig header; not verified here
	Message   []byte // raw, everything after the headers
}
