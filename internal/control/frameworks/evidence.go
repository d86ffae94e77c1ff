package frameworks

import "strings"

// Evidence is a type of evidence: one kind of fact that a verdict holds or does not hold.
type Evidence string

// Types of evidence, each with what must have been observed of the one change. What was
// not looked at, or is not met, is no evidence.
const (
	Record       Evidence = "record"        // its commits and files were read whole
	Sources      Evidence = "sources"       // where each part of the context was read, and when
	Authorship   Evidence = "authorship"    // who or what wrote each line was assessed
	Impact       Evidence = "impact"        // what it reaches is known
	Policy       Evidence = "policy"        // a policy with a rule that must be met judged it
	Reason       Evidence = "reason"        // a rule of kind reason is satisfied
	ChangeRecord Evidence = "change-record" // a rule of kind change-record is satisfied, with all six fields
	Review       Evidence = "review"        // people other than the authors approved it
	TwoPeople    Evidence = "two-people"    // two of them did
	OwnerReview  Evidence = "owner-review"  // and an owner of each file that has one
	JudgeReview  Evidence = "judge-review"  // it edits what judges, and that was approved
	PullRequest  Evidence = "pull-request"  // it did not come by a direct push
	Tests        Evidence = "tests"         // checks of others succeeded on the head
	Requirements Evidence = "requirements"  // every security requirement of level error is met
	Checks       Evidence = "checks"        // built-in checks found nothing
	Scanner      Evidence = "scanner"       // a scanner looked at the head
	Signatures   Evidence = "signatures"    // the forge verified the signature of each commit
	Deployment   Evidence = "deployment"    // where it was deployed, by whom
)

// AllEvidence lists the types, each with a few words for people.
var AllEvidence = []struct {
	Type Evidence
	Says string
}{
	{Record, "the change was read whole"},
	{Sources, "where and when the context was read"},
	{Authorship, "who or what wrote each line"},
	{Impact, "what the change reaches"},
	{Policy, "a policy judged it"},
	{Reason, "a reason or ticket"},
	{ChangeRecord, "the six fields of a change record"},
	{Review, "approval by somebody other than the authors"},
	{TwoPeople, "approval by two people other than the authors"},
	{OwnerReview, "approval by the owners of the files"},
	{JudgeReview, "approval of an edit of what judges"},
	{PullRequest, "a pull request"},
	{Tests, "checks that succeeded on the head"},
	{Requirements, "security requirements that are met"},
	{Checks, "built-in checks that found nothing"},
	{Scanner, "a scanner's result for the head"},
	{Signatures, "signatures that the forge verified"},
	{Deployment, "a deployment"},
}

// Says is the type in a few words; empty for an unknown one.
func (e Evidence) Says() string {
	for _, a := range AllEvidence {
		if a.Type == e {
			return a.Says
		}
	}
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
