package claim

import (
	"fmt"
	"slices"
	"strings"

	"custody/internal/finding"
)

// Rules of the findings about the file's own policy, and about its section governance.
const (
	RuleGovernance   = "attest-file-governance"    // it says something else than the packs
	RulePolicyScore  = "attest-file-policy-score"  // below policy.minimum_governance_score
	RulePolicyPacks  = "attest-file-policy-packs"  // one of policy.mandatory_packs is missing
	RulePolicyScan   = "attest-file-policy-scan"   // agents' work that nothing scanned, or that was blocked
	RulePolicyReview = "attest-file-policy-review" // agents' work that nobody else approved
)

// Reasons for what is not assessed.
const (
	ReasonClaim    = "unsigned-claim" // only the file itself says so
	ReasonReviewed = "reviews-unknown"
)

const givePacks = "give the packs that show it: custody attest check --pack FILE"

// policy enforces what the file demands of itself. What the section governance says
// counts against it; for it counts only what Custody verified.
func (c *checker) policy(f *Facts) {
	p, g, s := &c.doc.Policy, &c.doc.Governance, f.Scan
	if s != nil {
		c.claimed(s)
	}
	if p.MinimumScore >= 0 {
		score, line := g.Score, c.doc.line("policy", "minimum_governance_score")
		if s != nil {
			score = s.Score
		}
		switch {
		case score < 0:
			c.add(RulePolicyScore, finding.Error, line, givePacks, "policy asks for a governance score of %d, and there is none", p.MinimumScore)
		case score < p.MinimumScore:
			c.add(RulePolicyScore, finding.Error, line, "satisfy the checks that are not, and scan again", "the governance score is %d, policy asks for %d", score, p.MinimumScore)
		case s == nil:
			c.unsigned("the governance score of %d is an unsigned claim", score)
		}
	}
	if len(p.MandatoryPacks) > 0 {
		packs, line := g.Packs, c.doc.line("policy", "mandatory_packs")
		if s != nil {
			packs = s.Packs
		}
		var missing []string
		for _, want := range p.MandatoryPacks {
			if !slices.Contains(packs, want) {
				missing = append(missing, oneLine(want))
			}
		}
		switch {
		case len(missing) > 0:
			c.add(RulePolicyPacks, finding.Error, line, "map a rule to the framework, and scan again", "policy asks for packs that nothing was scanned with: %s", strings.Join(missing, ", "))
		case s == nil:
			c.unsigned("that the mandatory packs were scanned with is an unsigned claim")
		}
	}
	if f.Assisted+f.After+f.Before == 0 && f.Cut == "" {
		return // the rest is about agents' work alone
	}
	if p.BlockUnscanned {
		c.scanned(f)
	}
	if p.RequiresReview {
		line := c.doc.line("policy", "ai_code_requires_review")
		switch {
		case s == nil || s.Reviewed == ReviewUnknown:
			c.notAssessed(ReasonReviewed, "policy asks for a review of agents' work, and no pack with the reviews was given; "+givePacks)
		case s.Reviewed == ReviewMissing:
			c.add(RulePolicyReview, finding.Error, line, "have somebody approve who did not write it", "policy asks for a review of agents' work, and nobody else approved it")
		case s.After > 0:
			c.newer(RulePolicyReview, line, s.After)
		}
	}
}

func (c *checker) scanned(f *Facts) {
	g, s, line := &c.doc.Governance, f.Scan, c.doc.line("policy", "block_unscanned_ai_code")
	engine, result := g.Engine, g.Result
	if s != nil {
		engine, result = s.Engine, s.Result
	}
	switch {
	case engine == "" || result == "":
		c.add(RulePolicyScan, finding.Error, line, givePacks, "policy blocks agents' work that was not scanned, and nothing scanned it")
	case result == "BLOCK":
		c.add(RulePolicyScan, finding.Error, line, "correct what the scan found, and scan again", "policy blocks agents' work that a scan blocked")
	case s == nil:
		c.unsigned("that agents' work was scanned is an unsigned claim")
	case s.After > 0:
		c.newer(RulePolicyScan, line, s.After)
	}
}

func (c *checker) newer(rule string, line int, n int64) {
	c.add(rule, finding.Error, line, "audit the newer changes, and give their packs", "commits by agents are newer than the newest pack: %d", n)
}

func (c *checker) unsigned(format string, args ...any) {
	c.notAssessed(ReasonClaim, fmt.Sprintf(format, args...)+"; "+givePacks)
}
