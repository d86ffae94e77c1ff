package hooks

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"custody/internal/git"
)

// An Update is one ref of a push: from what it was to what it is to be. A zero id stands
// for "is not there", in SHA-1 and in SHA-256 repositories.
type Update struct {
	Ref      string
	Old, New git.OID
}

// Creates and Deletes say that the ref was not there, or will not be.
func (u Update) Creates() bool { return u.Old.IsZero() }
func (u Update) Deletes() bool { return u.New.IsZero() }

// Limits of one push. Git itself refuses names of refs that are longer: its protocol has
// no room for them.
const (
	maxUpdates = 10_000
	maxRef     = 4096 // bytes
)

// ErrTooMany says that a push has more refs than are ever judged.
var ErrTooMany = fmt.Errorf("more than %d refs in one push: push fewer at a time", maxUpdates)

// ReadUpdates reads what git tells pre-receive and post-receive: lines of old id, new id
// and name. What git would not write is an error, and nothing of it is used.
func ReadUpdates(r io.Reader) ([]Update, error) {
	in := bufio.NewReaderSize(r, 2*64+2+maxRef+1)
	var all []Update
	for {
		line, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			return all, nil
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("line %d has more than %d bytes", len(all)+1, maxRef)
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case len(all) == maxUpdates:
			return nil, ErrTooMany
		}
		u, err := parseUpdate(strings.TrimSuffix(string(line), "\n"))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", len(all)+1, err)
		}
		all = append(all, u)
	}
}

func parseUpdate(line string) (Update, error) {
	parts := strings.SplitN(line, " ", 3)
	if len(parts) != 3 {
		return Update{}, errors.New("it is not of the form OLD NEW REF")
	}
	return NewUpdate(parts[2], parts[0], parts[1])
}

// NewUpdate reads the three words of an update, as git gives them to a hook.
func NewUpdate(ref, old, new string) (Update, error) {
	u := Update{Ref: ref}
	var err error
	if u.Old, err = git.ParseOID(old); err != nil {
		return Update{}, fmt.Errorf("old: %w", err)
	}
	if u.New, err = git.ParseOID(new); err != nil {
		return Update{}, fmt.Errorf("new: %w", err)
	}
	if len(old) != len(new) {
		return Update{}, errors.New("old and new are ids of different kinds")
	}
	return u, checkRef(ref)
}

// checkRef refuses what git check-ref-format refuses: such a name reaches a hook only
// from somebody who is not git, and could be one thing to us and another to git.
func checkRef(ref string) error {
	bad := func(why string) error { return fmt.Errorf("%.80q is no name of a ref: %s", ref, why) }
	switch {
	case len(ref) > maxRef:
		return bad(fmt.Sprintf("it has more than %d bytes", maxRef))
	case !strings.HasPrefix(ref, "refs/"):
		return bad("it does not begin with refs/")
	case strings.HasSuffix(ref, "."):
		return bad("it ends with a dot")
	case strings.Contains(ref, ".."), strings.Contains(ref, "@{"):
		return bad("it contains .. or @{")
	}
	for i := range len(ref) {
		if c := ref[i]; c <= ' ' || c == 0x7f || strings.IndexByte(`~^:?*[\`, c) >= 0 {
			return bad(fmt.Sprintf("it contains %q", c))
		}
	}
	for part := range strings.SplitSeq(ref, "/") {
		if part == "" || part[0] == '.' || strings.HasSuffix(part, ".lock") {
			return bad("a part of it is empty, begins with a dot or ends with .lock")
		}
	}
	return nil
}
