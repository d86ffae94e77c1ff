package app

import (
	"encoding/base64"
	"slices"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/review"
	"custody/internal/sign"
)

// A check stays as it is until somebody reviews the change again, and what made it pass may end
// by itself: a waiver, the time that an emergency gives, the trust in a key, the time for which a
// bias test is good. So the last day on which a verdict holds is kept with it, and behind it the
// change is reviewed again, see ended.

// openEnd is the last day of a verdict that no day ends, and that still waits: for what an
// emergency put off, and what is late by now.
const openEnd config.Day = "9999-12-31"

// holdsUntil is the last day on which a verdict holds for all that is known; empty where no day
// ends it. Of what landed nothing ends but the time for what an emergency put off: the rest was
// so when it landed.
func holdsUntil(v *review.Verdict, judge *review.Judge, granted []change.Waiver, declared *change.Urgency, keys []byte) config.Day {
	today, first := config.Day(v.Inputs.Day), config.Day("")
	ends := func(last config.Day) {
		if last >= today && (first == "" || last < first) {
			first = last
		}
	}
	putOff := slices.ContainsFunc(v.Checks, func(c finding.Check) bool {
		// What came too late says so, too, and waits for nothing any more.
		return c.Outcome != finding.Satisfied && slices.ContainsFunc(c.Reasons, func(r finding.Reason) bool { return r.Code == control.ReasonEmergency })
	})
	if putOff && judge.Policy != nil && declared != nil {
		for _, e := range judge.Policy.Emergencies {
			ends(e.Due(declared.At))
		}
	}
	if v.Stage == change.AtRecord {
		if putOff && first == "" {
			return openEnd
		}
		return first
	}
	if v.Holds != "" {
		ends(v.Holds)
	}
	if judge.Policy != nil {
		for _, w := range judge.Policy.Waivers {
			ends(w.LastDay)
		}
	}
	for _, w := range granted {
		if payload, err := base64.StdEncoding.DecodeString(w.Record); err == nil {
			if r, err := control.ParseWaiver(payload); err == nil {
				ends(r.LastDay)
			}
		}
	}
	if v.Inputs.Files["key_ring"] != "" { // signatures were held against it
		trusted, _ := sign.ParseTrustedKeys(keys) // they were tried when the App was made
		for _, k := range trusted {
			if k.ValidUntil != "" {
				ends(config.Day(k.ValidUntil))
			}
		}
	}
	return first
}
