package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"
	"github.com/sirupsen/logrus"

	"custody/app/clone"
	"custody/app/hub"
	"custody/internal/git"
	"custody/internal/store"
)

// What tools note on commits comes behind them: git-ai pushes its notes after the branch, a CI
// attaches statements when it is done. GitHub tells of pushes to branches and tags alone. So a
// while behind each verdict on a new head, and with each look around, the notes are held against
// those that each open verdict was reached from, and what is noted otherwise by now is reviewed
// again. That is the work of one subject for each repository, of this kind and name.
const notesKind = "notes"

// maxNoted bounds how many reviews are asked for again at a time because of notes.
const maxNoted = 200

// notes are those of a repository at one moment.
type notes struct {
	refs map[string]git.OID
	at   string // tells moments apart; empty: there are none
	open map[string]*git.Notes
}

func readNotes(ctx context.Context, c *clone.Clone) (*notes, error) {
	refs, err := c.NoteRefs(ctx, clone.NoteRefs...)
	if err != nil {
		return nil, err
	}
	n := &notes{refs: refs, open: map[string]*git.Notes{}}
	ids := map[string]string{}
	for ref, id := range refs {
		ids[ref] = id.String()
		if n.open[ref], err = git.OpenNotes(ctx, c, id); ctx.Err() != nil {
			return nil, err
		} else if err != nil {
			n.open[ref] = nil
		}
	}
	n.at = notesAt(ids)
	return n, nil
}

func notesAt(refs map[string]string) string {
	if len(refs) == 0 {
		return ""
	}
	h := sha256.New()
	for _, ref := range slices.Sorted(maps.Keys(refs)) {
		fmt.Fprintf(h, "%s %s\n", ref, refs[ref])
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// on tells apart what they say of commits; empty: nothing.
func (n *notes) on(ctx context.Context, commits []*git.Commit) (string, error) {
	var says []string
	for ref, open := range n.open {
		for _, k := range commits {
			what := "unreadable"
			if open != nil {
				id, err := open.Find(ctx, k.ID)
				if ctx.Err() != nil {
					return "", err
				}
				if errors.Is(err, git.ErrNotFound) {
					continue
				}
				if err == nil {
					what = id.String()
				}
			}
			says = append(says, ref+" "+k.ID.String()+" "+what)
		}
	}
	if len(says) == 0 {
		return "", nil
	}
	slices.Sort(says)
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(says), "\n")))
	return hex.EncodeToString(sum[:16]), nil
}

// notesWord begins the word of a store.Subject's Wants that says which notes its verdict was
// reached from: all that there were, and what they say of its commits.
const notesWord = "notes:"

// withNotes are the words of what a verdict needs with that one.
func withNotes(words, at, on string) string {
	kept := slices.DeleteFunc(strings.Fields(words), func(w string) bool { return strings.HasPrefix(w, notesWord) })
	return strings.Join(append(kept, notesWord+at+":"+on), " ")
}

// notesOf reads that word; ok is false of what no notes were read for.
func notesOf(words string) (at, on string, ok bool) {
	for w := range strings.FieldsSeq(words) {
		if rest, is := strings.CutPrefix(w, notesWord); is {
			return strings.Cut(rest, ":")
		}
	}
	return "", "", false
}

// readNoted keeps what notes say of the change, and gives what a verdict follows from: of a merge
// group also what they say of the pull request that it adds, whose commits it may have made anew.
func (j *job) readNoted(ctx context.Context, c *clone.Clone) (all string, err error) {
	if j.noted, err = j.notes.on(ctx, j.commits); err != nil || j.queued == nil {
		return j.noted, err
	}
	head, err := git.ParseOID(j.queued.GetHead().GetSHA())
	if err != nil {
		return "", fmt.Errorf("the head of the pull request: %w", err)
	}
	proposed, _, err := c.Commits(ctx, j.base, head, maxCommits)
	if err != nil {
		return "", err
	}
	return j.notes.on(ctx, slices.Concat(j.commits, proposed))
}

// notesMark is the mark of the notes that verdicts were held against last.
func notesMark(repo int64) string { return fmt.Sprintf("notes/%d", repo) }

// askNotes has the notes looked at behind a verdict: those of a new head may be on their way, and
// somebody may have looked at others while it was reached.
func (j *job) askNotes(ctx context.Context) error {
	if j.notes == nil || j.subject.Stage != "merge" {
		return nil
	}
	mark, err := j.store.Mark(ctx, notesMark(j.task.Repo))
	if err != nil {
		return err
	}
	first := j.notes.at != "" && j.subject.DoneHead != j.head.String()
	if mark == j.notes.at && !first {
		return nil
	}
	return j.askForNotes(ctx, j.subject.Installation, j.task.Repo, j.subject.Delivery)
}

// begunMark is the mark of the turn in which the notes were looked at last.
func begunMark(repo int64) string { return fmt.Sprintf("notes/%d/begun", repo) }

// askForNotes asks for a look at them. One that did not begin yet reads them all when it does: asked
// for again and again, its place in the line would be the last one for ever.
func (a *App) askForNotes(ctx context.Context, installation, repo int64, delivery string) error {
	s, err := a.store.Subject(ctx, repo, notesKind)
	if err != nil && !store.IsNotFound(err) {
		return err
	}
	if err == nil && !s.Closed {
		begun, err := a.store.Mark(ctx, begunMark(repo))
		if err != nil {
			return err
		}
		if turn, _ := strconv.ParseInt(begun, 10, 64); turn < s.Turn {
			return nil
		}
	}
	return a.store.Ask(ctx, store.Request{Repo: repo, Name: notesKind, Installation: installation, Kind: notesKind, Stage: "record", Delivery: delivery})
}

// notesWait is how long what was asked for waits, so that notes which are on their way are there.
func (a *App) notesWait(s *store.Subject) time.Duration {
	return a.Lag - a.Now().Sub(time.UnixMilli(s.Asked))
}

// lookAtNotes asks for new reviews of what is noted otherwise than when it was judged.
func (j *job) lookAtNotes(ctx context.Context) error {
	if err := j.store.SetMark(ctx, begunMark(j.task.Repo), strconv.FormatInt(j.task.Turn, 10)); err != nil {
		return err
	}
	remote, err := j.client.Remote(ctx, j.repo)
	if err != nil {
		return err
	}
	c, err := j.Clones.Get(ctx, j.repo.ID, remote, git.Want{})
	if err != nil {
		return err
	}
	defer j.tidy(ctx)
	defer c.Close()
	notes, err := readNotes(ctx, c)
	if err != nil {
		return err
	}
	// Before the verdicts are read: one that is reached meanwhile finds it, see askNotes.
	if err := j.store.SetMark(ctx, notesMark(j.task.Repo), notes.at); err != nil {
		return err
	}
	open, err := j.store.OpenToMerge(ctx, j.task.Repo)
	if err != nil {
		return err
	}
	asked, errs := 0, []error(nil)
	for i := range open {
		s := &open[i]
		otherwise, err := j.notedOtherwise(ctx, c, notes, s)
		if ctx.Err() != nil {
			return err
		}
		if errs = append(errs, err); !otherwise { // what is odd keeps no other from being looked at
			continue
		}
		if asked == maxNoted {
			return &store.LaterError{After: time.Minute, Why: errors.New("notes were pushed about more than is asked for at a time")}
		}
		asked++
		j.log.WithFields(logrus.Fields{"subject": s.Name, "head": s.DoneHead}).Info("notes say something else of its commits than when it was judged: it is reviewed again")
		err = j.store.Wake(ctx, store.Wake{Repo: s.Repo, Name: s.Name, Which: func(o *store.Subject) bool { return o.Turn == s.Turn }})
		if err != nil {
			return err
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return j.store.CloseSubject(ctx, j.task.Repo, j.subject.Name, j.task.Turn)
}

// notedOtherwise says whether notes say something else of what was judged than they did then, or
// may. What is being judged finds out by itself.
func (j *job) notedOtherwise(ctx context.Context, c *clone.Clone, now *notes, s *store.Subject) (bool, error) {
	at, on, ok := notesOf(s.Wants)
	switch {
	case s.DoneTurn < s.Turn, s.Verdict == "", ok && at == now.at:
		return false, nil
	case !ok: // a version of the program reached it that kept nothing of the notes
		return true, nil
	}
	last, err := j.store.Reviews(ctx, s.Repo, s.Name, 1)
	if err != nil {
		return false, err
	}
	if len(last) == 0 || last[0].Head != s.DoneHead {
		return true, nil
	}
	base, err := git.ParseOID(last[0].Base)
	head, herr := git.ParseOID(s.DoneHead)
	if err != nil || herr != nil {
		return true, nil
	}
	for _, id := range []git.OID{base, head} { // another process judged it, or this copy was made anew
		if id.IsZero() {
			continue
		}
		if err := c.Bring(ctx, id); errors.Is(err, git.ErrNoRemoteRef) {
			return true, nil
		} else if err != nil {
			return false, err
		}
	}
	commits, _, err := c.Commits(ctx, base, head, maxCommits)
	if err != nil {
		return false, err
	}
	is, err := now.on(ctx, commits)
	return is != on, err
}

// notesMoved asks for a look at the notes of a repository in which something waits to be merged, if
// they are not those of the last one. That takes a request, which GitHub does not count while
// nothing changed.
func (a *App) notesMoved(ctx context.Context, client *hub.Client, installation int64, r *github.Repository) error {
	open, err := a.store.OpenToMerge(ctx, r.GetID())
	if err != nil || len(open) == 0 {
		return err
	}
	req, err := client.NewRequest(http.MethodGet, "repos/"+r.GetFullName()+"/git/matching-refs/notes/", nil)
	if err != nil {
		return err
	}
	if tag := a.noted.of(r.GetID(), a.Now()); tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	var list []*github.Reference
	resp, err := client.Do(ctx, req, &list)
	if resp != nil && resp.StatusCode == http.StatusNotModified {
		return nil
	}
	if err != nil {
		if class, _ := hub.Classify(err); class == hub.Later || ctx.Err() != nil {
			return fmt.Errorf("reading where the notes of %s are: %w", r.GetFullName(), err)
		}
		a.Log.WithError(err).WithField("repo", r.GetID()).Info("it is not known where the notes of a repository are")
		return nil
	}
	refs := map[string]string{}
	for _, ref := range list {
		if slices.Contains(clone.NoteRefs, ref.GetRef()) {
			refs[ref.GetRef()] = ref.GetObject().GetSHA()
		}
	}
	mark, err := a.store.Mark(ctx, notesMark(r.GetID()))
	if err != nil {
		return err
	}
	if mark == notesAt(refs) {
		a.noted.keep(r.GetID(), resp.Header.Get("ETag"), a.Now())
		return nil
	}
	return a.askForNotes(ctx, installation, r.GetID(), "")
}
