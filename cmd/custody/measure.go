package main

import (
	"bytes"
	"context"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"custody/impact"
	"custody/internal/git"
	"custody/internal/report"
)

func newMeasure(p *process, dir *string) *cobra.Command {
	var o standingOptions
	cmd := &cobra.Command{
		Use:   "measure [REV]",
		Short: "Score the health of a commit, with reasons",
		Long: `Score a commit (default: HEAD) from 0 to 100: security requirements met, source files in
the dependency graph, source folders that a document names, a policy that stands. All
are rates, so the size of a repository does not decide. What is absent counts as
nothing; without a source file there is no score.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir, o.rev = *dir, revArgument(args)
			return runMeasure(cmd.Context(), p, &o)
		},
	}
	addStanding(cmd, &o)
	return cmd
}

func runMeasure(ctx context.Context, p *process, o *standingOptions) error {
	repo, commit, judge, err := o.standing(ctx, p)
	if err != nil {
		return err
	}
	defer repo.Close()
	facts := openFacts(p, repo.CommonDir())
	graph, err := buildGraph(ctx, repo, commit.ID, facts)
	if err != nil {
		return err
	}
	facts.save(p)
	in := report.HealthInput{Commit: commit.ID, Policy: judge.Policy != nil}
	if in.Requirements, err = judge.VerifyRequirements(ctx, repo, commit); err != nil {
		return err
	}
	countSources(&in, graph)
	if in.Documented, err = documented(ctx, repo, commit.Tree, in.Sources); err != nil {
		return err
	}
	health := report.Measure(in)
	if o.format == "json" {
		return writeJSON(p.out, health)
	}
	return health.WriteText(p.out)
}

// countSources counts source files by folder: those in the graph, and those that are
// not in it although they are code.
func countSources(in *report.HealthInput, g *impact.Graph) {
	in.Sources = map[string]int{}
	add := func(escaped string) bool {
		if foreign(escaped) {
			return false
		}
		in.Sources[path.Dir(escaped)]++
		return true
	}
	missing := map[string]bool{}
	for _, s := range g.Skips {
		if s.Reason == impact.SkipUnsupported || s.Reason == impact.SkipLimit || s.Reason == impact.SkipUnreadable {
			missing[s.Path] = true
		}
	}
	for _, n := range g.Nodes {
		if n.Language == "" || n.Kind == impact.KindPackage {
			continue
		}
		name := n.Path.Escaped()
		if add(name) && !missing[name] {
			in.InGraph++
		}
		delete(missing, name)
	}
	for name := range missing {
		add(name)
	}
}

// foreign says whether a file is somebody else's code, or an example for a test.
func foreign(name string) bool {
	for part := range strings.SplitSeq(path.Dir(name), "/") {
		switch part {
		case "vendor", "node_modules", "third_party", "testdata", "fixtures", "__fixtures__":
			return true
		}
	}
	return false
}

// maxDocument bounds one document that is searched for the names of folders, in bytes.
const maxDocument = 1 << 20

// documented finds the folders that a document of the tree names, as "folder/" or as
// "`folder`", and those below them. The root needs no document but its own.
func documented(ctx context.Context, r git.Reader, tree git.OID, folders map[string]int) (map[string]bool, error) {
	var ids []git.OID
	err := git.Walk(ctx, r, tree, git.DefaultWalkLimits(), func(p string, e git.Entry) error {
		switch strings.ToLower(path.Ext(p)) {
		case ".md", ".rst", ".adoc", ".txt":
			if e.Mode.IsRegular() {
				ids = append(ids, e.ID)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	err = git.Blobs(ctx, r, ids, maxDocument, func(_ int, text []byte, err error) error {
		if err != nil {
			return nil //nolint:nilerr // a document that can not be read names nothing
		}
		found["."] = true
		for folder := range folders {
			if !found[folder] && (bytes.Contains(text, []byte(folder+"/")) || bytes.Contains(text, []byte("`"+folder+"`"))) {
				found[folder] = true
			}
		}
		return nil
	})
	for folder := range folders {
		for up := folder; up != "." && !found[folder]; up = path.Dir(up) {
			found[folder] = found[up]
		}
	}
	return found, err
}
