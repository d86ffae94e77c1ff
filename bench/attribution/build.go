//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"custody/attestation/corpus"
)

// A built case is a repository that holds it.
type built struct {
	dir        string
	base, head string
	of         string // the commit that the labels are about
	context    string
	floor      string
}

// A builder makes the repositories of cases, each in a folder of its own.
type builder struct {
	ctx  context.Context
	dir  string
	keys *keys
}

// messages makes all cases that are a single plain commit, in one repository.
func (b *builder) messages(cases []corpus.Case) ([]built, error) {
	r := repository{b.ctx, filepath.Join(b.dir, "messages.git"), b.keys}
	base, err := r.create(nil)
	if err != nil {
		return nil, err
	}
	var in bytes.Buffer
	for i, c := range cases {
		stream(&in, fmt.Sprintf("refs/heads/m%d", i), base, c.Commits[0], map[string]string{"base": base})
	}
	if _, err := r.git(in.Bytes(), "fast-import", "--quiet"); err != nil {
		return nil, err
	}
	var out []built
	for i := range cases {
		id, err := r.git(nil, "rev-parse", fmt.Sprintf("refs/heads/m%d", i))
		if err != nil {
			return nil, err
		}
		out = append(out, built{dir: r.dir, base: base, head: id, of: id})
	}
	return out, nil
}

// plain says whether a case is no more than a commit.
func plain(c *corpus.Case) bool {
	k := c.Commits[0]
	return len(c.Commits) == 1 && c.Base == nil && c.Context == "" && c.Floor == "" && k.Notes == nil && k.Sign == "" && k.Statements == nil
}

// create makes an empty repository with a commit on which changes are based.
func (r repository) create(base corpus.Files) (string, error) {
	if err := os.Mkdir(r.dir, 0o755); err != nil {
		return "", err
	}
	if _, err := r.git(nil, "init", "-q", "--bare", "--template=", "--initial-branch=main", "."); err != nil {
		return "", err
	}
	return r.commit("", corpus.Commit{Message: "Base", Files: base}, nil)
}

// build makes one case in a repository of its own.
func (b *builder) build(n int, c corpus.Case) (built, error) {
	r := repository{b.ctx, filepath.Join(b.dir, fmt.Sprintf("%03d.git", n)), b.keys}
	base, err := r.create(c.Base)
	if err != nil {
		return built{}, err
	}
	known := map[string]string{"base": base}
	out := built{dir: r.dir, base: base}
	last := base
	var change []string
	for i, commit := range c.Commits {
		id, err := r.commit(last, commit, known)
		if err != nil {
			return built{}, fmt.Errorf("case %q: %w", c.Name, err)
		}
		known[fmt.Sprintf("c%d", i+1)] = id
		last = id
		if !commit.Aside {
			change = append(change, id)
			out.head = id
		}
		if err := r.notes(id, commit, known); err != nil {
			return built{}, fmt.Errorf("case %q: %w", c.Name, err)
		}
	}
	if out.of = out.head; c.Of > 0 {
		out.of = change[c.Of-1]
	}
	out.context = fill(c.Context, known)
	if out.floor, err = b.keys.fill(fill(c.Floor, known)); err != nil {
		return built{}, fmt.Errorf("case %q: %w", c.Name, err)
	}
	_, err = r.git(nil, "update-ref", "refs/heads/main", out.head)
	return out, err
}

var placeholder = regexp.MustCompile(`\{(base|c[0-9]+)\}`)

// fill puts the ids of commits in the place of their names.
func fill(text string, known map[string]string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string {
		return known[strings.Trim(name, "{}")]
	})
}

// A repository is written by the git command line.
type repository struct {
	ctx  context.Context
	dir  string
	keys *keys
}

func (r repository) git(stdin []byte, args ...string) (string, error) {
	return run(r.ctx, r.dir, stdin, nil, append([]string{"git"}, args...)...)
}

// run runs a program away from everything that is configured on the machine.
func run(ctx context.Context, dir string, stdin []byte, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C", "GIT_NO_REPLACE_OBJECTS=1",
		"GIT_AUTHOR_NAME=x", "GIT_AUTHOR_EMAIL=x", "GIT_COMMITTER_NAME=x", "GIT_COMMITTER_EMAIL=x")
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}

// commit makes a commit on the last one, or where it says.
func (r repository) commit(last string, c corpus.Commit, known map[string]string) (string, error) {
	parent := last
	if c.On != "" {
		parent = fill(c.On, known)
	}
	var in bytes.Buffer
	stream(&in, "refs/heads/work", parent, c, known)
	if _, err := r.git(in.Bytes(), "fast-import", "--quiet", "--force"); err != nil {
		return "", err
	}
	id, err := r.git(nil, "rev-parse", "refs/heads/work")
	if err == nil && c.Sign != "" {
		id, err = r.sign(id, c.Sign)
	}
	return id, err
}

// stream writes a commit for git fast-import.
func stream(in *bytes.Buffer, ref, parent string, c corpus.Commit, known map[string]string) {
	author, committer := c.Who()
	fmt.Fprintf(in, "commit %s\nauthor %s 1700000000 +0000\ncommitter %s %d +0000\ndata %d\n%s\n",
		ref, author, committer, 1700000000+60*len(known), len(c.Message), c.Message)
	if parent != "" {
		fmt.Fprintf(in, "from %s\n", parent)
	}
	if c.Merge != "" {
		fmt.Fprintf(in, "merge %s\n", fill(c.Merge, known))
	}
	for path, text := range c.Files { // each path once: their order has no part in it
		switch old, moved := strings.CutPrefix(text, "<- "); {
		case moved:
			fmt.Fprintf(in, "R %s %s\n", old, path)
		case path[0] == '-':
			fmt.Fprintf(in, "D %s\n", path[1:])
		default:
			text = fill(text, known)
			fmt.Fprintf(in, "M 100644 inline %s\ndata %d\n%s\n", path, len(text), text)
		}
	}
}

// notes attaches what the case says.
func (r repository) notes(id string, c corpus.Commit, known map[string]string) error {
	all := maps.Clone(c.Notes)
	for _, s := range c.Statements {
		line, err := r.keys.statement(s, known)
		if err != nil {
			return err
		}
		if all == nil {
			all = map[string]string{}
		}
		all["refs/notes/custody"] += line + "\n"
	}
	for ref, text := range all {
		blob, err := r.git([]byte(fill(text, known)), "hash-object", "-w", "--stdin")
		if err == nil {
			_, err = r.git(nil, "notes", "--ref="+ref, "add", "-C", blob, id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
