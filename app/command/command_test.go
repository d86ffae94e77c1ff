package command

import (
	"strings"
	"testing"
	"unicode"

	"custody/internal/config"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		body string
		want Command
	}{
		{"/custody recheck", Command{Kind: Recheck}},
		{"  /custody\trecheck\r\nand thanks", Command{Kind: Recheck}},
		{"/custody explain NO-EVAL", Command{Kind: Explain, ID: "NO-EVAL"}},
		{"/custody waive NO-EVAL the parser is being replaced until 2026-12-31", Command{Waive, "NO-EVAL", "the parser is being replaced", "2026-12-31"}},
		{"/custody waive r we keep it until the end of May until 2026-05-31\nmore", Command{Waive, "r", "we keep it until the end of May", "2026-05-31"}},
	} {
		if got, why := Parse(c.body); why != "" || got != c.want || !Is(c.body) {
			t.Errorf("%q: %+v, %s", c.body, got, why)
		}
	}
	for _, c := range []struct{ body, want string }{
		{"/custody", "no command"},
		{"/custody delete everything", "no command"},
		{"/custody recheck now", "behind `recheck`"},
		{"/custody explain", "one rule"},
		{"/custody explain A B", "one rule"},
		{"/custody explain a/b", "no id"},
		{"/custody explain " + strings.Repeat("a", 500), "no id"},
		{"/custody waive NO-EVAL", "Write `/custody waive"},
		{"/custody waive NO-EVAL it has to be", "Write `/custody waive"},
		{"/custody waive NO-EVAL it has to be so until tomorrow", "Write `/custody waive"},
		{"/custody waive NO-EVAL it has to be so until 2026-02-30", "Write `/custody waive"},
		{"/custody waive NO-EVAL because until 2026-12-31", "too short"},
		{"/custody waive NO-EVAL " + strings.Repeat("a ", 400) + "until 2026-12-31", "longer than"},
		{"/custody waive NO-EVAL as \u202eagreed in the meeting until 2026-12-31", "can not be shown"},
		{"/custody waive NO-EVAL as @ben and ada@example.com said until 2026-12-31", "leave people out"},
		{"/custody waive NO-EVAL 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 is needed until 2026-12-31", "held a secret"},
		{"/custody waive <!--x--> it has to be so until 2026-12-31", "no id"},
		{"/custody " + strings.Repeat("a", 3000), "longer than"},
		{"/custody explain \xff", "not text"},
	} {
		if _, why := Parse(c.body); why == "" || !strings.Contains(why, c.want) || !Is(c.body) {
			t.Errorf("%q: %s, want %q", c.body, why, c.want)
		}
	}
	for _, body := range []string{"", "custody recheck", "/custodyrecheck", "please /custody recheck", "> /custody recheck", "/Custody recheck"} {
		if Is(body) {
			t.Errorf("%q is a command", body)
		}
	}
}

// Whatever is written, what comes out is plain, and what is said of the rest holds none of it.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"/custody recheck", "/custody explain X", "/custody waive X because it is so until 2026-12-31", "/custody waive X \u202e until until until 2026-12-31", "/custody\x00waive"} {
		f.Add(s)
	}
	known := map[string]bool{}
	for _, bad := range []string{"/custody", "/custody recheck x", "/custody explain", "/custody explain /", "/custody waive", "/custody waive / because it is so until 2026-12-31", "/custody waive X a until 2026-12-31",
		"/custody waive X " + strings.Repeat("a", 600) + " until 2026-12-31", "/custody waive X because \u202e it is until 2026-12-31", "/custody waive X because @ it is until 2026-12-31",
		"/custody waive X 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 until 2026-12-31", "/custody " + strings.Repeat("a", 3000), "/custody \xff"} {
		_, why := Parse(bad)
		known[why] = true
	}
	f.Fuzz(func(t *testing.T, body string) {
		c, why := Parse(body)
		if why != "" {
			if !known[why] {
				t.Errorf("%q: words of its own: %s", body, why)
			}
			return
		}
		var id config.ID
		if c.Kind != Recheck && id.UnmarshalText([]byte(c.ID)) != nil || len(c.Reason) > MaxReason || strings.ContainsFunc(c.Reason, unicode.IsControl) || strings.Contains(c.Reason, "@") {
			t.Errorf("%q: %+v", body, c)
		}
		if !Is(body) {
			t.Errorf("%q is read, and is no command", body)
		}
	})
}
