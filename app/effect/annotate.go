package effect

import (
	"context"

	"github.com/google/go-github/v62/github"

	"custody/app/checkrun"
)

// perRequest is how many annotations GitHub takes at a time.
const perRequest = 50

// annotate adds the annotations that the run does not have yet. GitHub adds what is sent
// to what is there, and takes none back: so a run that was annotated before, whether by
// a try that did not end or with another verdict on the same head, gets what is new.
func (c *Check) annotate(ctx context.Context, id int64, o checkrun.Output) error {
	if len(o.Annotations) == 0 {
		return nil
	}
	there, err := c.annotations(ctx, id)
	if err != nil {
		return err
	}
	var missing []*github.CheckRunAnnotation
	for _, a := range o.Annotations {
		if !there[a] {
			missing = append(missing, &github.CheckRunAnnotation{
				Path: github.String(a.Path), StartLine: github.Int(a.Start), EndLine: github.Int(a.End),
				AnnotationLevel: github.String(a.Level), Title: github.String(a.Title), Message: github.String(a.Message),
			})
		}
	}
	for len(missing) > 0 {
		n := min(len(missing), perRequest)
		_, _, err := c.Client.Checks.UpdateCheckRun(ctx, c.Repo.Owner, c.Repo.Name, id, github.UpdateCheckRunOptions{
			Name:   c.Name, // GitHub wants it in every update
			Output: &github.CheckRunOutput{Title: github.String(o.Title), Summary: github.String(o.Summary), Text: text(o.Text), Annotations: missing[:n]},
		})
		if err != nil {
			return err
		}
		missing = missing[n:]
	}
	return nil
}

// text is nil for none: GitHub keeps what it has where nothing is sent.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// annotations are those that the run has.
func (c *Check) annotations(ctx context.Context, id int64) (map[checkrun.Annotation]bool, error) {
	all := map[checkrun.Annotation]bool{}
	for page := 1; page > 0; {
		list, resp, err := c.Client.Checks.ListCheckRunAnnotations(ctx, c.Repo.Owner, c.Repo.Name, id, &github.ListOptions{PerPage: 100, Page: page})
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			all[checkrun.Annotation{
				Path: a.GetPath(), Start: a.GetStartLine(), End: a.GetEndLine(), Level: a.GetAnnotationLevel(), Title: a.GetTitle(), Message: a.GetMessage(),
			}] = true
		}
		page = resp.NextPage
	}
	return all, nil
}
