// Package agentfiles knows the files that coding agents read: what instructs them, what
// they are allowed, which servers they talk to, and what they were asked and answered.
//
// It is data: one line adds a place. Paths are compared without regard to case.
package agentfiles

import (
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"custody/internal/change"
)

// A Kind says what an agent takes a file for.
type Kind uint8

const (
	None         Kind = iota
	Instructions      // read by an agent before it works, and obeyed
	Settings          // what an agent may do, and what runs beside it: JSON or TOML
	Prompt            // sent to a model by a program or a person
	Transcript        // what was said between a person and an agent
)

// A place is where an agent looks.
type place struct {
	glob string // lower case
	kind Kind
	tool string // "" for several
}

// places are asked in order: the first that matches says what a file is.
var places = []place{
	{"**/.claude/settings{,.local}.json", Settings, "claude"},
	{"**/{.mcp.json,mcp_config.json,mcp_settings.json,cline_mcp_settings.json,claude_desktop_config.json}", Settings, "mcp"},
	{"mcp.json", Settings, "mcp"},
	{"**/.{amazonq,kilocode,roo,cursor,vscode,windsurf,idx,trae}/mcp.json", Settings, "mcp"},
	{"**/.kiro/settings/mcp.json", Settings, "mcp"},
	{"**/.junie/mcp/*.json", Settings, "mcp"},
	{"**/.cursor/{cli,cli-config,permissions}.json", Settings, "cursor"},
	{"**/{.cursor,.windsurf,.codex}/hooks.json", Settings, "hooks"},
	{"**/.github/hooks/*.json", Settings, "hooks"},
	{"**/.{gemini,qwen}/settings.json", Settings, "gemini"},
	{"**/{gemini-extension,qwen-extension}.json", Settings, "gemini"},
	{"**/.codex/{config,*.config}.toml", Settings, "codex"},
	{"**/.vscode/settings.json", Settings, "vscode"},
	{"**/*.code-workspace", Settings, "vscode"},
	{"**/.vscode/tasks.json", Settings, "vscode-tasks"},
	{"**/.zed/settings.json", Settings, "zed"},
	{"**/{opencode.json,opencode.jsonc}", Settings, "opencode"},
	{"**/.claude-plugin/{plugin,marketplace}.json", Settings, "claude"},
	{"**/hooks/hooks.json", Settings, "claude"},

	{"**/.claude/projects/**/*.jsonl", Transcript, ""},
	{"**/.codex/{sessions,archived_sessions}/**", Transcript, ""},
	{"**/.{specstory,agent-trace,entire}/**", Transcript, ""},
	{"**/.aider.{chat.history.md,input.history,llm.history}", Transcript, ""},
	{"**/.{cursor,windsurf,gemini,copilot}/{chats,chat,history,logs,tmp,sessions}/**", Transcript, ""},
	{"**/{transcript,transcripts,agent-logs,agent_logs,chat-logs,chat_logs,chat-history,chat_history}/**/*.{json,jsonl,md,txt,log}", Transcript, ""},
	{"**/*.{transcript,transcripts,chat}.{json,jsonl,md,txt}", Transcript, ""},

	{"**/{claude,claude.local,agents,agent,agents.override,gemini,qwen,copilot,crush,warp,jules}.md", Instructions, ""},
	{"**/skill.md", Instructions, ""},
	{"**/.{cursorrules,windsurfrules,clinerules,roorules,goosehints,augment-guidelines,kilocoderules,junierules}", Instructions, ""},
	{"**/.{clinerules,roorules}/**", Instructions, ""},
	{"**/.roorules-*", Instructions, ""},
	{"**/.{claude,codex,gemini,qwen,cursor,windsurf,opencode,agents,agent,kiro,trae,kilocode,roo,continue,augment,amazonq,junie,qoder,factory}/**/*.{md,mdc,mdx,txt,toml}", Instructions, ""},
	{"**/.aiassistant/rules/**", Instructions, ""},
	{"**/.github/copilot-instructions.md", Instructions, ""},
	{"**/.github/{instructions,prompts,chatmodes,agents,skills,agentic-workflows}/**/*.md", Instructions, ""},
	{"**/.github/{instructions,prompts,chatmodes,agents}/*.md", Instructions, ""},
	{"**/*.{instructions,chatmode,agent}.md", Instructions, ""},

	{"**/*.prompt.{md,txt,yml,yaml,json}", Prompt, ""},
	{"**/*.{prompt,prompty}", Prompt, ""},
	{"**/{prompts,prompt-templates,prompt_templates,system-prompts,system_prompts}/**/*.{md,mdx,txt,yml,yaml,json,jsonl,toml,j2,jinja,jinja2,tmpl,hbs,mustache}", Prompt, ""},
}

// Of says what an agent takes a file for, and which one; further are globs of more
// prompts.
func Of(p change.Path, further []string) (Kind, string) {
	lower := strings.ToLower(string(p))
	if parts().Any(lower) {
		for _, pl := range places {
			if doublestar.MatchUnvalidated(pl.glob, lower) {
				return pl.kind, pl.tool
			}
		}
	}
	for _, g := range further {
		if g := strings.ToLower(g); doublestar.MatchUnvalidated(g, lower) || doublestar.MatchUnvalidated(g+"/**", lower) {
			return Prompt, ""
		}
	}
	return None, ""
}

// String names what the file is.
func (k Kind) String() string {
	return [...]string{"no file of an agent", "instructions of an agent", "settings of an agent", "a prompt", "a transcript"}[k]
}
