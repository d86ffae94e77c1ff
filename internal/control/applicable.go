package control

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"custody/impact/lang"
	"custody/internal/config"
	"custody/internal/control/checks"
	"custody/internal/git"
)

// ReasonApplies is the code of a requirement that does not apply.
const ReasonApplies = "applies-when"

// An architecture is what a tree's names say of what it is made of.
type architecture struct {
	known     bool // the names are those of the whole tree
	files     []TreeFile
	languages map[Language]bool // and extensions
}

func newArchitecture(files []TreeFile, known bool) architecture {
	a := architecture{known: known, files: files, languages: map[Language]bool{}}
	for _, f := range files {
		if f.Mode == git.ModeGitlink {
			a.known = false // whatever stands below it
		}
		if !f.Mode.IsRegular() {
			continue
		}
		if l := lang.ForPath(string(f.Path)); l != nil {
			a.languages[Language(l.Name)] = true
		}
		a.languages[Language(lang.Extension(string(f.Path)))] = true
	}
	return a
}

// regulatory is what all files declare together.
type regulatory struct {
	frameworks, data []config.ID
	roles            []AIRole
	risks            []RiskClass
	hasFrameworks    bool
	hasData          bool
	hasAI            bool
}

func declared(files []*Requirements) (d regulatory) {
	for _, f := range files {
		if c := f.Context; c != nil {
			d.hasFrameworks = d.hasFrameworks || c.Frameworks != nil
			d.hasData = d.hasData || c.Data != nil
			d.frameworks, d.data = append(d.frameworks, c.Frameworks...), append(d.data, c.Data...)
			if c.AIAct != nil {
				d.hasAI = true
				d.roles, d.risks = append(d.roles, c.AIAct.Role), append(d.risks, c.AIAct.RiskClass)
			}
		}
	}
	return d
}

// applies says whether a requirement applies, and why.
func (r *Requirement) applies(tree architecture, d regulatory) (why string, applies bool) {
	w := r.AppliesWhen
	if w == nil {
		return "it names no condition", true
	}
	var reasons []string
	no := ""
	ask := func(what string, wanted []string, known bool, has func(i int) bool) {
		if len(wanted) == 0 || no != "" {
			return
		}
		for i := range wanted {
			if has(i) {
				reasons = append(reasons, fmt.Sprintf("%s %s", what, wanted[i]))
				return
			}
		}
		if !known {
			reasons = append(reasons, fmt.Sprintf("%s %s is not excluded: it is not known", what, strings.Join(wanted, " or ")))
			return
		}
		no = fmt.Sprintf("it applies to %s %s, and there is none", what, strings.Join(wanted, " or "))
	}
	ask("language", texts(w.Languages), tree.known, func(i int) bool { return tree.languages[w.Languages[i]] })
	ask("path", texts(w.Paths), tree.known, func(i int) bool {
		return slices.ContainsFunc(tree.files, func(f TreeFile) bool { return f.Mode != git.ModeGitlink && w.Paths[i].Match(f.Path) })
	})
	ask("data", texts(w.Data), d.hasData, func(i int) bool { return slices.Contains(d.data, w.Data[i]) })
	ask("framework", texts(w.Frameworks), d.hasFrameworks, func(i int) bool { return slices.Contains(d.frameworks, w.Frameworks[i]) })
	ask("AI Act role", texts(w.AIRole), d.hasAI, func(i int) bool { return slices.Contains(d.roles, w.AIRole[i]) })
	ask("AI Act risk class", texts(w.AIRisk), d.hasAI, func(i int) bool { return slices.Contains(d.risks, w.AIRisk[i]) })
	if no != "" {
		return no, false
	}
	return strings.Join(reasons, "; "), true
}

func texts[T ~string](words []T) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return out
}

// An Applicability says whether a requirement applies to a tree, and why or why not.
type Applicability struct {
	File        string
	Requirement *Requirement
	Applies     bool
	Why         string
}

// Applicable decides for every requirement whether it applies to a tree, from the names
// of its files and the declared context: the same for the same, every time. Files that
// can not be listed exclude nothing.
func Applicable(ctx context.Context, files []*Requirements, in checks.Tree) ([]Applicability, error) {
	names, unlisted, err := listed(ctx, in)
	if err != nil {
		return nil, err
	}
	tree, context := newArchitecture(names, unlisted == ""), declared(files)
	all := []Applicability{}
	for _, f := range files {
		for i := range f.Controls {
			r := &f.Controls[i]
			why, applies := r.applies(tree, context)
			all = append(all, Applicability{f.Path, r, applies, why})
		}
	}
	return all, nil
}
