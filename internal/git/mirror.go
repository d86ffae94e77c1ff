package git

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Mirror is a bare copy of a repository that a forge serves over HTTP: where the
// server reviews. It is a partial clone, so that history comes without the files of a
// thousand old versions; FetchMissing brings the blobs that a review needs, at once.
//
// Only its two fetching methods speak to a network, to one host, and nothing of what
// comes over it is run, checked out or believed as configuration. Calls that fetch must
// not run at the same time on one Mirror: whoever holds it sees to that.
type Mirror struct {
	git *program
	dir string
}

// A Remote is where a Mirror fetches from. The token is handed to git by environment:
// never on a command line, in a URL, or in a file.
type Remote struct {
	URL   string        // https://host/owner/name.git, without a user
	Token string        // of an installation; empty for what everybody may read
	Quiet time.Duration // how long it may send nothing at all; 0: 30 seconds
	// Most bounds the bytes that come at a time, packed, of what is not the repository's own:
	// see Want.Foreign and FetchMissing. 0: there is no bound. It holds on Linux.
	Most int64
	// MostFiles bounds how many files of it are asked for, each by its id, where Most does.
	MostFiles int
	// MostMemory bounds the bytes of memory that git takes for it at a time, where Most does; 0: it
	// is not bounded. What it maps of packs is no part of that.
	MostMemory int64
}

// memory is the bound of one of several processes that work side by side.
func (r *Remote) memory(processes int) int64 {
	if r.Most == 0 {
		return 0
	}
	return r.MostMemory / int64(processes)
}

// ErrNoRemoteRef says that a ref which was asked for is not there (any more).
var ErrNoRemoteRef = errors.New("the remote has no such ref")

// ErrTooMuch says that more would have come than Remote.Most, or more files than Remote.MostFiles,
// or that to find that out takes more memory than Remote.MostMemory. No file of it is kept.
var ErrTooMuch = errors.New("more would come than may")

// mirrorConfig makes a repository whose missing blobs are missing on purpose.
const mirrorConfig = `[core]
	repositoryformatversion = 1
	bare = true
[extensions]
	partialClone = origin
[remote "origin"]
	promisor = true
	partialclonefilter = blob:none
`

// OpenMirror opens the mirror at dir, or makes an empty one.
func OpenMirror(dir string, opts ...Option) (*Mirror, error) {
	var o options
	for _, f := range opts {
		f(&o)
	}
	p, err := newProgram(o.environ)
	if err != nil {
		return nil, err
	}
	p.env = append(p.env, networkSettings(o.environ)...)
	m := &Mirror{git: p, dir: dir}
	if _, err := os.Stat(filepath.Join(dir, "config")); err == nil {
		return m, nil
	}
	for _, sub := range []string{"objects/pack", "objects/info", "refs/heads"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(sub)), 0o700); err != nil {
			return nil, fmt.Errorf("making a mirror: %w", err)
		}
	}
	// The file config is what the next OpenMirror looks for, so it comes last.
	for _, f := range [][2]string{{"HEAD", "ref: refs/heads/none\n"}, {"config", mirrorConfig}} {
		if err := os.WriteFile(filepath.Join(dir, f[0]), []byte(f[1]), 0o600); err != nil {
			return nil, fmt.Errorf("making a mirror: %w", err)
		}
	}
	return m, nil
}

// networkSettings are what an operator says of proxies and certificates.
func networkSettings(environ []string) []string {
	var all []string
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"} {
		if v, ok := variable(environ, name); ok && v != "" {
			all = append(all, name+"="+v)
		}
	}
	return all
}

// Dir is the git directory.
func (m *Mirror) Dir() string { return m.dir }

// A Want is what Fetch brings.
type Want struct {
	// Refs are full names; one that ends with * stands for all that begin so, none
	// included, and those of them that are gone go away here, too.
	Refs []string
	// Foreign are more refs, which people fill who may not write to the repository: what comes
	// with them is bounded.
	Foreign []string
	// Commits are fetched by id, whether or not a ref still leads to them, if the forge
	// gives them out, and kept.
	Commits []OID
	// Near is a commit that the wanted ones are few changes away from; zero for none. Where
	// all of its files are here, the new ones come along in the same request.
	Near OID
}

// Fetch brings what is wanted up to date.
func (m *Mirror) Fetch(ctx context.Context, from Remote, want Want) error {
	if from.Most == 0 || len(want.Foreign) == 0 {
		from.Most = 0
		return m.fetchAll(ctx, from, want)
	}
	// At once, as a rule. The bound is not for what the repository's own people do, so where it
	// is met that comes first; and it does where nothing is here yet.
	if packs, err := m.packs(); err == nil && len(packs) > 0 {
		if err := m.fetchAll(ctx, from, want); !errors.Is(err, ErrTooMuch) {
			return err
		}
	}
	own, foreign := from, Want{Foreign: want.Foreign, Near: want.Near}
	own.Most, want.Foreign = 0, nil
	if err := m.fetchAll(ctx, own, want); err != nil {
		return err
	}
	return m.fetchAll(ctx, from, foreign)
}

func (m *Mirror) fetchAll(ctx context.Context, from Remote, want Want) error {
	args := []string{"--prune"}
	if want.Near.IsZero() || !m.known()[want.Near] {
		args = append(args, "--filter=blob:none")
	} else {
		args = append(args, "--no-filter") // that of the configuration does not hold
	}
	refs := slices.Concat(want.Refs, want.Foreign)
	var specs []string
	for _, ref := range refs {
		if !strings.HasPrefix(ref, "refs/") || strings.ContainsAny(ref, ":^ \n") {
			return fmt.Errorf("fetching: %.100q is no full name of a ref", ref)
		}
		specs = append(specs, "+"+ref+":"+ref)
	}
	for _, id := range want.Commits {
		specs = append(specs, "+"+id.String()+":refs/custody/seen/"+id.String())
	}
	err := m.fetch(ctx, from, specs, args...)
	if err != nil && ctx.Err() == nil && strings.Contains(err.Error(), "cannot lock ref") {
		if cleared, cerr := m.clear(ctx, refs); cerr == nil && cleared {
			err = m.fetch(ctx, from, specs, args...)
		}
	}
	if err != nil {
		return fmt.Errorf("fetching: %w", err)
	}
	return nil
}

// clear deletes the refs that can not be where some others are to be: release, where there is
// to be release/1, and the other way around. The remote can have only one of them.
func (m *Mirror) clear(ctx context.Context, refs []string) (cleared bool, err error) {
	own := append([]string{"--git-dir=" + m.dir}, pinned...)
	out, err := m.git.start(ctx, "/", m.git.env, append(slices.Clip(own), "for-each-ref", "--format=%(refname)")).Output()
	if err != nil {
		return false, fmt.Errorf("listing refs: %w", err)
	}
	var gone strings.Builder
	for have := range strings.Lines(string(out)) {
		have = strings.TrimSuffix(have, "\n")
		if slices.ContainsFunc(refs, func(ref string) bool {
			return strings.HasPrefix(ref, have+"/") || strings.HasPrefix(have, ref+"/")
		}) {
			gone.WriteString("delete " + have + "\n")
		}
	}
	if gone.Len() == 0 {
		return false, nil
	}
	cmd := m.git.start(ctx, "/", m.git.env, append(slices.Clip(own), "update-ref", "--stdin"))
	cmd.Stdin = strings.NewReader(gone.String())
	if err := cmd.Run(); err != nil {
		return false, failed(ctx, cmd, err)
	}
	return true, nil
}

// FetchMissing brings the blobs that a review of base..head reads and that are not here
// yet, in one request. bases are the base and the merge bases; whole are further commits
// whose trees are read, such as those of notes. What the head holds beyond all of these is bounded.
func (m *Mirror) FetchMissing(ctx context.Context, from Remote, head OID, bases []OID, whole ...OID) error {
	if from.Most > 0 {
		if len(m.known()) > 0 {
			if err := m.fetchMissing(ctx, from, head, bases, whole...); !errors.Is(err, ErrTooMuch) {
				return err
			}
		}
		own := from
		own.Most = 0
		for _, b := range slices.Concat(bases, whole) { // the repository's own
			if b.IsZero() {
				continue
			}
			if err := m.fetchMissing(ctx, own, b, nil); err != nil {
				return err
			}
		}
	}
	return m.fetchMissing(ctx, from, head, bases, whole...)
}

func (m *Mirror) fetchMissing(ctx context.Context, from Remote, head OID, bases []OID, whole ...OID) error {
	known := m.known()
	var all []OID // whose trees are read
	trees, since := []string{}, []string(nil)
	if len(bases) > 0 {
		since = append(since, head.String())
	}
	for _, id := range slices.Concat([]OID{head}, bases, whole) {
		if id.IsZero() || slices.Contains(all, id) {
			continue
		}
		all = append(all, id)
		tree := id.String() + "^{tree}"
		if known[id] { // what is in it is here, so it need not be walked
			tree = "^" + tree
		}
		trees = append(trees, tree)
	}
	for _, b := range bases {
		if !b.IsZero() {
			since = append(since, "^"+b.String())
		}
	}
	walks := [][]string{trees}
	if since != nil {
		walks = append(walks, since)
	}
	most := 0
	if from.Most > 0 {
		most = from.MostFiles
	}
	missing, err := m.missing(ctx, most, from.memory(len(walks)), walks...)
	if err != nil {
		return err
	}
	if most > 0 && len(missing) > most {
		return fmt.Errorf("%w: over %d files", ErrTooMuch, most)
	}
	if len(missing) > 0 {
		if err := m.fetch(ctx, from, slices.Sorted(maps.Keys(missing)), "--filter=blob:none"); err != nil {
			return fmt.Errorf("fetching %d blobs: %w", len(missing), err)
		}
	}
	m.learn(known, all)
	return nil
}

// missing are the ids of objects that walks from several places do not find; where they are more
// than most, and that is not 0, more than that of them. The walks run side by side, and take no more
// memory each, unless that is 0.
func (m *Mirror) missing(ctx context.Context, most int, memory int64, walks ...[]string) (map[string]bool, error) {
	found, errs := make([][]string, len(walks)), make([]error, len(walks))
	var group sync.WaitGroup
	for i, revs := range walks {
		group.Go(func() { found[i], errs[i] = m.walk(ctx, most, memory, revs) })
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("looking for what is missing: %w", err)
	}
	missing := map[string]bool{}
	for _, ids := range found {
		for _, id := range ids {
			missing[id] = true
		}
	}
	return missing, nil
}

// walk gives the ids that one walk does not find, at most one more than most. What it finds is told,
// too, and may be much more. Where to walk is its input: it begins when its limit is set.
func (m *Mirror) walk(ctx context.Context, most int, memory int64, revs []string) (ids []string, err error) {
	cmd := m.git.start(ctx, "/", m.git.env, slices.Concat([]string{"--git-dir=" + m.dir}, pinned,
		[]string{"rev-list", "--objects", "--no-object-names", "--missing=print", "--stdin"}))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := begin(ctx, cmd, 0, memory, revs); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		id, ok := strings.CutPrefix(lines.Text(), "?")
		if !ok {
			continue
		}
		if ids = append(ids, id); most > 0 && len(ids) > most {
			cmd.Process.Kill()
			cmd.Wait()
			return ids, nil
		}
	}
	if err := errors.Join(cmd.Wait(), lines.Err()); err != nil {
		if lacked(cmd, memory) {
			return nil, fmt.Errorf("%w: over %d MiB of memory to look through it", ErrTooMuch, memory>>20)
		}
		return nil, failed(ctx, cmd, err)
	}
	return ids, nil
}

// begin starts a command that reads lines before it does anything: by then its limits are set. What
// it does not read it says itself, when it ends.
func begin(ctx context.Context, cmd *exec.Cmd, file, memory int64, lines []string) error {
	input, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return failed(ctx, cmd, err)
	}
	if file > 0 || memory > 0 {
		if err := limit(cmd.Process, file, memory); err != nil {
			cmd.Process.Kill()
			cmd.Wait()
			return err
		}
	}
	_, _ = io.WriteString(input, strings.Join(lines, "\n")+"\n")
	input.Close()
	return nil
}

// lacked says whether a command ended for want of the memory that it may take.
func lacked(cmd *exec.Cmd, memory int64) bool {
	said := complaint(cmd)
	return memory > 0 && (strings.Contains(said, "ut of memory") || strings.Contains(said, "Cannot allocate memory"))
}

// Reachable says whether the forge answers and gives the repository to us.
func (m *Mirror) Reachable(ctx context.Context, from Remote) bool {
	env, err := m.environment(from)
	if err != nil {
		return false
	}
	cmd := m.git.start(ctx, "/", env, append(append([]string{}, pinned...), "ls-remote", "--quiet", "origin", "HEAD"))
	endTogether(cmd)
	return cmd.Run() == nil
}

// environment is that of a git which speaks to the forge, with the token.
func (m *Mirror) environment(from Remote, more ...[2]string) ([]string, error) {
	u, err := url.Parse(from.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("%.200q is no address to fetch from", from.URL)
	}
	quiet := 30
	if from.Quiet > 0 {
		quiet = max(1, int(from.Quiet/time.Second))
	}
	settings := [][2]string{
		{"remote.origin.url", from.URL},
		{"credential.helper", ""},
		{"http.followRedirects", "false"}, // a token is for one host; renamed repositories are asked for by id
		// Nothing at all for a while: a server that counts objects sends a few bytes only.
		{"http.lowSpeedLimit", "1"},
		{"http.lowSpeedTime", strconv.Itoa(quiet)},
		{"protocol.version", "2"},
		{"transfer.bundleURI", "false"},
		{"fetch.unpackLimit", "1"},
		{"fetch.recurseSubmodules", "false"},
		{"fetch.writeCommitGraph", "false"},
		{"gc.auto", "0"},
		{"maintenance.auto", "false"},
	}
	settings = append(settings, more...)
	if from.Token != "" {
		basic := base64.StdEncoding.EncodeToString([]byte("x-access-token:" + from.Token))
		settings = append(settings, [2]string{"http." + u.Scheme + "://" + u.Host + "/.extraHeader", "Authorization: Basic " + basic})
	}
	env := append(m.git.env[:len(m.git.env):len(m.git.env)],
		"GIT_ALLOW_PROTOCOL="+u.Scheme, // the last of a name counts
		"GIT_CONFIG_COUNT="+strconv.Itoa(len(settings)))
	for i, s := range settings {
		n := strconv.Itoa(i)
		env = append(env, "GIT_CONFIG_KEY_"+n+"="+s[0], "GIT_CONFIG_VALUE_"+n+"="+s[1])
	}
	return env, nil
}

// fetch runs one git fetch of refs, or of ids of blobs. They are its input: it reads them before
// it speaks to anybody, and by then its limit is set.
func (m *Mirror) fetch(ctx context.Context, from Remote, specs []string, args ...string) error {
	var more [][2]string
	if !slices.ContainsFunc(specs, func(s string) bool { return strings.Contains(s, ":") }) { // ids of blobs: there is nothing to negotiate
		more = append(more, [2]string{"fetch.negotiationAlgorithm", "noop"})
	}
	env, err := m.environment(from, more...)
	if err != nil {
		return err
	}
	all := append([]string{"--git-dir=" + m.dir}, pinned...)
	all = append(all, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance")
	all = append(append(all, args...), "--stdin", "--end-of-options", "origin")
	cmd := m.git.start(ctx, "/", env, all)
	endTogether(cmd)
	if err := begin(ctx, cmd, from.Most, from.memory(1), specs); err != nil {
		return err
	}
	err = cmd.Wait()
	if m.cut(from.Most) {
		return fmt.Errorf("%w: over %d MiB", ErrTooMuch, from.Most>>20)
	}
	if err != nil && lacked(cmd, from.memory(1)) {
		return fmt.Errorf("%w: over %d MiB of memory to take it in", ErrTooMuch, from.memory(1)>>20)
	}
	if err != nil && ctx.Err() == nil {
		if said := complaint(cmd); strings.Contains(said, "couldn't find remote ref") || strings.Contains(said, "not our ref") {
			return fmt.Errorf("%w: %s", ErrNoRemoteRef, said)
		}
	}
	if err != nil {
		return failed(ctx, cmd, err)
	}
	m.remember()
	return nil
}

// cut removes what fetches left that were ended, and says whether one was for its size.
func (m *Mirror) cut(most int64) (large bool) {
	left, _ := filepath.Glob(filepath.Join(m.dir, "objects", "pack", "tmp_*"))
	for _, file := range left {
		if info, err := os.Stat(file); err == nil && most > 0 && info.Size() >= most {
			large = true
		}
		_ = os.Remove(file)
	}
	return large
}
