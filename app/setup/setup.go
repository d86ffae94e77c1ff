// Package setup asks GitHub and the machine what the App still lacks before its checks
// mean anything: permissions, events, the webhook, a check that is required and pinned.
//
// It changes nothing. What it could not find out is not assessed, never well.
package setup

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

	"custody/app/hub"
	"custody/internal/change"
	"custody/internal/finding"
)

// Schema is the value of Document.Schema.
const Schema = "custody/app-check/v1"

// A Document is custody/app-check/v1: all that was looked at.
type Document struct {
	Schema  string          `json:"schema"`
	Outcome finding.Outcome `json:"outcome"` // the worst of the points
	Points  []Point         `json:"points"`  // in the order in which to mend them
}

// A Point is one thing that was looked at.
type Point struct {
	Outcome finding.Outcome `json:"outcome"`
	What    string          `json:"what"`
	Detail  string          `json:"detail,omitempty"`
	ToDo    string          `json:"to_do,omitempty"`
}

// Outcome is the worst of all points.
func Outcome(points []Point) finding.Outcome {
	var all []finding.Outcome
	for _, p := range points {
		all = append(all, p.Outcome)
	}
	return finding.Worst(all...)
}

// Input is what is looked at.
type Input struct {
	Hub       *hub.Hub
	PublicURL string // may be empty
	Now       func() time.Time
	Check     func(ref string) string // the name of the check run on changes for a ref
	Needs     []Permission            // that the configuration needs besides

	hearsGroups bool // of merge queues
}

// A Permission is one of a GitHub App, by GitHub's name, and why it is needed.
type Permission struct{ name, level, why string }

// For names a permission.
func For(name, level, why string) Permission { return Permission{name, level, why} }

// permissions that the App needs, and why. Those that only some policies need come with
// what they are for.
var permissions = []Permission{
	{"checks", "write", "to make check runs"},
	{"contents", "read", "to fetch what is reviewed"},
	{"metadata", "read", "to know repositories and who may write to them"},
	{"pull_requests", "read", "to read pull requests and their reviews"},
}

// optional permissions: without one a policy that needs it is incomplete.
var optional = []Permission{
	{mergeQueues, "read", "merge queues: GitHub tells of their groups only with it"},
	{"statuses", "read", "rules about checks that report as commit statuses"},
	{"issues", "read", "commands in comments: GitHub tells of comments only with it"},
	{"members", "read", "rules that name teams"},
	{"security_events", "read", "requirements that ask for results of scanners"},
	{"pull_requests", "write", "answers to commands and buttons"},
	{"issues", "write", "reactions to commands"},
}

const mergeQueues = "merge_queues"

// forEvents are the permissions without which GitHub takes no subscription to one of Events,
// and makes no App of a manifest: see "Webhook events and payloads" in its documentation.
var forEvents = []Permission{
	{mergeQueues, "read", "to hear of merge_group"},
	{"statuses", "read", "to hear of status"},
	{"issues", "read", "to hear of issue_comment"},
}

// Events that the App subscribes to.
var Events = []string{"check_run", "check_suite", "issue_comment", "merge_group", "pull_request", "pull_request_review", "push", "repository", "status"}

// needed are the events without which changes are not reviewed.
var needed = []string{"check_run", "check_suite", "pull_request", "pull_request_review", "push"}

// Look asks GitHub. Its points stand in the order in which to mend them.
func Look(ctx context.Context, in Input) []Point {
	app, resp, err := in.app(ctx)
	if err != nil {
		if resp != nil { // GitHub does not take the word of an App whose clock is off
			if p := clock(resp, in.Now()); p.Outcome == finding.NotSatisfied {
				return []Point{p}
			}
		}
		return []Point{{finding.NotSatisfied, "GitHub knows the App", plain(err), "Check github.url, github.app_id and github.private_key_file; GitHub must be reachable from here."}}
	}
	points := []Point{{finding.Satisfied, "GitHub knows the App", app.Name, ""}, clock(resp, in.Now())}
	points = append(points, in.permitted(app.Permissions)...)
	points = append(points, subscribed(app.Events))
	in.hearsGroups = slices.Contains(app.Events, "merge_group") && enough(app.Permissions[mergeQueues], "read")
	points = append(points, in.hook(ctx), in.taken(ctx))
	return append(points, in.installations(ctx)...)
}

// plain is an error of GitHub without its address.
func plain(err error) string {
	if r, ok := err.(*github.ErrorResponse); ok && r.Response != nil {
		return fmt.Sprintf("GitHub answers %d: %s", r.Response.StatusCode, r.Message)
	}
	return err.Error()
}

// maxSkew is how far the clock may be off: GitHub takes an App's word for up to a minute.
const maxSkew = 30 * time.Second

func clock(resp *github.Response, now time.Time) Point {
	p := Point{What: "The clock is right"}
	there, err := time.Parse(time.RFC1123, resp.Header.Get("Date"))
	if err != nil {
		p.Detail = "GitHub's answer has no date"
		return p
	}
	skew := now.Sub(there).Abs().Round(time.Second)
	p.Detail = fmt.Sprintf("%s from GitHub's", skew)
	if p.Outcome = finding.Satisfied; skew > maxSkew {
		p.Outcome, p.ToDo = finding.NotSatisfied, "Set the clock of this machine: GitHub refuses the App when it is a minute off."
	}
	return p
}

// permitted compares permissions, levels by GitHub's names.
func (in Input) permitted(levels map[string]string) []Point {
	var points []Point
	for _, want := range slices.Concat(permissions, in.Needs) {
		p := Point{finding.Satisfied, "Permission " + want.name + ": " + want.level, want.why, ""}
		if !enough(levels[want.name], want.level) {
			p.Outcome, p.ToDo = finding.NotSatisfied, "Give it in the App's settings; each installation has to accept it."
		}
		points = append(points, p)
	}
	for _, want := range optional {
		asked := slices.ContainsFunc(in.Needs, func(n Permission) bool { return n.name == want.name && n.level == want.level })
		if !asked && !enough(levels[want.name], want.level) {
			points = append(points, Point{finding.NotApplicable, "Permission " + want.name + ": " + want.level, "needed for " + want.why, "Give it if you want that."})
		}
	}
	return points
}

func enough(have, want string) bool {
	return have == want || want == "read" && (have == "write" || have == "admin") || want == "write" && have == "admin"
}

func subscribed(have []string) Point {
	p := Point{Outcome: finding.Satisfied, What: "Events are subscribed to"}
	var lack, may []string
	for _, e := range Events {
		switch {
		case slices.Contains(have, e):
		case slices.Contains(needed, e):
			lack = append(lack, e)
		default:
			may = append(may, e)
		}
	}
	switch {
	case len(lack) > 0:
		p.Outcome, p.Detail = finding.NotSatisfied, "without "+strings.Join(append(lack, may...), ", ")
		p.ToDo = "Subscribe to them in the App's settings: without them changes are found by the sweep alone, minutes later."
	case len(may) > 0:
		p.Detail = "without " + strings.Join(may, ", ") + ": merge queues, commands or statuses are not seen at once"
	}
	return p
}

func (in Input) hook(ctx context.Context) Point {
	p := Point{What: "The webhook leads here"}
	c, _, err := in.Hub.App().Apps.GetHookConfig(ctx)
	if err != nil {
		p.Detail = plain(err)
		return p
	}
	u, err := url.Parse(c.GetURL())
	switch {
	case c.GetURL() == "" || err != nil:
		p.Outcome, p.Detail, p.ToDo = finding.NotSatisfied, "the App has no webhook address", "Set it to PUBLIC_URL/webhook in the App's settings."
	case c.GetSecret() == "":
		p.Outcome, p.Detail, p.ToDo = finding.NotSatisfied, "the webhook has no secret", "Set the secret of webhook_secret_file in the App's settings: unsigned deliveries are refused."
	case c.GetInsecureSSL() == "1":
		p.Outcome, p.Detail, p.ToDo = finding.NotSatisfied, "GitHub does not check the server's certificate", "Turn on SSL verification in the App's settings."
	case c.GetContentType() != "json":
		p.Outcome, p.Detail, p.ToDo = finding.NotSatisfied, "the content type is "+c.GetContentType(), "Set it to application/json."
	case in.PublicURL == "":
		p.Detail, p.ToDo = "it leads to "+u.Redacted(), "Set public_url to compare, and for links in check runs."
	case c.GetURL() != in.PublicURL+"/webhook":
		p.Outcome, p.Detail, p.ToDo = finding.NotSatisfied, "it leads to "+u.Redacted(), "Set it to "+in.PublicURL+"/webhook in the App's settings."
	default:
		p.Outcome, p.Detail = finding.Satisfied, c.GetURL()
	}
	return p
}

// lastDeliveries is how many are looked at.
const lastDeliveries = 10

// taken says whether the server takes what GitHub delivers: a secret that is another one on one
// side is seen nowhere else.
func (in Input) taken(ctx context.Context) Point {
	p := Point{What: "Deliveries are taken"}
	list, _, err := in.Hub.App().Apps.ListHookDeliveries(ctx, &github.ListCursorOptions{PerPage: lastDeliveries})
	if err != nil {
		p.Detail = plain(err)
		return p
	}
	if len(list) == 0 {
		p.Detail = "GitHub lists none yet"
		return p
	}
	last := list[0]
	switch code := last.GetStatusCode(); {
	case code >= 200 && code < 300:
		p.Outcome, p.Detail = finding.Satisfied, "the last one was answered with "+strconv.Itoa(code)
	case code == http.StatusUnauthorized:
		p.Outcome, p.Detail, p.ToDo = finding.NotSatisfied, "the last one was refused: it was signed with another secret", "Put the secret of webhook_secret_file into the App's settings, or the other way round, and start the server again."
	case code == 0 && slices.ContainsFunc(list, func(d *github.HookDelivery) bool { return d.GetStatusCode() >= 200 && d.GetStatusCode() < 300 }):
		p.Detail = "the last one has no answer yet"
	default:
		p.Outcome, p.Detail, p.ToDo = finding.NotSatisfied, fmt.Sprintf("the last one failed: %d %s", code, change.Printable(last.GetStatus())), "Start the server, and see that GitHub reaches its public address."
	}
	return p
}

// maxRepositories bounds how many are looked at: each takes a request.
const maxRepositories = 200

// installations looks at each, and at the rules of its repositories' default branches.
func (in Input) installations(ctx context.Context) []Point {
	var points []Point
	seen := 0
	page := 1
	for {
		list, resp, err := in.listInstallations(ctx, page)
		if err != nil {
			return append(points, Point{What: "Installations", Detail: plain(err)})
		}
		for _, i := range list {
			points = append(points, in.installation(ctx, i, &seen)...)
		}
		if page = resp.NextPage; page == 0 {
			break
		}
	}
	if len(points) == 0 {
		return []Point{{finding.NotSatisfied, "The App is installed", "nowhere", "Install it on an account, for the repositories to review."}}
	}
	return points
}

func (in Input) installation(ctx context.Context, i *installation, seen *int) []Point {
	name := "Installation on " + i.Account.GetLogin()
	if i.SuspendedAt != nil {
		return []Point{{finding.NotSatisfied, name, "it is suspended", "Its owner unsuspends it in the account's settings."}}
	}
	var points []Point
	for _, p := range in.permitted(i.Permissions) {
		if p.Outcome == finding.NotSatisfied {
			p.What, p.ToDo = name+": "+p.What, "An owner of "+i.Account.GetLogin()+" accepts the App's new permissions."
			points = append(points, p)
		}
	}
	if points != nil {
		return points // nothing else can be asked
	}
	client := in.Hub.Installation(i.ID)
	opts := &github.ListOptions{PerPage: 100}
	for {
		list, resp, err := client.Apps.ListRepos(ctx, opts)
		if err != nil {
			return append(points, Point{What: name, Detail: plain(err)})
		}
		for _, r := range list.Repositories {
			if r.GetArchived() {
				continue
			}
			if *seen++; *seen > maxRepositories {
				return append(points, Point{What: name, Detail: fmt.Sprintf("only the first %d repositories were looked at", maxRepositories)})
			}
			points = append(points, in.required(ctx, client, r)...)
		}
		if resp.NextPage == 0 {
			return points
		}
		opts.Page = resp.NextPage
	}
}

// rulesFor lists all rules for a branch: those of several rulesets may be more than a page.
func rulesFor(ctx context.Context, client *hub.Client, r *github.Repository, branch string) (all []*github.RepositoryRule, err error) {
	for page := 1; page > 0; {
		req, err := client.NewRequest(http.MethodGet, fmt.Sprintf("repos/%s/%s/rules/branches/%s?per_page=100&page=%d", r.GetOwner().GetLogin(), r.GetName(), url.PathEscape(branch), page), nil)
		if err != nil {
			return nil, err
		}
		var some []*github.RepositoryRule
		resp, err := client.Do(ctx, req, &some)
		if err != nil {
			return nil, err
		}
		all, page = append(all, some...), resp.NextPage
	}
	return all, nil
}

// required says whether the default branch takes no change without our check, and our
// App's alone: anybody with write access can report a status under any name.
func (in Input) required(ctx context.Context, client *hub.Client, r *github.Repository) []Point {
	branch := r.GetDefaultBranch()
	name := in.Check("refs/heads/" + branch)
	p := Point{What: fmt.Sprintf("%s: the check is required on %s", r.GetFullName(), branch)}
	rules, err := rulesFor(ctx, client, r, branch)
	if err != nil {
		p.Detail = plain(err)
		return []Point{p}
	}
	var more []Point
	if !in.hearsGroups && slices.ContainsFunc(rules, func(rule *github.RepositoryRule) bool { return rule.Type == "merge_queue" }) {
		more = []Point{{finding.NotSatisfied, fmt.Sprintf("%s: groups of the merge queue of %s are heard of", r.GetFullName(), branch), "no check is ever made on them, so the queue throws each out",
			"Give the App the permission merge_queues: read, and then subscribe to merge_group, in its settings; each installation has to accept it."}}
	}
	add := fmt.Sprintf("Require the status check %q in a ruleset for %s, with this App as its source.", name, branch)
	p.Outcome, p.Detail, p.ToDo = finding.NotSatisfied, "a change can be merged without it", add
	asked := func(context string, app *int64) {
		switch {
		case context != name:
		case app != nil && *app == in.Hub.AppID():
			p.Outcome, p.Detail, p.ToDo = finding.Satisfied, name, ""
		case p.Outcome != finding.Satisfied:
			p.Detail, p.ToDo = "it is required, and others than this App may report it", "Choose this App as the source of "+name+" in the ruleset."
		}
	}
	for _, rule := range rules {
		if rule.Type != "required_status_checks" || rule.Parameters == nil {
			continue
		}
		for _, c := range requiredChecks(*rule.Parameters) {
			asked(c.Context, c.IntegrationID)
		}
	}
	if p.Outcome == finding.Satisfied {
		return append(more, p)
	}
	// Branch protection of the older kind.
	b, _, err := client.Repositories.GetBranch(ctx, r.GetOwner().GetLogin(), r.GetName(), branch, 1)
	if err != nil {
		return append(more, Point{What: p.What, Detail: plain(err)})
	}
	if s := b.GetProtection().GetRequiredStatusChecks(); s != nil && s.Checks != nil {
		for _, c := range *s.Checks {
			asked(c.Context, c.AppID)
		}
	}
	return append(more, p)
}
