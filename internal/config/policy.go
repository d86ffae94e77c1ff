// Package config reads the judge's own files, the policy (.custody.yaml) and the
// organisation's floor: strict decoding, layering, and the origin of each value.
//
// It promises that a key it does not know is an error with its place, never ignored;
// that putting a floor under a policy never relaxes anything; and that no value which
// decides has a silent default. It reads bytes that are given to it, never a file, and
// judges nothing: internal/control does.
package config

import (
	"custody/attestation"
	"custody/internal/change"
	"custody/internal/config/yaml"
	"custody/internal/finding"
)

// FileName is the policy's path in a repository.
const FileName = ".custody.yaml"

// DefaultRequirements is where requirements stand unless a policy says otherwise.
const DefaultRequirements = "security_requirements.yaml"

// PolicyVersion is the one version of the format.
const PolicyVersion = 1

// FloorOrigin is the origin of everything that the floor says.
const FloorOrigin = "floor"

// DefaultOrigin is the origin of what nobody said.
const DefaultOrigin = "default"

// A Policy is a .custody.yaml at the base of a change, or the organisation's floor,
// which has the same form. The comments of these structs are the reference in
// docs/policy.md.
type Policy struct {
	// Version is that of the format: `1`.
	Version int `yaml:"version,required"`
	// Mode is `enforce` (only a pass lets a change through) or `report` (everything is let through and said). Floor only.
	Mode Mode `yaml:"mode"`
	// ProtectedRefs are the refs whose changes are judged at stage `merge`, as globs such as `refs/heads/release/*`. Floor only; default: the default branch.
	ProtectedRefs []Glob `yaml:"protected_refs"`
	// TrustedMergePaths names the ways by which a server itself merges, such as `pull request merge button`. Floor only.
	TrustedMergePaths []string `yaml:"trusted_merge_paths"`
	// Authorship says how classes of authorship are read.
	Authorship Authorship `yaml:"authorship"`
	// Requirements is the path of the requirements file, read at base. Default: `security_requirements.yaml`.
	Requirements RepoPath `yaml:"requirements"`
	// JudgeFiles are further files that judge changes, as globs, besides the built-in ones.
	JudgeFiles []Glob `yaml:"judge_files"`
	// Rules are what a change is asked. Each needs an id of its own.
	Rules []Rule `yaml:"rules"`
	// Waivers are named exceptions, each with an end.
	Waivers []Waiver `yaml:"waivers"`

	origin string         // FloorOrigin, or the path at base
	doc    *yaml.Document // what was written, for `config explain`; nil when built by hand
}

// Authorship says how classes of authorship are read.
type Authorship struct {
	// Unknown is what class `unknown` counts as: `ai` or `human`. Required as soon as a rule asks for authorship; there is no default.
	Unknown CountsAs `yaml:"unknown"`
}

// A Rule asks one thing of a change.
type Rule struct {
	// ID names the rule in findings and waivers: letters, digits, `.`, `_` and `-`.
	ID ID `yaml:"id,required"`
	// Kind is what the rule asks: `approvals`, `authorship-limit`, `requirements`, `judge`, `impact` or `checks`.
	Kind Kind `yaml:"kind,required"`
	// Name is one line for people. Default: what the kind asks.
	Name string `yaml:"name"`
	// At lists the stages at which the rule is in force: `push`, `merge`, `record`. Default: `[merge]` for `approvals` and `judge`, all three for the others.
	At []change.Stage `yaml:"at"`
	// Level is `error` (blocks), `warning` or `note` (both only shown). Default: `error`.
	Level finding.Level `yaml:"level"`
	// When says which changes the rule is about. Default: all.
	When When `yaml:"when"`
	// Approvals is how many people must have approved the head commit. For kinds `approvals` and `judge`, required there.
	Approvals *Approvals `yaml:"approvals"`
	// Classes are the authorship classes that kind `authorship-limit` counts; required there.
	Classes []Class `yaml:"classes"`
	// MaxPermille is the share of added lines, in per mille, that `classes` may have: 0 to 1000. For kind `authorship-limit`, required there.
	MaxPermille *int `yaml:"max_permille"`
	// Checks are the built-in checks that must find nothing, such as `hidden-unicode`: docs/checks.md lists them. For kind `checks`, required there.
	Checks []BuiltIn `yaml:"checks"`
	// Prompts are globs of further prompts and agent transcripts, besides the usual places. For kind `checks`.
	Prompts []Glob `yaml:"prompts"`
	// Waivable says whether a waiver may except findings of this rule. Default: `false`.
	Waivable bool `yaml:"waivable"`
	// Maps are the controls of outside frameworks to which the rule gives evidence.
	Maps []Map `yaml:"maps"`
}

// When says which changes a rule is about.
type When struct {
	// Authorship: only if one of these classes wrote some of the lines. `mixed` and `conflict` count as every class, `unknown` as `authorship.unknown` says. For every kind but `authorship-limit`.
	Authorship []Class `yaml:"authorship"`
	// Paths: only if a changed file matches one of these globs, by its old or its new path and in either case; `**` stands for any folders, a folder for everything in it, and a submodule for whatever may stand below it.
	Paths []Glob `yaml:"paths"`
}

// Approvals is how many people must have approved the head commit. Nobody approves
// what they wrote, and bots and apps count for nothing.
type Approvals struct {
	// Humans is how many people are needed: 1 to 20.
	Humans int `yaml:"humans,required"`
	// Permission is the least that counts: `read`, `triage`, `write`, `maintain` or `admin`. Default: `write`.
	Permission Permission `yaml:"permission"`
}

// A Map is one control of an outside framework.
type Map struct {
	// Framework is its id, such as `soc2-2017`.
	Framework string `yaml:"framework,required"`
	// ID is the control's, such as `CC8.1`.
	ID string `yaml:"id,required"`
}

// A Waiver is a named exception. It stands at base, so a change can not grant its own.
type Waiver struct {
	// ID names the waiver: letters, digits, `.`, `_` and `-`.
	ID ID `yaml:"id,required"`
	// Covers is the id of the rule or requirement whose findings it covers.
	Covers ID `yaml:"covers,required"`
	// Paths are globs; a finding is covered if every file it is about matches. A finding about the change as a whole needs `**`.
	Paths []Glob `yaml:"paths,required"`
	// Owner is who will put an end to the exception.
	Owner string `yaml:"owner,required"`
	// Approver is who accepted it; somebody else than the owner.
	Approver string `yaml:"approver,required"`
	// Reason is why.
	Reason string `yaml:"reason,required"`
	// LastDay is the last day (UTC) on which it counts, such as `2026-12-31`.
	LastDay Day `yaml:"last_day,required"`
}

// Origin is FloorOrigin, or the path of the policy at base.
func (p *Policy) Origin() string { return p.origin }

// Control is the map in the words of a finding.
func (m Map) Control() finding.Control {
	return finding.Control{Framework: m.Framework, ID: m.ID, Relation: m.relation()}
}

// Counts says whether lines of a class count as one of the wanted ones. Contradicting
// and mixed evidence counts as every class, since each may be true of a line; unknown
// counts as itself and as what the policy says.
func (u Unknown) Counts(c attestation.Class, wanted []Class) bool {
	for _, w := range wanted {
		class := attestation.Class(w)
		switch {
		case class == c, c == attestation.Mixed, c == attestation.Conflict:
			return true
		case c == attestation.Unknown || c == "":
			if class == attestation.Unknown || u.AI && class.IsAI() || u.Human && isHuman(class) {
				return true
			}
		}
	}
	return false
}

func isHuman(c attestation.Class) bool {
	return c == attestation.HumanAttested || c == attestation.HumanDeclared || c == attestation.Mixed
}
