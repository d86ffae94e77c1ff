package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
)

// A child is a running "git cat-file --batch-command": lines in, objects out, in
// order. One serves the Repository, or two when two callers were busy at the same time; a
// third one lives only as long as three are.
//
// A child that was interrupted between a question and the end of its answer is of no
// further use, since the next answer would be taken for another question's. So every
// conversation either runs to its end or ends the child.
type child struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	pipe io.Reader // what out reads
	wide bool
}

// errChild marks that the process ended or answered nonsense: damaged objects make it
// die. Wrapped, never returned to callers as such.
var errChild = errors.New("git cat-file ended unexpectedly")

var errClosed = errors.New("the repository was closed")

// maxIdle is how many children are kept while nobody uses them.
const maxIdle = 2

func (r *Repository) acquire() (*child, error) {
	r.mu.Lock()
	var c *child
	if n := len(r.idle); n > 0 {
		c, r.idle = r.idle[n-1], r.idle[:n-1]
	}
	closed := r.closed
	r.mu.Unlock()
	if closed {
		return nil, errClosed
	}
	if c != nil {
		return c, nil
	}
	return r.startChild()
}

func (r *Repository) startChild() (*child, error) {
	// --buffer: answers are written when we say flush, not each with a system call. The
	// process outlives the call that starts it, hence no context; see converse.
	cmd := r.git.isolated(context.Background(), r.iso, "cat-file", "--batch-command", "--buffer")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting git cat-file: %w", err)
	}
	return &child{cmd: cmd, in: in, out: bufio.NewReaderSize(out, 64<<10), pipe: out}, nil
}

func (r *Repository) release(c *child) {
	r.mu.Lock()
	keep := !r.closed && len(r.idle) < maxIdle
	if keep {
		r.idle = append(r.idle, c)
	}
	r.mu.Unlock()
	if !keep {
		c.end()
	}
}

// endIdle ends the children that nobody uses.
func (r *Repository) endIdle() {
	r.mu.Lock()
	idle := r.idle
	r.idle = nil
	r.mu.Unlock()
	for _, c := range idle {
		c.end()
	}
}

// end stops the process; it has nothing to save.
func (c *child) end() {
	c.cmd.Process.Kill()
	c.in.Close()
	c.cmd.Wait()
}

// converse lends talk a child. Any error of talk costs the child.
func (r *Repository) converse(ctx context.Context, talk func(*child) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c, err := r.acquire()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { c.cmd.Process.Kill() })
	err = talk(c)
	if !stop() {
		c.end()
		return context.Cause(ctx)
	}
	if err != nil {
		c.end()
		if errors.Is(err, errChild) {
			r.endIdle() // what ended it may have ended them: whoever asks again gets a fresh one
			return fmt.Errorf("%w: %s", err, complaint(c.cmd))
		}
		return err
	}
	r.release(c)
	return nil
}

const (
	wideReader = 512 << 10 // bytes
	widePipe   = 1 << 20   // all that Linux gives to anybody
)

// widen makes room for many objects at once: the fewer times two processes wait for each
// other, the better, and what fits into the reader is copied once less.
func (c *child) widen() {
	if !c.wide && c.out.Buffered() == 0 {
		c.wide = true
		enlargePipe(c.pipe)
		c.out = bufio.NewReaderSize(c.pipe, wideReader)
	}
}

// window is how many questions are asked before git is told to answer, and so how
// many it keeps in mind.
const window = 512

// ask sends "verb id" for every id and hands the child to answer once for each, in
// order, for it to read exactly one answer.
func (c *child) ask(verb string, ids []OID, answer func(i int) error) error {
	if len(ids) == 0 {
		return nil
	}
	if len(ids) <= window {
		// Git answers nothing before it has read all of it: no need for a second goroutine.
		if _, err := c.in.Write(questions(nil, verb, ids)); err != nil {
			return errChild
		}
		for i := range ids {
			if err := answer(i); err != nil {
				return err
			}
		}
		return nil
	}
	written := make(chan struct{})
	go func() {
		// Git does not read while it answers, and we would not read while we write.
		defer close(written)
		var buf []byte
		for i := 0; i < len(ids); i += window {
			buf = questions(buf[:0], verb, ids[i:min(i+window, len(ids))])
			if _, err := c.in.Write(buf); err != nil {
				return // the reader meets the end of the process, too
			}
		}
	}()
	for i := range ids {
		if err := answer(i); err != nil {
			c.cmd.Process.Kill() // unblocks the writer
			<-written
			return err
		}
	}
	<-written
	return nil
}

func questions(buf []byte, verb string, ids []OID) []byte {
	for _, id := range ids {
		buf = append(buf, verb...)
		buf = append(buf, ' ')
		buf = append(buf, id.String()...)
		buf = append(buf, '\n')
	}
	return append(buf, "flush\n"...)
}

// An answer's first line.
type header struct {
	kind string // "blob", "tree", "commit", "tag"; "" when the object is not there
	size int64
}

// header reads "<id> <type> <size>" or "<id> missing".
func (c *child) header() (OID, header, error) {
	line, err := c.out.ReadSlice('\n')
	if err != nil {
		return OID{}, header{}, errChild
	}
	nonsense := func() (OID, header, error) {
		return OID{}, header{}, fmt.Errorf("%w: it said %q", errChild, line)
	}
	name, rest, _ := bytes.Cut(line[:len(line)-1], []byte{' '})
	id, err := ParseOID(string(name))
	if err != nil {
		return nonsense()
	}
	if string(rest) == "missing" || string(rest) == "ambiguous" {
		return id, header{}, nil
	}
	kind, digits, _ := bytes.Cut(rest, []byte{' '})
	size, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil || size < 0 {
		return nonsense()
	}
	return id, header{kindName(kind), size}, nil
}

// headerOf is header for the answer about id. That each answer is about the question
// is what makes a conversation safe to go on with.
func (c *child) headerOf(id OID) (header, error) {
	got, h, err := c.header()
	if err == nil && got != id {
		return header{}, fmt.Errorf("%w: asked about %s, it answered about %s", errChild, id, got)
	}
	return h, err
}

// kindName saves an allocation for every object.
func kindName(b []byte) string {
	for _, s := range [...]string{"blob", "tree", "commit", "tag"} {
		if string(b) == s {
			return s
		}
	}
	return string(b)
}

// body reads what follows a header, into buf if it is large enough.
func (c *child) body(h header, buf []byte) ([]byte, error) {
	n := int(h.size)
	if cap(buf) < n+1 {
		buf = make([]byte, max(n+1, min(2*cap(buf), 1<<20)))
	}
	buf = buf[:n+1]
	if _, err := io.ReadFull(c.out, buf); err != nil || buf[n] != '\n' {
		return nil, errChild
	}
	return buf[:n], nil
}

// inPlace is body out of the reader's own memory, which is valid until more is read; ok is
// false where it does not fit in there, and nothing was read.
func (c *child) inPlace(h header) (_ []byte, ok bool, _ error) {
	n := int(h.size)
	if !c.wide || n >= c.out.Size() {
		return nil, false, nil
	}
	b, err := c.out.Peek(n + 1)
	if err != nil || b[n] != '\n' {
		return nil, true, errChild
	}
	c.out.Discard(n + 1)
	return b[:n:n], true, nil
}
