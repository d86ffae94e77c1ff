package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// FileLines is one file that a commit changes, and by how many lines.
type FileLines struct {
	Path           string
	OldPath        string // of a rename
	Added, Deleted int
	Binary         bool // then there are no lines to count
}

// maxNumstatFiles bounds the files of one commit that are given.
const maxNumstatFiles = 20_000

// maxNumstatFailures bounds how often one call starts git anew.
const maxNumstatFailures = 16

// Numstat calls fn for every commit, in order, with the files that it changes against
// its first parent; more says how many there are besides. A merge changes none: what it
// joins belongs to the commits that it joins. What can not be told, since an object is
// missing, has err; after many such commits all others have it, too. An error of fn ends
// it and is returned.
func (r *Repository) Numstat(ctx context.Context, ids []OID, fn func(i int, files []FileLines, more int, err error) error) error {
	if r.isClosed() {
		return errClosed
	}
	for failures, at := 0, 0; at < len(ids); failures++ {
		n, err := r.numstat(ctx, ids[at:], func(i int, files []FileLines, more int) error { return fn(at+i, files, more, nil) })
		at += n
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && !errors.Is(err, errNumstat):
			return err
		case at == len(ids):
			return nil
		}
		// git died over the commit that it is at.
		last := at
		if failures == maxNumstatFailures {
			last = len(ids) - 1
		}
		for ; at <= last; at++ {
			if err := fn(at, nil, 0, fmt.Errorf("commit %s: %w", ids[at], err)); err != nil {
				return err
			}
		}
	}
	return nil
}

// errNumstat is output that ended too early.
var errNumstat = fmt.Errorf("%w: git diff-tree could not read the files of a commit", ErrMissing)

// numstat runs git once, and says for how many commits it answered.
func (r *Repository) numstat(ctx context.Context, ids []OID, fn func(i int, files []FileLines, more int) error) (int, error) {
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	// Each id is followed by a line that is none: git says it again, and so ends its
	// answer.
	var ask strings.Builder
	for _, id := range ids {
		ask.WriteString(id.String() + "\n.\n")
	}
	cmd := r.git.isolated(run, r.iso, "diff-tree", "--stdin", "--root", "-r", "-z", "--numstat", "--no-ext-diff", "--no-textconv",
		"--find-renames="+renameSimilarity, "-l"+renameLimit, "--rename-empty", "--diff-algorithm=myers", "--indent-heuristic", "--no-relative")
	cmd.Stdin = strings.NewReader(ask.String())
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("starting git diff-tree: %w", err)
	}
	in := bufio.NewReaderSize(out, 256<<10)
	n := 0
	for ; n < len(ids); n++ {
		files, more, failed := readNumstat(in, ids[n].String())
		if failed != nil {
			err = failed
			break
		}
		if err = fn(n, files, more); err != nil {
			n++
			break
		}
	}
	cancel()
	cmd.Wait()
	return n, err
}

// readNumstat reads the answer about one commit.
func readNumstat(in *bufio.Reader, id string) (files []FileLines, more int, err error) {
	if b, err := in.Peek(1); err == nil && b[0] != '.' {
		head, err := token(in)
		if err != nil || strings.TrimPrefix(head, "\n") != id {
			return nil, 0, errNumstat
		}
	}
	for {
		b, err := in.Peek(1)
		if err != nil {
			return nil, 0, errNumstat
		}
		if b[0] == '\n' { // behind the id of a commit that changes nothing
			in.Discard(1)
			continue
		}
		if b[0] == '.' {
			end := make([]byte, 2)
			if _, err := io.ReadFull(in, end); err != nil || end[1] != '\n' {
				return nil, 0, errNumstat
			}
			return files, more, nil
		}
		f, err := numstatFile(in)
		if err != nil {
			return nil, 0, err
		}
		if len(files) == maxNumstatFiles {
			more++
			continue
		}
		files = append(files, f)
	}
}

// numstatFile reads "added\tdeleted\tpath\0", or of a rename "added\tdeleted\t\0old\0new\0".
func numstatFile(in *bufio.Reader) (FileLines, error) {
	t, err := token(in)
	if err != nil {
		return FileLines{}, err
	}
	added, rest, ok := strings.Cut(t, "\t")
	deleted, path, ok2 := strings.Cut(rest, "\t")
	if !ok || !ok2 {
		return FileLines{}, errNumstat
	}
	f := FileLines{Path: path}
	if path == "" {
		if f.OldPath, err = token(in); err != nil {
			return f, err
		}
		if f.Path, err = token(in); err != nil {
			return f, err
		}
	}
	if added == "-" && deleted == "-" {
		f.Binary = true
		return f, nil
	}
	var err1, err2 error
	f.Added, err1 = strconv.Atoi(added)
	f.Deleted, err2 = strconv.Atoi(deleted)
	if err1 != nil || err2 != nil {
		return f, errNumstat
	}
	return f, nil
}

// maxToken is more than any path has.
const maxToken = 1 << 20

// token reads up to the next NUL.
func token(in *bufio.Reader) (string, error) {
	var long []byte
	for {
		part, err := in.ReadSlice(0)
		long = append(long, part...)
		switch {
		case err == nil:
			return string(bytes.TrimSuffix(long, []byte{0})), nil
		case !errors.Is(err, bufio.ErrBufferFull), len(long) > maxToken:
			return "", errNumstat
		}
	}
}
