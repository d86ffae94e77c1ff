package pack

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/review"
	"custody/internal/sign"
)

// maxResults is how many results of one run GitHub takes; what is over is counted in a
// notification.
const maxResults = 25_000

const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// The parts of SARIF 2.1.0 (OASIS Standard with Errata 01) that findings need.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Automation  sarifAutomation   `json:"automationDetails"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
		ColumnKind  string            `json:"columnKind"`
		Properties  map[string]string `json:"properties"`
	}
	sarifAutomation struct {
		ID string `json:"id"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string           `json:"id"`
		Short   sarifMessage     `json:"shortDescription"`
		Full    sarifMessage     `json:"fullDescription"`
		Default sarifLevel       `json:"defaultConfiguration"`
		Props   *sarifProperties `json:"properties,omitempty"`
	}
	sarifProperties struct {
		Tags []string `json:"tags"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Level   string        `json:"level"`
		Message sarifMessage  `json:"message"`
		Rule    *sarifRuleRef `json:"associatedRule,omitempty"`
	}
	sarifRuleRef struct {
		ID    string `json:"id"`
		Index int    `json:"index"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifMessage       `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions"`
		Properties   map[string]string  `json:"properties,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI    string `json:"uri"`
		BaseID string `json:"uriBaseId"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
		EndLine   int `json:"endLine,omitempty"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
)

// sarif writes findings.sarif. A finding is a result; what was not assessed is a
// notification of the run, because readers such as GitHub show every result as a
// problem, whatever its kind says, and no result as "nothing to see".
func sarif(v *review.Verdict) ([]byte, error) {
	rules, index := sarifRules(v)
	sorted := slices.Clone(v.Findings)
	finding.Sort(sorted)

	inv := sarifInvocation{Successful: true, Notifications: sarifNotAssessed(v, index)}
	if unjudged := sarifUnjudged(v); len(unjudged) > 0 {
		inv.Successful, inv.Notifications = false, append(unjudged, inv.Notifications...)
	}
	if n := len(sorted) - maxResults; n > 0 {
		sorted = sorted[:maxResults]
		inv.Notifications = append(inv.Notifications, sarifNotification{
			Level: "warning", Message: sarifText(fmt.Sprintf("%d more findings are left out: pack.json lists all.", n)),
		})
	}
	results := make([]sarifResult, 0, len(sorted))
	seen := map[string]int{}
	for _, f := range sorted {
		seen[f.Fingerprint()]++
		results = append(results, sarifFinding(f, index[f.Rule], seen[f.Fingerprint()]))
	}
	return sign.Canonical(sarifLog{
		Schema: sarifSchema, Version: "2.1.0",
		Runs: []sarifRun{{
			Tool:        sarifTool{sarifDriver{"Custody", rules}},
			Automation:  sarifAutomation{"custody/" + v.Stage.String() + "/"},
			Invocations: []sarifInvocation{inv},
			Results:     results,
			ColumnKind:  "utf16CodeUnits",
			Properties: map[string]string{
				"decision": v.Decision.String(), "verdict": v.ID,
				"base": v.Inputs.Base.String(), "head": v.Inputs.Head.String(),
			},
		}},
	})
}

// sarifRules describes every check, and every rule that only a finding names.
func sarifRules(v *review.Verdict) ([]sarifRule, map[string]int) {
	byID := map[string]sarifRule{}
	for _, f := range v.Findings {
		if _, ok := byID[f.Rule]; !ok {
			byID[f.Rule] = newSarifRule(f.Rule, f.Rule, f.Level, nil)
		}
	}
	checks := map[string][]finding.Check{}
	for _, c := range v.Checks {
		checks[c.ID] = append(checks[c.ID], c)
	}
	for id, same := range checks {
		var about, tags []string
		level := same[0].Level
		for _, c := range same {
			if len(same) > 1 { // one of the floor and one of the repository, say
				c.Name += " (" + c.Origin + ")"
			}
			about, level = append(about, c.Name), min(level, c.Level)
			for _, m := range c.Maps {
				tags = append(tags, plain(m.Framework+"/"+m.ID, nameLimit))
			}
		}
		byID[id] = newSarifRule(id, strings.Join(about, "; "), level, tags[:min(len(tags), 20)]) // GitHub's limit of tags
	}
	rules := make([]sarifRule, 0, len(byID))
	index := make(map[string]int, len(byID))
	for i, id := range slices.Sorted(maps.Keys(byID)) {
		rules, index[id] = append(rules, byID[id]), i
	}
	return rules, index
}

func newSarifRule(id, about string, level finding.Level, tags []string) sarifRule {
	text := sarifText(plain(about, messageLimit))
	r := sarifRule{ID: id, Short: text, Full: text, Default: sarifLevel{level.String()}}
	if len(tags) > 0 {
		slices.Sort(tags)
		r.Props = &sarifProperties{slices.Compact(tags)}
	}
	return r
}

// sarifUnjudged tells why the change as a whole could not be judged: no check says it, and a
// run without a result would be one that found nothing.
func sarifUnjudged(v *review.Verdict) []sarifNotification {
	var out []sarifNotification
	for _, r := range v.Reasons {
		switch r.Code {
		case review.ReasonNotSatisfied, review.ReasonNotAssessed, review.ReasonExcepted, review.ReasonNothingAsked, review.ReasonSatisfied: // of checks, or of none
		default:
			out = append(out, sarifNotification{Level: "error", Message: sarifText(message(reasonText(r)))})
		}
	}
	return out
}

// sarifNotAssessed tells, for every check without an answer, why.
func sarifNotAssessed(v *review.Verdict, index map[string]int) []sarifNotification {
	out := []sarifNotification{}
	for _, c := range v.Checks {
		if c.Outcome != finding.NotAssessed {
			continue
		}
		text := fmt.Sprintf("%s was not assessed", c.ID)
		if len(c.Reasons) > 0 {
			text += ": " + reasonText(c.Reasons[0])
		}
		level := "note"
		if c.Level == finding.Error {
			level = "warning"
		}
		out = append(out, sarifNotification{
			Level: level, Message: sarifText(message(text)), Rule: &sarifRuleRef{c.ID, index[c.ID]},
		})
	}
	return out
}

func sarifFinding(f finding.Finding, rule, occurrence int) sarifResult {
	text := f.Message
	if f.Remedy != "" {
		text += " To do: " + f.Remedy
	}
	if f.Who != "" {
		text += " (" + f.Who + ")"
	}
	r := sarifResult{
		RuleID: f.Rule, RuleIndex: rule, Level: f.Level.String(), Message: sarifText(message(text)),
		Fingerprints: map[string]string{
			"custody/v1": f.Fingerprint(),
			// The name under which GitHub looks for a fingerprint that tells results apart.
			"primaryLocationLineHash": f.Fingerprint() + ":" + strconv.Itoa(occurrence),
		},
		Suppressions: []sarifSuppression{}, // none: looked at and not suppressed
	}
	if f.WaivedBy != "" {
		status := "accepted"
		if f.Exception() == finding.Emergency { // which accepts nothing: it is due later
			status = "underReview"
		}
		r.Suppressions = append(r.Suppressions, sarifSuppression{"external", status, name(f.ExceptedBy())})
	}
	if f.Place.Commit != "" {
		r.Properties = map[string]string{"commit": f.Place.Commit}
	}
	r.Locations = []sarifLocation{{sarifPlace(f.Place)}}
	return r
}

// sarifPlace points at the finding's file. A finding about the change as a whole
// points at the policy: GitHub refuses a file with a result that points nowhere.
func sarifPlace(p finding.Place) sarifPhysical {
	if p.Path == "" {
		return sarifPhysical{Artifact: sarifArtifact{".custody.yaml", "%SRCROOT%"}}
	}
	out := sarifPhysical{Artifact: sarifArtifact{sarifURI(p.Path), "%SRCROOT%"}}
	if p.StartLine > 0 {
		out.Region = &sarifRegion{StartLine: p.StartLine}
		if p.EndLine >= p.StartLine {
			out.Region.EndLine = p.EndLine
		}
	}
	return out
}

// sarifURI is a repository path, in the form in which documents hold it, as a relative
// URI reference (RFC 3986): every byte but the unreserved ones and the slash is
// percent-encoded, the colon too, which in a first segment would end a scheme.
func sarifURI(escaped string) string {
	path, err := change.Unescape(escaped)
	if err != nil {
		path = change.Path(escaped) // not written by Escaped: take it as it is
	}
	return path.URI()
}

// sarifText is a plain text message: section 3.11.5 doubles braces, since {0} is a
// placeholder, and [text](target) would be a link (3.11.6).
func sarifText(s string) sarifMessage {
	s = strings.NewReplacer("{", "{{", "}", "}}", "](", "] (").Replace(s)
	return sarifMessage{s}
}
