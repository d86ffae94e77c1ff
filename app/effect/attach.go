package effect

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v62/github"

	"custody/app/hub"
)

// PackRefs is below which refs of a repository packs are attached: nobody clones them who
// does not ask.
const PackRefs = "refs/custody/packs/"

// packFile is a pack's name in the tree of a commit.
const packFile = "pack.zip"

// MaxAttached is the largest pack that is attached, in bytes: it travels as base64 in one
// request.
const MaxAttached = 32 << 20

// ErrTooLarge says that a pack can not be attached. It is in the store all the same.
var ErrTooLarge = fmt.Errorf("the pack has more than %d bytes", MaxAttached)

// An Attachment puts packs into the repository that they are about, at a ref for the head
// and the subject: two pull requests may have one head. Each pack is a commit on top of
// the one before; a ref is never forced, so that nothing which was attached is lost.
type Attachment struct {
	Place
	Name string // of the subject, as a part of a ref: "pull-7"
}

// Key of the attachment.
func (a *Attachment) Key() string { return key("attach", a.Repo.ID, a.Subject, a.Head) }

// Ref is where packs are attached.
func (a *Attachment) Ref() string { return PackRefs + a.Head + "/" + a.Name }

// Done says whether the pack of a verdict is attached.
func (a *Attachment) Done(ctx context.Context, verdict string) (bool, error) {
	return done(ctx, a.Log, a.Key(), verdict)
}

// Attach attaches what is intended, if it is not there yet. pack gives its bytes.
func (a *Attachment) Attach(ctx context.Context, pack func(ctx context.Context, digest string) ([]byte, error)) error {
	var p Pack
	intent, err := pending(ctx, a.Log, a.Key(), &p)
	if err != nil || intent == "" {
		return err
	}
	file, err := pack(ctx, p.Digest)
	if err != nil {
		return err
	}
	if len(file) > MaxAttached {
		return ErrTooLarge
	}
	parent, there, err := a.tip(ctx, blobID(file))
	if err != nil {
		return err
	}
	if !there {
		if moved, err := a.moved(ctx); err != nil || moved {
			return err
		}
		if err := a.commit(ctx, p, file, parent); err != nil {
			return err
		}
	}
	_, err = a.Log.FinishIf(ctx, a.Key(), intent, p.Verdict) // who intends something else by now does that
	return err
}

// blobID is what git calls a file. GitHub's repositories are SHA-1.
func blobID(file []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(file))
	h.Write(file)
	return hex.EncodeToString(h.Sum(nil))
}

// tip is the commit that the ref is at, empty for none, and whether that is the pack
// already: told by its bytes, not by what a commit says of itself.
func (a *Attachment) tip(ctx context.Context, blob string) (commit string, there bool, err error) {
	git, owner, name := a.Client.Git, a.Repo.Owner, a.Repo.Name
	ref, _, err := git.GetRef(ctx, owner, name, a.Ref())
	if class, _ := hub.Classify(err); err != nil && class == hub.Gone {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("reading %s: %w", a.Ref(), err)
	}
	if ref.GetObject().GetType() != "commit" {
		return "", false, fmt.Errorf("%s: %w", a.Ref(), errNotOurs)
	}
	commit = ref.GetObject().GetSHA()
	tree, _, err := git.GetTree(ctx, owner, name, commit, false)
	if err != nil {
		return "", false, fmt.Errorf("reading what is at %s: %w", a.Ref(), err)
	}
	for _, e := range tree.Entries {
		there = there || e.GetPath() == packFile && e.GetSHA() == blob
	}
	return commit, there, nil
}

// errNotOurs says that somebody put something there which we do not touch.
var errNotOurs = errors.New("something that is no pack stands there")

func (a *Attachment) commit(ctx context.Context, p Pack, file []byte, parent string) error {
	git, owner, name := a.Client.Git, a.Repo.Owner, a.Repo.Name
	blob, _, err := git.CreateBlob(ctx, owner, name, &github.Blob{Content: github.String(base64.StdEncoding.EncodeToString(file)), Encoding: github.String("base64")})
	if err != nil {
		return fmt.Errorf("attaching the pack: %w", err)
	}
	tree, _, err := git.CreateTree(ctx, owner, name, "", []*github.TreeEntry{{Path: github.String(packFile), Mode: github.String("100644"), Type: github.String("blob"), SHA: blob.SHA}})
	if err != nil {
		return fmt.Errorf("attaching the pack: %w", err)
	}
	c := &github.Commit{
		Message: github.String(fmt.Sprintf("Audit pack of %s at %s\n\nVerdict: %s\nPack: %s\n", a.Name, a.Head, p.Verdict, p.Digest)),
		Tree:    tree,
	}
	if parent != "" {
		c.Parents = []*github.Commit{{SHA: github.String(parent)}}
	}
	made, _, err := git.CreateCommit(ctx, owner, name, c, nil)
	if err != nil {
		return fmt.Errorf("attaching the pack: %w", err)
	}
	if moved, err := a.moved(ctx); err != nil || moved {
		return err
	}
	ref := &github.Reference{Ref: github.String(a.Ref()), Object: &github.GitObject{SHA: made.SHA}}
	if parent == "" {
		_, _, err = git.CreateRef(ctx, owner, name, ref)
	} else {
		_, _, err = git.UpdateRef(ctx, owner, name, ref, false)
	}
	if refused := (*github.ErrorResponse)(nil); errors.As(err, &refused) && refused.Response.StatusCode == http.StatusUnprocessableEntity && strings.Contains(refused.Message, "fast forward") {
		return fmt.Errorf("%s: %w", a.Ref(), errNotOurs)
	}
	if err != nil {
		return fmt.Errorf("moving %s: %w", a.Ref(), err)
	}
	return nil
}
