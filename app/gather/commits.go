package gather

import (
	"context"

	"github.com/google/go-github/v62/github"

	"custody/internal/change"
)

// commits reads whom GitHub takes the authors for, and whether it verified signatures: of
// several by a list of what leads to the head, of those that are not in it one by one.
func (r *Reader) commits(ctx context.Context, head string, ids []string) error {
	if len(ids) > maxCommits {
		r.source("commits", r.path("commits"), nil, "there are more commits than are asked for")
		ids = ids[:maxCommits]
	}
	listed := map[string]change.CommitFacts{}
	if len(ids) > 1 {
		var err error
		if listed, err = r.listCommits(ctx, head, ids); err != nil {
			return err
		}
	}
	facts := []change.CommitFacts{}
	for _, id := range ids {
		if f, ok := listed[id]; ok {
			facts = append(facts, f)
			continue
		}
		err := r.read("commit "+id, r.path("commits/%s", id), func() error {
			c, _, err := r.Client.Repositories.GetCommit(ctx, r.Repo.Owner, r.Repo.Name, id, &github.ListOptions{PerPage: 1})
			if err != nil {
				return err
			}
			facts = append(facts, commitFacts(c))
			return nil
		}, func() {}, func() any { return facts[len(facts)-1] })
		if err != nil {
			return err
		}
	}
	r.context.Commits = facts
	return nil
}

func commitFacts(c *github.RepositoryCommit) change.CommitFacts {
	return change.CommitFacts{
		SHA: c.GetSHA(), Verified: c.GetCommit().GetVerification().GetVerified(),
		Author: Person(c.GetAuthor()), Committer: Person(c.GetCommitter()),
	}
}

// listCommits finds those of ids that are in the list of what leads to the head, newest
// first. It looks at as many as ids are, and a page: what of them stands behind, because the
// change grew beside others, is asked for by itself.
func (r *Reader) listCommits(ctx context.Context, head string, ids []string) (map[string]change.CommitFacts, error) {
	found, wanted := map[string]change.CommitFacts{}, map[string]bool{}
	for _, id := range ids {
		wanted[id] = true
	}
	o := &github.CommitsListOptions{SHA: head, ListOptions: github.ListOptions{PerPage: 100}}
	for range len(ids)/100 + 2 {
		list, resp, err := r.Client.Repositories.ListCommits(ctx, r.Repo.Owner, r.Repo.Name, o)
		if err != nil {
			_, err = r.missed(err)
			return found, err // what it will not list it may still tell one by one, or say why not
		}
		for _, c := range list {
			if wanted[c.GetSHA()] {
				found[c.GetSHA()] = commitFacts(c)
			}
		}
		if o.Page = resp.NextPage; o.Page == 0 || len(found) == len(wanted) {
			break
		}
	}
	if len(found) > 0 {
		all := []change.CommitFacts{}
		for _, id := range ids {
			if f, ok := found[id]; ok {
				all = append(all, f)
			}
		}
		r.source("commits", r.path("commits?sha=%s", head), all, "")
	}
	return found, nil
}
