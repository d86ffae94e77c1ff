package workflows

import (
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/control/checks"
	"custody/internal/control/checks/checkstest"
	"custody/internal/finding"
)

func TestFiles(t *testing.T) { checkstest.Files(t, "workflows", Check{}, "testdata/files") }

func TestTainted(t *testing.T) {
	for expr, want := range map[string]string{
		"github.event.issue.title":                                              "github.event.issue.title",
		"github.head_ref || github.ref":                                         "github.head_ref",
		"github.event_name == 'x' && github.head_ref || 'y'":                    "github.head_ref",
		"github.head_ref == 'x' && 'a' || 'b'":                                  "",
		"github.head_ref && 'a'":                                                "",
		"!github.head_ref":                                                      "",
		"contains(github.event.issue.body, 'x')":                                "",
		"format('{0}', github.event.comment.body)":                              "github.event.comment.body",
		"join(github.event.commits.*.message, ' ')":                             "github.event.commits.*.message",
		"github.event.commits[0].message":                                       "github.event.commits.*.message",
		"toJSON(github.event)":                                                  "github.event",
		"toJson(github)":                                                        "github",
		"github['event']['issue']['title']":                                     "github.event.issue.title",
		"GitHub.Event.Issue.Title":                                              "GitHub.Event.Issue.Title",
		"github.event.issue.number":                                             "",
		"github.event.pull_request.head.sha":                                    "",
		"'github.event.issue.title'":                                            "",
		"fromJSON(github.event.issue.body).x":                                   "github.event.issue.body",
		"(github.head_ref)":                                                     "github.head_ref",
		"github.event.pull_request[matrix.x]":                                   "github.event.pull_request.*",
		strings.Repeat("(", 100) + "github.head_ref" + strings.Repeat(")", 100): "an expression that is nested too deep",
		"startsWith(github.head_ref, 'a') || github.event.review.body":          "github.event.review.body",
	} {
		if got := tainted(expr); got != want {
			t.Errorf("%.80s: %q, want %q", expr, got, want)
		}
	}
}

// TestPublic: on a public repository everybody may send a pull request to one's machine.
func TestPublic(t *testing.T) {
	head := map[string]string{".github/workflows/a.yml": "on: pull_request\npermissions: {}\njobs:\n  a:\n    runs-on: self-hosted\n    steps:\n      - uses: me/x@v1\n"}
	for visibility, want := range map[string]finding.Outcome{"": finding.Satisfied, "private": finding.Satisfied, "public": finding.NotSatisfied} {
		out := checkstest.Look(t, "workflows", Check{}, map[string]string{"x": ""}, head, func(in *checks.Input) {
			in.Context = &change.Context{Repository: &change.Repository{Owner: "me", Visibility: visibility}}
		})
		if out.Outcome() != want {
			t.Errorf("%q: %s", visibility, checkstest.Show(out))
		}
	}
}

func FuzzWorkflow(f *testing.F) {
	for _, src := range []string{"on: [issues]\njobs:\n  a:\n    steps:\n      - run: ${{ github.event.issue.title }}\n", "include: [{project: a}, 'http://x']", "jobs: {a: {uses: x, secrets: inherit, runs-on: {labels: [self-hosted]}}}", "runs: {steps: [{uses: a@b, with: {ref: '${{ github.head_ref }}'}}]}", "on: &a\n  x: *a\njobs: *a"} {
		f.Add([]byte(src), "github['x'].y[0] && f(!a) || 'b' == c")
	}
	f.Fuzz(func(t *testing.T, src []byte, expr string) {
		tainted(expr)
		paths(expr)
		lines := strings.Count(string(src), "\n") + 1
		for _, kind := range []change.Path{".github/workflows/a.yml", "action.yml", ".gitlab-ci.yml"} {
			r := &reader{}
			found, _ := r.read(src, kindOf(kind))
			for _, p := range found {
				if p.line < 1 || p.line > lines || p.rule == "" {
					t.Fatalf("%+v of %d lines", p, lines)
				}
			}
		}
	})
}
