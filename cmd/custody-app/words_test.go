package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever runs the server reads what is wrong with what, on one line.
func TestInWords(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(strings.Repeat("s", 40)), 0o600); err != nil {
		t.Fatal(err)
	}
	const common = "listen: 127.0.0.1:0\ngithub: {app_id: 1, private_key_file: DIR/key.pem, webhook_secret_file: DIR/secret}\n" +
		"store: sqlite://DIR/a.db\nblobs: file://DIR/blobs\nclones: DIR/clones\nsigning_key_file: DIR/sign.pem\n"
	for name, c := range map[string]struct{ old, new, want string }{
		"key missing":    {"", "", "reading the App's private key: there is no file DIR/key.pem"},
		"secret missing": {"DIR/secret", "DIR/none", "reading the webhook secret: there is no file DIR/none"},
		"secret: folder": {"DIR/secret", "DIR", "reading the webhook secret: DIR is a folder: name a file in it"},
	} {
		file := filepath.Join(dir, "app.yaml")
		text := strings.ReplaceAll(strings.Replace(common, c.old, c.new, 1), "DIR", dir)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p := &process{out: &bytes.Buffer{}, err: &bytes.Buffer{}, env: func(string) string { return "" }}
		err := serve(t.Context(), p, file)
		if want := strings.ReplaceAll(c.want, "DIR", dir); err == nil || !strings.HasPrefix(inWords(err), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	if _, err := readFile(dir, 10); err == nil || inWords(err) != dir+" is a folder: name a file in it" {
		t.Errorf("a folder: %v", err)
	}
	if _, err := net.Listen("tcp", l.Addr().String()); err == nil || inWords(err) != "listen: another program serves on "+l.Addr().String()+": stop it, or name another address" {
		t.Errorf("an address in use: %v", err)
	}
}
