// Package config reads the judge's own files, the policy (.custody.yaml) and the
// organisation's floor: strict decoding, layering, and the origin of each value.
//
// It promises that a key it does not know is an error with its place, never ignored;
// that putting a floor under a policy never relaxes anything; and that no value which
// decides has a silent default. It reads bytes that are given to it, never a file, and
// judges nothing: internal/control does.
package config

import (
	"time"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/config/yaml"
	"custody/internal/control/frameworks"
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
	// People is the identity map: which accounts and addresses belong to one person. Without it each account counts as a person of its own, and an address that the forge does not know may be anybody's.
	People []Member `yaml:"people"`
	// Privacy says how packs name people. Of floor and repository the more private value counts.
	Privacy Privacy `yaml:"privacy"`
	// Emergency says who may declare a change an emergency, and by when it is reviewed after the fact. Without it nobody may.
	Emergency *Emergency `yaml:"emergency"`
	// ControlMatrix are the company's own controls: the keys of a control_matrix.yaml, see docs/controls.md. Floor only; a repository has the file.
	ControlMatrix *Matrix `yaml:"control_matrix"`
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
	// Signers are keys whose signatures of commits are known: a commit that an agent's own key signed is `ai-verified`. A person's signature says nothing of who wrote it, and is only shown.
	Signers []Signer `yaml:"signers"`
}

// Privacy says what packs tell of people, so that a person can be taken out of packs that
// are kept for years.
type Privacy struct {
	// Names is how people are named: `full`, as written; `hashed`, by pseudonyms that only who has the repository's salt can hold against a name; or `ids`, by the numbers of their accounts and not at all where the forge tells none. Default: `full`.
	Names Names `yaml:"names"`
	// Texts is what becomes of titles, subjects, reasons and other texts of people, which may name anybody: `withheld`, or `kept`, in which known people and all addresses are named as above. Default: `withheld`, but `kept` where names are `full`.
	Texts Texts `yaml:"texts"`
}

// A Signer is a key that signs commits, and whose it is: of an agent or a person, by SSH
// or OpenPGP.
type Signer struct {
	// Agent is the id of an agent in the identity table, such as `claude-code`.
	Agent string `yaml:"agent"`
	// Person is somebody's address, such as `ada@example.com`.
	Person string `yaml:"person"`
	// SSH is a public key as its file has it: `ssh-ed25519 AAAA...`.
	SSH string `yaml:"ssh"`
	// OpenPGP is an armored public key, as `gpg --armor --export` writes it.
	OpenPGP string `yaml:"openpgp"`
}

// A Member is one person of the identity map.
type Member struct {
	// ID names the person: letters, digits, `.`, `_` and `-`.
	ID ID `yaml:"id,required"`
	// Accounts are theirs on forges, as host and numeric id: `github.com:1042`.
	Accounts []Account `yaml:"accounts"`
	// Emails are the addresses under which they commit.
	Emails []Email `yaml:"emails"`
	// Drives are accounts of bots and apps that write code at their word: what such an account wrote, they wrote.
	Drives []Account `yaml:"drives"`
}

// Emergency says how a change may land before it is reviewed. A rule takes part only if
// it says `emergency: defer`; in what the floor says, a repository has no part.
type Emergency struct {
	// Permission is the least that whoever declares an emergency must have: `read` to `admin`. Default: `maintain`.
	Permission Permission `yaml:"permission"`
	// Teams narrow who may: only members of one of these, such as `acme/on-call`.
	Teams []TeamName `yaml:"teams"`
	// ReviewWithinDays is how many days after its declaration the review is due: 1 to 30.
	ReviewWithinDays int `yaml:"review_within_days,required"`
}

// Due is the day by which what an emergency put off is to be reviewed, if it was declared at an
// instant (RFC 3339); empty where that is none.
func (e Emergency) Due(declared string) Day {
	at, err := time.Parse(time.RFC3339, declared)
	if err != nil {
		return ""
	}
	return Day(at.UTC().Format(time.DateOnly)).Plus(e.ReviewWithinDays)
}

// A Rule asks one thing of a change.
type Rule struct {
	// ID names the rule in findings and waivers: letters, digits, `.`, `_` and `-`.
	ID ID `yaml:"id,required"`
	// Kind is what the rule asks: `approvals`, `authorship-limit`, `requirements`, `judge`, `impact`, `checks`, `reason`, `check-runs`, `change-record`, `pull-request` or `inventory`.
	Kind Kind `yaml:"kind,required"`
	// Name is one line for people. Default: what the kind asks.
	Name string `yaml:"name"`
	// At lists the stages at which the rule is in force: `push`, `merge`, `record`. Default: `[merge]` for `approvals`, `judge`, `reason`, `check-runs` and `change-record`, `[merge, record]` for `pull-request`, all three for the others.
	At []change.Stage `yaml:"at"`
	// Level is `error` (blocks), `warning` or `note` (both only shown). Default: `error`.
	Level finding.Level `yaml:"level"`
	// When says which changes the rule is about. Default: all.
	When When `yaml:"when"`
	// Approvals is how many people must have approved, and who counts. For kinds `approvals` and `judge`, required there; for `change-record` it says what its field `approval` needs.
	Approvals *Approvals `yaml:"approvals"`
	// Classes are the authorship classes that kind `authorship-limit` counts; required there.
	Classes []Class `yaml:"classes"`
	// MaxPermille is the share of added lines, in per mille, that `classes` may have: 0 to 1000. For kind `authorship-limit`, required there.
	MaxPermille *int `yaml:"max_permille"`
	// Reason is the pattern and where it is looked for. For kind `reason`, required there.
	Reason *Reason `yaml:"reason"`
	// CheckRuns are the checks that must have succeeded on the head. For kind `check-runs`, required there.
	CheckRuns []CheckRun `yaml:"check_runs"`
	// Fields are what the record of the change must say: `reason`, `security-impact`, `approval`, `testing`, `secure-coding` and `roll-back` (the six of PCI DSS 6.5.1). For kind `change-record`, required there.
	Fields []RecordField `yaml:"fields"`
	// Emergency is `defer` if an emergency change may land before the rule is satisfied; at stage `record` it is asked again. Default: the rule holds in an emergency too.
	Emergency Deferral `yaml:"emergency"`
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
	// Owners: only if one of these owns a changed file by CODEOWNERS at base, written as there: `@login`, `@organisation/team` or an address.
	Owners []OwnerName `yaml:"owners"`
	// Labels: only if the change carries one of these labels.
	Labels []Label `yaml:"labels"`
	// Kinds: only if a changed file is of one of these kinds: `code`, `tests`, `docs`, `dependencies`, `config`, `pipeline`, `migration`, `data`; or `emergency`, for a change that was declared one.
	Kinds []ChangeKind `yaml:"kinds"`
	// Repositories: only in one of these, as globs of `host/owner/name` such as `github.com/acme/*`. For a floor that serves several organisations.
	Repositories []Glob `yaml:"repositories"`
	// MinLines: only if the change adds and deletes at least so many lines.
	MinLines *int `yaml:"min_lines"`
	// MinFiles: only if the change touches at least so many files.
	MinFiles *int `yaml:"min_files"`
	// MinReach: only if the change reaches at least so many nodes of the graph.
	MinReach *int `yaml:"min_reach"`
}

// Reason is what must be found in the words that explain a change.
type Reason struct {
	// Pattern is a regular expression (RE2) that must match, such as `[A-Z]+-[0-9]+`.
	Pattern Pattern `yaml:"pattern,required"`
	// In says where: `tickets`, `title` and `text` of the change in the context, and `commits` for their messages. Default: all four.
	In []ReasonPlace `yaml:"in"`
	// EveryCommit asks that each commit's message matches, merges aside; `in` must be `[commits]`.
	EveryCommit bool `yaml:"every_commit"`
}

// A CheckRun is a check that somebody else runs on the head.
type CheckRun struct {
	// Name is the check's, as the forge shows it.
	Name string `yaml:"name,required"`
	// App is the App that must have run it, such as `github-actions`: a name alone anybody with a token can post.
	App string `yaml:"app,required"`
}

// Approvals is how many people must have approved the head commit, or one that makes
// the same change. Nobody approves what they wrote, bots and apps count for nothing, and
// whoever pushed last is not enough alone.
type Approvals struct {
	// Humans is how many people are needed: 1 to 20.
	Humans int `yaml:"humans,required"`
	// Permission is the least that counts: `read`, `triage`, `write`, `maintain` or `admin`. Default: `write`.
	Permission Permission `yaml:"permission"`
	// Teams narrow who counts: only members of one of these, such as `acme/security`.
	Teams []TeamName `yaml:"teams"`
	// Owners asks besides that each file which the rule is about and somebody owns (CODEOWNERS at base) is approved by one of its owners. Default: `false`.
	Owners bool `yaml:"owners"`
}

// A Map is one control of an outside framework.
type Map struct {
	// Framework is its id, such as `soc2-2017`.
	Framework string `yaml:"framework,required"`
	// ID is the control's, such as `CC8.1`.
	ID string `yaml:"id,required"`

	relation string // of the control, as its framework says
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
	// LastDay is the last day (UTC) on which it counts, such as `2026-12-31`. What landed until then stays excepted.
	LastDay Day `yaml:"last_day,required"`
}

// Origin is FloorOrigin, or the path of the policy at base.
func (p *Policy) Origin() string { return p.origin }

// KnownMap maps to a control that Custody knows, as a policy that was read has it.
func KnownMap(framework, id string) Map {
	f, _ := frameworks.Get(framework)
	c, _ := f.Get(id)
	return Map{framework, id, c.Relation}
}

// Control is the map in the words of a finding.
func (m Map) Control() finding.Control {
	return finding.Control{Framework: m.Framework, ID: m.ID, Relation: m.relation}
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
