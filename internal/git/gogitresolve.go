package git

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
)

// Resolve implements Reader. Of git's suffixes it knows ~N, ^N, ^{} and ^{commit}.
func (g *GoGit) Resolve(ctx context.Context, rev string) (OID, error) {
	if err := checkRevision(rev); err != nil {
		return OID{}, err
	}
	name, suffix := rev, ""
	if i := strings.IndexAny(rev, "^~"); i >= 0 {
		name, suffix = rev[:i], rev[i:]
	}
	id, err := g.named(name)
	if err != nil {
		return OID{}, err
	}
	if id.IsZero() {
		return OID{}, notFound(rev)
	}
	if id, err = g.peel(ctx, rev, id); err != nil {
		return OID{}, err
	}
	steps, ok := parseSteps(suffix)
	if !ok {
		return OID{}, fmt.Errorf("%w: %q: without git, only names, ids and the suffixes ~N and ^N are understood", ErrNotFound, rev)
	}
	for _, parent := range steps {
		c, err := g.Commit(ctx, id)
		if err != nil {
			return OID{}, err
		}
		if parent > len(c.Parents) {
			return OID{}, notFound(rev)
		}
		if parent > 0 {
			id = c.Parents[parent-1]
		}
	}
	if _, err := g.Commit(ctx, id); err != nil {
		return OID{}, fmt.Errorf("%w: %q: %w", ErrNotFound, rev, err)
	}
	return id, nil
}

var stepForm = lazily(`^(?:\^\{\}|\^\{commit\}|[~^](\d{0,4}))`)

// parseSteps turns "~2^2" into the parents to follow: 1, 1, 2. 0 stays where it is.
func parseSteps(s string) (steps []int, ok bool) {
	for s != "" {
		m := stepForm().FindStringSubmatch(s)
		if m == nil {
			return nil, false
		}
		n := 1
		if m[1] != "" {
			n, _ = strconv.Atoi(m[1]) // can not fail: at most four digits
		}
		switch {
		case strings.HasPrefix(m[0], "^{"):
		case m[0][0] == '^':
			steps = append(steps, n)
		default:
			steps = append(steps, slices.Repeat([]int{1}, n)...)
		}
		s = s[len(m[0]):]
	}
	return steps, true
}

// named is the id that a name or a short id stands for, zero for none.
func (g *GoGit) named(name string) (OID, error) {
	if len(name) == 40 {
		if id, err := ParseOID(strings.ToLower(name)); err == nil {
			return id, nil
		}
	}
	if name == "@" {
		name = "HEAD"
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if id, ok := g.ref(name); ok {
		return id, nil
	}
	var ids []OID
	add := func(id OID) {
		if !id.IsZero() && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, p := range refPlaces(name) {
		if id, ok := g.ref(p); ok {
			add(id)
		}
	}
	if len(ids) == 0 || shortID().MatchString(name) {
		id, err := g.abbreviated(strings.ToLower(name))
		if err != nil {
			return OID{}, err
		}
		add(id)
	}
	switch len(ids) {
	case 0:
		return OID{}, nil
	case 1:
		return ids[0], nil
	}
	return OID{}, fmt.Errorf("resolving %q: %w", name, ErrAmbiguousName)
}

// refForm is what a ref may be called, as far as a file of that name could be trouble.
var refForm = lazily(`^(?:[A-Z_]+|refs(?:/[^/.][^/\\:?*[~^ ]*)+)$`)

func (g *GoGit) ref(name string) (OID, bool) {
	for range 5 { // symbolic refs may point at symbolic refs; git follows five
		if !refForm().MatchString(name) || strings.Contains(name, "..") {
			return OID{}, false
		}
		ref, err := g.st.Reference(plumbing.ReferenceName(name))
		if err != nil {
			return OID{}, false
		}
		if ref.Type() == plumbing.HashReference {
			h := ref.Hash()
			id, _ := OIDFromBytes(h[:]) // can not fail: 20 bytes
			return id, !id.IsZero()
		}
		name = ref.Target().String()
	}
	return OID{}, false
}

var shortForm = lazily(`^[0-9a-f]{4,39}$`)

// abbreviated finds the one object whose id begins with the digits; of several, the one
// that is or names a commit, like git where a commit is wanted.
func (g *GoGit) abbreviated(digits string) (OID, error) {
	if !shortForm().MatchString(digits) {
		return OID{}, nil
	}
	var prefix []byte
	for i := 0; i+1 < len(digits); i += 2 {
		b, _ := strconv.ParseUint(digits[i:i+2], 16, 8) // can not fail: hex digits
		prefix = append(prefix, byte(b))
	}
	hashes, err := g.st.HashesWithPrefix(prefix)
	if err != nil {
		return OID{}, fmt.Errorf("resolving %q: %w", digits, err)
	}
	var all, commits []OID
	for _, h := range hashes {
		id, _ := OIDFromBytes(h[:]) // can not fail: 20 bytes
		if !strings.HasPrefix(id.String(), digits) || slices.Contains(all, id) {
			continue
		}
		all = append(all, id)
		if obj, err := g.st.EncodedObject(plumbing.AnyObject, h); err == nil && (obj.Type() == plumbing.CommitObject || obj.Type() == plumbing.TagObject) {
			commits = append(commits, id)
		}
	}
	switch {
	case len(all) == 1:
		return all[0], nil
	case len(commits) == 1:
		return commits[0], nil
	case len(all) > 1:
		return OID{}, fmt.Errorf("resolving %q: %w", digits, ErrAmbiguous)
	}
	return OID{}, nil
}

// peel follows tags to the commit behind them.
func (g *GoGit) peel(ctx context.Context, rev string, id OID) (OID, error) {
	for range 100 {
		kind, err := g.kind(id)
		if err != nil {
			return OID{}, notFound(rev)
		}
		switch kind {
		case plumbing.CommitObject:
			return id, nil
		case plumbing.TagObject:
		default:
			return OID{}, &NotCommitError{Rev: rev, Type: kind.String()}
		}
		data, err := g.object(ctx, id, plumbing.TagObject, maxObject)
		if err != nil {
			return OID{}, fmt.Errorf("reading tag %s: %w", id, err)
		}
		line, _, _ := bytes.Cut(data, []byte{'\n'})
		target, ok := bytes.CutPrefix(line, []byte("object "))
		if id, err = ParseOID(string(target)); !ok || err != nil {
			return OID{}, fmt.Errorf("reading the tag %q: %w", rev, ErrMalformed)
		}
	}
	return OID{}, fmt.Errorf("reading the tag %q: %w: too many tags of tags", rev, ErrMalformed)
}

// kind is an object's type; go-git has no way to ask for it alone.
func (g *GoGit) kind(id OID) (kind plumbing.ObjectType, err error) {
	if len(id.Bytes()) != 20 {
		return 0, ErrMissing
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: it is damaged: go-git: %v", ErrMissing, p)
		}
	}()
	obj, err := g.st.EncodedObject(plumbing.AnyObject, plumbing.Hash(id.Bytes()))
	if err != nil {
		return 0, err
	}
	return obj.Type(), nil
}

// lazily compiles an expression at its first use: most commands use none.
func lazily(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
