package sign

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// testKey is the same key in every run.
func testKey(t testing.TB, seed byte) *Key {
	t.Helper()
	k, err := GenerateKey(bytes.NewReader(bytes.Repeat([]byte{seed}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func testP256(t *testing.T) *Key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := newKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func openssl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("openssl", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("openssl %s: %v (openssl 3 must be installed)\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func write(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestKeysRoundTrip(t *testing.T) {
	for name, k := range map[string]*Key{"ed25519": testKey(t, 1), "p256": testP256(t)} {
		file, err := k.MarshalPEM()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseKey(file)
		if err != nil || !again.Public().Equal(k.Public()) {
			t.Fatalf("%s: %v", name, err)
		}
		public, err := ParsePublicKey(k.Public().PEM())
		if err != nil || !public.Equal(k.Public()) || public.ID() != k.Public().ID() || string(public.Algorithm()) != name {
			t.Fatalf("%s: %v", name, err)
		}
		message := []byte("a message")
		sig, err := Sign(context.Background(), again, message)
		if err != nil {
			t.Fatal(err)
		}
		twice, _ := Sign(context.Background(), k, message)
		if !bytes.Equal(sig, twice) {
			t.Errorf("%s: signing the same message twice gives two signatures", name)
		}
		for i := range sig {
			bad := bytes.Clone(sig)
			bad[i] ^= 1
			if public.Verify(message, bad) == nil {
				t.Errorf("%s: signature with byte %d changed verifies", name, i)
			}
		}
		if public.Verify([]byte("b message"), sig) == nil || public.Verify(message, nil) == nil || public.Verify(message, append(sig, 0)) == nil {
			t.Errorf("%s: a wrong signature verifies", name)
		}
	}
	if (PublicKey{}).Verify(nil, nil) == nil || (PublicKey{}).Equal(PublicKey{}) {
		t.Error("the zero key verifies or equals something")
	}
}

// Keys made by openssl are read, and openssl verifies what they sign, and we verify
// what openssl signs.
func TestKeysWithOpenSSL(t *testing.T) {
	for _, c := range []struct{ name, options string }{{"ed25519", ""}, {"EC", "ec_paramgen_curve:P-256"}} {
		keyFile := filepath.Join(t.TempDir(), "key.pem")
		args := []string{"genpkey", "-algorithm", c.name, "-out", keyFile}
		if c.options != "" {
			args = append(args, "-pkeyopt", c.options)
		}
		openssl(t, args...)
		file, err := os.ReadFile(keyFile)
		if err != nil {
			t.Fatal(err)
		}
		k, err := ParseKey(file)
		if err != nil {
			t.Fatal(err)
		}
		st := Statement{Type: StatementType, Subject: []Subject{{"x", map[string]string{"sha256": "00"}}}, PredicateType: "urn:x", Predicate: map[string]string{"a": "<ü>"}}
		b, err := SignStatement(context.Background(), st, k)
		if err != nil {
			t.Fatal(err)
		}
		pae := write(t, "pae", PAE(PayloadType, b.Payload))
		pub := write(t, "pub.pem", k.Public().PEM())
		openssl(t, "pkeyutl", "-verify", "-pubin", "-inkey", pub, "-rawin", "-in", pae, "-sigfile", write(t, "sig", b.Signature))

		bad := bytes.Clone(b.Signature)
		bad[len(bad)-1] ^= 1
		if err := exec.Command("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", pub, "-rawin", "-in", pae, "-sigfile", write(t, "sig", bad)).Run(); err == nil {
			t.Error("openssl accepts a changed signature: this test proves nothing")
		}
		if public, err := ParsePublicKey([]byte(openssl(t, "pkey", "-in", keyFile, "-pubout"))); err != nil || !public.Equal(k.Public()) {
			t.Errorf("%s: openssl's public key: %v", c.name, err)
		}

		signer := External(k.Public(), opensslCommand{t, keyFile})
		if _, err := Sign(context.Background(), signer, PAE(PayloadType, b.Payload)); err != nil {
			t.Errorf("%s: signing through openssl: %v", c.name, err)
		}
	}
}

// opensslCommand is an operator's signer as docs/pack.md shows it.
type opensslCommand struct {
	t   *testing.T
	key string
}

func (c opensslCommand) Run(_ context.Context, stdin []byte) ([]byte, error) {
	sig := openssl(c.t, "pkeyutl", "-sign", "-inkey", c.key, "-rawin", "-in", write(c.t, "message", stdin))
	return []byte(encodeBase64([]byte(sig)) + "\n"), nil
}

type said struct {
	out string
	err error
}

func (s said) Run(context.Context, []byte) ([]byte, error) { return []byte(s.out), s.err }

func TestExternalSignerIsNotBelieved(t *testing.T) {
	k, other := testKey(t, 1), testKey(t, 2)
	wrong, _ := other.Sign(context.Background(), []byte("m"))
	for name, c := range map[string]said{
		"fails":           {"", errors.New("exit status 1")},
		"says nothing":    {"", nil},
		"no base64":       {"no signature here\n", nil},
		"two lines":       {"AAAA\nAAAA\n", nil},
		"too much":        {strings.Repeat("A", 1<<20), nil},
		"another's key":   {encodeBase64(wrong), nil},
		"not a signature": {encodeBase64([]byte("hello")), nil},
	} {
		if sig, err := Sign(context.Background(), External(k.Public(), c), []byte("m")); err == nil {
			t.Errorf("%s: got %x, want an error", name, sig)
		}
	}
}

func TestParseKeyRefuses(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good, _ := testKey(t, 1).MarshalPEM()
	pkcs8 := func(key any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	}
	for name, file := range map[string][]byte{
		"empty":     nil,
		"garbage":   []byte("hello"),
		"public":    testKey(t, 1).Public().PEM(),
		"two":       append(bytes.Clone(good), good...),
		"rsa":       pkcs8(rsaKey),
		"p384":      pkcs8(p384),
		"truncated": good[:len(good)/2],
		"damaged":   bytes.Replace(good, []byte("MC"), []byte("AA"), 1),
	} {
		if k, err := ParseKey(file); err == nil {
			t.Errorf("%s: got key %s, want an error", name, k.Public().ID())
		}
	}
}

// A P-256 signature has a twin that verifies too; only one of them is accepted.
func TestHighSTwin(t *testing.T) {
	k := testP256(t)
	sig, err := k.Sign(context.Background(), []byte("m"))
	if err != nil {
		t.Fatal(err)
	}
	var v struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(sig, &v); err != nil {
		t.Fatal(err)
	}
	v.S.Sub(elliptic.P256().Params().N, v.S)
	twin, _ := asn1.Marshal(v)
	if k.Public().Verify([]byte("m"), twin) == nil {
		t.Error("the high-S twin verifies")
	}
	got, err := Sign(context.Background(), External(k.Public(), said{out: encodeBase64(twin)}), []byte("m"))
	if err != nil || !bytes.Equal(got, sig) {
		t.Errorf("an external signer's high-S signature is not brought into its one form: %v", err)
	}
}
