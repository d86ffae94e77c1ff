package review

import (
	"fmt"
	"maps"

	"custody/attestation"
	"custody/impact"
	"custody/impact/lang"
	"custody/impact/nearby"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/control/checks"
	"custody/internal/control/frameworks"
	"custody/internal/control/owners"
	"custody/internal/finding"
	"custody/internal/git"
)

// verdict puts everything that was found into one document.
func (r *run) verdict() Verdict {
	who := boundAttestation(*r.attestation)
	v := Verdict{
		Schema:      Schema,
		Door:        r.door(),
		Stage:       r.Stage,
		Inputs:      r.inputs(),
		About:       AboutOf(r.context),
		Change:      r.summary(),
		Checks:      r.checks,
		Findings:    r.findings(who),
		Impact:      r.impact,
		Attestation: who,
		NotAssessed: r.notAssessed(),
		Controls:    r.controls,
		Context:     r.contextDoc,
	}
	v.bound()
	if r.inventory != nil {
		v.Holds = config.Day(r.inventory.Holds)
	}
	v.Decision, v.Reasons = Decide(r.change, r.context, r.judge.Policy != nil, r.checks)
	return v
}

// door adds the ref to the door, where it tells people more and decides nothing, and whether
// anybody is kept by the verdict.
func (r *run) door() Door {
	d := r.Door
	if d.Mode == "" && r.judge.Policy != nil {
		d.Mode = r.judge.Policy.Mode
	}
	if d.Mode == config.Enforce {
		d.Mode = ""
	}
	d.Ref = change.Path(r.Ref).Escaped()
	return d
}

func (r *run) inputs() Inputs {
	in := Inputs{
		ObjectFormat: r.change.ObjectFormat,
		Base:         r.change.Base,
		Head:         r.change.Head,
		MergeBases:   append([]git.OID{}, r.change.MergeBases...), // none is a list, too
		Stage:        r.Stage,
		Pushers:      r.Pushers,
		Claims:       r.Claims,
		Context:      r.origin,
		Day:          r.Day,
		Files:        maps.Clone(r.judge.digests),
		Waivers:      r.waiversInForce(),
		Limits:       limits(),
		Versions:     versions(),
		Notes:        r.attestation.NotesAt,
	}
	if (r.Judge != git.OID{}) {
		in.Judge = &r.Judge
	}
	if r.refDecided {
		in.Ref = change.Path(r.Ref).Escaped()
	}
	if r.contextDoc != nil {
		in.Files["context"] = digest(r.contextDoc)
	}
	if r.KeyRing != nil && r.ring.Used() {
		in.Files["key_ring"] = digest(r.KeyRing)
	}
	return in
}

// limits is the one table of everything that bounds a review.
func limits() map[string]int64 {
	all := map[string]int64{"review.small_file_bytes": maxSmall, "review.owners_bytes": owners.MaxBytes, "review.approved_commits": maxApproved, "review.approved_bytes": change.MaxSameBytes, "review.approved_lines": change.MaxSameLines, "review.waivers": maxGranted, "review.baseline_bytes": maxBaseline, "review.mechanical_bytes": maxMechanical, "review.listed_symbols": maxSymbols}
	maps.Copy(all, listLimits())
	maps.Copy(all, change.DefaultLimits().Map())
	maps.Copy(all, impact.DefaultLimits().Map())
	maps.Copy(all, nearby.Limits())
	maps.Copy(all, attestation.DefaultLimits().Map())
	maps.Copy(all, control.DefaultLimits().Map())
	return all
}

// versions of everything whose answers may change between builds.
func versions() map[string]string {
	all := map[string]string{
		"policy":     fmt.Sprint(config.PolicyVersion),
		"identities": attestation.TableVersion,
		"frameworks": frameworks.Version,
	}
	for _, d := range checks.Definitions() {
		all["check."+d.ID] = fmt.Sprint(d.Version)
	}
	for _, l := range lang.All {
		all["lang."+l.Name] = fmt.Sprint(l.Version)
	}
	return all
}

// findings are those of all checks, and those that authorship has by itself. A rule that
// asks for requirements has their findings, too: each counts once, as the requirement's.
func (r *run) findings(who *attestation.Report) []finding.Finding {
	all := append([]finding.Finding{}, who.Findings...)
	required := map[finding.Finding]bool{}
	for _, c := range r.checks {
		if c.Kind == finding.Requirement {
			for _, f := range c.Found {
				required[f] = true
			}
		}
	}
	for _, c := range r.checks {
		for _, f := range c.Found {
			if c.Asks != string(config.KindRequirements) || !required[f] {
				all = append(all, f)
			}
		}
	}
	finding.Sort(all)
	return all
}

// notAssessed lists everything that was not looked at, whether or not a rule needs it.
func (r *run) notAssessed() []finding.Reason {
	all := append(append(lost(r.context), whole(r.change)...), r.distrust()...)
	for _, f := range r.change.Files {
		if f.Unread != "" {
			all = append(all, finding.Reason{Code: string(f.Unread), Detail: unreadText(f.Unread), Path: f.Path.Escaped()})
		}
	}
	all = append(all, r.impact.Reasons...)
	for _, s := range r.impact.Graph.Examples {
		if s.Reason != impact.SkipOpaque {
			all = append(all, finding.Reason{Code: s.Reason, Detail: s.Detail, Path: s.Path})
		}
	}
	all = append(all, r.attestation.Reasons...)
	for _, c := range r.checks {
		if c.Outcome == finding.NotAssessed {
			for _, reason := range c.Reasons {
				if reason.Code == control.ReasonCounted {
					continue // it says what was found, not what is missing
				}
				reason.Detail = c.ID + ": " + reason.Detail
				all = append(all, reason)
			}
		}
	}
	return unique(all)
}

func unique(rs []finding.Reason) []finding.Reason {
	seen := make(map[finding.Reason]bool, len(rs))
	out := []finding.Reason{}
	for _, r := range rs {
		if !seen[r] {
			seen[r] = true
			out = append(out, r)
		}
	}
	return out
}

func unreadText(u change.Unread) string {
	switch u {
	case change.Opaque:
		return "not text: its lines were not read"
	case change.TooLarge:
		return "too large: its lines were not read"
	default:
		return "its content is not in the repository, or is damaged"
	}
}

func (r *run) summary() Summary {
	c := r.change
	s := Summary{Commits: []CommitLine{}, Files: []FileLine{}}
	for _, k := range c.Commits {
		s.Commits = append(s.Commits, CommitLine{
			SHA:     k.ID,
			Subject: change.Printable(k.Subject()),
			Author:  change.Printable(fmt.Sprintf("%s <%s>", k.Author.Name, k.Author.Email)),
		})
	}
	for _, f := range c.Files {
		rule := ""
		if r.judge.Policy != nil {
			for _, p := range []change.Path{f.Path, f.OldPath} {
				if rule == "" && p != "" {
					rule = critical(r.judge.Policy, p)
				}
			}
		}
		s.Files = append(s.Files, FileLine{
			Path: f.Path.Escaped(), OldPath: f.OldPath.Escaped(), Status: f.Status,
			Mode: f.Mode, OldMode: f.OldMode, Added: f.Added, Deleted: f.Deleted, Unread: f.Unread, Critical: rule, Mechanical: r.mechanical[f.Path],
		})
		s.Added += f.Added
		s.Deleted += f.Deleted
	}
	return s
}
