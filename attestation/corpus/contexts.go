package corpus

import "strings"

const (
	copilotAccount = `{"login": "Copilot", "id": "198982749", "type": "Bot"}`
	webFlow        = `{"login": "web-flow", "id": "19864447", "type": "User"}`
	adaAccount     = `{"login": "ada", "id": "7", "type": "User"}`
	graceAccount   = `{"login": "grace", "id": "8", "type": "User"}`
	copilotAuthor  = "copilot-swe-agent[bot] <198982749+Copilot@users.noreply.github.com>"
)

func contextOf(parts string) string { return `{"schema": "custody/context/v1"` + parts + `}` }

func forge(verified, author, committer string) string {
	return `, "commits": [{"sha": "{c1}", "verified": ` + verified + `, "author": ` + author + `, "committer": ` + committer + `}]`
}

func says(statement string) string { return `, "change": {"ai_statement": "` + statement + `"}` }

// What the forge and the request say.
var contexts = []Case{
	{Name: "bot that the forge verified", Source: "context", Context: contextOf(forge("true", copilotAccount, webFlow)), Commits: []Commit{{Author: copilotAuthor, Message: "Add", Files: four}}, Class: AIVerified, Agents: "copilot", Lines: "ai-verified 4", Why: "account, number and signature"},
	{Name: "bot whose signature was not verified", Source: "context", Context: contextOf(forge("false", copilotAccount, webFlow)), Commits: []Commit{{Author: copilotAuthor, Message: "Add", Files: four}}, Class: AIDeclared, Agents: "copilot", Lines: "ai-declared 4", Why: "the forge found the account by the address"},
	{Name: "bot's commit that a person signed", Source: "context", Context: contextOf(forge("true", copilotAccount, adaAccount)), Commits: []Commit{{Author: copilotAuthor, Message: "Add", Files: four}}, Class: AIDeclared, Agents: "copilot", Lines: "ai-declared 4", Why: "the signature is the person's"},
	{Name: "person whom the forge verified", Source: "context", Context: contextOf(forge("true", adaAccount, adaAccount)), Commits: one(four, "Add"), Class: Unknown, Lines: "unknown 4", Why: "a signature is no statement about agents"},
	{Name: "login of a bot, number of another", Source: "context", Context: contextOf(forge("true", `{"login": "claude[bot]", "id": "41898282", "type": "Bot"}`, webFlow)), Commits: one(four, "Add"), Class: Unknown, Lines: "unknown 4", Why: "41898282 is the workflow's own account"},
	{Name: "request says none", Source: "context", Context: contextOf(says("none")), Commits: one(four, "Add"), Class: HumanDeclared, Lines: "human-declared 4", Why: "nothing else is known"},
	{Name: "request names an agent", Source: "context", Context: contextOf(says("Claude Code")), Commits: one(four, "Add"), Class: AIDeclared, Agents: "claude-code", Lines: "ai-declared 4", Why: "nothing else is known"},
	{Name: "request says none, a note does not", Source: "context", Context: contextOf(says("none")), Commits: noted(four, "Add", note("a.go", "  "+ai+" 1-4")), Class: AIDeclared, Agents: "claude-code:claude-opus-4-7", Lines: "ai-declared 4", Findings: "attest-statement-denied", Why: "the commit's own evidence goes before"},
	{Name: "request from the branch of an agent", Source: "context", Context: contextOf(`, "change": {"branch": "claude/fix-7"}`), Commits: one(four, "Add"), Class: Unknown, Lines: "unknown 4", Findings: "-", Why: "anybody may name a branch"},
	{Name: "request from the branch of an agent, says none", Source: "context", Context: contextOf(`, "change": {"branch": "copilot/fix-7", "ai_statement": "none"}`), Commits: one(four, "Add"), Class: HumanDeclared, Lines: "human-declared 4", Findings: "-", Why: "a name is nothing to deny"},
	{Name: "request from the branch of one agent, trailer of another", Source: "context", Context: contextOf(`, "change": {"branch": "cursor/fix-7"}`), Commits: one(four, "Add\n\nCo-authored-by: Claude <noreply@anthropic.com>"), Class: AIDeclared, Agents: "claude-code", Lines: "ai-declared 4", Findings: "-", Why: "the branch adds no agent"},
	{Name: "instructions for agents", Source: "context", Commits: one(Files{"CLAUDE.md": lines("rule", 3), ".cursor/rules/go.mdc": lines("rule", 2)}, "Add"), Class: Unknown, Lines: "unknown 5", Findings: "-", Why: "a person writes them, or an agent: the path does not say"},
	{Name: "request says n/a", Source: "context", Context: contextOf(says("n/a")), Commits: one(four, "Add"), Class: Unknown, Lines: "unknown 4", Why: "evasive"},
}

func reviewed(who, author string) string {
	return `, "change": {"author": ` + author + `}, "reviews": [{"reviewer": ` + who + `, "state": "approved", "commit": "{c1}", "at": "2026-11-01T10:00:00Z", "permission": "write"}]`
}

// Who answers for a change, and who may not approve it.
var people = []Case{
	{Name: "driver approves alone", Source: "people", Context: contextOf(reviewed(adaAccount, adaAccount) + forge("true", adaAccount, adaAccount)), Commits: one(four, "Add\n\nCo-authored-by: Claude <noreply@anthropic.com>"), Class: AIDeclared, Agents: "claude-code", People: Ada, Findings: "attest-driver-approves", Why: "who drove the agent is the only one who approved"},
	{Name: "somebody else approves", Source: "people", Context: contextOf(reviewed(graceAccount, adaAccount) + forge("true", adaAccount, adaAccount)), Commits: one(four, "Add\n\nCo-authored-by: Claude <noreply@anthropic.com>"), Class: AIDeclared, Agents: "claude-code", Findings: "-", Why: "four eyes"},
	{Name: "driver of Copilot approves", Source: "people", Context: contextOf(reviewed(adaAccount, copilotAccount) + forge("true", copilotAccount, webFlow)), Commits: []Commit{{Author: copilotAuthor, Message: "Add\n\nCo-authored-by: Ada Lovelace <7+ada@users.noreply.github.com>", Files: four}}, Class: AIVerified, Agents: "copilot", People: "Ada Lovelace <7+ada@users.noreply.github.com>", Findings: "attest-driver-approves", Why: "Copilot is the author, its driver the co-author"},
	{Name: "driver approves, and so does an agent", Source: "people", Context: contextOf(strings.Replace(reviewed(adaAccount, adaAccount), `"reviews": [`, `"reviews": [{"reviewer": `+copilotAccount+`, "state": "approved", "commit": "{c1}", "at": "2026-11-01T10:00:00Z", "permission": "write"}, `, 1) + forge("true", adaAccount, adaAccount)), Commits: one(four, "Add\n\nCo-authored-by: Claude <noreply@anthropic.com>"), Class: AIDeclared, Agents: "claude-code", Findings: "attest-driver-approves", Why: "what an agent approves, no person has looked at"},
	{Name: "author without an agent approves", Source: "people", Context: contextOf(reviewed(adaAccount, adaAccount) + forge("true", adaAccount, adaAccount)), Commits: one(four, "Add"), Class: Unknown, Findings: "-", Why: "no agent: another rule's matter"},
	{Name: "agent signs off", Source: "people", Commits: one(four, "Add\n\nSigned-off-by: Claude <noreply@anthropic.com>"), Class: AIDeclared, Agents: "claude-code", Findings: "attest-agent-signoff", Why: "no agent takes responsibility"},
	{Name: "workflow drives an agent for its actor", Source: "people", Commits: []Commit{{Author: "github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>", Message: "Add\n\nCo-authored-by: Claude <noreply@anthropic.com>\nCo-authored-by: " + Ada, Files: four}}, Class: AIDeclared, Agents: "claude-code", People: Ada, Why: "the workflow is nobody, its actor answers"},
}
