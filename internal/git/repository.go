package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// A Repository reads a repository through the git command line. It is safe for
// concurrent use. Close it: it holds a process and a temporary folder.
type Repository struct {
	git   *program
	start string // where it was opened
	loc   location
	iso   *isolation
	own   *stored // nil: git reads everything

	mu       sync.Mutex
	bases    map[[2]OID][]OID // of pairs of commits that were asked for
	idle     []*child         // cat-file processes, while nobody uses them
	comparer *comparer        // the diff-tree process, the same
	starting chan struct{}    // closed when the first one is there, or can not be had
	closed   bool
	treeIDs  map[OID]OID   // of commits that were listed or compared: at most maxTreeIDs
	sizes    map[OID]int64 // of blobs that were asked for: at most maxSizes
	recent   recent        // commits and folders that were read
}

// maxTreeIDs is of how many commits the tree is kept in mind: those of a large change.
const maxTreeIDs = 50_000

// maxSizes is of how many blobs the size is kept in mind: those of a large change, whose
// sizes are asked for before git compares them and whose bytes are read after that.
const maxSizes = 50_000

// A location is where a repository is and what it is like.
type location struct {
	dir    string // the git directory: HEAD is here
	common string // the same, unless dir belongs to a linked work tree: objects are here
	format string // "sha1" or "sha256"
	cut    bool   // shallow
}

// An Option changes how Open works.
type Option func(*options)

type options struct {
	environ     []string
	quarantines []string
	unmarked    bool
	comparing   bool
	temp        func(commonDir string) (string, error)
}

// WithEnviron gives Open the environment of the process, as os.Environ has it. Taken
// from it are PATH, TMPDIR and, when GIT_QUARANTINE_PATH is there, the object
// directories of a push that a hook is asked about, if they are this repository's own:
// else Open fails. Nothing else of it has any effect.
func WithEnviron(environ []string) Option {
	return func(o *options) { o.environ = environ }
}

// WithQuarantines names further folders in which object directories of pushes may lie,
// for servers that keep them outside of the repository. They must come from the operator.
func WithQuarantines(folders ...string) Option {
	return func(o *options) { o.quarantines = folders }
}

// WithTemp says where the temporary folder of a repository is made, once it is known
// where that repository is. The default is TMPDIR, or /tmp.
func WithTemp(folder func(commonDir string) (string, error)) Option {
	return func(o *options) { o.temp = folder }
}

// WithUnmarkedQuarantine takes the object directories of WithEnviron without
// GIT_QUARANTINE_PATH too, for servers that leave it out of the environment of hooks. They
// must be this repository's own as ever.
func WithUnmarkedQuarantine() Option {
	return func(o *options) { o.unmarked = true }
}

// WithComparing says that a change will be read: the processes that this takes are started
// while the repository is still looked for.
func WithComparing() Option {
	return func(o *options) { o.comparing = true }
}

// Open finds the repository that dir belongs to, as git does: dir may be a bare
// repository, a work tree, or a folder in either. If git is missing, the error wraps
// exec.ErrNotFound; if it is too old, it is a *VersionError, with WithComparing perhaps only
// where git is needed.
func Open(ctx context.Context, dir string, opts ...Option) (*Repository, error) {
	var o options
	for _, f := range opts {
		f(&o)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	git, err := newProgram(o.environ)
	if err != nil {
		return nil, err
	}

	git.askVersion(ctx)
	r, err := git.open(ctx, abs, o)
	if !o.comparing || err != nil { // who reads a change waits where git is needed
		if refused := git.willDo(); refused != nil && err == nil {
			r.Close()
			return nil, refused
		} else if refused != nil {
			return nil, refused
		}
	}
	if err != nil && !errors.Is(err, errIsolation) {
		err = fmt.Errorf("opening %s: %w", dir, err)
	}
	return r, err
}

// open opens the repository to which dir belongs, where that is plain to see or git says so.
func (p *program) open(ctx context.Context, dir string, o options) (*Repository, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if loc, ok := known(dir); ok {
		r, err := p.at(dir, loc, o)
		if err == nil && o.comparing {
			r.expectToCompare()
		}
		return r, err
	}
	// Processes of two milliseconds each: side by side.
	expected := make(chan *Repository, 1)
	go func() { expected <- p.expect(dir, o) }()
	loc, err := p.locate(ctx, dir)
	early := <-expected
	if early != nil && (err != nil || !early.loc.same(loc)) {
		early.Close()
		early = nil
	}
	if err != nil {
		return nil, err
	}
	if early != nil {
		early.loc = loc
		return early, nil
	}
	return p.at(dir, loc, o)
}

// at opens the repository at a location.
func (p *program) at(start string, loc location, o options) (*Repository, error) {
	quarantine, err := quarantineOf(o.environ, loc, o)
	if err != nil {
		return nil, err
	}
	temp, ok := variable(o.environ, "TMPDIR")
	if !ok || temp == "" {
		temp = "/tmp"
	}
	if o.temp != nil {
		if temp, err = o.temp(loc.common); err != nil {
			return nil, err
		}
	}
	iso, err := newIsolation(temp, loc, quarantine)
	if err != nil {
		return nil, err
	}
	r := &Repository{git: p, start: start, loc: loc, iso: iso}
	if loc.format == "sha1" {
		r.own = &stored{dir: filepath.Join(loc.common, "objects")}
	}
	return r, nil
}

// locate asks git where the repository is.
func (p *program) locate(ctx context.Context, dir string) (location, error) {
	if info, err := os.Stat(dir); err != nil {
		return location{}, err
	} else if !info.IsDir() {
		return location{}, errors.New("not a folder")
	}
	cmd := p.early(ctx, "/", p.env, discovering(dir, []string{"rev-parse", "--path-format=absolute",
		"--is-shallow-repository", "--show-object-format", "--git-dir", "--git-common-dir"}))
	out, err := cmd.Output()
	if err != nil {
		if bytes.Contains(cmd.Stderr.(*tail).b, []byte("not a git repository")) {
			return location{}, errors.New("there is no git repository here or in a folder above")
		}
		return location{}, failed(ctx, cmd, err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != 4 {
		return location{}, errors.New("the path of the git directory contains a newline: move it")
	}
	loc := location{cut: lines[0] == "true", format: lines[1], dir: lines[2], common: lines[3]}
	if loc.format != "sha1" && loc.format != "sha256" {
		return location{}, fmt.Errorf("object format %q is not supported", loc.format)
	}
	return loc, nil
}

// Close kills the processes and removes the temporary folder. Calls that are under way
// finish or fail.
func (r *Repository) Close() error {
	r.awaitComparer()
	r.mu.Lock()
	children := r.idle
	if r.comparer != nil {
		children = append(children, r.comparer.child)
	}
	r.idle, r.comparer = nil, nil
	again := r.closed
	r.closed = true
	r.mu.Unlock()
	if again {
		return nil
	}
	for _, c := range children {
		c.cmd.Process.Kill()
	}
	go func() { // the system takes its time to clear them away, for which nobody has to wait
		for _, c := range children {
			c.end()
		}
	}()
	r.own.close()
	return r.iso.remove()
}

func (r *Repository) isClosed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

// ObjectFormat is "sha1" or "sha256".
func (r *Repository) ObjectFormat() string { return r.loc.format }

// Shallow says whether history is cut off: some commits' parents are not here, on
// purpose.
func (r *Repository) Shallow() bool { return r.loc.cut }

// GitDir and CommonDir are absolute paths; they differ in a linked work tree. Objects
// and configuration are in the second.
func (r *Repository) GitDir() string    { return r.loc.dir }
func (r *Repository) CommonDir() string { return r.loc.common }

// idSize is the length of an object id in bytes.
func (r *Repository) idSize() int {
	if r.loc.format == "sha256" {
		return 32
	}
	return 20
}
