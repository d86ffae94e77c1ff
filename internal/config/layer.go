package config

import (
	"path"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/finding"
)

// Effective is what judges one repository: the floor and the repository's own policy,
// one above the other. A nil *Effective says that neither exists.
//
// A repository may tighten, never loosen, and a floor under a policy never loosens
// either: every rule of both is in force, `unknown` counts as everything that either
// of them says, every requirements file and judge file counts. A waiver excepts only
// what its own layer asked for, and of the floor's rules those that the floor calls
// waivable.
type Effective struct {
	Mode              Mode // the floor's; empty when it has none to say
	ProtectedRefs     []Glob
	TrustedMergePaths []string
	Unknown           Unknown
	Signers           []Signer // the floor's first
	Requirements      []Sourced[RepoPath]
	JudgeFiles        []Sourced[Glob]
	Rules             []LayeredRule   // the floor's first, in the order written
	Waivers           []LayeredWaiver // the same
	People            []LayeredMember // the same
	Privacy           Privacy         // the more private of both, written out
	// Emergencies say who may declare an emergency, by the origin of the rules that wait.
	Emergencies map[string]Emergency

	settings []Setting
}

// Unknown is what class unknown counts as besides itself.
type Unknown struct{ AI, Human bool }

// Sourced is a value and where it was said: FloorOrigin, a path at base, or
// DefaultOrigin.
type Sourced[T any] struct {
	Value  T
	Origin string
}

// A LayeredRule is a rule with its place.
type LayeredRule struct {
	Rule
	Origin string
	// CheckID is the rule's id, or "repository:<id>" for a rule of the repository whose
	// id the floor uses too: both are in force.
	CheckID string
}

// A LayeredWaiver is a waiver with its place.
type LayeredWaiver struct {
	Waiver
	Origin string
}

// A LayeredMember is a person of the identity map with its place. What either layer
// joins is one person for every rule; but only the floor's map, or that of the rule's
// own layer, makes an address known that the forge does not know. Otherwise a
// repository could talk the floor's rules out of their doubt.
type LayeredMember struct {
	Member
	Origin string
}

// GrantedOrigin is the origin of a waiver that was granted outside of any file and
// signed by a key which who runs Custody trusts for waivers.
const GrantedOrigin = "context"

// Reserved says whether a waiver can not be called so: findings that no waiver covers, and
// an emergency or the baseline excepts, are marked with these words in its place.
func (id ID) Reserved() bool { return id == ExceptedByEmergency || id == ExceptedByBaseline }

// What stands in the place of a waiver's id.
const (
	ExceptedByEmergency = finding.ByEmergency
	ExceptedByBaseline  = finding.ByBaseline
)

// MayExcept says whether the waiver is allowed to except findings of the rule, be it
// of the rule itself or, for a rule of kind requirements, of a requirement.
func (w LayeredWaiver) MayExcept(r LayeredRule) bool {
	return r.Waivable && (w.Origin == r.Origin || r.Origin == FloorOrigin || w.Origin == GrantedOrigin)
}

// InForce says whether the waiver counts on a day. Its last day is included.
func (w Waiver) InForce(on Day) bool { return on != "" && on <= w.LastDay }

// Layer puts a repository's policy on the floor. Either may be nil; nil of both is nil.
func Layer(floor, repo *Policy) *Effective {
	if floor == nil && repo == nil {
		return nil
	}
	e := &Effective{}
	floorIDs := map[ID]bool{}
	if floor != nil {
		e.Mode, e.ProtectedRefs, e.TrustedMergePaths = floor.Mode, floor.ProtectedRefs, floor.TrustedMergePaths
		for _, r := range floor.Rules {
			floorIDs[r.ID] = true
		}
		e.add(floor, func(r Rule) string { return string(r.ID) })
	}
	if repo != nil {
		e.add(repo, func(r Rule) string {
			if floorIDs[r.ID] {
				return "repository:" + string(r.ID)
			}
			return string(r.ID)
		})
	}
	if len(e.Requirements) == 0 {
		e.require(DefaultRequirements, DefaultOrigin)
	}
	e.Privacy = e.Privacy.defaults()
	return e
}

// require adds a requirements file, once.
func (e *Effective) require(path RepoPath, origin string) {
	if slices.ContainsFunc(e.Requirements, func(s Sourced[RepoPath]) bool { return s.Value == path }) {
		return
	}
	e.Requirements = append(e.Requirements, Sourced[RepoPath]{path, origin})
	if origin == DefaultOrigin {
		e.settings = append(e.settings, Setting{Key: "requirements", Value: string(path), Origin: origin, Default: true})
	}
}

// add puts one layer on top of what is there.
func (e *Effective) add(p *Policy, checkID func(Rule) string) {
	e.Unknown.AI = e.Unknown.AI || p.Authorship.Unknown == CountsAsAI
	e.Unknown.Human = e.Unknown.Human || p.Authorship.Unknown == CountsAsHuman
	switch asks := func(r Rule) bool { return r.Kind == KindRequirements }; {
	case p.Requirements != "":
		e.require(p.Requirements, p.origin)
	case slices.ContainsFunc(p.Rules, asks):
		// It means the usual file, whatever the other layer names.
		e.require(DefaultRequirements, DefaultOrigin)
	}
	e.Signers = append(e.Signers, p.Authorship.Signers...)
	for _, g := range p.JudgeFiles {
		e.JudgeFiles = append(e.JudgeFiles, Sourced[Glob]{g, p.origin})
	}
	for _, r := range p.Rules {
		e.Rules = append(e.Rules, LayeredRule{r, p.origin, checkID(r)})
	}
	for _, w := range p.Waivers {
		e.Waivers = append(e.Waivers, LayeredWaiver{w, p.origin})
	}
	for _, m := range p.People {
		e.People = append(e.People, LayeredMember{m, p.origin})
	}
	e.Privacy = e.Privacy.and(p.Privacy)
	if p.Emergency != nil {
		if e.Emergencies == nil {
			e.Emergencies = map[string]Emergency{}
		}
		e.Emergencies[p.origin] = *p.Emergency
	}
	e.settings = append(e.settings, p.settings()...)
}

// A judgeFile is one built-in place of files that judge changes. Patterns are lower
// case: paths are compared without regard to case, since a case-only variant is either
// a mistake or meant to be overlooked.
type judgeFile struct {
	pattern Glob
	what    string
}

// judgeFiles are the files that decide what is asked of a change, who is asked, and
// what runs to check it. Claims about code (.ai-attestation.yaml, ai_inventory.yaml)
// judge nothing and are not among them.
var judgeFiles = []judgeFile{
	{FileName, "the policy"},
	{DefaultRequirements, "the requirements"},
	{MatrixName, "the control matrix"},
	{".custody/baseline.json", "the baseline of findings that stood before"},
	{"codeowners", "the code owners"},
	{".github/codeowners", "the code owners"},
	{".gitlab/codeowners", "the code owners"},
	{"docs/codeowners", "the code owners"},
	{".gitea/codeowners", "the code owners"},
	{".forgejo/codeowners", "the code owners"},
	{".github/workflows/**", "a workflow"},
	{".gitea/workflows/**", "a workflow"},
	{".forgejo/workflows/**", "a workflow"},
	{".github/actions/**", "an action that workflows run"},
	{".gitlab-ci.yml", "the pipeline"},
	{".gitlab/ci/**", "the pipeline"},
	{".circleci/**", "the pipeline"},
	{".buildkite/**", "the pipeline"},
	{".woodpecker/**", "the pipeline"},
	{"{jenkinsfile,azure-pipelines.yml,bitbucket-pipelines.yml,.travis.yml,.drone.yml,.woodpecker.yml,.woodpecker.yaml}", "the pipeline"},
	{".githooks/**", "a git hook"},
	{".husky/**", "a git hook"},
	{"{.pre-commit-config.yaml,lefthook.yml,.lefthook.yml}", "the git hooks"},
	{"**/.gitattributes", "what reviewers are shown of a diff"},
}

// BesideWorkflows is what JudgeFile calls a file among workflows that no forge runs as one:
// a script that they run, what they say of themselves, one that is switched off by its name.
const BesideWorkflows = "a file beside the workflows"

// JudgeFile says what a file that judges changes is, or "" for any other. Besides the
// built-in ones these are the requirements and judge files that the policies name. A
// file or link in the place of a folder on the way to a judge file counts too, and so
// does what stands below the place of one.
func (e *Effective) JudgeFile(p change.Path) string {
	lower := strings.ToLower(string(p))
	for _, f := range judgeFiles {
		if !occupies(f.pattern, lower) {
			continue
		}
		if ext := path.Ext(lower); f.what == "a workflow" && strings.HasPrefix(lower, f.pattern.literal()) && ext != ".yml" && ext != ".yaml" {
			return BesideWorkflows
		}
		return f.what
	}
	if e == nil {
		return ""
	}
	for _, r := range e.Requirements {
		if place := strings.ToLower(string(r.Value)); place == lower || isBelow(lower, place) || isBelow(place, lower) {
			return "the requirements"
		}
	}
	for _, g := range e.JudgeFiles {
		if occupies(Glob(strings.ToLower(string(g.Value))), lower) {
			return "a judge file by " + g.Origin
		}
	}
	return ""
}

// occupies says whether a path matches the glob, lies below a path that does, or
// takes the place of a folder that the glob names on the way.
func occupies(g Glob, path string) bool {
	if g.Match(change.Path(path)) {
		return true
	}
	return isBelow(g.literal(), path)
}

// isBelow says whether a path stands below a folder.
func isBelow(path, folder string) bool {
	return len(path) > len(folder) && path[len(folder)] == '/' && path[:len(folder)] == folder
}
