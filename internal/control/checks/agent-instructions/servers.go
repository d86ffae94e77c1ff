package agentinstructions

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// serverKeys are where the programs keep their MCP servers, each an object of servers by
// name.
var serverKeys = []string{"mcpServers", "servers", "mcp_servers", "context_servers", "mcp", "mcp/servers", "settings/mcp/servers", "amp.mcpServers", "projects/*/mcpServers"}

// serverTools are the settings in which "servers" and "mcp" mean MCP servers.
var serverTools = map[string][]string{"servers": {"mcp"}, "mcp": {"opencode"}, "context_servers": {"zed"}, "mcp_servers": {"codex"}, "mcp/servers": {"vscode"}, "settings/mcp/servers": {"vscode"}}

// servers looks at every MCP server.
func servers(tool string, root *node, tell func(rule string, line int, message string)) {
	for _, key := range serverKeys {
		if only := serverTools[key]; only != nil && !slices.Contains(only, tool) {
			continue
		}
		root.at(strings.Split(key, "/"), "", func(name string, all *node) {
			for _, f := range all.fields {
				if f.value.kind == object {
					server(join(name, f.key), f.value, tell)
				}
			}
		})
	}
}

func server(name string, n *node, tell func(rule string, line int, message string)) {
	for _, key := range []string{"url", "serverUrl", "httpUrl", "endpoint", "uri"} {
		url := n.get(key)
		if url == nil || url.kind != text {
			continue
		}
		if plainHTTP(url) {
			tell("plain-http", url.line, fmt.Sprintf("the server %s is reached without TLS", name))
		}
		if userinfo(url.text) {
			tell("literal-secret", url.line, fmt.Sprintf("the address of the server %s holds a password", name))
		}
	}
	for _, key := range []string{"alwaysAllow", "autoApprove", "autoAllow"} {
		if allow := n.get(key); allow != nil && filled(allow) {
			tell("auto-approve", allow.line, fmt.Sprintf("%s uses tools of the server without asking", join(name, key)))
		}
	}
	line, words := n.line, []string{}
	command := n.get("command")
	if command != nil {
		line = command.line
		if command.kind == object { // Zed
			words = append(words, command.get("path").texts()...)
			words = append(words, command.get("args").texts()...)
		} else {
			words = append(words, command.texts()...)
		}
	}
	if len(words) == 0 {
		return
	}
	if len(words) == 1 { // some write the whole line into one string
		words = strings.Fields(words[0])
	}
	words = append(words, n.get("args").texts()...)
	started(name, line, words, tell)
}

// userinfo says whether an address holds a password.
func userinfo(url string) bool {
	_, rest, ok := strings.Cut(url, "://")
	rest, _, _ = strings.Cut(rest, "/")
	user, _, at := strings.Cut(rest, "@")
	_, password, colon := strings.Cut(user, ":")
	return ok && at && colon && password != "" && !placeholder().MatchString(password)
}

// started looks at the command of a server.
func started(name string, line int, words []string, tell func(rule string, line int, message string)) {
	for len(words) > 0 && (strings.Contains(words[0], "=") || words[0] == "env") { // env A=b npx ...
		words = words[1:]
	}
	if len(words) == 0 {
		return
	}
	program := strings.ToLower(path.Base(strings.ReplaceAll(words[0], `\`, "/")))
	program = strings.TrimSuffix(strings.TrimSuffix(program, ".exe"), ".cmd")
	args := words[1:]
	switch program {
	case "cmd":
		if len(args) > 1 && strings.EqualFold(args[0], "/c") {
			started(name, line, args[1:], tell)
		}
		return
	case "sh", "bash", "zsh", "dash", "pwsh", "powershell":
		script := strings.Join(args, " ")
		switch {
		case !slices.ContainsFunc(args, func(a string) bool {
			return strings.HasPrefix(a, "-") && strings.HasSuffix(strings.ToLower(a), "c") || strings.EqualFold(a, "-Command")
		}):
			return // it runs a file
		case strings.Contains(script, "curl ") || strings.Contains(script, "wget ") || strings.Contains(script, "http://") || strings.Contains(script, "https://"):
			tell("shell-server", line, fmt.Sprintf("the server %s is a line of shell that fetches something", name))
		default:
			tell("runs-command", line, fmt.Sprintf("the server %s is started by a line of shell", name))
		}
		return
	}
	if pkg, runner := fetched(program, args); pkg != "" && !pinned(runner, pkg) {
		tell("unpinned-server", line, fmt.Sprintf("the server %s runs whatever version of its package %s finds on that day", name, program))
	}
	if slices.ContainsFunc(args, isWholeDisk) && strings.Contains(strings.Join(args, " "), "filesystem") {
		tell("broad-permission", line, fmt.Sprintf("the server %s opens the whole disk or home", name))
	}
}

// fetched finds the package that a runner fetches and runs, and by whose rules it is
// named; "" when nothing is fetched.
func fetched(program string, args []string) (pkg, runner string) {
	switch program {
	case "npx", "bunx", "pnpx":
		return operand(args, "-p", "--package", "-c", "--call", "-w", "--workspace"), "npm"
	case "npm", "pnpm", "yarn", "bun":
		if len(args) > 0 && slices.Contains([]string{"exec", "x", "dlx", "dlx:"}, args[0]) {
			return operand(args[1:], "-p", "--package", "-c", "--call"), "npm"
		}
	case "uvx":
		return operand(args, "--python", "-p", "--with", "--index-url", "--index", "--extra-index-url"), "pypi"
	case "uv":
		if len(args) > 1 && args[0] == "tool" && args[1] == "run" {
			return operand(args[2:], "--python", "-p", "--with"), "pypi"
		}
	case "pipx":
		if len(args) > 0 && args[0] == "run" {
			return operand(args[1:], "--python", "--pip-args"), "pypi"
		}
	case "docker", "podman":
		if i := slices.Index(args, "run"); i >= 0 {
			return operand(args[i+1:], "-e", "--env", "-v", "--volume", "--mount", "-p", "--publish", "--name", "--network", "--net", "-w", "--workdir", "-u", "--user",
				"--env-file", "--entrypoint", "--platform", "--pull", "--add-host", "-l", "--label", "-m", "--memory", "--cpus", "--gpus", "-h", "--hostname"), "image"
		}
	case "deno":
		if i := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, "npm:") || strings.HasPrefix(a, "jsr:") }); i >= 0 {
			return args[i][len("npm:"):], "npm"
		}
	}
	return "", ""
}

// operand is the package that a runner is told: that of --from or --package, else the
// first argument that is no option and no option's value.
func operand(args []string, valued ...string) string {
	for i, a := range args {
		for _, option := range []string{"--from", "--spec", "--package", "-p"} {
			if v, ok := strings.CutPrefix(a, option+"="); ok {
				return v
			}
			if a == option && i+1 < len(args) && (option != "-p" || slices.Contains(valued, "--package")) {
				return args[i+1]
			}
		}
	}
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case slices.Contains(valued, a):
			i++
		case strings.HasPrefix(a, "-"):
		default:
			return a
		}
	}
	return ""
}

// pinned says whether a package is named with one version, or is a file of its own.
func pinned(runner, pkg string) bool {
	if strings.ContainsAny(pkg, "${") || strings.HasPrefix(pkg, ".") || strings.HasPrefix(pkg, "/") {
		return true // nothing is known, or nothing is fetched
	}
	switch runner {
	case "npm":
		i := strings.LastIndexByte(pkg, '@')
		if strings.Contains(pkg, "://") || strings.HasPrefix(pkg, "github:") {
			_, rev, ok := strings.Cut(pkg, "#")
			return ok && isCommit(rev)
		}
		return i > 0 && isVersion(pkg[i+1:])
	case "pypi":
		if strings.HasPrefix(pkg, "git+") {
			i := strings.LastIndexByte(pkg, '@')
			return i >= 0 && isCommit(pkg[i+1:])
		}
		if _, v, ok := strings.Cut(pkg, "=="); ok {
			return isVersion(v)
		}
		_, v, ok := strings.Cut(pkg, "@")
		return ok && isVersion(v)
	}
	_, digest, ok := strings.Cut(pkg, "@sha256:")
	if ok {
		return len(digest) == 64
	}
	// A tag can be moved, but one that is a version is what people mean by pinned.
	i := strings.LastIndexByte(pkg, ':')
	return i > strings.LastIndexByte(pkg, '/') && isVersion(strings.TrimPrefix(pkg[i+1:], "v"))
}

// isVersion: digits with at least one dot, and no range.
func isVersion(v string) bool {
	return v != "" && v[0] >= '0' && v[0] <= '9' && strings.Count(v, ".") >= 1 && !strings.ContainsAny(v, "x*|<>~^ ")
}

func isCommit(rev string) bool {
	return len(rev) >= 40 && strings.Trim(rev[:40], "0123456789abcdef") == ""
}
