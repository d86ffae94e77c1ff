package verify

import (
	"encoding/json"
	"errors"

	"custody/internal/finding"
	"custody/internal/sign"
)

// A Waiver is one that came with the context, held against the trusted keys once more.
// Whether it counted is the verdict's to say; who granted it need not be believed to the
// pack's signer.
type Waiver struct {
	ID      string          `json:"id,omitempty"` // as its record says; empty where nobody trusted signed it
	Covers  string          `json:"covers,omitempty"`
	KeyID   string          `json:"key_id"`
	Key     string          `json:"key,omitempty"` // its name in the trusted keys
	Outcome finding.Outcome `json:"outcome"`       // not-assessed: the key is unknown, or the record is not in the pack
}

// maxWaivers is how many waivers of a context are checked.
const maxWaivers = 1000

// checkWaivers holds the signed waivers of the context against the trusted keys. None of
// it decides whether the pack is good: a waiver that nobody trusted signed did not count,
// and the verdict says so.
func (r *Result) checkWaivers(doc *Document, context []byte, trusted sign.TrustedKeys) {
	var c struct {
		Waivers []struct {
			Record    []byte `json:"record"`
			KeyID     string `json:"key_id"`
			Signature []byte `json:"signature"`
		} `json:"waivers"`
	}
	if err := json.Unmarshal(context, &c); err != nil {
		r.step("waiver", finding.NotAssessed, "The waivers of the context can not be read.")
		return
	}
	for i, w := range c.Waivers {
		if i == maxWaivers {
			r.step("waiver", finding.NotAssessed, "%d more waivers were not looked at.", len(c.Waivers)-i)
			return
		}
		said := Waiver{KeyID: w.KeyID}
		if len(w.Record) == 0 {
			r.step("waiver", finding.NotAssessed, "A waiver's record is not in the pack: it names people, and this pack names them by pseudonyms.")
			r.Waivers = append(r.Waivers, said)
			continue
		}
		record := &sign.Record{Type: sign.WaiverRecord, Payload: w.Record, KeyID: w.KeyID, Signature: w.Signature}
		if err := said.check(doc.day, record, trusted); err != nil {
			r.step("waiver", said.Outcome, "A waiver of the context has no signature that you trust: %v.", err)
		} else {
			r.step("waiver", said.Outcome, "Waiver %q of %q is signed by the key %q.", said.ID, said.Covers, said.Key)
		}
		r.Waivers = append(r.Waivers, said)
	}
}

func (w *Waiver) check(day string, record *sign.Record, trusted sign.TrustedKeys) error {
	envelope, err := record.Marshal()
	if err != nil {
		return err
	}
	payload, key, err := sign.VerifyRecord(envelope, sign.WaiverRecord, trusted, day)
	if distrust, ok := errors.AsType[*sign.DistrustError](err); ok {
		if w.Outcome = finding.NotSatisfied; distrust.Unknown {
			w.Outcome = finding.NotAssessed
		}
		return distrust
	}
	if err != nil {
		return err
	}
	var says struct {
		ID     string `json:"id"`
		Covers string `json:"covers"`
	}
	if err := json.Unmarshal(payload, &says); err != nil {
		w.Outcome = finding.NotSatisfied
		return errors.New("what was signed is no waiver")
	}
	w.ID, w.Covers, w.Key, w.Outcome = says.ID, says.Covers, key.Name, finding.Satisfied
	return nil
}
