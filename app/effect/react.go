package effect

import (
	"context"
	"fmt"

	"custody/app/hub"
)

// React shows under a comment that it was read: content is GitHub's name of a reaction.
func (p *Place) React(ctx context.Context, comment int64, content string) error {
	key := fmt.Sprintf("react/%d/%d", p.Repo.ID, comment)
	if is, err := done(ctx, p.Log, key, content); err != nil || is {
		return err
	}
	// GitHub keeps one of each kind: a second try makes no second one.
	_, _, err := p.Client.Reactions.CreateIssueCommentReaction(ctx, p.Repo.Owner, p.Repo.Name, comment, content)
	if class, _ := hub.Classify(err); err != nil && class != hub.Gone {
		return fmt.Errorf("reacting to a comment: %w", err)
	}
	return p.Log.Finish(ctx, key, content)
}
