package effect

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"custody/app/hub"
)

// An Attestation hands the signed statement of a pack to GitHub's artifact attestations,
// where it is found by the digest of the pack's manifest, which is its subject.
type Attestation struct{ Place }

// Key of the attestation.
func (a *Attestation) Key() string { return key("attest", a.Repo.ID, a.Subject, a.Head) }

// Done says whether the statement about a verdict was handed over.
func (a *Attestation) Done(ctx context.Context, verdict string) (bool, error) {
	return done(ctx, a.Log, a.Key(), verdict)
}

// Attest hands over what is intended. statement gives the Sigstore bundle of a pack and
// the digest of its manifest ("sha256:...").
func (a *Attestation) Attest(ctx context.Context, statement func(ctx context.Context, digest string) (bundle []byte, manifest string, err error)) error {
	var p Pack
	intent, err := pending(ctx, a.Log, a.Key(), &p)
	if err != nil || intent == "" {
		return err
	}
	bundle, manifest, err := statement(ctx, p.Digest)
	if err != nil {
		return err
	}
	there, err := a.find(ctx, manifest, bundle)
	if err != nil {
		return err
	}
	if !there {
		if moved, err := a.moved(ctx); err != nil || moved {
			return err
		}
		// go-github has no such call yet.
		if err := a.call(ctx, http.MethodPost, "attestations", map[string]any{"bundle": json.RawMessage(bundle)}, nil); err != nil {
			return fmt.Errorf("handing over the attestation: %w", err)
		}
	}
	_, err = a.Log.FinishIf(ctx, a.Key(), intent, p.Verdict) // who intends something else by now does that
	return err
}

// find looks whether a try that did not end handed it over.
func (a *Attestation) find(ctx context.Context, manifest string, bundle []byte) (bool, error) {
	var list struct {
		Attestations []struct {
			Bundle json.RawMessage `json:"bundle"`
		} `json:"attestations"`
	}
	err := a.call(ctx, http.MethodGet, "attestations/"+manifest, nil, &list)
	if class, _ := hub.Classify(err); err != nil && class == hub.Gone {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for the attestation: %w", err)
	}
	ours, err := envelope(bundle)
	if err != nil {
		return false, err
	}
	for _, have := range list.Attestations {
		if theirs, err := envelope(have.Bundle); err == nil && bytes.Equal(ours, theirs) {
			return true, nil
		}
	}
	return false, nil
}

// envelope is the signed part of a bundle in one form, whatever order its members came in.
func envelope(bundle []byte) ([]byte, error) {
	var b struct {
		Envelope any `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(bundle, &b); err != nil {
		return nil, fmt.Errorf("reading a bundle: %w", err)
	}
	return json.Marshal(b.Envelope)
}

func (a *Attestation) call(ctx context.Context, method, path string, body, into any) error {
	req, err := a.Client.NewRequest(method, "repos/"+a.Repo.FullName()+"/"+path, body)
	if err != nil {
		return err
	}
	_, err = a.Client.Do(ctx, req, into)
	return err
}
