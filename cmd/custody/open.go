package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"

	"custody/attestation/claim"
	"custody/impact/cache"
	"custody/impact/nearby"
	"custody/internal/change"
	"custody/internal/git"
	"custody/internal/parallel"
	"custody/internal/program"
)

// openRepository opens the repository at -C, or above it as git does.
func openRepository(ctx context.Context, p *process, dir string, options ...git.Option) (*git.Repository, error) {
	repo, err := git.Open(ctx, dir, append(options, git.WithEnviron(p.environ))...)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, hint(err, "install git; without it, only commands about a single commit work, such as 'custody scan'")
	case err != nil:
		return nil, hint(err, "name the repository with -C DIR")
	}
	return repo, nil
}

// openLarge is openRepository for a review, which reads a change and may use so many bytes of
// heap. It goes on seeing to these when it returns: settled waits for the end of that.
func openLarge(ctx context.Context, p *process, dir string, bytes int) (repo *git.Repository, settled *parallel.Task, err error) {
	settled = p.expect(ctx, bytes)
	repo, err = openRepository(ctx, p, dir, git.WithComparing())
	return repo, settled, err
}

// expect sees to memory while something else is done.
func (p *process) expect(ctx context.Context, bytes int) *parallel.Task {
	return parallel.Begin(ctx, func(context.Context) error {
		p.garbage.expect(bytes)
		return nil
	})
}

// A reader is a repository of which only objects are wanted.
type reader interface {
	git.Reader
	CommonDir() string
	Close() error
}

// openReader opens a repository for its objects, through the git command line or, where
// there is none, without.
func openReader(ctx context.Context, p *process, dir string) (reader, error) {
	repo, err := openRepository(ctx, p, dir)
	if !errors.Is(err, exec.ErrNotFound) {
		return repo, err
	}
	without, err := git.OpenGoGit(dir)
	if err != nil {
		return nil, err
	}
	return without, nil
}

// A factStore keeps what files say of themselves, and a graph, between commands.
type factStore struct {
	*cache.Store
	graphs *cache.Graphs
	past   *cache.History
	prose  *cache.Documents
	off    bool // there is no place to keep anything: work in memory
}

func noFacts() factStore {
	return factStore{Store: cache.Open(""), graphs: cache.OpenGraphs("", ""), past: cache.OpenHistory(""), prose: cache.OpenDocuments("", ""), off: true}
}

// openFacts opens the cache of a repository. A cache that can not be used costs time,
// never an answer.
func openFacts(p *process, commonDir string) factStore {
	dir := p.cacheDir()
	real, err := filepath.EvalSymlinks(commonDir)
	if dir == "" || err != nil {
		return noFacts()
	}
	if err := trustedFolder(dir, real); err != nil {
		fmt.Fprintf(p.err, "the cache is not used: %v\n", err)
		return noFacts()
	}
	sum := sha256.Sum256([]byte(real))
	folder := filepath.Join(dir, hex.EncodeToString(sum[:]))
	store := cache.Open(filepath.Join(folder, cache.FileName))
	if err := store.Refused(); err != nil {
		fmt.Fprintf(p.err, "the cache is not used: %v\n", err)
	}
	return factStore{
		Store:  store,
		graphs: cache.OpenGraphs(filepath.Join(folder, cache.GraphFileName), program.Build()),
		past:   cache.OpenHistory(filepath.Join(folder, cache.HistoryFileName)),
		prose:  cache.OpenDocuments(filepath.Join(folder, cache.DocumentsFileName), program.Build()),
	}
}

// A keptHistory is one whose answers are kept.
type keptHistory struct {
	nearby.History
	kept *cache.History
}

func (h keptHistory) EachTouched(ctx context.Context, head git.OID, max, most int, fn func(git.Touched) error) (bool, error) {
	return h.kept.EachTouched(ctx, h.History, head, max, most, fn)
}

// save keeps what was learnt. That it can not be kept is said, and no error.
func (s factStore) save(p *process) { s.keep(&keeping{})(p) }

// A keeping is that of facts, which may begin before all else is known.
type keeping struct {
	task    *parallel.Task // nil: it did not begin
	damaged error
}

// keepFacts begins to write them; nothing else may use the facts until keep.
func (s factStore) keepFacts(k *keeping) {
	if s.off {
		return
	}
	k.damaged = s.Damaged()
	k.task = parallel.Begin(context.Background(), func(context.Context) error { return s.SaveMany() })
}

// drop waits for the end of it, for whoever gave up on the rest.
func (k *keeping) drop() {
	if k.task != nil {
		k.task.Drop()
	}
}

// keep begins to write what was learnt, while its caller does something else that alters
// none of it. tell waits for the end, and says what could not be kept.
func (s factStore) keep(early *keeping) (tell func(p *process)) {
	if s.off {
		return func(*process) {}
	}
	if early.task == nil {
		s.keepFacts(early)
	}
	facts := early.task
	early.task = nil
	damaged := early.damaged
	saves := []func() error{facts.End, s.graphs.Save, s.past.Save, s.prose.Save}
	failed := make([]error, len(saves))
	all := make([]func(), len(saves))
	for i, save := range saves {
		all[i] = func() { failed[i] = save() }
	}
	writing := parallel.Begin(context.Background(), func(context.Context) error {
		parallel.Do(all...)
		return nil
	})
	return func(p *process) {
		if damaged != nil {
			fmt.Fprintf(p.err, "it was read from the repository instead: %v\n", damaged)
		}
		_ = writing.End()
		for _, err := range failed {
			if err != nil && !errors.Is(err, cache.ErrBusy) {
				fmt.Fprintf(p.err, "nothing was kept for the next time: %v\n", err)
				return
			}
		}
	}
}

// repositoryName is what the repository calls itself: from the URL of origin, which is
// returned without a user or a secret in it, or from its folder.
func repositoryName(ctx context.Context, repo *git.Repository, root string) (claim.Repo, error) {
	origin, err := repo.Origin(ctx)
	if err != nil {
		return claim.Repo{}, err
	}
	host, path := splitRemote(origin)
	parts := strings.Split(strings.TrimSuffix(strings.Trim(path, "/"), ".git"), "/")
	if host == "" || len(parts) < 2 {
		return claim.Repo{Owner: "unknown", Name: filepath.Base(root)}, nil
	}
	owner, name := strings.Join(parts[:len(parts)-1], "/"), parts[len(parts)-1]
	return claim.Repo{Owner: owner, Name: name, URL: "https://" + host + "/" + owner + "/" + name}, nil
}

// repositoryTitle is the repository's name for the heading of a page. Without git it is
// that of its folder.
func repositoryTitle(ctx context.Context, r reader, dir string) (string, error) {
	root, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	repo, ok := r.(*git.Repository)
	if !ok {
		return change.Printable(filepath.Base(root)), nil
	}
	self, err := repositoryName(ctx, repo, root)
	if err != nil {
		return "", err
	}
	return change.Printable(strings.TrimPrefix(self.Owner+"/"+self.Name, "unknown/")), nil
}

// splitRemote takes host and path from the two forms of a remote's address,
// https://user@host/path and user@host:path. Local paths have no host.
func splitRemote(s string) (host, path string) {
	if u, err := url.Parse(s); err == nil && u.Host != "" {
		return u.Hostname(), u.Path
	}
	before, after, ok := strings.Cut(s, ":")
	if !ok || strings.Contains(before, "/") {
		return "", ""
	}
	if _, h, ok := strings.Cut(before, "@"); ok {
		before = h
	}
	return before, after
}
