package githubtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"unicode/utf8"
)

// A CheckRun is one check of one commit, as the App that made it last left it.
type CheckRun struct {
	ID          int64
	Name        string
	HeadSHA     string
	App         *App
	Status      string // queued, in_progress, completed ...
	Conclusion  string // "" until completed
	DetailsURL  string
	ExternalID  string
	Title       string
	Summary     string
	Text        string
	Annotations []Annotation
	Actions     []Action
	Concluded   []string // every conclusion that it was given, in order
	Writes      int      // creations and updates

	suite              *CheckSuite
	started, completed string
	ended              int // its place among those that ended; 0: it did not
}

// An Annotation is a remark on lines of a file.
type Annotation struct {
	Path            string  `json:"path"`
	StartLine       int     `json:"start_line"`
	EndLine         int     `json:"end_line"`
	StartColumn     *int    `json:"start_column"`
	EndColumn       *int    `json:"end_column"`
	AnnotationLevel string  `json:"annotation_level"`
	Message         string  `json:"message"`
	Title           *string `json:"title"`
	RawDetails      *string `json:"raw_details"`
}

// An Action is a button of a check run.
type Action struct {
	Label       string `json:"label"`
	Description string `json:"description"`
	Identifier  string `json:"identifier"`
}

// A CheckSuite is all check runs of one App on one commit.
type CheckSuite struct {
	ID      int64
	App     *App
	HeadSHA string
	Branch  string // "" of a fork
	created string
	before  string
}

// CheckRuns are those on a commit, of every App, in the order of their creation.
func (r *Repo) CheckRuns(sha string) []CheckRun {
	defer r.gh.lock()()
	var out []CheckRun
	for _, run := range r.runs {
		if run.HeadSHA == sha {
			c := *run
			c.Annotations = slices.Clone(run.Annotations)
			c.Concluded = slices.Clone(run.Concluded)
			out = append(out, c)
		}
	}
	return out
}

// CheckRunBy is a check run of another App, such as "github-actions"; an empty
// conclusion leaves it in progress. Called again for the same name and commit it
// makes another one, as running a workflow again does.
func (r *Repo) CheckRunBy(app, name, sha, conclusion string) *CheckRun {
	defer r.gh.lock()()
	run := &CheckRun{
		ID: r.gh.nextID(), Name: name, HeadSHA: sha, App: r.gh.otherApp(app), Status: "in_progress", Conclusion: conclusion,
		started: r.gh.stamp(), Writes: 1,
		DetailsURL: r.gh.URL + "/apps/" + app,
	}
	run.suite = r.suiteOf(run.App, sha)
	r.runs = append(r.runs, run)
	by := r.gh.bot(run.App)
	r.sendRun("created", by, run, nil)
	if conclusion != "" {
		run.Status, run.completed, run.Concluded, run.ended = "completed", r.gh.stamp(), []string{conclusion}, r.end()
		r.sendRun("completed", by, run, nil)
	}
	return run
}

// CompleteSuite tells that all checks of another App on a commit have ended, which GitHub
// does behind the last of them.
func (r *Repo) CompleteSuite(app, sha string) {
	defer r.gh.lock()()
	a := r.gh.otherApp(app)
	r.sendSuite("completed", r.gh.bot(a), r.suiteOf(a, sha))
}

// Rerequest asks the App to run a check again.
func (r *Repo) Rerequest(by string, id int64) {
	r.gh.tb.Helper()
	defer r.gh.lock()()
	run := r.run(id)
	if run == nil || run.App != r.gh.App {
		r.gh.tb.Fatalf("there is no check run %d of the App", id)
	}
	r.sendRun("rerequested", r.gh.person(by), run, nil)
}

// RerequestSuite asks the App to run all of its checks on a commit again.
func (r *Repo) RerequestSuite(by, sha string) {
	defer r.gh.lock()()
	r.sendSuite("rerequested", r.gh.person(by), r.suiteOf(r.gh.App, sha))
}

// Press presses a button of a check run, which must be there.
func (r *Repo) Press(by string, id int64, identifier string) {
	r.gh.tb.Helper()
	defer r.gh.lock()()
	run := r.run(id)
	if run == nil || run.Status != "completed" || !slices.ContainsFunc(run.Actions, func(a Action) bool { return a.Identifier == identifier }) {
		r.gh.tb.Fatalf("check run %d shows no button %q", id, identifier)
	}
	r.sendRun("requested_action", r.gh.person(by), run, object{"requested_action": object{"identifier": identifier}})
}

// end is the place of a run that ends now among those that did.
func (r *Repo) end() int {
	r.ends++
	return r.ends
}

func (r *Repo) run(id int64) *CheckRun {
	for _, run := range r.runs {
		if run.ID == id {
			return run
		}
	}
	return nil
}

// suite makes the App's suite on a pushed commit, as GitHub does by itself.
func (r *Repo) suite(sha string, from *Repo, branch string) {
	if from != r { // nobody hears of pushes to a fork
		return
	}
	i := r.gh.installationOf(r)
	if i == nil || !may(i.Permissions, "checks:write") {
		return
	}
	for _, s := range r.suites {
		if s.App == i.App && s.HeadSHA == sha {
			return
		}
	}
	s := r.suiteOf(i.App, sha)
	s.Branch = branch
	r.sendSuite("requested", r.Owner, s)
}

func (r *Repo) suiteOf(app *App, sha string) *CheckSuite {
	for _, s := range r.suites {
		if s.App == app && s.HeadSHA == sha {
			return s
		}
	}
	s := &CheckSuite{ID: r.gh.nextID(), App: app, HeadSHA: sha, created: r.gh.stamp()}
	for _, p := range r.pulls {
		if p.HeadSHA == sha && p.HeadRepo == r {
			s.Branch = p.HeadBranch
		}
	}
	r.suites = append(r.suites, s)
	return s
}

func (r *Repo) sendSuite(action string, by *Account, s *CheckSuite) {
	r.gh.send(r, "check_suite", action, by, object{"check_suite": r.suiteObject(s)})
}

// sendRun tells of a check run. Who asks for it to be run again speaks to the App
// that made it, everything else is said to all.
func (r *Repo) sendRun(action string, by *Account, run *CheckRun, more object) {
	payload := object{"check_run": r.runObject(run)}
	for k, v := range more {
		payload[k] = v
	}
	r.gh.send(r, "check_run", action, by, payload)
}

// pullsAt are the pull requests that GitHub names beside a check: those of the same commit or
// the same branch, where that has moved on, too; none from forks.
func (r *Repo) pullsAt(sha, branch string) []any {
	list := []any{}
	short := func(x *Repo) object {
		return object{"id": x.ID, "name": x.Name, "url": r.gh.API + "/repos/" + x.FullName()}
	}
	for _, p := range r.pulls {
		if (p.HeadSHA == sha || p.HeadBranch == branch) && p.HeadRepo == r && p.State == "open" {
			list = append(list, object{
				"id": p.ID, "number": p.Number, "url": fmt.Sprintf("%s/repos/%s/pulls/%d", r.gh.API, r.FullName(), p.Number),
				"head": object{"ref": p.HeadBranch, "sha": p.HeadSHA, "repo": short(r)}, "base": object{"ref": p.Base, "sha": p.BaseSHA, "repo": short(r)},
			})
		}
	}
	return list
}

func (r *Repo) runObject(run *CheckRun) object {
	gh := r.gh
	url := fmt.Sprintf("%s/repos/%s/check-runs/%d", gh.API, r.FullName(), run.ID)
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	suite := r.suiteObject(run.suite)
	return object{
		"id": run.ID, "node_id": node("CR", run.ID), "name": run.Name, "head_sha": run.HeadSHA, "external_id": run.ExternalID,
		"url": url, "html_url": fmt.Sprintf("%s/%s/runs/%d", gh.URL, r.FullName(), run.ID), "details_url": cmp.Or(run.DetailsURL, homepage),
		"status": run.Status, "conclusion": text(run.Conclusion), "started_at": text(run.started), "completed_at": text(run.completed),
		"output": object{
			"title": text(run.Title), "summary": text(run.Summary), "text": text(run.Text),
			"annotations_count": len(run.Annotations), "annotations_url": url + "/annotations",
		},
		"app": run.App.object(gh), "check_suite": suite, "pull_requests": r.pullsAt(run.HeadSHA, run.suite.Branch),
	}
}

func (r *Repo) suiteObject(s *CheckSuite) object {
	gh := r.gh
	url := fmt.Sprintf("%s/repos/%s/check-suites/%d", gh.API, r.FullName(), s.ID)
	n, done := 0, true
	var conclusion any
	for _, run := range r.runs {
		if run.suite == s {
			n++
			done = done && run.Status == "completed"
			conclusion = run.Conclusion
		}
	}
	status := "completed"
	if n == 0 || !done {
		status, conclusion = "queued", nil
	}
	out := object{
		"id": s.ID, "node_id": node("CS", s.ID), "head_sha": s.HeadSHA, "head_branch": nil, "status": status, "conclusion": conclusion,
		"before": s.before, "after": s.HeadSHA, "url": url, "check_runs_url": url + "/check-runs", "latest_check_runs_count": n,
		"app": s.App.object(gh), "pull_requests": r.pullsAt(s.HeadSHA, s.Branch), "created_at": s.created, "updated_at": gh.stamp(),
		"repository": r.object(nil), "head_commit": r.simpleCommit(s.HeadSHA),
	}
	if s.Branch != "" {
		out["head_branch"] = s.Branch
	}
	return out
}

func createCheckRun(c *call) *answer {
	sha := c.text("head_sha")
	if !c.repo.has(sha, "commit") {
		return refused(422, "No commit found for SHA: "+sha)
	}
	run := &CheckRun{ID: c.gh.nextID(), HeadSHA: sha, App: c.token.app, Status: "queued", started: c.gh.stamp()}
	if a := c.writeRun(run); a != nil {
		return a
	}
	run.suite = c.repo.suiteOf(run.App, sha)
	c.repo.runs = append(c.repo.runs, run)
	c.repo.sendRun("created", c.gh.bot(run.App), run, nil)
	if run.Status == "completed" {
		c.repo.sendRun("completed", c.gh.bot(run.App), run, nil)
	}
	return created(c.repo.runObject(run))
}

func updateCheckRun(c *call) *answer {
	run := c.repo.run(c.number("check_run_id"))
	if run == nil {
		return notFound()
	}
	if run.App != c.token.app {
		return refused(403, fmt.Sprintf("Invalid app_id `%d` - check run can only be modified by the GitHub App that created it.", c.token.app.ID))
	}
	was := len(run.Concluded)
	if a := c.writeRun(run); a != nil {
		return a
	}
	if len(run.Concluded) > was {
		c.repo.sendRun("completed", c.gh.bot(run.App), run, nil)
	}
	return ok(c.repo.runObject(run))
}

// What the description leaves out of the limits of a check run.
const (
	maxRunText    = 65535 // summary, text
	maxTitle      = 255
	maxAnnotation = 64 << 10 // message, raw_details
)

// writeRun takes the body of a creation or an update into a run, by the rules that
// the description does not have.
func (c *call) writeRun(run *CheckRun) *answer {
	invalid := func(format string, args ...any) *answer {
		why := fmt.Sprintf(format, args...)
		c.gh.tb.Errorf("githubtest: %s: GitHub would not take this check run: %s", c.path, why)
		return refused(422, "Invalid request.\n\n"+why)
	}
	_, concluded := c.body["conclusion"]
	status, hasStatus := c.body["status"].(string)
	switch {
	case status == "completed" && !concluded:
		return invalid("a completed check run needs a conclusion")
	case concluded && hasStatus && status != "completed":
		return invalid("a check run with a conclusion is completed, not %s", status)
	case run.Status == "completed" && hasStatus && status != "completed":
		return invalid("a check run that is completed does not go back to %s", status)
	}
	if v := c.text("details_url"); v != "" {
		if u, err := url.Parse(v); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return invalid("details_url is no address: %q", v)
		}
	}
	next := *run
	for field, into := range map[string]*string{"name": &next.Name, "details_url": &next.DetailsURL, "external_id": &next.ExternalID, "started_at": &next.started} {
		if v, sent := c.body[field].(string); sent {
			*into = v
		}
	}
	if output, sent := c.body["output"].(map[string]any); sent {
		for field, limit := range map[string]int{"title": maxTitle, "summary": maxRunText, "text": maxRunText} {
			v, _ := output[field].(string)
			if n := utf8.RuneCountInString(v); n > limit {
				return invalid("Only %d characters are allowed in %s; %d were supplied.", limit, field, n)
			}
		}
		if v, sent := output["title"].(string); sent {
			next.Title = v
		}
		next.Summary, _ = output["summary"].(string)
		if v, sent := output["text"].(string); sent {
			next.Text = v
		}
		var more []Annotation
		if err := again(output["annotations"], &more); err != nil {
			return invalid("annotations: %v", err)
		}
		for i, a := range more {
			switch {
			case a.StartLine < 1 || a.EndLine < a.StartLine:
				return invalid("annotation %d: lines %d to %d", i, a.StartLine, a.EndLine)
			case (a.StartColumn != nil || a.EndColumn != nil) && a.StartLine != a.EndLine:
				return invalid("annotation %d: columns are for one line", i)
			case len(a.Message) > maxAnnotation || a.RawDetails != nil && len(*a.RawDetails) > maxAnnotation:
				return invalid("annotation %d: more than 64 KB", i)
			case a.Title != nil && utf8.RuneCountInString(*a.Title) > maxTitle:
				return invalid("annotation %d: the title has more than %d characters", i, maxTitle)
			case a.Path == "" || a.Message == "":
				return invalid("annotation %d: path and message are empty", i)
			}
		}
		next.Annotations = append(slices.Clone(next.Annotations), more...)
	}
	if v, sent := c.body["actions"]; sent {
		next.Actions = nil
		if err := again(v, &next.Actions); err != nil {
			return invalid("actions: %v", err)
		}
	}
	switch {
	case concluded:
		next.Status, next.Conclusion, next.completed = "completed", c.text("conclusion"), c.gh.stamp()
		next.Concluded, next.ended = append(slices.Clone(next.Concluded), next.Conclusion), c.repo.end()
	case hasStatus:
		next.Status, next.Conclusion, next.completed, next.ended = status, "", "", 0
	}
	if next.DetailsURL == "" {
		next.DetailsURL = "https://custody.example.com" // the App's own page
	}
	next.Writes++
	*run = next
	return nil
}

// again decodes a part of a body into something.
func again(from any, into any) error {
	if from == nil {
		return nil
	}
	text, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

func getCheckRun(c *call) *answer {
	if run := c.repo.run(c.number("check_run_id")); run != nil {
		return ok(c.repo.runObject(run))
	}
	return notFound()
}

func listAnnotations(c *call) *answer {
	run := c.repo.run(c.number("check_run_id"))
	if run == nil {
		return notFound()
	}
	list := []any{}
	for _, a := range run.Annotations {
		var o object
		if err := again(a, &o); err != nil {
			c.gh.tb.Error(err)
		}
		o["blob_href"] = fmt.Sprintf("%s/%s/blob/%s/%s", c.gh.URL, c.repo.FullName(), run.HeadSHA, a.Path)
		list = append(list, o)
	}
	return c.list(list)
}

// listCheckRuns answers with the latest of each name and App, unless asked for all.
func listCheckRuns(c *call) *answer {
	sha := c.repo.resolve(c.params["ref"])
	if sha == "" {
		return refused(422, "No commit found for SHA: "+c.params["ref"])
	}
	return c.runs(func(run *CheckRun) bool { return run.HeadSHA == sha })
}

func listSuiteRuns(c *call) *answer {
	return c.runs(func(run *CheckRun) bool { return run.suite.ID == c.number("check_suite_id") })
}

func (c *call) runs(which func(*CheckRun) bool) *answer {
	list := []any{}
	seen := map[string]bool{}
	for _, run := range slices.Backward(c.repo.runs) {
		k := fmt.Sprintf("%d %s", run.App.ID, run.Name)
		switch q := c.query; {
		case !which(run), q.Get("filter") != "all" && seen[k]:
			continue
		case q.Get("check_name") != "" && q.Get("check_name") != run.Name, q.Get("status") != "" && q.Get("status") != run.Status,
			q.Get("app_id") != "" && number(q.Get("app_id")) != run.App.ID:
			continue
		}
		seen[k] = true
		list = append(list, c.repo.runObject(run))
	}
	return c.counted("check_runs", list)
}

func listCheckSuites(c *call) *answer {
	sha := c.repo.resolve(c.params["ref"])
	list := []any{}
	for _, s := range c.repo.suites {
		if s.HeadSHA == sha && (c.query.Get("app_id") == "" || number(c.query.Get("app_id")) == s.App.ID) {
			list = append(list, c.repo.suiteObject(s))
		}
	}
	return c.counted("check_suites", list)
}

func getCheckSuite(c *call) *answer {
	for _, s := range c.repo.suites {
		if s.ID == c.number("check_suite_id") {
			return ok(c.repo.suiteObject(s))
		}
	}
	return notFound()
}

// A Status is a commit status, which anybody with write access sets.
type Status struct {
	ID          int64
	SHA         string
	State       string
	Context     string
	Description string
	TargetURL   string
	By          *Account
	at          string
}

// Status sets one.
func (r *Repo) Status(by, sha, context, state string) {
	defer r.gh.lock()()
	r.statuses = append(r.statuses, &Status{ID: r.gh.nextID(), SHA: sha, State: state, Context: context, By: r.gh.person(by), at: r.gh.stamp()})
}

// Statuses are those of a commit.
func (r *Repo) Statuses(sha string) []Status {
	defer r.gh.lock()()
	var out []Status
	for _, s := range r.statuses {
		if s.SHA == sha {
			out = append(out, *s)
		}
	}
	return out
}

func (r *Repo) statusObject(s *Status) object {
	out := object{
		"id": s.ID, "node_id": node("SC", s.ID), "state": s.State, "context": s.Context, "description": nil, "target_url": nil,
		"url": r.gh.API + "/repos/" + r.FullName() + "/statuses/" + s.SHA, "avatar_url": nil, "creator": account(r.gh, s.By), "created_at": s.at, "updated_at": s.at,
	}
	if s.Description != "" {
		out["description"] = s.Description
	}
	if s.TargetURL != "" {
		out["target_url"] = s.TargetURL
	}
	return out
}

func (c *call) statusesAt(sha string) []any {
	list := []any{}
	for _, s := range slices.Backward(c.repo.statuses) {
		if s.SHA == sha {
			list = append(list, c.repo.statusObject(s))
		}
	}
	return list
}

func listStatuses(c *call) *answer { return c.list(c.statusesAt(c.repo.resolve(c.params["ref"]))) }

func getCombinedStatus(c *call) *answer {
	sha := c.repo.resolve(c.params["ref"])
	if sha == "" {
		return notFound()
	}
	latest, seen, state := []any{}, map[any]bool{}, "success"
	for _, s := range c.statusesAt(sha) {
		o := s.(object)
		if seen[o["context"]] {
			continue
		}
		seen[o["context"]] = true
		latest = append(latest, o)
		switch o["state"] {
		case "failure", "error":
			state = "failure"
		case "pending":
			if state == "success" {
				state = "pending"
			}
		}
	}
	if len(latest) == 0 {
		state = "pending"
	}
	url := c.gh.API + "/repos/" + c.repo.FullName() + "/commits/" + sha
	return ok(object{"state": state, "statuses": latest, "sha": sha, "total_count": len(latest), "repository": c.repo.object(c), "commit_url": url, "url": url + "/status"})
}

func createStatus(c *call) *answer {
	sha := c.params["sha"]
	if !c.repo.has(sha, "commit") {
		return refused(422, "No commit found for SHA: "+sha)
	}
	name := c.text("context")
	if name == "" {
		name = "default"
	}
	s := &Status{ID: c.gh.nextID(), SHA: sha, State: c.text("state"), Context: name, Description: c.text("description"), TargetURL: c.text("target_url"), By: c.gh.bot(c.token.app), at: c.gh.stamp()}
	if n := len(c.statusesAt(sha)); n >= 1000 {
		return refused(422, "This SHA and context has reached the maximum number of statuses.")
	}
	if a := c.tooLong("description", 140); a != nil {
		return a
	}
	c.repo.statuses = append(c.repo.statuses, s)
	return created(c.repo.statusObject(s))
}
