package frameworks

import "strings"

// Evidence is a type of evidence: one kind of fact that a verdict holds or does not hold.
type Evidence string

// Types of evidence, each with what must have been observed of the one change. What was
// not looked at, or is not met, is no evidence.
const (
	Record       Evidence = "record"        // its commits and files were read whole
	Sources      Evidence = "sources"       // where each part of the context was read, and when
	Authorship   Evidence = "authorship"    // of each added line it is known whether an agent or a person wrote it
	Impact       Evidence = "impact"        // what it reaches is known
	Policy       Evidence = "policy"        // a rule that must be met was asked of it
	Reason       Evidence = "reason"        // a rule of kind reason is satisfied
	ChangeRecord Evidence = "change-record" // a rule of kind change-record is satisfied, with all six fields
	Review       Evidence = "review"        // people other than the authors approved it, as many as a rule asks for
	TwoPeople    Evidence = "two-people"    // two of them did
	TeamReview   Evidence = "team-review"   // they are of the teams that the rule names
	OwnerReview  Evidence = "owner-review"  // an owner of each of the rule's files that has one did, and there is one
	JudgeReview  Evidence = "judge-review"  // it edits what judges, and that was approved
	PullRequest  Evidence = "pull-request"  // it did not come by a direct push
	Tests        Evidence = "tests"         // checks of others, which the policy names, succeeded on the head
	Requirements Evidence = "requirements"  // security requirements of level error apply, and each that does is met
	Checks       Evidence = "checks"        // built-in checks looked at all of it, and none found anything
	Scanner      Evidence = "scanner"       // a tool's results for the head were handed in
	Signatures   Evidence = "signatures"    // the forge verified the signature of each commit
	Deployment   Evidence = "deployment"    // where it was deployed, by whom
)

// One built-in check looked at all that the change has of its kind, and found nothing, no
// warning either. A control is supported by those alone that look for its subject.
const (
	NoSecrets           = ofCheck + "secrets"
	NoHiddenUnicode     = ofCheck + "hidden-unicode"
	NoCommands          = ofCheck + "commands"
	NoDependencies      = ofCheck + "dependencies"
	NoLicences          = ofCheck + "licences"
	NoMigrations        = ofCheck + "migrations"
	NoPersonalData      = ofCheck + "personal-data"
	NoAgentInstructions = ofCheck + "agent-instructions"
	NoTestFirst         = ofCheck + "test-first"
	NoTests             = ofCheck + "tests"
	NoWorkflows         = ofCheck + "workflows"
)

// ofCheck stands before the id of a built-in check.
const ofCheck Evidence = "check-"

// OfCheck is the evidence of one built-in check.
func OfCheck(id string) Evidence { return ofCheck + Evidence(id) }

// Check is the built-in check that gives the evidence.
func (e Evidence) Check() (id string, ok bool) { return strings.CutPrefix(string(e), string(ofCheck)) }

// AllEvidence lists the types, each with a few words for people: what there is, and what there
// is not. A rule that nobody wrote is what is lacking, and not the fact that it would ask for.
var AllEvidence = []struct {
	Type  Evidence
	Says  string
	Lacks string
}{
	{Record, "the change was read whole", "a change that could be read whole"},
	{Sources, "where and when each part of the context was read", "where and when each part of the context was read"},
	{Authorship, "an agent or a person is known for each added line", "evidence of who or what wrote each added line"},
	{Impact, "what the change reaches is known", "certainty about what the change reaches"},
	{Policy, "a rule that must be met was asked", "a rule that must be met and was asked"},
	{Reason, "a reason or ticket, as a rule asks for it", "a rule of kind reason that is met"},
	{ChangeRecord, "the six fields of a change record", "a rule of kind change-record, with all six fields, that is met"},
	{Review, "approval by people other than the authors", "a rule of kind approvals with the approvals that it asks for"},
	{TwoPeople, "approval by two people other than the authors", "a rule of kind approvals that asks for two people and has them"},
	{TeamReview, "approval by people of the teams that a rule names", "a rule of kind approvals that asks for people of teams and has them"},
	{OwnerReview, "approval by the owners of the rule's files", "a rule of kind approvals that asks for owners and has them"},
	{JudgeReview, "approval of an edit of what judges", "a rule of kind judge that is met"},
	{PullRequest, "a pull request, and no direct push", "a rule of kind pull-request that is met"},
	{Tests, "success of others' checks on the head, by name", "a rule of kind check-runs that is met"},
	{Requirements, "security requirements that apply are met", "a rule of kind requirements that is met"},
	{Checks, "the built-in checks looked at all of it and found nothing", "a rule of kind checks that looked at all of it and found nothing"},
	{NoSecrets, "no password, key or token found in added lines", "a rule with the built-in check secrets that looked at all of it and found nothing"},
	{NoHiddenUnicode, "no unseen characters found in added lines", "a rule with the built-in check hidden-unicode that looked at all of it and found nothing"},
	{NoCommands, "no dangerous command found in what machines run", "a rule with the built-in check commands that looked at all of it and found nothing"},
	{NoDependencies, "nothing found against the dependencies that it adds or moves", "a rule with the built-in check dependencies that looked at all of it and found nothing"},
	{NoLicences, "nothing found against the licences that it touches or brings", "a rule with the built-in check licences that looked at all of it and found nothing"},
	{NoMigrations, "nothing found that destroys data in its migrations", "a rule with the built-in check migrations that looked at all of it and found nothing"},
	{NoPersonalData, "no data of people found in what is said to agents", "a rule with the built-in check personal-data that looked at all of it and found nothing"},
	{NoAgentInstructions, "nothing found against what agents are told and allowed", "a rule with the built-in check agent-instructions that looked at all of it and found nothing"},
	{NoTestFirst, "a test came with the code that it is for, or before it", "a rule with the built-in check test-first that looked at all of it and found nothing"},
	{NoTests, "tests found for changed code, and none found weakened", "a rule with the built-in check tests that looked at all of it and found nothing"},
	{NoWorkflows, "no rights, secrets or commands found that workflows give to strangers", "a rule with the built-in check workflows that looked at all of it and found nothing"},
	{Scanner, "a tool's results for the head", "a tool's results for the head in the context"},
	{Signatures, "signatures of all commits, verified by the forge", "a signature of every commit that the forge verified"},
	{Deployment, "where it was deployed, and by whom", "a deployment in the context, with who did it"},
}

// Says is the type in a few words; empty for an unknown one.
func (e Evidence) Says() string {
	for _, a := range AllEvidence {
		if a.Type == e {
			return a.Says
		}
	}
	return e.one()
}

// Lacks says what is not there, where the type is absent; empty for an unknown one.
func (e Evidence) Lacks() string {
	for _, a := range AllEvidence {
		if a.Type == e {
			return a.Lacks
		}
	}
	return e.one()
}

// one names the one rule or requirement whose answer it is.
func (e Evidence) one() string {
	if id, ok := strings.CutPrefix(string(e), ofRule); ok {
		return "rule " + id
	}
	if id, ok := strings.CutPrefix(string(e), ofRequirement); ok {
		return "requirement " + id
	}
	return ""
}

// Prefixes of what only a company's own matrix asks for: the answer of one rule or
// requirement, by its id.
const (
	ofRule        = "rule:"
	ofRequirement = "requirement:"
)

// OfRule is present when every rule with that id is satisfied, and there is one.
func OfRule(id string) Evidence { return Evidence(ofRule + id) }

// OfRequirement is present when every requirement with that id is satisfied, and there is one.
func OfRequirement(id string) Evidence { return Evidence(ofRequirement + id) }

// A Condition narrows a row to some products, by their place in the EU AI Act and the
// data that they handle: every list that is not empty must hold the declared value. What is not declared does not fit.
type Condition struct {
	Roles []string // "provider", "deployer"
	Risks []string // "high", "limited"
	Data  []string // "cardholder"
}

// Always says that the row has no condition.
func (c Condition) Always() bool { return len(c.Roles)+len(c.Risks)+len(c.Data) == 0 }
