// Package pack turns a verdict into the audit pack: one file that a reviewer reads
// today and an auditor verifies next year.
//
// It promises the same bytes for the same verdict, context and key; that everything in
// a pack but the context derives from pack.json; that nothing which a change contains
// can act as markup, script, reference or mention in any member; and that whatever is
// cut for length is counted and says where the whole is. It decides nothing, reads no
// repository, clock or file, and never fetches anything. What a pack is, byte for
// byte, package verify says.
package pack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"custody/internal/pack/verify"
	"custody/internal/parallel"
	"custody/internal/review"
	"custody/internal/sign"
)

// Input is what a pack is made from.
type Input struct {
	Verdict *review.Verdict
	// Context is the context document that the verdict was reached with, as JSON; nil
	// when there was none. The verdict's inputs name the digest of its canonical form.
	Context []byte
	Signer  sign.Signer
}

// Build writes the pack. The verdict is not changed.
func Build(ctx context.Context, in Input) ([]byte, error) {
	if in.Verdict == nil || in.Signer == nil {
		return nil, errors.New("building a pack: a verdict and a signer are needed")
	}
	ms, doc, err := members(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("building a pack: %w", err)
	}
	bundle, err := sign.SignStatement(ctx, doc.Statement(ms[verify.Manifest], in.Signer.Public()), in.Signer)
	if err != nil {
		return nil, fmt.Errorf("signing a pack: %w", err)
	}
	if ms[verify.Statement], err = bundle.Marshal(); err != nil {
		return nil, fmt.Errorf("building a pack: %w", err)
	}
	out, err := verify.Encode(ms)
	if err != nil {
		return nil, fmt.Errorf("building a pack: %w", err)
	}
	// A pack that its own verifier refuses must never leave this function.
	if r := verify.Verify(out, sign.TrustedKeys{{Key: in.Signer.Public(), Name: "signer"}}); !r.Good() {
		return nil, fmt.Errorf("building a pack: it does not verify: %s", r.Steps[len(r.Steps)-1].Detail)
	}
	return out, nil
}

// members makes all members but the statement, and gives what that says of the first.
func members(ctx context.Context, in Input) (*verify.Members, *verify.Document, error) {
	var ms verify.Members
	var read *verify.Document
	v := *in.Verdict
	var w *view
	var digest string
	identified := v
	err := parallel.Together(ctx, func(ctx context.Context) (err error) {
		ms[verify.PackJSON], digest, err = document(ctx, &identified)
		return err
	}, func(context.Context) (err error) {
		w = newView(&v)
		ms[verify.Context], err = canonicalContext(in.Context)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	v.ID, w.Digest = identified.ID, digest
	err = parallel.Together(ctx, func(context.Context) (err error) {
		ms[verify.Page], err = page(w)
		return err
	}, func(context.Context) (err error) {
		ms[verify.Summary] = summary(w)
		if ms[verify.SARIF], err = sarif(&v); err == nil {
			read, err = verify.ReadDocument(ms[verify.PackJSON])
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	ms[verify.Manifest], err = verify.NewManifest(&ms)
	return &ms, read, err
}

// Document is pack.json: the verdict as canonical JSON, with its id. An id that the
// verdict already has must be the one that follows from its content.
func Document(v *review.Verdict) ([]byte, error) {
	c := *v
	doc, _, err := document(context.Background(), &c)
	return doc, err
}

// document also sets v.ID, and gives the digest of the verdict. It encodes once: the id
// is a member of its own among sorted ones, and documents of many megabytes exist.
func document(ctx context.Context, v *review.Verdict) (doc []byte, digest string, err error) {
	top, err := encode(ctx, v)
	if err != nil {
		return nil, "", fmt.Errorf("encoding the verdict: %w", err)
	}
	if id := verify.IDOf(top); v.ID != id {
		if v.ID != "" {
			return nil, "", fmt.Errorf("the verdict has the id %s, but its content has %s", v.ID, id)
		}
		v.ID = id
		top = top.Set("id", strconv.AppendQuote(nil, id))
	}
	size := 2
	for _, m := range top {
		size += len(m.Text) + 1
	}
	b := bytes.NewBuffer(make([]byte, 0, size))
	top.Write(b)
	return b.Bytes(), verify.DigestOf(top), nil
}

// encode writes the verdict as a canonical object. What is reached is half of a large one,
// and written beside the rest.
func encode(ctx context.Context, v *review.Verdict) (top sign.Object, err error) {
	var reached []byte
	err = parallel.Together(ctx, func(context.Context) error {
		rest := *v
		rest.Impact = nil
		doc, err := sign.Canonical(&rest)
		if err == nil {
			top, err = sign.ParseObject(doc)
		}
		return err
	}, func(context.Context) (err error) {
		reached, err = sign.Canonical(v.Impact)
		return err
	})
	return top.Set("impact", reached), err
}

func canonicalContext(doc []byte) ([]byte, error) {
	if doc == nil {
		return []byte("null"), nil
	}
	c, err := sign.Canonicalize(doc)
	if err != nil {
		return nil, fmt.Errorf("the context: %w", err)
	}
	return c, nil
}

// Digest is a pack's address: "sha256:" and the hex SHA-256 of the file.
func Digest(pack []byte) string { return verify.Digest(pack) }

// VerdictDigest is the digest of pack.json without its member "door". Effects and the
// ledger are keyed by it.
func VerdictDigest(packJSON []byte) (string, error) { return verify.VerdictDigest(packJSON) }
