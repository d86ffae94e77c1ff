package workflows

import (
	"fmt"
	"slices"
	"strings"

	"custody/internal/change/manifest"
	"custody/internal/control/checks"
	"custody/internal/control/checks/yamltree"
	"custody/internal/finding"
)

// Events at which a workflow runs with the rights and secrets of the repository, on
// what somebody without any has sent.
var privileged = []string{"pull_request_target", "issue_comment", "issues", "workflow_run", "discussion", "discussion_comment", "pull_request_review_comment", "pull_request_review", "pull_request_comment", "fork", "watch", "gollum", "commit_comment"}

// a workflow's events, permissions and the like, while its jobs are looked at.
type workflow struct {
	events []string
}

func (w *workflow) on(any []string) bool {
	return slices.ContainsFunc(w.events, func(e string) bool { return slices.Contains(any, e) })
}

// name is the first of the workflow's events among some.
func (w *workflow) name(any []string) string {
	for _, e := range w.events {
		if slices.Contains(any, e) {
			return e
		}
	}
	return ""
}

// workflow looks at one of GitHub, Gitea or Forgejo.
func (r *reader) workflow(root *yamltree.Node) {
	w := &workflow{events: events(root.Get("on"))}
	jobs := root.Get("jobs")
	if root.Kind != yamltree.Map || jobs == nil {
		return
	}
	top := root.Get("permissions")
	r.permissions(top, "the workflow")
	r.unsecure(root)
	for _, f := range jobs.Fields {
		job := f.Value.Resolve()
		if job == nil || job.Kind != yamltree.Map {
			continue
		}
		own := job.Get("permissions")
		r.permissions(own, "job "+f.Key.Text)
		if top == nil && own == nil && !has(root, "permissions") && !has(job, "permissions") {
			r.find("no-permissions", finding.Error, f.Key.Line, f.Key.Text, fmt.Sprintf("job %s says nothing of permissions, so its token has whatever the organisation's default is", checks.Clip(f.Key.Text)))
		}
		r.runner(w, f.Key, job)
		if uses := job.Get("uses"); uses != nil {
			r.uses(uses)
			if secrets := job.Get("secrets"); secrets.Value() == "inherit" && !strings.HasPrefix(uses.Value(), "./") && !r.own(uses.Value()) {
				r.find("secrets-inherit", finding.Error, secrets.Line, uses.Value(), fmt.Sprintf("job %s hands every secret to a workflow of another owner", checks.Clip(f.Key.Text)))
			}
		}
		r.steps(w, job.Get("steps"), job)
	}
}

// has says whether a key stands there, perhaps without a value.
func has(n *yamltree.Node, key string) bool {
	return slices.ContainsFunc(n.Fields, func(f yamltree.Field) bool { return f.Key.Text == key })
}

// action looks at a composite action.
func (r *reader) action(root *yamltree.Node) {
	// Who calls it is not known here: text of strangers may reach it.
	r.steps(&workflow{events: []string{"pull_request"}}, root.Get("runs").Get("steps"), root)
}

func events(on *yamltree.Node) []string {
	switch {
	case on == nil:
		return nil
	case on.Kind == yamltree.Scalar:
		return []string{on.Text}
	}
	var all []string
	for _, item := range on.Items {
		all = append(all, item.Value())
	}
	for _, f := range on.Fields {
		all = append(all, f.Key.Text)
	}
	return all
}

// permissions looks at the rights that somebody asks for.
func (r *reader) permissions(n *yamltree.Node, who string) {
	if n.Value() == "write-all" {
		r.find("write-all", finding.Error, n.Line, who, fmt.Sprintf("%s asks for every right there is", checks.Clip(who)))
	}
}

// unsecure looks for the switch that lets every line of output set variables.
func (r *reader) unsecure(root *yamltree.Node) {
	root.Walk(func(keys []string, n *yamltree.Node) bool {
		if len(keys) > 0 && keys[len(keys)-1] == "ACTIONS_ALLOW_UNSECURE_COMMANDS" && n.Kind == yamltree.Scalar && n.Text != "false" && n.Text != "" {
			r.find("unsecure-commands", finding.Error, n.Line, "", "ACTIONS_ALLOW_UNSECURE_COMMANDS lets whatever is printed set variables of later steps")
		}
		return true
	})
}

// runner looks at where a job runs.
func (r *reader) runner(w *workflow, key, job *yamltree.Node) {
	if !w.on([]string{"pull_request", "pull_request_target", "issue_comment"}) {
		return
	}
	on := job.Get("runs-on")
	labels := on
	if l := on.Get("labels"); l != nil {
		labels = l
	}
	own := labels.Value() == "self-hosted"
	if labels != nil {
		for _, item := range labels.Items {
			own = own || item.Value() == "self-hosted"
		}
	}
	if own {
		level := finding.Warning
		if r.public {
			level = finding.Error
		}
		r.find("self-hosted", level, on.Line, key.Text, fmt.Sprintf("job %s runs code of pull requests on a machine of one's own, which keeps what they leave there", checks.Clip(key.Text)))
	}
}

// steps looks at the steps of a job.
func (r *reader) steps(w *workflow, steps, job *yamltree.Node) {
	if steps == nil {
		return
	}
	checkedOut := 0
	for _, item := range steps.Items {
		step := item.Resolve()
		if step == nil || step.Kind != yamltree.Map {
			continue
		}
		uses, run := step.Get("uses"), step.Get("run")
		if uses != nil {
			r.uses(uses)
			name, _, _ := strings.Cut(uses.Value(), "@")
			with := step.Get("with")
			if name == "actions/checkout" && r.checkout(w, with) {
				checkedOut = uses.Line
			}
			if name == "actions/github-script" {
				r.inject(w, with.Get("script"))
			}
		}
		if run != nil {
			r.inject(w, run)
			if r.fetches(w, run) {
				checkedOut = run.Line
			}
		}
		if checkedOut > 0 && len(secretsOf(step)) > 0 && !r.gated(job) {
			r.find("fork-secrets", finding.Error, step.Line, strings.Join(secretsOf(step), " "), fmt.Sprintf("a step behind the checkout of a stranger's code is given %s", strings.Join(secretsOf(step), ", ")))
		}
	}
}

// gated says whether a job waits for a person: an environment can ask for approval.
func (r *reader) gated(job *yamltree.Node) bool { return job.Get("environment") != nil }

// headRefs are parts of expressions that name the code of a pull request.
var headRefs = []string{"github.event.pull_request.head", "github.head_ref", "github.event.pull_request.merge_commit_sha", "github.event.workflow_run.head", "github.event.number", "github.event.pull_request.number", "github.event.issue.number"}

// checkout says whether a stranger's code is checked out with the rights of the
// repository.
func (r *reader) checkout(w *workflow, with *yamltree.Node) bool {
	if !w.on([]string{"pull_request_target", "workflow_run", "issue_comment"}) || with == nil {
		return false
	}
	ref, repository := with.Get("ref"), with.Get("repository")
	for _, n := range []*yamltree.Node{ref, repository} {
		for _, e := range expressions(n.Value()) {
			if slices.ContainsFunc(headRefs, func(h string) bool { return mentions(e, h) }) {
				event := w.name([]string{"pull_request_target", "workflow_run", "issue_comment"})
				r.find("untrusted-checkout", finding.Error, n.Line, event, fmt.Sprintf("at %s, with the rights of the repository, the code of whoever sent the pull request is checked out", event))
				return true
			}
		}
	}
	return false
}

// fetches says the same of a command that does it.
func (r *reader) fetches(w *workflow, run *yamltree.Node) bool {
	if !w.on([]string{"pull_request_target", "workflow_run", "issue_comment"}) {
		return false
	}
	for i, l := range run.Source {
		l = strings.TrimSpace(l)
		if strings.HasPrefix(l, "gh pr checkout") || strings.HasPrefix(l, "hub pr checkout") || strings.HasPrefix(l, "git fetch") && strings.Contains(l, "pull/") {
			event := w.name([]string{"pull_request_target", "workflow_run", "issue_comment"})
			r.find("untrusted-checkout", finding.Error, run.SourceLine+i, event, fmt.Sprintf("at %s, with the rights of the repository, the code of whoever sent the pull request is fetched", event))
			return true
		}
	}
	return false
}

// secretsOf are the secrets that a step names, but the token that every job has.
func secretsOf(step *yamltree.Node) []string {
	var all []string
	step.Walk(func(_ []string, n *yamltree.Node) bool {
		if n.Kind == yamltree.Scalar {
			for _, e := range expressions(n.Text) {
				for _, p := range paths(e) {
					if name, ok := strings.CutPrefix(p, "secrets."); ok && !strings.EqualFold(name, "GITHUB_TOKEN") && !slices.Contains(all, name) && len(name) < 100 {
						all = append(all, name)
					}
				}
			}
		}
		return true
	})
	return all
}

// inject finds text of strangers that becomes part of a script.
func (r *reader) inject(w *workflow, script *yamltree.Node) {
	if script == nil || script.Kind != yamltree.Scalar {
		return
	}
	for _, e := range expressions(script.Text) {
		source := tainted(e)
		if source == "" {
			continue
		}
		level := finding.Warning
		if w.on(privileged) {
			level = finding.Error
		}
		r.find("injection", level, lineOf(script, e), source, fmt.Sprintf("%s is put into a script as it is, and whoever writes it can write commands", source))
	}
}

// lineOf is where an expression stands in a scalar.
func lineOf(n *yamltree.Node, expr string) int {
	for i, l := range n.Source {
		if strings.Contains(l, expr) {
			return n.SourceLine + i
		}
	}
	return n.Line
}

// own says whether an action is the repository owner's.
func (r *reader) own(uses string) bool {
	owner, _, _ := strings.Cut(uses, "/")
	return r.owner != "" && strings.EqualFold(owner, r.owner)
}

// uses looks at which version of an action or workflow runs.
func (r *reader) uses(n *yamltree.Node) {
	name := n.Value()
	if name == "" || strings.HasPrefix(name, "./") || strings.Contains(name, "${{") {
		return
	}
	if image, ok := strings.CutPrefix(name, "docker://"); ok {
		if !strings.Contains(image, "@sha256:") {
			r.find("unpinned-action", finding.Warning, n.Line, name, fmt.Sprintf("image %s is not pinned by its digest", checks.Clip(image)))
		}
		return
	}
	action, ref, _ := strings.Cut(manifest.Public(name), "@") // Gitea takes addresses, too
	if isHash(ref) {
		return
	}
	level := finding.Warning
	owner, _, _ := strings.Cut(action, "/")
	if owner == "actions" || owner == "github" || r.own(name) {
		level = finding.Note
	}
	switch {
	case ref == "":
		r.find("unpinned-action", level, n.Line, action, fmt.Sprintf("action %s has no version", checks.Clip(action)))
	case ref == "main" || ref == "master" || ref == "develop" || ref == "dev" || ref == "latest":
		if level == finding.Warning {
			level = finding.Error
		}
		r.find("moving-action", level, n.Line, action, fmt.Sprintf("action %s is whatever branch %s is when it runs", checks.Clip(action), checks.Clip(ref)))
	default:
		// A move from one tag to the next is no news.
		r.find("unpinned-action", level, n.Line, action, fmt.Sprintf("action %s is pinned by %s, which its owner can move, not by a commit", checks.Clip(action), checks.Clip(ref)))
	}
}

func isHash(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}
