package control

import (
	"errors"
	"slices"
	"strings"

	"custody/attestation"
	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control/cel"
	"custody/internal/finding"
	"custody/internal/git"
)

// What a condition over the change may name. docs/requirements.md lists it: a test keeps
// the two equal.
var (
	personType = &cel.Type{Kind: cel.Object, Name: "person", Fields: []cel.Field{
		{Name: "login", Type: cel.StringType, Doc: "as the forge shows it"},
		{Name: "id", Type: cel.StringType, Doc: "the forge's numeric id"},
		{Name: "type", Type: cel.StringType, Doc: "`User`, `Bot`, `App` or `Organization`"},
	}}
	approverType = &cel.Type{Kind: cel.Object, Name: "approver", Fields: []cel.Field{
		{Name: "login", Type: cel.StringType, Doc: "as the forge shows it"},
		{Name: "teams", Type: cel.ListOf(cel.StringType), Doc: "their teams, lower case; unknown where the context does not tell"},
	}}
	fileType = &cel.Type{Kind: cel.Object, Name: "file", Fields: []cel.Field{
		{Name: "path", Type: cel.StringType, Doc: "at head; the old path of a deleted file. Escaped as everywhere"},
		{Name: "old_path", Type: cel.StringType, Doc: "of a renamed file, else empty"},
		{Name: "status", Type: cel.StringType, Doc: "`modified`, `added`, `deleted`, `renamed` or `type-changed`"},
		{Name: "language", Type: cel.StringType, Doc: "such as `python`, else empty"},
		{Name: "mode", Type: cel.StringType, Doc: "six octal digits, `000000` when deleted"},
		{Name: "old_mode", Type: cel.StringType, Doc: "the same at base, `000000` when added"},
		{Name: "added", Type: cel.IntType, Doc: "lines; unknown of a file whose lines were not read"},
		{Name: "deleted", Type: cel.IntType, Doc: "lines; unknown of a file whose lines were not read"},
		{Name: "authorship", Type: cel.MapOf(cel.StringType, cel.IntType), Doc: "added lines by class; a class without lines has no key"},
	}}
	commitType = &cel.Type{Kind: cel.Object, Name: "commit", Fields: []cel.Field{
		{Name: "sha", Type: cel.StringType, Doc: "its id"},
		{Name: "message", Type: cel.StringType, Doc: "the whole of it, printable"},
		{Name: "author", Type: cel.StringType, Doc: "the author's address as the commit claims it, lower case"},
		{Name: "parents", Type: cel.IntType, Doc: "how many"},
		{Name: "class", Type: cel.StringType, Doc: "its authorship class"},
		{Name: "agents", Type: cel.ListOf(cel.StringType), Doc: "ids of the agents that wrote it"},
		{Name: "verified", Type: cel.BoolType, Doc: "whether the forge verified its signature"},
	}}
	changeType = &cel.Type{Kind: cel.Object, Name: "change", Fields: []cel.Field{
		{Name: "base", Type: cel.StringType, Doc: "id of the commit"},
		{Name: "head", Type: cel.StringType, Doc: "id of the commit"},
		{Name: "stage", Type: cel.StringType, Doc: "`push`, `merge` or `record`"},
		{Name: "files", Type: cel.ListOf(fileType), Doc: "by path; unknown if the change was not read whole"},
		{Name: "commits", Type: cel.ListOf(commitType), Doc: "parents before children; unknown if they were not all read"},
		{Name: "added", Type: cel.IntType, Doc: "lines of all files; unknown if one of them is"},
		{Name: "deleted", Type: cel.IntType, Doc: "lines of all files; unknown if one of them is"},
		{Name: "authorship", Type: cel.MapOf(cel.StringType, cel.IntType), Doc: "added lines of all files by class; unknown if it was not assessed"},
		{Name: "title", Type: cel.StringType, Doc: "from the context"},
		{Name: "text", Type: cel.StringType, Doc: "the reason given, from the context"},
		{Name: "tickets", Type: cel.ListOf(cel.StringType), Doc: "from the context"},
		{Name: "labels", Type: cel.ListOf(cel.StringType), Doc: "from the context"},
		{Name: "draft", Type: cel.BoolType, Doc: "from the context"},
		{Name: "author", Type: personType, Doc: "who opened it, from the context"},
		{Name: "reach", Type: cel.IntType, Doc: "nodes of the graph that the change reaches; unknown while that is not assessed"},
		{Name: "risk", Type: cel.IntType, Doc: "0 to 1000, see docs/impact.md; what is not known adds to it"},
		{Name: "approvers", Type: cel.ListOf(approverType), Doc: "people who approved the head and did not write it, with permission to write; none if only who pushed it approved; unknown while it is not clear of one of them"},
	}}
)

// diff asks a condition of the change.
func (e *evaluation) diff(r *Requirement, c *DiffCheck, budget int64) (a answer) {
	if noChange(e.Change) {
		return answered(finding.NotApplicable, ReasonStage, "the condition is asked of a change")
	}
	if e.record == nil {
		e.record = e.changeRecordValue()
	}
	holds, _, err := c.holds.Holds(map[string]cel.Value{"change": e.record, "values": c.values}, min(budget, cel.MaxCost))
	var why *cel.EvalError
	switch {
	case errors.As(err, &why):
		code := ReasonCondition
		if why.Why == cel.TooMuch {
			code = ReasonLimit
		} else if why.Why == cel.Missing {
			code = ReasonContextPart
		}
		a.because(code, "the condition has no answer: %s", oneLine(why.Message))
	case holds:
		a.outcome = finding.Satisfied
		a.because(ReasonCounted, "the condition holds for the change")
	default:
		a.outcome = finding.NotSatisfied
		message := r.title() + ": the change does not meet " + quoted(c.CEL)
		a.found = []scoped{{Finding: r.finding(finding.Place{}, message, "Meet the requirement")}}
	}
	return a
}

// noChange says that a commit is looked at as it stands. A change from nothing is one.
func noChange(c *change.Change) bool { return c.Base.IsZero() && !c.FromNothing() }

func quoted(s string) string { return "\"" + clip(s) + "\"" }

// facts fills a record: what is known and what is not.
type facts struct{ *cel.Record }

func newFacts(t *cel.Type) facts {
	return facts{&cel.Record{Type: t, Known: map[string]cel.Value{}, Unknown: map[string]string{}}}
}

func (f facts) set(name string, v cel.Value) { f.Known[name] = v }

func (f facts) unknown(why string, names ...string) {
	for _, n := range names {
		f.Unknown[n] = why
	}
}

// changeRecordValue is the change as conditions see it.
func (e *evaluation) changeRecordValue() *cel.Record {
	c, f := e.Change, newFacts(changeType)
	f.set("base", c.Base.String())
	f.set("head", c.Head.String())
	f.set("stage", e.Stage.String())
	e.impactFacts(f)
	e.fileFacts(f)
	e.commitFacts(f)
	e.requestFacts(f)
	e.approverFacts(f)
	return f.Record
}

func (e *evaluation) impactFacts(f facts) {
	switch {
	case e.Impact == nil:
		f.unknown("what the change reaches was not traced", "reach", "risk")
		return
	case !e.Impact.Complete():
		f.unknown("what the change reaches is not known completely", "reach")
	default:
		f.set("reach", int64(len(e.Impact.Reached)))
	}
	if e.Impact.Risk == nil {
		f.unknown("how risky the change is was not looked at", "risk")
		return
	}
	f.set("risk", int64(e.Impact.Risk.Score))
}

func (e *evaluation) fileFacts(f facts) {
	if why, whole := filesWhole(e.Change); !whole {
		f.unknown(why, "files", "added", "deleted", "authorship")
		return
	}
	assessed := e.Attestation != nil && e.Attestation.Outcome == finding.Satisfied
	list, added, deleted := []cel.Value{}, int64(0), int64(0)
	classes, unread := map[string]int64{}, ""
	for _, file := range e.Change.Files {
		one := newFacts(fileType)
		one.set("path", file.Path.Escaped())
		one.set("old_path", file.OldPath.Escaped())
		one.set("status", file.Status.String())
		language := ""
		if l := lang.ForPath(string(file.Path)); l != nil {
			language = l.Name
		}
		one.set("language", language)
		one.set("mode", file.Mode.String())
		one.set("old_mode", file.OldMode.String())
		if file.Unread != "" {
			unread = "the lines of " + file.Path.Escaped() + " were not read"
			one.unknown(unread, "added", "deleted", "authorship")
		} else {
			one.set("added", int64(file.Added))
			one.set("deleted", int64(file.Deleted))
			added, deleted = added+int64(file.Added), deleted+int64(file.Deleted)
			e.lineFacts(one, file, assessed, classes)
		}
		list = append(list, one.Record)
	}
	f.set("files", list)
	if unread != "" {
		f.unknown(unread, "added", "deleted", "authorship")
		return
	}
	f.set("added", added)
	f.set("deleted", deleted)
	if !assessed {
		f.unknown("who wrote the lines was not assessed", "authorship")
		return
	}
	f.set("authorship", counts(classes))
}

func (e *evaluation) lineFacts(one facts, file change.File, assessed bool, all map[string]int64) {
	if !assessed {
		one.unknown("who wrote the lines was not assessed", "authorship")
		return
	}
	own := map[string]int64{}
	for class, n := range e.lines[file.Path.Escaped()].Lines {
		if n > 0 {
			own[string(class)] += int64(n)
			all[string(class)] += int64(n)
		}
	}
	one.set("authorship", counts(own))
}

func counts(of map[string]int64) cel.Value {
	var keys, values []cel.Value
	for k, n := range of {
		keys, values = append(keys, k), append(values, n)
	}
	m, err := cel.NewMapping(keys, values)
	if err != nil {
		return nil // texts are keys
	}
	return m
}

func (e *evaluation) commitFacts(f facts) {
	if why, whole := commitsWhole(e.Change); !whole {
		f.unknown(why, "commits")
		return
	}
	verified := map[string]*bool{}
	if e.Context != nil {
		for _, c := range e.Context.Commits {
			v := c.Verified
			if old := verified[c.SHA]; old != nil {
				v = v && *old
			}
			verified[c.SHA] = &v
		}
	}
	attested := map[git.OID]attestation.Commit{}
	if e.Attestation != nil {
		for _, a := range e.Attestation.Commits {
			attested[a.SHA] = a
		}
	}
	list := []cel.Value{}
	for _, c := range e.Change.Commits {
		one := newFacts(commitType)
		one.set("sha", c.ID.String())
		one.set("message", change.Printable(string(c.Message)))
		one.set("author", strings.ToLower(change.Printable(c.Author.Email)))
		one.set("parents", int64(len(c.Parents)))
		if v := verified[c.ID.String()]; v != nil {
			one.set("verified", *v)
		} else {
			one.unknown("the context does not say whether the forge verified commit "+c.ID.Short(), "verified")
		}
		one.unknown("who wrote commit "+c.ID.Short()+" was not assessed", "class", "agents")
		if a, ok := attested[c.ID]; ok {
			agents := []cel.Value{}
			for _, agent := range a.Agents {
				agents = append(agents, agent.ID)
			}
			one.set("class", string(a.Class))
			one.set("agents", agents)
		}
		list = append(list, one.Record)
	}
	f.set("commits", list)
}

func (e *evaluation) requestFacts(f facts) {
	missing := "the context does not say it"
	if e.Context == nil {
		missing = noContext
	}
	f.unknown(missing, "title", "text", "tickets", "labels", "draft", "author")
	if e.Context == nil || e.Context.Change == nil {
		return
	}
	c := e.Context.Change
	if c.Title != "" { // a change without one is told of without one
		f.set("title", change.Printable(c.Title))
	}
	if c.Draft != nil {
		f.set("draft", *c.Draft)
	}
	if c.Reason != nil {
		if c.Reason.Text != nil {
			f.set("text", change.Printable(*c.Reason.Text))
		}
		if c.Reason.Tickets != nil {
			f.set("tickets", printables(c.Reason.Tickets))
		}
	}
	if c.Labels != nil {
		f.set("labels", printables(c.Labels))
	}
	if c.Author != nil {
		one := newFacts(personType)
		for name, text := range map[string]string{"login": c.Author.Login, "id": c.Author.ID, "type": string(c.Author.Type)} {
			if text == "" {
				one.unknown("the context does not say it of who opened the change", name)
				continue
			}
			one.set(name, change.Printable(text))
		}
		f.set("author", one.Record)
	}
}

func printables(texts []string) cel.Value {
	list := []cel.Value{}
	for _, t := range texts {
		list = append(list, change.Printable(t))
	}
	return list
}

// requirementsOrigin says whose identity map the requirements rely on: a repository can
// not vouch for authors where the floor asks that requirements are satisfied.
func (e *evaluation) requirementsOrigin() string {
	if e.Config != nil && slices.ContainsFunc(e.Config.Rules, func(r config.LayeredRule) bool {
		return r.Kind == config.KindRequirements && r.Origin == config.FloorOrigin
	}) {
		return config.FloorOrigin
	}
	return config.FileName
}

// approverFacts are those whose approval counts as a rule of kind approvals counts it,
// with permission to write. While one may or may not count, none of them is known.
func (e *evaluation) approverFacts(f facts) {
	switch {
	case e.Context == nil:
		f.unknown("who approved is not in git, and "+noContext, "approvers")
		return
	case e.Context.Reviews == nil:
		f.unknown("the context has no part `reviews`", "approvers")
		return
	}
	if why, whole := commitsWhole(e.Change); !whole {
		f.unknown(why+", so it is not known who wrote the change", "approvers")
		return
	}
	wrote := authorsOf(e.Change, e.Context, e.Attestation, e.identities(), e.requirementsOrigin(), e.landing())
	if len(wrote.unknown) > 0 {
		f.unknown("the forge does not know everybody who wrote the change", "approvers")
		return
	}
	voices := e.voices(config.Approvals{Humans: 1, Permission: config.DefaultPermission}, wrote)
	list := []cel.Value{}
	switch last := e.lastPusher(wrote, voices); last.outcome {
	case finding.NotAssessed:
		f.unknown(last.reasons[0].Detail, "approvers")
		return
	case finding.NotSatisfied: // their own approvals alone are none
		f.set("approvers", list)
		return
	}
	for _, v := range voices {
		switch v.stand {
		case standUnclear, standAgainst:
			f.unknown("it is not clear whether the word of "+clip(v.login)+" is an approval", "approvers")
			return
		case standApproved:
			one := newFacts(approverType)
			one.set("login", clip(v.login))
			if v.teams == nil {
				one.unknown("the context does not say in which teams "+clip(v.login)+" is", "teams")
			} else {
				one.set("teams", printables(lowered(v.teams)))
			}
			list = append(list, one.Record)
		}
	}
	f.set("approvers", list)
}

func lowered(texts []string) []string {
	out := slices.Clone(texts)
	for i := range out {
		out[i] = strings.ToLower(out[i])
	}
	return out
}
