package sign

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const plainContext = `{"schema":"custody/context/v1", "reviews":[]}`

func testRecord(t testing.TB, k *Key, kind RecordType) []byte {
	t.Helper()
	doc, err := SignRecord(context.Background(), []byte(plainContext), kind, k)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestVerifyRecord(t *testing.T) {
	k, other := testKey(t, 1), testKey(t, 2)
	doc := testRecord(t, k, ContextRecord)
	trusted := func(k *Key, p Purposes) TrustedKeys {
		return TrustedKeys{
			{Key: other.Public(), Name: "all", Purposes: ForPacks | ForContext | ForWaivers | ForStatements},
			{Key: k.Public(), Name: "k", Purposes: p, ValidFrom: "2026-01-01", ValidUntil: "2026-12-31"},
		}
	}
	for name, c := range map[string]struct {
		doc  []byte
		kind RecordType
		keys TrustedKeys
		day  string
		want string // in the error; empty: trusted
	}{
		"trusted":       {doc, ContextRecord, trusted(k, ForContext), "2026-11-23", ""},
		"for more":      {doc, ContextRecord, trusted(k, ForContext|ForWaivers), "2026-11-23", ""},
		"line end":      {append(bytes.Clone(doc), '\n'), ContextRecord, trusted(k, ForContext), "2026-11-23", ""},
		"no purpose":    {doc, ContextRecord, trusted(k, 0), "2026-11-23", "not trusted for context"},
		"packs":         {doc, ContextRecord, trusted(k, ForPacks), "2026-11-23", "for=context"},
		"other purpose": {doc, ContextRecord, trusted(k, ForWaivers|ForStatements), "2026-11-23", "not trusted for context"},
		"early":         {doc, ContextRecord, trusted(k, ForContext), "2025-12-31", "from 2026-01-01, not on 2025-12-31"},
		"late":          {doc, ContextRecord, trusted(k, ForContext), "2027-01-01", "until 2026-12-31, not on 2027-01-01"},
		"no day":        {doc, ContextRecord, trusted(k, ForContext), "", "is not a day"},
		"foreign":       {doc, ContextRecord, trusted(testKey(t, 3), ForContext), "2026-11-23", "none of the 2 trusted keys"},
		"nobody":        {doc, ContextRecord, nil, "2026-11-23", "none of the 0 trusted keys"},
		"another type":  {doc, WaiverRecord, trusted(k, ForContext|ForWaivers), "2026-11-23", "of type " + string(ContextRecord)},
		"no type":       {doc, "", trusted(k, ForContext), "2026-11-23", "of type"},
		"plain":         {[]byte(plainContext), ContextRecord, trusted(k, ForContext), "2026-11-23", "0 signatures"},
		"empty":         {nil, ContextRecord, trusted(k, ForContext), "2026-11-23", "reading a signed record"},
	} {
		payload, key, err := VerifyRecord(c.doc, c.kind, c.keys, c.day)
		if c.want == "" {
			if err != nil || key.Name != "k" || IsCanonical(payload) != nil || !bytes.Contains(payload, []byte("custody/context/v1")) {
				t.Errorf("%s: %s, %s, %v", name, payload, key.Name, err)
			}
			continue
		}
		var distrust *DistrustError
		if payload != nil || key != (TrustedKey{}) || !errors.As(err, &distrust) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %s, %v; want an error with %q", name, payload, err, c.want)
		}
	}
}

// A signature over a payload of one type is none over the same bytes as another type.
func TestRecordTypeIsSigned(t *testing.T) {
	k := testKey(t, 1)
	keys := TrustedKeys{{Key: k.Public(), Name: "k", Purposes: ForContext | ForWaivers}}
	doc := bytes.Replace(testRecord(t, k, ContextRecord), []byte(ContextRecord), []byte(WaiverRecord), 1)
	if _, _, err := VerifyRecord(doc, WaiverRecord, keys, "2026-11-23"); err == nil || !strings.Contains(err.Error(), "does not verify") {
		t.Errorf("a context passes for a waiver: %v", err)
	}
}

func TestRecordHasOneForm(t *testing.T) {
	for _, k := range []*Key{testKey(t, 1), testP256(t)} {
		keys := TrustedKeys{{Key: k.Public(), Name: "k", Purposes: ForContext}}
		doc := testRecord(t, k, ContextRecord)
		accepted := func(doc []byte) bool {
			_, _, err := VerifyRecord(doc, ContextRecord, keys, "2026-11-23")
			return err == nil
		}
		if !accepted(doc) {
			t.Fatal("the record itself is refused")
		}
		for i := range doc {
			for bit := range 8 {
				bad := bytes.Clone(doc)
				bad[i] ^= 1 << bit
				if accepted(bad) {
					t.Errorf("byte %d changed to %q is accepted", i, bad[i])
				}
			}
			if accepted(append(bytes.Clone(doc[:i]), doc[i+1:]...)) || accepted(append(append(bytes.Clone(doc[:i]), ' '), doc[i:]...)) {
				t.Errorf("a byte less or more at %d is accepted", i)
			}
		}
	}
}

func TestSignRecordRefuses(t *testing.T) {
	for doc, kind := range map[string]RecordType{
		plainContext: "application/json", `{"a":1,"a":2}`: ContextRecord, `{"a":1.5}`: ContextRecord, ``: ContextRecord,
	} {
		if file, err := SignRecord(context.Background(), []byte(doc), kind, testKey(t, 1)); err == nil {
			t.Errorf("%s as %q: %s", doc, kind, file)
		}
	}
}

// openssl, which knows nothing of Custody, verifies a record by its payload, its type
// and its signature.
func TestRecordOpenSSL(t *testing.T) {
	k := testKey(t, 1)
	r, err := ParseRecord(testRecord(t, k, StatementRecord))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range map[string][]byte{"key.pem": k.Public().PEM(), "signed": PAE(string(r.Type), r.Payload), "sig": r.Signature} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "signed", "-sigfile", "sig")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("openssl: %v\n%s", err, out)
	}
}

func TestKeyRing(t *testing.T) {
	k := testKey(t, 1)
	doc := testRecord(t, k, ContextRecord)
	line := TrustedKey{Key: k.Public(), Name: "k", Purposes: ForContext}.String() + "\n"

	ring := NewKeyRing([]byte(line), "2026-11-23")
	if ring.Used() || ring.Err() != nil {
		t.Error("a new ring is used")
	}
	if _, _, err := ring.VerifyRecord(doc, ContextRecord); err != nil || !ring.Used() || ring.Err() != nil {
		t.Errorf("%v, used %v, %v", err, ring.Used(), ring.Err())
	}
	bad := NewKeyRing([]byte(line+"nonsense\n"), "2026-11-23")
	if bad.Err() != nil {
		t.Error("a malformed ring that nobody used is an error")
	}
	if _, _, err := bad.VerifyRecord(doc, ContextRecord); err == nil || bad.Err() == nil {
		t.Error("a malformed ring counts")
	}
	var none *KeyRing
	if _, _, err := none.VerifyRecord(doc, ContextRecord); err == nil || none.Used() {
		t.Error("no ring trusts somebody")
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add(testRecord(f, testKey(f, 1), ContextRecord))
	f.Add([]byte(`{"payload":"e30=","payloadType":"application/vnd.custody.waiver+json","signatures":[{"keyid":"x","sig":"AAAA"}]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		r, err := ParseRecord(doc)
		if err != nil {
			return
		}
		if !IsRecord(doc) {
			t.Fatalf("%q is a record that IsRecord does not know", doc)
		}
		if again, err := r.Marshal(); err != nil || !bytes.Equal(again, bytes.TrimSuffix(doc, []byte("\n"))) {
			t.Fatalf("%q reads as %q, %v", doc, again, err)
		}
	})
}
