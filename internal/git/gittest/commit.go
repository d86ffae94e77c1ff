package gittest

import (
	"bytes"
	"fmt"
	"strings"
)

// An Edit is one part of a commit: a file it writes, who made it, what it merges.
type Edit func(*commit)

type commit struct {
	author, committer string
	from              string // "" the branch's tip, if it has one
	merges            []string
	files             bytes.Buffer
}

// Write gives path this content, as a plain file.
func Write(path, content string) Edit { return put("100644", path, content) }

// Exec is Write for an executable file.
func Exec(path, content string) Edit { return put("100755", path, content) }

// Symlink makes path a symbolic link.
func Symlink(path, target string) Edit { return put("120000", path, target) }

// Gitlink makes path a submodule at the commit of another repository.
func Gitlink(path, id string) Edit {
	return func(c *commit) { fmt.Fprintf(&c.files, "M 160000 %s %s\n", id, quote(path)) }
}

// Link makes path an existing object of the repository, of any mode.
func Link(mode, path, id string) Edit {
	return func(c *commit) { fmt.Fprintf(&c.files, "M %s %s %s\n", mode, id, quote(path)) }
}

// Delete removes a file or a whole folder.
func Delete(path string) Edit {
	return func(c *commit) { fmt.Fprintf(&c.files, "D %s\n", quote(path)) }
}

// Move renames a file or a folder.
func Move(from, to string) Edit {
	return func(c *commit) { fmt.Fprintf(&c.files, "R %s %s\n", quote(from), quote(to)) }
}

// Clear removes every file, before the edits that follow it.
func Clear() Edit { return func(c *commit) { c.files.WriteString("deleteall\n") } }

// By makes "Name <email>" author and committer of the commit.
func By(person string) Edit {
	return func(c *commit) { c.author, c.committer = person, person }
}

// CommittedBy sets the committer alone.
func CommittedBy(person string) Edit { return func(c *commit) { c.committer = person } }

// From makes the commit's first parent something else than the branch's tip: any
// revision. The branch moves to the new commit all the same.
func From(rev string) Edit { return func(c *commit) { c.from = rev } }

// Orphan gives the commit no parent.
func Orphan() Edit { return func(c *commit) { c.from = "none" } }

// Merge adds further parents. The files stay those of the first parent, edited.
func Merge(revs ...string) Edit {
	return func(c *commit) { c.merges = append(c.merges, revs...) }
}

func put(mode, path, content string) Edit {
	return func(c *commit) {
		fmt.Fprintf(&c.files, "M %s inline %s\ndata %d\n%s\n", mode, quote(path), len(content), content)
	}
}

// quote writes a path as fast-import reads it, whatever its bytes are.
func quote(path string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(path); i++ {
		if c := path[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			fmt.Fprintf(&b, "\\%03o", c)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Commit adds a commit to a branch, makes the branch if need be, and gives the
// commit's id.
func (r *Repo) Commit(branch, message string, edits ...Edit) string {
	r.tb.Helper()
	c := commit{author: Author, committer: Author}
	for _, e := range edits {
		e(&c)
	}
	if c.from == "" {
		c.from = "none"
		if _, err := r.Try("rev-parse", "--verify", "--quiet", "refs/heads/"+branch); err == nil {
			c.from = "refs/heads/" + branch
		}
	}
	date := epoch + 60*r.commits
	r.commits++

	var s bytes.Buffer
	if c.from == "none" {
		// An existing branch would otherwise become the parent.
		fmt.Fprintf(&s, "reset refs/heads/%s\n\n", branch)
	}
	fmt.Fprintf(&s, "commit refs/heads/%s\nmark :1\n", branch)
	fmt.Fprintf(&s, "author %s %d +0000\ncommitter %s %d +0000\n", c.author, date, c.committer, date)
	fmt.Fprintf(&s, "data %d\n%s\n", len(message), message)
	if c.from != "none" {
		fmt.Fprintf(&s, "from %s^0\n", c.from)
	}
	for _, rev := range c.merges {
		fmt.Fprintf(&s, "merge %s^0\n", rev)
	}
	s.Write(c.files.Bytes())
	s.WriteString("\nget-mark :1\n")
	return strings.TrimSpace(string(r.FastImport(s.Bytes())))
}

// FastImport runs a fast-import stream and gives what it printed.
func (r *Repo) FastImport(stream []byte) []byte {
	r.tb.Helper()
	return r.Pipe(stream, "fast-import", "--quiet", "--force", "--date-format=raw-permissive")
}

// ID is the full id of a revision.
func (r *Repo) ID(rev string) string {
	r.tb.Helper()
	return r.Git("rev-parse", "--verify", "--end-of-options", rev)
}
