package period

import (
	"fmt"
	"strconv"
	"strings"

	"custody/internal/report/export"
)

// A Sheet is a table with a name; its first row has the names of the columns.
type Sheet struct {
	Name string
	Rows [][]string
}

// Sheets are the report as tables: a summary with what it lacks, exceptions, controls,
// and the population.
func (r *Report) Sheets() []Sheet {
	n := r.Counts
	summary := [][]string{
		{"what", "value"},
		{"framework", r.Framework.Name}, {"edition", r.Framework.Version}, {"period", r.Period()},
		{"files read", strconv.Itoa(n.Packs)}, {"refused", strconv.Itoa(n.Refused)}, {"of other days", strconv.Itoa(n.Outside)},
		{"superseded by a later review", strconv.Itoa(n.Superseded)}, {"the same as another", strconv.Itoa(n.Copies)},
		{"changes", strconv.Itoa(n.Changes)}, {"pass", strconv.Itoa(n.Pass)}, {"fail", strconv.Itoa(n.Fail)}, {"incomplete", strconv.Itoa(n.Incomplete)},
		{"with a closing review", strconv.Itoa(n.Landed)}, {"with an approval that counts", strconv.Itoa(n.Approved)},
	}
	for _, l := range r.Lacks {
		summary = append(summary, []string{"lacks", l})
	}
	exceptions := [][]string{{"kind", "day", "change", "detail", "pack", "file"}}
	for _, e := range r.Exceptions {
		exceptions = append(exceptions, []string{e.Kind, e.Day, e.Change, e.Detail, e.Pack, e.File})
	}
	controls := [][]string{{"control", "about", "relation", "with evidence", "without evidence", "not asked", "not applicable", "per mille", "lacking", "examples without evidence"}}
	for _, c := range r.Controls {
		permille := ""
		if c.Permille != nil {
			permille = strconv.Itoa(*c.Permille)
		}
		controls = append(controls, []string{c.ID, c.About, c.Relation, strconv.Itoa(c.With), strconv.Itoa(c.Without), strconv.Itoa(c.Unasked), strconv.Itoa(c.Aside), permille, strings.Join(c.Lacks, " "), strings.Join(c.Examples, " ")})
	}
	return []Sheet{{"Summary", summary}, {"Exceptions", exceptions}, {"Controls", controls}, {"Changes", r.population()}}
}

// population is one row for each change.
func (r *Report) population() [][]string {
	rows := [][]string{{"day", "repository", "kind", "number", "title", "author", "approval", "approvers", "stage", "decision", "reason", "emergency", "waivers", "added lines", "by agents", "base", "head", "signer", "pack", "verdict"}}
	for i := range r.Changes {
		c := &r.Changes[i]
		number := ""
		if c.Number != 0 {
			number = strconv.FormatInt(c.Number, 10)
		}
		rows = append(rows, []string{
			c.Day, c.Repository, c.Kind, number, c.Title, c.Author, c.Approval, strings.Join(c.Approvers, " "), c.Stage, c.Decision, c.Reason,
			fmt.Sprint(c.Emergency), strings.Join(c.Waivers, " "), strconv.Itoa(c.Added), strconv.Itoa(c.AILines), c.Base, c.Head, c.Signer, c.Pack, c.Verdict,
		})
	}
	return rows
}

// CSV is the population, after RFC 4180; no cell can be taken for a formula.
func (r *Report) CSV() ([]byte, error) { return export.WriteCSV(r.population()) }
