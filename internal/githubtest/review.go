package githubtest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Review is somebody's word on a pull request at one commit.
type Review struct {
	ID     int64
	By     *Account
	State  string // APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED
	Body   string
	Commit string
	At     string
}

// Review adds a review of the head as it is: "APPROVED", "CHANGES_REQUESTED" or
// "COMMENTED". Whoever reviews takes a second to look at where the base branch is now.
func (p *PullRequest) Review(by, state, body string) *Review {
	p.Repo.gh.tb.Helper()
	p.look()
	defer p.Repo.gh.lock()()
	if !slices.Contains([]string{"APPROVED", "CHANGES_REQUESTED", "COMMENTED"}, state) {
		p.Repo.gh.tb.Fatalf("no review is %q", state)
	}
	who := p.Repo.gh.person(by)
	if who == p.Author && state != "COMMENTED" {
		p.Repo.gh.tb.Fatalf("%s cannot review their own pull request", by)
	}
	v := &Review{ID: p.Repo.gh.nextID(), By: who, State: state, Body: body, Commit: p.HeadSHA, At: p.Repo.gh.stamp()}
	p.reviews = append(p.reviews, v)
	p.requested = slices.DeleteFunc(p.requested, func(a *Account) bool { return a == who })
	p.sendReview("submitted", who, v, nil)
	return v
}

// look waits for the next second if the base branch moved in this one: GitHub tells whole
// seconds, and not what came first.
func (p *PullRequest) look() {
	unlock := p.Repo.gh.lock()
	now := p.Repo.gh.now()
	moved := slices.ContainsFunc(p.Repo.moves, func(m move) bool { return m.ref == "refs/heads/"+p.Base && m.at == p.Repo.gh.stamp() })
	unlock()
	if moved {
		time.Sleep(now.Truncate(time.Second).Add(time.Second).Sub(now))
	}
}

// Dismiss takes the weight from a review.
func (p *PullRequest) Dismiss(by string, v *Review) {
	defer p.Repo.gh.lock()()
	p.events = append(p.events, issueEvent{id: p.Repo.gh.nextID(), by: p.Repo.gh.person(by), event: "review_dismissed", at: p.Repo.gh.stamp(), dismissed: object{
		"state": strings.ToLower(v.State), "review_id": v.ID, "dismissal_message": "It does not count.",
	}})
	v.State = "DISMISSED"
	p.sendReview("dismissed", p.Repo.gh.person(by), v, nil)
}

// EditReview changes what a review says.
func (p *PullRequest) EditReview(v *Review, body string) {
	defer p.Repo.gh.lock()()
	was := v.Body
	v.Body = body
	p.sendReview("edited", v.By, v, object{"changes": object{"body": object{"from": was}}})
}

func (p *PullRequest) sendReview(action string, by *Account, v *Review, more object) {
	payload := object{"pull_request": p.object(nil), "review": p.review(v, true)}
	for k, e := range more {
		payload[k] = e
	}
	p.Repo.gh.send(p.Repo, "pull_request_review", action, by, payload)
}

// review is a review as GitHub shows it: in capitals by the API, in small letters in
// deliveries.
func (p *PullRequest) review(v *Review, delivered bool) object {
	gh := p.Repo.gh
	web := fmt.Sprintf("%s/%s/pull/%d", gh.URL, p.Repo.FullName(), p.Number)
	url := fmt.Sprintf("%s/repos/%s/pulls/%d", gh.API, p.Repo.FullName(), p.Number)
	state := v.State
	if delivered {
		state = strings.ToLower(v.State)
	}
	out := object{
		"id": v.ID, "node_id": node("PRR", v.ID), "user": account(gh, v.By), "body": v.Body, "state": state, "commit_id": v.Commit,
		"submitted_at": v.At, "updated_at": v.At, "html_url": fmt.Sprintf("%s#pullrequestreview-%d", web, v.ID), "pull_request_url": url,
		"author_association": p.Repo.association(v.By), "_links": object{"html": object{"href": web}, "pull_request": object{"href": url}},
	}
	if delivered && v.Body == "" {
		out["body"] = nil
	}
	return out
}

func listReviews(c *call) *answer {
	p := c.pull("pull_number")
	if p == nil {
		return notFound()
	}
	list := []any{}
	for _, v := range p.reviews {
		list = append(list, p.review(v, false))
	}
	return c.list(list)
}

func getReview(c *call) *answer {
	if p := c.pull("pull_number"); p != nil {
		for _, v := range p.reviews {
			if v.ID == c.number("review_id") {
				return ok(p.review(v, false))
			}
		}
	}
	return notFound()
}
