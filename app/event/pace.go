package event

import (
	"time"

	"custody/internal/store"
)

// Whoever opens a pull request can edit it, close it and open it again as often as they like, and
// so can anybody who may read a repository write comments and reviews: each asks for a review, for
// which GitHub lets an installation make a few requests of thousands an hour. So these say that
// they may wait where the head was looked at often of late, what they may mean, and who asks:
// somebody with a say in the repository is not kept waiting. A new head, what landed, and what
// GitHub lets nobody do who has no say, does not wait.

const (
	// MayWait is how long what anybody may do waits at most behind the last look.
	MayWait = 10 * time.Minute
	// ChecksMayWait is the same of checks of others that end: a workflow may have hundreds, and an
	// author who says when they run.
	ChecksMayWait = time.Minute
)

// pace says how long what follows from an event may wait.
func pace(o *Outcome, name string, p *payload) {
	by := store.Pace{MayWait: MayWait}
	if p.Sender != nil && p.Sender.Type == "User" { // what another App does, anybody may have it do
		by.Asker, by.Likely = p.Sender.Login, likely(name, p)
	}
	switch {
	case name == "pull_request" && (p.Action == "opened" || p.Action == "synchronize" || p.Action == "closed" && p.PullRequest.Merged):
		return
	case name == "pull_request":
		by.Weighs = store.Stricter
	case name == "pull_request_review" && p.Action == "dismissed":
		return
	case name == "pull_request_review":
		by.Weighs = store.Opinion
	case name == "issue_comment":
		// Of a comment that granted a waiver, the store knows it when it is over.
		if by.Asker == "" || p.Issue.User == nil || p.Sender.ID == p.Issue.User.ID {
			by.Weighs = store.Question
		}
	case name == "check_run", name == "check_suite", name == "status":
		for i := range o.Heads {
			o.Heads[i].Pace = by
			if o.Heads[i].Ended != nil {
				o.Heads[i].Pace = store.Pace{MayWait: ChecksMayWait, Weighs: store.Stricter}
				if o.Heads[i].Ended.Passed { // somebody waits for it, and nothing gets stricter by it
					o.Heads[i].Weighs = store.Question
				}
			}
		}
	default:
		return
	}
	for i := range o.Requests {
		o.Requests[i].Pace = by
	}
	for i := range o.Wakes {
		o.Wakes[i].Pace = by
	}
}

// likely says whether who did something has a say by all that the event tells: by what they are there,
// or since nobody else may do it.
func likely(name string, p *payload) bool {
	who := ""
	switch {
	case name == "issue_comment" && p.Comment != nil && p.Comment.User != nil && p.Comment.User.ID == p.Sender.ID:
		who = p.Comment.Who
	case name == "pull_request_review" && p.Action == "submitted" && p.Review != nil:
		who = p.Review.Who
	case name == "pull_request" && p.PullRequest.User != nil:
		if p.PullRequest.User.ID != p.Sender.ID {
			return true
		}
		who = p.PullRequest.Who
	case name == "check_run", name == "check_suite":
		return p.Action == "rerequested" || p.Action == "requested_action"
	}
	return who == "OWNER" || who == "MEMBER" || who == "COLLABORATOR"
}
