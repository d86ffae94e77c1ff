package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/git"
)

// commits are a project in git: one commit of it as it is, and one on top for each mutant.
// Its folder stays free of git, and so do the tests from it.
type commits struct {
	folder string // of the project
	place  string // of git
	repo   *git.Repository
	base   git.OID
	paths  []string // of all files, sorted
	facts  impact.FactStore
}

// keep commits a folder, without what its tests need to run and what they leave behind.
func keep(ctx context.Context, folder string) (*commits, error) {
	place, err := os.MkdirTemp("", "mutation")
	if err != nil {
		return nil, err
	}
	c := &commits{folder: folder, place: place, facts: &impact.Memory{}}
	if err := c.commitAll(ctx); err != nil {
		os.RemoveAll(place)
		return nil, err
	}
	return c, nil
}

func (c *commits) commitAll(ctx context.Context) error {
	if _, err := c.git(ctx, "init", "--quiet", "--template="); err != nil {
		return err
	}
	// Whatever git of this machine is told to ignore or to change, a commit has all bytes.
	for _, name := range []string{"info/exclude", "info/attributes"} {
		text := "node_modules\n__pycache__\n" + scratch + "\n"
		if name == "info/attributes" {
			text = "* -text -filter -ident\n"
		}
		if err := os.MkdirAll(filepath.Join(c.place, "info"), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(c.place, filepath.FromSlash(name)), []byte(text), 0o600); err != nil {
			return err
		}
	}
	if _, err := c.git(ctx, "add", "--all", "--", "."); err != nil {
		return err
	}
	id, err := c.commit(ctx, "the project as it is")
	if err != nil {
		return err
	}
	c.base = id
	list, err := c.git(ctx, "ls-files", "-z")
	if err != nil {
		return err
	}
	c.paths = strings.FieldsFunc(list, func(r rune) bool { return r == 0 })
	slices.Sort(c.paths)
	c.repo, err = git.Open(ctx, c.place, git.WithEnviron(os.Environ()))
	return err
}

func (c *commits) close() {
	if c.repo != nil {
		c.repo.Close()
	}
	os.RemoveAll(c.place)
}

func (c *commits) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"--git-dir=" + c.place, "--work-tree=" + c.folder, "-c", "core.excludesFile=", "-c", "core.autocrlf=false"}, args...)...)
	cmd.Dir = c.folder
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
	for _, who := range []string{"AUTHOR", "COMMITTER"} {
		cmd.Env = append(cmd.Env, "GIT_"+who+"_NAME=mutation", "GIT_"+who+"_EMAIL=mutation@example.com", "GIT_"+who+"_DATE=1700000000 +0000")
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w %s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return string(out), nil
}

// commit makes one of what is in the index.
func (c *commits) commit(ctx context.Context, message string, parents ...string) (git.OID, error) {
	tree, err := c.git(ctx, "write-tree")
	if err != nil {
		return git.OID{}, err
	}
	args := []string{"commit-tree", "-m", message}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	id, err := c.git(ctx, append(args, strings.TrimSpace(tree))...)
	if err != nil {
		return git.OID{}, err
	}
	return git.ParseOID(strings.TrimSpace(id))
}

// mutated commits the file as it is in the folder now, on top of the base.
func (c *commits) mutated(ctx context.Context, path string) (git.OID, error) {
	if _, err := c.git(ctx, "read-tree", c.base.String()); err != nil {
		return git.OID{}, err
	}
	if _, err := c.git(ctx, "add", "--force", "--", path); err != nil {
		return git.OID{}, err
	}
	return c.commit(ctx, "one mutant", c.base.String())
}

// A set is the files that are predicted, with the definitions where those are known.
type set struct {
	files   map[string]bool
	symbols map[string]map[string]bool // nil: all of the file
}

// reach predicts what the change to the head can break: by symbol, and by file.
func (c *commits) reach(ctx context.Context, head git.OID) (prediction, error) {
	ch, err := change.Read(ctx, c.repo, c.base, head, change.DefaultLimits())
	if err != nil {
		return prediction{}, err
	}
	in := impact.AssessInput{Source: impact.Objects(c.repo), Change: ch, Facts: c.facts}
	report, err := impact.Assess(ctx, in)
	if err != nil {
		return prediction{}, err
	}
	in.WholeFiles = true
	wholly, err := impact.Assess(ctx, in)
	if err != nil {
		return prediction{}, err
	}
	return prediction{bySymbol: c.setOf(report), byFile: c.setOf(wholly)}, nil
}

// setOf lists the files of a report: a package that is reached as a file stands for all in
// its folder.
func (c *commits) setOf(r *impact.Report) set {
	s := set{files: map[string]bool{}, symbols: map[string]map[string]bool{}}
	for _, f := range r.Changed {
		s.files[f.Path] = true
	}
	for _, n := range r.Reached {
		switch {
		case n.Kind != impact.KindPackage:
			s.files[n.Path] = true
			if n.Precision == impact.PrecisionSymbol {
				s.symbols[n.Path] = map[string]bool{}
				for _, name := range n.Symbols {
					s.symbols[n.Path][name] = true
				}
			}
		case n.Precision != impact.PrecisionSymbol:
			for _, p := range c.paths {
				folder := filepath.ToSlash(filepath.Dir(p))
				if strings.HasSuffix(p, ".go") && folder == n.Path {
					s.files[p] = true
					delete(s.symbols, p)
				}
			}
		}
	}
	return s
}

// has says whether a test is in the set, and whether it is by its name, too. A test without
// one is its file.
func (s set) has(file, test string) (inFile, byName bool) {
	names, known := s.symbols[file]
	return s.files[file], s.files[file] && (!known || test == "" || names[test])
}
