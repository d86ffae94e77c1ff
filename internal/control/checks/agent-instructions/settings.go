package agentinstructions

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// A setting is one thing that settings of an agent should not say.
type setting struct {
	tools []string // whose settings
	path  string   // keys with slashes between; "*" is any, "**" any number
	bad   func(*node) bool
	rule  string // of def.yaml
	says  string // what it means, with %s for the path
}

// settings is the table. A line adds one.
var settings = []setting{
	// Nobody is asked any more.
	{tools("claude"), "permissions/defaultMode", is("bypassPermissions", "dontAsk"), "no-questions", "%s lets the agent do anything without asking"},
	{tools("claude"), "skipDangerousModePermissionPrompt", yes, "no-questions", "%s takes away the warning before an agent that never asks"},
	{tools("codex"), "approval_policy", is("never"), "no-questions", "%s lets the agent do anything in its sandbox without asking"},
	{tools("codex"), "profiles/*/approval_policy", is("never"), "no-questions", "%s lets the agent do anything in its sandbox without asking"},
	{tools("codex"), "sandbox_mode", is("danger-full-access"), "no-sandbox", "%s runs commands without a sandbox"},
	{tools("codex"), "profiles/*/sandbox_mode", is("danger-full-access"), "no-sandbox", "%s runs commands without a sandbox"},
	{tools("codex"), "sandbox_workspace_write/network_access", yes, "broad-permission", "%s gives every command the network"},
	{tools("codex"), "mcp_servers/*/default_tools_approval_mode", is("approve"), "auto-approve", "%s uses every tool of the server without asking"},
	{tools("gemini"), "autoAccept", yes, "no-questions", "%s runs tools without asking"},
	{tools("gemini"), "tools/autoAccept", yes, "no-questions", "%s runs tools without asking"},
	{tools("gemini"), "general/defaultApprovalMode", is("yolo"), "no-questions", "%s runs tools without asking"},
	{tools("gemini"), "approvalMode", is("yolo"), "no-questions", "%s runs tools without asking"},
	{tools("gemini"), "tools/approvalMode", is("yolo"), "no-questions", "%s runs tools without asking"},
	{tools("gemini"), "mcpServers/*/trust", yes, "auto-approve", "%s uses every tool of the server without asking"},
	{tools("gemini"), "tools/sandbox", no, "no-sandbox", "%s runs tools without a sandbox"},
	{tools("vscode"), "chat.tools.autoApprove", yes, "no-questions", "%s runs every tool without asking"},
	{tools("vscode"), "chat.tools.global.autoApprove", yes, "no-questions", "%s runs every tool without asking"},
	{tools("vscode"), "settings/chat.tools.autoApprove", yes, "no-questions", "%s runs every tool without asking"},
	{tools("vscode"), "settings/chat.tools.global.autoApprove", yes, "no-questions", "%s runs every tool without asking"},
	{tools("vscode"), "chat.tools.edits.autoApprove/*", yesKey("**", "**/*", "**/.*"), "broad-permission", "%s edits every file without asking"},
	{tools("zed"), "agent/always_allow_tool_actions", yes, "no-questions", "%s runs every tool without asking"},
	{tools("zed"), "agent/tool_permissions/default", is("allow"), "no-questions", "%s runs every tool without asking"},
	{tools("opencode"), "permission", is("allow"), "no-questions", "%s runs every tool without asking"},
	{tools("opencode"), "agent/*/permission", is("allow"), "no-questions", "%s runs every tool without asking"},

	// Any command.
	{tools("claude", "cursor"), "permissions/allow", anyCommand, "any-command", "%s allows any command without asking"},
	{tools("gemini"), "tools/allowed", anyCommand, "any-command", "%s allows any command without asking"},
	{tools("gemini"), "allowedTools", anyCommand, "any-command", "%s allows any command without asking"},
	{tools("vscode"), "chat.tools.terminal.autoApprove/*", yesKey("*", "/.*/", "/^.*$/", "/.+/", "/./", "//"), "any-command", "%s allows any command without asking"},
	{tools("opencode"), "permission/*", isUnder("allow", "bash", "*"), "any-command", "%s runs any command without asking"},
	{tools("opencode"), "agent/*/permission/*", isUnder("allow", "bash", "*"), "any-command", "%s runs any command without asking"},
	{tools("opencode"), "permission/bash/*", isUnder("allow", "*"), "any-command", "%s runs any command without asking"},
	{tools("claude", "cursor"), "permissions/allow", broadCommand, "broad-permission", "%s allows programs that run, fetch or delete anything"},
	{tools("gemini"), "tools/allowed", broadCommand, "broad-permission", "%s allows programs that run, fetch or delete anything"},
	{tools("claude"), "permissions/additionalDirectories", wholeDisk, "broad-permission", "%s opens the whole disk or home"},
	{tools("claude"), "sandbox/enabled", no, "no-sandbox", "%s runs commands without a sandbox"},
	{tools("claude"), "sandbox/allowUnsandboxedCommands", yes, "broad-permission", "%s lets commands leave the sandbox"},

	// Servers without asking.
	{tools("claude"), "enableAllProjectMcpServers", yes, "any-server", "%s starts every server that the repository names, without asking"},

	// Commands beside the agent.
	{tools("claude", "hooks", "gemini"), "hooks/**/command", present, "runs-command", "%s runs a command on its own"},
	{tools("claude"), "statusLine/command", present, "runs-command", "%s runs a command on its own"},
	{tools("claude"), "apiKeyHelper", present, "runs-command", "%s runs a command on its own"},
	{tools("claude"), "awsAuthRefresh", present, "runs-command", "%s runs a command on its own"},
	{tools("claude"), "awsCredentialExport", present, "runs-command", "%s runs a command on its own"},
	{tools("claude"), "otelHeadersHelper", present, "runs-command", "%s runs a command on its own"},
	{tools("claude"), "fileSuggestion/command", present, "runs-command", "%s runs a command on its own"},
	{tools("codex"), "notify", filled, "runs-command", "%s runs a command on its own"},
	{tools("gemini"), "tools/discoveryCommand", present, "runs-command", "%s runs a command on its own"},
	{tools("gemini"), "tools/callCommand", present, "runs-command", "%s runs a command on its own"},
	{tools("gemini"), "toolDiscoveryCommand", present, "runs-command", "%s runs a command on its own"},
	{tools("vscode-tasks"), "tasks/*/runOptions/runOn", is("folderOpen"), "runs-command", "%s runs a task as soon as the folder is opened"},
	{tools("vscode"), "task.allowAutomaticTasks", is("on"), "runs-command", "%s lets tasks run as soon as the folder is opened"},

	// The model behind another address.
	{tools("claude"), "env/ANTHROPIC_BASE_URL", notOf("anthropic.com"), "redirected", "%s sends what the agent sees, and its key, to another address"},
	{tools("claude"), "env/ANTHROPIC_AUTH_TOKEN", secretText, "literal-secret", "%s holds a secret"},
	{tools("codex"), "model_providers/*/base_url", plainHTTP, "redirected", "%s sends what the agent sees to an address without TLS"},
	{tools("codex"), "openai_base_url", notOf("openai.com"), "redirected", "%s sends what the agent sees, and its key, to another address"},
	{tools("codex"), "chatgpt_base_url", notOf("openai.com", "chatgpt.com"), "redirected", "%s sends what the agent sees to another address"},

	{nil, "**/env/*", secretText, "literal-secret", "%s holds a secret"},
	{nil, "**/environment/*", secretText, "literal-secret", "%s holds a secret"},
	{nil, "**/headers/*", secretText, "literal-secret", "%s holds a secret"},
	{nil, "**/http_headers/*", secretText, "literal-secret", "%s holds a secret"},
}

func tools(names ...string) []string { return names }

func yes(n *node) bool {
	return n.kind == boolean && n.text == "true" || n.kind == text && n.text == "true"
}
func no(n *node) bool      { return n.kind == boolean && n.text == "false" }
func present(n *node) bool { return n.kind != null && !(n.kind == text && n.text == "") }
func filled(n *node) bool {
	return n.kind == list && len(n.items) > 0 || n.kind == text && n.text != "" || yes(n)
}

func is(values ...string) func(*node) bool {
	return func(n *node) bool { return n.kind == text && slices.Contains(values, n.text) }
}

// isUnder is a value under one of some keys.
func isUnder(value string, keys ...string) func(*node) bool {
	return func(n *node) bool { return is(value)(n) && slices.Contains(keys, n.key) }
}

// yesKey is yes under one of some keys.
func yesKey(keys ...string) func(*node) bool {
	return func(n *node) bool {
		approve := n.get("approve")
		return slices.Contains(keys, n.key) && (yes(n) || approve != nil && yes(approve))
	}
}

// Names of tools that run a command in a shell.
var shells = []string{"Bash", "Shell", "run_shell_command", "ShellTool", "shell", "bash", "PowerShell", "execute"}

var allowed = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:` + strings.Join(shells, "|") + `)(?:\((.*)\))?$`)
})

// anyCommand: a list allows a shell with nothing, or only wildcards, in parentheses.
func anyCommand(n *node) bool {
	return slices.ContainsFunc(n.texts(), func(s string) bool {
		if strings.Trim(s, "*") == "" && s != "" {
			return true
		}
		m := allowed().FindStringSubmatch(strings.TrimSpace(s))
		return m != nil && strings.Trim(m[1], ":* ") == ""
	})
}

// broad are programs that can do whatever any other can.
var broad = []string{"sh", "bash", "zsh", "pwsh", "powershell", "cmd", "sudo", "su", "eval", "env", "xargs", "ssh", "scp", "nc", "ncat", "curl", "wget", "rm", "dd", "chmod",
	"python", "python3", "node", "ruby", "perl", "php", "osascript", "docker", "kubectl", "aws", "gcloud", "az"}

// broadCommand: a list allows such a program with any arguments.
func broadCommand(n *node) bool {
	return slices.ContainsFunc(n.texts(), func(s string) bool {
		m := allowed().FindStringSubmatch(strings.TrimSpace(s))
		if m == nil {
			return false
		}
		words := strings.Fields(strings.TrimRight(m[1], ":* "))
		return len(words) == 1 && slices.Contains(broad, words[0]) && strings.HasSuffix(m[1], "*") || len(words) == 1 && m[1] == words[0] && slices.Contains(broad[:11], words[0])
	})
}

func wholeDisk(n *node) bool {
	return slices.ContainsFunc(n.texts(), isWholeDisk)
}

func isWholeDisk(s string) bool {
	return slices.Contains([]string{"/", "~", "~/", "//", "$HOME", "${HOME}", "/home", "/Users", "/root", "C:\\", "C:/", "c:\\"}, s)
}

var address = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?i)([a-z][a-z0-9+.-]*)://(?:[^/@]*@)?(\[[0-9a-f:.]*\]|[^/:?#]*)`)
})

// host is the lower-case host of an address.
func host(url string) (scheme, name string) {
	m := address().FindStringSubmatch(url)
	if m == nil {
		return "", ""
	}
	return strings.ToLower(m[1]), strings.ToLower(m[2])
}

// local hosts are on the same machine.
func isLocal(name string) bool {
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || name == "[::1]" || name == "host.docker.internal" || name == "0.0.0.0" || strings.HasPrefix(name, "127.")
}

func plainHTTP(n *node) bool {
	scheme, name := host(n.text)
	return (scheme == "http" || scheme == "ws") && name != "" && !isLocal(name) && !strings.ContainsAny(name, "${<")
}

// notOf: an address of none of the owners.
func notOf(owners ...string) func(*node) bool {
	return func(n *node) bool {
		_, name := host(n.text)
		if n.kind != text || name == "" || isLocal(name) || strings.ContainsAny(name, "${<") {
			return false
		}
		return !slices.ContainsFunc(owners, func(o string) bool { return name == o || strings.HasSuffix(name, "."+o) })
	}
}

var secretName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:token|secret|passwo?r?d|api[_-]?key|access[_-]?key|private[_-]?key|credential|authorization|_key$|_pat$)`)
})

var placeholder = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:\$|%[a-z_]+%|\{\{|<[^>]*>|\[[^\]]*\]|your|example|change[_-]?me|replace|placeholder|insert|xxx|\.\.\.|…|todo|dummy|test|fake|redacted|secret-here|_here\b|env:|input:|op://|vault:)`)
})

// secretText: the name says that the value is secret, and it is no placeholder.
func secretText(n *node) bool {
	if n.kind != text || !secretName().MatchString(n.key) {
		return false
	}
	v := strings.TrimPrefix(strings.TrimPrefix(n.text, "Bearer "), "Basic ")
	return len(v) >= 12 && !placeholder().MatchString(n.text) && !strings.ContainsAny(v, " /") && strings.ContainsAny(v, "0123456789")
}

// judge tells what settings say that they should not.
func judge(tool string, root *node, tell func(rule string, line int, message string)) {
	for _, s := range settings {
		if s.tools != nil && !slices.Contains(s.tools, tool) {
			continue
		}
		root.at(strings.Split(s.path, "/"), "", func(name string, n *node) {
			if s.bad(n) {
				tell(s.rule, n.line, fmt.Sprintf(s.says, name))
			}
		})
	}
	servers(tool, root, tell)
}
