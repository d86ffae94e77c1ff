package secrets

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"custody/internal/control/checks/checkstest"
)

// code is some lines of a usual program, n of them.
func code(n int) []byte {
	lines := []string{
		"\tif err := s.writeKey(ctx, request.Key, token); err != nil {\n",
		"\t\treturn fmt.Errorf(\"writing access token for %s: %w\", request.Name, err)\n",
		"\t}\n",
		"\tconst authHeader = \"Authorization: Bearer \" + defaultTokenName\n",
		"// The secret is read from the environment and never logged.\n",
		"func (s *server) credentials() (map[string]string, error) {\n",
		"\tfor i := range len(parts) { total += int64(parts[i].Size) }\n",
		"\t<artifactId>spring-boot-starter</artifactId>\n",
		"\n",
		"\tassert.Equal(t, expected, actual, \"api version must be equal\")\n",
	}
	var b bytes.Buffer
	for i := range n {
		b.WriteString(lines[i%len(lines)])
	}
	return b.Bytes()
}

// Work is bounded by a count of bytes, whatever the text.
func TestHostile(t *testing.T) {
	e := Default()
	for _, c := range []struct {
		name string
		text []byte
	}{
		{"200,000 lines", code(200_000)},
		{"one line", bytes.ReplaceAll(code(50_000), []byte("\n"), []byte(" "))},
		{"nothing but keywords", bytes.Repeat([]byte("key=token:secret password api auth "), 1<<20/35)},
		{"every keyword, for ever", bytes.Repeat([]byte(strings.Join(allWords(), " ")), 100)},
		{"keys that never end", bytes.Repeat([]byte("-----BEGIN RSA PRIVATE KEY-----\nabcdef\n"), 20_000)},
		{"NULs", bytes.Repeat([]byte("\x00key\x00=\x00\n"), 100_000)},
		{"not UTF-8", bytes.Repeat([]byte("\xff\xfekey=\xc3\x28\n"), 100_000)},
	} {
		t.Run(c.name, func(t *testing.T) {
			budget := &Budget{16 << 20}
			hits, err := e.Scan("src/a.txt", c.text, budget)
			if err != nil && !errors.Is(err, errBudget) && !errors.Is(err, errMany) {
				t.Error(err)
			}
			t.Logf("%d bytes, %d tried on, %d hits, %v", len(c.text), 16<<20-budget.Left, len(hits), err)
		})
	}
}

func allWords() []string {
	var words []string
	for _, r := range Default().rules {
		words = append(words, r.Keywords...)
	}
	return words
}

// A configuration can not make an expression that explodes, nor one that is skipped.
func TestLoadRefuses(t *testing.T) {
	rule := func(more string) string { return "[[rules]]\nid = 'a'\n" + more }
	for _, c := range []struct{ name, src, says string }{
		{"no rule", "title = 'x'", "0 rules"},
		{"not TOML", "[[rules", "expected"},
		{"a key of tomorrow", rule("regex = 'a'\nshape = 'round'"), `"rules.shape" is not known`},
		{"a composite rule", rule("regex = 'a'\n[[rules.required]]\nid = 'b'"), "is not known"},
		{"no expression", rule(""), "neither regex nor path"},
		{"the same twice", rule("regex = 'a'\n") + rule("regex = 'b'\n"), "twice"},
		{"a condition", rule("regex = 'a'\n[[rules.allowlists]]\ncondition = 'XOR'\nregexes = ['x']"), `condition "XOR"`},
		{"a target", rule("regex = 'a'\n[[rules.allowlists]]\nregexTarget = 'file'\nregexes = ['x']"), `regexTarget "file"`},
		{"an empty keyword", rule("regex = 'a'\nkeywords = ['']"), "keyword"},
		{"a long expression", rule("regex = '" + strings.Repeat("a", maxExpr+1) + "'"), "more than"},
		{"a long file", strings.Repeat("#\n", maxRulesFile), "over the limit"},
	} {
		if _, err := Load([]byte(c.src)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		}
	}
	for _, expr := range []string{`(a{1000}){1000}`, `(?:(?:a{100}){100}){100}`, `a(?=b)`, `(a)\1`, `(`} {
		e, err := Load([]byte(rule("regex = '''" + expr + "'''\nkeywords = ['aa']")))
		if err != nil {
			t.Errorf("%s: %v", expr, err)
			continue
		}
		if _, err := e.Scan("x", []byte("aaa"), &Budget{math.MaxInt64}); err == nil {
			t.Errorf("%s: nothing says that the rule was not used", expr)
		}
	}
}

// What a change adds in one piece is one secret; what stood there before is not its own.
func TestLook(t *testing.T) {
	key := "-----BEGIN RSA " + "PRIVATE KEY-----\n" + strings.Repeat("MIIEpAIBAAKCAQEA7wJb0qkz3hYxV1dXcZ0P\n", 4) + "-----END RSA " + "PRIVATE KEY-----\n"
	token := "gh" + "p_" + "x7Yz0Kq2LmN4oPr6StUvW8aB1cD3eF5gH9iJ"
	base := map[string]string{"old.env": "TOKEN=" + token + "\n", "moved": "a\nb\nc\nd\ne\nf\n"}
	head := map[string]string{
		"old.env":           "TOKEN=" + token + "\nother=1\n",
		"new.env":           "# gitleaks:allow\nTOKEN=" + token + " # gitleaks:allow\n",
		"keys/id":           "before\n" + key,
		"moved":             "a\nb\nc\nd\ne\nf\n",
		"node_modules/a.js": "t = '" + token + "'\n",
		"wide.txt":          "\xff\xfe" + strings.ReplaceAll(strings.Join(strings.Split("t="+token+"\n", ""), "\x00")+"\x00", "\x00\x00", "\x00"),
		"image.png":         "\x89PNG\x00" + token,
		"store/a.p12":       "\x00\x01",
	}
	got := checkstest.Show(checkstest.Look(t, "secrets", Check{}, base, head))
	want := `not-satisfied
counted: secrets: looked at 12 added lines, found 4
store/a.p12: error pkcs12-file: a file of this name holds a secret (pkcs12-file)
keys/id:2-7: error private-key: the lines add what looks like a secret (private-key)
new.env:2: error github-pat: the line adds what looks like a secret (github-pat)
wide.txt:1: error github-pat: the line adds what looks like a secret (github-pat)
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What only stands for a secret is told from one.
func TestStand(t *testing.T) {
	generic, other := &Rule{ID: "generic-api-key"}, &Rule{ID: "github-pat"}
	for _, c := range []struct {
		rule   *Rule
		secret string
		want   bool
	}{
		{generic, "conversations_30d", true}, {generic, "user.id.v2", true}, {generic, "q7rt5yx2lm8w", false}, {generic, "hunter2hunter2", false}, {generic, "Conversations_30d", false},
		{generic, "a_1", false}, {generic, "TBCRYPT_DSA_KEY_BLOB_V2", true}, {generic, "PKCS8_PRIVATEKEY", true}, {generic, "AKIA1X2Y3Z", false}, {generic, "abc_1x2y3z", false},
		{other, "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX", true}, {other, "conversations_30d", false}, {other, "abXXXXXXXcd", false},
	} {
		if got := (Hit{Rule: c.rule, secret: c.secret}).Stand(); got != c.want {
			t.Errorf("%s %s: %v", c.rule.ID, c.secret, got)
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte("key = 'abcdefgh12345678'\n"), "a.txt")
	f.Add([]byte("-----BEGIN "+"PRIVATE KEY-----\n"), ".env")
	f.Fuzz(func(t *testing.T, text []byte, path string) {
		budget := &Budget{1 << 20}
		hits, _ := Default().Scan(path, text, budget)
		for _, h := range hits {
			if h.Start < 0 || h.End < h.Start || h.End > bytes.Count(text, []byte("\n")) {
				t.Errorf("%s in lines %d to %d of %q", h.Rule.ID, h.Start, h.End, text)
			}
		}
	})
}

// everywhere is the engine without any shortcut: each rule is tried on the whole text.
var everywhere = sync.OnceValue(func() *Engine {
	e, err := Load(gitleaksRules)
	if err != nil {
		panic(err)
	}
	for _, r := range e.rules {
		if r.ready() == nil && r.pattern != nil {
			r.pattern.bound, r.pattern.at, r.pattern.behind, r.pattern.needs = false, nil, nil, nil
		}
	}
	return e
})

func sameEverywhere(t *testing.T, text []byte) {
	t.Helper()
	show := func(e *Engine) string {
		hits, err := e.Scan("a.txt", text, &Budget{math.MaxInt64})
		if err != nil {
			return err.Error()
		}
		var b strings.Builder
		for _, h := range hits {
			fmt.Fprintln(&b, h.Start, h.End, h.Rule.ID, h.secret)
		}
		return b.String()
	}
	if got, want := show(Default()), show(everywhere()); got != want {
		t.Errorf("by windows\n%s\nby the whole text\n%s\nof %q", got, want, text)
	}
}

// Shortcuts find what the whole way finds, on texts in which everything nearly matches.
func TestShortcuts(t *testing.T) {
	s := sampler{rand.New(rand.NewPCG(3, 5))}
	rules := Default().rules
	found := 0
	for range 400 {
		r := rules[s.IntN(len(rules))]
		var b strings.Builder
		for range 1 + s.IntN(4) {
			b.WriteString(s.text(`(?:[\w.-]{0,5}(?:key|TOKEN|Api|password|secret|auth)[ \t\w.-]{0,22}[\s'"]{0,4}[=>:|?,]{0,3}[\n'"\s=]{0,6}[a-zA-Z0-9+/_.=-]{0,40}[\n'"\s;]{0,2})?`))
			b.WriteString(s.spoil(s.text(r.Regex)))
			b.WriteString(s.text(`[\n ;"']{0,2}`))
		}
		sameEverywhere(t, []byte(b.String()))
		if hits, _ := Default().Scan("a.txt", []byte(b.String()), &Budget{math.MaxInt64}); len(hits) > 0 {
			found++
		}
	}
	if found < 100 {
		t.Errorf("something is found in %d texts only", found)
	}
}

func FuzzShortcuts(f *testing.F) {
	f.Add([]byte("key = 'q7Rt5Yx2Lm8Wc3Vb'\n"))
	f.Add([]byte("a_token\n=\n'q7Rt5Yx2Lm8Wc3Vb'"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) < 1000 {
			sameEverywhere(t, text)
		}
	})
}

func BenchmarkScan(b *testing.B) {
	text := code(20_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Default().Scan("a.go", text, &Budget{math.MaxInt64}); err != nil {
			b.Fatal(err)
		}
	}
}
