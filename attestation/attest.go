package attestation

import (
	"cmp"
	"context"
	"slices"

	"custody/attestation/claim"
	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/git"
)

// Input is everything that Attest looks at. All but Change may be absent.
type Input struct {
	Change  *change.Change
	Context *change.Context
	Differ  Differ // nil: lines are attributed only where all commits agree
	Source  Source // nil: no notes, traces, headers and statements are read
	Limits  Limits

	Verifier Verifier // of signed statements; nil: no key is trusted
	Signers  Signers  // keys of those who sign commits

	// Notes are the commits of the notes refs to read; nil: those that the refs name now.
	Notes map[string]git.OID

	// ClaimBase and ClaimHead are the bytes of .ai-attestation.yaml at base and head,
	// nil where there is none. History is what history really holds at head, nil when
	// it was not read: then the file is not assessed.
	ClaimBase, ClaimHead []byte
	History              *claim.Facts
}

// Attest says who or what wrote each commit and each added line of a change. The
// error is the Differ's, the Source's or the context's; whatever could not be read is
// not an error but a reason in the report, and its lines are unknown.
func Attest(ctx context.Context, in Input) (*Report, error) {
	a := &assessor{
		Input: in, t: known(), limits: in.Limits.or(DefaultLimits()),
		r: &Report{Schema: ReportSchema, Commits: []Commit{}, Files: []File{}, Findings: []finding.Finding{}, Reasons: []finding.Reason{}},
	}
	a.budget = newBudget(a.limits)
	a.classify()
	if err := a.readEvidence(ctx); err != nil {
		return nil, err
	}
	said := a.t.request(in.Context)
	for i := range a.r.Commits {
		a.r.Commits[i].settle()
	}
	state(a.r.Commits, said)
	for i := range a.r.Commits {
		a.drivers(i)
		a.r.Commits[i].trim()
	}
	if err := a.attribute(ctx); err != nil {
		return nil, err
	}
	a.find(said)
	a.driverApproves()
	a.hint()
	a.r.claim(in)
	finding.Sort(a.r.Findings)
	return a.r, nil
}

// An assessor is one report on its way.
type assessor struct {
	Input
	t       *table
	r       *Report
	limits  Limits
	budget  *budget
	index   map[git.OID]int // of commits of the change
	origins []origin        // of the added lines; see trace
	traced  bool
	filesAt map[change.Path]int // see fileAtHead
	notes   []finding.Reason    // what speaks against nothing

	notesAt     map[string]*git.Notes
	unreadNotes int
}

// classify reads what each commit says of itself, and what the forge knows of it.
func (a *assessor) classify() {
	facts := map[string]change.CommitFacts{}
	if a.Context != nil {
		for _, f := range a.Context.Commits {
			facts[f.SHA] = f
		}
	}
	a.index = make(map[git.OID]int, len(a.Change.Commits))
	for i := range a.Change.Commits {
		k := a.t.classify(&a.Change.Commits[i].Commit, a.Change.Commits[i].Trailers)
		if f, ok := facts[k.SHA.String()]; ok {
			k.wide = a.t.forge(k.wide, &k, f)
		}
		k.budget = a.budget
		a.index[k.SHA] = len(a.r.Commits)
		a.r.Commits = append(a.r.Commits, k)
	}
}

// attribute counts the added lines by class, and says whether all of it was looked at.
func (a *assessor) attribute(ctx context.Context) error {
	c, r := a.Change, a.r
	for _, l := range c.Limits {
		r.cut("limit-"+l.What, "more "+l.What+" than are read: not all of the change was looked at", "")
	}
	if c.Shallow {
		r.cut("shallow", "history is cut: commits of the change may be missing; fetch the whole history", "")
	}
	for i := range r.Commits {
		if r.Commits[i].cut {
			r.cut("limit-message", "the message of commit "+r.Commits[i].SHA.Short()+" holds more attribution than is read", "")
		}
	}
	if len(c.Commits) == 0 {
		r.cut("no-commits", "there is no commit to look at", "")
	}
	if c.From.IsZero() && !c.FromNothing() {
		r.cut("no-merge-base", "base and head have no common history: there is no difference to attribute", "")
	}
	for i := range c.Files {
		if f := &c.Files[i]; f.Unread == change.Unreadable || f.Unread == change.TooLarge {
			r.cut("lines-"+string(f.Unread), "the added lines of this file could not be read", f.Path.Escaped())
		}
	}
	if err := a.countFiles(ctx); err != nil {
		return err
	}
	a.sayCut()
	if len(r.Reasons) == 0 {
		r.Outcome = finding.Satisfied
	}
	r.Reasons = append(r.Reasons, a.notes...)
	r.Summary.sum(r.Files)
	return nil
}

func (r *Report) cut(code, detail, path string) {
	r.Reasons = append(r.Reasons, finding.Reason{Code: code, Detail: detail, Path: path})
}

// sayCut tells of evidence that was over a limit.
func (a *assessor) sayCut() {
	if a.budget.cut["evidence"] {
		a.r.cut("limit-evidence", "notes, traces and statements hold more than is read: some of the evidence was not looked at", "")
	}
}

// hunkLines is File.Added, from the hunks that the lines are counted by.
func hunkLines(f *change.File) int {
	n := 0
	for _, h := range f.Hunks {
		n += h.Lines
	}
	return n
}

// permilleOf is n of all, rounded: 0 only if n is, 1000 only if n is all; nil of nothing.
func permilleOf(n, all int) *int {
	if all == 0 {
		return nil
	}
	p := int((int64(n)*1000 + int64(all)/2) / int64(all))
	switch {
	case n > 0 && p == 0:
		p = 1
	case n < all && p == 1000:
		p = 999
	}
	return &p
}

// claim compares .ai-attestation.yaml with the change, and with history if there is
// any. The file is an unsigned claim: it changes no class.
func (r *Report) claim(in Input) {
	if in.ClaimHead == nil && in.ClaimBase == nil {
		return
	}
	var seen claim.Change
	for i := range r.Commits {
		k := &r.Commits[i]
		if !k.Class.IsAI() {
			continue
		}
		seen.Newest = max(seen.Newest, in.Change.Commits[i].Committer.When)
		for _, tool := range claimTools(k) {
			if !slices.Contains(seen.Tools, tool) {
				seen.Tools = append(seen.Tools, tool)
			}
		}
	}
	slices.SortFunc(seen.Tools, func(a, b claim.ToolName) int { return cmp.Compare(a.ID, b.ID) })
	report, findings := claim.Review(in.ClaimBase, in.ClaimHead, seen, in.History)
	r.Claim = report
	r.Findings = append(r.Findings, findings...)
}

// claimTools are a commit's agents as .ai-attestation.yaml names them, each once.
func claimTools(c *Commit) []claim.ToolName {
	var out []claim.ToolName
	for _, a := range c.Agents {
		if tool := claimTool(a.ID); !slices.Contains(out, tool) {
			out = append(out, tool)
		}
	}
	return out
}

// claimTool is how .ai-attestation.yaml names a tool of the table.
func claimTool(id string) claim.ToolName {
	row := known().byID[id]
	if row == nil {
		return claim.ToolName{ID: Unlisted, Name: "Unlisted agent"}
	}
	if tool, ok := claim.Listed(row.Schema); ok {
		return tool
	}
	return claim.ToolName{ID: row.ID, Name: row.Name}
}
