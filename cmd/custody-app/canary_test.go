package main

import (
	"archive/zip"
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"

	_ "modernc.org/sqlite"
)

// A canary is a secret that somebody put where it does not belong.
type canary struct {
	where string
	text  string
}

// flock makes 100 canaries for eight places: tokens of kinds that scanners know, private
// keys, passwords, addresses of people in prompts.
func flock() []canary {
	var all []canary
	random := uint64(20260101)
	next := func(alphabet string, n int) string {
		var b strings.Builder
		for range n {
			random = random*6364136223846793005 + 1442695040888963407
			b.WriteByte(alphabet[(random>>33)%uint64(len(alphabet))])
		}
		return b.String()
	}
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
	const upper = "ABCDEFGHJKLMNPQRSTUVWXYZ234567"
	kinds := []func() string{
		func() string { return "ghp_" + next(letters, 36) },
		func() string { return "AKIA" + next(upper, 16) },
		func() string {
			return "xoxb-" + next("0123456789", 12) + "-" + next("0123456789", 12) + "-" + next(letters, 24)
		},
		func() string { return "glpat-" + next(letters, 20) },
		func() string { return "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" + next(letters, 60) },
		func() string { return strings.ToLower(next(letters, 9)) + "@patients.example.org" },
	}
	for i := range 100 {
		all = append(all, canary{[]string{"file", "file", "message", "body", "comment", "prompt", "label", "title"}[i%8], kinds[i%len(kinds)]()})
	}
	return all
}

// TestCanaries plants them in a change and in all that people say of it. None may come
// out in a log, in a row of the database or in what the App writes to GitHub; and what
// stands in files is in no pack. Neither are the App's own secrets anywhere.
func TestCanaries(t *testing.T) {
	t.Parallel()
	w := newWhole(t, "publish: {refs: true, comment: true, attestations: true}\n")
	w.trustWaivers(t)
	p := w.place(t, "acme/shop", strings.Replace(wholePolicy, "kind: requirements", "kind: requirements, waivable: true", 1)+`  - {id: clean, kind: checks, checks: [secrets, personal-data]}
`)
	w.start(t)
	files := map[string]*strings.Builder{"config.py": {}, ".prompts/task.md": {}}
	var message, body strings.Builder
	birds := flock()
	for _, c := range birds {
		switch c.where {
		case "file":
			line := fmt.Sprintf("token = %q\n", c.text)
			if strings.HasPrefix(c.text, "MII") {
				line = "-----BEGIN PRIVATE KEY-----\n" + c.text + "\n-----END PRIVATE KEY-----\n"
			}
			files["config.py"].WriteString(line)
		case "prompt":
			fmt.Fprintf(files[".prompts/task.md"], "Write to %s about it.\n", c.text)
		case "message":
			fmt.Fprintf(&message, "uses %s\n", c.text)
		case "body":
			fmt.Fprintf(&body, "- tried with %s\n", c.text)
		}
	}
	edits := []gittest.Edit{gittest.From(p.base), gittest.By("Ada <ada@example.com>")}
	for name, text := range files {
		edits = append(edits, gittest.Write(name, text.String()))
	}
	p.src.Commit("topic", "Set it up\n\n"+message.String(), edits...)
	p.Push("ada", p.src, "topic")
	pull := p.OpenPullRequest(githubtest.NewPull{Title: "Set it up", Body: body.String(), Author: "ada", Head: "topic"})
	p.concluded(pull.HeadSHA)
	w.gh.User("eve", "eve@example.com")
	p.Collaborator("eve", "admin")
	soon := time.Now().UTC().AddDate(0, 0, 3).Format(time.DateOnly)
	var titles []string
	for _, c := range birds {
		switch c.where {
		case "label":
			pull.Label("ada", c.text)
		case "comment":
			pull.Comment("ben", "/custody explain "+c.text)
			pull.Comment("ben", "see "+c.text)
			pull.Comment("eve", "/custody waive NO-EVAL because of "+c.text+" until "+soon)
		case "title":
			titles = append(titles, c.text)
		}
	}
	pull.Edit("ada", "Set up "+strings.Join(titles, " "), body.String())
	// What can not be read is kept whole, for the operator to look at; but in its row alone.
	unreadable := canary{"delivery that is no JSON", "ghp_" + strings.Repeat("Zq7", 12)}
	w.gh.Deliver("pull_request", []byte(`{"action":"opened","pull_request":{"title":"`+unreadable.text+`"`))
	w.gh.Settle()
	w.gh.Fail(githubtest.Fault{On: "git fetch", Repo: p.FullName(), With: githubtest.BadGateway})
	p.src.Commit("topic", "More\n\n"+message.String(), gittest.Write("b.py", "y = 1\n"))
	p.Push("ada", p.src, "topic")
	if run := p.concluded(pull.HeadSHA); run.Conclusion == "success" {
		t.Error("secrets were let through")
	}
	w.gh.Settle()
	comment := func() (text string) {
		for _, m := range pull.Comments() {
			if m.By.Login == w.gh.App.Slug+"[bot]" {
				text += m.Body
			}
		}
		return text
	}
	for late := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		w.gh.Settle()
		if idle(t, filepath.Join(w.dir, "custody.db")) && strings.Contains(comment(), "Answer to") && len(p.Attestations()) > 0 && strings.Contains(fmt.Sprint(p.Refs()), "refs/custody/packs/") {
			break
		}
		if time.Now().After(late) {
			t.Fatalf("commands are not answered, or not all is published: %s", comment())
		}
	}
	w.stop(t)

	places := map[string]string{"the log": w.said(), "the database": rows(t, filepath.Join(w.dir, "custody.db"))}
	var written strings.Builder
	for _, c := range w.gh.Calls() {
		written.Write(c.Body)
	}
	places["what it wrote to GitHub"] = written.String()
	for _, a := range p.Attestations() {
		var bundle struct{ DSSEEnvelope struct{ Payload []byte } }
		if err := json.Unmarshal(a.Bundle, &bundle); err != nil || len(bundle.DSSEEnvelope.Payload) == 0 {
			t.Fatalf("an attestation without a statement: %v", err)
		}
		places["an attestation"] += string(bundle.DSSEEnvelope.Payload)
	}
	packs := ""
	err := filepath.WalkDir(filepath.Join(w.dir, "packs"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		packs += unpacked(t, path)
		return nil
	})
	if err != nil || !strings.Contains(packs, "NO-EVAL") {
		t.Fatalf("no pack was read: %v", err)
	}
	if !strings.Contains(places["the database"], "pull/1") || !strings.Contains(written.String(), "custody: main") {
		t.Fatal("nothing was looked at")
	}
	if n := strings.Count(places["the database"], unreadable.text); n != 1 {
		t.Errorf("%d rows hold the delivery that can not be read", n)
	}
	places["the database"] = strings.ReplaceAll(places["the database"], unreadable.text, "")
	said := map[string]int{} // of what people said, the pack is the evidence
	for _, c := range append(birds, unreadable) {
		if strings.Contains(packs, c.text) {
			said[c.where]++
		}
		for place, text := range places {
			if strings.Contains(text, c.text) {
				t.Errorf("%s holds %s, which was put into a %s", place, c.text, c.where)
			}
		}
		if (c.where == "file" || c.where == "prompt") && strings.Contains(packs, c.text) {
			t.Errorf("a pack holds %s, which was put into a %s", c.text, c.where)
		}
	}

	t.Logf("in packs, which keep what people said: %v", said)

	places["a pack"] = packs
	if len(w.gh.Tokens()) == 0 {
		t.Fatal("there was no token")
	}
	own := append(w.gh.Tokens(), w.gh.App.WebhookSecret)
	for _, file := range []string{"app.pem", "signing.pem"} {
		text, err := os.ReadFile(filepath.Join(w.dir, file))
		if err != nil {
			t.Fatal(err)
		}
		own = append(own, strings.Split(string(text), "\n")[1])
	}
	places["a clone's configuration"] = everything(t, filepath.Join(w.dir, "clones"), "config")
	for _, secret := range own {
		for place, text := range places {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds a secret of the App's own", place)
			}
		}
	}
}

// idle says whether every delivery was decided on, until when its body is there, and
// nothing is under way that would make others.
func idle(t *testing.T, file string) bool {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.QueryRow(`SELECT (SELECT count(*) FROM deliveries WHERE state = 'accepted') + (SELECT count(*) FROM river_job WHERE kind IN ('delivery', 'review') AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled'))`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n == 0
}

// rows is every value of every table.
func rows(t *testing.T, file string) string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	column := func(query string) []string {
		r, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		names, err := r.Columns()
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for r.Next() {
			values := make([]any, len(names))
			for i := range values {
				values[i] = new(sql.RawBytes)
			}
			if err := r.Scan(values...); err != nil {
				t.Fatal(err)
			}
			for _, v := range values {
				out = append(out, string(*v.(*sql.RawBytes)))
			}
		}
		if err := r.Err(); err != nil {
			t.Fatal(err)
		}
		return out
	}
	var all strings.Builder
	for _, table := range column(`SELECT name FROM sqlite_master WHERE type = 'table'`) {
		for _, v := range column(`SELECT * FROM "` + table + `"`) {
			all.WriteString(v)
			all.WriteByte('\n')
		}
	}
	return all.String()
}

// unpacked is every member of a pack.
func unpacked(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	return all.String()
}

// everything is the text of all files of a name below a folder.
func everything(t *testing.T, dir, name string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() != name {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil || all.Len() == 0 {
		t.Fatalf("no %s below %s: %v", name, dir, err)
	}
	return all.String()
}
