package personaldata

import (
	"os"
	"strings"
	"testing"

	"custody/internal/control/checks"
	"custody/internal/control/checks/agentfiles"
	"custody/internal/control/checks/checkstest"
)

// Check digits are those that another program computed.
func TestNumbers(t *testing.T) {
	src, err := os.ReadFile("testdata/numbers.txt")
	if err != nil {
		t.Fatal(err)
	}
	check := map[string]func(string) bool{
		"isCodiceFiscale": isCodiceFiscale, "isNIR": isNIR, "isHetu": isHetu, "isCPF": isCPF, "isEAN13": isEAN13, "isBelgian": isBelgian,
		"isPersonnummer": isPersonnummer, "isSteuerID": isSteuerID, "isDNI": isDNI, "isNIE": isDNI, "isSSN": isSSN, "isNHS": isNHS, "isSIN": isLuhn,
		"isVerhoeff": isVerhoeff, "isNIF": isNIF, "isNINO": isNINO, "isIBAN": isIBAN, "isCard": isCard,
	}
	for _, n := range numbers {
		switch {
		case strings.Contains(n.name, "PESEL"):
			check["isPESEL"] = n.ok
		case strings.Contains(n.name, "BSN"):
			check["isBSN"] = n.ok
		case strings.Contains(n.name, "tax file"):
			check["isTFN"] = n.ok
		}
	}
	// The form says what the function need not: each line is asked as it would be found.
	word := map[string]string{
		"isPersonnummer": "personnummer ", "isPESEL": "PESEL: ", "isSteuerID": "Steuer-ID ", "isDNI": "DNI ", "isNIE": "NIE: ", "isBSN": "bsn=", "isSSN": "SSN: ", "isNINO": "National Insurance ",
		"isNHS": "NHS ", "isSIN": "social insurance: ", "isTFN": "TFN ", "isVerhoeff": "Aadhaar ", "isNIF": "contribuinte ", "isCard": "visa card ",
	}
	n := 0
	for line := range strings.Lines(string(src)) {
		f := strings.Fields(line)
		if strings.HasPrefix(line, "#") || len(f) != 3 {
			continue
		}
		n++
		found := false
		findNumbers(word[f[0]]+f[1]+".", func(string, string) { found = true })
		if check[f[0]] == nil || found != (f[2] == "yes") {
			t.Errorf("%s %s: %v, want %s", f[0], f[1], found, f[2])
		}
		if w := word[f[0]]; w != "" {
			findNumbers("number "+f[1]+".", func(_, name string) {
				if f[2] == "yes" && !strings.Contains(name, "IBAN") {
					t.Errorf("%s %s is found without a word before it", f[0], f[1])
				}
			})
		}
	}
	if n < 400 {
		t.Errorf("only %d numbers", n)
	}
}

func TestScan(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"write to maria.gonzalez@acmebank.es today", "email"},
		{`{"role":"user","content":"hi, it's k.novak77@seznam.cz\nthanks"}`, "email"},
		{"git@github.com:a/b.git ssh://deploy@build.acmebank.es/x https://user:pw@host.acmebank.es", ""},
		{"ask alice@example.com, noreply@anthropic.com, 1234+x@users.noreply.github.com, support@acmebank.es, you@yourcompany.com", ""},
		{"npm i react@18.2.0 @scope/pkg@latest icon@2x.png foo@bar.service", ""},
		{"a@b", ""},
		{"call +49 30 901820 or +49 (0)30 9018-2074", "phone"},
		{"+44 20 7946 0958, +1 (212) 555-0123, +1234567890, +1 555 010 9999", ""},
		{"tel: 030 9018 2074", "phone"},
		{"+2024-11-25 was a Monday; @@ -1,20 +12,7 @@ +100000000", ""},
		{"version +1.2.3.4.5, id=4929123412341234, build 20241125120000", ""},
		{"the database password is hunter2hunter2!", "credential"},
		{"the database password is stored in the vault; the password is <secret1>", ""},
		{"4111 1111 1111 1111 and 4242-4242-4242-4242", ""},
		{"GB82 WEST 1234 5698 7654 32", ""},
		{"SSN 078-05-1120, ssn 123-45-6789", ""},
		{"RFC 1234, 192.168.100.200, 550e8400-e29b-41d4-a716-446655440000", ""},
		{"ts=1700000000000 sha=4539578763621486aaaa 45395787636214864539", ""},
	} {
		var got []string
		scan(c.line, agentfiles.Transcript, func(rule, _ string) { got = append(got, rule) })
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%q: %q, want %q", c.line, s, c.want)
		}
	}
}

func TestFiles(t *testing.T) { checkstest.Files(t, "personal-data", Check{}, "testdata") }

// What a policy names as prompts is looked at, and nothing that was found is repeated.
func TestPrompts(t *testing.T) {
	head := map[string]string{"ai/ask.md": "Write to k.novak77@seznam.cz\n", "src/a.md": "Write to k.novak77@seznam.cz\n"}
	out := checkstest.Look(t, "personal-data", Check{}, nil, head)
	if got := out.Outcome().String(); got != "not-applicable" {
		t.Errorf("no file of an agent: %s", got)
	}
	out = checkstest.Look(t, "personal-data", Check{}, nil, head, func(in *checks.Input) { in.Options.Prompts = []string{"ai"} })
	got := checkstest.Show(out)
	if !strings.Contains(got, "ai/ask.md:1: warning email") || strings.Contains(got, "novak") || strings.Contains(got, "src/a.md") {
		t.Error(got)
	}
}

func FuzzLine(f *testing.F) {
	f.Add("mail maria@acmebank.es +49 30 901820 DE89370400440532013000 756.1234.5678.97 X1234567L")
	f.Fuzz(func(t *testing.T, line string) {
		scan(line, agentfiles.Transcript, func(string, string) {})
	})
}
