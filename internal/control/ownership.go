package control

import (
	"fmt"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/control/owners"
	"custody/internal/finding"
)

// ownership looks up code owners, each path once, within a limit.
type ownership struct {
	file  *owners.File
	paths map[change.Path]owners.Owned
	tries int
}

// ReasonOwners says that it is not known who owns a file.
const ReasonOwners = "owners"

// ownerOf tells who owns a path by the CODEOWNERS at base.
func (e *evaluation) ownerOf(p change.Path) owners.Owned {
	if e.owned == nil {
		e.owned = &ownership{file: e.Owners, paths: map[change.Path]owners.Owned{}}
	}
	o, known := e.owned.paths[p]
	switch {
	case known:
	case e.owned.tries >= e.Limits.OwnerTries:
		o = owners.Owned{Doubt: fmt.Sprintf("over the limit of %d patterns that are tried", e.Limits.OwnerTries)}
	default:
		o = e.owned.file.Of(p, &e.owned.tries)
		e.owned.paths[p] = o
	}
	return o
}

// identities of floor and repository, joined once.
func (e *evaluation) identities() identities {
	if e.people == nil {
		host := ""
		if e.Context != nil && e.Context.Repository != nil {
			host = e.Context.Repository.Host
		}
		var ids identities
		if e.Config != nil {
			ids = joinIdentities(e.Config.People, host)
		}
		e.people = &ids
	}
	return *e.people
}

// owes is a set of owners, one of whom must approve, and the files that they own.
type owes struct {
	owners []owners.Owner
	files  []change.Path
}

// codeOwners asks that each file which somebody owns was approved by one of its owners:
// where it stands, and where it stood. some says that there is one.
func (e *evaluation) codeOwners(wrote authors, voices []voice, files []touched) (_ answer, some bool) {
	if e.Owners == nil {
		return answered(finding.NotAssessed, ReasonOwners, "no CODEOWNERS stands at base, so nobody owns anything"), false
	}
	var a answer
	outcomes := []finding.Outcome{}
	if why, whole := filesWhole(e.Change); !whole {
		outcomes = append(outcomes, finding.NotAssessed)
		a.because(ReasonChange, "%s, so it is not known whose files were changed", why)
	}
	groups, doubts, free := e.whoOwes(files)
	if len(doubts) > 0 {
		outcomes = append(outcomes, finding.NotAssessed)
		a.reasons = append(a.reasons, doubts[:min(len(doubts), shownGroups)]...)
		if n := len(doubts) - shownGroups; n > 0 {
			a.because(ReasonOwners, "and so it is of %s", plural(n, "more file", "more files"))
		}
	}
	for i, g := range groups {
		o := e.ownedApproval(g, wrote, voices)
		outcomes = append(outcomes, o)
		if o == finding.Satisfied {
			continue
		}
		if i < shownGroups {
			a.because(ReasonOwners, "of %s, who own %s, %s", ownerList(g.owners), pathList(g.files), notApproved[o])
		}
		if o == finding.NotSatisfied {
			a.found = append(a.found, scoped{finding.Finding{
				Place:   finding.Place{Path: g.files[0].Escaped()},
				Message: fmt.Sprintf("no code owner approved %s", pathList(g.files)),
				Remedy:  fmt.Sprintf("Ask one of %s to review and approve %s.", ownerList(g.owners), e.approvable()),
				Who:     ownerList(g.owners),
			}, g.files})
		}
	}
	if free > 0 {
		a.because(ReasonCounted, "nobody owns %s", plural(free, "of the files", "of the files"))
	}
	a.unsure = slices.Contains(outcomes, finding.NotAssessed)
	a.outcome = finding.Satisfied
	if len(outcomes) > 0 {
		a.outcome = finding.Worst(outcomes...)
	}
	if a.outcome == finding.Satisfied && len(groups) > 0 {
		a.because(ReasonCounted, "code owners approved each file that somebody owns (%s)", e.Owners.Path)
	}
	return a, len(groups) > 0
}

// shownGroups bounds what is listed of owners and their files; all of them count.
const shownGroups = 20

var notApproved = map[finding.Outcome]string{
	finding.NotSatisfied: "nobody approved",
	finding.NotAssessed:  "it is not known whether somebody approved",
}

// whoOwes groups files by their owners, in the order of the files.
func (e *evaluation) whoOwes(files []touched) (groups []owes, doubts []finding.Reason, free int) {
	at := map[string]int{}
	for _, t := range files {
		for _, p := range t.paths() {
			o := e.ownerOf(p)
			switch {
			case o.Doubt != "":
				doubts = append(doubts, finding.Reason{Code: ReasonOwners, Detail: "it is not known who owns it: " + e.Owners.Path + ": " + o.Doubt, Path: p.Escaped()})
			case len(o.Owners) == 0:
				free++
			default:
				key := ownerKey(o.Owners)
				i, ok := at[key]
				if !ok {
					i = len(groups)
					at[key] = i
					groups = append(groups, owes{owners: o.Owners})
				}
				groups[i].files = append(groups[i].files, p)
			}
		}
	}
	return groups, doubts, free
}

func ownerKey(os []owners.Owner) string {
	names := make([]string, len(os))
	for i, o := range os {
		names[i] = strings.ToLower(string(o))
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " ")
}

// ownedApproval says whether one of the owners is among those whose approval counts.
// Each identity that the forge does not know may be one of these.
func (e *evaluation) ownedApproval(g owes, wrote authors, voices []voice) finding.Outcome {
	sure, maybe := 0, 0
	for _, v := range voices {
		if v.stand != standApproved && v.stand != standUnclear {
			continue
		}
		is, known := e.owns(g.owners, wrote, v)
		switch {
		case is && v.stand == standApproved:
			sure++
		case is, !known:
			maybe++
		}
	}
	switch {
	case sure > len(wrote.unknown):
		return finding.Satisfied
	case sure+maybe > 0:
		return finding.NotAssessed
	}
	return finding.NotSatisfied
}

// owns says whether somebody is one of the owners; known is false where the context
// does not say enough.
func (e *evaluation) owns(os []owners.Owner, wrote authors, v voice) (is, known bool) {
	known = true
	for _, o := range os {
		switch {
		case o.Login() != "":
			if slices.Contains(v.logins, o.Login()) {
				return true, true
			}
		case o.Team() != "":
			if v.teams == nil {
				known = false
			}
			for _, t := range v.teams {
				if fullTeam(t, e.owner()) == o.Team() {
					return true, true
				}
			}
		default:
			person, mapped := wrote.ids.email(o.Email())
			switch {
			case !mapped || !wrote.ids.vouches(emailName(o.Email()), wrote.origin):
				known = false // an address of nobody's in the identity map
			case person == v.person:
				return true, true
			}
		}
	}
	return false, known
}

func ownerList(os []owners.Owner) string {
	names := make([]string, len(os))
	for i, o := range os {
		names[i] = string(o)
	}
	return nameList(names)
}

// pathList names a few paths.
func pathList(paths []change.Path) string {
	s := paths[0].Escaped()
	if n := len(paths) - 1; n > 0 {
		s += fmt.Sprintf(" and %s", plural(n, "more file", "more files"))
	}
	return s
}
