package period

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"custody/internal/report/export"
)

// A Sheet is a table with a name; its first row has the names of the columns.
type Sheet struct {
	Name    string
	Rows    [][]string
	Numbers []string // names of the columns whose numbers are numbers, to be added and sorted
}

// Sheets are the report as tables: a summary with what it lacks, exceptions, controls,
// and the population.
func (r *Report) Sheets() []Sheet {
	n := r.Counts
	summary := [][]string{
		{"what", "value"},
		{"framework", r.Framework.Name}, {"edition", r.Framework.Version}, {"period", r.Period()},
		{"files read", strconv.Itoa(n.Packs)}, {"refused", strconv.Itoa(n.Refused)}, {"of other days", strconv.Itoa(n.Outside)},
		{"superseded by another review of the same change", strconv.Itoa(n.Superseded)}, {"the same as another", strconv.Itoa(n.Copies)},
		{"changes", strconv.Itoa(n.Changes)}, {"pass", strconv.Itoa(n.Pass)}, {"fail", strconv.Itoa(n.Fail)}, {"incomplete", strconv.Itoa(n.Incomplete)},
		{"with a closing review", strconv.Itoa(n.Landed)}, {"with an approval that counts", strconv.Itoa(n.Approved)},
		{"whose pack does not say whether one counts", strconv.Itoa(n.Unsaid)},
	}
	for _, l := range r.Lacks {
		summary = append(summary, []string{"lacks", l})
	}
	exceptions := [][]string{{"kind", "day", "change", "detail", "pack", "file"}}
	for _, e := range r.Exceptions {
		exceptions = append(exceptions, []string{e.Kind, e.Day, e.Change, e.Detail, e.Pack, e.File})
	}
	controls := [][]string{{"control", "about", "relation", "with evidence", "without evidence", "not asked", "not applicable", "why not", "per mille", "lacking", "examples without evidence"}}
	for _, c := range r.Controls {
		permille := ""
		if c.Permille != nil {
			permille = strconv.Itoa(*c.Permille)
		}
		controls = append(controls, []string{c.ID, c.About, c.Relation, strconv.Itoa(c.With), strconv.Itoa(c.Without), strconv.Itoa(c.Unasked), strconv.Itoa(c.Aside), c.Why, permille, strings.Join(c.Lacks, " "), strings.Join(c.Examples, " ")})
	}
	return []Sheet{
		{"Summary", summary, []string{"value"}}, {"Exceptions", exceptions, nil},
		{"Controls", controls, []string{"with evidence", "without evidence", "not asked", "not applicable", "per mille"}},
		{"Changes", r.population(), []string{"number", "added lines", "by agents"}},
	}
}

// population is one row for each change.
func (r *Report) population() [][]string {
	rows := [][]string{{"day", "repository", "kind", "number", "title", "author", "approval", "approvers", "stage", "decision", "reason", "emergency", "waivers", "added lines", "by agents", "base", "head", "signer", "pack", "verdict", "exceptions", "evidence for", "no evidence for"}}
	kindsOf := map[string][]string{}
	for _, e := range r.Exceptions {
		if !slices.Contains(kindsOf[e.Change], e.Kind) {
			kindsOf[e.Change] = append(kindsOf[e.Change], e.Kind)
		}
	}
	for i := range r.Changes {
		c := &r.Changes[i]
		number := ""
		if c.Number != 0 {
			number = strconv.FormatInt(c.Number, 10)
		}
		rows = append(rows, []string{
			c.Day, c.Repository, c.Kind, number, c.Title, c.Author, c.Approval, strings.Join(c.Approvers, " "), c.Stage, c.Decision, c.Reason,
			fmt.Sprint(c.Emergency), strings.Join(c.Waivers, " "), strconv.Itoa(c.Added), strconv.Itoa(c.AILines), c.Base, c.Head, c.Signer, c.Pack, c.Verdict, strings.Join(kindsOf[c.Name()], " "), c.controlsThat("evidence"), c.controlsThat("no-evidence"),
		})
	}
	return rows
}

// controlsThat are the controls of the framework with a status in the change.
func (c *Change) controlsThat(code string) string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(c.controls)) {
		if c.controls[id].code == code {
			ids = append(ids, id)
		}
	}
	return strings.Join(ids, ", ")
}

// CSV is the population, after RFC 4180; no cell can be taken for a formula. Files that do not
// verify are no change: they are rows at its end, with their name where a change has its title.
func (r *Report) CSV() ([]byte, error) {
	rows := r.population()
	at := func(name string) int { return slices.Index(rows[0], name) }
	for _, e := range r.Exceptions {
		if e.Kind == Refused {
			row := make([]string, len(rows[0]))
			row[at("title")], row[at("reason")], row[at("exceptions")] = e.File, e.Detail, e.Kind
			rows = append(rows, row)
		}
	}
	return export.WriteCSV(rows)
}
