package checkrun

import (
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/review"
)

// An Annotation is a remark on lines of a file of the change, at head.
type Annotation struct {
	Path    string `json:"path"`
	Start   int    `json:"start"`
	End     int    `json:"end"`
	Level   string `json:"level"` // "failure", "warning", "notice"
	Title   string `json:"title"`
	Message string `json:"message"`
}

// Limits of annotations: GitHub takes 50 in one request, and a page with hundreds can not
// be read. What is over is counted in the summary; the pack has all.
const (
	MaxAnnotations    = 150
	annotationMessage = 1000
	annotationTitle   = 200
	annotationPath    = 1024
)

var levels = map[finding.Level]string{finding.Error: "failure", finding.Warning: "warning", finding.Note: "notice"}

// annotations are the findings with a line in a file that the change leaves there, the
// heaviest first. What a waiver covers is none, a path that is no text can not be named
// to GitHub, and of several rules that say the same of a line one is enough. more is how
// many were left out for their number.
func annotations(v *review.Verdict) (all []Annotation, more int) {
	there := map[string]bool{}
	for _, f := range v.Change.Files {
		if f.Status != change.Deleted {
			there[f.Path] = true
		}
	}
	found := slices.Clone(v.Findings)
	finding.Sort(found)
	type place struct {
		path, message string
		line          int
	}
	seen := map[place]bool{}
	for _, f := range found {
		at := place{f.Place.Path, f.Message, f.Place.StartLine}
		if f.WaivedBy != "" || f.Place.StartLine < 1 || !there[f.Place.Path] || seen[at] {
			continue
		}
		seen[at] = true
		path, err := change.Unescape(f.Place.Path)
		if err != nil || string(path) != change.Printable(string(path)) || len(path) > annotationPath {
			continue
		}
		if len(all) == MaxAnnotations {
			more++
			continue
		}
		message := change.Printable(f.Message)
		if f.Remedy != "" {
			message += "\n\nTo do: " + change.Printable(f.Remedy)
		}
		all = append(all, Annotation{
			Path: string(path), Start: f.Place.StartLine, End: max(f.Place.EndLine, f.Place.StartLine), Level: levels[f.Level],
			Title: short(change.Printable(f.Rule), annotationTitle), Message: short(message, annotationMessage),
		})
	}
	return all, more
}

// short cuts a text at a character.
func short(s string, max int) string {
	if len(s) <= max {
		return s
	}
	return strings.ToValidUTF8(s[:max-len("…")], "") + "…"
}
