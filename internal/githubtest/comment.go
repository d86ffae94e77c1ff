package githubtest

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// A Comment is one on a pull request.
type Comment struct {
	ID        int64
	Pull      int
	By        *Account
	Body      string
	Reactions []string

	app              *App
	created, updated string
}

// Comment says something on a pull request.
func (p *PullRequest) Comment(by, body string) *Comment {
	defer p.Repo.gh.lock()()
	return p.Repo.say(p.Number, p.Repo.gh.person(by), nil, body)
}

// CommentVia says something by an App that acts with somebody's token.
func (p *PullRequest) CommentVia(by string, app *App, body string) *Comment {
	defer p.Repo.gh.lock()()
	return p.Repo.say(p.Number, p.Repo.gh.person(by), app, body)
}

// EditComment changes what was said.
func (p *PullRequest) EditComment(by string, m *Comment, body string) {
	defer p.Repo.gh.lock()()
	p.Repo.edit(p.Repo.gh.person(by), m, body)
}

// DeleteComment takes away what was said.
func (p *PullRequest) DeleteComment(by string, m *Comment) {
	defer p.Repo.gh.lock()()
	p.Repo.comments = slices.DeleteFunc(p.Repo.comments, func(o *Comment) bool { return o == m })
	p.Repo.sendComment("deleted", p.Repo.gh.person(by), m, nil)
}

// Comments are those that are there, oldest first.
func (p *PullRequest) Comments() []Comment {
	defer p.Repo.gh.lock()()
	var out []Comment
	for _, m := range p.Repo.commentsOn(p.Number) {
		out = append(out, *m)
	}
	return out
}

func (r *Repo) commentsOn(pull int) []*Comment {
	var out []*Comment
	for _, m := range r.comments {
		if m.Pull == pull {
			out = append(out, m)
		}
	}
	return out
}

func (r *Repo) say(pull int, by *Account, app *App, body string) *Comment {
	m := &Comment{ID: r.gh.nextID(), Pull: pull, By: by, Body: body, app: app, created: r.gh.stamp(), updated: r.gh.stamp()}
	r.comments = append(r.comments, m)
	r.sendComment("created", by, m, nil)
	return m
}

func (r *Repo) edit(by *Account, m *Comment, body string) {
	was := m.Body
	m.Body, m.updated = body, r.gh.stamp()
	r.sendComment("edited", by, m, object{"changes": object{"body": object{"from": was}}})
}

func (r *Repo) sendComment(action string, by *Account, m *Comment, more object) {
	payload := object{"comment": r.comment(m), "issue": r.issue(m.Pull)}
	for k, v := range more {
		payload[k] = v
	}
	r.gh.send(r, "issue_comment", action, by, payload)
}

func (r *Repo) comment(m *Comment) object {
	gh := r.gh
	url := fmt.Sprintf("%s/repos/%s/issues/comments/%d", gh.API, r.FullName(), m.ID)
	counts := object{"url": url + "/reactions", "total_count": len(m.Reactions)}
	for _, kind := range []string{"+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"} {
		n := 0
		for _, k := range m.Reactions {
			if k == kind {
				n++
			}
		}
		counts[kind] = n
	}
	out := object{
		"id": m.ID, "node_id": node("IC", m.ID), "user": account(gh, m.By), "body": m.Body, "created_at": m.created, "updated_at": m.updated,
		"url": url, "html_url": fmt.Sprintf("%s/%s/pull/%d#issuecomment-%d", gh.URL, r.FullName(), m.Pull, m.ID),
		"issue_url": fmt.Sprintf("%s/repos/%s/issues/%d", gh.API, r.FullName(), m.Pull), "author_association": r.association(m.By),
		"performed_via_github_app": nil, "reactions": counts,
	}
	if m.app != nil {
		out["performed_via_github_app"] = m.app.object(gh)
	}
	return out
}

// issue is a pull request as the API of issues shows it.
func (r *Repo) issue(n int) object {
	gh := r.gh
	for _, p := range r.pulls {
		if p.Number != n {
			continue
		}
		out := p.object(nil)
		url := fmt.Sprintf("%s/repos/%s/issues/%d", gh.API, r.FullName(), n)
		pull := object{"url": out["url"], "html_url": out["html_url"], "diff_url": out["diff_url"], "patch_url": out["patch_url"], "merged_at": out["merged_at"]}
		out["url"], out["pull_request"], out["comments"] = url, pull, len(r.commentsOn(n))
		out["repository_url"], out["labels_url"] = gh.API+"/repos/"+r.FullName(), url+"/labels{/name}"
		out["comments_url"], out["events_url"], out["timeline_url"] = url+"/comments", url+"/events", url+"/timeline"
		out["state_reason"], out["performed_via_github_app"] = nil, nil
		out["reactions"] = object{"url": url + "/reactions", "total_count": 0, "+1": 0, "-1": 0, "laugh": 0, "hooray": 0, "confused": 0, "heart": 0, "rocket": 0, "eyes": 0}
		for _, k := range []string{"head", "base", "_links", "merged", "mergeable"} {
			delete(out, k)
		}
		return out
	}
	return nil
}

func getIssue(c *call) *answer {
	if i := c.repo.issue(int(c.number("issue_number"))); i != nil {
		return ok(i)
	}
	return notFound()
}

// bot is the account under which an App writes.
func (gh *GitHub) bot(a *App) *Account { return gh.account(a.Slug+"[bot]", "Bot") }

const maxCommentText = 65536

// tooLong fails the test: GitHub takes no such text.
func (c *call) tooLong(field string, limit int) *answer {
	if n := utf8.RuneCountInString(c.text(field)); n > limit {
		c.gh.tb.Errorf("githubtest: %s: %s has %d characters, GitHub takes %d", c.path, field, n, limit)
		return refused(422, fmt.Sprintf("Validation Failed: %s is too long (maximum is %d characters)", field, limit))
	}
	return nil
}

func listComments(c *call) *answer {
	n := int(c.number("issue_number"))
	if c.repo.issue(n) == nil {
		return notFound()
	}
	list := []any{}
	for _, m := range c.repo.commentsOn(n) {
		list = append(list, c.repo.comment(m))
	}
	return c.list(list)
}

func createComment(c *call) *answer {
	n := int(c.number("issue_number"))
	if c.repo.issue(n) == nil {
		return notFound()
	}
	if a := c.tooLong("body", maxCommentText); a != nil {
		return a
	}
	m := c.repo.say(n, c.gh.bot(c.token.app), c.token.app, c.text("body"))
	return created(c.repo.comment(m))
}

func (c *call) comment() *Comment {
	for _, m := range c.repo.comments {
		if m.ID == c.number("comment_id") {
			return m
		}
	}
	return nil
}

func getComment(c *call) *answer {
	if m := c.comment(); m != nil {
		return ok(c.repo.comment(m))
	}
	return notFound()
}

func updateComment(c *call) *answer {
	m := c.comment()
	if m == nil {
		return notFound()
	}
	if a := c.tooLong("body", maxCommentText); a != nil {
		return a
	}
	c.repo.edit(c.gh.bot(c.token.app), m, c.text("body"))
	return ok(c.repo.comment(m))
}

func deleteComment(c *call) *answer {
	m := c.comment()
	if m == nil {
		return notFound()
	}
	c.repo.comments = slices.DeleteFunc(c.repo.comments, func(o *Comment) bool { return o == m })
	c.repo.sendComment("deleted", c.gh.bot(c.token.app), m, nil)
	return empty()
}

func createReaction(c *call) *answer {
	m := c.comment()
	if m == nil {
		return notFound()
	}
	m.Reactions = append(m.Reactions, c.text("content"))
	id := c.gh.nextID()
	return created(object{"id": id, "node_id": node("REA", id), "user": account(c.gh, c.gh.bot(c.token.app)), "content": c.text("content"), "created_at": c.gh.stamp()})
}

func (r *Repo) label(name string) object {
	var id int64
	for _, c := range name {
		id = id*31%1000003 + int64(c)
	}
	return object{
		"id": id, "node_id": node("L", id), "name": name, "color": "ededed", "default": false, "description": "",
		"url": r.gh.API + "/repos/" + r.FullName() + "/labels/" + name,
	}
}

func (c *call) labelled() (*PullRequest, *answer) {
	if p := c.pull("issue_number"); p != nil {
		return p, nil
	}
	return nil, notFound()
}

func (p *PullRequest) labelList() []any {
	list := []any{}
	for _, l := range p.labels {
		list = append(list, p.Repo.label(l))
	}
	return list
}

// A issueEvent is one of those that GitHub keeps of an issue: of a label, or of another base.
type issueEvent struct {
	id          int64
	by          *Account
	via         *App // nil: they did it themselves
	event, name string
	at          string
	dismissed   object // the review that was
}

func listIssueEvents(c *call) *answer {
	p, a := c.labelled()
	if a != nil {
		return a
	}
	list := []any{}
	for _, e := range p.events {
		event := object{
			"id": e.id, "node_id": node("LE", e.id), "url": fmt.Sprintf("%s/repos/%s/issues/events/%d", c.gh.API, p.Repo.FullName(), e.id), "actor": account(c.gh, e.by),
			"event": e.event, "commit_id": nil, "commit_url": nil, "created_at": e.at, "performed_via_github_app": nil,
		}
		if e.name != "" {
			event["label"] = object{"name": e.name, "color": "ededed"}
		}
		if e.via != nil {
			event["performed_via_github_app"] = e.via.object(c.gh)
		}
		if e.dismissed != nil {
			event["dismissed_review"] = e.dismissed
		}
		list = append(list, event)
	}
	return c.list(list)
}

func listIssueLabels(c *call) *answer {
	p, a := c.labelled()
	if a != nil {
		return a
	}
	return c.list(p.labelList())
}

func addIssueLabels(c *call) *answer {
	p, a := c.labelled()
	if a != nil {
		return a
	}
	names, _ := c.body["labels"].([]any)
	for _, n := range names {
		if name, isText := n.(string); isText {
			p.label(c.gh.bot(c.token.app), nil, name)
		}
	}
	return ok(p.labelList())
}

func removeIssueLabel(c *call) *answer {
	p, a := c.labelled()
	if a != nil {
		return a
	}
	if !slices.Contains(p.labels, c.params["name"]) {
		return refused(404, "Label does not exist")
	}
	p.unlabel(c.gh.bot(c.token.app), c.params["name"])
	return ok(p.labelList())
}
