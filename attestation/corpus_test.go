package attestation

import (
	"fmt"
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/git"
)

// The labelled corpus: every case is a real commit in a real repository, its trailers
// read by git. Labels say what a reader who knows the sources would say, with the why.
// An empty author is ada; an empty committer is the author.
const (
	ada = "Ada Lovelace <ada@example.com>"
	web = "GitHub <noreply@github.com>"
)

type labelled struct {
	name, author, committer, message string
	class                            Class
	agents                           string // "id", "id:model", joined by a space
	people                           string // "" means not looked at
	why                              string
}

var corpus = []labelled{
	// Author and committer.
	{"plain", "", "", "Fix it", Unknown, "", ada, "nothing is known: not human"},
	{"claude as author", "Claude <noreply@anthropic.com>", "", "Fix it", AIDeclared, "claude-code", "-", "exact address"},
	{"upper-case address", "Claude <NoReply@Anthropic.com>", "", "Fix it", AIDeclared, "claude-code", "-", "addresses are compared in any case"},
	{"any name", "Ada <noreply@anthropic.com>", "", "Fix it", AIDeclared, "claude-code", "-", "the address counts, not the name"},
	{"claude as committer", "", "Claude <noreply@anthropic.com>", "Fix it", AIDeclared, "claude-code", ada, "the agent committed what ada wrote; she answers"},
	{"copilot, inverse", "copilot-swe-agent[bot] <198982749+Copilot@users.noreply.github.com>", "", "Fix it\n\nCo-authored-by: " + ada, AIDeclared, "copilot", ada, "Copilot is author, the human that drove it is co-author"},
	{"copilot through the web", "copilot-swe-agent[bot] <198982749+Copilot@users.noreply.github.com>", web, "Fix it", AIDeclared, "copilot", "-", "web-flow only passed it on"},
	{"devin", "Devin AI <158243242+devin-ai-integration[bot]@users.noreply.github.com>", "", "Fix", AIDeclared, "devin", "-", "id+login"},
	{"devin without number", "x <devin-ai-integration[bot]@users.noreply.github.com>", "", "Fix", AIDeclared, "devin", "-", "the older form; no person can have brackets"},
	{"devin with another number", "x <1+devin-ai-integration[bot]@users.noreply.github.com>", "", "Fix", Unknown, "", "-", "not the account of the table; a bot all the same, no person"},
	{"jules", "google-labs-jules[bot] <161369871+google-labs-jules[bot]@users.noreply.github.com>", "", "Fix", AIDeclared, "jules", "-", "id+login"},
	{"cursor", "Cursor Agent <cursoragent@cursor.com>", "", "Fix", AIDeclared, "cursor", "-", "exact address"},
	{"codex", "Codex <codex@openai.com>", "", "Fix", AIDeclared, "codex", "-", "exact address"},
	{"aider suffix", "Paul (aider) <paul@example.com>", "", "Fix", AIDeclared, "aider", "Paul <paul@example.com>", "aider marks its user, who answers"},
	{"aider suffix of the committer", "", "Ada Lovelace (aider) <ada@example.com>", "Fix", AIDeclared, "aider", ada, "the committer carries the mark"},
	{"no aider suffix", "Jo (raider) <jo@example.com>", "", "Fix", Unknown, "", "", "the suffix is exact"},
	{"claude in actions", "claude[bot] <41898282+claude[bot]@users.noreply.github.com>", "", "Fix", AIDeclared, "claude-code", "-", "the action writes its own name before the number of github-actions"},
	{"reviewer as author", "coderabbitai[bot] <136622811+coderabbitai[bot]@users.noreply.github.com>", "", "Fix", AIDeclared, "coderabbit", "-", "a reviewer that commits wrote it"},

	// People.
	{"claude monet", "Claude Monet <claude@monet.example>", "", "Paint", Unknown, "", "Claude Monet <claude@monet.example>", "a person's name"},
	{"just claude", "Claude <claude@monet.example>", "", "Paint", Unknown, "", "", "a name never counts for an author"},
	{"devin burnette", "Devin Burnette <devin@better.example>", "", "Fix", Unknown, "", "", "a person's name"},
	{"cody as co-author", "", "", "Fix\n\nCo-authored-by: Cody <cody@example.com>", Unknown, "", ada + "|Cody <cody@example.com>", "a person's name"},
	{"claude as co-author, own address", "", "", "Fix\n\nCo-authored-by: Claude <claude@claudobahn.example>", Unknown, "", "", "a stranger's address"},
	{"claude assists, own address", "", "", "Fix\n\nAssisted-by: Claude <claude@claudobahn.example>", Unknown, "", "", "a stranger's address beside a first name"},
	{"staff of a vendor", "Ana <ana@anthropic.com>", "", "Fix", Unknown, "", "", "the host alone says nothing"},
	{"staff of cline", "Saoud <saoud@cline.bot>", "", "Fix", Unknown, "", "", "staff have addresses at cline.bot"},
	{"john assists", "", "", "Fix\n\nAssisted-by: John Smith <john@example.com>", Unknown, "", "", "people assist too"},
	{"brackets in a name", "claude[bot] <me@example.com>", "", "Fix", Unknown, "", "", "the name is free text"},
	{"lookalike", "Claude <noreply@аnthropic.com>", "", "Fix", Unknown, "", "", "the first letter of the host is Cyrillic: another address"},
	{"suffix of an address", "x <evil-noreply@anthropic.com>", "", "Fix", Unknown, "", "", "no substring"},
	{"prefix of an address", "x <noreply@anthropic.com.example>", "", "Fix", Unknown, "", "", "no substring"},

	// Subjects and prose.
	{"subject says claude", "", "", "claude: fix with copilot and cursor", Unknown, "", "", "subject words never count"},
	{"cursor of a database", "", "", "Close the cursor\n\nThe precursor leaked it.", Unknown, "", "", "no substring"},
	{"sdk bump", "", "", "Bump anthropic-sdk from 0.1 to 0.2", Unknown, "", "", "a dependency"},
	{"decline", "", "", "Decline inline ReSourceGraph EncodeX25519", Unknown, "", "", "no substring"},
	{"generated code", "", "", "Regenerate\n\nThe file is generated by the stringer utility.", Unknown, "", "", "prose"},
	{"prose about the trailer", "", "", "Document it\n\nWe look for Co-authored-by: Claude <noreply@anthropic.com> in\nmessages.", Unknown, "", "", "inside a sentence"},
	{"wrapped prose", "", "", "Document it\n\nLook for\nCo-authored-by: Claude <noreply@anthropic.com>\nin messages.\n\nMore prose.", Unknown, "", "", "its paragraph holds prose too"},

	// Trailers.
	{"co-author", "", "", "Fix\n\nCo-Authored-By: Claude <noreply@anthropic.com>", AIDeclared, "claude-code", ada, "a human author with an agent's trailer is ai-declared"},
	{"model in the name", "", "", "Fix\n\nCo-Authored-By: Claude Opus 4.7 (1M context) <noreply@anthropic.com>", AIDeclared, "claude-code:claude-opus-4.7", "", "agent and model"},
	{"aider's model", "", "", "Fix\n\nCo-authored-by: aider (gemini/gemini-2.5-pro) <noreply@aider.chat>", AIDeclared, "aider:gemini/gemini-2.5-pro", "", "one agent, not aider and gemini"},
	{"copilot by number", "", "", "Fix\n\nCo-authored-by: Copilot <175728472+Copilot@users.noreply.github.com>", AIDeclared, "copilot", "", "the editor's account"},
	{"copilot by another number", "", "", "Fix\n\nCo-authored-by: Copilot <7+Copilot@users.noreply.github.com>", Unknown, "", "", "not an account of the table"},
	{"model as co-author", "", "", "Fix\n\nCo-authored-by: Claude Sonnet 4.5 <claude@example.com>", AIDeclared, "claude-code:claude-sonnet-4.5", "", "a product and its version, at whatever address"},
	{"kernel form", "", "", "Fix\n\nAssisted-by: Claude:claude-3-opus coccinelle sparse\nSigned-off-by: " + ada, AIDeclared, "claude-code:claude-3-opus", ada, "coding-assistants.rst"},
	{"kernel form, unlisted", "", "", "Fix\n\nAssisted-by: Hal:hal-9000", AIDeclared, "unlisted:hal-9000", "", "the kernel's grammar is enough"},
	{"kernel form, no model", "", "", "Fix\n\nAssisted-by: Claude Code", AIDeclared, "claude-code", "", "a looser form"},
	{"assisted by a model", "", "", "Fix\n\nAssisted-by: Claude Opus 4.7 <noreply@anthropic.com>", AIDeclared, "claude-code:claude-opus-4.7", "", "a looser form"},
	{"assisted by copilot", "", "", "Fix\n\nAssisted-by: GitHub Copilot (claude-sonnet-4-6) <copilot@github.com>", AIDeclared, "copilot:claude-sonnet-4-6", "", "a looser form"},
	{"assisted by copilot, forge's address", "", "", "Fix\n\nAssisted-by: Copilot <noreply@github.com>", AIDeclared, "copilot", "", "nobody's own address"},
	{"assisted by opencode", "", "", "Fix\n\nAssisted-by: OpenCode with Claude Opus 4.6", AIDeclared, "opencode:claude-opus-4.6", "", "agent with model"},
	{"via crush", "", "", "Fix\n\nAssisted-by: Grok Code Fast via Crush 💘 <crush@charm.land>", AIDeclared, "crush:grok-code-fast", "", "model via agent"},
	{"doubled key", "", "", "Fix\n\nAssisted-by: Assisted-by: Claude Code", AIDeclared, "claude-code", "", "seen in the wild"},
	{"bare model", "", "", "Fix\n\nAssisted-by: GPT-5", AIDeclared, "unlisted:gpt-5", "", "a model, its agent not named"},
	{"assisted by a checker", "", "", "Fix\n\nAssisted-by: coccinelle", Unknown, "", "", "no model, no agent"},
	{"generated by protoc", "", "", "Fix\n\nGenerated-by: protoc 3.21", Unknown, "", "", "not an agent"},
	{"generated by claude", "", "", "Fix\n\nGenerated-by: Claude", AIDeclared, "claude-code", "", "a trailer that speaks of tools"},
	{"co-developed by gemini", "", "", "Fix\n\nCo-developed-by: Gemini AI", AIDeclared, "gemini", "", "seen in histories"},
	{"co-developed by a person", "", "", "Fix\n\nCo-developed-by: Gemini Kim <gk@example.com>", Unknown, "", ada + "|Gemini Kim <gk@example.com>", "a person"},
	{"made with cursor", "", "", "Fix\n\nMade-with: Cursor", AIDeclared, "cursor", "", "Cursor's own trailer"},
	{"made with love", "", "", "Fix\n\nMade-with: love", Unknown, "", "", "not an agent"},
	{"claude session", "", "", "Fix\n\nClaude-Session: https://claude.ai/code/session_01", AIDeclared, "claude-code", "", "a session's address"},
	{"claude session, elsewhere", "", "", "Fix\n\nClaude-Session: on Tuesday", Unknown, "", "", "Claude met us on Tuesday"},
	{"entire checkpoint", "", "", "Fix\n\nEntire-Checkpoint: 8e3e46d75d0b", AIDeclared, "unlisted", "", "records an agent that it does not name"},
	{"amp thread", "", "", "Fix\n\nAmp-Thread-ID: https://ampcode.com/threads/T-019c58d6", AIDeclared, "amp", "", "a session's address"},
	{"chainloop sessions", "", "", "Fix\n\nChainloop-Trace-Sessions: abc, def", AIDeclared, "unlisted", "", "sessions of an agent that it does not name"},
	{"agent logs", "", "", "Fix\n\nAgent-Logs-Url: https://github.com/o/r/sessions/31474705", AIDeclared, "copilot", "", "Copilot's cloud agent"},
	{"reviewed by an agent", "", "", "Fix\n\nReviewed-by: Claude <noreply@anthropic.com>", Unknown, "", "", "a review is not authorship"},
	{"suggestion of a reviewer", "", "", "Fix\n\nCo-authored-by: coderabbitai[bot] <136622811+coderabbitai[bot]@users.noreply.github.com>", Unknown, "", ada, "review co-author"},
	{"signed off by an agent", "", "", "Fix\n\nSigned-off-by: Claude <noreply@anthropic.com>", AIDeclared, "claude-code", ada, "it took part; the finding is apart"},
	{"two agents", "", "", "Fix\n\nCo-authored-by: Claude <noreply@anthropic.com>\nCo-authored-by: Cursor <cursoragent@cursor.com>", AIDeclared, "claude-code cursor", "", "both"},
	{"agent twice, model once", "", "", "Fix\n\nCo-authored-by: Claude <noreply@anthropic.com>\nAssisted-by: Claude:claude-opus-4-7", AIDeclared, "claude-code:claude-opus-4-7", "", "one agent"},
	{"folded trailer", "", "", "Fix\n\nCo-authored-by: Claude\n <noreply@anthropic.com>", AIDeclared, "claude-code", "", "git unfolds it"},
	{"other trailers", "", "", "Fix\n\nCloses: #3\nChange-Id: I0\nReported-by: Devin <d@example.com>", Unknown, "", "", "keys that say nothing of authorship"},

	// Explicit statements.
	{"none", "", "", "Fix\n\nAI-Assistance: none", HumanDeclared, "", "", "explicit"},
	{"none, dressed", "", "", "Fix\n\nai-assistance: NONE.", HumanDeclared, "", "", "any case"},
	{"evasive", "", "", "Fix\n\nAI-Assistance: no", Unknown, "", "", `only "none" is a declaration`},
	{"some", "", "", "Fix\n\nAI-Assistance: Claude Code, Cursor", AIDeclared, "claude-code cursor", "", "names the agents"},
	{"something", "", "", "Fix\n\nAI-Assistance: yes", AIDeclared, "unlisted", "", "an agent that is not named"},
	{"both at once", "", "", "Fix\n\nAI-Assistance: none, claude", Unknown, "", "", "can not be read"},
	{"contradiction", "", "", "Fix\n\nAI-Assistance: none\nCo-authored-by: Claude <noreply@anthropic.com>", Conflict, "claude-code", "", "equal strength"},
	{"agent denies", "Claude <noreply@anthropic.com>", "", "Fix\n\nAI-Assistance: none", Conflict, "claude-code", "", "equal strength"},
	{"denied in the trailer, found in the body", "", "", "Join\n\n* one\n\nCo-authored-by: Claude <noreply@anthropic.com>\n\n* two\n\nAI-Assistance: none", Conflict, "claude-code", "", "a declaration never removes an agent"},
	{"sign-off alone", "", "", "Fix\n\nSigned-off-by: " + ada, Unknown, "", "", "a signature is no statement about agents"},

	// Middle of a body.
	{"squash", "", web, "Add things (#12)\n\n* one\n\nCo-authored-by: Claude <noreply@anthropic.com>\n\n* two\n\n---------\n\nCo-authored-by: Bob <bob@example.com>", AIDeclared, "claude-code", ada + "|Bob <bob@example.com>", "git sees only Bob"},
	{"squash of copilot", "", web, "Add (#9)\n\n* Initial plan\n\n* Do it\n\nAgent-Logs-Url: https://github.com/o/r/sessions/1\n\nCo-authored-by: " + ada + "\n\n* More", AIDeclared, "copilot", ada, "the sessions line stands before"},
	{"generated with", "", "", "Fix\n\n🤖 Generated with [Claude Code](https://claude.ai/code)", AIDeclared, "claude-code", "", "the exact line, a paragraph of its own"},
	{"generated with, no emoji", "", "", "Fix\n\nGenerated with [Claude Code](https://claude.com/claude-code)\n\nMore.", AIDeclared, "claude-code", "", "the exact line"},
	{"generated with, elsewhere", "", "", "Fix\n\n🤖 Generated with [Claude Code](https://evil.example/)", Unknown, "", "", "not an exact form"},
	{"generated with, in prose", "", "", "Fix\n\nTemplates were Generated with [Claude Code](https://claude.ai/code) last year.", Unknown, "", "", "not a line of its own"},
	{"generated with and trailer together", "", "", "Fix\n\n🤖 Generated with [Claude Code](https://claude.ai/code)\nCo-authored-by: Claude <noreply@anthropic.com>", AIDeclared, "claude-code", "", "one paragraph, which git does not take for trailers"},
	{"carriage returns", "", "", "Fix\r\n\r\nCo-authored-by: Claude <noreply@anthropic.com>\r\n\r\nMore.\r\n", AIDeclared, "claude-code", "", "Windows"},
	{"quoted", "", "", "Answer\n\n> Co-authored-by: Claude <noreply@anthropic.com>\n\nno.", Unknown, "", "", "a quotation"},
	{"indented", "", "", "Show\n\n    Co-authored-by: Claude <noreply@anthropic.com>\n\nthat.", Unknown, "", "", "an example"},
	{"indented at the end", "", "", "Show\n\n    Co-authored-by: Claude <noreply@anthropic.com>", Unknown, "", "", "an example"},
	{"tabbed", "", "", "Show\n\n\tMade-with: Cursor\n\nthat.", Unknown, "", "", "an example"},
	{"fenced", "", "", "Show\n\n```\n\nCo-authored-by: Claude <noreply@anthropic.com>\n\n```\n\nthat.", Unknown, "", "", "an example"},
	{"fenced by tildes", "", "", "Show\n\n~~~~\n\n```\nMade-with: Cursor\n\n~~~~\n\nthat.", Unknown, "", "", "another fence does not close it"},
	{"behind a fence", "", "", "Show\n\n```\nx\n```\n\nMade-with: Cursor\n\nthat.", AIDeclared, "cursor", "", "the fence is closed"},
	{"in a list", "", "", "Show\n\n- Made-with: Cursor\n- more\n\nthat.", Unknown, "", "", "an item"},
	{"reverted", "", "", "Revert \"Add it\"\n\nThis reverts commit 0123456789.\n\nOriginal message:\n\nMade-with: Cursor\n\nend", Unknown, "", "", "tells of another commit"},
	{"revert by an agent", "", "", "Revert \"Add it\"\n\nThis reverts commit 0123456789.\n\nCo-authored-by: Claude <noreply@anthropic.com>", AIDeclared, "claude-code", "", "its own trailer"},
	{"squash with a revert", "", "", "Join\n\n* Revert it\n\nThis reverts commit 0123456789.\n\nMade-with: Cursor\n\n* Do it\n\nCo-authored-by: Claude <noreply@anthropic.com>\n\n* end", AIDeclared, "claude-code", "", "the revert ends at the next item"},
	{"none in the middle", "", "", "Join\n\n* one\n\nAI-Assistance: none\n\n* two", Unknown, "", "", "speaks of one of several"},
	{"subject only", "", "", "Co-authored-by: Claude <noreply@anthropic.com>", Unknown, "", "", "a subject"},
	{"pasted log", "", "", "See\n\ncommit 0123\nAuthor: Claude <noreply@anthropic.com>\nCo-authored-by: Claude <noreply@anthropic.com>\n\nabove", Unknown, "", "", "a log, not a paragraph of trailers"},

	// Automation.
	{"dependabot", "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>", web, "Bump x\n\nSigned-off-by: dependabot[bot] <support@github.com>", Unknown, "", "-", "neither human nor agent"},
	{"renovate as co-author", "", "", "Bump\n\nCo-authored-by: renovate[bot] <29139614+renovate[bot]@users.noreply.github.com>", Unknown, "", ada, "decides nothing, and is no person"},
	{"autofix", "autofix-ci[bot] <114827586+autofix-ci[bot]@users.noreply.github.com>", "", "format", Unknown, "", "-", "a formatter"},
	{"actions", "github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>", "", "release", Unknown, "", "-", "a workflow"},
	{"actions driving claude", "github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>", "", "Fix\n\nCo-authored-by: Claude <noreply@anthropic.com>", AIDeclared, "claude-code", "-", "automation decides nothing against it"},
	{"unlisted bot", "pre-commit-ci[bot] <66853113+pre-commit-ci[bot]@users.noreply.github.com>", "", "fmt", Unknown, "", "-", "no person, and nothing more is known"},
	{"automation says none", "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>", "", "Bump\n\nAI-Assistance: none", HumanDeclared, "", "-", "somebody declared it in the commit itself"},
}

func TestCorpus(t *testing.T) {
	if len(corpus) < 60 {
		t.Fatalf("only %d cases", len(corpus))
	}
	r := newRepo(t)
	var in strings.Builder
	for i, c := range corpus {
		author, committer := or(c.author, ada), or(c.committer, or(c.author, ada))
		fmt.Fprintf(&in, "commit refs/heads/c%03d\nauthor %s 1700000000 +0000\ncommitter %s 1700000000 +0000\ndata %d\n%s\n\n", i, author, committer, len(c.message), c.message)
	}
	r.feed([]byte(in.String()), "fast-import", "--quiet")
	for i, want := range corpus {
		t.Run(want.name, func(t *testing.T) {
			c := r.commits("-1", fmt.Sprintf("c%03d", i))[0]
			got := known().classify(&c.Commit, c.Trailers)
			got.settle()
			got.trim()
			var agents []string
			for _, a := range got.Agents {
				agents = append(agents, strings.TrimSuffix(a.ID+":"+a.Model, ":"))
			}
			if got.Class != want.class || strings.Join(agents, " ") != want.agents {
				t.Errorf("%s [%s], want %s [%s]: %s\n%+v", got.Class, strings.Join(agents, " "), want.class, want.agents, want.why, got.Evidence)
			}
			people := strings.Join(got.People, "|")
			if want.people != "" && people != strings.TrimPrefix(want.people, "-") {
				t.Errorf("people %q, want %q", people, want.people)
			}
			if got.Class != Unknown && len(got.Evidence) == 0 {
				t.Error("a class without evidence")
			}
			for _, e := range got.Evidence {
				if e.Scope != "commit:"+c.ID.String() || len(e.Detail) > 300 || e.Source == "" {
					t.Errorf("evidence %+v", e)
				}
			}
		})
	}
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// Every row of the table is recognised by its own examples and by nobody else's, has a
// source, and shares nothing with another row.
func TestTable(t *testing.T) {
	for key := range trailerRules {
		if len(key) > longestKey || key != strings.ToLower(key) {
			t.Errorf("trailer key %q is never found", key)
		}
	}
	rows := Identities()
	claimed := map[string]string{}
	claim := func(row Identity, what string) {
		if had, ok := claimed[what]; ok && had != row.ID {
			t.Errorf("%s and %s both claim %q", had, row.ID, what)
		}
		claimed[what] = row.ID
	}
	for _, row := range rows {
		claim(row, "id "+row.ID)
		if row.Source == "" || row.Name == "" || len(row.Yes) == 0 || len(row.No) == 0 {
			t.Errorf("%s: a row needs a name, a source and examples for and against", row.ID)
		}
		for _, e := range row.Emails {
			claim(row, "address "+e)
			if e != strings.ToLower(e) || strings.Count(e, "@") != 1 {
				t.Errorf("%s: address %q", row.ID, e)
			}
		}
		for _, a := range row.Accounts {
			claim(row, "login "+strings.ToLower(a.Login))
		}
		for _, n := range append(append([]string{}, row.Names...), row.Short...) {
			claim(row, "name "+n)
			if n != strings.ToLower(n) {
				t.Errorf("%s: name %q is not in lower case", row.ID, n)
			}
		}
		for _, l := range row.Lines {
			claim(row, "line "+l)
			if !strings.HasPrefix(l, "Generated ") {
				t.Errorf("%s: the scan of messages passes over lines such as %q", row.ID, l)
			}
		}
		for _, example := range row.Yes {
			if got := recognise(example); got != row.ID {
				t.Errorf("%s: %q is recognised as %q", row.ID, example, got)
			}
		}
		for _, example := range row.No {
			got := recognise(example)
			if got != "" && !(row.ID == "copilot" && got == "web-flow") {
				t.Errorf("%s: %q is recognised as %q", row.ID, example, got)
			}
		}
	}
}

// recognise gives the one tool that an example of the table speaks of.
func recognise(example string) string {
	c := git.Commit{Author: git.Signature{Name: "Ada", Email: "ada@example.com"}, Message: []byte("Subject\n\n" + example + "\n\nEnd.\n")}
	var trailers []change.Trailer
	if who, ok := strings.CutPrefix(example, "author: "); ok {
		c.Author.Name, c.Author.Email = parsePerson(who)
		c.Message = nil
	} else if k, v, ok := trailerLine([]byte(example)); ok {
		trailers = []change.Trailer{{Key: string(k), Value: string(v)}}
	}
	c.Committer = c.Author
	got := known().classify(&c, trailers)
	got.settle()
	if len(got.Agents) > 0 {
		return got.Agents[0].ID
	}
	return got.Automation
}
