package example

import (
	"context"
	"crypto/sha1"
	"fmt"
	"slices"
	"strings"

	"custody/attestation"
	"custody/impact"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/control/owners"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/review"
)

// A Result is what came out of an example.
type Result struct {
	Name    string          `json:"name"`
	Outcome finding.Outcome `json:"outcome"` // Satisfied: as expected
	Verdict review.Decision `json:"verdict"`
	Differs []string        `json:"differs"` // from what was expected, a sentence each
	Reasons []string        `json:"reasons"` // of the verdict
}

// Run judges every example of a file.
func Run(ctx context.Context, f *File, policy *config.Effective, requirements []*control.Requirements) ([]Result, error) {
	results := []Result{}
	for i := range f.Examples {
		r, err := f.run(ctx, &f.Examples[i], policy, requirements)
		if err != nil {
			return nil, fmt.Errorf("example %q: %w", f.Examples[i].Name, err)
		}
		results = append(results, r)
	}
	return results, nil
}

func (f *File) run(ctx context.Context, e *Example, policy *config.Effective, requirements []*control.Requirements) (Result, error) {
	b := builder{file: f, ex: e, people: map[string]*change.Person{}, tree: &tree{blobs: map[git.OID]string{}}}
	if e.Tree == nil {
		var err error
		if requirements, err = b.assumed(requirements, e.Unmet); err != nil {
			return Result{}, err
		}
	}
	in := b.input(policy, requirements)
	checks, err := control.Evaluate(ctx, in)
	if err != nil {
		return Result{}, err
	}
	decision, reasons := review.Decide(in.Change, in.Context, policy != nil, checks)
	r := Result{Name: e.Name, Verdict: decision, Outcome: finding.Satisfied, Differs: []string{}, Reasons: []string{}}
	for _, why := range reasons {
		r.Reasons = append(r.Reasons, why.Detail)
	}
	if string(e.Expect.Verdict) != decision.String() {
		r.Differs = append(r.Differs, fmt.Sprintf("the verdict is %s, expected %s", decision, e.Expect.Verdict))
	}
	for _, want := range e.Expect.Rules {
		if d := want.differs(checks); d != "" {
			r.Differs = append(r.Differs, d)
		}
	}
	if len(r.Differs) > 0 {
		r.Outcome = finding.NotSatisfied
	}
	return r, nil
}

// differs says how the check differs from what was expected, or "".
func (o Outcome) differs(checks []finding.Check) string {
	i := slices.IndexFunc(checks, func(c finding.Check) bool { return c.ID == o.ID })
	if i < 0 {
		return fmt.Sprintf("there is no rule or requirement %s", o.ID)
	}
	var said []string
	for _, r := range checks[i].Reasons {
		said = append(said, r.Detail)
	}
	for _, f := range checks[i].Found {
		said = append(said, f.Message)
	}
	switch {
	case checks[i].Outcome != o.Outcome:
		return fmt.Sprintf("%s is %s, expected %s: %s", o.ID, checks[i].Outcome, o.Outcome, strings.Join(said, "; "))
	case o.Says != "" && !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, o.Says) }):
		return fmt.Sprintf("%s does not say %q: %s", o.ID, o.Says, strings.Join(said, "; "))
	}
	return ""
}

// A builder makes of an example what a review would have read.
type builder struct {
	file   *File
	ex     *Example
	people map[string]*change.Person
	tree   *tree
}

func id(s string) git.OID {
	sum := sha1.Sum([]byte(s))
	o, err := git.OIDFromBytes(sum[:])
	if err != nil {
		panic(err) // 20 bytes are an id
	}
	return o
}

// firstID is the number of the first account that an example does not number itself.
const firstID = 900_000_001

func (b *builder) person(login string) *change.Person {
	key := strings.ToLower(login)
	if p, known := b.people[key]; known {
		return p
	}
	p := &change.Person{Login: login, ID: fmt.Sprint(firstID + len(b.people)), Type: change.User}
	for _, a := range b.file.People {
		if strings.EqualFold(a.Login, login) {
			p.ID = fmt.Sprint(a.ID)
			if a.Type != "" {
				p.Type = change.PersonType(a.Type)
			}
		}
	}
	b.people[key] = p
	return p
}

func (b *builder) missing(p Part) bool { return slices.Contains(b.ex.Missing, p) }

func or[T comparable](v, otherwise T) T {
	var none T
	if v == none {
		return otherwise
	}
	return v
}

func (b *builder) input(policy *config.Effective, requirements []*control.Requirements) control.Input {
	e := b.ex
	author := or(e.Author, "author")
	c := &change.Change{
		ObjectFormat: "sha1", Base: id("base"), BaseTree: id("base tree"), Head: id("head"), HeadTree: id("head tree"),
		MergeBases: []git.OID{id("base")}, From: id("base"), FromTree: id("base tree"),
	}
	message := or(e.Message, "Change")
	who := git.Signature{Name: author, Email: strings.ToLower(author) + "@users.example"}
	commit := change.Commit{Commit: git.Commit{ID: c.Head, Tree: c.HeadTree, Parents: []git.OID{c.Base}, Author: who, Committer: who}}
	for _, co := range e.CoAuthors {
		p := b.person(co)
		host, _, _ := strings.Cut(or(b.file.Repository, defaultRepository), "/")
		message += fmt.Sprintf("\n\nCo-authored-by: %s <%s+%s@users.noreply.%s>", co, p.ID, co, host)
	}
	commit.Message = []byte(message)
	commit.Trailers, _ = change.ParseTrailers(commit.Message)
	c.Commits = []change.Commit{commit}
	class := attestation.Class(or(e.Authorship, config.Class(attestation.Unknown)))
	at := &attestation.Report{Outcome: finding.Satisfied, Commits: []attestation.Commit{{SHA: c.Head, Class: class, People: []string{who.Name + " <" + who.Email + ">"}}}}
	for _, f := range e.Files {
		file := b.touched(f)
		c.Files = append(c.Files, file)
		at.Files = append(at.Files, attestation.File{Path: file.Path.Escaped(), Added: file.Added,
			Lines: map[attestation.Class]int{attestation.Class(or(f.Class, config.Class(class))): file.Added}})
	}
	slices.SortFunc(c.Files, func(a, b change.File) int { return strings.Compare(string(a.Path), string(b.Path)) })
	for _, f := range e.Tree {
		b.tree.add(change.Path(f.Path), f.Content)
	}
	in := control.Input{
		Change: c, Stage: or(e.Stage, change.AtMerge), Day: or(e.On, defaultDay), Config: policy, Requirements: requirements,
		Head: b.tree, Base: b.tree, Attestation: at, Context: b.context(author),
		Approved: map[control.Seen]control.Approved{
			{Commit: id("same").String()}:  {Same: true, How: "it makes the same change", Commits: c.Commits},
			{Commit: id("older").String()}: {How: "it makes another change"},
		},
	}
	if b.file.Owners != "" {
		in.Owners = owners.Parse("CODEOWNERS", []byte(b.file.Owners))
	}
	if e.Reach != nil {
		in.Impact = &impact.Report{Outcome: finding.Satisfied, Reached: make([]impact.Reached, max(0, *e.Reach))}
	}
	return in
}

func (b *builder) touched(f TouchedFile) change.File {
	status := or(f.Status, FileStatus("modified"))
	if f.From != "" {
		status = "renamed"
	}
	out := change.File{Path: change.Path(f.Path), OldPath: change.Path(f.From), Mode: git.ModeFile, OldMode: git.ModeFile, OldID: id("old " + string(f.Path))}
	content := f.Content
	if content == "" {
		lines := 1
		if f.Lines != nil {
			lines = *f.Lines
		}
		content = strings.Repeat("line\n", lines)
	}
	n := strings.Count(content, "\n")
	if content != "" && !strings.HasSuffix(content, "\n") {
		n++
	}
	switch status {
	case "deleted":
		out.Status, out.Mode, out.Deleted, out.Hunks = change.Deleted, 0, 1, []change.Hunk{{OldStart: 1, OldLines: 1}}
		return out
	case "added":
		out.Status, out.OldMode, out.OldID = change.Added, 0, git.OID{}
	case "renamed":
		out.Status = change.Renamed
	}
	out.ID = b.tree.add(out.Path, content)
	if out.Added = n; n > 0 {
		out.Hunks = []change.Hunk{{Start: 1, Lines: n}}
	}
	return out
}

const (
	defaultRepository = "github.com/example/example"
	defaultDay        = config.Day("2026-01-15")
)

// context is everything that is not in git; nil when the example says so.
func (b *builder) context(author string) *change.Context {
	e := b.ex
	if b.missing("context") {
		return nil
	}
	parts := strings.SplitN(or(b.file.Repository, defaultRepository)+"//", "/", 4)
	who, head, day := b.person(author), id("head").String(), string(or(e.On, defaultDay))
	merged := string(or(e.Merged, config.Day(day)))
	message, _, _ := strings.Cut(or(e.Message, "Change"), "\n")
	x := &change.Context{
		Schema:     change.ContextSchema,
		Repository: &change.Repository{Host: parts[0], Owner: parts[1], Name: parts[2]},
		Change: &change.Request{Kind: string(or(e.Kind, "pull_request")), Title: or(e.Title, message), Author: who,
			Labels: append([]string{}, e.Labels...), Draft: new(false), Reason: &change.Why{Text: &e.Text, Tickets: append([]string{}, e.Tickets...)}},
		Commits: []change.CommitFacts{{SHA: head, Author: who, Committer: who}},
		Reviews: []change.Review{}, Checks: []change.CheckRun{},
		Merge: &change.Merge{At: merged + "T23:00:00Z", By: who},
	}
	pushers := e.Pushers
	if pushers == nil {
		pushers = []string{author}
	}
	for _, login := range pushers {
		p := b.person(login)
		x.Change.Pushers = append(x.Change.Pushers, change.Pusher{Login: p.Login, ID: p.ID, Type: p.Type})
	}
	for i, r := range e.Reviews {
		x.Reviews = append(x.Reviews, change.Review{
			Reviewer: *b.person(r.By), State: string(or(r.State, "approved")), Commit: id(string(or(r.Commit, "head"))).String(),
			At: fmt.Sprintf("%sT10:%02d:%02dZ", day, i/60%60, i%60), Permission: string(or(r.Permission, "write")), Teams: append([]string{}, r.Teams...),
		})
	}
	for i, r := range e.Checks {
		x.Checks = append(x.Checks, change.CheckRun{Name: r.Name, App: r.App, Head: head, Conclusion: or(r.Conclusion, "success"), At: fmt.Sprintf("%sT11:%02d:%02dZ", day, i/60%60, i%60)})
	}
	if u := e.Emergency; u != nil {
		x.Change.Emergency = &change.Urgency{By: b.person(u.By), Permission: string(or(u.Permission, "maintain")), Teams: append([]string{}, u.Teams...),
			At: string(or(u.On, config.Day(merged))) + "T09:00:00Z", Via: "label emergency", Reason: u.Reason}
	}
	for _, p := range e.Missing {
		switch p {
		case "reviews":
			x.Reviews = nil
		case "checks":
			x.Checks = nil
		case "labels":
			x.Change.Labels = nil
		case "pushers":
			x.Change.Pushers = nil
		case "reason":
			x.Change.Reason = nil
		case "commits":
			x.Commits = nil
		}
	}
	return x
}

// A tree is that of head, in memory.
type tree struct {
	files []control.TreeFile
	blobs map[git.OID]string
}

func (t *tree) add(p change.Path, content string) git.OID {
	o := id(fmt.Sprintf("blob %d\x00%s", len(content), content)) // as git has it
	t.blobs[o] = content
	t.files = append(t.files, control.TreeFile{Path: p, Mode: git.ModeFile, ID: o})
	slices.SortFunc(t.files, func(a, b control.TreeFile) int { return strings.Compare(string(a.Path), string(b.Path)) })
	return o
}

// Files implements control.Head.
func (t *tree) Files(context.Context) ([]control.TreeFile, error) { return t.files, nil }

// Blob implements control.Head.
func (t *tree) Blob(_ context.Context, o git.OID, limit int64) ([]byte, error) {
	content, ok := t.blobs[o]
	switch {
	case !ok:
		return nil, git.ErrMissing
	case limit >= 0 && int64(len(content)) > limit:
		return nil, &git.TooLargeError{ID: o, Size: int64(len(content)), Limit: limit}
	}
	return []byte(content), nil
}

// Blobs implements control.Head.
func (t *tree) Blobs(ctx context.Context, ids []git.OID, limit int64, fn func(i int, data []byte, err error) error) error {
	for i, o := range ids {
		data, err := t.Blob(ctx, o, limit)
		if err := fn(i, data, err); err != nil {
			return err
		}
	}
	return nil
}
