package control

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"

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
	"custody/internal/parallel"
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

// asksImpact says which checks ask what the change reaches. The others are not told, since
// they may be run before that is known.
func asksImpact(id config.BuiltIn) bool { return id == "tests" }

// Looked is what built-in checks found: about all files of a change, by check and
// options, with the blobs that they read, which serve the checks that come after.
type Looked struct {
	cache   *checks.Cache
	mu      sync.Mutex // of results
	results map[string]*checks.Result
}

func newLooked(lim checks.Limits) *Looked {
	return &Looked{cache: checks.NewCache(lim), results: map[string]*checks.Result{}}
}

// readsAll says which checks look at every file that a change adds to.
func readsAll(id config.BuiltIn) bool {
	return id == "agent-instructions" || id == "hidden-unicode" || id == "secrets"
}

// ReadAhead reads the files of a change that built-in checks will look at, as soon as it is
// known which files these are. LookAhead takes it as Input.Looked.
func ReadAhead(ctx context.Context, in Input) (*Looked, error) {
	if in.Limits == (Limits{}) {
		in.Limits = DefaultLimits()
	}
	looked := newLooked(in.Limits.Checks)
	return looked, looked.read(ctx, in)
}

// read fills the cache, if there is a check that reads all.
func (l *Looked) read(ctx context.Context, in Input) error {
	if in.Config == nil || in.Head == nil || !slices.ContainsFunc(in.Config.Rules, func(r config.LayeredRule) bool {
		return looksAhead(r, in.Stage) && slices.ContainsFunc(r.Checks, readsAll)
	}) {
		return nil
	}
	return l.cache.Fill(ctx, in.Head, in.Change.Files, in.Limits.Checks)
}

// looksAhead says whether the checks of a rule may be run before anything is known of the
// change but what it is.
func looksAhead(r config.LayeredRule, at change.Stage) bool {
	return r.Kind == config.KindChecks && slices.Contains(r.At, at) && reflect.ValueOf(r.When).IsZero()
}

// LookAhead runs the built-in checks that need neither impact nor authorship, for rules
// about every change: while those two are being found, this can be done. It changes no
// answer of Evaluate, which takes it as Input.Looked.
func LookAhead(ctx context.Context, in Input) (*Looked, error) {
	if in.Limits == (Limits{}) {
		in.Limits = DefaultLimits()
	}
	looked := in.Looked
	if looked == nil {
		looked = newLooked(in.Limits.Checks)
		if err := looked.read(ctx, in); err != nil { // else those who look at the same time would
			return nil, err
		}
	}
	if in.Config == nil {
		return looked, nil
	}
	in.Impact, in.Attestation = nil, nil // what there may be of them is not finished
	e := evaluation{Input: in}
	all := e.checksInput(config.LayeredRule{}, nil) // of as many files as were touched: all
	look := func(which func(config.BuiltIn) bool) func(context.Context) error {
		return func(ctx context.Context) error {
			all := all
			for _, r := range in.Config.Rules {
				if !looksAhead(r, in.Stage) {
					continue
				}
				all.Options = optionsOf(r)
				for _, id := range r.Checks {
					if asksImpact(id) || !which(id) {
						continue
					}
					if _, err := looked.at(ctx, id, all.With(looked.cache), true); err != nil {
						return fmt.Errorf("running the built-in checks: %w", err)
					}
				}
			}
			return nil
		}
	}
	// That for secrets takes as long as all the others.
	secrets := func(id config.BuiltIn) bool { return id == "secrets" }
	others := func(id config.BuiltIn) bool { return id != "secrets" }
	if err := parallel.Together(ctx, look(secrets), look(others)); err != nil {
		return nil, err
	}
	return looked, nil
}

// at is what a check finds; nil when this program has no such check. Floor and policy
// often ask for the same: about all files it is looked for once. An answer about some
// says nothing of the others.
func (l *Looked) at(ctx context.Context, id config.BuiltIn, in *checks.Input, everything bool) (*checks.Result, error) {
	check, def := builtinCheck(id), checks.Define(string(id))
	if check == nil || def == nil {
		return nil, nil
	}
	key := fmt.Sprintf("%s %q", id, in.Options)
	if res := l.result(key); res != nil && everything {
		return res, nil
	}
	told := *in
	if !asksImpact(id) {
		told.Impact = nil
	}
	res := checks.NewResult(def, in.Limits)
	if err := check.Look(ctx, &told, res); err != nil {
		return nil, err
	}
	if everything {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.results[key] = res
	}
	return res, nil
}

func (l *Looked) result(key string) *checks.Result {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.results[key]
}

// look runs the checks that rules in force ask for, one rule after the other.
func (e *evaluation) look(ctx context.Context) error {
	if e.Config == nil {
		return nil
	}
	e.looked = map[string]answer{}
	if e.Looked == nil {
		e.Looked = newLooked(e.Limits.Checks)
	}
	for _, r := range e.Config.Rules {
		if r.Kind != config.KindChecks || !e.inForce(r) {
			continue
		}
		w := e.applies(r)
		if w.outcome == finding.NotApplicable {
			continue
		}
		a, err := e.checks(ctx, r, w.files)
		if err != nil {
			return err
		}
		e.looked[r.CheckID] = a
	}
	return nil
}

// checks answers a rule of kind checks: nothing that weighs as an error was found by
// any of them, and each looked at all that it is about.
func (e *evaluation) checks(ctx context.Context, r config.LayeredRule, files []touched) (answer, error) {
	var a answer
	in := e.checksInput(r, files).With(e.Looked.cache)
	everything := in.Concerns == nil && len(files) == len(e.touched)
	var outcomes []finding.Outcome
	for _, id := range r.Checks {
		res, err := e.Looked.at(ctx, id, in, everything)
		if err != nil {
			return answer{}, err
		}
		if res == nil {
			outcomes, a.unsure = append(outcomes, finding.NotAssessed), true
			a.because(ReasonNoCheck, "this program has no check %s", id)
			continue
		}
		outcomes, a.unsure = append(outcomes, res.Outcome()), a.unsure || res.Unsure()
		at, unit := res.LookedAtAll()
		a.looked = append(a.looked, finding.Looked{Check: string(id), Outcome: res.Outcome(), At: at, Unit: unit, Found: res.FoundAll(), Whole: everything && in.Incomplete == ""})
		a.reasons = append(a.reasons, res.Reasons()...)
		for _, f := range res.Found() {
			name := string(id)
			if f.Rule != "" {
				name += "/" + f.Rule
			}
			a.found = append(a.found, scoped{finding.Finding{
				Check: name, Level: f.Level,
				Place:   finding.Place{Path: f.Path.Escaped(), StartLine: f.Start, EndLine: f.End},
				Message: f.Message, Remedy: f.Remedy, Who: "the authors of the change", More: f.More,
			}, f.About})
		}
	}
	a.outcome = finding.Worst(outcomes...)
	return a, nil
}

func (e *evaluation) checksInput(r config.LayeredRule, files []touched) checks.Input {
	in := checks.Input{
		Change: e.Change, Base: e.Base, Context: e.Context, Impact: e.Impact,
		Limits: e.Limits.Checks,
	}
	if e.Head != nil {
		in.Head = e.Head
	}
	if c, ok := e.Head.(checks.Commits); ok {
		in.Commits = c
	}
	if in.Files = e.Change.Files; len(files) != len(e.touched) {
		in.Files = make([]change.File, len(files))
		for i, t := range files {
			in.Files[i] = t.File
		}
	}
	if why, whole := filesWhole(e.Change); !whole {
		in.Incomplete = why
	}
	if len(r.When.Paths) > 0 {
		in.Concerns = func(p change.Path) bool { return config.Concerns(r.When.Paths, p, false) }
	}
	in.Options = optionsOf(r)
	return in
}

func optionsOf(r config.LayeredRule) (o checks.Options) {
	for _, g := range r.Prompts {
		o.Prompts = append(o.Prompts, string(g))
	}
	return o
}

// mapsOf are the controls to which a rule gives evidence: those that the policy names
// and, of built-in checks, those of their definitions. A rule that is satisfied is evidence by
// those of its checks that looked at something and found nothing.
func mapsOf(r config.LayeredRule, a answer) []config.Map {
	all := slices.Clone(r.Maps)
	for _, id := range r.Checks {
		i := slices.IndexFunc(a.looked, func(l finding.Looked) bool { return l.Check == string(id) })
		if a.outcome == finding.Satisfied && i >= 0 && (a.looked[i].Outcome != finding.Satisfied || a.looked[i].Found > 0) {
			continue
		}
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
