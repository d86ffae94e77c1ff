package attestation

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/git"
)

// A repo is a bare repository, made and read by the git command line: the answers that
// tests compare with are git's own.
type repo struct {
	dir string
	tb  testing.TB
}

func (r repo) git(args ...string) string {
	r.tb.Helper()
	return r.feed(nil, args...)
}

func (r repo) feed(stdin []byte, args ...string) string {
	r.tb.Helper()
	out, err := r.try(stdin, args...)
	if err != nil {
		r.tb.Fatalf("git %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func (r repo) try(stdin []byte, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C", "GIT_NO_LAZY_FETCH=1", "GIT_NO_REPLACE_OBJECTS=1")
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, stderr.String())
	}
	return string(out), nil
}

func newRepo(tb testing.TB) repo {
	dir := filepath.Join(tb.TempDir(), "r.git")
	if err := os.Mkdir(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	r := repo{dir, tb}
	r.git("init", "-q", "--bare", "--initial-branch=main", ".")
	return r
}

// commits reads commits as git prints them, in git's order of the arguments given to
// git log, with the trailers that git finds.
func (r repo) commits(args ...string) []change.Commit {
	r.tb.Helper()
	const format = "%x01%H%x00%T%x00%P%x00%an%x00%ae%x00%cn%x00%ce%x00%ct%x00%B%x00%(trailers:only,unfold,separator=%x02,key_value_separator=%x03)%x00"
	out := r.git(append([]string{"-c", "i18n.logOutputEncoding=UTF-8", "log", "--format=" + format}, args...)...)
	var cs []change.Commit
	for rec := range strings.SplitSeq(out, "\x01") {
		if rec == "" {
			continue
		}
		f := strings.Split(rec, "\x00")
		if len(f) != 11 {
			r.tb.Fatalf("git log gave %d fields: %q", len(f), rec)
		}
		when, _ := strconv.ParseInt(f[7], 10, 64)
		c := change.Commit{Commit: git.Commit{
			ID: oid(r.tb, f[0]), Tree: oid(r.tb, f[1]),
			Author:    git.Signature{Name: f[3], Email: f[4]},
			Committer: git.Signature{Name: f[5], Email: f[6], When: when},
			Message:   []byte(f[8]),
		}}
		for p := range strings.FieldsSeq(f[2]) {
			c.Parents = append(c.Parents, oid(r.tb, p))
		}
		for t := range strings.SplitSeq(f[9], "\x02") {
			if k, v, ok := strings.Cut(t, "\x03"); ok {
				c.Trailers = append(c.Trailers, change.Trailer{Key: k, Value: v})
			}
		}
		cs = append(cs, c)
	}
	return cs
}

func oid(tb testing.TB, s string) git.OID {
	tb.Helper()
	id, err := git.ParseOID(strings.TrimSpace(s))
	if err != nil {
		tb.Fatal(err)
	}
	return id
}

// Diff is a Differ over git diff-tree, read with a parser of its own.
func (r repo) Diff(_ context.Context, from, to git.OID, wanted func(change.Path) bool) ([]change.File, error) {
	common := []string{"diff-tree", "-r", "-M50%", "-l0", "--no-ext-diff", "--no-textconv", "--diff-algorithm=myers", "--indent-heuristic"}
	raw, err := r.try(nil, append(common, "--raw", "-z", "--full-index", from.String(), to.String())...)
	if err != nil {
		return nil, err
	}
	patch, err := r.try(nil, append(common, "-p", "-U0", "--full-index", from.String(), to.String())...)
	if err != nil {
		return nil, err
	}
	files := readDiff(r.tb, raw, patch)
	if wanted != nil { // no more than a Differ has to say
		files = slices.DeleteFunc(files, func(f change.File) bool { return f.Status == change.Deleted || !wanted(f.Path) })
	}
	return files, nil
}

// readDiff joins the raw list and the patches, which git prints in the same order. A
// changed type is two patches of one entry.
func readDiff(tb testing.TB, raw, patch string) []change.File {
	var files []change.File
	f := strings.Split(raw, "\x00")
	for i := 0; i+1 < len(f); {
		head := strings.Fields(f[i]) // :mode mode id id status
		file := change.File{Path: change.Path(f[i+1])}
		i += 2
		switch head[4][0] {
		case 'A':
			file.Status = change.Added
		case 'D':
			file.Status = change.Deleted
		case 'R':
			file.Status, file.OldPath, file.Path = change.Renamed, file.Path, change.Path(f[i])
			i++
		case 'T':
			file.Status = change.TypeChanged
		}
		mode, _ := strconv.ParseUint(head[1], 8, 32)
		file.Mode, file.SubmoduleChanged = git.Mode(mode), head[1] == "160000"
		file.OldID, file.ID = oid(tb, head[2]), oid(tb, head[3])
		files = append(files, file)
	}
	n, part := -1, 0
	for line := range strings.SplitSeq(patch, "\n") {
		switch {
		case strings.HasPrefix(line, "diff --git "):
			if n >= 0 && files[n].Status == change.TypeChanged && part == 0 {
				part = 1 // the second patch: the file as it is now
				continue
			}
			n, part = n+1, 0
		case strings.HasPrefix(line, "Binary files "):
			files[n].Unread = change.Opaque
		case strings.HasPrefix(line, "@@ ") && (files[n].Status != change.TypeChanged || part == 1):
			var h change.Hunk
			span := func(s string) (int, int) {
				a, b, ok := strings.Cut(s[1:], ",")
				start, _ := strconv.Atoi(a)
				count := 1
				if ok {
					count, _ = strconv.Atoi(b)
				}
				return start, count
			}
			w := strings.Fields(line)
			h.OldStart, h.OldLines = span(w[1])
			h.Start, h.Lines = span(w[2])
			files[n].Hunks = append(files[n].Hunks, h)
			files[n].Added += h.Lines
			files[n].Deleted += h.OldLines
		}
	}
	return files
}

// change reads base..head the way package change does.
func (r repo) change(base, head string) *change.Change {
	r.tb.Helper()
	c := &change.Change{Base: oid(r.tb, r.git("rev-parse", base+"^{commit}")), Head: oid(r.tb, r.git("rev-parse", head+"^{commit}"))}
	out, err := r.try(nil, "merge-base", "--all", base, head)
	if err == nil {
		for s := range strings.FieldsSeq(out) {
			c.MergeBases = append(c.MergeBases, oid(r.tb, s))
		}
	}
	for _, m := range c.MergeBases {
		if c.From.IsZero() || m.Compare(c.From) < 0 {
			c.From = m
		}
	}
	c.Commits = r.commits("--topo-order", "--reverse", base+".."+head)
	if !c.From.IsZero() {
		c.Files, err = r.Diff(context.Background(), c.From, c.Head, nil)
		if err != nil {
			r.tb.Fatal(err)
		}
	}
	return c
}
