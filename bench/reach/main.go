// Reach measures how much less a change reaches when its definitions are followed than when
// its files are taken as a whole, on real changes. Nothing is judged: bench/mutation says
// whether what is left is enough.
//
//	go run ./bench/reach -C DIR -name owner/name
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/git"
)

func main() {
	var o options
	flag.StringVar(&o.dir, "C", ".", "the repository")
	flag.StringVar(&o.name, "name", "", "owner/name")
	flag.IntVar(&o.changes, "n", 30, "changes of code, from HEAD along first parents")
	flag.StringVar(&o.out, "o", "bench/results", "folder for the result; empty: nowhere")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "reach:", err)
		os.Exit(1)
	}
}

type options struct {
	dir, name, out string
	changes        int
}

// A result is what one repository says. Sizes are files: a package that is reached as a
// whole counts with all of its files.
type result struct {
	Repository string  `json:"repository"`
	Head       git.OID `json:"head"`
	Looked     int     `json:"commits_looked_at"`
	Changes    []sizes `json:"changes"`
	BySymbol   spread  `json:"by_symbol"`
	ByFile     spread  `json:"by_file"`
	Permille   spread  `json:"permille"`       // of each change: by symbol, of by file
	Tests      spread  `json:"tests_permille"` // the same of files with tests
}

type sizes struct {
	Commit   git.OID `json:"commit"`
	Files    int     `json:"files"` // changed, of code
	BySymbol int     `json:"by_symbol"`
	ByFile   int     `json:"by_file"`
	Tests    int     `json:"tests_by_symbol"`
	AllTests int     `json:"tests_by_file"`
	Whole    int     `json:"whole"` // of by_symbol: taken as a whole
}

type spread struct {
	Median int `json:"median"`
	P90    int `json:"p90"`
}

func spreadOf(list []int) spread {
	if len(list) == 0 {
		return spread{}
	}
	slices.Sort(list)
	return spread{list[len(list)/2], list[min(len(list)*9/10, len(list)-1)]}
}

func run(ctx context.Context, o options) error {
	repo, err := git.Open(ctx, o.dir, git.WithEnviron(os.Environ()))
	if err != nil {
		return err
	}
	defer repo.Close()
	head, err := repo.Resolve(ctx, "HEAD")
	if err != nil {
		return err
	}
	r := result{Repository: o.name, Head: head}
	facts := &impact.Memory{}
	for id := head; len(r.Changes) < o.changes; {
		c, err := repo.Commit(ctx, id)
		if err != nil || len(c.Parents) == 0 {
			break
		}
		r.Looked++
		one, err := measure(ctx, repo, c, facts)
		if err != nil {
			return fmt.Errorf("commit %s: %w", c.ID, err)
		}
		if one != nil {
			r.Changes = append(r.Changes, *one)
		}
		id = c.Parents[0]
	}
	var symbols, files, rates, tests []int
	for _, c := range r.Changes {
		symbols, files = append(symbols, c.BySymbol), append(files, c.ByFile)
		if c.ByFile > 0 {
			rates = append(rates, c.BySymbol*1000/c.ByFile)
		}
		if c.AllTests > 0 {
			tests = append(tests, c.Tests*1000/c.AllTests)
		}
	}
	r.BySymbol, r.ByFile, r.Permille, r.Tests = spreadOf(symbols), spreadOf(files), spreadOf(rates), spreadOf(tests)
	fmt.Printf("%s: %d changes of %d commits; by symbol %d files (median; p90 %d), by file %d (%d); of each change %d of 1000 (%d), of its tests %d (%d)\n",
		r.Repository, len(r.Changes), r.Looked, r.BySymbol.Median, r.BySymbol.P90, r.ByFile.Median, r.ByFile.P90, r.Permille.Median, r.Permille.P90, r.Tests.Median, r.Tests.P90)
	if o.out == "" {
		return nil
	}
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(o.out, "reach-"+strings.ReplaceAll(o.name, "/", "+")+".json"), append(data, '\n'), 0o644)
}

// measure is nil for a change without code whose definitions are read, or that reaches
// nothing as files either.
func measure(ctx context.Context, repo *git.Repository, c *git.Commit, facts impact.FactStore) (*sizes, error) {
	ch, err := change.Read(ctx, repo, c.Parents[0], c.ID, change.DefaultLimits())
	if err != nil {
		return nil, err
	}
	in := impact.AssessInput{Source: impact.Objects(repo), Change: ch, Facts: facts}
	bySymbol, err := impact.Assess(ctx, in)
	if err != nil {
		return nil, err
	}
	one := &sizes{Commit: c.ID}
	for _, f := range bySymbol.Changed {
		if f.Symbols != nil {
			one.Files++
		}
	}
	if one.Files == 0 {
		return nil, nil
	}
	in.WholeFiles = true
	byFile, err := impact.Assess(ctx, in)
	if err != nil {
		return nil, err
	}
	listed := map[string][]string{}
	g, err := impact.Build(ctx, impact.BuildInput{Source: in.Source, Tree: ch.HeadTree, Facts: facts})
	if err != nil {
		return nil, err
	}
	g.EachNode(func(_ int32, n *impact.Node) {
		if n.Language == "go" && n.Kind != impact.KindPackage {
			p := n.Path.Escaped()
			listed[path.Dir(p)] = append(listed[path.Dir(p)], p)
		}
	})
	one.BySymbol, one.Tests, one.Whole = count(bySymbol, listed)
	one.ByFile, one.AllTests, _ = count(byFile, listed)
	if one.ByFile == 0 {
		return nil, nil
	}
	return one, nil
}

func count(r *impact.Report, folders map[string][]string) (files, tests, whole int) {
	seen := map[string]bool{}
	for _, c := range r.Changed {
		seen[c.Path] = true
	}
	add := func(p string, isWhole, isTest bool) {
		if seen[p] {
			return
		}
		seen[p] = true
		files++
		if isWhole {
			whole++
		}
		if isTest {
			tests++
		}
	}
	for _, n := range r.Reached {
		isWhole := n.Precision != impact.PrecisionSymbol
		switch {
		case n.Kind != impact.KindPackage:
			add(n.Path, isWhole, n.Kind == impact.KindTest)
		case isWhole:
			for _, p := range folders[n.Path] {
				add(p, true, strings.HasSuffix(p, "_test.go"))
			}
		}
	}
	return files, tests, whole
}
