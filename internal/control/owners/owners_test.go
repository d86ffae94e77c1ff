package owners

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"custody/internal/change"
)

func of(f *File, path string) string {
	tries := 0
	o := f.Of(change.Path(path), &tries)
	var names []string
	for _, n := range o.Owners {
		names = append(names, string(n))
	}
	s := strings.Join(names, " ")
	if o.Doubt != "" {
		s += " ?" + o.Doubt
	}
	return s
}

// The examples of GitHub's own page, and its exceptions from gitignore.
func TestOf(t *testing.T) {
	const page = `
# a comment
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/* docs@example.com
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @octocat
/apps/ @octocat
/apps/github
with\ space.md @spaces
`
	f := Parse("CODEOWNERS", []byte(page))
	for _, c := range []struct{ path, want string }{
		{"README", "@global-owner1 @global-owner2"},
		{"src/deep/x.js", "@js-owner"},
		{"a.go", "docs@example.com"},
		{"x/y.txt", "@octo-org/octocats"},
		{"build/logs/a", "@octocat"}, // the later **/logs
		{"docs/a.md", "@doctocat"},
		{"x/apps/y/z", "@octocat"},
		{"scripts/a", "@doctocat @octocat"},
		{"apps/github", ""},          // the last line that matches has no owner
		{"apps/github/x.go", ""},     // nor has what is below
		{"apps/githubs", "@octocat"}, // another name
		{"deep/logs/x/y", "@octocat"},
		{"with space.md", "@spaces"},
		{"README\n", "@global-owner1 @global-owner2"},
	} {
		if got := of(f, c.path); got != c.want {
			t.Errorf("%q is owned by %q, want %q", c.path, got, c.want)
		}
	}
	direct := Parse("CODEOWNERS", []byte("docs/* @x\n"))
	if got := of(direct, "docs/a/b.md") + of(direct, "a/docs/b.md"); got != "" {
		t.Errorf("docs/* reaches further down, or is not anchored: %q", got)
	}
	if got := of(direct, "docs/a.md"); got != "@x" {
		t.Errorf("docs/*: %q", got)
	}
	var none *File
	if got := of(none, "a"); got != "" {
		t.Errorf("no file: %q", got)
	}
}

// What can not be read takes no owner away without a word.
func TestDoubt(t *testing.T) {
	for _, c := range []struct{ file, path, want string }{
		{"* @a\n!src/ @b\n", "src/x", "@a ?line 2 can not be read: a pattern can not be negated"},
		{"!src/ @b\n* @a\n", "src/x", "@a"}, // a later line decides, whatever the one before said
		{"src/[ab] @b\n", "y", " ?line 1 can not be read: character ranges are not supported"},
		{"* @a\nsrc/ @b nobody\n", "src/x", `@b ?line 2 names "nobody", which is no @login, @organisation/team or e-mail address`},
		{"* @a\nsrc/ @b nobody\n", "doc/x", "@a"},
		{"[Section]\n* @a\n", "x", " ?line 1 begins a section as GitLab has them, which are not read"},
		{"\\#x @a\n", "y", " ?line 1 can not be read: a # at the beginning can not be escaped"},
		{"* @a/b/c\n", "y", ` ?line 1 names "@a/b/c", which is no @login, @organisation/team or e-mail address`},
		{strings.Repeat("x @a\n", maxLines+1), "y", fmt.Sprintf(" ?lines from %d on are over the limit of %d", maxLines+1, maxLines)},
		{strings.Repeat("#", MaxBytes+1), "y", fmt.Sprintf(" ?it has %d bytes, and over %d the forge does not load it", MaxBytes+1, MaxBytes)},
	} {
		if got := of(Parse("CODEOWNERS", []byte(c.file)), c.path); got != c.want {
			t.Errorf("%.40q for %s: %q, want %q", c.file, c.path, got, c.want)
		}
	}
}

// Patterns and paths of a small vocabulary are held against git's own gitignore, from
// which GitHub's rules are taken, but for "x/*", which GitHub does not let reach down.
func TestMatchesAsGitignore(t *testing.T) {
	parts := []string{"a", "b", "ab", "*", "a*", "?", "**"}
	var patterns []string
	for _, x := range parts {
		patterns = append(patterns, x, "/"+x, x+"/", "/"+x+"/")
		for _, y := range parts {
			patterns = append(patterns, x+"/"+y, "/"+x+"/"+y, x+"/"+y+"/")
			for _, z := range parts {
				patterns = append(patterns, x+"/"+y+"/"+z)
			}
		}
	}
	var paths []string
	names := []string{"a", "b", "ab", "c"}
	for _, x := range names {
		paths = append(paths, x+"1")
		for _, y := range names {
			paths = append(paths, x+"/"+y+"1", x+"/"+y)
			for _, z := range names {
				paths = append(paths, x+"/"+y+"9/"+z, x+"/"+y+"9/"+z+"1")
			}
		}
	}
	dir := t.TempDir()
	git := func(stdin string, args ...string) string {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil && errs.Len() > 0 {
			t.Fatalf("git %v: %v\n%s", args, err, errs.String())
		}
		return out.String()
	}
	git("", "init", "-q")
	// Which path is a folder git must see; files only: "x/y" may be both here, so ask
	// for each path alone, in a tree of its own depth.
	for _, p := range paths {
		full := filepath.Join(dir, filepath.FromSlash(p))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	agreed := 0
	for _, s := range patterns {
		p, why := parsePattern(s)
		last := strings.TrimPrefix(s[strings.LastIndexByte(s, '/')+1:], "/")
		if why != "" || last == "*" && strings.Contains(s, "/") || s == "**/" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, ".git", "info", "exclude"), []byte(s+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		ignored := strings.Split(git(strings.Join(paths, "\x00")+"\x00", "check-ignore", "-z", "--stdin", "--no-index"), "\x00")
		for _, path := range paths {
			want := slices.Contains(ignored, path)
			if got := p.match(strings.Split(path, "/")); got != want {
				t.Errorf("%q and %q: %v, git says %v", s, path, got, want)
			}
			agreed++
		}
	}
	t.Logf("%d answers compared", agreed)
	if agreed < 10_000 {
		t.Errorf("only %d answers compared", agreed)
	}
}

// A pattern of many stars is as quick as any.
func TestNoExplosion(t *testing.T) {
	p, _ := parsePattern(strings.Repeat("**/a*a*a*/", 300) + "x")
	path := strings.Split(strings.Repeat("aaaaaaaaaaaaaaaaaaaab/", 300)+"y", "/")
	for range 3 {
		if p.match(path) {
			t.Fatal("matches")
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("* @a\n/docs/ b@c.d # e\n\\  @x\n"), "docs/a")
	f.Fuzz(func(t *testing.T, src []byte, path string) {
		tries := 0
		file := Parse("CODEOWNERS", src)
		o := file.Of(change.Path(path), &tries)
		// A line more in front changes nothing for a path that a later line decides.
		more := Parse("CODEOWNERS", append([]byte("* @zzz\n"), src...)).Of(change.Path(path), &tries)
		if o.Line > 0 && o.Doubt == "" && (more.Line != o.Line+1 || !slices.Equal(more.Owners, o.Owners)) {
			t.Errorf("%v, and with a line before: %v", o, more)
		}
	})
}
