// Command precision runs the built-in checks over real changes and lists what they find,
// by place: never what stands there. Somebody reads each finding in the repository and
// says in judged.tsv whether it is one; from that come the false findings in a hundred
// changes.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/control/checks"
	"custody/internal/finding"
	"custody/internal/git"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "precision:", err)
		os.Exit(1)
	}
}

// A Result is one file in bench/results.
type Result struct {
	Changes      int              `json:"changes"`
	AddedLines   int              `json:"added_lines"`
	Repositories []Repository     `json:"repositories"`
	Checks       map[string]Tally `json:"checks"`
	Findings     []Place          `json:"findings"`
}

// A Repository is the changes of one, each commit of the first-parent line against the
// one before.
type Repository struct {
	Name       string `json:"name"`
	Head       string `json:"head"`
	Changes    int    `json:"changes"`
	AddedLines int    `json:"added_lines"`
	Checks     int64  `json:"checks_ms"` // reading the change and running all checks
	Diff       int64  `json:"git_ms"`    // git diff of the same, one process each
}

// A Tally is what one check found.
type Tally struct {
	Changes     int            `json:"changes"`      // in which it found something
	NotAssessed int            `json:"not_assessed"` // changes
	Findings    int            `json:"findings"`
	Standing    int            `json:"standing"` // of files that the change does not touch, each once
	Rules       map[string]int `json:"rules"`
	True        int            `json:"true"`
	False       int            `json:"false"`
	Unread      int            `json:"unread"` // by nobody yet
	// FalsePermille is false findings in a thousand changes, FalseErrors those that block.
	FalsePermille int `json:"false_permille"`
	FalseErrors   int `json:"false_errors_permille"`
}

// A Place is one finding.
type Place struct {
	Repository string `json:"repository"`
	Commit     string `json:"commit"`
	Check      string `json:"check"`
	Level      string `json:"level"`
	Place      string `json:"place"`
	Standing   bool   `json:"standing,omitempty"`
	Judged     string `json:"judged,omitempty"` // "true" or "false", and why
}

func (p Place) key() string {
	return strings.Join([]string{p.Repository, p.Commit, p.Check, p.Place}, "\t")
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("precision", flag.ContinueOnError)
	count := flags.Int("n", 200, "take the last `N` changes of each repository")
	only := flags.String("checks", "", "run only these, between commas")
	out := flags.String("out", "", "write the result to `FILE`")
	judged := flags.String("judged", "bench/precision/judged.tsv", "what was read, in `FILE`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("name bare repositories to look through")
	}
	ids := checks.IDs()
	if *only != "" {
		ids = strings.Split(*only, ",")
	}
	policy, err := policyOf(ids)
	if err != nil {
		return err
	}
	verdicts, err := readJudged(*judged)
	if err != nil {
		return err
	}
	res := Result{Checks: map[string]Tally{}}
	for _, id := range ids {
		res.Checks[id] = Tally{Rules: map[string]int{}}
	}
	for _, dir := range flags.Args() {
		if err := res.repository(ctx, dir, *count, policy); err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		fmt.Fprintf(os.Stderr, "%s done\n", dir)
	}
	res.sum(verdicts)
	for _, id := range ids {
		t := res.Checks[id]
		fmt.Fprintf(stdout, "%-20s %5d findings in %4d of %d changes, %d standing; true %d, false %d, unread %d; false in 1000 changes: %d, of errors %d; not assessed %d\n",
			id, t.Findings, t.Changes, res.Changes, t.Standing, t.True, t.False, t.Unread, t.FalsePermille, t.FalseErrors, t.NotAssessed)
		for _, rule := range slices.Sorted(maps.Keys(t.Rules)) {
			fmt.Fprintf(stdout, "    %-40s %d\n", rule, t.Rules[rule])
		}
	}
	for _, p := range res.Findings {
		if p.Judged == "" {
			fmt.Fprintf(stdout, "%s\t?\t%s\n", p.key(), p.Level)
		}
	}
	if *out == "" {
		return nil
	}
	text, err := json.MarshalIndent(res, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(*out, append(text, '\n'), 0o644)
}

// policyOf asks each check in a rule of its own.
func policyOf(ids []string) (*config.Effective, error) {
	var b strings.Builder
	b.WriteString("version: 1\nrules:\n")
	for _, id := range ids {
		fmt.Fprintf(&b, "  - {id: %s, kind: checks, checks: [%s]}\n", id, id)
	}
	p, err := config.ParsePolicy(config.FileName, []byte(b.String()))
	if err != nil {
		return nil, err
	}
	return config.Layer(nil, p), nil
}

func (res *Result) repository(ctx context.Context, dir string, count int, policy *config.Effective) error {
	repo, err := git.Open(ctx, dir, git.WithEnviron(os.Environ()))
	if err != nil {
		return err
	}
	defer repo.Close()
	name := filepath.Base(filepath.Dir(filepath.Clean(dir)))
	name = strings.Replace(name, "+", "/", 1)
	list, err := exec.CommandContext(ctx, "git", "-C", dir, "rev-list", "--first-parent", "--min-parents=1", fmt.Sprintf("-n%d", count), "HEAD").Output()
	if err != nil {
		return err
	}
	r := Repository{Name: name}
	seen := map[string]bool{}
	for _, rev := range strings.Fields(string(list)) {
		base, err := repo.Resolve(ctx, rev+"^1")
		if err != nil {
			continue // a shallow end
		}
		head, err := repo.Resolve(ctx, rev)
		if err != nil {
			return err
		}
		if r.Head == "" {
			r.Head = head.String()
		}
		began := time.Now()
		c, err := change.Read(ctx, repo, base, head, change.DefaultLimits())
		if err != nil {
			return err
		}
		answers, err := control.Evaluate(ctx, control.Input{Change: c, Stage: change.AtMerge, Day: "2026-01-01", Config: policy,
			Head: &tree{repo, c.HeadTree}, Base: &tree{repo, c.BaseTree}})
		if err != nil {
			return err
		}
		r.Checks += time.Since(began).Milliseconds()
		began = time.Now()
		diff := exec.CommandContext(ctx, "git", "-C", dir, "diff", base.String(), head.String())
		diff.Stdout = io.Discard
		if err := diff.Run(); err != nil {
			return err
		}
		r.Diff += time.Since(began).Milliseconds()
		r.Changes++
		for _, f := range c.Files {
			r.AddedLines += f.Added
		}
		res.take(name, head, answers, seen)
	}
	res.Changes += r.Changes
	res.AddedLines += r.AddedLines
	res.Repositories = append(res.Repositories, r)
	return nil
}

// take notes what the checks said of one change.
func (res *Result) take(name string, head git.OID, answers []finding.Check, seen map[string]bool) {
	for _, a := range answers {
		t, ok := res.Checks[a.ID]
		if !ok || a.Kind != finding.Rule {
			continue
		}
		if a.Outcome == finding.NotAssessed {
			t.NotAssessed++
		}
		found := false
		for _, f := range a.Found {
			p := Place{Repository: name, Commit: head.Short(), Check: f.Check, Level: f.Level.String(), Place: f.Place.String()}
			if strings.HasSuffix(f.Message, "it stood there before the change") {
				p.Standing = true
				if k := p.Check + p.Place; seen[k] {
					continue
				} else {
					seen[k] = true
				}
				t.Standing++
			} else {
				found = true
				t.Findings++
			}
			t.Rules[f.Check]++
			res.Findings = append(res.Findings, p)
		}
		if found {
			t.Changes++
		}
		res.Checks[a.ID] = t
	}
}

// sum counts what was judged.
func (res *Result) sum(verdicts map[string]string) {
	falseErrors := map[string]int{}
	for i := range res.Findings {
		p := &res.Findings[i]
		p.Judged = verdicts[p.key()]
		id, _, _ := strings.Cut(p.Check, "/")
		t := res.Checks[id]
		if !p.Standing {
			switch {
			case strings.HasPrefix(p.Judged, "true"):
				t.True++
			case strings.HasPrefix(p.Judged, "false"):
				t.False++
				if p.Level == "error" {
					falseErrors[id]++
				}
			default:
				t.Unread++
			}
		}
		res.Checks[id] = t
	}
	for id, t := range res.Checks {
		if res.Changes > 0 {
			t.FalsePermille, t.FalseErrors = t.False*1000/res.Changes, falseErrors[id]*1000/res.Changes
		}
		res.Checks[id] = t
	}
}

// readJudged reads lines of repository, commit, check, place and judgement, between tabs.
func readJudged(file string) (map[string]string, error) {
	src, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(src))
	for lines.Scan() {
		if line := lines.Text(); line != "" && !strings.HasPrefix(line, "#") {
			i := strings.LastIndexByte(line, '\t')
			if i < 0 || strings.Count(line, "\t") != 4 {
				return nil, fmt.Errorf("%s: %q is no judgement", file, line)
			}
			out[line[:i]] = line[i+1:]
		}
	}
	return out, lines.Err()
}

// A tree is the tree of a commit, as control wants it.
type tree struct {
	repo git.Reader
	id   git.OID
}

func (t *tree) Files(ctx context.Context) ([]control.TreeFile, error) {
	var files []control.TreeFile
	err := git.Walk(ctx, t.repo, t.id, git.DefaultWalkLimits(), func(path string, e git.Entry) error {
		files = append(files, control.TreeFile{Path: change.Path(path), Mode: e.Mode, ID: e.ID})
		return nil
	})
	return files, err
}

func (t *tree) Blob(ctx context.Context, id git.OID, limit int64) ([]byte, error) {
	return t.repo.Blob(ctx, id, limit)
}

func (t *tree) Blobs(ctx context.Context, ids []git.OID, limit int64, fn func(i int, data []byte, err error) error) error {
	return git.Blobs(ctx, t.repo, ids, limit, fn)
}
