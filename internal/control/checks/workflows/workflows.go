// Package workflows finds what makes a CI's workflow do more than it should for whoever
// sends a pull request: too many rights, code and text of strangers that runs with them,
// actions that change under the same name.
//
// It compares a workflow with what it was before the change and tells what is new. It
// reads YAML and expressions, and runs and fetches nothing.
package workflows

import (
	"context"
	"path"
	"strings"

	"custody/internal/change"
	"custody/internal/control/checks"
	"custody/internal/control/checks/yamltree"
	"custody/internal/finding"
)

// Check is the built-in check workflows.
type Check struct{}

// a problem is one finding in a file.
type problem struct {
	rule    string
	level   finding.Level
	line    int
	message string
	key     string // what it is about, whatever line it stands on
}

// Look implements checks.Check.
func (Check) Look(ctx context.Context, in *checks.Input, out *checks.Result) error {
	type changed struct {
		file *change.File
		kind func(*reader, *yamltree.Node)
		now  []problem
	}
	var all []changed
	var old []*change.File
	r := &reader{}
	if in.Context != nil && in.Context.Repository != nil {
		r.owner, r.public = in.Context.Repository.Owner, in.Context.Repository.Visibility == "public"
	}
	wanted := func(f *change.File) bool { return kindOf(f.Path) != nil }
	err := in.Read(ctx, out, wanted, func(t checks.Text) error {
		kind := kindOf(t.File.Path)
		now, err := r.read(t.Bytes, kind)
		if err != nil {
			out.Unread(t.File.Path, "not YAML that can be read: %v", err)
			return nil
		}
		out.Looked()
		all = append(all, changed{t.File, kind, now})
		if before := t.File; before.OldMode.IsRegular() && len(now) > 0 {
			old = append(old, before)
		}
		return nil
	})
	if err != nil {
		return err
	}
	before := map[*change.File]map[string]int{}
	err = in.ReadOld(ctx, out, old, func(f *change.File, text []byte) error {
		was := f.Path
		if f.OldPath != "" {
			was = f.OldPath
		}
		kind := kindOf(was)
		if kind == nil {
			return nil // it was no workflow: everything is new
		}
		problems, err := r.read(text, kind)
		if err != nil {
			return nil // what was not understood before excuses nothing now
		}
		before[f] = map[string]int{}
		for _, p := range problems {
			before[f][p.rule+"\x00"+p.key]++
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, c := range all {
		for _, p := range c.now {
			if k := p.rule + "\x00" + p.key; before[c.file][k] > 0 {
				before[c.file][k]--
				continue
			}
			out.Find(checks.Found{Rule: p.rule, Level: p.level, Path: c.file.Path, Start: p.line, Message: p.message})
		}
	}
	return nil
}

// kindOf says how a file is read; nil for one that is no business of this check.
func kindOf(p change.Path) func(*reader, *yamltree.Node) {
	name, dir := path.Base(string(p)), path.Dir(string(p))
	if ext := path.Ext(name); ext != ".yml" && ext != ".yaml" {
		return nil
	}
	switch {
	case dir == ".github/workflows", dir == ".gitea/workflows", dir == ".forgejo/workflows":
		return (*reader).workflow
	case name == "action.yml", name == "action.yaml":
		return (*reader).action
	case strings.HasSuffix(name, ".gitlab-ci.yml"), strings.HasSuffix(name, ".gitlab-ci.yaml"), strings.HasPrefix(dir+"/", ".gitlab/ci/"):
		return (*reader).gitlab
	}
	return nil
}

// reader finds the problems of one file.
type reader struct {
	owner  string // of the repository, where the context says it
	public bool
	found  []problem
}

func (r *reader) read(src []byte, kind func(*reader, *yamltree.Node)) ([]problem, error) {
	docs, err := yamltree.Parse(src)
	if err != nil {
		return nil, err
	}
	r.found = nil
	for _, d := range docs {
		kind(r, d)
	}
	return r.found, nil
}

func (r *reader) find(rule string, level finding.Level, line int, key, message string) {
	r.found = append(r.found, problem{rule, level, line, message, key})
}
