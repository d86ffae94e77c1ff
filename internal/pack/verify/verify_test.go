package verify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"custody/internal/finding"
	"custody/internal/pack/verify"
	"custody/internal/sign"
)

var every = flag.Bool("every", false, "change every bit of the pack and every byte of every member, not a sample: takes minutes")

// frozen are packs of every version that was ever released. They are never rewritten:
// a version that can not read them has broken its promise.
func frozen(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/frozen/*.zip")
	if err != nil || len(files) == 0 {
		t.Fatalf("no frozen packs: %v", err)
	}
	packs := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		packs[filepath.Base(f)] = b
	}
	return packs
}

func key(t testing.TB, seed byte) *sign.Key {
	t.Helper()
	k, err := sign.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{seed}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// trusted pins the key that signed the frozen packs.
func trusted(t testing.TB, options string) sign.TrustedKeys {
	t.Helper()
	file, err := os.ReadFile("testdata/trusted_keys")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := sign.ParseTrustedKeys(append(bytes.TrimSpace(file), options...))
	if err != nil || len(keys) != 1 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	return keys
}

// answers are the three, in order.
func answers(r *verify.Result) [3]finding.Outcome {
	return [3]finding.Outcome{r.Intact, r.Signed, r.Trusted}
}

const (
	yes     = finding.Satisfied
	no      = finding.NotSatisfied
	unknown = finding.NotAssessed
)

func TestFrozenPacksVerify(t *testing.T) {
	for name, pack := range frozen(t) {
		r := verify.Verify(pack, trusted(t, ""))
		if !r.Good() || answers(r) != [3]finding.Outcome{yes, yes, yes} {
			t.Fatalf("%s: %+v", name, r)
		}
		if r.Signer.Name != "test-key" || r.Says.Decision != "fail" || r.Says.Day != "2026-11-23" || r.PackDigest != verify.Digest(pack) {
			t.Errorf("%s: signer %+v, says %+v", name, r.Signer, r.Says)
		}
		for _, s := range r.Steps {
			if s.Outcome != yes || s.Detail == "" {
				t.Errorf("%s: step %+v", name, s)
			}
		}
	}
}

func TestTrust(t *testing.T) {
	pack := frozen(t)["v1.zip"] // of 2026-11-23
	for options, want := range map[string]finding.Outcome{
		"": yes, " valid-from=2026-11-23": yes, " valid-until=2026-11-23": yes,
		" valid-from=2026-11-24": no, " valid-until=2026-11-22": no,
		" for=packs": yes, " for=context,packs": yes, " for=context": no, " for=waivers,statements": no,
	} {
		if r := verify.Verify(pack, trusted(t, options)); answers(r) != [3]finding.Outcome{yes, yes, want} || r.Outcome != want {
			t.Errorf("%q: %v", options, answers(r))
		}
	}
	other := sign.TrustedKeys{{Key: key(t, 9).Public(), Name: "other"}}
	for _, keys := range []sign.TrustedKeys{nil, other} {
		r := verify.Verify(pack, keys)
		if answers(r) != [3]finding.Outcome{yes, yes, unknown} || r.Outcome != unknown || r.Signer == nil || r.Signer.Name != "" {
			t.Errorf("unknown signer: %v", answers(r))
		}
	}
	// What a caller is told to pin is the key, as trusted_keys has it.
	r := verify.Verify(pack, nil)
	if keys, err := sign.ParseTrustedKeys([]byte(r.Signer.Line)); err != nil || !verify.Verify(pack, keys).Good() {
		t.Errorf("the line %q does not pin the signer: %v", r.Signer.Line, err)
	}
	if (&verify.Result{}).Good() {
		t.Error("a result that nobody filled in is good")
	}
}

func refused(t *testing.T, what string, pack []byte) {
	t.Helper()
	if r := verify.Verify(pack, trusted(t, "")); r.Intact == yes && r.Signed == yes || r.Outcome != no {
		t.Errorf("%s: %v", what, answers(r))
	}
}

// No byte of a pack can be changed, added or left out.
func TestEveryByteOfThePack(t *testing.T) {
	pack := frozen(t)["v1.zip"]
	keys := trusted(t, "")
	bad := bytes.Clone(pack)
	for i := range pack {
		for bit := range 8 {
			if !*every && bit != i%8 {
				continue
			}
			bad[i] = pack[i] ^ 1<<bit
			if r := verify.Verify(bad, keys); r.Outcome != no {
				t.Errorf("byte %d changed to %q: %v", i, bad[i], answers(r))
			}
		}
		bad[i] = pack[i]
	}
	for i := 0; i < len(pack); i += 97 {
		refused(t, "cut off", pack[:i])
		refused(t, "a byte less", slices.Delete(bytes.Clone(pack), i, i+1))
		refused(t, "a byte more", slices.Insert(bytes.Clone(pack), i, pack[i]))
		refused(t, "a NUL more", slices.Insert(bytes.Clone(pack), i, 0))
	}
}

// An attacker mends the checksums: no byte of any member can be changed in a
// container that is well formed.
func TestEveryByteOfTheMembers(t *testing.T) {
	pack := frozen(t)["v1.zip"]
	keys := trusted(t, "")
	ms, err := verify.Decode(pack)
	if err != nil {
		t.Fatal(err)
	}
	for m := range ms {
		step := 41
		if verify.Member(m) >= verify.Manifest || *every {
			step = 1
		}
		good := ms[m]
		for i := 0; i < len(good); i += step {
			for _, bad := range [][]byte{
				slices.Concat(good[:i], []byte{good[i] ^ 1}, good[i+1:]),
				slices.Concat(good[:i], good[i+1:]),
				slices.Concat(good[:i], []byte(" "), good[i:]),
			} {
				ms[m] = bad
				p, err := verify.Encode(ms)
				if err != nil {
					t.Fatal(err)
				}
				if r := verify.Verify(p, keys); r.Outcome != no {
					t.Errorf("%s, byte %d: %v", verify.Member(m), i, answers(r))
				}
			}
		}
		ms[m] = good
	}
}

// resign does everything that an attacker with a key of their own can do.
func resign(t *testing.T, ms verify.Members, k *sign.Key) []byte {
	t.Helper()
	var err error
	if ms[verify.Manifest], err = verify.NewManifest(&ms); err != nil {
		t.Fatal(err)
	}
	st, err := verify.NewStatement(&ms, k.Public())
	if err != nil {
		t.Fatal(err)
	}
	b, err := sign.SignStatement(context.Background(), st, k)
	if err != nil {
		t.Fatal(err)
	}
	if ms[verify.Statement], err = b.Marshal(); err != nil {
		t.Fatal(err)
	}
	pack, err := verify.Encode(&ms)
	if err != nil {
		t.Fatal(err)
	}
	return pack
}

// alter replaces text in pack.json and derives a fitting id.
func alter(t *testing.T, packJSON []byte, old, new string) []byte {
	t.Helper()
	doc := bytes.Replace(packJSON, []byte(old), []byte(new), 1)
	if bytes.Equal(doc, packJSON) {
		t.Fatalf("pack.json has no %s", old)
	}
	doc, err := sign.Canonicalize(doc)
	if err != nil {
		t.Fatal(err)
	}
	id, err := verify.VerdictID(doc)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`("id":")[0-9a-f-]{36}(","impact")`).ReplaceAll(doc, []byte("${1}"+id+"${2}"))
}

// Whoever rewrites a pack and signs it with a key of their own is a signer that nobody
// knows: never trusted, whatever the pack says.
func TestResignedByAnother(t *testing.T) {
	ms, err := verify.Decode(frozen(t)["v1.zip"])
	if err != nil {
		t.Fatal(err)
	}
	mallory := key(t, 66)
	check := func(what string, ms verify.Members, decision string) {
		t.Helper()
		r := verify.Verify(resign(t, ms, mallory), trusted(t, ""))
		if answers(r) != [3]finding.Outcome{yes, yes, unknown} || r.Outcome != unknown || r.Says.Decision != decision || r.Signer.KeyID != mallory.Public().ID() {
			t.Errorf("%s: %v, %+v", what, answers(r), r.Steps)
		}
	}
	check("as it was", *ms, "fail")
	forged := *ms
	forged[verify.PackJSON] = alter(t, ms[verify.PackJSON], `"decision":"fail"`, `"decision":"pass"`)
	check("with another decision", forged, "pass")
	forged = *ms
	forged[verify.Page] = []byte("<h1>pass</h1>")
	check("with another page", forged, "fail")
}

// A pack whose parts do not belong together is refused even when the trusted key
// signed it: each is valid by itself.
func TestContradictions(t *testing.T) {
	ms, err := verify.Decode(frozen(t)["v1.zip"])
	if err != nil {
		t.Fatal(err)
	}
	ours := key(t, 7)
	if !verify.Verify(resign(t, *ms, ours), trusted(t, "")).Good() {
		t.Fatal("the test key is not the one that is trusted")
	}
	packJSON := ms[verify.PackJSON]
	for what, change := range map[string]func(*verify.Members){
		"a wrong id": func(ms *verify.Members) {
			ms[verify.PackJSON] = bytes.Replace(packJSON, []byte(`"decision":"fail"`), []byte(`"decision":"pass"`), 1)
		},
		"another context": func(ms *verify.Members) { ms[verify.Context] = []byte(`{"schema":"custody/context/v1"}`) },
		"no context":      func(ms *verify.Members) { ms[verify.Context] = []byte(`null`) },
		"a context that was not judged": func(ms *verify.Members) {
			ms[verify.PackJSON] = alter(t, packJSON, `"context":`, `"contexts":`)
		},
		"JSON that is not canonical": func(ms *verify.Members) { ms[verify.SARIF] = append(bytes.Clone(ms[verify.SARIF]), '\n') },
		"a member twice": func(ms *verify.Members) {
			ms[verify.SARIF] = bytes.Replace(ms[verify.SARIF], []byte(`{"$schema":`), []byte(`{"$schema":"","$schema":`), 1)
		},
		"no JSON": func(ms *verify.Members) { ms[verify.SARIF] = nil },
	} {
		forged := *ms
		change(&forged)
		refused(t, what, resign(t, forged, ours))
	}
	for _, bad := range [][2]string{
		{`"decision":"fail"`, `"decision":"passed"`}, {`"stage":"merge"`, `"stage":"push"`}, {`"day":"2026-11-23"`, `"day":"2026-11-32"`},
		{`"decision":"fail"`, `"decision":null`}, {`"decision":"fail"`, `"Decision":"pass"`}, {`"inputs":{`, `"inputs":[],"x":{`},
	} {
		doc := alter(t, packJSON, bad[0], bad[1])
		forged := *ms
		forged[verify.PackJSON] = doc
		if _, err := verify.NewStatement(&forged, ours.Public()); err == nil {
			t.Errorf("a statement about a verdict with %s", bad[1])
		}
		forged[verify.Manifest], _ = verify.NewManifest(&forged)
		pack, err := verify.Encode(&forged)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, bad[1], pack)
	}

	// A signature over another statement of the same key does not fit.
	forged := *ms
	forged[verify.PackJSON] = alter(t, packJSON, `"decision":"fail"`, `"decision":"pass"`)
	other, err := verify.Decode(resign(t, forged, ours))
	if err != nil {
		t.Fatal(err)
	}
	mixed := *ms
	mixed[verify.Statement] = other[verify.Statement]
	pack, _ := verify.Encode(&mixed)
	refused(t, "another pack's statement", pack)
	mixed = *other
	mixed[verify.PackJSON] = ms[verify.PackJSON]
	pack, _ = verify.Encode(&mixed)
	refused(t, "another pack's verdict", pack)
}

// A statement that names one key and is signed by another is signed by nobody.
func TestSignatureOfAnotherKey(t *testing.T) {
	ms, err := verify.Decode(frozen(t)["v1.zip"])
	if err != nil {
		t.Fatal(err)
	}
	b, err := sign.ParseBundle(ms[verify.Statement])
	if err != nil {
		t.Fatal(err)
	}
	mallory := key(t, 66)
	if b.Signature, err = mallory.Sign(context.Background(), sign.PAE(sign.PayloadType, b.Payload)); err != nil {
		t.Fatal(err)
	}
	for _, hint := range []string{b.Hint, mallory.Public().ID(), ""} {
		b.Hint = hint
		ms[verify.Statement], _ = b.Marshal()
		pack, _ := verify.Encode(ms)
		r := verify.Verify(pack, trusted(t, ""))
		if answers(r) != [3]finding.Outcome{yes, no, unknown} || r.Outcome != no || r.Signer != nil {
			t.Errorf("hint %q: %v", hint, answers(r))
		}
	}
}

// A later version is not this one's to judge: not assessed, never good.
func TestUnknownVersion(t *testing.T) {
	ms, err := verify.Decode(frozen(t)["v1.zip"])
	if err != nil {
		t.Fatal(err)
	}
	ms[verify.PackJSON] = alter(t, ms[verify.PackJSON], `"schema":"custody/pack/v1"`, `"schema":"custody/pack/v2"`)
	ms[verify.Manifest], _ = verify.NewManifest(ms)
	pack, _ := verify.Encode(ms)
	r := verify.Verify(pack, trusted(t, ""))
	if r.Outcome != unknown || !strings.Contains(r.Steps[len(r.Steps)-1].Detail, "custody/pack/v2") {
		t.Errorf("%v, %+v", answers(r), r.Steps)
	}
}

// The verifier stays small: no renderer, no git, no network client. (crypto/x509 brings
// package net, for addresses in certificates.)
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range strings.Fields(string(out)) {
		if slices.Contains([]string{"net/http", "crypto/tls", "os/exec", "html/template", "text/template", "archive/zip"}, dep) ||
			strings.HasPrefix(dep, "custody/") && !slices.Contains([]string{"custody/internal/pack/verify", "custody/internal/sign", "custody/internal/finding", "custody/internal/parallel"}, dep) {
			t.Errorf("it imports %s", dep)
		}
	}
}

// Result is printed as JSON: its names are a contract.
func TestResultJSON(t *testing.T) {
	b, err := json.Marshal(verify.Verify([]byte("no pack"), nil))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"schema":"custody/verification/v1","intact":"not-satisfied","signed":"not-assessed","trusted":"not-assessed","outcome":"not-satisfied",` +
		`"steps":[{"question":"intact","outcome":"not-satisfied","detail":"pack.json does not stand at byte 0: this is no pack, or not as Custody writes it"}],` +
		`"pack_digest":"` + verify.Digest([]byte("no pack")) + `"}`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
}

func FuzzVerify(f *testing.F) {
	for _, pack := range frozen(f) {
		f.Add(pack)
	}
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	keys := trusted(f, "")
	good := map[string]bool{}
	for _, pack := range frozen(f) {
		good[verify.Digest(pack)] = true
	}
	f.Fuzz(func(t *testing.T, pack []byte) {
		r := verify.Verify(pack, keys)
		if r.Good() != good[r.PackDigest] {
			t.Fatalf("%v", answers(r))
		}
		if ms, err := verify.Decode(pack); err == nil {
			if again, err := verify.Encode(ms); err != nil || !bytes.Equal(again, pack) {
				t.Fatalf("a second form of the same pack: %v", err)
			}
		}
	})
}
