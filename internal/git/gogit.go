package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// GoGit reads objects without the git command line, for machines that have none: of a
// complete SHA-1 repository with refs in files, nothing else. It gives the same answers
// as Repository, at several times the cost, and it has no history or diff to offer. It
// is safe for concurrent use.
type GoGit struct {
	mu sync.Mutex // go-git builds its indexes lazily, without a lock
	st *filesystem.Storage
}

// OpenGoGit finds the repository like Open. Whatever go-git would read wrongly or only
// in part (SHA-256, a shallow or partial clone, borrowed objects, a linked work tree,
// refs in tables) is an error here.
func OpenGoGit(dir string) (*GoGit, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	gitDir, err := findGitDir(abs)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", dir, err)
	}
	st := filesystem.NewStorageWithOptions(osfs.New(gitDir), cache.NewObjectLRU(32*cache.MiByte),
		filesystem.Options{KeepDescriptors: true, LargeObjectThreshold: maxObject})
	if err := readableByGoGit(gitDir, st); err != nil {
		return nil, fmt.Errorf("opening %s without git: %w: install git", dir, err)
	}
	return &GoGit{st: st}, nil
}

// findGitDir goes up from dir.
func findGitDir(dir string) (string, error) {
	if info, err := os.Stat(dir); err != nil {
		return "", err
	} else if !info.IsDir() {
		return "", errors.New("not a folder")
	}
	for {
		if isGitDir(dir) {
			return dir, nil
		}
		dot := filepath.Join(dir, ".git")
		if isGitDir(dot) {
			return dot, nil
		}
		if b, err := os.ReadFile(dot); err == nil {
			target, ok := strings.CutPrefix(strings.TrimRight(string(b), "\r\n"), "gitdir: ")
			if !filepath.IsAbs(target) {
				target = filepath.Join(dir, target)
			}
			if ok && isFile(filepath.Join(target, "HEAD")) {
				return target, nil
			}
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("there is no git repository here or in a folder above")
		}
		dir = up
	}
}

func isGitDir(dir string) bool {
	return isFile(filepath.Join(dir, "HEAD")) && isDir(filepath.Join(dir, "objects")) && isDir(filepath.Join(dir, "refs"))
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func readableByGoGit(gitDir string, st *filesystem.Storage) error {
	for _, x := range []struct{ file, what string }{
		{"commondir", "it is a linked work tree"},
		{"shallow", "its history is cut (shallow)"},
		{"objects/info/alternates", "it borrows objects from another repository"},
		{"reftable/tables.list", "its refs are in tables"},
	} {
		if info, err := os.Stat(filepath.Join(gitDir, x.file)); err == nil && info.Size() > 0 {
			return errors.New(x.what)
		}
	}
	// A bare repository that was never configured may have no config.
	cfg, err := st.Config()
	if err != nil {
		return fmt.Errorf("its configuration can not be read: %w", err)
	}
	for _, o := range cfg.Raw.Section("extensions").Options {
		switch key := strings.ToLower(o.Key); {
		case key == "objectformat" && o.Value == "sha1", key == "refstorage" && o.Value == "files":
		case key == "noop", key == "noop-v1", key == "preciousobjects", key == "worktreeconfig":
		default:
			return fmt.Errorf("it has the extension %s = %q", o.Key, o.Value)
		}
	}
	for _, remote := range cfg.Raw.Section("remote").Subsections {
		if remote.HasOption("promisor") || remote.HasOption("partialclonefilter") {
			return errors.New("it is a partial clone")
		}
	}
	return nil
}

// Close gives back the open pack files.
func (g *GoGit) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.st.Close()
}

// Commit implements Reader.
func (g *GoGit) Commit(ctx context.Context, id OID) (*Commit, error) {
	data, err := g.object(ctx, id, plumbing.CommitObject, maxObject)
	if err != nil {
		return nil, fmt.Errorf("reading commit %s: %w", id, err)
	}
	return parseCommit(id, data)
}

// Tree implements Reader.
func (g *GoGit) Tree(ctx context.Context, id OID) ([]Entry, error) {
	data, err := g.object(ctx, id, plumbing.TreeObject, maxObject)
	if err != nil {
		return nil, fmt.Errorf("reading tree %s: %w", id, err)
	}
	return parseTree(id, data)
}

// Blob implements Reader.
func (g *GoGit) Blob(ctx context.Context, id OID, limit int64) ([]byte, error) {
	data, err := g.object(ctx, id, plumbing.BlobObject, limit)
	if err != nil {
		return nil, fmt.Errorf("reading blob %s: %w", id, err)
	}
	return data, nil
}

// emptyTree exists in every repository, as git sees it.
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

func (g *GoGit) object(ctx context.Context, id OID, kind plumbing.ObjectType, limit int64) (data []byte, err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if len(id.Bytes()) != 20 || id.IsZero() {
		return nil, ErrMissing
	}
	hash := plumbing.Hash(id.Bytes())
	g.mu.Lock()
	defer g.mu.Unlock()
	// go-git was not written for damaged packs, and a panic must not end a server.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: it is damaged: go-git: %v", ErrMissing, p)
		}
	}()
	size, err := g.st.EncodedObjectSize(hash)
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		if id.String() == emptyTree && kind == plumbing.TreeObject {
			return nil, nil
		}
		return nil, ErrMissing
	}
	if err != nil {
		return nil, fmt.Errorf("%w: it is damaged: %w", ErrMissing, err)
	}
	if limit >= 0 && size > limit {
		return nil, &TooLargeError{ID: id, Size: size, Limit: limit}
	}
	obj, err := g.st.EncodedObject(plumbing.AnyObject, hash)
	if err != nil {
		return nil, fmt.Errorf("%w: it is damaged: %w", ErrMissing, err)
	}
	if kind != plumbing.AnyObject && obj.Type() != kind {
		return nil, fmt.Errorf("it is a %s, not a %s", obj.Type(), kind)
	}
	r, err := obj.Reader()
	if err != nil {
		return nil, fmt.Errorf("%w: it is damaged: %w", ErrMissing, err)
	}
	defer r.Close()
	data, err = io.ReadAll(io.LimitReader(r, size+1))
	if err != nil || int64(len(data)) != size {
		return nil, fmt.Errorf("%w: it is damaged: %d bytes instead of %d: %w", ErrMissing, len(data), size, err)
	}
	return data, nil
}

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

// prefixes are where git looks for a name, in this order.
var prefixes = []string{"", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"}

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
	for _, p := range prefixes {
		if id, ok := g.ref(p + name); ok {
			return id, nil
		}
	}
	if id, ok := g.ref("refs/remotes/" + name + "/HEAD"); ok {
		return id, nil
	}
	return g.abbreviated(strings.ToLower(name))
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
