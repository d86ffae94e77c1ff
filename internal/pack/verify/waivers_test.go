package verify

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"custody/internal/finding"
	"custody/internal/sign"
)

func TestWaivers(t *testing.T) {
	key, err := sign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	file, err := sign.SignRecord(context.Background(), []byte(`{"covers":"r","id":"w"}`), sign.WaiverRecord, key)
	if err != nil {
		t.Fatal(err)
	}
	record, err := sign.ParseRecord(file)
	if err != nil {
		t.Fatal(err)
	}
	item := func(payload, signature []byte) string {
		return fmt.Sprintf(`{"key_id":%q,"record":%q,"signature":%q}`, record.KeyID, base64.StdEncoding.EncodeToString(payload), base64.StdEncoding.EncodeToString(signature))
	}
	good := item(record.Payload, record.Signature)
	forged := append([]byte{record.Signature[0] ^ 1}, record.Signature[1:]...)
	trusted := sign.TrustedKeys{{Key: key.Public(), Name: "grants", Purposes: sign.ForWaivers}}
	for _, c := range []struct {
		name, context string
		keys          sign.TrustedKeys
		want          finding.Outcome
		n             int
	}{
		{"trusted", `{"waivers":[` + good + `]}`, trusted, finding.Satisfied, 1},
		{"forged", `{"waivers":[` + item(record.Payload, forged) + `]}`, trusted, finding.NotSatisfied, 1},
		{"of something else", `{"waivers":[` + item([]byte(`{"covers":"s","id":"w"}`), record.Signature) + `]}`, trusted, finding.NotSatisfied, 1},
		{"not for waivers", `{"waivers":[` + good + `]}`, sign.TrustedKeys{{Key: key.Public(), Name: "grants"}}, finding.NotSatisfied, 1},
		{"not yet", `{"waivers":[` + good + `]}`, sign.TrustedKeys{{Key: key.Public(), Name: "grants", Purposes: sign.ForWaivers, ValidFrom: "2027-01-01"}}, finding.NotSatisfied, 1},
		{"unknown", `{"waivers":[` + good + `]}`, nil, finding.NotAssessed, 1},
		{"taken out", `{"waivers":[{"key_id":"k","record":"","signature":""}]}`, trusted, finding.NotAssessed, 1},
		{"none", `null`, trusted, finding.NotAssessed, 0},
		{"not read", `{"waivers":7}`, trusted, finding.NotAssessed, 0},
		{"many", `{"waivers":[` + strings.Repeat(good+",", maxWaivers+1) + good + `]}`, trusted, finding.Satisfied, maxWaivers},
	} {
		r := &Result{}
		r.checkWaivers(&Document{day: "2026-11-26"}, []byte(c.context), c.keys)
		if len(r.Waivers) != c.n || c.n > 0 && r.Waivers[0].Outcome != c.want || (c.want == finding.Satisfied) != (len(r.Waivers) > 0 && r.Waivers[0].ID == "w") {
			t.Errorf("%s: %+v %+v", c.name, r.Waivers, r.Steps)
		}
		if r.Outcome != finding.NotAssessed || r.Signed != finding.NotAssessed {
			t.Errorf("%s: it decided something", c.name)
		}
	}
}
