package sign

import (
	"bytes"
	"strings"
	"testing"
)

func TestParseTrustedKeys(t *testing.T) {
	a, b := testKey(t, 1).Public(), testP256(t).Public()
	file := "# our keys\n\n" +
		"ed25519 " + encodeBase64(a.SPKI()) + " build-2026 valid-from=2026-01-01 valid-until=2026-12-31\r\n" +
		"  p256\t" + encodeBase64(b.SPKI()) + " hsm valid-from=2026-01-01 for=statements,context\n"
	keys, err := ParseTrustedKeys([]byte(file))
	if err != nil || len(keys) != 2 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	k, ok := keys.Lookup(a)
	if !ok || k.Name != "build-2026" {
		t.Fatalf("Lookup: %v %v", k, ok)
	}
	for day, want := range map[string]bool{
		"2025-12-31": false, "2026-01-01": true, "2026-12-31": true, "2027-01-01": false, "": false, "2026": false, "2026-02-30": false,
	} {
		if why := k.RefusedOn(day); (why == "") != want {
			t.Errorf("RefusedOn(%q) is %q", day, why)
		}
	}
	if !k.Is(ForPacks) || k.Is(ForContext) || k.Is(ForPacks|ForContext) || k.Is(0) {
		t.Error("a line without for= is trusted for something else than packs")
	}
	if k, _ := keys.Lookup(b); k.RefusedOn("2099-01-01") != "" || k.RefusedOn("someday") == "" {
		t.Error("a key without a last day: valid on any day, but only on days")
	} else if k.Is(ForPacks) || !k.Is(ForContext) || !k.Is(ForStatements) || k.Is(ForWaivers) || !k.Is(ForContext|ForStatements) {
		t.Errorf("for=statements,context is trusted for %s", k.Purposes)
	}
	if _, ok := keys.Lookup(testKey(t, 9).Public()); ok {
		t.Error("Lookup finds a key that is not there")
	}
	if _, ok := keys.Lookup(PublicKey{}); ok {
		t.Error("Lookup finds the zero key")
	}
	var lines []string
	for _, k := range keys {
		lines = append(lines, k.String())
	}
	if again, err := ParseTrustedKeys([]byte(strings.Join(lines, "\n"))); err != nil || len(again) != 2 || again[0] != keys[0] {
		t.Errorf("String is not what ParseTrustedKeys reads: %v", err)
	}
}

// TestRevoked: of a stolen key nothing counts, not even what bears a day before the theft.
func TestRevoked(t *testing.T) {
	keys, err := ParseTrustedKeys([]byte("ed25519 " + encodeBase64(testKey(t, 1).Public().SPKI()) + " old valid-until=2026-12-31 revoked=2026-06-01\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range []string{"2026-01-01", "2026-06-01", "2026-11-23", "2027-01-01"} {
		if why := keys[0].RefusedOn(day); !strings.Contains(why, "revoked on 2026-06-01") {
			t.Errorf("%s: %q", day, why)
		}
	}
	if !strings.HasSuffix(keys[0].String(), " revoked=2026-06-01") {
		t.Errorf("String is %q", keys[0])
	}
}

func TestParseTrustedKeysRefuses(t *testing.T) {
	spki := encodeBase64(testKey(t, 1).Public().SPKI())
	for line, want := range map[string]string{
		"ed25519 " + spki:                              "2 fields",
		"p256 " + spki + " x":                          `algorithm "p256", but the key is ed25519`,
		"rsa " + spki + " x":                           "algorithm",
		"ed25519 !!! x":                                "not base64",
		"ed25519 AAAA x":                               "public key",
		"ed25519 " + spki + "AAAA x":                   "",
		"ed25519 " + spki + " a=b":                     "name",
		"ed25519 " + spki + " a\u202eb":                "name",
		"ed25519 " + spki + " x valid-from=1":          "not a day",
		"ed25519 " + spki + " x valid-from":            "not a day",
		"ed25519 " + spki + " x revoked":               "not a day",
		"ed25519 " + spki + " x withdrawn=2026-01-01":  "unknown option",
		"ed25519 " + spki + " x valid-from=2026-02-30": "not a day",
		"ed25519 " + spki + " x valid-until=2026-01-01 valid-until=2026-01-02":             "given twice",
		"ed25519 " + spki + " x valid-from=2026-01-02 valid-until=2026-01-01":              "never",
		"ed25519 " + spki + " x\ned25519 " + spki + " y":                                   "line 3: the same key",
		"ed25519 " + spki + " x\np256 " + encodeBase64(testP256(t).Public().SPKI()) + " x": "is taken",
		"ed25519 " + spki + " x for=":                                                      "nothing that a key is trusted for",
		"ed25519 " + spki + " x for":                                                       "nothing that a key is trusted for",
		"ed25519 " + spki + " x for=packs,":                                                "nothing that a key is trusted for",
		"ed25519 " + spki + " x for=Packs":                                                 "use packs, context",
		"ed25519 " + spki + " x for=packs,packs":                                           "packs is named twice",
		"ed25519 " + spki + " x for=packs for=context":                                     "for is given twice",
		"\xff": "not UTF-8",
	} {
		keys, err := ParseTrustedKeys([]byte("# head\n" + line + "\n"))
		if err == nil || !strings.Contains(err.Error(), want) || line != "\xff" && !strings.Contains(err.Error(), "line ") {
			t.Errorf("%q: %d keys, %v; want an error with %q", line, len(keys), err, want)
		}
	}
}

func FuzzParseTrustedKeys(f *testing.F) {
	f.Add([]byte("# c\ned25519 MCowBQYDK2VwAyEAiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w= n valid-from=2026-01-01\n"))
	f.Add([]byte("ed25519 MCowBQYDK2VwAyEAiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w= n for=context,packs revoked=2026-01-01\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		keys, err := ParseTrustedKeys(file)
		if err != nil {
			return
		}
		for _, k := range keys {
			if again, err := ParseTrustedKeys([]byte(k.String())); err != nil || again[0] != k {
				t.Fatalf("%v does not round-trip: %v", k, err)
			}
		}
	})
}

// Some editors put a mark before the text that nobody sees.
func TestTrustedKeysWithAMark(t *testing.T) {
	key, err := GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	line := TrustedKey{Key: key.Public(), Name: "builds"}.String() + "\n"
	for _, file := range []string{line, "\ufeff" + line, "\ufeff# ours\n" + line} {
		if keys, err := ParseTrustedKeys([]byte(file)); err != nil || len(keys) != 1 {
			t.Errorf("%q: %d keys, %v", file, len(keys), err)
		}
	}
}
