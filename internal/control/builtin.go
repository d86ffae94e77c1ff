package control

import (
	"context"
	"fmt"
	"slices"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control/checks"
	agentinstructions "custody/internal/control/checks/agent-instructions"
	"custody/internal/control/checks/commands"
	"custody/internal/control/checks/dependencies"
	hiddenunicode "custody/internal/control/checks/hidden-unicode"
	"custody/internal/control/checks/licences"
	"custody/internal/control/checks/migrations"
	personaldata "custody/internal/control/checks/personal-data"
	"custody/internal/control/checks/secrets"
	testfirst "custody/internal/control/checks/test-first"
	"custody/internal/control/checks/tests"
	"custody/internal/control/checks/workflows"
	"custody/internal/finding"
)

// builtin are the checks that this program has, each by the name of its folder.
var builtin = []struct {
	id string
	checks.Check
}{
	{"agent-instructions", agentinstructions.Check{}},
	{"commands", commands.Check{}},
	{"dependencies", dependencies.Check{}},
	{"hidden-unicode", hiddenunicode.Check{}},
	{"licences", licences.Check{}},
	{"migrations", migrations.Check{}},
	{"personal-data", personaldata.Check{}},
	{"secrets", secrets.Check{}},
	{"test-first", testfirst.Check{}},
	{"tests", tests.Check{}},
	{"workflows", workflows.Check{}},
}

func builtinCheck(id config.BuiltIn) checks.Check {
	for _, b := range builtin {
		if b.id == string(id) {
			return b.Check
		}
	}
	return nil
}

// look runs the checks that rules in force ask for, one rule after the other.
func (e *evaluation) look(ctx context.Context) error {
	if e.Config == nil {
		return nil
	}
	e.looked = map[string]answer{}
	kept := &kept{checks.NewCache(e.Limits.Checks), map[string]*checks.Result{}}
	for _, r := range e.Config.Rules {
		if r.Kind != config.KindChecks || !e.inForce(r) {
			continue
		}
		w := e.applies(r)
		if w.outcome == finding.NotApplicable {
			continue
		}
		a, err := e.checks(ctx, r, w.files, kept)
		if err != nil {
			return err
		}
		e.looked[r.CheckID] = a
	}
	return nil
}

// kept is what one rule's checks leave for the next: blobs, and the answers about all
// files, by check and options.
type kept struct {
	cache   *checks.Cache
	results map[string]*checks.Result
}

// checks answers a rule of kind checks: nothing that weighs as an error was found by
// any of them, and each looked at all that it is about.
func (e *evaluation) checks(ctx context.Context, r config.LayeredRule, files []touched, kept *kept) (answer, error) {
	var a answer
	in := e.checksInput(r, files).With(kept.cache)
	var outcomes []finding.Outcome
	for _, id := range r.Checks {
		check, def := builtinCheck(id), checks.Define(string(id))
		if check == nil || def == nil {
			outcomes, a.unsure = append(outcomes, finding.NotAssessed), true
			a.because(ReasonNoCheck, "this program has no check %s", id)
			continue
		}
		// Floor and policy often ask for the same: it is looked for once.
		key := fmt.Sprintf("%s %q", id, in.Options)
		res := kept.results[key]
		// An answer about some files says nothing of the others.
		everything := in.Concerns == nil && len(files) == len(e.touched)
		if res == nil || !everything {
			res = checks.NewResult(def, e.Limits.Checks)
			if err := check.Look(ctx, in, res); err != nil {
				return answer{}, err
			}
			if everything {
				kept.results[key] = res
			}
		}
		outcomes, a.unsure = append(outcomes, res.Outcome()), a.unsure || res.Unsure()
		a.reasons = append(a.reasons, res.Reasons()...)
		for _, f := range res.Found() {
			name := def.ID
			if f.Rule != "" {
				name += "/" + f.Rule
			}
			a.found = append(a.found, scoped{finding.Finding{
				Check: name, Level: f.Level,
				Place:   finding.Place{Path: f.Path.Escaped(), StartLine: f.Start, EndLine: f.End},
				Message: f.Message, Remedy: f.Remedy, Who: "the authors of the change",
			}, f.About})
		}
	}
	a.outcome = finding.Worst(outcomes...)
	return a, nil
}

func (e *evaluation) checksInput(r config.LayeredRule, files []touched) checks.Input {
	in := checks.Input{
		Change: e.Change, Base: e.Base, Context: e.Context, Attestation: e.Attestation, Impact: e.Impact,
		Limits: e.Limits.Checks,
	}
	if e.Head != nil {
		in.Head = e.Head
	}
	if c, ok := e.Head.(checks.Commits); ok {
		in.Commits = c
	}
	for _, t := range files {
		in.Files = append(in.Files, t.File)
	}
	if why, whole := filesWhole(e.Change); !whole {
		in.Incomplete = why
	}
	if len(r.When.Paths) > 0 {
		in.Concerns = func(p change.Path) bool { return config.Concerns(r.When.Paths, p, false) }
	}
	for _, g := range r.Prompts {
		in.Options.Prompts = append(in.Options.Prompts, string(g))
	}
	return in
}

// mapsOf are the controls to which a rule gives evidence: those that the policy names
// and, of built-in checks, those of their definitions.
func mapsOf(r config.LayeredRule) []config.Map {
	all := slices.Clone(r.Maps)
	for _, id := range r.Checks {
		if d := checks.Define(string(id)); d != nil {
			for _, m := range d.Maps {
				if m := config.KnownMap(m.Framework, m.ID); !slices.Contains(all, m) {
					all = append(all, m)
				}
			}
		}
	}
	return all
}

// Builtin lists the checks for whoever measures them: each by its id.
func Builtin() map[string]checks.Check {
	all := map[string]checks.Check{}
	for _, b := range builtin {
		all[b.id] = b.Check
	}
	return all
}
