package app

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"
	"github.com/sirupsen/logrus"

	"custody/app/event"
	"custody/app/hub"
	"custody/internal/store"
)

// Of some pushes no delivery tells, and none is listed that could be asked for: one that is too
// large for a delivery, one that was made while an installation was suspended, or while the
// server was down for longer than GitHub lists deliveries. So a look around holds where a
// protected branch is against where the pushes that we were told of lead.

// A tip is how far the pushes to a branch are known.
type tip struct {
	commit string
	pushed string // when GitHub said last that somebody pushed to the repository: else there is nothing to ask
	since  int64  // when nobody told what comes behind the commit, in Unix seconds; 0: there was nothing
	tag    string // of GitHub's answer: it counts no request for one that is the same
}

func tipMark(repo int64, ref string) string { return fmt.Sprintf("tip/%d/%s", repo, ref) }

func (t tip) String() string { return fmt.Sprintf("%s %s %d %s", t.commit, t.pushed, t.since, t.tag) }

func parseTip(mark string) (t tip) {
	f := strings.Fields(mark)
	if len(f) < 3 {
		return tip{}
	}
	since, _ := strconv.ParseInt(f[2], 10, 64)
	return tip{f[0], f[1], since, strings.Join(f[3:], " ")}
}

const (
	// untoldWait is for how long a push may be on its way to us: sweeps bring what got lost there.
	untoldWait = 15 * time.Minute
	// maxUntold bounds how many branches of a repository are looked at, and maxFollowed how many
	// pushes are followed.
	maxUntold   = 20
	maxFollowed = 1000
)

// untold asks for records of pushes to the protected branches of a repository of which nobody
// told.
func (a *App) untold(ctx context.Context, client *hub.Client, installation int64, r *github.Repository) error {
	main := "refs/heads/" + r.GetDefaultBranch()
	refs, err := a.store.Refs(ctx, r.GetID())
	if err != nil {
		return err
	}
	looked := 0
	for _, ref := range append([]string{main}, refs...) {
		if looked > 0 && ref == main || !strings.HasPrefix(ref, "refs/heads/") || !a.protects(ref, r.GetDefaultBranch()) {
			continue
		}
		if looked++; looked > maxUntold {
			break
		}
		if err := a.untoldOf(ctx, client, installation, r, ref); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) untoldOf(ctx context.Context, client *hub.Client, installation int64, r *github.Repository, ref string) error {
	name := tipMark(r.GetID(), ref)
	mark, err := a.store.Mark(ctx, name)
	if err != nil {
		return err
	}
	was, now := parseTip(mark), tip{}
	pushed := r.GetPushedAt().Time
	if now.pushed = pushed.UTC().Format(time.RFC3339); was.pushed == now.pushed && was.since == 0 {
		return nil
	}
	if a.Now().Sub(pushed) < time.Minute {
		now.pushed = "-" // another push of the same second may come behind this look
	}
	tag := was.tag
	if was.since != 0 {
		tag = ""
	}
	at, resp, err := getRef(ctx, client, r, ref, tag)
	if resp != nil && resp.StatusCode == http.StatusNotModified {
		was.pushed = now.pushed
		return a.store.SetMark(ctx, name, was.String())
	}
	if class, _ := hub.Classify(err); err != nil && (class == hub.Gone || class == hub.Refused) {
		return nil // an empty repository, or a branch that is gone
	}
	if err != nil {
		return fmt.Errorf("reading where %s of %s is: %w", ref, r.GetFullName(), err)
	}
	head := at.GetObject().GetSHA()
	now.tag = resp.Header.Get("ETag")
	if was.commit == "" { // what was before us is not ours to record
		now.commit = head
		return a.store.SetMark(ctx, name, now.String())
	}
	from, err := a.toldFrom(ctx, r.GetID(), ref, was.commit, head)
	if err != nil {
		return err
	}
	to, err := a.toldTo(ctx, r.GetID(), ref, from, head)
	if err != nil {
		return err
	}
	now.commit = from
	switch {
	case to == from:
		now.commit = head
	case from != was.commit || was.since == 0:
		now.since = a.Now().Unix()
	case a.Now().Sub(time.Unix(was.since, 0)) < untoldWait:
		now.since = was.since
	default:
		a.Log.WithFields(logrus.Fields{"repo": r.GetID(), "ref": ref, "before": from, "head": to}).Warn("nobody told of a push to a protected branch: it is looked at now")
		if err := a.store.Ask(ctx, store.Request{Repo: r.GetID(), Name: event.PushName(ref, to), Installation: installation, Kind: "push", Stage: "record", Head: to, Base: from, Ref: ref}); err != nil {
			return err
		}
		now.commit = head
	}
	return a.store.SetMark(ctx, name, now.String())
}

// getRef reads a ref. With the tag of an answer, one that has not changed since is an error with
// status 304, which GitHub counts against no limit.
func getRef(ctx context.Context, client *hub.Client, r *github.Repository, ref, tag string) (*github.Reference, *github.Response, error) {
	req, err := client.NewRequest(http.MethodGet, "repos/"+r.GetFullName()+"/git/ref/"+(&url.URL{Path: strings.TrimPrefix(ref, "refs/")}).EscapedPath(), nil)
	if err != nil {
		return nil, nil, err
	}
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	at := new(github.Reference)
	resp, err := client.Do(ctx, req, at)
	return at, resp, err
}

// toldFrom follows the pushes that we were told of from a commit on, to a head at most.
func (a *App) toldFrom(ctx context.Context, repo int64, ref, at, head string) (string, error) {
	for range maxFollowed {
		if at == head {
			break
		}
		pushes, err := a.store.PushesFrom(ctx, repo, ref, at)
		if err != nil || len(pushes) == 0 {
			return at, err
		}
		at = pushes[0].After
	}
	return at, nil
}

// toldTo follows them back from a head: to the commit to which nobody told of a push, or to from,
// if they lead there, or to a push that made the branch.
func (a *App) toldTo(ctx context.Context, repo int64, ref, from, head string) (string, error) {
	at := head
	for range maxFollowed {
		if at == from {
			return from, nil
		}
		pushes, err := a.store.PushesTo(ctx, repo, ref, at)
		switch {
		case err != nil:
			return "", err
		case len(pushes) == 0:
			return at, nil
		case pushes[0].Before == "":
			return from, nil
		}
		at = pushes[0].Before
	}
	return from, nil
}

// recorded asks for the record of a pull request that landed, if nobody told that it did.
func (j *job) recorded(ctx context.Context, pr *github.PullRequest) error {
	name := event.RecordName(int64(pr.GetNumber()))
	if _, err := j.store.Subject(ctx, j.task.Repo, name); !store.IsNotFound(err) {
		return err
	}
	return j.store.Ask(ctx, store.Request{
		Repo: j.task.Repo, Name: name, Installation: j.subject.Installation, Kind: "pull_request", Stage: "record",
		Number: int64(pr.GetNumber()), Head: pr.GetHead().GetSHA(), Ref: "refs/heads/" + pr.GetBase().GetRef(), Landed: pr.GetMergeCommitSHA(), Delivery: j.subject.Delivery,
	})
}
