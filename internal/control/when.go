package control

import (
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
)

// Codes of reasons for which a rule is not about a change.
const (
	ReasonLabels     = "labels"
	ReasonKinds      = "kinds"
	ReasonRepository = "repository"
	ReasonSize       = "size"
)

// A condition is one key of `when`. Like applies, it answers Satisfied (it is met),
// NotApplicable (it surely is not) or NotAssessed.
type condition func(r config.LayeredRule, w *whether) answer

// met is the answer of a condition that is met, or that a rule does not have.
func met() answer { return answer{outcome: finding.Satisfied} }

// conditions are asked in this order, after the paths; the first that is surely not met
// ends it.
func (e *evaluation) conditions() []condition {
	return []condition{e.inRepository, e.labelled, e.ofKinds, e.ownedBy, e.large, e.farReaching}
}

// inRepository narrows by the repository, for a floor that serves several organisations.
func (e *evaluation) inRepository(r config.LayeredRule, _ *whether) answer {
	if len(r.When.Repositories) == 0 {
		return met()
	}
	var repo change.Repository
	if e.Context != nil && e.Context.Repository != nil {
		repo = *e.Context.Repository
	}
	if repo.Host == "" || repo.Owner == "" || repo.Name == "" {
		return answered(finding.NotAssessed, ReasonContextPart, "the context does not say which repository this is, so the rule counts as applying")
	}
	name := change.Path(strings.ToLower(repo.Host + "/" + repo.Owner + "/" + repo.Name))
	if slices.ContainsFunc(r.When.Repositories, func(g config.Glob) bool { return config.Glob(strings.ToLower(string(g))).Match(name) }) {
		return met()
	}
	return answered(finding.NotApplicable, ReasonRepository, "the rule is not about the repository %s", clip(string(name)))
}

func (e *evaluation) labelled(r config.LayeredRule, _ *whether) answer {
	if len(r.When.Labels) == 0 {
		return met()
	}
	if e.Context == nil || e.Context.Change == nil || e.Context.Change.Labels == nil {
		return answered(finding.NotAssessed, ReasonContextPart, "the context has no labels (`change.labels`), so the rule counts as applying")
	}
	for _, l := range e.Context.Change.Labels {
		if slices.Contains(r.When.Labels, config.Label(strings.ToLower(strings.TrimSpace(l)))) {
			a := met()
			a.because(ReasonCounted, "the change is labelled %q", clip(l))
			return a
		}
	}
	return answered(finding.NotApplicable, ReasonLabels, "the change has none of the rule's labels")
}

// narrow keeps the files for which keep is true; none left means that the rule is not
// about the change, if all its files are known.
func (e *evaluation) narrow(w *whether, code, what string, keep func(touched) bool) answer {
	w.files = kept(w.files, keep)
	if len(w.files) > 0 {
		return met()
	}
	if why, whole := filesWhole(e.Change); !whole {
		return answered(finding.NotAssessed, ReasonChange, "%s, so it is not known whether the rule is about it", why)
	}
	return answered(finding.NotApplicable, code, "%s", what)
}

func (e *evaluation) ofKinds(r config.LayeredRule, w *whether) answer {
	if len(r.When.Kinds) == 0 {
		return met()
	}
	if slices.Contains(r.When.Kinds, config.OfEmergency) {
		switch {
		case e.Context == nil || e.Context.Change == nil:
			a := answered(finding.NotAssessed, ReasonContextPart, "the context does not say whether the change was declared an emergency, so the rule counts as applying")
			return a
		case e.Context.Change.Emergency != nil:
			return met()
		}
	}
	return e.narrow(w, ReasonKinds, "no changed file is of the rule's kinds", func(t touched) bool {
		return slices.ContainsFunc(kindsOf(t), func(k config.ChangeKind) bool { return slices.Contains(r.When.Kinds, k) })
	})
}

func (e *evaluation) ownedBy(r config.LayeredRule, w *whether) answer {
	if len(r.When.Owners) == 0 {
		return met()
	}
	if e.Owners == nil {
		return answered(finding.NotAssessed, ReasonOwners, "no CODEOWNERS stands at base, so it is not known who owns what, and the rule counts as applying")
	}
	certain := false
	a := e.narrow(w, ReasonOwners, "no changed file belongs to the rule's owners", func(t touched) bool {
		is, doubt := false, false
		for _, p := range t.paths() {
			o := e.ownerOf(p)
			doubt = doubt || o.Doubt != ""
			for _, owner := range o.Owners {
				is = is || slices.Contains(r.When.Owners, config.OwnerName(strings.ToLower(string(owner))))
			}
		}
		certain = certain || is && !doubt
		return is || doubt
	})
	if a.outcome == finding.Satisfied && !certain {
		return answered(finding.NotAssessed, ReasonOwners, "it is not known who owns %s, so the rule counts as applying", listPaths(w.files))
	}
	return a
}

// large asks for a least number of lines and files, of those that the rule is about.
func (e *evaluation) large(r config.LayeredRule, w *whether) answer {
	if r.When.MinLines == nil && r.When.MinFiles == nil {
		return met()
	}
	lines, unread := 0, ""
	for _, t := range w.files {
		lines += t.Added + t.Deleted
		if t.Unread == change.Unreadable || t.Unread == change.TooLarge {
			unread = "the lines of " + t.escaped + " were not read"
		}
	}
	why, whole := filesWhole(e.Change)
	if whole && slices.ContainsFunc(e.Change.Limits, func(l change.Limit) bool { return l.What == "lines" }) {
		unread = "the change has more lines than are read"
	}
	switch {
	case r.When.MinLines != nil && lines < *r.When.MinLines && (unread != "" || !whole),
		r.When.MinFiles != nil && len(w.files) < *r.When.MinFiles && !whole:
		if whole {
			why = unread
		}
		return answered(finding.NotAssessed, ReasonChange, "%s, so it is not known how large the change is, and the rule counts as applying", why)
	case r.When.MinLines != nil && lines < *r.When.MinLines:
		return answered(finding.NotApplicable, ReasonSize, "the change has %s, fewer than %d", plural(lines, "line", "lines"), *r.When.MinLines)
	case r.When.MinFiles != nil && len(w.files) < *r.When.MinFiles:
		return answered(finding.NotApplicable, ReasonSize, "the change touches %s, fewer than %d", plural(len(w.files), "file", "files"), *r.When.MinFiles)
	}
	return met()
}

// farReaching asks for a least number of nodes that the change reaches.
func (e *evaluation) farReaching(r config.LayeredRule, _ *whether) answer {
	least := r.When.MinReach
	switch {
	case least == nil:
		return met()
	case e.Impact == nil:
		return answered(finding.NotAssessed, ReasonNotTraced, "what the change reaches was not traced, so the rule counts as applying")
	case len(e.Impact.Reached) >= *least:
		a := met()
		a.because(ReasonCounted, "the change reaches %s", plural(len(e.Impact.Reached), "node", "nodes"))
		return a
	case !e.Impact.Complete():
		return answered(finding.NotAssessed, ReasonNotTraced, "what the change reaches is not known completely, so the rule counts as applying")
	}
	return answered(finding.NotApplicable, ReasonSize, "the change reaches %s, fewer than %d", plural(len(e.Impact.Reached), "node", "nodes"), *least)
}
