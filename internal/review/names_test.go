package review_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/git"
	"custody/internal/git/gittest"
	"custody/internal/pack"
	"custody/internal/pack/verify"
	"custody/internal/review"
	"custody/internal/sign"
)

const saltFile = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"

func salt() ([]byte, error) { return []byte(saltFile), nil }

// A planter makes names that stand nowhere else, and remembers them.
type planter struct{ names []string }

func (p *planter) next() string {
	n := len(p.names)
	p.names = append(p.names, fmt.Sprintf("zq%cx%cplant", 'a'+n/26, 'a'+n%26))
	return p.names[n]
}

func (p *planter) login() string { return p.next() }

// full is of the form "Two Words".
func (p *planter) full() string {
	return "Zoe " + strings.ToUpper(p.next()[:1]) + p.names[len(p.names)-1][1:]
}
func (p *planter) email() string  { return p.next() + "@" + p.next() + ".example.org" }
func (p *planter) person() string { return p.full() + " <" + p.email() + ">" }
func (p *planter) text() string {
	return "as " + p.full() + " said to " + p.email() + " and @" + p.login()
}

func (p *planter) account() map[string]any {
	return map[string]any{"login": p.login(), "id": fmt.Sprint(5_000_000 + len(p.names)), "type": "User"}
}

// Every place where somebody's name can stand gets one that stands nowhere else. With
// hashed and ids no member of the pack has any of them.
func TestNoNameLeavesByAPack(t *testing.T) {
	for _, names := range []string{"hashed", "ids"} {
		t.Run(names, func(t *testing.T) {
			p := &planter{}
			w := newWorld(t, 1, false)
			in := w.planted(p, "privacy: {names: "+names+"}\n")
			if len(p.names) < 50 {
				t.Fatalf("only %d names are planted", len(p.names))
			}
			in.Salt = salt
			v := w.run(in)
			members := w.members(&v)
			for m, text := range members {
				for _, name := range p.names {
					if at := strings.Index(strings.ToLower(text), name); at >= 0 {
						t.Errorf("%s names %s: ...%s...", m, name, text[max(0, at-120):min(len(text), at+120)])
					}
				}
				if names == "hashed" && strings.Contains(text, "\"50000") {
					t.Errorf("%s has the number of an account", m)
				}
			}
			if names == "ids" && !strings.Contains(members["context.json"], `"50000`) {
				t.Error("no number of an account is left")
			}
			for _, still := range []string{"CC8.1", "src/a.py", "claude", "acme/security", "helper[bot]"} {
				if !strings.Contains(members["pack.json"]+members["context.json"], still) {
					t.Errorf("%q is lost, which names nobody", still)
				}
			}
		})
	}
}

// members are the members of the pack of a verdict, by name.
func (w *world) members(v *review.Verdict) map[string]string {
	w.t.Helper()
	key, err := sign.GenerateKey(bytes.NewReader(make([]byte, 64)))
	if err != nil {
		w.t.Fatal(err)
	}
	file, err := pack.Build(context.Background(), pack.Input{Verdict: v, Context: v.Context, Signer: key})
	if err != nil {
		w.t.Fatal(err)
	}
	ms, err := verify.Decode(file)
	if err != nil {
		w.t.Fatal(err)
	}
	all := map[string]string{}
	for m, text := range ms {
		all[verify.Member(m).String()] = string(text)
	}
	payload, err := sign.ParseBundle(ms[verify.Statement])
	if err != nil {
		w.t.Fatal(err)
	}
	all["the statement's payload"] = string(payload.Payload)
	return all
}

// planted is a change with a name in every place.
func (w *world) planted(p *planter, privacy string) review.Input {
	w.t.Helper()
	owner, address, approved := p.login(), p.email(), p.account()
	policy := `version: 1
authorship: {unknown: ai}
` + privacy + `people:
  - {id: ` + p.login() + `, accounts: ["github.com:77"], emails: [` + p.email() + `]}
emergency: {permission: write, review_within_days: 2}
rules:
  - {id: two, kind: approvals, approvals: {humans: 2, owners: true}, maps: [{framework: soc2-2017, id: CC8.1}]}
  - {id: late, kind: approvals, approvals: {humans: 3}, emergency: defer}
  - {id: theirs, kind: approvals, when: {owners: ["@` + owner + `"]}, approvals: {humans: 1, teams: [acme/security]}}
  - {id: title, kind: reason, reason: {pattern: "as .*", in: [title]}}
  - {id: text, kind: reason, reason: {pattern: "as .*", in: [text]}}
  - {id: says, kind: reason, reason: {pattern: "as .*", in: [commits]}}
  - {id: never, kind: reason, reason: {pattern: "NEVER", in: [tickets, title, text, commits]}}
  - {id: record, kind: change-record, fields: [reason, security-impact, testing, roll-back]}
  - {id: must, kind: requirements, waivable: true}
  - {id: judged, kind: judge, approvals: {humans: 1}}
waivers:
  - {id: past, covers: must, paths: ["**"], owner: ` + p.full() + `, approver: ` + p.full() + `, reason: ` + p.text() + `, last_day: 2026-01-01}
  - {id: idle, covers: never, paths: ["**"], owner: ` + p.login() + `, approver: ` + p.email() + `, reason: ` + p.text() + `, last_day: 2026-12-31}
`
	required := strings.Replace(requirements, "{id: NO-EVAL,", "{id: NO-EVAL, owner: "+p.full()+",", 1)
	required = strings.Replace(required, `"2.0"`, `"2.1"`, 1)
	base := w.repo.Commit("base", "base", gittest.Orphan(), gittest.Write(".custody.yaml", policy), gittest.Write("security_requirements.yaml", required),
		gittest.Write("CODEOWNERS", "src/ @"+owner+" "+address+" @acme/security\n"), gittest.Write("src/a.py", "import b\n"), gittest.Write("src/b.py", "x = 1\n"))
	message := p.text() + "\n\n" + p.text() + "\n\nTesting: " + p.text() + "\nCo-authored-by: " + p.person() + "\nSigned-off-by: " + p.person() + "\nReviewed-by: " + p.person() +
		"\nEntire-Checkpoint: " + p.text() + "\nAssisted-by: Claude for " + p.full() + "\nCo-Authored-By: Claude <noreply@anthropic.com>\nCo-authored-by: Pat <123+" + p.login() + "@users.noreply.github.com>\n"
	first := w.repo.Commit("change", message, gittest.From(base), gittest.By(p.person()), gittest.Write("src/a.py", "import b\neval('1')\n"))
	tip := w.repo.Commit("change", p.text()+"\n", gittest.From(first), gittest.By(p.person()), gittest.Write("src/b.py", "x = 2\n"), gittest.Write("CODEOWNERS", "src/ @"+owner+"\n"))

	waiver := func(key sign.Signer) map[string]any {
		record, err := json.Marshal(map[string]any{"schema": "custody/waiver/v1", "id": "granted", "covers": "NO-EVAL", "paths": []string{"**"},
			"repository": map[string]any{"host": "github.com", "owner": "acme", "name": "shop"}, "owner": p.full(), "approver": p.account(),
			"permission": "admin", "reason": p.text(), "last_day": "2026-12-31"})
		if err != nil {
			w.t.Fatal(err)
		}
		envelope, err := sign.SignRecord(context.Background(), record, sign.WaiverRecord, key)
		if err != nil {
			w.t.Fatal(err)
		}
		r, err := sign.ParseRecord(envelope)
		if err != nil {
			w.t.Fatal(err)
		}
		return map[string]any{"record": base64.StdEncoding.EncodeToString(r.Payload), "key_id": r.KeyID, "signature": base64.StdEncoding.EncodeToString(r.Signature)}
	}
	known, err := sign.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 64)))
	if err != nil {
		w.t.Fatal(err)
	}
	stranger, err := sign.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{8}, 64)))
	if err != nil {
		w.t.Fatal(err)
	}
	review1 := func(who map[string]any, state, commit string) map[string]any {
		return map[string]any{"reviewer": who, "state": state, "commit": commit, "at": "2026-11-20T10:00:00Z", "permission": "write", "teams": []string{"acme/security"}}
	}
	context, err := json.Marshal(map[string]any{
		"schema": "custody/context/v1", "unknown_part": p.text(),
		"repository": map[string]any{"host": "github.com", "owner": "acme", "name": "shop", "id": "42"},
		"change": map[string]any{
			"kind": "pull_request", "number": 7, "head": tip, "target": "refs/heads/main", "branch": p.login() + "/fix", "title": p.text(), "author": p.account(),
			"pushers": []any{p.account()}, "labels": []string{"emergency"}, "draft": false, "ai_statement": "Claude, by " + p.full(),
			"reason":    map[string]any{"text": "## Security impact\n" + p.text() + "\n## Roll-back\n" + p.text() + "\n" + p.text(), "tickets": []string{"AB-1"}},
			"emergency": map[string]any{"by": p.account(), "permission": "write", "at": "2026-11-22T10:00:00Z", "via": "command /emergency by " + p.email(), "reason": p.text()},
		},
		"commits": []any{map[string]any{"sha": first, "verified": true, "author": p.account(), "committer": p.account()},
			map[string]any{"sha": tip, "verified": true, "author": map[string]any{"login": "helper[bot]", "id": "9", "type": "Bot"}}},
		"reviews": []any{review1(approved, "approved", tip), review1(p.account(), "approved", first), review1(p.account(), "changes_requested", tip),
			review1(p.account(), "dismissed", tip), review1(map[string]any{"login": p.login(), "id": "", "type": "User"}, "approved", tip)},
		"checks":      []any{map[string]any{"name": "ci by " + p.email(), "head": tip, "conclusion": "success"}},
		"waivers":     []any{waiver(known), waiver(stranger)},
		"merge":       map[string]any{"sha": tip, "by": p.account(), "at": "2026-11-23T10:00:00Z"},
		"deployments": []any{map[string]any{"sha": tip, "environment": "production", "by": p.account()}},
		"sources":     []any{map[string]any{"what": "reviews", "from": "https://api.github.com/" + p.email(), "at": "2026-11-23T10:00:00Z", "missing": "no rights for " + p.email()}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ring := sign.TrustedKey{Key: known.Public(), Name: "waivers-of-the-office", Purposes: sign.ForWaivers}.String() + "\n"
	pusher := p.account()
	return review.Input{
		Base: w.oid(base), Head: w.oid(tip), Stage: change.AtMerge, Context: context, ContextFile: "context.json", KeyRing: []byte(ring),
		Ref: "refs/heads/main", Place: change.Repository{Host: "github.com", Owner: "acme", Name: "shop"},
		Pushers: []change.Pusher{{Login: pusher["login"].(string), ID: pusher["id"].(string), Type: change.User, From: "gitea"}},
		Claims:  []change.Claim{{What: "reason", Text: p.text()}},
	}
}

// Whatever the names are called in a pack, the decision, the outcomes and the counts are
// the same, and the same salt gives the same bytes. What was given is not changed.
func TestNamesDecideNothing(t *testing.T) {
	for seed := range worlds(t) {
		w := newWorld(t, uint64(4000+seed), false)
		policy, steps := w.layer(1+w.IntN(3)), w.steps()
		said := w.context(steps)
		setting := "privacy: {names: " + pick(w, "hashed", "ids") + ", texts: " + pick(w, "kept", "withheld") + "}\n"
		b := w.build(policy.text(), steps)
		in := review.Input{Base: b.base, Head: b.head, Stage: pick(w, stages...), Context: document(said, b), Salt: salt,
			Pushers: []change.Pusher{{Login: "gus", ID: "70", Type: change.User}}, Claims: []change.Claim{{What: "reason", Text: "for Gus"}}}
		was := w.run(in)
		policy.head += setting
		hb := w.build(policy.text(), steps)
		hin := in
		hin.Base, hin.Head, hin.Context = hb.base, hb.head, document(said, hb)
		is := w.run(hin)
		if was.Decision != is.Decision || len(was.Reasons) != len(is.Reasons) || len(was.Findings) != len(is.Findings) || len(was.Change.Commits) != len(is.Change.Commits) {
			t.Errorf("seed %d, %s: %s %v became %s %v", seed, setting, was.Decision, was.Reasons, is.Decision, is.Reasons)
		}
		for i, c := range was.Checks {
			if d := is.Checks[i]; c.ID != d.ID || c.Outcome != d.Outcome || len(c.Found) != len(d.Found) || len(c.Reasons) != len(d.Reasons) {
				t.Errorf("seed %d, %s: %s %s became %s %s", seed, setting, c.ID, c.Outcome, d.ID, d.Outcome)
			}
		}
		if one, two := canonical(t, is), canonical(t, w.run(hin)); !bytes.Equal(one, two) {
			t.Errorf("seed %d: the same input, another document:\n%s\n%s", seed, one, two)
		}
		if in.Pushers[0].Login != "gus" || in.Claims[0].Text != "for Gus" {
			t.Error("what was given was changed")
		}
		for m, text := range w.members(&is) {
			// Names are short and git's ids long: ada alone is found in many of them.
			if found := regexp.MustCompile(`(?i)example\.com|\b(ada|eva|fay|gus|dee)\b`).FindString(text); found != "" {
				t.Errorf("seed %d, %s: %s holds %s", seed, setting, m, found)
			}
		}
	}
}

// One person is one and the same in every place, and under another salt somebody else.
func TestPseudonyms(t *testing.T) {
	w := newWorld(t, 3, false)
	p := &planter{}
	in := w.planted(p, "privacy: {names: hashed, texts: kept}\n")
	in.Salt = salt
	var c struct {
		Change struct {
			Author change.Person `json:"author"`
			Title  string        `json:"title"`
		} `json:"change"`
		Reviews []change.Review `json:"reviews"`
	}
	one := w.run(in)
	if err := json.Unmarshal(one.Context, &c); err != nil {
		t.Fatal(err)
	}
	if one.About.Author != c.Change.Author.Login || !strings.HasPrefix(one.About.Author, "person-") || len(one.About.Author) != len("person-")+16 {
		t.Errorf("who opened it is %q, and in the context %q", one.About.Author, c.Change.Author.Login)
	}
	// A name that nobody is known by stays in a text that is kept.
	if ok, _ := regexp.MatchString(`^as Zoe Zq\w+ said to person-[0-9a-f]{16} and @person-[0-9a-f]{16}$`, c.Change.Title); !ok {
		t.Errorf("the title is %q", c.Change.Title)
	}
	says := ""
	for _, check := range one.Checks {
		for _, r := range check.Reasons {
			says += r.Detail + "\n"
		}
	}
	if !strings.Contains(says, c.Reviews[1].Reviewer.Login) {
		t.Errorf("no sentence names %s:\n%s", c.Reviews[1].Reviewer.Login, says)
	}
	in.Salt = func() ([]byte, error) { return []byte(strings.Repeat("ab", 32)), nil }
	two := w.run(in)
	if one.About.Author == two.About.Author || one.Inputs.Privacy.Salt == two.Inputs.Privacy.Salt {
		t.Errorf("under two salts %s and %s", one.About.Author, two.About.Author)
	}
	if text := string(canonical(t, one)); strings.Contains(text, strings.TrimSpace(saltFile)) {
		t.Error("the salt is in the pack")
	}
}

// The setting is the base's and the floor's; what a change says of it counts for later
// ones. Without a salt nothing is judged.
func TestNamesAreSetAtBase(t *testing.T) {
	w := newWorld(t, 2, false)
	const plain = "version: 1\nauthorship: {unknown: ai}\nrules:\n  - {id: r, kind: impact}\n"
	const hashed = plain + "privacy: {names: hashed}\n"
	build := func(base, head string) review.Input {
		b := w.repo.Commit("base", "base", gittest.Orphan(), gittest.Write(".custody.yaml", base))
		h := w.repo.Commit("change", "c", gittest.From(b), gittest.By("Ada <ada@example.com>"), gittest.Write(".custody.yaml", head+"# new\n"))
		return review.Input{Base: w.oid(b), Head: w.oid(h), Stage: change.AtPush, Salt: salt}
	}
	with := func(in review.Input, floor string) review.Input { in.Floor = []byte(floor); return in }
	for _, c := range []struct {
		name  string
		in    review.Input
		names config.Names
	}{
		{"head loosens", build(hashed, plain), config.NamesHashed},
		{"head tightens", build(plain, hashed), ""},
		{"the floor alone", with(build(plain, plain), hashed), config.NamesHashed},
		{"base looser than the floor", with(build(plain+"privacy: {names: ids}\n", plain), hashed), config.NamesHashed},
		{"base stricter than the floor", with(build(hashed, plain), plain+"privacy: {names: ids}\n"), config.NamesHashed},
	} {
		v := w.run(c.in)
		var is config.Names
		if v.Inputs.Privacy != nil {
			is = v.Inputs.Privacy.Names
		}
		if is != c.names || (c.names != "") == strings.Contains(v.Change.Commits[0].Author, "Ada") {
			t.Errorf("%s: %q, %q", c.name, is, v.Change.Commits[0].Author)
		}
	}
	in := build(hashed, plain)
	in.Salt = nil
	if _, err := w.try(in); !errors.Is(err, review.ErrSalt) {
		t.Errorf("without a salt: %v", err)
	}
	for _, bad := range []string{"", "abcd", "not hex at all, but long enough to be taken for a salt if nobody looks at it", strings.Repeat("ab", 5000)} {
		in.Salt = func() ([]byte, error) { return []byte(bad), nil }
		if _, err := w.try(in); !errors.Is(err, review.ErrBadSalt) {
			t.Errorf("the salt %.20q: %v", bad, err)
		}
	}
}

// Who adds a field to a document says whether it can name somebody.
func TestEveryFieldIsKnown(t *testing.T) {
	known := review.KnownFields()
	seen := map[reflect.Type]bool{}
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice:
			visit(typ.Elem())
		case reflect.Map:
			visit(typ.Elem())
		case reflect.Interface:
			t.Errorf("%s can hold anything", typ)
		case reflect.Struct:
			if seen[typ] || typ == reflect.TypeFor[git.OID]() {
				return
			}
			seen[typ] = true
			for i := range typ.NumField() {
				f := typ.Field(i)
				if !f.IsExported() || f.Tag.Get("json") == "-" {
					continue
				}
				elem := f.Type
				for elem.Kind() == reflect.Slice || elem.Kind() == reflect.Pointer {
					elem = elem.Elem()
				}
				if elem.Kind() == reflect.Map && elem.Elem().Kind() == reflect.String {
					elem = elem.Elem()
					if elem.PkgPath() == "" && f.Name != "Versions" {
						t.Errorf("%s.%s maps to texts: none are looked at", typ, f.Name)
					}
				}
				if elem.Kind() == reflect.String && elem.PkgPath() == "" {
					if name := typ.String() + "." + f.Name; !slices.Contains(known, name) && typ != reflect.TypeFor[change.Person]() && typ != reflect.TypeFor[change.Pusher]() && f.Name != "Versions" {
						t.Errorf("the table of fields does not say what %s holds", name)
					}
				}
				visit(elem)
			}
		}
	}
	visit(reflect.TypeFor[review.Verdict]())
	visit(reflect.TypeFor[change.Context]())
	for _, name := range known {
		found := false
		for typ := range seen {
			if field, ok := strings.CutPrefix(name, typ.String()+"."); ok {
				_, found = typ.FieldByName(field)
				break
			}
		}
		if !found {
			t.Errorf("the table of fields has %s, which no document has", name)
		}
	}
}

// A tool that took part is nobody: its name stays in sentences, where it may be a part of
// something else. A person who writes its address behind their own name is one.
func TestToolsKeepTheirNames(t *testing.T) {
	for _, names := range []string{"hashed", "ids"} {
		w := newWorld(t, 5, false)
		base := w.repo.Commit("base", "base", gittest.Orphan(), gittest.Write(".custody.yaml", "version: 1\nauthorship: {unknown: ai}\nprivacy: {names: "+names+"}\nrules:\n  - {id: safe, kind: checks, checks: [workflows]}\n"))
		workflow := "on: pull_request_target\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: echo ${{ github.event.pull_request.title }}\n"
		head := w.repo.Commit("change", "Add\n\nCo-authored-by: Claude <noreply@anthropic.com>\nCo-authored-by: Zora <noreply@anthropic.com>", gittest.From(base), gittest.By("GitHub <noreply@github.com>"), gittest.Write(".github/workflows/ci.yml", workflow))
		v := w.run(review.Input{Base: w.oid(base), Head: w.oid(head), Stage: change.AtPush, Salt: salt})
		text := ""
		for _, c := range v.Checks {
			for _, f := range c.Found {
				text += f.Message + " " + f.Remedy + "\n"
			}
			for _, r := range c.Reasons {
				text += r.Detail + "\n"
			}
		}
		for _, f := range v.Findings {
			text += f.Message + " " + f.Remedy + "\n"
		}
		if !strings.Contains(text, "github.event") {
			t.Errorf("%s: what is found is\n%s", names, text)
		}
		if all := string(canonical(t, v)); strings.Contains(strings.ToLower(all), "zora") {
			t.Errorf("%s: the person behind the address of a tool is named", names)
		}
	}
}

// A list of people who are too many for a line names none by halves.
func TestNoHalfNameLeaves(t *testing.T) {
	w := newWorld(t, 6, false)
	base := w.repo.Commit("base", "base", gittest.Orphan(), gittest.Write(".custody.yaml", "version: 1\nauthorship: {unknown: ai}\nprivacy: {names: hashed}\nrules:\n  - {id: two, kind: approvals, approvals: {humans: 1}}\n"), gittest.Write("a", "0"))
	tip := base
	for i := range 9 {
		tip = w.repo.Commit("change", "c", gittest.From(tip), gittest.By(fmt.Sprintf("Zoe <zqoe%cbrien%cplant@example.org>", 'a'+i, 'a'+i)), gittest.Write("a", fmt.Sprint(i)))
	}
	var reviews []any
	for i := range 9 {
		reviews = append(reviews, map[string]any{"reviewer": map[string]any{"login": fmt.Sprintf("zqagainst%cplant%c", 'a'+i, 'a'+i), "id": fmt.Sprint(100 + i), "type": "User"},
			"state": "changes_requested", "commit": tip, "at": "2026-11-20T10:00:00Z", "permission": "write"})
	}
	context, err := json.Marshal(map[string]any{
		"schema": "custody/context/v1", "repository": map[string]any{"host": "github.com", "owner": "acme", "name": "shop", "id": "42"},
		"change": map[string]any{"kind": "pull_request", "number": 7, "head": tip, "target": "refs/heads/main"}, "commits": []any{}, "reviews": reviews,
	})
	if err != nil {
		t.Fatal(err)
	}
	v := w.run(review.Input{Base: w.oid(base), Head: w.oid(tip), Stage: change.AtMerge, Context: context, Salt: salt})
	for m, text := range w.members(&v) {
		if at := strings.Index(text, "zq"); at >= 0 {
			t.Errorf("%s: ...%s...", m, text[max(0, at-200):min(len(text), at+60)])
		}
	}
	if text := string(canonical(t, v)); !strings.Contains(text, " more") {
		t.Error("no list says that there are more")
	}
}

// A text that people wrote is cut in a sentence, wherever in a name or an address that falls.
func TestNoCutTextNamesByHalves(t *testing.T) {
	for _, names := range []string{"hashed", "ids"} {
		w := newWorld(t, 5, false)
		base := w.repo.Commit("base", "base", gittest.Orphan(), gittest.Write(".custody.yaml", "version: 1\nauthorship: {unknown: ai}\nprivacy: {names: "+names+", texts: kept}\nrules:\n  - {id: two, kind: approvals, approvals: {humans: 1}}\n"), gittest.Write("a", "0"))
		tip := w.repo.Commit("change", "c", gittest.From(base), gittest.By("Zqelda Zqplant <zqelda@zqplant.example>"), gittest.Write("a", "1"))
		account := map[string]any{"login": "opener", "id": "100", "type": "User"}
		for _, who := range []string{"zqelda@zqplant.example", "Zqelda Zqplant", "zqnobody@zqmail.zqhost.example"} {
			for at := 90; at < 120; at += 3 {
				reason := strings.Repeat("y", at) + " " + who + " said so, and so did all of the others who were there"
				context, err := json.Marshal(map[string]any{
					"schema": "custody/context/v1", "repository": map[string]any{"host": "github.com", "owner": "acme", "name": "shop", "id": "42"},
					"change": map[string]any{"kind": "pull_request", "number": 7, "head": tip, "target": "refs/heads/main",
						"emergency": map[string]any{"by": account, "permission": "admin", "at": "2026-11-20T10:00:00Z", "via": "label", "reason": reason}},
					"commits": []any{}, "reviews": []any{},
				})
				if err != nil {
					t.Fatal(err)
				}
				v := w.run(review.Input{Base: w.oid(base), Head: w.oid(tip), Stage: change.AtMerge, Context: context, Salt: salt})
				text := strings.ToLower(string(canonical(t, v)))
				if !strings.Contains(text, "yyy...") && !strings.Contains(text, "yyy ") {
					t.Fatal("no sentence has the reason of the emergency")
				}
				for _, left := range []string{"zqe", "zqp", "zqn", "zqm", "zqh"} {
					if i := strings.Index(text, left); i >= 0 && !(left == "zqn" && !strings.Contains(text[i:i+60], "@")) {
						t.Errorf("%s, at %d of %s: ...%s...", names, at, who, text[max(0, i-60):min(len(text), i+60)])
					}
				}
			}
		}
	}
}

// Who owns a repository is told by its name, which packs keep. No sentence may say under
// which pseudonym they took part.
func TestOwnerOfTheRepositoryHasNoPseudonymInIt(t *testing.T) {
	w := newWorld(t, 7, false)
	base := w.repo.Commit("base", "base", gittest.Orphan(), gittest.Write(".custody.yaml", "version: 1\nauthorship: {unknown: ai}\nprivacy: {names: hashed}\nrules:\n  - {id: one, kind: approvals, approvals: {humans: 1}}\n"), gittest.Write("a", "0"))
	head := w.repo.Commit("change", "c", gittest.From(base), gittest.By("Zoe <zqowner@example.org>"), gittest.Write("a", "1"))
	context, err := json.Marshal(map[string]any{
		"schema": "custody/context/v1", "repository": map[string]any{"host": "github.com", "owner": "zqowner", "name": "site", "id": "42"},
		"change":  map[string]any{"kind": "pull_request", "number": 7, "head": head, "target": "refs/heads/main", "author": map[string]any{"login": "zqowner", "id": "7", "type": "User"}},
		"commits": []any{}, "reviews": []any{},
		"sources": []any{map[string]any{"what": "reviews", "from": "GET /repos/zqowner/site/pulls/7/reviews", "at": "2026-11-23T10:00:00Z"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	v := w.run(review.Input{Base: w.oid(base), Head: w.oid(head), Stage: change.AtMerge, Context: context, Salt: salt})
	said := string(v.Context)
	if !strings.Contains(said, "/repos/zqowner/site/pulls/7/reviews") || strings.Contains(said, `"login":"zqowner"`) {
		t.Errorf("the context is %s", said)
	}
	for m, text := range w.members(&v) {
		if found := regexp.MustCompile(`person-[0-9a-f]{16}/site`).FindString(text); found != "" {
			t.Errorf("%s says %s", m, found)
		}
	}
}

// Who has no account is counted as one person each, whatever they are called.
func TestPeopleWithoutAnAccountAreCounted(t *testing.T) {
	people, said := regexp.MustCompile(`([0-9]+) accountable people`), map[string]string{}
	var page string
	for _, names := range []string{"full", "hashed", "ids"} {
		w := newWorld(t, 5, false)
		base := w.repo.Commit("base", "base", gittest.Orphan(), gittest.Write(".custody.yaml", "version: 1\nauthorship: {unknown: ai}\nprivacy: {names: "+names+"}\nrules:\n  - {id: two, kind: approvals, approvals: {humans: 2}}\n"), gittest.Write("a", "0"))
		tip := base
		for i, who := range []string{"Ada <ada@one.example>", "Ben <ben@two.example>", "Cleo <1234+cleo@users.noreply.github.com>", "Ada <ada@one.example>"} {
			tip = w.repo.Commit("change", "c\n\nCo-authored-by: Dan <dan@three.example>", gittest.From(tip), gittest.By(who), gittest.Write("a", strings.Repeat("x", i+1)))
		}
		review1 := func(login string) map[string]any {
			return map[string]any{"reviewer": map[string]any{"login": login, "type": "User"}, "state": "approved", "commit": tip, "at": "2026-11-20T10:00:00Z", "permission": "write"}
		}
		context, err := json.Marshal(map[string]any{
			"schema": "custody/context/v1", "repository": map[string]any{"host": "github.com", "owner": "acme", "name": "shop", "id": "42"},
			"change": map[string]any{"kind": "pull_request", "number": 7, "head": tip, "target": "refs/heads/main"}, "commits": []any{}, "reviews": []any{review1("ed"), review1("flo")},
		})
		if err != nil {
			t.Fatal(err)
		}
		v := w.run(review.Input{Base: w.oid(base), Head: w.oid(tip), Stage: change.AtMerge, Context: context, Salt: salt})
		page = w.members(&v)["index.html"]
		said[names] = people.FindString(page)
		if again := w.run(review.Input{Base: w.oid(base), Head: w.oid(tip), Stage: change.AtMerge, Context: context, Salt: salt}); !bytes.Equal(canonical(t, v), canonical(t, again)) {
			t.Errorf("%s: two runs differ", names)
		}
	}
	if said["full"] != "4 accountable people" || said["hashed"] != said["full"] || said["ids"] != said["full"] {
		t.Errorf("the pages say %q", said)
	}
	for _, want := range []string{
		"<li><bdi>account-1234</bdi>, 1 commit</li>", "<li><bdi>3 people without an account that the forge knows</bdi>, 4 commits</li>",
		"<dd><bdi>account-1234</bdi>; <bdi>2 people without an account that the forge knows</bdi>, as the commits claim</dd>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if regexp.MustCompile(`somebody[^-]`).MatchString(regexp.MustCompile(`(?s)Approved by.*?</dd>`).FindString(page)) {
		t.Error("two approvers are one")
	}
}

// The beginning of an address names somebody, that of a version nobody.
func TestCutAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"uses actions/checkout@v4... and more": "uses actions/checkout@v4... and more", "org/tool@1.20...": "org/tool@1.20...",
		"by jan@v4...": "by somebody...", "by jan.k@exa...": "by somebody...", "see x/jan@exa...": "see x/somebody...", "a/jan@... b": "a/somebody... b", "none": "none",
		"one/t@v1... and jan@ex...": "one/t@v1... and somebody...",
	} {
		if got := review.WithoutCutAddresses(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// Where a dependency comes from is told, and not as whom it is fetched.
func TestAddressOfADependency(t *testing.T) {
	for _, names := range []string{"full", "hashed", "ids"} {
		w := newWorld(t, 5, false)
		manifest := func(from string) string { return `{"name": "x", "dependencies": {"y": "` + from + `"}}` }
		base := w.repo.Commit("base", "base", gittest.Orphan(), gittest.Write(".custody.yaml", "version: 1\nauthorship: {unknown: ai}\nprivacy: {names: "+names+"}\nrules:\n  - {id: i, kind: impact}\n"),
			gittest.Write("package.json", manifest("1.0.0")), gittest.Write("a.js", "import y from 'y'\n"))
		head := w.repo.Commit("change", "c", gittest.From(base), gittest.Write("package.json", manifest("git+https://zqfetcher:zqtoken@host.example/y.git")))
		v := w.run(review.Input{Base: w.oid(base), Head: w.oid(head), Stage: change.AtMerge, Salt: salt})
		text := string(canonical(t, v))
		if !strings.Contains(text, "host.example/y.git") {
			t.Fatalf("%s: the address is not in the verdict: %+v", names, v.Impact.Packages)
		}
		if strings.Contains(text, "zqfetcher") || strings.Contains(text, "zqtoken") {
			t.Errorf("%s: says as whom it is fetched", names)
		}
	}
}
