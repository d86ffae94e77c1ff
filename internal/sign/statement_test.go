package sign

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"encoding/asn1"
)

// An envelope by openssl, in either form that its signature has, counts under a key for
// statements on the day, and under nothing else.
func TestVerifyStatement(t *testing.T) {
	dir := t.TempDir()
	openssl := func(stdin []byte, args ...string) []byte {
		t.Helper()
		cmd := exec.Command("openssl", args...)
		cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stdin)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("openssl %v: %v", args, err)
		}
		return out
	}
	openssl(nil, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "key.pem")
	public, err := ParsePublicKey(openssl(nil, "pkey", "-in", "key.pem", "-pubout"))
	if err != nil {
		t.Fatal(err)
	}
	payload := []byte(`{"_type":"https://in-toto.io/Statement/v1"}`)
	message := PAE(PayloadType, payload)
	if err := os.WriteFile(filepath.Join(dir, "message"), message, 0o600); err != nil {
		t.Fatal(err)
	}
	low := openssl(nil, "dgst", "-sha256", "-sign", "key.pem", "message")
	if low, err = lowS(low); err != nil {
		t.Fatal(err)
	}
	var v struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(low, &v); err != nil {
		t.Fatal(err)
	}
	order, _ := new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
	v.S.Sub(order, v.S)
	high, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	envelope := func(enc *base64.Encoding, payload, sig []byte) []byte {
		return fmt.Appendf(nil, `{"payload":%q,"payloadType":%q,"signatures":[{"keyid":"x","sig":""},{"sig":%q}]}`, enc.EncodeToString(payload), PayloadType, enc.EncodeToString(sig))
	}
	line := func(options string) []byte {
		return []byte("p256 " + base64.StdEncoding.EncodeToString(public.SPKI()) + " ci " + options)
	}
	for name, c := range map[string]struct {
		doc  []byte
		ring []byte
		ok   bool
	}{
		"low":             {envelope(base64.StdEncoding, payload, low), line("for=statements"), true},
		"high":            {envelope(base64.StdEncoding, payload, high), line("for=statements"), true},
		"for the web":     {envelope(base64.URLEncoding, payload, high), line("for=statements"), true},
		"in a bundle":     {fmt.Appendf(nil, `{"mediaType":"x","dsseEnvelope":%s}`, envelope(base64.StdEncoding, payload, low)), line("for=packs,statements"), true},
		"another purpose": {envelope(base64.StdEncoding, payload, low), line(""), false},
		"another day":     {envelope(base64.StdEncoding, payload, low), line("for=statements valid-until=2026-01-01"), false},
		"nobody trusted":  {envelope(base64.StdEncoding, payload, low), nil, false},
		"another payload": {envelope(base64.StdEncoding, append(payload, ' '), low), line("for=statements"), false},
	} {
		e, err := ParseEnvelope(c.doc)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		key, err := NewKeyRing(c.ring, "2026-11-25").VerifyStatement(e)
		var distrust *DistrustError
		if c.ok && (err != nil || key.Name != "ci") || !c.ok && !errors.As(err, &distrust) {
			t.Errorf("%s: %q, %v", name, key.Name, err)
		}
	}
	for _, doc := range []string{"", "{}", "[]", `{"payload":"!","payloadType":"application/vnd.in-toto+json"}`, `{"payload":"","payloadType":"text/plain"}`,
		`{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":[` + strings.Repeat(`{"sig":""},`, 20) + `{"sig":""}]}`} {
		if _, err := ParseEnvelope([]byte(doc)); err == nil {
			t.Errorf("%.80s is no envelope", doc)
		}
	}
}

func FuzzEnvelope(f *testing.F) {
	key, err := NewPublicKey(mustBase64(f, "MCowBQYDK2VwAyEA0Iolyg1888E1UxpndbleRAYcRwTMeBmHMo9uYIbtmbQ="))
	if err != nil {
		f.Fatal(err)
	}
	ring := NewKeyRing([]byte("ed25519 "+encodeBase64(key.SPKI())+" x for=statements"), "2026-11-25")
	f.Add([]byte(`{"dsseEnvelope":{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"AAAA"}]}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		e, err := ParseEnvelope(doc)
		if err != nil {
			return
		}
		if _, err := ring.VerifyStatement(e); err == nil {
			t.Fatalf("verified: %q", doc)
		}
	})
}

func mustBase64(tb testing.TB, s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
