package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// least is the oldest git that will do: 2.36 brought cat-file --batch-command, and
// from 2.38 on git takes safe.directory from the command line (see discovery).
var least = [2]int{2, 38}

// A VersionError says that the installed git is too old.
type VersionError struct {
	Got   string // what "git version" printed
	Least string // "2.38"
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%q is too old: install git %s or newer", e.Got, e.Least)
}

// A program is the git command line, tied down. Every git process of Custody is made
// by one of its two methods.
//
// It works in two settings. Discovery alone sees the repository as it is, to find it
// and to turn a name into an id. Everything else runs in isolation: in a git directory
// of our own that holds no configuration, no attributes, no refs, no hooks, no index
// and no work tree, and whose only link to the repository is where the objects are.
// So what a repository's owner (or whoever packed it up for us) wrote into .git/config,
// info/attributes, info/grafts, refs/replace or a .gitattributes can not reach a diff,
// whatever options a newer git gives such files; and a repository that belongs to
// somebody else needs no trust, because nothing of it but objects is used.
type program struct {
	path string   // of the git executable
	env  []string // of every process

	answered chan struct{} // closed when git has said its version; nil: it is not asked
	refused  error         // why it will not do
}

// newProgram finds git in the PATH of the given environment, or in our own when that
// has none.
func newProgram(environ []string) (*program, error) {
	path, err := lookGit(environ)
	if err != nil {
		return nil, fmt.Errorf("looking for git: %w", err)
	}
	p := &program{path: path}
	search, ok := variable(environ, "PATH")
	if !ok {
		search = filepath.Dir(path)
	}
	// Built from nothing: a GIT_ variable that a user, a service or a client of an ssh
	// server left behind can name configuration, objects, refs, programs and trace
	// files.
	p.env = []string{
		"PATH=" + search,              // git may be a script that starts the real one
		"LC_ALL=C",                    // messages that we can show and compare
		"GIT_CONFIG_NOSYSTEM=1",       // no /etc/gitconfig
		"GIT_CONFIG_GLOBAL=/dev/null", // no ~/.gitconfig; HOME is not set either
		"GIT_ATTR_NOSYSTEM=1",         // no /etc/gitattributes
		"GIT_NO_REPLACE_OBJECTS=1",    // refs/replace shows other content under the same id
		"GIT_GRAFT_FILE=/dev/null",    // info/grafts shows other parents
		"GIT_NO_LAZY_FETCH=1",         // a missing object is missing (git 2.39.4, 2.45)
		"GIT_ALLOW_PROTOCOL=none",     // and no transport exists; unlike protocol.allow, a repository's protocol.<name>.allow can not undo it
		"GIT_TERMINAL_PROMPT=0",       // nobody is there to answer
		"GIT_OPTIONAL_LOCKS=0",        // write nothing
		"GIT_ADVICE=0",                // no hints on stderr (git 2.45)
	}
	return p, nil
}

// pinned are the options before every subcommand.
var pinned = []string{
	"--no-pager",
	"--no-replace-objects",
	"-c", "protocol.allow=never",
	"-c", "core.bigFileThreshold=4m", // larger blobs are streamed, not held in memory
	"-c", "core.fsmonitor=false", // would run a program when an index is read
	"-c", "core.hooksPath=/dev/null",
	"-c", "core.attributesFile=/dev/null",
	"-c", "core.alternateRefsCommand=false", // names a program that lists refs; this one does nothing
	"-c", "core.useReplaceRefs=false",
	"-c", "core.commitGraph=false", // objects/info/commit-graph can claim other parents, and git believes it
	"-c", "core.disambiguate=none", // a short id means the same whatever the configuration prefers
	"-c", "core.warnAmbiguousRefs=false",
	"-c", "advice.graftFileDeprecated=false", // naming an empty graft file is how grafts are turned off
}

// discovery is a command that sees the repository at dir with its own configuration.
// None of what that can name is run by the commands that we use it for: rev-parse and
// cat-file of a name.
func (p *program) discovery(ctx context.Context, dir string, args ...string) *exec.Cmd {
	return p.start(ctx, "/", p.env, discovering(dir, args))
}

func discovering(dir string, args []string) []string {
	// Git refuses a repository of another user, since the next command might obey its
	// configuration. Ours do not, and hooks and services often run as someone else.
	global := append([]string{"-C", dir, "-c", "safe.directory=*"}, pinned...)
	return append(global, args...)
}

// isolated is a command in a git directory of our own.
func (p *program) isolated(ctx context.Context, iso *isolation, args ...string) *exec.Cmd {
	env, all := p.isolating(iso, args)
	return p.start(ctx, iso.dir, env, all)
}

func (p *program) isolating(iso *isolation, args []string) (env, all []string) {
	global := append([]string{"--git-dir=" + iso.dir, "--bare"}, pinned...)
	return append(p.env[:len(p.env):len(p.env)], iso.env...), append(global, args...)
}

// start waits for the version that git says: of one that is too old no answer counts.
func (p *program) start(ctx context.Context, dir string, env, args []string) *exec.Cmd {
	cmd := p.early(ctx, dir, env, args)
	if err := p.willDo(); err != nil {
		cmd.Err = err
	}
	return cmd
}

// early is a command whose answer is not used before willDo.
func (p *program) early(ctx context.Context, dir string, env, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Dir, cmd.Env = dir, env
	cmd.Stderr = new(tail)
	return cmd
}

// askVersion begins to ask git for its version.
func (p *program) askVersion(ctx context.Context) {
	p.answered = make(chan struct{})
	go func() {
		defer close(p.answered)
		p.refused = p.checkVersion(ctx)
	}()
}

// willDo says why git can not be used, once it is known.
func (p *program) willDo() error {
	if p.answered == nil {
		return nil
	}
	<-p.answered
	return p.refused
}

// checkVersion fails with a *VersionError when git is too old for us.
func (p *program) checkVersion(ctx context.Context) error {
	out, err := p.early(ctx, "/", p.env, []string{"version"}).Output()
	if err != nil {
		return fmt.Errorf("asking %s for its version: %w", p.path, err)
	}
	said := strings.TrimSpace(string(out))
	major, minor, ok := parseVersion(said)
	if !ok {
		return fmt.Errorf("asking %s for its version: it answered %q", p.path, said)
	}
	if major < least[0] || major == least[0] && minor < least[1] {
		return &VersionError{Got: said, Least: fmt.Sprintf("%d.%d", least[0], least[1])}
	}
	return nil
}

// parseVersion reads "git version 2.39.5", whatever follows: ".windows.1", " (Apple
// Git-154)", "-rc1".
func parseVersion(s string) (major, minor int, ok bool) {
	s, ok = strings.CutPrefix(s, "git version ")
	first, rest, found := strings.Cut(s, ".")
	if !ok || !found {
		return 0, 0, false
	}
	if end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
		rest = rest[:end]
	}
	major, err1 := strconv.Atoi(first)
	minor, err2 := strconv.Atoi(rest)
	return major, minor, err1 == nil && err2 == nil
}

// An isolation is the git directory that isolated commands run in.
type isolation struct {
	dir       string
	env       []string // where the objects are, and where history was cut
	objectEnv []string // the part of it that a push in quarantine needs, or nothing
}

// newIsolation makes one for a repository below the temporary folder.
func newIsolation(temp string, loc location, quarantine []string) (*isolation, error) {
	dir, err := os.MkdirTemp(temp, "custody-git-")
	if err != nil {
		return nil, fmt.Errorf("%w (set TMPDIR to a folder that can be written): %w", errIsolation, err)
	}
	iso := &isolation{dir: dir, objectEnv: quarantine, env: []string{
		// Git takes this file of the repository into account when it is there.
		"GIT_SHALLOW_FILE=" + filepath.Join(loc.common, "shallow"),
	}}
	config := "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
	if loc.format != "sha1" {
		config = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = " + loc.format + "\n"
	}
	if quarantine != nil {
		iso.env = append(iso.env, quarantine...)
	} else {
		iso.env = append(iso.env, "GIT_OBJECT_DIRECTORY="+filepath.Join(loc.common, "objects"))
	}
	err = errors.Join(
		os.Mkdir(filepath.Join(dir, "refs"), 0o700),
		os.WriteFile(filepath.Join(dir, "HEAD"), []byte("ref: refs/heads/none\n"), 0o600),
		os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o600),
	)
	if err != nil {
		iso.remove()
		return nil, fmt.Errorf("%w: %w", errIsolation, err)
	}
	return iso, nil
}

var errIsolation = errors.New("making an empty git directory to work in")

func (iso *isolation) remove() error { return os.RemoveAll(iso.dir) }

// variable is the last value of a name in an environment, as os/exec counts.
func variable(environ []string, name string) (value string, ok bool) {
	for _, kv := range environ {
		if v, found := strings.CutPrefix(kv, name+"="); found {
			value, ok = v, true
		}
	}
	return value, ok
}

// lookGit never takes a git from a relative folder of PATH, which may be the work tree.
func lookGit(environ []string) (string, error) {
	search, ok := variable(environ, "PATH")
	if !ok {
		return exec.LookPath("git")
	}
	for _, dir := range filepath.SplitList(search) {
		if !filepath.IsAbs(dir) {
			continue
		}
		path, err := exec.LookPath(filepath.Join(dir, "git"))
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, exec.ErrNotFound) && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return "", err
		}
	}
	return "", &exec.Error{Name: "git", Err: exec.ErrNotFound}
}

// A tail keeps the last bytes of a process's stderr, for its error message.
type tail struct{ b []byte }

const tailBytes = 2048

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p[max(0, len(p)-tailBytes):]...)
	t.b = t.b[max(0, len(t.b)-tailBytes):]
	return len(p), nil
}

// failed explains why a command did not do what it should have. A context that ended
// is the reason, not the signal that ended the process.
func failed(ctx context.Context, cmd *exec.Cmd, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if said := complaint(cmd); said != "" {
		return fmt.Errorf("git %s: %w: %s", subcommand(cmd), err, said)
	}
	return fmt.Errorf("git %s: %w", subcommand(cmd), err)
}

// complaint is the end of what a finished command wrote to stderr, on one line.
func complaint(cmd *exec.Cmd) string {
	said := strings.TrimSpace(string(cmd.Stderr.(*tail).b))
	return strings.ToValidUTF8(strings.ReplaceAll(said, "\n", "; "), "?")
}

// subcommand is the first word that is neither an option of git itself nor its value.
func subcommand(cmd *exec.Cmd) string {
	for i := 1; i < len(cmd.Args); i++ {
		switch arg := cmd.Args[i]; {
		case arg == "-c" || arg == "-C":
			i++
		case !strings.HasPrefix(arg, "-"):
			return arg
		}
	}
	return ""
}
