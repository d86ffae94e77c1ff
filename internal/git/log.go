package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Log calls fn for every commit reachable from head, merges too, as git finds them:
// children mostly before parents. It holds one commit at a time. An error of fn ends
// it and is returned; a commit that is missing or malformed ends it, too.
//
// It is made for whole histories: one process reads each commit once, where Commits has
// two. For that, it leaves out what nobody asks of a history: Tree is zero, Signed is
// false, and a message ends at its first NUL, as in git.
func (r *Repository) Log(ctx context.Context, head OID, fn func(*Commit) error) error {
	if err := r.log(ctx, []OID{head}, fn); err != nil {
		return fmt.Errorf("reading the history of %s: %w", head.Short(), err)
	}
	return nil
}

// LogAll is Log for every commit reachable from any of the heads, each once.
func (r *Repository) LogAll(ctx context.Context, heads []OID, fn func(*Commit) error) error {
	if len(heads) == 0 {
		return nil
	}
	if err := r.log(ctx, heads, fn); err != nil {
		return fmt.Errorf("reading the history of %d branches and tags: %w", len(heads), err)
	}
	return nil
}

// Tips are the commits that branches, remote branches and tags name, each once, sorted.
func (r *Repository) Tips(ctx context.Context) ([]OID, error) {
	cmd := r.git.discovery(ctx, r.loc.dir, "--git-dir="+r.loc.dir, "for-each-ref",
		"--format=%(objecttype) %(objectname) %(*objecttype) %(*objectname)", "refs/heads", "refs/remotes", "refs/tags")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("listing branches and tags: %w", failed(ctx, cmd, err))
	}
	var tips []OID
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) == 4 && f[2] == "tag" { // a tag of a tag, and git shows one step
			id, err := r.Resolve(ctx, f[3]+"^{commit}")
			var other *NotCommitError
			if errors.As(err, &other) || errors.Is(err, ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("listing branches and tags: %w", err)
			}
			tips = append(tips, id)
		}
		for i := 0; i+1 < len(f); i += 2 {
			if f[i] != "commit" {
				continue
			}
			id, err := ParseOID(f[i+1])
			if err != nil {
				return nil, fmt.Errorf("listing branches and tags: %w", err)
			}
			tips = append(tips, id)
		}
	}
	slices.SortFunc(tips, OID.Compare)
	return slices.Compact(tips), nil
}

// logFields are what rev-list prints of a commit, each ended by a NUL, which none can
// hold: git reads commits as C strings.
const logFields = "%P%x00%an%x00%ae%x00%ad%x00%cn%x00%ce%x00%cd%x00%e%x00%B%x00"

func (r *Repository) log(ctx context.Context, heads []OID, fn func(*Commit) error) error {
	if r.isClosed() {
		return errClosed
	}
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := r.git.isolated(run, r.iso, "rev-list", "--date=raw", "--encoding=none", "--format="+logFields, "--stdin")
	var names strings.Builder
	for _, h := range heads {
		names.WriteString(h.String() + "\n")
	}
	cmd.Stdin = strings.NewReader(names.String())
	cmd.Env = append(cmd.Env, "GIT_FLUSH=0") // not a system call for every commit
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting git rev-list: %w", err)
	}
	l := logReader{in: bufio.NewReaderSize(out, 256<<10), idSize: r.idSize(), names: map[string]string{}}
	err = l.each(func(c *Commit, sure bool) error {
		// Where history is cut, git shows no parents; a form that it has no words for, it
		// leaves empty. Then the object itself answers.
		if !sure || len(c.Parents) == 0 && r.Shallow() {
			whole, err := r.Commit(ctx, c.ID)
			if err != nil {
				return err
			}
			c = whole
		}
		return fn(c)
	})
	if err != nil {
		cancel() // leaving early: it ends now
	}
	exit := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil && !errors.Is(err, errLog):
		return err
	case exit != nil: // given ids alone, it fails over objects alone
		return fmt.Errorf("%w: %w", ErrMissing, failed(ctx, cmd, exit))
	}
	return err
}

// errLog is output that rev-list cut short, as it does when it fails.
var errLog = errors.New("git rev-list said something unexpected")

// A logReader reads what rev-list prints with logFields.
type logReader struct {
	in     *bufio.Reader
	idSize int
	long   []byte            // a field that is longer than the buffer of in
	names  map[string]string // names and addresses come again and again
}

// each hands over one commit after the other. sure is false when its object has to be
// asked instead.
func (l *logReader) each(fn func(c *Commit, sure bool) error) error {
	for {
		line, err := l.in.ReadSlice('\n')
		if err == io.EOF && len(line) == 0 {
			return nil
		}
		hex, ok := bytes.CutPrefix(bytes.TrimSuffix(line, []byte{'\n'}), []byte("commit "))
		if err != nil || !ok {
			return errLog
		}
		id, err := ParseOID(string(hex))
		if err != nil || len(id.Bytes()) != l.idSize {
			return errLog
		}
		c, sure, err := l.commit(id)
		if err != nil {
			return err
		}
		if err := fn(c, sure); err != nil {
			return err
		}
	}
}

func (l *logReader) commit(id OID) (c *Commit, sure bool, err error) {
	c = &Commit{ID: id}
	parents, err := l.field(id)
	if err != nil {
		return nil, false, err
	}
	for len(parents) > 0 {
		var hex []byte
		hex, parents, _ = bytes.Cut(parents, []byte{' '})
		p, err := ParseOID(string(hex))
		if err != nil || len(p.Bytes()) != l.idSize {
			return nil, false, errLog
		}
		c.Parents = append(c.Parents, p)
	}
	sure = true
	for _, s := range []*Signature{&c.Author, &c.Committer} {
		ok, err := l.signature(id, s)
		if err != nil {
			return nil, false, err
		}
		sure = sure && ok
	}
	encoding, err := l.field(id)
	if err != nil {
		return nil, false, err
	}
	if len(encoding) > 0 {
		c.Encoding, sure = string(encoding), false // git has turned it all into UTF-8
	}
	message, err := l.field(id)
	if err != nil {
		return nil, false, err
	}
	c.Message = bytes.Clone(message)
	if end, err := l.in.ReadByte(); err != nil || end != '\n' {
		return nil, false, errLog
	}
	return c, sure, nil
}

// signature reads name, address and date. It is not sure of what git may have given up
// on, and of dates that it can not show.
func (l *logReader) signature(id OID, s *Signature) (sure bool, err error) {
	name, err := l.field(id)
	if err != nil {
		return false, err
	}
	s.Name = l.name(bytes.TrimSpace(name))
	email, err := l.field(id)
	if err != nil {
		return false, err
	}
	s.Email = l.name(email)
	date, err := l.field(id)
	if err != nil {
		return false, err
	}
	when, zone, ok := bytes.Cut(date, []byte{' '})
	s.When, err = strconv.ParseInt(string(when), 10, 64)
	s.Zone = l.name(zone)
	return ok && err == nil && s.When > 0 && len(zone) == len("+0000") && s.Name+s.Email != "", nil
}

// field reads up to the next NUL. What it returns is good until the next call.
func (l *logReader) field(id OID) ([]byte, error) {
	part, err := l.in.ReadSlice(0)
	if err == nil {
		return part[:len(part)-1], nil
	}
	l.long = l.long[:0]
	for errors.Is(err, bufio.ErrBufferFull) {
		l.long = append(l.long, part...)
		if len(l.long) > maxObject {
			return nil, fmt.Errorf("commit %s: %w", id, &TooLargeError{ID: id, Size: int64(len(l.long)), Limit: maxObject})
		}
		part, err = l.in.ReadSlice(0)
	}
	if err != nil {
		return nil, errLog
	}
	l.long = append(l.long, part[:len(part)-1]...)
	return l.long, nil
}

// maxNames bounds the table of names and addresses; then it begins anew.
const maxNames = 4096

func (l *logReader) name(b []byte) string {
	if s, ok := l.names[string(b)]; ok {
		return s
	}
	if len(l.names) == maxNames {
		clear(l.names)
	}
	s := string(b)
	if len(b) <= 200 {
		l.names[s] = s
	}
	return s
}
