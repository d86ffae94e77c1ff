package pack

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"slices"

	"custody/impact"
	"custody/impact/picture"
	"custody/internal/config"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/review"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// page writes index.html: one file, no script, nothing loaded. The content security
// policy admits the one style sheet by its hash, so that no name, message or author
// could style or load anything even if it became markup.
func page(w *view) ([]byte, error) {
	t, err := template.New("page").Funcs(template.FuncMap{
		"name": name, "message": message, "number": number, "plural": plural,
		"word": outcomeWord, "picture": drawing, "capital": capital, "less": func(n int) int { return n - 1 },
	}).Parse(pageHTML)
	if err != nil {
		return nil, fmt.Errorf("the page's template: %w", err)
	}
	css := pageCSS + picture.Style
	h := sha256.Sum256([]byte(css))
	var b bytes.Buffer
	err = t.Execute(&b, pageData{
		view: w,
		CSS:  template.CSS(css),
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(h[:]) +
			"'; base-uri 'none'; form-action 'none'",
	})
	if err != nil {
		return nil, fmt.Errorf("writing the page: %w", err)
	}
	return b.Bytes(), nil
}

type pageData struct {
	*view
	CSS    template.CSS
	Policy string
}

// drawing is the picture of what a change reaches, as markup whose every text package
// picture has escaped.
func drawing(r *impact.Report) (template.HTML, error) {
	var b bytes.Buffer
	if err := picture.Inline(&b, r); err != nil {
		return "", fmt.Errorf("drawing what is reached: %w", err)
	}
	return template.HTML(b.String()), nil
}

// V is the verdict itself.
func (d pageData) V() *review.Verdict { return d.v }

// Files are the changed files that the page shows.
func (d pageData) Files() []review.FileLine {
	return d.v.Change.Files[:min(len(d.v.Change.Files), maxFiles)]
}

// MoreFiles says how many it does not show, and where they are.
func (d pageData) MoreFiles() string {
	return elided(len(d.Files()), len(d.v.Change.Files), d.v.Change.CountFiles())
}

// elided says how many of a list are not shown, and where they are: a pack lists as many as
// its budget allows, and counts the others. Empty: all are shown.
func elided(shown, listed, total int) string {
	switch {
	case total <= shown:
		return ""
	case listed >= total:
		return fmt.Sprintf("… and %s more, %s in all: see pack.json.", number(total-shown), number(total))
	case listed > shown:
		return fmt.Sprintf("… and %s more, %s in all: pack.json lists %s of them and counts the others.", number(total-shown), number(total), number(listed))
	}
	return fmt.Sprintf("… and %s more, %s in all, which the pack counts and does not list.", number(total-shown), number(total))
}

// Commits are the commits that the page shows.
func (d pageData) Commits() []review.CommitLine {
	return d.v.Change.Commits[:min(len(d.v.Change.Commits), maxCommits)]
}

// MoreCommits says how many it does not show, and where they are.
func (d pageData) MoreCommits() string {
	return elided(len(d.Commits()), len(d.v.Change.Commits), d.v.Change.CountCommits())
}

// OpenChecks are the rows of the table of rules and requirements that are not met.
func (d pageData) OpenChecks() []check { return d.checks(false) }

// MetChecks are those that are.
func (d pageData) MetChecks() []check { return d.checks(true) }

func (d pageData) checks(met bool) []check {
	var out []check
	for _, c := range d.Checks[:min(len(d.Checks), maxChecks)] {
		if (c.Outcome == finding.Satisfied) == met {
			out = append(out, c)
		}
	}
	return out
}

// MoreChecks is how many have no row.
func (d pageData) MoreChecks() int { return max(0, len(d.Checks)-maxChecks) }

// An input is one line of the list of inputs.
type input struct{ Name, Value string }

// Inputs names everything that the verdict derives from.
func (d pageData) Inputs() []input {
	in := d.v.Inputs
	out := []input{
		{"Base", in.Base.String()},
		{"Head", in.Head.String()},
		{"Merge bases", oids(in.MergeBases)},
		{"Object format", in.ObjectFormat},
		{"Stage", in.Stage.String()},
		{"Day", in.Day},
	}
	if ref := d.v.Door.Ref; ref != "" {
		out = append(out, input{"For the ref", ref})
	}
	if d.v.Door.Mode == config.Report {
		out = append(out, input{"Mode", "report: everything is let through, and said"})
	}
	if in.Judge != nil {
		out = append(out, input{"Policy read at", in.Judge.String()})
	}
	for _, c := range in.Claims {
		out = append(out, input{"Said when pushing, not verified: " + c.What, c.Text})
	}
	for _, k := range slices.Sorted(maps.Keys(in.Files)) {
		out = append(out, input{"Digest of the " + k, string(in.Files[k])})
	}
	for _, w := range in.Waivers {
		out = append(out, input{"Waiver in force", w})
	}
	return append(out,
		input{"Door", d.v.Door.Name + " " + d.v.Door.Version},
		input{"Verdict id", d.v.ID},
		input{"Verdict digest", d.Digest})
}

// Bounds are the versions and limits of the review.
func (d pageData) Bounds() []input {
	in := d.v.Inputs
	var out []input
	for _, k := range slices.Sorted(maps.Keys(in.Versions)) {
		out = append(out, input{"Version of " + k, in.Versions[k]})
	}
	for _, k := range slices.Sorted(maps.Keys(in.Limits)) {
		out = append(out, input{"Limit of " + k, number(int(in.Limits[k]))})
	}
	return out
}

func oids(ids []git.OID) string {
	if len(ids) == 0 {
		return "none"
	}
	s := ""
	for _, id := range ids {
		s += ", " + id.String()
	}
	return s[2:]
}

// outcomeWord is the outcome as people say it.
func outcomeWord(o finding.Outcome) string {
	return [...]string{
		finding.NotAssessed: "not assessed", finding.NotApplicable: "does not apply here",
		finding.Satisfied: "met", finding.Excepted: "excepted", finding.NotSatisfied: "not met",
	}[o]
}
