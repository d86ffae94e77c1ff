package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Touched are the paths that one commit changes against its parent.
type Touched struct {
	Paths []string // raw; of a renamed file both
	More  int      // that are not in Paths
}

// maxTouchedBytes bounds what EachTouched reads of git: a history of huge commits ends
// there.
const maxTouchedBytes = 512 << 20

// EachTouched calls fn for the last commits that are reachable from head, merges aside,
// newest first as git lists them: at most max, each with at most most paths. It reads
// trees and no files. more says that git's answer was over a limit and was not read to its
// end. An error of fn ends it and is returned.
func (r *Repository) EachTouched(ctx context.Context, head OID, max, most int, fn func(Touched) error) (more bool, err error) {
	if r.isClosed() {
		return false, errClosed
	}
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	list := r.git.isolated(run, r.iso, "rev-list", "--no-merges", fmt.Sprintf("--max-count=%d", max), "--end-of-options", head.String())
	diff := r.git.isolated(run, r.iso, "diff-tree", "--stdin", "--root", "-r", "-z", "--raw", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-relative")
	ids, err := list.StdoutPipe()
	if err != nil {
		return false, err
	}
	diff.Stdin = ids
	out, err := diff.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := list.Start(); err != nil {
		return false, fmt.Errorf("starting git rev-list: %w", err)
	}
	if err := diff.Start(); err != nil {
		cancel()
		list.Wait()
		return false, fmt.Errorf("starting git diff-tree: %w", err)
	}
	limited := &io.LimitedReader{R: out, N: maxTouchedBytes}
	err = eachTouched(bufio.NewReaderSize(limited, 256<<10), len(head.String()), most, fn)
	if err == io.EOF && limited.N > 0 {
		// To the end: then both have to have ended well.
		if err = diff.Wait(); err == nil {
			err = list.Wait()
		}
		if err != nil && ctx.Err() == nil {
			err = fmt.Errorf("listing the files of the last commits: %w", ErrMissing)
		}
		return false, err
	}
	cancel()
	diff.Wait()
	list.Wait()
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	if limited.N <= 0 && (err == io.EOF || errors.Is(err, errNumstat)) {
		return true, nil
	}
	return false, err
}

// eachTouched reads "<id>\0" and then ":<modes, ids, status>\0<path>\0" for each file of
// each commit. It ends with an error, io.EOF if all was well.
func eachTouched(in *bufio.Reader, idLen, most int, fn func(Touched) error) error {
	var t Touched
	begun := false
	for {
		if _, err := in.Peek(1); err == io.EOF {
			if begun {
				if err := fn(t); err != nil {
					return err
				}
			}
			return io.EOF
		}
		word, err := token(in)
		if err != nil {
			return err
		}
		switch {
		case strings.HasPrefix(word, ":") && begun:
			path, err := token(in)
			if err != nil {
				return err
			}
			if len(t.Paths) < most {
				t.Paths = append(t.Paths, path)
			} else {
				t.More++
			}
		case len(strings.TrimPrefix(word, "\n")) == idLen:
			if begun {
				if err := fn(t); err != nil {
					return err
				}
			}
			t, begun = Touched{}, true
		default:
			return fmt.Errorf("git diff-tree says %.40q, which is not understood", word)
		}
	}
}
