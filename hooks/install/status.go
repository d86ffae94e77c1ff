package install

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// StatusSchema is the value of Status.Schema.
const StatusSchema = "custody/hook-status/v1"

// A Status is the document custody/hook-status/v1: which hooks are where.
type Status struct {
	Schema       string       `json:"schema"`
	Repositories []Repository `json:"repositories"`
}

// A Repository is what stands in one repository, or in a folder of hooks.
type Repository struct {
	Path     string     `json:"path"`
	Hooks    []Standing `json:"hooks"`    // those that Custody has anything to do with
	Floor    bool       `json:"floor"`    // it has one of its own
	Packs    int        `json:"packs"`    // that are kept
	Problems []string   `json:"problems"` // a sentence each, with what to do
}

// A Standing is one hook.
type Standing struct {
	Name  string `json:"name"` // "pre-receive"
	File  string `json:"file"`
	State State  `json:"state"`
	Call  string `json:"call,omitempty"` // what our hook runs
}

// StatusOf looks at the places of one repository.
func StatusOf(root string, places []Place) Repository {
	r := Repository{Path: root, Hooks: []Standing{}, Problems: []string{}}
	problem := func(format string, a ...any) { r.Problems = append(r.Problems, fmt.Sprintf(format, a...)) }
	ours := map[string]bool{}
	for _, place := range places {
		state, text, err := place.Look()
		if err != nil {
			problem("%v", err)
			continue
		}
		switch state {
		case Absent, Other:
			continue
		case Replaced:
			problem("%s was replaced after Custody was installed: pushes are not judged. Take one of the two hooks away and install again", place.File())
		default:
			ours[place.Hook] = true
			if err := place.Check(); err != nil {
				problem("%v", err)
			}
			for _, why := range amiss(wordsOf(CallOf(text))) {
				problem("%s %s: install again", place.File(), why)
			}
			if info, err := os.Stat(place.File()); err == nil && info.Mode()&0o100 == 0 {
				problem("%s is not executable, so git passes it over: chmod +x", place.File())
			}
		}
		r.Hooks = append(r.Hooks, Standing{Name: place.Hook, File: place.File(), State: state, Call: CallOf(text)})
	}
	switch {
	case !ours["pre-receive"] && !ours["update"] && !ours["post-receive"]:
		if len(r.Problems) == 0 {
			problem("Custody is not installed here: 'custody hook install'")
		}
	case !ours["pre-receive"] && !ours["update"]:
		problem("no hook of Custody judges pushes before they are accepted: 'custody hook install'")
	}
	_, err := os.Stat(filepath.Join(root, "custody", "floor.yaml"))
	r.Floor = err == nil
	kept, _ := os.ReadDir(filepath.Join(root, "custody", "packs")) // none is none
	for _, e := range kept {
		if strings.HasSuffix(e.Name(), ".zip") {
			r.Packs++
		}
	}
	return r
}

// files are the flags of a hook that name a file which has to be there.
var files = []string{"--key", "--signer-key", "--trusted-keys", "--floor"}

// amiss says what a call needs and is not there.
func amiss(words []string) []string {
	if len(words) == 0 {
		return []string{"calls nothing"}
	}
	var all []string
	if info, err := os.Stat(words[0]); err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		all = append(all, "runs "+words[0]+", which can not be run")
	}
	for i, w := range words[:len(words)-1] {
		if slices.Contains(files, w) {
			f, err := os.Open(words[i+1])
			if err != nil {
				all = append(all, fmt.Sprintf("needs its %s: %v", w, err))
				continue
			}
			f.Close()
		}
	}
	return all
}
