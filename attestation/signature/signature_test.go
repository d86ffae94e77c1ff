package signature_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"custody/attestation/signature"
)

// A world has keys made by ssh-keygen and gpg, and a repository whose commits and tags
// git signed with them: nothing of it was written by us.
type world struct {
	t   *testing.T
	dir string
	env []string
}

func newWorld(t *testing.T) world {
	// gpg's sockets do not fit into the long path of a test's folder.
	home, err := os.MkdirTemp("", "gpg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	w := world{t, t.TempDir(), append(os.Environ(), "GNUPGHOME="+home, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")}
	t.Cleanup(func() { // the agent would outlive its folder
		stop := exec.Command("gpgconf", "--kill", "all")
		stop.Env = w.env
		stop.Run()
	})
	return w
}

func (w world) run(stdin string, args ...string) string {
	w.t.Helper()
	out, err := w.try(stdin, args...)
	if err != nil {
		w.t.Fatalf("%s: %v: %s", strings.Join(args, " "), err, out)
	}
	return out
}

func (w world) try(stdin string, args ...string) (string, error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdin = w.dir, w.env, strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return stderr.String(), err
	}
	return string(out), nil
}

// made are the kinds of keys, and how git is told to sign with one.
var made = []struct {
	name string
	ssh  []string // arguments of ssh-keygen
	pgp  string   // algorithm for gpg
}{
	{"ed25519", []string{"-t", "ed25519"}, ""},
	{"ecdsa", []string{"-t", "ecdsa", "-b", "256"}, ""},
	{"ecdsa384", []string{"-t", "ecdsa", "-b", "384"}, ""},
	{"ecdsa521", []string{"-t", "ecdsa", "-b", "521"}, ""},
	{"rsa", []string{"-t", "rsa", "-b", "2048"}, ""},
	{"pgp-ed25519", nil, "ed25519"},
	{"pgp-rsa", nil, "rsa2048"},
}

func today() string { return time.Now().UTC().Format(time.DateOnly) }

func TestVerify(t *testing.T) {
	w := newWorld(t)
	publics := make([]string, len(made))
	sign := make([][]string, len(made))
	for i, m := range made {
		if m.ssh != nil {
			file := filepath.Join(w.dir, m.name)
			w.run("", append([]string{"ssh-keygen", "-q", "-N", "", "-C", m.name, "-f", file}, m.ssh...)...)
			b, err := os.ReadFile(file + ".pub")
			if err != nil {
				t.Fatal(err)
			}
			publics[i], sign[i] = string(b), []string{"-c", "gpg.format=ssh", "-c", "user.signingkey=" + file}
		} else {
			w.run("", "gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", m.name+" <"+m.name+"@example.com>", m.pgp, "sign", "0")
			publics[i] = w.run("", "gpg", "--batch", "--armor", "--export", m.name+"@example.com")
			sign[i] = []string{"-c", "user.signingkey=" + m.name + "@example.com"}
		}
	}
	keysOf := func(skip int) *signature.Keys {
		var keys signature.Keys
		for i, m := range made {
			if i == skip {
				continue
			}
			var err error
			if m.ssh != nil {
				err = keys.AddSSH(publics[i], i)
			} else {
				err = keys.AddOpenPGP(publics[i], i)
			}
			if err != nil {
				t.Fatalf("key %s: %v", m.name, err)
			}
		}
		return &keys
	}
	all := keysOf(-1)
	for _, format := range []string{"sha1", "sha256"} {
		dir := "repo-" + format
		w.run("", "git", "init", "-q", "--object-format="+format, dir)
		git := func(args ...string) []string { return append([]string{"git", "-C", dir}, args...) }
		tree := strings.TrimSpace(w.run("", git("mktree")...))
		for i, m := range made {
			name := format + " " + m.name
			commit := strings.TrimSpace(w.run("Message\n\nof "+name+"\n", git(append(sign[i], "commit-tree", "-S", tree)...)...))
			raw := w.run("", git("cat-file", "commit", commit)...)
			check(t, name+" commit", all, keysOf(i), i, raw, func(b []byte) ([]byte, []byte, error) { return signature.OfCommit(b, format == "sha256") })
			w.run("", git(append(sign[i], "tag", "-s", "-m", "Release\n\nnotes", "t-"+m.name, commit)...)...)
			raw = w.run("", git("cat-file", "tag", "t-"+m.name)...)
			check(t, name+" tag", all, keysOf(i), i, raw, signature.OfTag)
		}
		plain := strings.TrimSpace(w.run("x", git("commit-tree", tree)...))
		if _, _, err := signature.OfCommit([]byte(w.run("", git("cat-file", "commit", plain)...)), format == "sha256"); !errors.Is(err, signature.ErrUnsigned) {
			t.Errorf("%s: an unsigned commit: %v", format, err)
		}
	}
	// A signature for something else than git.
	if err := os.WriteFile(filepath.Join(w.dir, "file"), []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	sig := w.run("hello", "ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", filepath.Join(w.dir, "ed25519"))
	if _, err := all.Verify([]byte("hello"), []byte(sig), today()); !errors.Is(err, signature.ErrStranger) {
		t.Errorf("a signature for another namespace: %v", err)
	}
	sig = w.run("hello", "ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", filepath.Join(w.dir, "ed25519"))
	if owner, err := all.Verify([]byte("hello"), []byte(sig), today()); err != nil || owner != 0 {
		t.Errorf("a signature for git: %d, %v", owner, err)
	}
}

func check(t *testing.T, name string, all, others *signature.Keys, owner int, raw string, split func([]byte) ([]byte, []byte, error)) {
	t.Helper()
	payload, sig, err := split([]byte(raw))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if got, err := all.Verify(payload, sig, today()); err != nil || got != owner {
		t.Errorf("%s: owner %d, %v, want %d\n%s", name, got, err, owner, raw)
	}
	if _, err := others.Verify(payload, sig, today()); err == nil {
		t.Errorf("%s: verified without its key", name)
	}
	// Not a bit of what was signed may be another.
	for i := 0; i < len(payload); i += 31 {
		payload[i] ^= 1
		if _, err := all.Verify(payload, sig, today()); err == nil {
			t.Errorf("%s: verified with byte %d changed", name, i)
		}
		payload[i] ^= 1
	}
	var none *signature.Keys
	if _, err := none.Verify(payload, sig, today()); err == nil {
		t.Errorf("%s: verified under no key", name)
	}
	if _, err := (&signature.Keys{}).Verify(payload, sig, "2001-01-01"); err == nil {
		t.Errorf("%s: verified under no key", name)
	}
}

// A key that has expired on the day signs no more, whatever the signature's own date.
func TestExpired(t *testing.T) {
	w := newWorld(t)
	w.run("", "gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "old <old@example.com>", "ed25519", "sign", "10d")
	var keys signature.Keys
	if err := keys.AddOpenPGP(w.run("", "gpg", "--batch", "--armor", "--export", "old@example.com"), 3); err != nil {
		t.Fatal(err)
	}
	sig := []byte(w.run("hello", "gpg", "--batch", "--armor", "--detach-sign"))
	if owner, err := keys.Verify([]byte("hello"), sig, today()); err != nil || owner != 3 {
		t.Errorf("today: %d, %v", owner, err)
	}
	later := time.Now().UTC().AddDate(0, 1, 0).Format(time.DateOnly)
	if _, err := keys.Verify([]byte("hello"), sig, later); err == nil {
		t.Error("a month later the key has expired")
	}
	if _, err := keys.Verify([]byte("hello"), sig, "never"); err == nil {
		t.Error("a day that is none")
	}
}

func TestKeysThatAreNone(t *testing.T) {
	var k signature.Keys
	for _, s := range []string{"", "ssh-ed25519", "ssh-ed25519 !", "ssh-ed25519 AAAA", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIJ0y", "ssh-dss AAAAB3NzaC1kc3M="} {
		if k.AddSSH(s, 0) == nil {
			t.Errorf("%q is no SSH key", s)
		}
	}
	for _, s := range []string{"", "hello", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----", strings.Repeat("x", 2<<20)} {
		if k.AddOpenPGP(s, 0) == nil {
			t.Errorf("%.20q is no OpenPGP key", s)
		}
	}
	if k.Any() {
		t.Error("a key was added")
	}
}

// No bytes make the parsers panic, and none verify that were not signed.
func FuzzVerify(f *testing.F) {
	var keys signature.Keys
	if err := keys.AddSSH("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINCKJcoNfPBNVMaZ3W5XkQGHEcEzHgZhzKPbmCG7Zm0t x", 0); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("tree 1\nauthor a\ngpgsig -----BEGIN SSH SIGNATURE-----\n U1NIU0lH\n -----END SSH SIGNATURE-----\n\nm"))
	f.Add([]byte("tree 1\ngpgsig-sha256 x\n y\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n iHUEABYKAB0WIQ\n -----END PGP SIGNATURE-----\n\nm"))
	f.Add([]byte("object 1\n\nm\n-----BEGIN PGP SIGNATURE-----\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, split := range []func([]byte) ([]byte, []byte, error){
			func(b []byte) ([]byte, []byte, error) { return signature.OfCommit(b, false) },
			func(b []byte) ([]byte, []byte, error) { return signature.OfCommit(b, true) },
			signature.OfTag,
		} {
			payload, sig, err := split(raw)
			if err != nil {
				continue
			}
			if len(payload)+len(sig) > len(raw) {
				t.Fatalf("%d bytes became %d", len(raw), len(payload)+len(sig))
			}
			if _, err := keys.Verify(payload, sig, "2026-11-25"); err == nil {
				t.Fatalf("verified: %q", raw)
			}
		}
	})
}
