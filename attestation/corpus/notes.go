package corpus

import "strings"

// note is a commit's note under refs/notes/ai, as git-ai 3.0.0 writes it: who is
// attested, a line of dashes, and who they are.
func note(attested ...string) map[string]string {
	return map[string]string{"refs/notes/ai": strings.Join(attested, "\n") + "\n---\n" + noteMeta}
}

// raw is any other text in that place.
func raw(text string) map[string]string { return map[string]string{"refs/notes/ai": text} }

const (
	ai     = "s_8d2579124116c6::t_013c07475d8e43"
	cursor = "s_27ed236e4270d9::t_436e8b1ed547d2"
	hand   = "h_31dd0e1f23c1aa"
)

const noteMeta = `{
  "schema_version": "authorship/3.0.0",
  "git_ai_version": "1.5.1",
  "base_commit_sha": "{base}",
  "prompts": {"0123456789abcdef": {"agent_id": {"tool": "claude", "id": "old-session", "model": "claude-sonnet-4-5"}, "human_author": "Grace Hopper <grace@example.com>", "messages": [{"type": "user", "text": "the password is hunter2"}], "total_additions": 4, "total_deletions": 0, "accepted_lines": 4, "overriden_lines": 0},
    "0123abc": {"agent_id": {"tool": "codex", "id": "older", "model": "gpt-5"}}},
  "sessions": {
    "s_8d2579124116c6": {"agent_id": {"tool": "claude", "id": "bfef8749-d442", "model": "claude-opus-4-7"}, "human_author": "Grace Hopper <grace@example.com>"},
    "s_27ed236e4270d9": {"agent_id": {"tool": "cursor", "id": "c-77", "model": "default"}},
    "s_00000000000000": {"agent_id": {"tool": "mock_ai", "id": "x", "model": "unknown"}}
  },
  "humans": {"h_31dd0e1f23c1aa": {"author": "Ada Lovelace <ada@example.com>"}}
}`

var four = Files{"a.go": lines("new", 4)}

func noted(files Files, message string, note map[string]string) []Commit {
	return []Commit{{Message: message, Files: files, Notes: note}}
}

// Notes of git-ai on the commit that they are about.
var notes = []Case{
	{Name: "note on all lines", Source: "note", Commits: noted(four, "Add", note("a.go", "  "+ai+" 1-4")), Class: AIDeclared, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 4", Sessions: "bfef8749-d442", People: Ada + "|Grace Hopper <grace@example.com>", Why: "lines, agent, model, session, and the human who drove it"},
	{Name: "note on some lines", Source: "note", Commits: noted(four, "Add", note("a.go", "  "+ai+" 1-2")), Class: AIDeclared, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 2, unknown 2", Why: "what is not attested is untracked, not human"},
	{Name: "note of a hand", Source: "note", Commits: noted(four, "Add", note("a.go", "  "+hand+" 1-4")), Class: HumanAttested, Lines: "human-attested 4", Why: "a human was seen typing"},
	{Name: "note of both", Source: "note", Commits: noted(four, "Add", note("a.go", "  "+ai+" 1,4", "  "+hand+" 2-3")), Class: Mixed, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 2, human-attested 2", Why: "both, line by line"},
	{Name: "note of a hand on some lines", Source: "note", Commits: noted(four, "Add", note("a.go", "  "+hand+" 1-2")), Class: HumanAttested, Lines: "human-attested 2, unknown 2", Why: "nothing speaks for an agent; the other lines are unknown"},
	{Name: "note on more than was added", Source: "note", Base: Files{"a.go": lines("old", 9)}, Commits: noted(Files{"a.go": "old 1\nnew\n" + strings.TrimPrefix(lines("old", 9), "old 1\n")}, "Add", note("a.go", "  "+ai+" 1-10")), Class: AIDeclared, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 1", Why: "one line was added"},
	{Name: "note beside what was added", Source: "note", Base: Files{"a.go": lines("old", 9)}, Commits: noted(Files{"a.go": lines("old", 9) + "new\n"}, "Add", note("a.go", "  "+ai+" 1-9")), Class: Unknown, Lines: "unknown 1", Why: "no attested line was added"},
	{Name: "note on another file", Source: "note", Commits: noted(four, "Add", note("b.go", "  "+ai+" 1-4")), Class: Unknown, Lines: "unknown 4", Why: "the commit has no such file"},
	{Name: "note of prompts", Source: "note", Commits: noted(four, "Add", note("a.go", "  0123456789abcdef 1-4")), Class: AIDeclared, Agents: "claude-code:claude-sonnet-4-5", Lines: "ai-declared 4", Sessions: "old-session", Why: "the form before sessions; its transcript is nobody's to print"},
	{Name: "note of seven digits", Source: "note", Commits: noted(four, "Add", note("a.go", "  0123abc 1-4")), Class: AIDeclared, Agents: "codex:gpt-5", Lines: "ai-declared 4", Why: "before version 1"},
	{Name: "note of a session without record", Source: "note", Commits: noted(four, "Add", note("a.go", "  s_ffffffffffffff::t_00000000000000 1-4")), Class: AIDeclared, Agents: "unlisted", Lines: "ai-declared 4", Why: "the key says session; whose is not known"},
	{Name: "note of a tool nobody knows", Source: "note", Commits: noted(four, "Add", note("a.go", "  s_00000000000000::t_00000000000000 1-4")), Class: AIDeclared, Agents: "unlisted", Lines: "ai-declared 4", Why: "an agent that the table does not have; unknown is no model"},
	{Name: "note of a default model", Source: "note", Commits: noted(four, "Add", note("a.go", "  "+cursor+" 1-4")), Class: AIDeclared, Agents: "cursor", Lines: "ai-declared 4", Sessions: "c-77", Why: "default is no model"},
	{Name: "note of any agent", Source: "note", Commits: noted(four, "Add", note("a.go", "  ai_agent 1-4")), Class: AIDeclared, Agents: "unlisted", Lines: "ai-declared 4", Why: "git-ai's own history has such keys, without a record"},
	{Name: "note of any human", Source: "note", Commits: noted(four, "Add", note("a.go", "  human 1-2", "  "+ai+" 3")), Class: AIDeclared, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 1, unknown 3", Why: "no record of a person: nobody attests the lines"},
	{Name: "note of a conversation", Source: "note", Commits: noted(four, "Add", note("a.go", "  94341aa7-fe48-4948-ab50-4fa9abb78651 1-4")), Class: AIDeclared, Agents: "unlisted", Lines: "ai-declared 4", Why: "the id of a session, in another form"},
	{Name: "note of a key nobody knows", Source: "note", Commits: noted(four, "Add", note("a.go", "  robot-x 1-2", "  "+ai+" 3")), Class: AIDeclared, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 1, unknown 3", Why: "says nothing, and spoils nothing"},
	{Name: "note of nothing", Source: "note", Commits: noted(four, "Add", note()), Class: Unknown, Lines: "unknown 4", Why: "untracked is not human"},
	{Name: "note of a hand against a trailer", Source: "note", Commits: noted(four, "Add\n\nCo-authored-by: Claude <noreply@anthropic.com>", note("a.go", "  "+hand+" 1-4")), Class: HumanAttested, Agents: "claude-code", Lines: "human-attested 4", Findings: "attest-note-against-trailer", Why: "the note is stronger; somebody should look"},
	{Name: "note of nothing beside a trailer", Source: "note", Commits: noted(four, "Add\n\nCo-authored-by: Claude <noreply@anthropic.com>", note()), Class: AIDeclared, Agents: "claude-code", Lines: "ai-declared 4", Findings: "attest-note-against-trailer", Why: "the note has seen no agent, the trailer names one: 76 of git-ai's own commits"},
	{Name: "note against none", Source: "note", Commits: noted(four, "Add\n\nAI-Assistance: none", note("a.go", "  "+ai+" 1-4")), Class: AIDeclared, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 4", Findings: "attest-note-against-trailer", Why: "the note is stronger than the declaration"},
	{Name: "note of another agent", Source: "note", Commits: noted(four, "Add\n\nCo-authored-by: Claude <noreply@anthropic.com>", note("a.go", "  "+cursor+" 1-4")), Class: AIDeclared, Agents: "claude-code cursor", Lines: "ai-declared 4", Findings: "attest-note-against-trailer", Why: "both took part, or one of them is wrong"},
	{Name: "note that agrees", Source: "note", Commits: noted(four, "Add\n\nCo-authored-by: Claude <noreply@anthropic.com>", note("a.go", "  "+ai+" 1-4")), Class: AIDeclared, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 4", Findings: "-", Why: "one agent, named twice"},
	{Name: "note, the trailer covers the rest", Source: "note", Commits: noted(four, "Add\n\nCo-authored-by: Claude <noreply@anthropic.com>", note("a.go", "  "+ai+" 1-2")), Class: AIDeclared, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 4", Why: "untracked lines are the commit's, which the trailer declares"},
	{Name: "note whose later entry wins", Source: "note", Commits: noted(four, "Add", note("a.go", "  "+ai+" 1-4", "  "+hand+" 2-3")), Class: Mixed, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 2, human-attested 2", Why: "as git-ai reads it"},
	{Name: "note on a path in quotes", Source: "note", Commits: noted(Files{"a b.go": lines("new", 4)}, "Add", note("\"a b.go\"", "  "+ai+" 1-4")), Class: AIDeclared, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 4", Why: "paths with spaces are quoted"},
	{Name: "note on a merge", Source: "note", Base: Files{"a.go": lines("old", 3)}, Commits: []Commit{
		{Message: "One", Files: Files{"a.go": "old 1\none\nold 3\n"}},
		{Message: "Two", On: "{base}", Files: Files{"a.go": "old 1\ntwo\nold 3\n"}},
		{Message: "Merge", On: "{c1}", Merge: "{c2}", Files: Files{"a.go": "old 1\nboth\nold 3\n"}, Notes: note("a.go", "  "+ai+" 2")},
	}, Class: AIDeclared, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 1", Why: "the resolution is the merge's own"},
	{Name: "note on what was moved later", Source: "note", Commits: []Commit{{Message: "Add", Files: four, Notes: note("a.go", "  "+ai+" 1-4")}, {Message: "Move", Files: Files{"b.go": "<- a.go"}}}, Of: 1, Class: AIDeclared, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 4", Why: "the lines are the same under another name"},
	{Name: "note on what was changed later", Source: "note", Commits: []Commit{{Message: "Add", Files: four, Notes: note("a.go", "  "+ai+" 1-4")}, {Message: "Change", Files: Files{"a.go": "new 1\nother\nnew 3\nnew 4\n"}}}, Class: Unknown, Lines: "ai-declared 3, unknown 1", Why: "the line that was written again is not the agent's"},
	{Name: "note on lines that moved down", Source: "note", Commits: []Commit{{Message: "Add", Files: four, Notes: note("a.go", "  "+ai+" 1-4")}, {Message: "Head", Files: Files{"a.go": "top\n" + lines("new", 4)}}}, Class: Unknown, Lines: "ai-declared 4, unknown 1", Why: "ranges are of the commit's own version"},
	{Name: "note of ranges without end", Source: "note", Commits: noted(four, "Add", note("a.go", "  "+ai+" 1-4294967295")), Class: AIDeclared, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 4", Why: "what was added bounds it"},
	{Name: "note of ranges backwards", Source: "note", Commits: noted(four, "Add", note("a.go", "  "+ai+" 4-1")), Class: Unknown, Lines: "unknown 4", Cut: true, Why: "malformed, and said"},
	{Name: "note of line nought", Source: "note", Commits: noted(four, "Add", note("a.go", "  "+ai+" 0")), Class: Unknown, Lines: "unknown 4", Cut: true, Why: "malformed, and said"},
	{Name: "note that is no note", Source: "note", Commits: noted(four, "Add", raw("Reviewed, thanks!\n")), Class: Unknown, Lines: "unknown 4", Cut: true, Why: "in the place of attribution, and not read"},
	{Name: "note that is no note beside a trailer", Source: "note", Commits: noted(four, "Add\n\nMade-with: Cursor", raw("Reviewed, thanks!\n")), Class: AIDeclared, Agents: "cursor", Lines: "ai-declared 4", Findings: "-", Cut: true, Why: "what was not read contradicts nothing"},
	{Name: "note with broken JSON", Source: "note", Commits: noted(four, "Add", raw("a.go\n  "+ai+" 1-4\n---\n{\"schema_version\": \"authorship/3.0.0\", ")), Class: Unknown, Lines: "unknown 4", Cut: true, Why: "cut off: nothing of it counts"},
	{Name: "note of the future", Source: "note", Commits: noted(four, "Add", raw("a.go\n  "+ai+" 1-4\n---\n{\"schema_version\": \"authorship/9.0.0\", \"prompts\": {}}")), Class: Unknown, Lines: "unknown 4", Cut: true, Why: "a version that is not known"},
	{Name: "note of an entry before any file", Source: "note", Commits: noted(four, "Add", note("  "+ai+" 1-4")), Class: Unknown, Lines: "unknown 4", Cut: true, Why: "malformed, and said"},
	{Name: "note of a path outside", Source: "note", Commits: noted(four, "Add", note("../a.go", "  "+ai+" 1-4")), Class: Unknown, Lines: "unknown 4", Why: "no such file in the commit"},
	{Name: "note with a human name of an agent", Source: "note", Commits: noted(four, "Add", raw("a.go\n  h_00000000000000 1-4\n---\n{\"schema_version\": \"authorship/3.0.0\", \"prompts\": {}, \"humans\": {\"h_00000000000000\": {\"author\": \"Claude <noreply@anthropic.com>\"}}}")), Class: Unknown, Lines: "unknown 4", Why: "a human who is an agent attests nobody"},
}

// Notes on commits that a rebase or a squash left behind: they hold where the patch,
// or the file, is the same.
var rewritten = []Case{
	{Name: "note on a commit that was rebased", Source: "rewritten", Base: Files{"x": "1\n"}, Commits: []Commit{
		{Message: "Add", On: "{base}", Aside: true, Files: four, Notes: note("a.go", "  "+ai+" 1-4")},
		{Message: "Other", On: "{base}", Files: Files{"x": "2\n"}},
		{Message: "Add", Files: four},
	}, Class: AIDeclared, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 4, unknown 1", Why: "the same patch"},
	{Name: "note on a commit that was rebased and amended", Source: "rewritten", Commits: []Commit{
		{Message: "Add", On: "{base}", Aside: true, Files: four, Notes: note("a.go", "  "+ai+" 1-4")},
		{Message: "Add it, reworded", On: "{base}", Files: four},
	}, Class: AIDeclared, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 4", Why: "the same patch under another message"},
	{Name: "note on a commit that was rebased below other lines", Source: "rewritten", Base: Files{"a.go": lines("old", 9)}, Commits: []Commit{
		{Message: "Add", On: "{base}", Aside: true, Files: Files{"a.go": lines("old", 9) + "new 1\nnew 2\n"}, Notes: note("a.go", "  "+ai+" 10")},
		{Message: "Other", On: "{base}", Files: Files{"a.go": "top\n" + lines("old", 9)}},
		{Message: "Add", Files: Files{"a.go": "top\n" + lines("old", 9) + "new 1\nnew 2\n"}},
	}, Class: AIDeclared, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 1, unknown 2", Why: "the same patch, one line further down"},
	{Name: "note on a commit that became another", Source: "rewritten", Commits: []Commit{
		{Message: "Add", On: "{base}", Aside: true, Files: four, Notes: note("a.go", "  "+ai+" 1-4")},
		{Message: "Add", On: "{base}", Files: Files{"a.go": "new 1\nnew 2\nby hand\nnew 4\n"}},
	}, Class: Unknown, Lines: "unknown 4", Why: "neither the patch nor the file is the same"},
	{Name: "notes on commits that were squashed", Source: "rewritten", Base: Files{"x": "1\n"}, Commits: []Commit{
		{Message: "One", On: "{base}", Aside: true, Files: Files{"a.go": "new 1\nnew 2\n"}, Notes: note("a.go", "  "+ai+" 1-2")},
		{Message: "Two", On: "{c1}", Aside: true, Files: four, Notes: note("a.go", "  "+hand+" 3-4")},
		{Message: "Add (#7)", On: "{base}", Committer: Web, Files: four},
	}, Class: Mixed, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 2, human-attested 2", Why: "the file is the same as at the branch's tip"},
	{Name: "notes on commits that were squashed onto others", Source: "rewritten", Base: Files{"x": "1\n"}, Commits: []Commit{
		{Message: "One", On: "{base}", Aside: true, Files: Files{"a.go": "new 1\nnew 2\n"}, Notes: note("a.go", "  "+ai+" 1-2")},
		{Message: "Two", On: "{c1}", Aside: true, Files: four, Notes: note()},
		{Message: "Other", On: "{base}", Files: Files{"x": "2\n"}},
		{Message: "Add (#7)", Files: four},
	}, Class: AIDeclared, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 2, unknown 3", Why: "its tree is another, the file is the same"},
	{Name: "note on somebody else's same file", Source: "rewritten", Base: Files{"x": "1\n"}, Commits: []Commit{
		{Message: "One", On: "{base}", Aside: true, Files: Files{"b.go": lines("new", 4)}, Notes: note("b.go", "  "+ai+" 1-4")},
		{Message: "Add", On: "{base}", Files: four},
	}, Class: Unknown, Lines: "unknown 4", Why: "the same lines under another name are another patch"},
	{Name: "own note before a rewritten one's", Source: "rewritten", Commits: []Commit{
		{Message: "Add", On: "{base}", Aside: true, Files: four, Notes: note("a.go", "  "+ai+" 1-4")},
		{Message: "Add", On: "{base}", Author: "Bob <bob@example.com>", Files: four, Notes: note("a.go", "  "+hand+" 1-4")},
	}, Class: HumanAttested, Lines: "human-attested 4", Why: "a commit's own note is the one about it"},
}
