package effect

import (
	"context"
	"encoding/json"
	"fmt"

	"custody/app/hub"
)

// A Place is where more is written than a check run: about one subject at one head.
type Place struct {
	Log     Log
	Client  *hub.Client
	Repo    *hub.Repository
	Subject string
	Head    string
	// Current says whether the head is still the newest. It is asked before each write;
	// nil: it can not move.
	Current func(ctx context.Context) (bool, error)
}

// A Pack is one that is to be put somewhere.
type Pack struct {
	Verdict string `json:"verdict"` // its digest, by which it is put there once
	Digest  string `json:"pack"`
	Day     string `json:"day"`
}

// Text is the form in which an intent is kept.
func (p Pack) Text() string {
	text, err := json.Marshal(p)
	if err != nil {
		return "" // a struct of texts
	}
	return string(text)
}

// done says whether an effect was done with a mark, and nothing else is intended.
func done(ctx context.Context, log Log, key, mark string) (bool, error) {
	e, err := log.Effect(ctx, key)
	return err == nil && e.Done && e.Result == mark, err
}

// pending reads what is intended under a key into v; the intent is empty when nothing is.
func pending(ctx context.Context, log Log, key string, v any) (intent string, err error) {
	e, err := log.Effect(ctx, key)
	if err != nil || e.Key == "" || e.Done {
		return "", err
	}
	if err := json.Unmarshal([]byte(e.Result), v); err != nil {
		return "", fmt.Errorf("reading what is intended for %s: %w", key, err)
	}
	return e.Result, nil
}

// moved says whether nothing may be written any more, because a newer head came.
func (p *Place) moved(ctx context.Context) (bool, error) {
	if p.Current == nil {
		return false, nil
	}
	current, err := p.Current(ctx)
	return !current, err
}
