package inventory

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"custody/internal/finding"
)

const on = "2026-11-25"

// good is an inventory without a finding; %s stands for one more line of its system.
const good = `version: "1.0"
date: 2026-11-01
systems:
  - name: Claude Code
    model: claude-opus-4.7
    version: "2"
    risk_classification: limited
    owner: Ada
    training_data_source: https://example.com
    deployment_date: 2026-01-01
    last_bias_test: 2026-06-01
    drift_monitoring: weekly review
`

func claude(models ...string) Agent {
	a := newAgent("claude-code")
	a.Models, a.Commits = models, 3
	return a
}

func check(t testing.TB, in Input) *Report {
	t.Helper()
	if in.On == "" {
		in.On = on
	}
	r, err := Check(in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func found(r *Report) string {
	var s []string
	for _, f := range r.Findings {
		s = append(s, fmt.Sprintf("%s %s:%d %s", f.Level, f.Rule, f.Place.StartLine, f.Message))
		if f.Remedy == "" || f.Who == "" {
			s = append(s, "and does not say who should do what")
		}
	}
	return strings.Join(s, "\n")
}

// Until when bias tests are new enough is known.
func TestHolds(t *testing.T) {
	for day, want := range map[string]string{"2026-06-01": "2027-06-01", "2025-11-25": "2026-11-25", "2025-11-24": "", "never": ""} {
		r := check(t, Input{Text: []byte(strings.Replace(good, "2026-06-01", day, 1))})
		if r.Holds != want {
			t.Errorf("tested %s: until %q", day, r.Holds)
		}
		if want == "" {
			continue
		}
		last := check(t, Input{Text: []byte(strings.Replace(good, "2026-06-01", day, 1)), Options: Options{On: want}})
		if strings.Contains(found(last), RuleBiasTest) || last.Holds != want {
			t.Errorf("on its last day: %s", found(last))
		}
	}
}

func TestCheck(t *testing.T) {
	with := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	with2 := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(good) }
	for _, c := range []struct {
		name   string
		text   string
		base   string
		agents []Agent
		days   int
		want   string // findings, a line each; empty: none
	}{
		{name: "good", text: good, agents: []Agent{claude("claude-opus-4.7")}},
		{name: "nothing seen, no file"},
		{name: "no file", agents: []Agent{claude()}, want: "error inventory-missing:0 agents took part, and there is no ai_inventory.yaml"},
		{name: "another agent", text: good, agents: []Agent{claude(), newAgent("devin")}, want: "error inventory-agent:0 Devin (devin) took part in 0 commits and is not listed"},
		{name: "another model", text: good, agents: []Agent{claude("claude-opus-4.7", "claude-haiku-4")}, want: "error inventory-model:4 the model claude-haiku-4 of Claude Code took part and is not listed"},
		{name: "listed model", text: with("owner", "models: [anthropic/Claude-Haiku-4]\n    owner"), agents: []Agent{claude("claude-haiku-4")}},
		{name: "pattern", text: with("claude-opus-4.7", "Claude-*"), agents: []Agent{claude("claude-haiku-4", "claude-opus-9")}},
		{name: "a pattern of nothing", text: with("claude-opus-4.7", `"*"`), agents: []Agent{claude("claude-haiku-4")}, want: "error inventory-model:4 the model claude-haiku-4 of Claude Code took part and is not listed"},
		{name: "model and version", text: with("claude-opus-4.7\n    version: \"2\"", "Claude Opus\n    version: 4.7"), agents: []Agent{claude("claude-opus-4.7")}},
		{name: "by id", text: with("Claude Code", "Our pair programmer\n    agent: [claude-code, cursor]"), agents: []Agent{claude(), newAgent("cursor")}},
		{name: "by its short name", text: with("Claude Code", "claude"), agents: []Agent{claude()}},
		{name: "by the model's name", text: with2("Claude Code", "Pair", "claude-opus-4.7", "GitHub Copilot"), agents: []Agent{newAgent("copilot")}},
		{name: "a name that only holds it", text: with("Claude Code", "Claude Codex"), agents: []Agent{claude()}, want: "error inventory-agent:0 Claude Code (claude-code) took part in 3 commits and is not listed"},
		{name: "unlisted, by model", text: with("claude-opus-4.7", "grok-5"), agents: []Agent{unlisted("grok-5")}},
		{name: "unlisted, no model", text: good, agents: []Agent{unlisted()}, want: "error inventory-agent:0 Unlisted agent (unlisted) took part in 1 commit and is not listed"},

		{name: "no owner", text: with("Ada", `""`), want: "error inventory-owner:8 Claude Code has no owner"},
		{name: "owner later", text: with("Ada", "TBD"), want: "error inventory-owner:8 Claude Code has no owner"},
		{name: "no owner at all", text: with("    owner: Ada\n", ""), want: "error inventory-owner:4 Claude Code has no owner"},
		{name: "no risk", text: with("limited", "to be filled in"), want: "error inventory-risk:7 Claude Code has no risk class"},
		{name: "odd risk", text: with("limited", "amber"), want: "error inventory-risk:7 Claude Code has a risk class that is not known: amber"},
		{name: "risk in words", text: with("limited", "High-Risk")},
		{name: "unacceptable", text: with("limited", "unacceptable"), want: "error inventory-risk:7 Claude Code is of unacceptable risk"},
		{name: "no bias test", text: with("2026-06-01", "never"), want: "error inventory-bias-test:11 Claude Code has no bias test"},
		{name: "of minimal risk", text: with2("2026-06-01", "never", "limited", "minimal"), want: "warning inventory-bias-test:11 Claude Code has no bias test"},
		{name: "on the last day", text: with("2026-06-01", "2025-11-25")},
		{name: "a day later", text: with("2026-06-01", "2025-11-24"), want: "error inventory-bias-test:11 Claude Code: the last bias test is 366 days old on 2026-11-25; 365 are allowed"},
		{name: "stricter", text: good, days: 90, want: "error inventory-bias-test:11 Claude Code: the last bias test is 177 days old on 2026-11-25; 90 are allowed"},
		{name: "tomorrow", text: with("2026-06-01", "2026-11-26"), want: "error inventory-bias-test:11 Claude Code: last_bias_test is in the future: 2026-11-26"},
		{name: "in words", text: with("2026-06-01", "last summer"), want: "error inventory-bias-test:11 Claude Code: last_bias_test is no day"},
		{name: "instant", text: with("2026-06-01", "2026-06-01T10:00:00+02:00")},
		{name: "no drift", text: with("weekly review", "false"), want: "error inventory-drift:12 Claude Code has no drift monitoring"},
		{name: "shell", text: with("2026-06-01", `"$(date +%Y-%m-%d)"`), want: "error inventory-unexpanded:11 Claude Code: last_bias_test holds text that a shell should have replaced: $(date +%Y-%m-%d)"},
		{name: "shell at the root", text: with("date: 2026-11-01", "date: $(date +%Y-%m-%d)"), want: "error inventory-unexpanded:2 date holds text that a shell should have replaced: $(date +%Y-%m-%d)"},
		{name: "shell in a key that nobody knows", text: with("Ada", "Ada\n    reviewed: ${USER}"), want: "error inventory-unexpanded:9 Claude Code: reviewed holds text that a shell should have replaced: ${USER}"},
		{name: "template", text: with("Ada", `"{{ .Owner }}"`), want: "error inventory-unexpanded:8 Claude Code: owner holds text that a shell should have replaced: {{ .Owner }}"},
		{name: "no shell", text: with("Ada", "\"Ada, $5 a day, 100%, https://x.example/a%20b\"")},
		{name: "future", text: with("date: 2026-11-01", "date: 2027-01-01"), want: "warning inventory-date:2 date is in the future: 2027-01-01"},
		{name: "no day", text: with("date: 2026-11-01", "date: November"), want: "error inventory-date:2 date is no day"},
		{name: "incomplete", text: with(`"2"`, `""`), want: "warning inventory-incomplete:6 Claude Code has no version"},
		{name: "twice", text: good + strings.TrimPrefix(good[strings.Index(good, "  - name"):], ""), want: "warning inventory-twice:13 Claude Code is listed in line 4 already"},
		{name: "malformed", text: "systems: 1\n", want: `error inventory-malformed:1 line 1, column 10: "systems" must be a list, not a value`},
		{name: "a bomb", text: "systems: &a [*a]\n", want: "error inventory-malformed:1 line 1, column 10: an anchor (&) is not supported here"},
		{name: "empty file", text: "\n", want: "error inventory-malformed:1 line 1, column 1: the file is empty"},
		{name: "nested", text: with("Ada", "[Ada, Bob]"), want: `error inventory-malformed:8 line 8, column 12: "owner" must be one value, not a list`},

		{name: "taken out", base: good, text: "version: 1\ndate: 2026-11-01\nsystems: []\n", want: "warning inventory-lowered:0 the change takes Claude Code out of the inventory"},
		{name: "file deleted", base: good, want: "warning inventory-lowered:0 the change takes Claude Code out of the inventory"},
		{name: "risk lowered", base: with("limited", "high"), text: good, want: "warning inventory-lowered:7 the change lowers the risk class of Claude Code from high to limited"},
		{name: "risk raised", base: good, text: with("limited", "high")},
		{name: "base can't be read", base: "}", text: good},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := Input{Agents: c.agents, Options: Options{BiasTestDays: c.days}}
			if c.text != "" {
				in.Text = []byte(c.text)
			}
			if c.base != "" {
				in.Base = []byte(c.base)
			}
			r := check(t, in)
			if got := found(r); got != c.want {
				t.Errorf("found\n%s\nwant\n%s", got, c.want)
			}
			want := finding.Satisfied
			if strings.Contains(c.want, "error ") {
				want = finding.NotSatisfied
			}
			if r.Outcome != want {
				t.Errorf("outcome %s, want %s", r.Outcome, want)
			}
		})
	}
}

func unlisted(models ...string) Agent {
	a := newAgent("unlisted")
	a.Models, a.Commits = models, 1
	return a
}

// What was not looked at is not good, and what is wrong stays wrong.
func TestCutHistory(t *testing.T) {
	if r := check(t, Input{Text: []byte(good), Cut: "shallow"}); r.Outcome != finding.NotAssessed || len(r.Reasons) != 1 {
		t.Errorf("%s, %v", r.Outcome, r.Reasons)
	}
	if r := check(t, Input{Agents: []Agent{claude()}, Cut: "shallow"}); r.Outcome != finding.NotSatisfied {
		t.Errorf("%s", r.Outcome)
	}
	if _, err := Check(Input{Options: Options{On: "today"}}); err == nil {
		t.Error("a day that is none was accepted")
	}
}

// More agents never make the answer better, and the order of nothing matters.
func TestMoreAgentsNeverBetter(t *testing.T) {
	agents := []Agent{claude("claude-opus-4.7"), newAgent("devin"), newAgent("copilot"), unlisted()}
	for _, text := range []string{good, "", "systems: []\n"} {
		last := 0
		for n := range len(agents) + 1 {
			in := Input{Agents: agents[:n]}
			if text != "" {
				in.Text = []byte(text)
			}
			errors := 0
			for _, f := range check(t, in).Findings {
				if f.Level == finding.Error {
					errors++
				}
			}
			if errors < last {
				t.Errorf("%d agents: %d errors, %d before", n, errors, last)
			}
			last = errors
			back := slices.Clone(in.Agents)
			slices.Reverse(back)
			if a, b := found(check(t, in)), found(check(t, Input{Text: in.Text, Agents: back})); a != b {
				t.Errorf("another order:\n%s\n%s", a, b)
			}
		}
	}
}

// A draft lists all that was seen, and lacks only what nobody but people knows.
func TestDraft(t *testing.T) {
	agents := []Agent{claude("claude-opus-4.7", "claude-sonnet-4.5"), newAgent("devin"), unlisted("grok-5"), unlisted()}
	draft := Draft("shop\n# not a comment", on, agents)
	r := check(t, Input{Text: draft, Agents: agents})
	for _, f := range r.Findings {
		if f.Rule == RuleAgent || f.Rule == RuleModel || f.Rule == RuleMalformed {
			t.Errorf("%s\n%s", f.Message, draft)
		}
	}
	if len(r.Systems) != len(agents) {
		t.Errorf("%d systems", len(r.Systems))
	}
	out, added, err := Add(draft, agents)
	if err != nil || added != 0 || !bytes.Equal(out, draft) {
		t.Errorf("%d added to a draft: %v", added, err)
	}
}

func TestAdd(t *testing.T) {
	agents := []Agent{claude("claude-opus-4.7"), newAgent("devin")}
	for name, text := range map[string]string{
		"none":          "version: 1\nsystems: []\n",
		"none, comment": "version: 1\nsystems: [] # yet\ndate: x\n",
		"null":          "systems:\n",
		"one":           good,
		"key behind":    good + "\n# about it all\ncontact: ada\n",
		"unindented":    "systems:\n- name: Claude\n  owner: Ada\n",
		"deep":          "systems:\n      - name: Claude\n        owner: Ada\n",
		"crlf":          strings.ReplaceAll(good, "\n", "\r\n"),
		"no newline":    strings.TrimSuffix(good, "\n"),
	} {
		t.Run(name, func(t *testing.T) {
			before, err := Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			out, added, err := Add([]byte(text), agents)
			if err != nil {
				t.Fatal(err)
			}
			after, err := Parse(out)
			if err != nil || len(after.Systems) != len(before.Systems)+added || added == 0 {
				t.Fatalf("%d systems, %d added: %v\n%s", len(after.Systems), added, err, out)
			}
			for i := range before.Systems {
				if fmt.Sprint(before.Systems[i].Fields) != fmt.Sprint(after.Systems[i].Fields) {
					t.Errorf("system %d changed", i)
				}
			}
			for _, l := range strings.Split(text, "\n") {
				if l = strings.TrimSpace(l); !strings.HasPrefix(l, "systems:") && !bytes.Contains(out, []byte(l)) {
					t.Errorf("lost %q", l)
				}
			}
			if strings.Contains(text, "\r\n") != bytes.Contains(out, []byte("\r\n")) {
				t.Error("other line ends")
			}
			again, n, err := Add(out, agents)
			if err != nil || n != 0 || !bytes.Equal(again, out) {
				t.Errorf("added twice: %d, %v", n, err)
			}
		})
	}
	// What can't be edited in place is left alone.
	if _, _, err := Add([]byte("systems: [{name: x}]\n"), agents); err == nil {
		t.Error("wrote behind a list in brackets")
	}
}

// FuzzParse: no file makes a check, an export or an addition panic; what is exported
// holds all fields.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("systems: []\n"))
	f.Add([]byte("systems:\n- {a.b: {c: [1, [2]]}}\n"))
	f.Add(full(f))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 4<<10 {
			return
		}
		agents := []Agent{claude("claude-opus-4.7"), unlisted()}
		r := check(t, Input{Text: text, Base: text, Agents: agents})
		if err := r.WriteText(new(bytes.Buffer)); err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(text); err != nil {
			if r.Outcome != finding.NotSatisfied {
				t.Fatalf("a file that can't be read is %s", r.Outcome)
			}
			return
		}
		bom, err := CycloneDX(text, maker)
		if err != nil {
			t.Fatal(err)
		}
		sp, err := SPDX(text, maker, on)
		if err != nil {
			t.Fatal(err)
		}
		want := wrote(t, text)
		if got := fromCycloneDX(t, bom); len(got) != len(want) {
			t.Fatalf("%d fields of %d in CycloneDX", len(got), len(want))
		}
		if got := fromSPDX(t, sp); len(got) != len(want) {
			t.Fatalf("%d fields of %d in SPDX", len(got), len(want))
		}
		if out, _, err := Add(text, agents); err == nil {
			if _, err := Parse(out); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestUnexpandedOnWindows(t *testing.T) {
	for text, want := range map[string]bool{"%date%": true, "%date:~0,4%": true, "%UserName%": true, "5 % to 10 % of it": false, "100%": false, "%update%": false} {
		if got := unexpanded(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
