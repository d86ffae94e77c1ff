package review

import (
	"context"
	"encoding/base64"
	"fmt"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/sign"
)

// maxGranted bounds the waivers of a context.
const maxGranted = 1000

// readWaivers verifies the waivers that the context brings. One that nobody who is
// trusted for waivers signed is none, and says why.
func (r *run) readWaivers(context.Context) error {
	if r.context == nil {
		return nil
	}
	for i, w := range r.context.Waivers {
		if i == maxGranted {
			break // the rest is reported as not read
		}
		r.granted = append(r.granted, r.openWaiver(w))
	}
	return nil
}

func (r *run) openWaiver(w change.Waiver) control.Granted {
	no := func(err error) control.Granted { return control.Granted{Why: change.Printable(err.Error())} }
	payload, err := base64.StdEncoding.Strict().DecodeString(w.Record)
	if err != nil {
		return no(fmt.Errorf("its record: %w", err))
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(w.Signature)
	if err != nil {
		return no(fmt.Errorf("its signature: %w", err))
	}
	envelope, err := (&sign.Record{Type: sign.WaiverRecord, Payload: payload, KeyID: w.KeyID, Signature: signature}).Marshal()
	if err != nil {
		return no(err)
	}
	doc, key, err := r.ring.VerifyRecord(envelope, sign.WaiverRecord)
	if err != nil {
		return no(err)
	}
	waiver, err := control.ParseWaiver(doc)
	if err != nil {
		return no(err)
	}
	return control.Granted{Waiver: waiver, Signer: key.Name}
}

// SignWaiver signs a waiver record as an item of a context's waivers.
func SignWaiver(ctx context.Context, record []byte, s sign.Signer) (change.Waiver, error) {
	envelope, err := sign.SignRecord(ctx, record, sign.WaiverRecord, s)
	if err != nil {
		return change.Waiver{}, err
	}
	signed, err := sign.ParseRecord(envelope)
	if err != nil {
		return change.Waiver{}, err
	}
	return change.Waiver{
		Record:    base64.StdEncoding.EncodeToString(signed.Payload),
		KeyID:     signed.KeyID,
		Signature: base64.StdEncoding.EncodeToString(signed.Signature),
	}, nil
}

func (r *run) inForceOn() config.Day {
	return control.InForceOn(r.Stage, r.context, config.Day(r.Day))
}

// waiversInForce are the ids of those of the policies and of the context whose last day
// is not past.
func (r *run) waiversInForce() []string {
	ids := []string{}
	day := r.inForceOn()
	if r.judge.Policy != nil {
		for _, w := range r.judge.Policy.Waivers {
			if w.InForce(day) {
				ids = append(ids, string(w.ID))
			}
		}
	}
	for _, g := range r.granted {
		if g.Waiver != nil && (config.Waiver{LastDay: g.Waiver.LastDay}).InForce(day) {
			ids = append(ids, string(g.Waiver.ID))
		}
	}
	return ids
}
