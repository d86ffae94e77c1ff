package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
)

// A comparer is a running "git diff-tree --stdin": two trees in, their difference out.
// To attribute the lines of a range takes a difference for each of its commits, and to
// start a git takes longer than most of them.
//
// As with any child, a conversation runs to its end or ends the process.
type comparer struct {
	*child
	fileBytes int64 // the limit that it was started with
}

// endOfDiff is a line that git repeats, since it names no trees, and so the end of the
// answer before it. It is longer than whatever a patchReader looks ahead for, which
// would otherwise wait for more, and begins like no line of a patch.
const endOfDiff = "-- end of this difference --\n"

func (d *differ) acquireComparer() (*comparer, error) {
	r := d.r
	r.awaitComparer()
	if err := r.git.willDo(); err != nil {
		return nil, err
	}
	r.mu.Lock()
	c := r.comparer
	r.comparer = nil
	closed := r.closed
	r.mu.Unlock()
	if closed {
		return nil, errClosed
	}
	if c != nil && c.fileBytes == d.lim.FileBytes {
		return c, nil
	}
	if c != nil {
		c.end()
	}
	return d.startComparer(r.git.start)
}

func (d *differ) startComparer(start func(ctx context.Context, dir string, env, args []string) *exec.Cmd) (*comparer, error) {
	r := d.r
	args := d.args(nil)
	args = append(args[:slices.Index(args, "--end-of-options")], "--stdin") // instead of trees
	env, all := r.git.isolating(r.iso, args)
	cmd := start(context.Background(), r.iso.dir, env, all)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting git diff-tree: %w", err)
	}
	return &comparer{&child{cmd: cmd, in: in, out: bufio.NewReaderSize(out, patchBuffer)}, d.lim.FileBytes}, nil
}

func (r *Repository) releaseComparer(c *comparer) {
	r.mu.Lock()
	keep := !r.closed && r.comparer == nil
	if keep {
		r.comparer = c
	}
	r.mu.Unlock()
	if !keep {
		c.end()
	}
}

// ask compares the trees whole. What the running process gives up on, a new one is
// asked again: only its word is that something can not be read.
func (d *differ) ask(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c, err := d.acquireComparer()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { c.cmd.Process.Kill() })
	p := d.patchReader(c.out)
	p.listed = d.tellPaired
	entries, err := c.compare(p, d.from, d.to)
	if !stop() {
		c.end()
		return context.Cause(ctx)
	}
	if err != nil {
		c.end()
	} else {
		d.r.releaseComparer(c)
	}
	if errors.Is(err, errPatch) {
		return d.run(ctx, nil)
	}
	return d.accept(p, entries, err, nil)
}

func (c *comparer) compare(p *patchReader, from, to OID) ([]*rawEntry, error) {
	header := fmt.Sprintf("%s %s\n", from, to)
	if _, err := io.WriteString(c.in, header+endOfDiff); err != nil {
		return nil, fmt.Errorf("%w: %w", errPatch, err)
	}
	if !p.at(header) {
		return nil, errPatch
	}
	p.in.Discard(len(header))
	p.end = endOfDiff
	entries, err := p.all()
	if err == nil {
		p.in.Discard(len(endOfDiff))
	}
	return entries, err
}
