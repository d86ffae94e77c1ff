//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"custody/attestation"
	"custody/attestation/corpus"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/review"
)

// An answer is a case and what was said of it.
type answer struct {
	want   corpus.Case
	saidAI bool
	wrong  []string // labels that do not hold
}

// ask makes every case and lets the pipeline answer it.
func ask(ctx context.Context, cases []corpus.Case) ([]answer, error) {
	dir, err := os.MkdirTemp("", "attribution")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	keys, err := newKeys(ctx, filepath.Join(dir, "keys"))
	if err != nil {
		return nil, err
	}
	defer keys.end()
	b := builder{ctx, dir, keys}
	made := make([]built, len(cases))
	var simple []corpus.Case
	for _, c := range cases {
		if plain(&c) {
			simple = append(simple, c)
		}
	}
	shared, err := b.messages(simple)
	if err != nil {
		return nil, err
	}
	var answers []answer
	for i, c := range cases {
		if plain(&c) {
			made[i], shared = shared[0], shared[1:]
		} else if made[i], err = b.build(i, c); err != nil {
			return nil, err
		}
		report, err := attest(ctx, made[i], keys)
		if err != nil {
			return nil, fmt.Errorf("case %q: %w", c.Name, err)
		}
		a, err := judge(c, made[i], report)
		if err != nil {
			return nil, err
		}
		answers = append(answers, a)
	}
	return answers, nil
}

func attest(ctx context.Context, b built, k *keys) (*attestation.Report, error) {
	repo, err := git.Open(ctx, b.dir, git.WithEnviron(os.Environ()))
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	base, err := git.ParseOID(b.base)
	if err != nil {
		return nil, err
	}
	head, err := git.ParseOID(b.head)
	if err != nil {
		return nil, err
	}
	var doc []byte
	if b.context != "" {
		doc = []byte(b.context)
	}
	in := review.Input{Repository: repo, Base: base, Head: head, Context: doc, ContextFile: "context", KeyRing: k.ring, KeyRingFile: "keys", Day: k.day}
	if b.floor != "" {
		in.Floor, in.FloorFile = []byte(b.floor), "floor"
	}
	return review.Attest(ctx, in)
}

// judge compares a report with the labels.
func judge(c corpus.Case, b built, r *attestation.Report) (answer, error) {
	i := slices.IndexFunc(r.Commits, func(k attestation.Commit) bool { return k.SHA.String() == b.of })
	if i < 0 {
		return answer{}, fmt.Errorf("case %q: the report has no commit %s", c.Name, b.of)
	}
	k := r.Commits[i]
	a := answer{want: c, saidAI: len(k.Agents) > 0}
	check := func(what, got, want string, always bool) {
		if want == "-" {
			want, always = "", true
		}
		if got != want && (want != "" || always) {
			a.wrong = append(a.wrong, fmt.Sprintf("%s %q, want %q", what, got, want))
		}
	}
	var agents []string
	for _, agent := range k.Agents {
		agents = append(agents, strings.TrimSuffix(agent.ID+":"+agent.Model, ":"))
	}
	check("class", string(k.Class), c.Class, true)
	check("agents", strings.Join(agents, " "), c.Agents, true)
	check("people", strings.Join(k.People, "|"), c.People, false)
	var lines []string
	for _, class := range attestation.Classes {
		if n := r.Summary.Lines[class]; n > 0 {
			lines = append(lines, fmt.Sprintf("%s %d", class, n))
		}
	}
	check("lines", strings.Join(lines, ", "), c.Lines, false)
	var rules []string
	for _, f := range r.Findings {
		rules = append(rules, f.Rule)
	}
	slices.Sort(rules)
	check("findings", strings.Join(slices.Compact(rules), " "), c.Findings, false)
	if cut := r.Outcome != finding.Satisfied; cut != c.Cut {
		a.wrong = append(a.wrong, fmt.Sprintf("something could not be read: %v, want %v", cut, c.Cut))
	}
	return a, nil
}
