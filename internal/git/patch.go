package git

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A Hunk is one run of changed lines without context. Lines count from 1; a run of
// length 0 stands behind its start line.
type Hunk struct {
	OldStart, OldLines int
	Start, Lines       int
}

// errPatch marks output of diff-tree that is not what it should be: git died half way,
// or we misunderstand it. Nothing of it is used then.
var errPatch = errors.New("the output of git diff-tree breaks off or is not understood")

// errBudget ends the reading of a patch that is over the limit of lines or bytes.
var errBudget = errors.New("diff is over the limit")

// A rawEntry is one entry of the part in front: what happened to one file.
type rawEntry struct {
	treeChange
	oldPath    string // of a rename
	status     byte   // A M D R T, or C: a rename whose source was already taken by another
	similarity int
	hunks      []Hunk
	content    Content
	ink        int // of the lines that come, less that of those that go
}

// A patchReader reads the output of diff-tree -z --raw -p -U1: all raw entries, each
// ended by NUL; a NUL; then for each entry, in the same order, its patch.
//
// A patch is found by its place in the order and checked against its entry by the ids
// in its index line. Names are never read from it. Lines of files are stepped over by
// the counts in the hunk headers, so that nothing a file contains can pass for a
// header.
type patchReader struct {
	in          *bufio.Reader
	idSize      int
	lines       int    // that may still be counted
	bytes, read int64  // that may be read, that were
	end         string // what stands behind the last patch; empty: nothing

	listed func([]*rawEntry) // is told the entries before their patches are read; nil: nobody asks
}

// all reads everything there is.
func (p *patchReader) all() ([]*rawEntry, error) {
	entries, err := p.entries()
	if err == nil && p.listed != nil {
		p.listed(entries)
	}
	for i := 0; i < len(entries) && err == nil; i++ {
		err = p.patch(entries[i])
	}
	if err == nil && !p.ended() {
		err = fmt.Errorf("%w: it goes on after the last file", errPatch)
	}
	return entries, err
}

func (p *patchReader) ended() bool {
	if p.end != "" {
		return p.at(p.end)
	}
	_, err := p.in.Peek(1)
	return err == io.EOF
}

// entries reads the raw part.
func (p *patchReader) entries() ([]*rawEntry, error) {
	var list []*rawEntry
	if p.ended() {
		return nil, nil
	}
	for {
		b, err := p.in.ReadByte()
		if err == nil && b == 0 && len(list) > 0 {
			return list, nil
		}
		if err != nil || b != ':' {
			return nil, errPatch
		}
		e, err := p.entry()
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
}

// entry reads "100644 100755 <id> <id> R090", NUL, a path, NUL and for a rename a
// second path, NUL.
func (p *patchReader) entry() (*rawEntry, error) {
	head, err := p.in.ReadString(0)
	f := strings.Split(strings.TrimSuffix(head, "\x00"), " ")
	if err != nil || len(f) != 5 || len(f[0]) != 6 || len(f[1]) != 6 || f[4] == "" {
		return nil, errPatch
	}
	e := &rawEntry{status: f[4][0]}
	var ok1, ok2 bool
	var err1, err2 error
	e.oldMode, ok1 = parseMode([]byte(f[0]))
	e.mode, ok2 = parseMode([]byte(f[1]))
	e.oldID, err1 = ParseOID(f[2])
	e.id, err2 = ParseOID(f[3])
	if err1 != nil || err2 != nil || !ok1 && e.oldMode != 0 || !ok2 && e.mode != 0 {
		return nil, errPatch
	}
	// Git writes zeros for nothing; treeChange has the zero OID.
	if e.oldMode == 0 {
		e.oldID = OID{}
	}
	if e.mode == 0 {
		e.id = OID{}
	}
	if e.path, err = p.in.ReadString(0); err != nil {
		return nil, errPatch
	}
	switch e.status {
	case 'A', 'D', 'M', 'T':
	case 'R', 'C':
		e.oldPath = e.path
		if e.path, err = p.in.ReadString(0); err != nil {
			return nil, errPatch
		}
		if e.similarity, err = strconv.Atoi(f[4][1:]); err != nil || e.similarity > 100 {
			return nil, errPatch
		}
	default:
		return nil, fmt.Errorf("%w: status %q", errPatch, f[4])
	}
	e.path, e.oldPath = strings.TrimSuffix(e.path, "\x00"), strings.TrimSuffix(e.oldPath, "\x00")
	return e, nil
}

// patch reads the patch of one entry. A file that turns into a link or the other way
// round has two: all of it goes, all of the other comes.
func (p *patchReader) patch(e *rawEntry) error {
	e.content = ContentLines
	var err error
	if e.status == 'T' {
		gone := treeChange{oldMode: e.oldMode, oldID: e.oldID}
		come := treeChange{mode: e.mode, id: e.id}
		err = p.section(e, gone)
		if err == nil {
			err = p.section(e, come)
		}
	} else {
		err = p.section(e, e.treeChange)
	}
	if errors.Is(err, errBudget) {
		e.content, e.hunks = ContentLimit, nil
	}
	return err
}

// extended are the lines that may stand between "diff --git" and the first hunk.
var extended = [][]byte{
	[]byte("old mode "), []byte("new mode "), []byte("deleted file mode "), []byte("new file mode "),
	[]byte("similarity index "), []byte("rename from "), []byte("rename to "),
	[]byte("copy from "), []byte("copy to "), []byte("--- "), []byte("+++ "),
}

func (p *patchReader) section(e *rawEntry, c treeChange) error {
	if !p.at("diff --git ") {
		return errPatch
	}
	if _, err := p.line(); err != nil {
		return err
	}
	for !p.at("diff --git ") && !p.at("@@ -") {
		if p.ended() {
			return nil // whether it was to end here, git's exit code tells
		}
		line, err := p.line()
		if err != nil {
			return err
		}
		if ids, ok := bytes.CutPrefix(line, []byte("index ")); ok {
			if !p.indexNames(ids, c) {
				return fmt.Errorf("%w: the patch of %q has the line %q", errPatch, e.path, line)
			}
		} else if bytes.HasPrefix(line, []byte("Binary files ")) {
			e.content = ContentBinary
		} else if !hasAnyPrefix(line, extended) {
			return fmt.Errorf("%w: the patch of %q has the line %.80q", errPatch, e.path, line)
		}
	}
	for p.at("@@ -") {
		ink, err := p.hunk(func(h Hunk) {
			if c.oldMode != ModeGitlink && c.mode != ModeGitlink {
				e.hunks = append(e.hunks, h)
			}
		})
		e.ink += ink
		if err != nil {
			return err
		}
	}
	return nil
}

// indexNames checks "<id>..<id>", with or without a mode.
func (p *patchReader) indexNames(b []byte, c treeChange) bool {
	b, _, _ = bytes.Cut(b, []byte{' '})
	old, now, _ := bytes.Cut(b, []byte(".."))
	return p.sameID(old, c.oldID) && p.sameID(now, c.id)
}

func (p *patchReader) sameID(hex []byte, id OID) bool {
	if id.IsZero() {
		return len(hex) == 2*p.idSize && len(bytes.Trim(hex, "0")) == 0
	}
	return string(hex) == id.String()
}

// hunk reads "@@ -1,2 +3,4 @@ whatever" and steps over its lines: a space before a line
// of context, a minus before one that goes, a plus before one that comes. Each run of
// the latter two is a Hunk. ink is that of the lines that come, less that of those that go.
func (p *patchReader) hunk(keep func(Hunk)) (ink int, err error) {
	line, err := p.line()
	if err != nil {
		return 0, err
	}
	f := bytes.SplitN(line, []byte{' '}, 5)
	if len(f) < 4 || !bytes.HasPrefix(f[1], []byte{'-'}) || !bytes.HasPrefix(f[2], []byte{'+'}) || string(f[3]) != "@@" {
		return 0, fmt.Errorf("%w: hunk %.80q", errPatch, line)
	}
	oldAt, old, ok1 := parseRun(f[1][1:])
	at, now, ok2 := parseRun(f[2][1:])
	if !ok1 || !ok2 || old+now == 0 || old > 0 && oldAt == 0 || now > 0 && at == 0 {
		return 0, fmt.Errorf("%w: hunk %.80q", errPatch, line)
	}
	// An empty side's start is the line before it; count from the next one.
	if old == 0 {
		oldAt++
	}
	if now == 0 {
		at++
	}
	run := Hunk{OldStart: oldAt, Start: at}
	finish := func() {
		if run.OldLines+run.Lines > 0 {
			oldAt, at = run.OldStart+run.OldLines, run.Start+run.Lines
			if run.OldLines == 0 {
				run.OldStart--
			}
			if run.Lines == 0 {
				run.Start--
			}
			keep(run)
		}
	}
	for old+now > 0 {
		sign, weight, err := p.skip()
		if err != nil {
			return 0, err
		}
		switch sign {
		case ' ':
			finish()
			oldAt, at, old, now = oldAt+1, at+1, old-1, now-1
			run = Hunk{OldStart: oldAt, Start: at}
		case '-':
			run.OldLines++
			old--
			p.lines--
			ink -= weight
		case '+':
			run.Lines++
			now--
			p.lines--
			ink += weight
		case '\\': // No newline at end of file
		default:
			return 0, fmt.Errorf("%w: a line that begins with %q", errPatch, sign)
		}
		if old < 0 || now < 0 {
			return 0, fmt.Errorf("%w: more lines than %.80q says", errPatch, line)
		}
		if p.lines < 0 {
			return 0, errBudget
		}
	}
	finish()
	if p.at(`\ `) {
		_, _, err = p.skip()
	}
	return ink, err
}

// parseRun reads "start" or "start,count".
func parseRun(b []byte) (start, count int, ok bool) {
	first, second, two := bytes.Cut(b, []byte{','})
	start, err1 := strconv.Atoi(string(first))
	count, err2 := 1, error(nil)
	if two {
		count, err2 = strconv.Atoi(string(second))
	}
	const most = 1 << 40 // the sum of two can not overflow
	return start, count, err1 == nil && err2 == nil && start >= 0 && count >= 0 && start < most && count < most
}

func (p *patchReader) at(prefix string) bool {
	b, _ := p.in.Peek(len(prefix))
	return string(b) == prefix
}

// line reads a header line, without its newline: at most a buffer long, which is more
// than two quoted paths can be. It is valid until the next read.
func (p *patchReader) line() ([]byte, error) {
	b, err := p.in.ReadSlice('\n')
	if err != nil {
		return nil, errPatch
	}
	return b[:len(b)-1], p.spend(len(b))
}

// skip reads one line of a file, however long, and gives the byte in front of it and, of
// a line that goes or comes, its ink.
func (p *patchReader) skip() (sign byte, ink int, err error) {
	b, err := p.in.ReadSlice('\n')
	if len(b) == 0 {
		return 0, 0, errPatch
	}
	sign = b[0]
	counts := sign == '+' || sign == '-'
	for text := b[1:]; ; text = b {
		if counts {
			ink += inkOf(text)
		}
		if spent := p.spend(len(b)); spent != nil {
			return 0, 0, spent
		}
		if err != bufio.ErrBufferFull {
			break
		}
		b, err = p.in.ReadSlice('\n')
	}
	if err != nil {
		return 0, 0, errPatch
	}
	return sign, ink, nil
}

// inkOf is the sum of the bytes that are no space: texts that differ in space alone have
// the same, wherever their lines break.
func inkOf(text []byte) (sum int) {
	for _, c := range text {
		if c > ' ' {
			sum += int(c)
		}
	}
	return sum
}

func (p *patchReader) spend(n int) error {
	if p.read += int64(n); p.read > p.bytes {
		return errBudget
	}
	return nil
}

func hasAnyPrefix(line []byte, prefixes [][]byte) bool {
	for _, p := range prefixes {
		if bytes.HasPrefix(line, p) {
			return true
		}
	}
	return false
}
