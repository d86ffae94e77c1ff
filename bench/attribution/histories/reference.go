//go:build unix

package main

import (
	"regexp"
	"strings"
)

// The reference classifier. It shares nothing with the product: no table, no trailer
// parser, no rule of paragraphs; regular expressions over what git log prints, written
// to take too much rather than too little. Where it and custody differ, the
// commit is judged.

// tools are words by which agents go.
const tools = `claude|anthropic|copilot|cursor|codex|open-?ai|chat-?gpt|gpt-?[0-9o][\w.-]*|gemini|devin|jules|aider|windsurf|cascade|codeium|cline|roo(?: |-)?code|roomote|\bamp\b|ampcode|factory|droid|open-?hands|all-hands|kilo(?:code|connect)?|open-?code|crush|qwen|trae\b|code-?whisperer|amazon[ -]q|lovable|bolt\.new|replit|tabnine|sourcegraph|cody|\bwarp\b|cosine|junie|antigravity|goose|sweep|grok|deep-?seek|kimi|mistral|codestral|llama|augment|continue\.dev|ellipsis|code-?rabbit|greptile|mintlify|aikido|qodo|korbit|codegen|seer|gitlab duo|jetbrains ai|entire|chainloop-trace|zencoder|kiro|gitauto|large language model|\bllms?\b|\bai\b|ai-assist\w*|ai agent|language model`

var (
	tool = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:` + tools + `)(?:[^a-z]|$)`)

	// who matches authors and committers that look like a program's.
	who = regexp.MustCompile(`(?i)\[bot\]|\bbot\b|\bagent\b|noreply@(?:anthropic|openai|cursor|google|cline|aider|opencode|ampcode)|<aider@aider\.|@(?:cursor\.(?:com|sh)|all-hands\.dev|devin\.ai|cognition\.ai|roocode\.com|roo\.vet|ampcode\.com|warp\.dev|cosine\.sh|lovable\.dev|charm\.land)|\+copilot@|copilot@github|\(aider\)`)

	// shape matches lines that attribute something, wherever they stand.
	shape = regexp.MustCompile(`(?i)^[\s>*|•-]*(?:[a-z]+(?:-[a-z]+)*-(?:by|with)\b|made[- ]with|[a-z-]*(?:session|thread|checkpoint|trace|logs)[a-z-]*(?:-id|-url|s)?:|ai[- ][a-z-]+:|agent[a-z-]*:|model:|tools?:|.{0,60}\b(?:generated|written|created|authored|co-authored|implemented|made|built|assisted|powered|drafted|produced|coded|vibe[- ]coded|pair[- ]programmed|prompted|helped|contributed|refactored|translated)\b.{0,12}\b(?:with|by|using|via|from)\b)`)
)

// A signal is one thing that the reference takes for attribution.
type signal struct{ source, text string }

// reference lists what in a commit may say that an agent took part.
func reference(authorName, authorEmail, committerName, committerEmail, message string) []signal {
	var out []signal
	for _, p := range []struct{ source, name, email string }{{"author", authorName, authorEmail}, {"committer", committerName, committerEmail}} {
		person := p.name + " <" + p.email + ">"
		if who.MatchString(person) && tool.MatchString(person) || strings.Contains(strings.ToLower(p.name), "(aider)") {
			out = append(out, signal{p.source, person})
		}
	}
	if strings.HasPrefix(message, "aider: ") || strings.Contains(message, "# Aider chat conversation") {
		out = append(out, signal{"line", "aider: ..."})
	}
	for line := range strings.Lines(message) {
		line = strings.TrimRight(line, "\r\n\t ")
		if len(line) < 400 && shape.MatchString(line) && tool.MatchString(line) {
			out = append(out, signal{"line", strings.TrimSpace(line)})
		}
	}
	return out
}
