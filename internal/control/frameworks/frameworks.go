// Package frameworks holds the identifiers of outside frameworks to which Custody's
// checks can give evidence, each with a few words of our own about what it asks and the
// types of evidence without which nothing is shown for it.
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
const Version = "2026-11-26"

// Relations between a check and a control.
const (
	Direct     = "direct"     // the check's result is what the control asks to see
	Supporting = "supporting" // it helps, with other evidence
)

// A Framework is one edition of one standard.
type Framework struct {
	ID      string // as written in a policy's maps
	Name    string
	Version string // the edition, and where it was amended
	Table   []Control
}

// A Control is one identifier of a framework.
type Control struct {
	ID       string
	About    string     // what it asks, in our words
	Relation string     // of the evidence below, at best
	Evidence []Evidence // all of it must be there
	If       Condition
	From     string // the day from which it applies, "2027-12-02"; empty: now
}

// All lists the frameworks by id.
var All = []Framework{euAIAct, iso27001, iso42001, nist80053, ssdf, osps, pci, slsa, soc2}

// Get finds a framework by its id, among All and a company's own.
func Get(id string, own ...Framework) (Framework, bool) {
	for _, list := range [][]Framework{All, own} {
		if i := slices.IndexFunc(list, func(f Framework) bool { return f.ID == id }); i >= 0 {
			return list[i], true
		}
	}
	return Framework{}, false
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
func IDs(own ...Framework) string {
	var ids []string
	for _, f := range slices.Concat(All, own) {
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

func row(id, about, relation string, evidence ...Evidence) Control {
	return Control{ID: id, About: about, Relation: relation, Evidence: evidence}
}

// when narrows a row.
func (c Control) when(i Condition, from string) Control {
	c.If, c.From = i, from
	return c
}
