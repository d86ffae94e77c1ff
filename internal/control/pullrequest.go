package control

import (
	"custody/internal/finding"
)

// pullRequest asks that the change came by a pull request or a queue of them: a direct
// push is what an auditor of changes looks for first.
func (e *evaluation) pullRequest() answer {
	if e.Context == nil {
		return answered(finding.NotAssessed, ReasonNoContext, "how the change came is not in git, and %s", noContext)
	}
	kind := ""
	if e.Context.Change != nil {
		kind = e.Context.Change.Kind
	}
	switch kind {
	case "pull_request", "merge_group":
		return answered(finding.Satisfied, ReasonCounted, "the change came as a %s", kind)
	case "push":
		return answer{outcome: finding.NotSatisfied, found: []scoped{{Finding: finding.Finding{
			Message: "the change was pushed directly: there is no pull request",
			Remedy:  "Open a pull request for it. If it has landed, explain it and have it reviewed now.",
			Who:     "who pushed it",
		}}}}
	case "":
		return answered(finding.NotAssessed, ReasonContextPart, "the context does not say how the change came (`change.kind`)")
	}
	return answered(finding.NotAssessed, ReasonContextPart, "the context says that the change came as a %q, which is not known", clip(kind))
}
