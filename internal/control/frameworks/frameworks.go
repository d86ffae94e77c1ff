// Package frameworks holds the identifiers of outside frameworks to which Custody's
// checks can give evidence, each with a few words of our own about what it asks.
//
// It is data: one line adds an entry, and a policy may name only what stands here. The
// texts of the standards belong to their publishers and are not copied. Evidence for a
// control is never a statement that somebody complies with it.
package frameworks

import (
	"slices"
	"strings"
)

// Version of the table, recorded with every verdict. Raise it with every change.
const Version = "2026-11-23"

// Relations between a check and a control.
const (
	Direct     = "direct"     // the check's result is what the control asks to see
	Supporting = "supporting" // it helps, with other evidence
)

// A Framework is one edition of one standard.
type Framework struct {
	ID    string // as written in a policy's maps
	Name  string
	Table []Control
}

// A Control is one identifier of a framework.
type Control struct {
	ID       string
	About    string // what it asks, in our words
	Relation string // of the checks that Custody has today, at best
}

// All lists the frameworks by id.
var All = []Framework{
	{"iso27001-2022", "ISO/IEC 27001:2022, Annex A", []Control{
		{"A.5.3", "duties that conflict are kept apart", Direct},
		{"A.5.28", "evidence is collected and preserved", Direct},
		{"A.5.33", "records are protected from loss and falsification", Direct},
		{"A.5.36", "keeping to one's own policies is reviewed", Direct},
		{"A.8.4", "who may read and write source code is managed", Direct},
		{"A.8.9", "configurations are recorded and watched", Direct},
		{"A.8.25", "rules for a secure development life cycle", Direct},
		{"A.8.26", "security requirements of applications", Direct},
		{"A.8.28", "principles of secure coding are applied", Supporting},
		{"A.8.29", "security is tested in development and acceptance", Supporting},
		{"A.8.32", "changes follow a change management procedure", Direct},
	}},
	{"nist-800-53r5", "NIST SP 800-53 Rev. 5", []Control{
		{"AU-10", "who did something can not be denied later", Supporting},
		{"AU-12", "records are made of the events that matter", Supporting},
		{"CM-3", "changes are proposed, reviewed, approved and recorded", Direct},
		{"CM-3(2)", "changes are tested and validated first", Supporting},
		{"CM-4", "the impact of a change is analysed before it is made", Direct},
		{"CM-5", "who may change the system is restricted", Direct},
		{"CM-5(1)", "the restriction is enforced and recorded automatically", Direct},
		{"CM-5(4)", "certain changes need two authorised people", Direct},
		{"SA-11", "developers test and evaluate", Supporting},
		{"SA-15", "a development process with standards and tools", Supporting},
		{"SI-7", "unauthorised changes to software are detected", Supporting},
	}},
	{"nist-ssdf-1.1", "NIST SP 800-218 (SSDF) 1.1", []Control{
		{"PO.1.2", "security requirements of the software are known and kept", Direct},
		{"PO.3.3", "tools leave records of what they did", Direct},
		{"PO.4.1", "criteria for checks are defined", Direct},
		{"PO.4.2", "data for the criteria is gathered and protected", Direct},
		{"PS.1.1", "code is stored so that it can not be changed unnoticed", Supporting},
		{"PW.7.1", "it is decided whether code is reviewed or analysed", Direct},
		{"PW.7.2", "code is reviewed or analysed and the results are recorded", Direct},
	}},
	{"osps-baseline-2026.02.19", "OpenSSF OSPS Baseline 2026.02.19", []Control{
		{"OSPS-AC-03.01", "nobody commits to the main branch directly", Supporting},
		{"OSPS-QA-03.01", "checks pass before a change lands", Direct},
		{"OSPS-QA-07.01", "a person other than the author approves before it lands", Direct},
	}},
	{"pci-dss-4.0.1", "PCI DSS 4.0.1", []Control{
		{"6.2.1", "software is developed securely by a standard", Supporting},
		{"6.2.3", "custom code is reviewed before release", Direct},
		{"6.2.3.1", "a manual review is by somebody else than the author, and approved", Direct},
		{"6.2.4", "common attacks are prevented by technique", Supporting},
		{"6.5.1", "changes are documented, assessed, approved, tested and reversible", Direct},
		{"6.5.4", "roles are separate, so that only approved changes are deployed", Direct},
	}},
	{"slsa-source-1.2", "SLSA Source Track 1.2", []Control{
		{"L2", "the history of a branch is kept and its provenance recorded", Supporting},
		{"L3", "technical controls are enforced all the time", Supporting},
		{"L4", "two trusted people agree to a change", Direct},
	}},
	{"soc2-2017", "SOC 2, Trust Services Criteria 2017 (points of focus 2022)", []Control{
		{"CC2.3", "outsiders learn of changes that affect them", Supporting},
		{"CC4.1", "it is checked regularly that controls work", Direct},
		{"CC4.2", "shortcomings reach those who must act", Direct},
		{"CC5.1", "controls reduce risk; duties are kept apart", Direct},
		{"CC5.2", "general controls over technology", Direct},
		{"CC5.3", "policy becomes procedure", Direct},
		{"CC6.1", "logical access is limited", Supporting},
		{"CC6.8", "unauthorised software is prevented or found", Supporting},
		{"CC7.1", "changed configurations and new weaknesses are found", Direct},
		{"CC7.2", "anomalies are watched for", Direct},
		{"CC8.1", "changes are authorised, documented, tested, approved and made", Direct},
	}},
}

// Get finds a framework by its id.
func Get(id string) (Framework, bool) {
	i := slices.IndexFunc(All, func(f Framework) bool { return f.ID == id })
	if i < 0 {
		return Framework{}, false
	}
	return All[i], true
}

// Get finds a control of the framework by its id.
func (f Framework) Get(id string) (Control, bool) {
	i := slices.IndexFunc(f.Table, func(c Control) bool { return c.ID == id })
	if i < 0 {
		return Control{}, false
	}
	return f.Table[i], true
}

// IDs lists the known frameworks, for messages.
func IDs() string {
	var ids []string
	for _, f := range All {
		ids = append(ids, f.ID)
	}
	return strings.Join(ids, ", ")
}

// IDs lists the framework's controls, for messages.
func (f Framework) IDs() string {
	var ids []string
	for _, c := range f.Table {
		ids = append(ids, c.ID)
	}
	return strings.Join(ids, ", ")
}
