package pack

import (
	"path"
	"slices"
	"strings"

	"custody/attestation"
	"custody/impact"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
	"custody/internal/review"
)

// fileFacts is what the documents of a verdict say of one file.
type fileFacts struct {
	errors, warnings int
	inLines          int    // of the warnings, those that are about lines of it
	first            string // message of the gravest finding
	firstLevel       finding.Level
	standsIn         bool // for findings that are not listed: any other tells more
	reaches          int  // nodes that it is known to reach itself
	ofPackage        bool // reaches counts for all of its Go package
	breaking         []string
	agent            int // lines
	added            int
}

func gatherFileFacts(v *review.Verdict) map[string]*fileFacts {
	all := make(map[string]*fileFacts, len(v.Change.Files))
	for i := range v.Change.Files {
		all[v.Change.Files[i].Path] = &fileFacts{}
	}
	sorted := slices.Clone(v.Findings)
	finding.Sort(sorted)         // the gravest first
	counted := map[string]bool{} // rules that count lines: they say nothing of a file
	for _, c := range v.Checks {
		counted[c.ID] = config.Kind(c.Asks) == config.KindAuthorshipLimit
	}
	seen := map[finding.Finding]bool{} // several rules may ask for one check
	for _, f := range sorted {
		about := all[f.Place.Path]
		same := f
		same.Rule, same.Level = "", 0
		if about == nil || f.WaivedBy != "" || f.Level == finding.Note || seen[same] || counted[f.Rule] {
			continue
		}
		seen[same] = true
		if about.errors+about.warnings == 0 || f.Level < about.firstLevel || f.Level == about.firstLevel && about.standsIn && f.More == 0 {
			about.first, about.firstLevel, about.standsIn = f.Message, f.Level, f.More > 0
		}
		if f.Level == finding.Error {
			about.errors++
		} else {
			about.warnings++
			if f.Place.StartLine > 0 {
				about.inLines++
			}
		}
	}
	countReached(v, all)
	if r := v.Impact; r != nil {
		for i := range r.Changed {
			about := all[r.Changed[i].Path]
			for _, s := range r.Changed[i].Symbols {
				if about != nil && s.Exported && (s.Change == "removed" || s.Change == "signature" || s.Change == "renamed") {
					about.breaking = append(about.breaking, s.Name)
				}
			}
		}
	}
	if r := v.Attestation; r != nil {
		for _, f := range r.Files {
			about := all[f.Path]
			if about == nil {
				continue
			}
			for class, n := range f.Lines {
				if class.IsAI() || class == attestation.Mixed {
					about.agent += n
				}
			}
			about.added = f.Added
		}
	}
	return all
}

// countReached counts for each file what is shown to depend on it: a list shows one way to each
// node, so that it may be more. A Go file imports packages: what is not known by symbol depends
// on the package, and is counted once, for that of its files of which most changed. Nobody
// depends yet on a file that the change adds.
func countReached(v *review.Verdict, all map[string]*fileFacts) {
	if v.Impact == nil {
		return
	}
	lines, main := map[string]int{}, map[string]string{}
	for i := range v.Change.Files {
		f := &v.Change.Files[i]
		_, test := impact.TestLanguage(change.Path(f.Path))
		if folder := path.Dir(f.Path); path.Ext(f.Path) == ".go" && f.Status != change.Added && !test && (main[folder] == "" || f.Added+f.Deleted > lines[folder]) {
			lines[folder], main[folder] = f.Added+f.Deleted, f.Path
		}
	}
	for i := range v.Impact.Reached {
		n := &v.Impact.Reached[i]
		if len(n.Via) == 0 || n.Kind == impact.KindPackage {
			continue
		}
		from := strings.TrimPrefix(n.Via[0], "file:")
		byPackage := path.Ext(from) == ".go" && n.Precision == impact.PrecisionFile
		if byPackage {
			from = main[path.Dir(from)]
		}
		if about := all[from]; about != nil {
			about.reaches++
			about.ofPackage = about.ofPackage || byPackage
		}
	}
	for i := range v.Change.Files {
		if f := &v.Change.Files[i]; f.Status == change.Added {
			all[f.Path].reaches = 0
		}
	}
}

// isMixed is whether agents wrote some of a change and others some: where it is all of
// one hand, that tells no file from another.
func isMixed(r *attestation.Report) bool {
	if r == nil {
		return false
	}
	agent := 0
	for class, n := range r.Summary.Lines {
		if class.IsAI() {
			agent += n
		}
	}
	return agent > 0 && agent*10 < r.Summary.AddedLines*9
}
