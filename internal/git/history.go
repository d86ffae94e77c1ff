package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
)

// MergeBases are the best common ancestors of two commits, all of them, sorted by id:
// more than one after criss-cross merges, none when the histories are unrelated (or
// when a shallow repository does not hold the common part).
//
// They are what they are for ever, so each pair is asked for once: who plans a review
// asks before the review does.
func (r *Repository) MergeBases(ctx context.Context, a, b OID) ([]OID, error) {
	pair := [2]OID{a, b}
	r.mu.Lock()
	known, ok := r.bases[pair]
	r.mu.Unlock()
	if ok {
		return slices.Clone(known), nil
	}
	bases, err := r.mergeBases(ctx, a, b)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.knowBases(pair, bases)
	return bases, nil
}

func (r *Repository) knowBases(pair [2]OID, bases []OID) {
	if r.bases == nil || len(r.bases) == maxKnownBases {
		r.bases = map[[2]OID][]OID{}
	}
	r.bases[pair] = slices.Clone(bases)
}

const maxKnownBases = 1000

func (r *Repository) mergeBases(ctx context.Context, a, b OID) ([]OID, error) {
	cmd := r.git.isolated(ctx, r.iso, "merge-base", "--all", "--end-of-options", a.String(), b.String())
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 && len(out) == 0 {
		return nil, nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil { // given ids alone, it fails over objects alone
		return nil, fmt.Errorf("finding the merge base of %s and %s: %w: %w", a.Short(), b.Short(), ErrMissing, failed(ctx, cmd, err))
	}
	var bases []OID
	for line := range strings.Lines(string(out)) {
		id, err := ParseOID(strings.TrimSpace(line))
		if err != nil {
			return nil, fmt.Errorf("finding the merge base of %s and %s: %w", a.Short(), b.Short(), err)
		}
		bases = append(bases, id)
	}
	slices.SortFunc(bases, OID.Compare)
	return bases, nil
}

// maxMessages bounds what Commits holds at once.
const maxMessages = 256 << 20

// Commits lists what is reachable from head and not from base, or all of it when base is
// zero: parents before
// children, in an order that depends on the commits' parents alone and not on their
// dates. more says that there are more than max, or that their messages are over 256
// MiB; then it lists those that git finds first, head among them.
func (r *Repository) Commits(ctx context.Context, base, head OID, max int) (commits []*Commit, more bool, err error) {
	found := map[OID]*Commit{}
	if chain := r.chain(ctx, base, head); chain != nil && len(chain) <= max {
		for _, c := range chain {
			found[c.ID] = c
		}
		r.noteAncestor(base, head, found)
		return parentsFirst(found, head), false, nil
	}
	args := []string{"--topo-order", fmt.Sprintf("--max-count=%d", max+1), "--end-of-options", head.String()}
	if !base.IsZero() {
		args = append(args, "^"+base.String())
	}
	size := 0
	err = r.list(ctx, args, func(c *Commit) error {
		if size += len(c.Message); len(found) == max || size > maxMessages {
			return errEnough
		}
		found[c.ID] = c
		return nil
	})
	if more = err == errEnough; err != nil && !more {
		return nil, false, fmt.Errorf("listing the commits of %s..%s: %w", base.Short(), head.Short(), err)
	}
	r.noteAncestor(base, head, found)
	r.noteTrees(found)
	return parentsFirst(found, head), more, nil
}

// noteTrees spares whoever compares the commits one by one to ask for each of them.
func (r *Repository) noteTrees(commits map[OID]*Commit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.treeIDs == nil {
		r.treeIDs = make(map[OID]OID, len(commits))
	}
	for id, c := range commits {
		if len(r.treeIDs) < maxTreeIDs {
			r.treeIDs[id] = c.Tree
		}
	}
}

// maxChain is how far chain looks for base: so many commits are read sooner than a process
// starts.
const maxChain = 12

// chain lists the commits from head to base where each has one parent: most changes are of
// that kind, and need no process of their own. It is nil for others, for those that are not
// known to be, and where something is missing, for git to say what.
func (r *Repository) chain(ctx context.Context, base, head OID) []*Commit {
	if base.IsZero() || r.Shallow() || base == head {
		return nil
	}
	if _, err := r.Commit(ctx, base); err != nil {
		return nil
	}
	var chain []*Commit
	size := 0
	for id := head; id != base; id = chain[len(chain)-1].Parents[0] {
		c, err := r.Commit(ctx, id)
		if err != nil || len(c.Parents) != 1 || len(chain) == maxChain {
			return nil
		}
		if size += len(c.Message); size > maxMessages {
			return nil
		}
		chain = append(chain, c)
	}
	return chain
}

// noteAncestor spares MergeBases a process: base is the one of itself and head if it is an
// ancestor of head, and that it is if what is only in head has it as a parent. In a
// shallow repository a parent may be out of sight.
func (r *Repository) noteAncestor(base, head OID, found map[OID]*Commit) {
	if base.IsZero() || r.Shallow() {
		return
	}
	for _, c := range found {
		if slices.Contains(c.Parents, base) {
			r.mu.Lock()
			r.knowBases([2]OID{base, head}, []OID{base})
			r.mu.Unlock()
			return
		}
	}
}

var errEnough = errors.New("enough commits")

// parentsFirst walks from head to the first parent, then to the others, and lists each
// commit when all its parents are listed.
func parentsFirst(set map[OID]*Commit, head OID) []*Commit {
	type visit struct {
		c    *Commit
		next int // parent to go to
	}
	var order []*Commit
	var stack []visit
	seen := map[OID]bool{}
	enter := func(id OID) {
		if c := set[id]; c != nil && !seen[id] {
			seen[id] = true
			stack = append(stack, visit{c, 0})
		}
	}
	enter(head)
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if top.next < len(top.c.Parents) {
			top.next++
			enter(top.c.Parents[top.next-1])
			continue
		}
		order = append(order, top.c)
		stack = stack[:len(stack)-1]
	}
	return order
}

// fewCommits are read by the process that is there; more are worth one of their own,
// which reads while rev-list still looks for others.
const fewCommits = 256

// list calls fn for the commits that rev-list lists.
func (r *Repository) list(ctx context.Context, revs []string, fn func(*Commit) error) error {
	if r.isClosed() {
		return errClosed
	}
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	list := r.git.isolated(run, r.iso, append([]string{"rev-list"}, revs...)...)
	out, err := list.StdoutPipe()
	if err != nil {
		return err
	}
	if err := list.Start(); err != nil {
		return fmt.Errorf("starting git rev-list: %w", err)
	}
	var ids []OID
	lines := bufio.NewReader(out)
	var begun strings.Builder // what was read of it
	for len(ids) < fewCommits {
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		begun.WriteString(line)
		id, err := ParseOID(strings.TrimSpace(line))
		if err != nil {
			cancel()
			return errors.Join(fmt.Errorf("git rev-list said %.80q", line), list.Wait())
		}
		ids = append(ids, id)
	}
	if len(ids) == fewCommits {
		return r.stream(ctx, list, cancel, io.MultiReader(strings.NewReader(begun.String()), lines), fn)
	}
	if err := list.Wait(); ctx.Err() != nil {
		return context.Cause(ctx)
	} else if err != nil { // given ids alone, it fails over objects alone
		return fmt.Errorf("%w: %w", ErrMissing, failed(ctx, list, err))
	}
	return r.bulk(ctx, ids, "commit", maxObject, func(i int, data []byte, err error) error {
		if err != nil {
			return fmt.Errorf("commit %s: %w", ids[i], err)
		}
		c, err := parseCommit(ids[i], data)
		if err != nil {
			return err
		}
		return fn(c)
	})
}

// stream hands what rev-list lists to a cat-file of its own, and keeps nothing.
func (r *Repository) stream(ctx context.Context, list *exec.Cmd, stop func(), ids io.Reader, fn func(*Commit) error) error {
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	cat := r.git.isolated(run, r.iso, "cat-file", "--batch", "--buffer")
	cat.Stdin = ids
	out, err := cat.StdoutPipe()
	if err == nil {
		err = cat.Start()
	}
	if err != nil {
		stop()
		list.Wait()
		return fmt.Errorf("starting git cat-file: %w", err)
	}
	c := &child{cmd: cat, out: bufio.NewReaderSize(out, 256<<10)}
	err = c.eachCommit(r.idSize(), fn)
	if err != nil {
		cancel() // leaving early: both end now
		stop()
	}
	catErr := cat.Wait()
	if catErr != nil {
		stop() // nobody reads what it lists
	}
	listErr := list.Wait()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil && !errors.Is(err, errChild):
		return err
	case err != nil:
		return fmt.Errorf("%w: %w", ErrMissing, failed(ctx, cat, err))
	case catErr != nil:
		return failed(ctx, cat, catErr)
	case listErr != nil: // given ids alone, it fails over objects alone
		return fmt.Errorf("%w: %w", ErrMissing, failed(ctx, list, listErr))
	}
	return nil
}

// eachCommit reads answers until the end.
func (c *child) eachCommit(idSize int, fn func(*Commit) error) error {
	var buf []byte
	for {
		if _, err := c.out.Peek(1); err == io.EOF {
			return nil
		}
		id, h, err := c.header()
		switch {
		case err != nil:
			return err
		case h.kind == "":
			return fmt.Errorf("commit %s: %w", id, ErrMissing)
		case h.kind != "commit" || len(id.Bytes()) != idSize:
			return fmt.Errorf("%s is a %s, not a commit", id, h.kind)
		case h.size > maxObject:
			return fmt.Errorf("commit %s: %w", id, &TooLargeError{ID: id, Size: h.size, Limit: maxObject})
		}
		if buf, err = c.body(h, buf); err != nil {
			return err
		}
		commit, err := parseCommit(id, buf)
		if err != nil {
			return err
		}
		if err := fn(commit); err != nil {
			return err
		}
	}
}

// Ancestry lists the commits reachable from tips and not from base, each with its
// parents. more says that there are more than max: then the list is of no use.
func (r *Repository) Ancestry(ctx context.Context, base OID, tips []OID, max int) (parents map[OID][]OID, more bool, err error) {
	var in strings.Builder
	for _, id := range tips {
		in.WriteString(id.String() + "\n")
	}
	if !base.IsZero() {
		in.WriteString("^" + base.String() + "\n")
	}
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := r.git.isolated(run, r.iso, "rev-list", "--parents", "--stdin")
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, false, err
	}
	if err := cmd.Start(); err != nil {
		return nil, false, fmt.Errorf("starting git rev-list: %w", err)
	}
	parents = map[OID][]OID{}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20) // a merge of many
	for lines.Scan() {
		if len(parents) == max {
			cancel()
			cmd.Wait()
			return nil, true, nil
		}
		var ids []OID
		for hex := range strings.FieldsSeq(lines.Text()) {
			id, err := ParseOID(hex)
			if err != nil {
				cancel()
				cmd.Wait()
				return nil, false, fmt.Errorf("listing ancestors: %w", err)
			}
			ids = append(ids, id)
		}
		if len(ids) > 0 {
			parents[ids[0]] = ids[1:]
		}
	}
	err = lines.Err()
	if err != nil {
		cancel()
	}
	if waited := cmd.Wait(); err == nil && waited != nil { // given ids alone, it fails over objects alone
		err = fmt.Errorf("%w: %w", ErrMissing, failed(ctx, cmd, waited))
	}
	if err != nil {
		return nil, false, fmt.Errorf("listing ancestors: %w", err)
	}
	return parents, false, nil
}
