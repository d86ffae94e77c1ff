package corpus

const (
	scaiType      = "https://in-toto.io/attestation/scai/v0.3"
	chainloopType = "https://schemas.chainloop.dev/aicodingsession/0.1/ai-coding-session.schema.json"
	thisCommit    = `[{"digest": {"gitCommit": "{c1}"}}]`
)

func scai(attribute, rest string) string {
	return `{"attributes": [{"attribute": "` + attribute + `"` + rest + `}], "producer": {"name": "Claude Code"}}`
}

// chainloop is a session's document with these files.
func chainloop(files string) string {
	return `{"schema_version": "0.1", "agent": {"name": "claude-code", "version": "2.1.0"}, "session": {"id": "s-42", "started_at": "2026-11-01T10:00:00Z", "duration_seconds": 60}, "model": {"primary": "claude-opus-4-7"}, "code_changes": {"ai_lines_added": 4, "human_lines_added": 0, "files": [` + files + `]}}`
}

func stated(s Statement) []Commit {
	return []Commit{{Message: "Add", Files: four, Statements: []Statement{s}}}
}

// Signed statements about a commit.
var statements = []Case{
	{Name: "statement that an agent wrote it", Source: "statement", Commits: stated(Statement{scaiType, thisCommit, scai("AI_AUTHORED", ""), "trusted", false, false}), Class: AIVerified, Agents: "claude-code", Lines: "ai-verified 4", Why: "signed by a trusted key"},
	{Name: "statement in a bare envelope", Source: "statement", Commits: stated(Statement{scaiType, thisCommit, scai("AI_AUTHORED", ""), "trusted", true, false}), Class: AIVerified, Agents: "claude-code", Lines: "ai-verified 4", Why: "DSSE needs no bundle"},
	{Name: "statement of a stranger", Source: "statement", Commits: stated(Statement{scaiType, thisCommit, scai("AI_AUTHORED", ""), "stranger", false, false}), Class: Unknown, Lines: "unknown 4", Why: "anybody can sign"},
	{Name: "statement of a key for packs", Source: "statement", Commits: stated(Statement{scaiType, thisCommit, scai("AI_AUTHORED", ""), "packs", false, false}), Class: Unknown, Lines: "unknown 4", Why: "trusted for something else"},
	{Name: "statement of an expired key", Source: "statement", Commits: stated(Statement{scaiType, thisCommit, scai("AI_AUTHORED", ""), "expired", false, false}), Class: Unknown, Lines: "unknown 4", Why: "not trusted on the day"},
	{Name: "statement that was altered", Source: "statement", Commits: stated(Statement{scaiType, thisCommit, scai("AI_AUTHORED", ""), "trusted", false, true}), Class: Unknown, Lines: "unknown 4", Why: "the signature does not verify"},
	{Name: "statement about another commit", Source: "statement", Commits: stated(Statement{scaiType, `[{"digest": {"gitCommit": "{base}"}}]`, scai("AI_AUTHORED", ""), "trusted", false, false}), Class: Unknown, Lines: "unknown 4", Why: "the subject is not this commit"},
	{Name: "statement about no commit", Source: "statement", Commits: stated(Statement{scaiType, `[{"name": "a.go", "digest": {"sha256": "00"}}]`, scai("AI_AUTHORED", ""), "trusted", false, false}), Class: Unknown, Lines: "unknown 4", Why: "the subject is not this commit"},
	{Name: "statement of another kind", Source: "statement", Commits: stated(Statement{"https://slsa.dev/verification_summary/v1", thisCommit, `{"verificationResult": "PASSED"}`, "trusted", false, false}), Class: Unknown, Lines: "unknown 4", Why: "says nothing of authors"},
	{Name: "statement of other attributes", Source: "statement", Commits: stated(Statement{scaiType, thisCommit, scai("WITH_STACK_PROTECTION", ""), "trusted", false, false}), Class: Unknown, Lines: "unknown 4", Why: "says nothing of authors"},
	{Name: "statement about one file", Source: "statement", Commits: []Commit{{Message: "Add", Files: Files{"a.go": lines("new", 4), "b.go": lines("other", 2)}, Statements: []Statement{{scaiType, thisCommit, scai("AI_AUTHORED", `, "target": {"name": "a.go"}`), "trusted", false, false}}}}, Class: AIVerified, Agents: "claude-code", Lines: "ai-verified 4, unknown 2", Why: "the target is a file"},
	{Name: "statement about some lines", Source: "statement", Commits: stated(Statement{scaiType, thisCommit, scai("AI_AUTHORED", `, "target": {"name": "a.go"}, "conditions": {"lines": "1-2,4", "model": "claude-opus-4-7", "session": "s-1"}`), "trusted", false, false}), Class: AIVerified, Agents: "claude-code:claude-opus-4-7", Lines: "ai-verified 3, unknown 1", Sessions: "s-1", Why: "conditions narrow it"},
	{Name: "statement about lines of no file", Source: "statement", Commits: stated(Statement{scaiType, thisCommit, scai("AI_AUTHORED", `, "conditions": {"lines": "1-2"}`), "trusted", false, false}), Class: Unknown, Lines: "unknown 4", Cut: true, Why: "lines of what? It is not taken for the whole commit"},
	{Name: "statement about a file of other content", Source: "statement", Commits: stated(Statement{scaiType, thisCommit, scai("AI_AUTHORED", `, "target": {"name": "a.go", "digest": {"gitBlob": "1111111111111111111111111111111111111111"}}`), "trusted", false, false}), Class: Unknown, Lines: "unknown 4", Why: "the target is not the file that was committed"},
	{Name: "statement that a human wrote it", Source: "statement", Commits: []Commit{{Message: "Add\n\nMade-with: Cursor", Files: four, Statements: []Statement{{scaiType, thisCommit, scai("HUMAN_AUTHORED", ""), "trusted", false, false}}}}, Class: HumanAttested, Agents: "cursor", Lines: "human-attested 4", Why: "stronger than the trailer"},
	{Name: "statements against each other", Source: "statement", Commits: []Commit{{Message: "Add", Files: four, Statements: []Statement{{scaiType, thisCommit, scai("HUMAN_AUTHORED", ""), "trusted", false, false}, {scaiType, thisCommit, scai("AI_AUTHORED", ""), "trusted", false, false}}}}, Class: Conflict, Agents: "claude-code", Lines: "conflict 4", Findings: "attest-conflict", Why: "equal strength"},
	{Name: "session by Chainloop", Source: "statement", Commits: stated(Statement{chainloopType, thisCommit, chainloop(`{"path": "a.go", "status": "created", "attribution": "ai", "line_ranges": [{"start": 1, "end": 3}]}`), "trusted", false, false}), Class: AIVerified, Agents: "claude-code:claude-opus-4-7", Lines: "ai-verified 3, unknown 1", Sessions: "s-42", Why: "its ranges"},
	{Name: "session by Chainloop without ranges", Source: "statement", Commits: stated(Statement{chainloopType, thisCommit, chainloop(`{"path": "a.go", "status": "created", "attribution": "ai"}`), "trusted", false, false}), Class: AIVerified, Agents: "claude-code:claude-opus-4-7", Lines: "ai-verified 4", Why: "the whole file"},
	{Name: "session by Chainloop, a file by hand", Source: "statement", Commits: []Commit{{Message: "Add", Files: Files{"a.go": lines("new", 4), "b.go": lines("other", 2)}, Statements: []Statement{{chainloopType, thisCommit, chainloop(`{"path": "a.go", "status": "created", "attribution": "ai"}, {"path": "b.go", "status": "created", "attribution": "human"}`), "trusted", false, false}}}}, Class: Mixed, Agents: "claude-code:claude-opus-4-7", Lines: "ai-verified 4, human-attested 2", Why: "file by file"},
	{Name: "session by Chainloop of a stranger", Source: "statement", Commits: stated(Statement{chainloopType, thisCommit, chainloop(`{"path": "a.go", "status": "created", "attribution": "ai"}`), "stranger", false, false}), Class: Unknown, Lines: "unknown 4", Why: "anybody can sign"},
	{Name: "statement under a note that is none", Source: "statement", Commits: []Commit{{Message: "Add", Files: four, Notes: map[string]string{"refs/notes/custody": "hello\n"}}}, Class: Unknown, Lines: "unknown 4", Cut: true, Why: "in the place of statements, and not read"},
}

const signers = `version: 1
authorship:
  unknown: ai
  signers:
    - agent: claude-code
      ssh: "{key:agent-ssh}"
    - agent: copilot
      openpgp: |
{key:agent-pgp}
    - person: ada@example.com
      ssh: "{key:person-ssh}"
`

// Signatures of commits, under the keys that the floor names.
var signatures = []Case{
	{Name: "signed by an agent", Source: "signature", Floor: signers, Commits: []Commit{{Message: "Add", Files: four, Sign: "agent-ssh"}}, Class: AIVerified, Agents: "claude-code", Lines: "ai-verified 4", Why: "only the agent has the key"},
	{Name: "signed by an agent, OpenPGP", Source: "signature", Floor: signers, Commits: []Commit{{Message: "Add", Files: four, Sign: "agent-pgp"}}, Class: AIVerified, Agents: "copilot", Lines: "ai-verified 4", Why: "only the agent has the key"},
	{Name: "signed by a person", Source: "signature", Floor: signers, Commits: []Commit{{Message: "Add", Files: four, Sign: "person-ssh"}}, Class: Unknown, Lines: "unknown 4", Why: "who signs need not have written it"},
	{Name: "signed by a person, with an agent's trailer", Source: "signature", Floor: signers, Commits: []Commit{{Message: "Add\n\nMade-with: Cursor", Files: four, Sign: "person-ssh"}}, Class: AIDeclared, Agents: "cursor", Lines: "ai-declared 4", Why: "the trailer stands"},
	{Name: "signed by a stranger", Source: "signature", Floor: signers, Commits: []Commit{{Author: "Claude <noreply@anthropic.com>", Message: "Add", Files: four, Sign: "stranger-ssh"}}, Class: AIDeclared, Agents: "claude-code", Lines: "ai-declared 4", Why: "the address is a claim, and the key is nobody's"},
	{Name: "signed by an agent, no key configured", Source: "signature", Commits: []Commit{{Message: "Add", Files: four, Sign: "agent-ssh"}}, Class: Unknown, Lines: "unknown 4", Why: "whose signature it is is not known"},
	{Name: "signed by an agent, denied", Source: "signature", Floor: signers, Commits: []Commit{{Message: "Add\n\nAI-Assistance: none", Files: four, Sign: "agent-ssh"}}, Class: AIVerified, Agents: "claude-code", Lines: "ai-verified 4", Why: "a declaration does not outweigh the signature"},
}
