// Command precision runs the built-in checks on real changes of a repository and writes
// where they found something, for somebody to read.
//
//	go run ./bench/precision -C /path/to/repository.git -name owner/name -changes 200
//
// A change is one commit of the main line against its first parent. They are taken
// evenly from the last -of ones, so that all sorts of work are among them. The results
// hold places and rules, never what stands there.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/control"
	"custody/internal/control/checks"
	"custody/internal/git"
	"custody/internal/review"
)

// Results is one file in bench/results.
type Results struct {
	Repository string  `json:"repository"`
	Head       git.OID `json:"head"`
	Picked     string  `json:"picked"`
	Graph      bool    `json:"graph"` // what each change reaches was traced
	Changes    int     `json:"changes"`
	Checks     []Check `json:"checks"`
}

// A Check is what one check answered about all changes.
type Check struct {
	ID        string         `json:"id"`
	Version   int            `json:"version"`
	Applies   int            `json:"applies"`      // changes in which something of its kind was looked at
	Failing   int            `json:"failing"`      // changes that it would make not satisfied
	Undecided int            `json:"not_assessed"` // changes that it would leave not assessed
	Findings  map[string]int `json:"findings"`     // by rule and level
	Standing  int            `json:"standing"`     // places found in files that a change left as they were, each counted once, not listed
	Places    []Place        `json:"places"`       // of warnings, errors and what was not assessed

	stood map[string]bool
}

// A Place is where something was found, or was not looked at.
type Place struct {
	Commit git.OID `json:"commit"`
	At     string  `json:"at"`
	Rule   string  `json:"rule"`
	Level  string  `json:"level"`
}

type options struct {
	dir, name, out string
	changes, of    int
	only           []string
	messages       bool
	graph          bool
}

func main() {
	var o options
	var only string
	flag.StringVar(&o.dir, "C", ".", "the repository")
	flag.StringVar(&o.name, "name", "", "its name, owner/name")
	flag.StringVar(&o.out, "results", "", "folder to write results into; none: only print")
	flag.IntVar(&o.changes, "changes", 200, "how many changes")
	flag.IntVar(&o.of, "of", 2000, "among how many of the newest ones")
	flag.StringVar(&only, "checks", "", "which checks, by id, separated by commas; default: all")
	flag.BoolVar(&o.messages, "messages", false, "print what each finding says, to read by")
	flag.BoolVar(&o.graph, "graph", false, "trace what each change reaches, which the check tests asks; slow")
	flag.Parse()
	if only != "" {
		o.only = strings.Split(only, ",")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "precision:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	r, err := measure(ctx, o)
	if err != nil {
		return err
	}
	for _, c := range r.Checks {
		fmt.Printf("%-20s %4d changes, %4d with something to look at, %3d failing, %3d not assessed, findings %v\n", c.ID, r.Changes, c.Applies, c.Failing, c.Undecided, c.Findings)
	}
	if o.out == "" {
		return nil
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(o.out, "precision-"+strings.ReplaceAll(o.name, "/", "+")+".json"), append(text, '\n'), 0o644)
}

func measure(ctx context.Context, o options) (*Results, error) {
	repo, err := git.Open(ctx, o.dir, git.WithEnviron(os.Environ()))
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	head, err := repo.Resolve(ctx, "HEAD")
	if err != nil {
		return nil, err
	}
	line, err := mainLine(ctx, repo, head, o.of)
	if err != nil {
		return nil, err
	}
	r := &Results{Repository: o.name, Graph: o.graph, Head: head, Picked: fmt.Sprintf("every %s of the last %d commits of the main line, against its first parent", nth(len(line), o.changes), len(line))}
	builtin := control.Builtin()
	ids := slices.Clone(checks.IDs())
	if o.only != nil {
		ids = o.only
	}
	for _, id := range ids {
		r.Checks = append(r.Checks, Check{ID: id, Version: checks.Define(id).Version, Findings: map[string]int{}, Places: []Place{}, stood: map[string]bool{}})
	}
	step := max(1, len(line)/max(1, o.changes))
	for i := 0; i < len(line) && r.Changes < o.changes; i += step {
		r.Changes++
		in, err := between(ctx, repo, line[i].Parents[0], line[i].ID)
		if err != nil {
			return nil, err
		}
		if o.graph {
			if in.Impact, err = impact.Assess(ctx, impact.AssessInput{Source: impact.Objects(repo), Change: in.Change}); err != nil {
				return nil, err
			}
		}
		for k := range r.Checks {
			c := &r.Checks[k]
			out := checks.NewResult(checks.Define(c.ID), in.Limits)
			if err := builtin[c.ID].Look(ctx, in, out); err != nil {
				return nil, err
			}
			c.add(line[i].ID, out, o)
		}
	}
	for k := range r.Checks {
		slices.SortStableFunc(r.Checks[k].Places, func(a, b Place) int { return cmp.Compare(a.Rule, b.Rule) })
	}
	return r, nil
}

func nth(all, wanted int) string {
	if n := all / max(1, wanted); n > 1 {
		return fmt.Sprintf("%dth", n)
	}
	return "one"
}

// mainLine lists commits that have a parent, from head along first parents.
func mainLine(ctx context.Context, repo *git.Repository, head git.OID, most int) ([]*git.Commit, error) {
	var line []*git.Commit
	for id := head; len(line) < most; {
		c, err := repo.Commit(ctx, id)
		if err != nil || len(c.Parents) == 0 {
			return line, err
		}
		line = append(line, c)
		id = c.Parents[0]
	}
	return line, nil
}

func between(ctx context.Context, repo *git.Repository, base, head git.OID) (*checks.Input, error) {
	c, err := change.Read(ctx, repo, base, head, change.DefaultLimits())
	if err != nil {
		return nil, err
	}
	return &checks.Input{
		Change: c, Files: c.Files, Limits: checks.DefaultLimits(),
		Head: tree{repo, c.HeadTree}, Base: tree{repo, c.BaseTree}, Commits: review.Commits(repo),
	}, nil
}

func (c *Check) add(id git.OID, out *checks.Result, o options) {
	failing, notAssessed, looked := false, false, false
	for _, reason := range out.Reasons() {
		switch reason.Code {
		case checks.ReasonUnread:
			notAssessed = true
			c.Places = append(c.Places, Place{id, reason.Path, "not-assessed", ""})
			if o.messages {
				fmt.Printf("%s %s %s ? %s: %s\n", c.ID, o.name, id.Short(), reason.Path, reason.Detail)
			}
		case checks.ReasonCounted:
			looked = true
		}
	}
	for _, f := range out.Found() {
		at := f.Path.Escaped()
		if strings.HasSuffix(f.Message, "it stood there before the change") {
			if key := f.Rule + " " + at; !c.stood[key] {
				c.stood[key] = true
				c.Standing++
			}
			continue
		}
		if f.Start > 0 {
			at += fmt.Sprintf(":%d", f.Start)
		}
		c.Findings[f.Rule+" "+f.Level.String()]++
		if f.Level.String() != "note" { // there are thousands, and they decide nothing
			c.Places = append(c.Places, Place{id, at, f.Rule, f.Level.String()})
		}
		failing = failing || f.Level.String() == "error"
		if o.messages {
			fmt.Printf("%s %s %s ! %s %s %s: %s\n", c.ID, o.name, id.Short(), f.Level, f.Rule, at, f.Message)
		}
	}
	switch {
	case failing:
		c.Failing++
	case notAssessed:
		c.Undecided++
	}
	if looked {
		c.Applies++
	}
}

// tree is a commit's tree as checks want it.
type tree struct {
	repo *git.Repository
	id   git.OID
}

// Files implements checks.Tree.
func (t tree) Files(ctx context.Context) ([]checks.TreeFile, error) {
	var files []checks.TreeFile
	err := git.Walk(ctx, t.repo, t.id, git.DefaultWalkLimits(), func(path string, e git.Entry) error {
		files = append(files, checks.TreeFile{Path: change.Path(path), Mode: e.Mode, ID: e.ID})
		return nil
	})
	return files, err
}

// Blobs implements checks.Tree.
func (t tree) Blobs(ctx context.Context, ids []git.OID, limit int64, fn func(i int, data []byte, err error) error) error {
	return git.Blobs(ctx, t.repo, ids, limit, fn)
}
