package claim

import (
	"strings"
	"testing"

	"custody/internal/finding"
)

func scan() *Scan {
	return &Scan{
		Engine: "custody 1.2.3", LastScan: "2026-11-23T00:00:00Z", Result: "WARN", Score: 90, Packs: []string{"iso27001-2022", "soc2-2017"},
		High: 1, Medium: 2, Low: 3, Digests: []string{"sha256:aa", "sha256:bb"}, Reviewed: ReviewDone,
	}
}

// With a scan, every file comes out valid, says what the packs say, and changes no more
// when it is written again; comments outside of what was replaced stay.
func TestWriteScan(t *testing.T) {
	schema := publishedSchema(t)
	f := facts()
	f.Scan = scan()
	all := map[string]string{"new": ""}
	for name, c := range existing {
		all[name] = c.text
	}
	all["governance in full"] = existing["hand-kept"].text + "# after\n"
	all["governance of its own"] = strings.Replace(existing["hand-kept"].text, "  packs:\n    - pci # cards\n",
		"  packs: [pci] # cards\n  proof_bundle_url: https://example.com/x\n  findings: {critical: 3} # many\n  last_scan: null\n  result: PASS # good\n  auditor: Eve\n", 1)
	for name, text := range all {
		t.Run(name, func(t *testing.T) {
			out, err := Write([]byte(text), f)
			if err != nil {
				t.Fatal(err)
			}
			if err := valid(schema, out); err != nil {
				t.Errorf("not valid for the schema: %v\n%s", err, out)
			}
			for _, keep := range []string{"# ours", "proof_bundle_url: https://example.com/x", "auditor: Eve", "# agreed in March", "# after", "# good"} {
				if strings.Contains(text, keep) && !strings.Contains(string(out), keep) {
					t.Errorf("lost %q:\n%s", keep, out)
				}
			}
			r, fs := Check(out, f)
			for _, found := range fs {
				if found.Rule != RulePolicyPacks { // of the file in braces
					t.Errorf("Check of the result: %v, %v\n%s", r.Outcome, found, out)
				}
			}
			again := f
			again.Generated = "2027-01-01T00:00:00Z"
			if b, err := Write(out, again); err != nil || string(b) != string(out) {
				t.Errorf("writing again changed the file: %v\n%s\n%s", err, out, b)
			}
			// Without packs, the section stays as it is.
			without := f
			without.Scan = nil
			if b, err := Write(out, without); err != nil || string(b) != string(out) {
				t.Errorf("writing without packs changed the file: %v\n%s", err, b)
			}
		})
	}
}

func TestPolicy(t *testing.T) {
	const head = "schema: https://oss.korext.com/ai-attestation/schema\nversion: \"1.1\"\nrepo: {owner: acme, name: shop}\n" +
		"generated: 2026-11-23T10:00:00Z\nrange: {commits: 200}\nai:\n  assisted_commits: 12\n  percentage: 6.0\n  tools: []\n"
	claimed := "governance: {engine: other, result: PASS, score: 95, packs: [soc2-2017, iso27001-2022]}\n"
	with := func(change func(*Scan)) *Scan { s := scan(); change(s); return s }
	for _, c := range []struct {
		name, text string
		scan       *Scan
		human      bool // no commit by an agent
		outcome    finding.Outcome
		want       string // rules or reasons, with commas
	}{
		{name: "no policy", text: claimed, outcome: finding.Satisfied},
		{name: "score claimed", text: claimed + "policy: {minimum_governance_score: 80}\n", outcome: finding.NotAssessed, want: ReasonClaim},
		{name: "score claimed too low", text: claimed + "policy: {minimum_governance_score: 96}\n", outcome: finding.NotSatisfied, want: RulePolicyScore},
		{name: "no score", text: "policy: {minimum_governance_score: 0}\n", outcome: finding.NotSatisfied, want: RulePolicyScore},
		{name: "null asks nothing", text: "policy: {minimum_governance_score: null}\n", outcome: finding.Satisfied},
		{name: "score verified", text: "policy: {minimum_governance_score: 90}\n", scan: scan(), outcome: finding.Satisfied},
		{name: "score verified too low", text: "policy: {minimum_governance_score: 91}\n", scan: scan(), outcome: finding.NotSatisfied, want: RulePolicyScore},
		{name: "nothing was asked", text: "policy: {minimum_governance_score: 1}\n", scan: with(func(s *Scan) { s.Score = -1 }), outcome: finding.NotSatisfied, want: RulePolicyScore},
		{name: "packs claimed", text: claimed + "policy: {mandatory_packs: [soc2-2017]}\n", outcome: finding.NotAssessed, want: ReasonClaim},
		{name: "packs missing", text: claimed + "policy: {mandatory_packs: [soc2-2017, pci]}\n", outcome: finding.NotSatisfied, want: RulePolicyPacks},
		{name: "packs verified", text: "policy: {mandatory_packs: [soc2-2017]}\n", scan: scan(), outcome: finding.Satisfied},
		{name: "packs verified missing", text: "policy: {mandatory_packs: [pci]}\n", scan: scan(), outcome: finding.NotSatisfied, want: RulePolicyPacks},
		{name: "unscanned", text: "policy: {block_unscanned_ai_code: true}\n", outcome: finding.NotSatisfied, want: RulePolicyScan},
		{name: "scan claimed", text: claimed + "policy: {block_unscanned_ai_code: true}\n", outcome: finding.NotAssessed, want: ReasonClaim},
		{name: "block claimed", text: "governance: {engine: x, result: BLOCK}\npolicy: {block_unscanned_ai_code: true}\n", outcome: finding.NotSatisfied, want: RulePolicyScan},
		{name: "scanned", text: "policy: {block_unscanned_ai_code: true}\n", scan: scan(), outcome: finding.Satisfied},
		{name: "blocked", text: "policy: {block_unscanned_ai_code: true}\n", scan: with(func(s *Scan) { s.Result = "BLOCK" }), outcome: finding.NotSatisfied, want: RulePolicyScan},
		{name: "newer than the scan", text: "policy: {block_unscanned_ai_code: true}\n", scan: with(func(s *Scan) { s.After = 2 }), outcome: finding.NotSatisfied, want: RulePolicyScan},
		{name: "no agents", text: "policy: {block_unscanned_ai_code: true, ai_code_requires_review: true}\n", human: true, outcome: finding.Satisfied},
		{name: "review unknown", text: "policy: {ai_code_requires_review: true}\n", outcome: finding.NotAssessed, want: ReasonReviewed},
		{name: "review not in the packs", text: "policy: {ai_code_requires_review: true}\n", scan: with(func(s *Scan) { s.Reviewed = ReviewUnknown }), outcome: finding.NotAssessed, want: ReasonReviewed},
		{name: "review missing", text: "policy: {ai_code_requires_review: true}\n", scan: with(func(s *Scan) { s.Reviewed = ReviewMissing }), outcome: finding.NotSatisfied, want: RulePolicyReview},
		{name: "reviewed", text: "policy: {ai_code_requires_review: true}\n", scan: scan(), outcome: finding.Satisfied},
		{name: "newer than the review", text: "policy: {ai_code_requires_review: true}\n", scan: with(func(s *Scan) { s.After = 1 }), outcome: finding.NotSatisfied, want: RulePolicyReview},
		{name: "off", text: "policy: {ai_code_requires_review: false, block_unscanned_ai_code: false, mandatory_packs: []}\n", outcome: finding.Satisfied},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := facts()
			f.Tools = nil
			f.Scan = c.scan
			text := head + c.text
			if c.human {
				f.Assisted = 0
				text = strings.Replace(strings.Replace(text, "assisted_commits: 12", "assisted_commits: 0", 1), "6.0", "0", 1)
			}
			r, fs := Check([]byte(text), f)
			var got []string
			for _, x := range fs {
				if x.Rule == RuleGovernance { // the file was not written from these packs
					continue
				}
				got = append(got, x.Rule)
			}
			for _, x := range r.Reasons {
				got = append(got, x.Code)
			}
			if strings.Join(got, ",") != c.want {
				t.Errorf("found %v, want %s", got, c.want)
			}
			if c.scan == nil && r.Outcome != c.outcome {
				t.Errorf("outcome %s, want %s", r.Outcome, c.outcome)
			}
			if c.scan != nil && r.Outcome != finding.NotSatisfied {
				t.Errorf("a section that says something else than the packs is %s", r.Outcome)
			}
			// What is written from the packs says what they say.
			if c.scan != nil {
				out, err := Write([]byte(text), f)
				if err != nil {
					t.Fatal(err)
				}
				if r, fs := Check(out, f); r.Outcome != c.outcome {
					t.Errorf("after writing: %s %v, want %s\n%s", r.Outcome, fs, c.outcome, out)
				}
			}
		})
	}
}

// A file that says more than the packs is found out, key by key.
func TestGovernanceClaims(t *testing.T) {
	f := facts()
	f.Scan = scan()
	good, err := Write(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{
		"score: 90": "score: 100", "result: WARN": "result: PASS", "high: 1": "high: 0", "- soc2-2017": "- pci",
		`engine: "custody 1.2.3"`: "engine: magic", "proof_bundle_count: 2": "proof_bundle_count: 9", `last_scan: "2026-11-23T00:00:00Z"`: `last_scan: "2026-11-24T00:00:00Z"`,
	} {
		text := strings.Replace(string(good), from, to, 1)
		if text == string(good) {
			t.Errorf("%q is not in the file:\n%s", from, good)
			continue
		}
		r, fs := Check([]byte(text), f)
		if r.Outcome != finding.NotSatisfied || len(fs) != 1 || fs[0].Rule != RuleGovernance {
			t.Errorf("%s: %s %v", to, r.Outcome, fs)
		}
	}
}
