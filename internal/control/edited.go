package control

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/finding"
)

// NoticeRequirements is the id of the notice about edits of the requirements.
const NoticeRequirements = "requirement-edits"

// editedRequirements says what a change does to the requirements: above all which
// prescribed value it sets anew, so that a reviewer meets it as such. The version at base
// judges; this decides nothing.
func (e *evaluation) editedRequirements(ctx context.Context) error {
	for _, base := range e.Requirements {
		i := slices.IndexFunc(e.Change.Files, func(f change.File) bool {
			return f.Path == change.Path(base.Path) || f.OldPath == change.Path(base.Path)
		})
		if i < 0 {
			continue
		}
		if e.edited == nil {
			e.edited = &finding.Check{ID: NoticeRequirements, Kind: finding.Notice, Name: "Edits of requirements", Origin: "custody", Level: finding.Note}
		}
		if err := e.compareRequirements(ctx, base, e.Change.Files[i]); err != nil {
			return err
		}
	}
	if e.edited == nil {
		return nil
	}
	switch {
	case len(e.edited.Found) > 0:
		e.edited.Outcome = finding.NotSatisfied
	case len(e.edited.Reasons) == 0:
		e.edited.Outcome = finding.Satisfied
	}
	return nil
}

func (e *evaluation) compareRequirements(ctx context.Context, base *Requirements, f change.File) error {
	say := func(format string, args ...any) {
		e.edited.Found = append(e.edited.Found, finding.Finding{
			Rule: NoticeRequirements, Level: finding.Note, Place: finding.Place{Path: change.Path(base.Path).Escaped()},
			Message: fmt.Sprintf(format, args...),
			Remedy:  "Read this part of the change with the eyes of who answers for the requirement.",
			Who:     "who answers for the requirements",
		})
	}
	if f.Path != change.Path(base.Path) || f.Status == change.Deleted {
		say("the change takes all requirements of the file away")
		return nil
	}
	if e.Head == nil {
		e.edited.Reasons = append(e.edited.Reasons, finding.Reason{Code: ReasonUnread, Detail: "the files of head were not given", Path: f.Path.Escaped()})
		return nil
	}
	src, err := e.Head.Blob(ctx, f.ID, e.Limits.FileBytes)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var head *Requirements
	if err == nil {
		head, _, err = parseUnmapped(base.Path, src) // what they map to may come with the change
	}
	if err != nil {
		why, _, _ := strings.Cut(err.Error(), "\n")
		say("the file at head can not be read: %s", clip(why))
		return nil
	}
	was, is := base.byID(), head.byID()
	for _, id := range slices.Sorted(keys(was, is)) {
		old, before := was[id]
		now, after := is[id]
		switch {
		case !after:
			say("the change takes requirement %s away", id)
		case !before:
			say("the change adds requirement %s", id)
		default:
			compareRequirement(say, old, now)
		}
	}
	if a, b := describe(base.Context), describe(head.Context); a != b {
		say("the change declares another context: %s instead of %s", b, a)
	}
	return nil
}

func (r *Requirements) byID() map[string]*Requirement {
	all := map[string]*Requirement{}
	for i := range r.Controls {
		all[string(r.Controls[i].ID)] = &r.Controls[i]
	}
	return all
}

func keys(a, b map[string]*Requirement) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range a {
			if !yield(k) {
				return
			}
		}
		for k := range b {
			if _, both := a[k]; !both && !yield(k) {
				return
			}
		}
	}
}

func compareRequirement(say func(string, ...any), old, now *Requirement) {
	for _, v := range old.used() {
		w, ok := now.values.get(v.Name)
		switch {
		case !ok:
			say("%s no longer prescribes %s, which was %s", old.ID, v.Name, shown(v.Value))
		case shown(v.Value) != shown(w):
			say("%s prescribes %s = %s instead of %s", old.ID, v.Name, shown(w), shown(v.Value))
		}
	}
	for _, v := range now.used() {
		if _, ok := old.values.get(v.Name); !ok {
			say("%s newly prescribes %s = %s", old.ID, v.Name, shown(v.Value))
		}
	}
	if old.Severity != now.Severity {
		say("%s becomes of level %s instead of %s", old.ID, now.Severity, old.Severity)
	}
	if a, b := oneLine(old.Requirement), oneLine(now.Requirement); a != b {
		say("%s asks %q instead of %q", old.ID, clip(b), clip(a))
	}
	how := func(r *Requirement) string {
		return strings.Join(r.VerifiedBy(), "; ") + fmt.Sprint(" ", r.Expect, r.Paths)
	}
	if a, b := how(old), how(now); a != b {
		say("%s is verified otherwise: %q instead of %q", old.ID, clip(b), clip(a))
	}
	if a, b := describe(old.AppliesWhen), describe(now.AppliesWhen); a != b {
		say("%s applies elsewhere: %s instead of %s", old.ID, b, a)
	}
}

// describe writes a condition or context in one line.
func describe[T any](v *T) string {
	if v == nil {
		return "nothing said"
	}
	switch v := any(v).(type) {
	case *AppliesWhen:
		return clip(fmt.Sprintf("%v", *v))
	case *Regulatory:
		ai := "nothing"
		if v.AIAct != nil {
			ai = fmt.Sprintf("%s, %s", v.AIAct.Role, v.AIAct.RiskClass)
		}
		return clip(fmt.Sprintf("frameworks %v, AI Act %s, data %v", v.Frameworks, ai, v.Data))
	}
	return ""
}
