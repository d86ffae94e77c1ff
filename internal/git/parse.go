package git

import (
	"bytes"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// parseTree reads a tree object: "<octal mode> <name>\0<raw id>" over and over, sorted
// as git sorts, folders as if their names ended in a slash.
//
// Names that could escape or be confused (empty, ".", "..", ".git", with a slash),
// modes that no version of git wrote, duplicates and a wrong order make the whole tree
// malformed: git itself would take such a tree one way when it lists, another when it
// compares, and a third when it checks out.
func parseTree(id OID, data []byte) ([]Entry, error) {
	bad := func(what string, args ...any) error {
		return fmt.Errorf("tree %s: %w: %s", id, ErrMalformed, fmt.Sprintf(what, args...))
	}
	size := len(id.Bytes())
	entries := make([]Entry, 0, len(data)/(size+20))
	for len(data) > 0 {
		space := bytes.IndexByte(data[:min(len(data), 8)], ' ')
		if space < 1 {
			return nil, bad("entry %d has no mode", len(entries))
		}
		mode, ok := parseMode(data[:space])
		if !ok {
			return nil, bad("entry %d has the mode %q", len(entries), data[:space])
		}
		data = data[space+1:]
		end := bytes.IndexByte(data, 0)
		if end < 0 || len(data) < end+1+size {
			return nil, bad("entry %d is cut short", len(entries))
		}
		e := Entry{Name: string(data[:end]), Mode: mode}
		if !nameAllowed(e.Name) {
			return nil, bad("the name %q is not allowed", e.Name)
		}
		e.ID, _ = OIDFromBytes(data[end+1 : end+1+size]) // can not fail: 20 or 32 bytes
		data = data[end+1+size:]
		if e.ID.IsZero() {
			return nil, bad("%q names no object", e.Name)
		}
		if n := len(entries); n > 0 {
			if compareEntries(entries[n-1], e) >= 0 {
				return nil, bad("%q stands after %q", e.Name, entries[n-1].Name)
			}
			if e.Mode == ModeTree && hasFile(entries, e.Name) {
				return nil, bad("%q is there twice", e.Name)
			}
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// parseMode reads the octal digits of a tree entry. Old versions of git and other
// programs wrote modes such as 100664 and 040000.
func parseMode(b []byte) (Mode, bool) {
	var m Mode
	for _, c := range b {
		if c < '0' || c > '7' {
			return 0, false
		}
		m = m<<3 | Mode(c-'0')
	}
	return m, m == ModeTree || m == ModeSymlink || m == ModeGitlink || m.IsRegular()
}

func nameAllowed(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.EqualFold(name, ".git") && strings.IndexByte(name, '/') < 0
}

// compareEntries is git's order within a tree.
func compareEntries(a, b Entry) int {
	n := min(len(a.Name), len(b.Name))
	if c := strings.Compare(a.Name[:n], b.Name[:n]); c != 0 {
		return c
	}
	return int(entryByte(a, n)) - int(entryByte(b, n))
}

// entryByte is the i-th byte of the name by which an entry is sorted.
func entryByte(e Entry, i int) byte {
	switch {
	case i < len(e.Name):
		return e.Name[i]
	case e.Mode == ModeTree:
		return '/'
	}
	return 0
}

// hasFile says whether sorted entries hold something of that name that is no folder: a
// folder of the same name need not be its neighbour.
func hasFile(entries []Entry, name string) bool {
	file := Entry{Name: name, Mode: ModeFile}
	i := sort.Search(len(entries), func(i int) bool { return compareEntries(entries[i], file) >= 0 })
	return i < len(entries) && entries[i].Name == name && entries[i].Mode != ModeTree
}

// parseCommit reads a commit object: the headers tree, parent..., author, committer in
// this order and each once, except for parent; then others, which may go on over lines
// that begin with a space; an empty line; the message.
func parseCommit(id OID, data []byte) (*Commit, error) {
	bad := func(what string) error { return fmt.Errorf("commit %s: %w: %s", id, ErrMalformed, what) }
	c := &Commit{ID: id}
	var encoded bool
	for first, author, committer := true, false, false; ; first = false {
		line, rest, found := bytes.Cut(data, []byte{'\n'})
		if !found && len(line) > 0 {
			return nil, bad("the last header line is cut short")
		}
		data = rest
		key, value, _ := bytes.Cut(line, []byte{' '})
		if first && string(key) != "tree" {
			return nil, bad("the first header is not tree")
		}
		switch string(key) {
		case "tree", "parent":
			ref, err := ParseOID(string(value))
			if err != nil || len(ref.Bytes()) != len(id.Bytes()) {
				return nil, bad(fmt.Sprintf("the header %q names no object", line[:min(len(line), 80)]))
			}
			switch {
			case first != (string(key) == "tree") || author || committer:
				return nil, bad("the header " + string(key) + " is in the wrong place")
			case first:
				c.Tree = ref
			default:
				c.Parents = append(c.Parents, ref)
			}
		case "author":
			if author || committer {
				return nil, bad("the header author is in the wrong place or there twice")
			}
			author, c.Author = true, parseSignature(value)
		case "committer":
			if !author || committer {
				return nil, bad("the header committer is in the wrong place or there twice")
			}
			committer, c.Committer = true, parseSignature(value)
		case "encoding":
			if !encoded {
				encoded, c.Encoding = true, string(value)
			}
		case "gpgsig", "gpgsig-sha256":
			c.Signed = true
		case "": // the end, or a header that goes on
			if len(line) > 0 {
				continue
			}
			if !committer {
				return nil, bad("a header is missing: tree, author and committer are needed")
			}
			c.Message = bytes.Clone(data)
			return c, nil
		}
	}
}

// parseSignature reads "Name <email> seconds zone". Real histories hold every possible
// distortion of it, and none makes a commit unreadable: what can not be read is empty.
func parseSignature(line []byte) Signature {
	open := bytes.IndexByte(line, '<')
	if open < 0 {
		return Signature{Name: string(bytes.TrimSpace(line))}
	}
	s := Signature{Name: string(bytes.TrimSpace(line[:open]))}
	line = line[open+1:]
	end := bytes.IndexByte(line, '>')
	if end < 0 {
		s.Email = string(bytes.TrimSpace(line))
		return s
	}
	s.Email = string(line[:end])
	// The date stands after the last bracket, as git reads it, whatever follows it.
	date := bytes.Fields(line[bytes.LastIndexByte(line, '>')+1:])
	if len(date) >= 2 {
		when, err := strconv.ParseInt(string(date[0]), 10, 64)
		if err == nil {
			s.When, s.Zone = when, string(date[1])
		}
	}
	return s
}
