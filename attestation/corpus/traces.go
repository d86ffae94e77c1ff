package corpus

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// traceFile is where the reference implementation of Agent Trace 0.1.0 stores records.
const traceFile = ".agent-trace/traces.jsonl"

// record is one line of it: a.go, one conversation of an agent, with these ranges.
func record(revision, ranges string) string {
	return recordOf(revision, `{"path": "a.go", "conversations": [{"url": "https://cursor.example/c/1", "contributor": {"type": "ai", "model_id": "anthropic/claude-opus-4-5"}, "ranges": [`+ranges+`]}]}`)
}

func recordOf(revision, files string) string {
	vcs := ""
	if revision != "" {
		vcs = `"vcs": {"type": "git", "revision": "` + revision + `"}, `
	}
	return `{"version": "0.1.0", "id": "550e8400-e29b-41d4-a716-446655440000", "timestamp": "2026-01-23T14:30:00Z", ` + vcs + `"tool": {"name": "cursor", "version": "2.4.0"}, "files": [` + files + `]}` + "\n"
}

func span(from, to int) string { return fmt.Sprintf(`{"start_line": %d, "end_line": %d}`, from, to) }

func hashed(from, to int, hash string) string {
	return fmt.Sprintf(`{"start_line": %d, "end_line": %d, "content_hash": "%s"}`, from, to, hash)
}

func sum(text string) string { return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))) }

// traced is a commit that adds four lines together with a record about them.
func traced(record string) []Commit {
	return []Commit{{Message: "Add", Files: Files{"a.go": lines("new", 4), traceFile: record}}}
}

const opus = "cursor:anthropic/claude-opus-4-5"

// Records of Agent Trace. They name a revision, which is the commit that was HEAD when
// the line was edited (the parent), or the commit that holds the line, as the tool
// pleases. The record's own line is a line of the change, too.
var traces = []Case{
	{Name: "trace at HEAD of the edit", Source: "trace", Commits: traced(record("{base}", span(1, 4))), Class: AIDeclared, Agents: opus, Lines: "ai-declared 4, unknown 1", Sessions: "https://cursor.example/c/1", Why: "the reference implementation names the parent"},
	{Name: "trace of the commit itself", Source: "trace", Commits: []Commit{{Message: "Add", Files: four}, {Message: "Trace", Files: Files{traceFile: record("{c1}", span(1, 4))}}}, Of: 1, Class: AIDeclared, Agents: opus, Lines: "ai-declared 4, unknown 1", Why: "recorded afterwards, about the commit that has the lines"},
	{Name: "trace of some lines", Source: "trace", Commits: traced(record("{base}", span(2, 3))), Class: AIDeclared, Agents: opus, Lines: "ai-declared 2, unknown 3", Why: "the rest is unknown"},
	{Name: "trace with a placeholder", Source: "trace", Commits: traced(record("{base}", span(1, 1))), Class: Unknown, Lines: "unknown 5", Why: "1 to 1 is what the reference writes when it found no place"},
	{Name: "trace with a placeholder that holds", Source: "trace", Commits: traced(record("{base}", hashed(1, 1, sum("new 1\n")))), Class: AIDeclared, Agents: opus, Lines: "ai-declared 1, unknown 4", Why: "the hash shows that line 1 is meant"},
	{Name: "trace with a hash", Source: "trace", Commits: traced(record("{base}", hashed(1, 2, sum("new 1\nnew 2\n")))), Class: AIDeclared, Agents: opus, Lines: "ai-declared 2, unknown 3", Why: "place and content"},
	{Name: "trace with a hash of murmur3", Source: "trace", Commits: traced(record("{base}", hashed(1, 2, "murmur3:e5e0f024"))), Class: AIDeclared, Agents: opus, Lines: "ai-declared 2, unknown 3", Why: "the specification's own example of a kind"},
	{Name: "trace with a hash without the last newline", Source: "trace", Commits: traced(record("{base}", hashed(1, 2, "murmur3:7c507185"))), Class: AIDeclared, Agents: opus, Lines: "ai-declared 2, unknown 3", Why: "the specification does not say which"},
	{Name: "trace with a hash, moved", Source: "trace", Commits: traced(record("{base}", hashed(1, 2, sum("new 3\nnew 4\n")))), Class: AIDeclared, Agents: opus, Lines: "ai-declared 2, unknown 3", Why: "the lines are further down: the hash finds them"},
	{Name: "trace with a hash, of any revision", Source: "trace", Commits: traced(record("1111111111111111111111111111111111111111", hashed(1, 2, sum("new 1\nnew 2\n")))), Class: AIDeclared, Agents: opus, Lines: "ai-declared 2, unknown 3", Why: "rebased: the revision is gone, the content is there"},
	{Name: "trace with a hash of other lines", Source: "trace", Commits: traced(record("{base}", hashed(1, 2, sum("something else\n")))), Class: Unknown, Lines: "unknown 5", Why: "the lines were written again since"},
	{Name: "trace with a hash nobody knows", Source: "trace", Commits: traced(record("{base}", hashed(1, 2, "crc9:12"))), Class: AIDeclared, Agents: opus, Lines: "ai-declared 2, unknown 3", Why: "no algorithm is mandated: the place holds"},
	{Name: "trace of a revision that is gone", Source: "trace", Commits: traced(record("1111111111111111111111111111111111111111", span(1, 4))), Class: Unknown, Lines: "unknown 5", Why: "ranges of a version that nobody can look at"},
	{Name: "trace without a revision", Source: "trace", Commits: traced(record("", span(1, 4))), Class: Unknown, Lines: "unknown 5", Why: "bound to nothing"},
	{Name: "trace of another system", Source: "trace", Commits: traced(strings.Replace(record("{base}", span(1, 4)), `"git"`, `"svn"`, 1)), Class: Unknown, Lines: "unknown 5", Why: "not a revision of git"},
	{Name: "trace of a human", Source: "trace", Commits: traced(recordOf("{base}", `{"path": "a.go", "conversations": [{"contributor": {"type": "human"}, "ranges": [`+span(1, 4)+`]}]}`)), Class: HumanAttested, Lines: "human-attested 4, unknown 1", Why: "an explicit record of strength C"},
	{Name: "trace of both in one", Source: "trace", Commits: traced(recordOf("{base}", `{"path": "a.go", "conversations": [{"contributor": {"type": "mixed"}, "ranges": [`+span(1, 4)+`]}]}`)), Class: Mixed, Agents: "cursor", Lines: "mixed 4, unknown 1", Why: "the record says both"},
	{Name: "trace of nobody known", Source: "trace", Commits: traced(recordOf("{base}", `{"path": "a.go", "conversations": [{"contributor": {"type": "unknown"}, "ranges": [`+span(1, 4)+`]}]}`)), Class: Unknown, Lines: "unknown 5", Why: "the record says so"},
	{Name: "trace whose range says otherwise", Source: "trace", Commits: traced(recordOf("{base}", `{"path": "a.go", "conversations": [{"contributor": {"type": "ai"}, "ranges": [`+span(1, 2)+`, {"start_line": 3, "end_line": 4, "contributor": {"type": "human"}}]}]}`)), Class: Mixed, Agents: "cursor", Lines: "ai-declared 2, human-attested 2, unknown 1", Why: "a range overrides its conversation"},
	{Name: "trace of lines that were there", Source: "trace", Base: Files{"a.go": lines("old", 4)}, Commits: []Commit{{Message: "Add", Files: Files{"a.go": lines("old", 4) + "new\n", traceFile: record("{base}", span(1, 4))}}}, Class: Unknown, Lines: "unknown 2", Why: "none of them was added"},
	{Name: "trace of more than was added", Source: "trace", Base: Files{"a.go": lines("old", 4)}, Commits: []Commit{{Message: "Add", Files: Files{"a.go": lines("old", 4) + "new\n", traceFile: record("{base}", span(1, 5))}}}, Class: AIDeclared, Agents: opus, Lines: "ai-declared 1, unknown 1", Why: "one of them was added"},
	{Name: "trace with a broken line", Source: "trace", Commits: traced("{broken\n" + record("{base}", span(1, 4))), Class: AIDeclared, Agents: opus, Lines: "ai-declared 4, unknown 2", Cut: true, Why: "the other record is read; that one was not is said"},
	{Name: "trace of another version", Source: "trace", Commits: traced(strings.Replace(record("{base}", span(1, 4)), `"0.1.0"`, `"7.0.0"`, 1)), Class: Unknown, Lines: "unknown 5", Cut: true, Why: "a format that is not known"},
	{Name: "trace against none", Source: "trace", Commits: []Commit{{Message: "Add\n\nAI-Assistance: none", Files: Files{"a.go": lines("new", 4), traceFile: record("{base}", span(1, 4))}}}, Class: AIDeclared, Agents: opus, Lines: "ai-declared 4, human-declared 1", Findings: "attest-note-against-trailer", Why: "the record is stronger than the declaration, which stands for the rest"},
	{Name: "trace with a transcript on somebody's disk", Source: "trace", Commits: traced(strings.Replace(record("{base}", span(1, 4)), "https://cursor.example/c/1", "file:///home/ada/secret.jsonl", 1)), Class: AIDeclared, Agents: opus, Lines: "ai-declared 4, unknown 1", Sessions: "-", Why: "a local path is no session to show"},
	{Name: "trace as a note", Source: "trace", Commits: []Commit{{Message: "Add", Files: four, Notes: map[string]string{"refs/notes/agent-trace": record("{c1}", span(1, 4))}}}, Class: AIDeclared, Agents: opus, Lines: "ai-declared 4", Why: "bound to the commit by the note"},
	{Name: "trace as a note, with a placeholder", Source: "trace", Commits: []Commit{{Message: "Add", Files: four, Notes: map[string]string{"refs/notes/agent-trace": record("{c1}", span(1, 1))}}}, Class: Unknown, Lines: "unknown 4", Why: "1 to 1 is what is written where no place was found, wherever the record is kept"},
	{Name: "trace as a note, with a hash", Source: "trace", Commits: []Commit{{Message: "Add", Files: four, Notes: map[string]string{"refs/notes/agent-trace": record("{c1}", hashed(1, 2, sum("new 1\nnew 2\n")))}}}, Class: AIDeclared, Agents: opus, Lines: "ai-declared 2, unknown 2", Why: "place and content"},
	{Name: "trace as a note, with a hash, written over later", Source: "trace", Commits: []Commit{{Message: "Add", Files: four, Notes: map[string]string{"refs/notes/agent-trace": record("{c1}", hashed(1, 2, sum("new 1\nnew 2\n")))}}, {Message: "Again", Files: Files{"a.go": lines("other", 4)}}}, Of: 1, Class: AIDeclared, Agents: opus, Lines: "unknown 4", Why: "the commit added those lines, whatever became of them"},
	{Name: "trace as a note, with a hash of other lines", Source: "trace", Commits: []Commit{{Message: "Add", Files: four, Notes: map[string]string{"refs/notes/agent-trace": record("{c1}", hashed(1, 2, sum("something else\n")))}}}, Class: Unknown, Lines: "unknown 4", Why: "the lines are not those that the record is about"},
	{Name: "trace of a human beside a trailer", Source: "trace", Commits: []Commit{{Message: "Add\n\nCo-authored-by: Claude <noreply@anthropic.com>", Files: Files{"a.go": lines("new", 4), traceFile: recordOf("{base}", `{"path": "a.go", "conversations": [{"contributor": {"type": "human"}, "ranges": [`+span(1, 4)+`]}]}`)}}}, Class: Mixed, Agents: "claude-code", Lines: "ai-declared 1, human-attested 4", Findings: "attest-note-against-trailer", Why: "the record comes with the change itself and says otherwise than its message: somebody has to look"},
	{Name: "trace as a note of another commit", Source: "trace", Commits: []Commit{{Message: "Add", Files: four, Notes: map[string]string{"refs/notes/agent-trace": record("1111111111111111111111111111111111111111", span(1, 4))}}}, Class: Unknown, Lines: "unknown 4", Why: "the record names another revision than the commit and its parent"},
	{Name: "trace that was there before", Source: "trace", Base: Files{traceFile: record("1111111111111111111111111111111111111111", span(1, 4))}, Commits: one(four, "Add"), Class: Unknown, Lines: "unknown 4", Why: "about another change"},
	{Name: "trace on what was moved later", Source: "trace", Commits: append(traced(record("{base}", span(1, 4))), Commit{Message: "Move", Files: Files{"b.go": "<- a.go"}}), Of: 1, Class: AIDeclared, Agents: opus, Lines: "ai-declared 4, unknown 1", Why: "the lines are the same under another name"},
}
