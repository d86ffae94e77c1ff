package commands

import (
	"strings"
)

// Patterns that look at more than a command's own arguments.

var fetchers = []string{"curl", "wget", "fetch", "aria2c", "http", "https", "lwp-download"}

func isFetcher(names []string) tri {
	for _, n := range names {
		for _, f := range fetchers {
			if n == f {
				return yes
			}
		}
	}
	return no
}

// interpreters read a program from their input when they are given no file.
var interpreters = []string{"python", "python3", "python2", "perl", "ruby", "node", "php"}

// readsProgram says whether a command runs what is piped into it.
func readsProgram(c *command) bool {
	if len(c.argv) == 0 || !c.argv[0].known() {
		return false
	}
	name := base(c.argv[0].text)
	if isShell(name) {
		return readsScript(c.argv)
	}
	for _, i := range interpreters {
		if name != i {
			continue
		}
		for _, a := range c.argv[1:] {
			if a.text == "-" {
				return true
			}
			if !strings.HasPrefix(a.text, "-") {
				return false
			}
			if strings.ContainsAny(a.text, "cemErnp") && !strings.HasPrefix(a.text, "--") {
				return false
			}
		}
		return true
	}
	return false
}

// runsDownload: what comes from the network is run unseen.
func runsDownload(c *command) tri {
	if len(c.argv) == 0 {
		return no
	}
	if readsProgram(c) && isFetcher(c.feeds) == yes {
		return yes
	}
	if !c.argv[0].known() {
		return no
	}
	name := base(c.argv[0].text)
	switch {
	case name == "source" || name == "." || isShell(name) || name == "eval" || contains(interpreters, name):
		for _, a := range c.argv[1:] {
			if isFetcher(a.from) == yes && strings.HasPrefix(a.text, unknown) {
				// python3 script.py "$(curl ...)" does not run what it is given.
				return yes
			}
			if !strings.HasPrefix(a.text, "-") {
				break
			}
		}
	case name == "iex" || name == "Invoke-Expression":
		return when(isFetcher(c.feeds) == yes)
	}
	return no
}

// runsDecoded: what was hidden by an encoding is run.
func runsDecoded(c *command) tri {
	decoders := []string{"base64", "xxd", "openssl", "uudecode", "gunzip", "zcat", "rev"}
	if len(c.argv) == 0 {
		return no
	}
	hidden := func(names []string) bool {
		for _, n := range names {
			if contains(decoders[:4], n) {
				return true
			}
		}
		return false
	}
	if readsProgram(c) && hidden(c.feeds) && isFetcher(c.feeds) == no {
		return yes
	}
	if c.argv[0].known() && (base(c.argv[0].text) == "eval" || isShell(base(c.argv[0].text))) {
		for _, a := range c.argv[1:] {
			if strings.HasPrefix(a.text, unknown) && hidden(a.from) {
				return yes
			}
		}
	}
	return no
}

// runsUnknown: a shell runs text that is not in the file. It is never certain.
func runsUnknown(c *command) tri {
	if len(c.argv) == 0 {
		return no
	}
	name := c.argv[0]
	if !name.known() {
		return no // the other patterns say whether it could be theirs
	}
	switch n := base(name.text); {
	case n == "eval":
		text := join(c.argv[1:])
		if strings.Trim(text.text, unknown+" ") != "" || text.text == "" {
			return no // what is known of it was looked at
		}
		for _, f := range text.from {
			if !contains(safeToEval, f) {
				return maybe
			}
		}
		if len(text.from) > 0 {
			return no
		}
		return maybe
	case isShell(n):
		if text, ok := afterFlag(append([]word{}, c.argv[1:]...), 'c'); ok {
			return when2(strings.Trim(text.text, unknown+" ") == "" && text.text != "")
		}
		if readsScript(c.argv) && c.input && len(c.feeds) > 0 {
			for _, f := range c.feeds {
				if f != "echo" && f != "printf" && f != "yes" {
					return maybe
				}
			}
		}
	}
	return no
}

func when2(ok bool) tri {
	if ok {
		return maybe
	}
	return no
}

// safeToEval print settings for the shell that calls them.
var safeToEval = []string{"ssh-agent", "dircolors", "direnv", "pyenv", "rbenv", "nodenv", "brew", "minikube", "opam", "fnm", "conda", "mise", "asdf", "docker-machine", "lesspipe", "gpg-agent", "zoxide", "starship", "register-python-argcomplete", "go"}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

// reverseShell connects a shell to the network.
func reverseShell(c *command) tri {
	for _, w := range c.writes {
		if strings.HasPrefix(w.text, "/dev/tcp/") || strings.HasPrefix(w.text, "/dev/udp/") {
			if len(c.argv) > 0 && c.argv[0].known() && (isShell(base(c.argv[0].text)) || base(c.argv[0].text) == "exec") && !strings.HasPrefix(w.text, "/dev/tcp/localhost") && !strings.HasPrefix(w.text, "/dev/tcp/127.") {
				return yes
			}
		}
	}
	if len(c.argv) > 1 && named(c.argv[0], []string{"nc", "ncat", "netcat"}) == yes {
		args := grammarOf("ncat").sort(c.argv[1:])
		for _, f := range args.flags {
			if (f.name == "-e" || f.name == "-c" || f.name == "--exec" || f.name == "--sh-exec") && isShell(base(f.value.text)) {
				return yes
			}
		}
	}
	return no
}

// writesDevice sends output onto a disk.
func writesDevice(c *command) tri {
	answer := no
	for _, w := range c.writes {
		if device(w, nil) == yes {
			answer = yes
		}
	}
	return answer
}

// writesSudoers gives rights to whoever the file names.
func writesSudoers(c *command) tri {
	to := c.writes
	if len(c.argv) > 1 && named(c.argv[0], []string{"tee"}) == yes {
		to = append(to, c.argv[1:]...)
	}
	for _, w := range to {
		if w.text == "/etc/sudoers" || strings.HasPrefix(w.text, "/etc/sudoers.d/") || w.text == "/etc/shadow" || w.text == "/etc/passwd" {
			return yes
		}
	}
	return no
}

// offSwitches are variables that turn the checking of certificates off.
var offSwitches = []assignment{
	{"NODE_TLS_REJECT_UNAUTHORIZED", word{text: "0"}},
	{"GIT_SSL_NO_VERIFY", word{text: "1"}}, {"GIT_SSL_NO_VERIFY", word{text: "true"}},
	{"PYTHONHTTPSVERIFY", word{text: "0"}}, {"GONOSUMDB", word{text: "*"}}, {"GOFLAGS", word{text: "-insecure"}}, {"GONOSUMCHECK", word{text: "1"}}, {"GOINSECURE", word{text: "*"}}, {"GOSUMDB", word{text: "off"}},
	{"HOMEBREW_NO_INSECURE_REDIRECT", word{text: "0"}}, {"CURL_INSECURE", word{text: "1"}}, {"NPM_CONFIG_STRICT_SSL", word{text: "false"}}, {"npm_config_strict_ssl", word{text: "false"}},
}

func switchesOff(c *command) tri {
	for _, a := range c.env {
		for _, off := range offSwitches {
			if a.name == off.name && a.value.text == off.value.text {
				return yes
			}
		}
	}
	return no
}

// gitInsecure: git -c http.sslVerify=false, git config http.sslVerify false.
func gitInsecure(c *command) tri {
	if len(c.argv) < 2 || named(c.argv[0], []string{"git"}) != yes {
		return no
	}
	off := func(key, value string) bool {
		key, value = strings.ToLower(key), strings.ToLower(value)
		return (strings.HasPrefix(key, "http.") && strings.HasSuffix(key, "sslverify")) && (value == "false" || value == "0" || value == "no")
	}
	args := grammarOf("git").sort(c.argv[1:])
	for _, f := range args.flags {
		if key, value, ok := strings.Cut(f.value.text, "="); f.name == "-c" && ok && off(key, value) {
			return yes
		}
	}
	for i, o := range args.operands {
		if i > 0 && i+1 < len(args.operands) && args.operands[0].text == "config" && off(o.text, args.operands[i+1].text) {
			return yes
		}
	}
	return no
}

// hostKeys: ssh that believes any host.
func hostKeys(c *command) tri {
	if len(c.argv) < 2 {
		return no
	}
	name := base(c.argv[0].text)
	if name != "ssh" && name != "scp" && name != "sftp" && name != "rsync" {
		return no
	}
	for _, a := range c.argv[1:] {
		t := strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(a.text, " ", ""), `"`, ""))
		if i := strings.Index(t, "stricthostkeychecking"); i >= 0 && strings.HasPrefix(strings.TrimLeft(t[i+len("stricthostkeychecking"):], "="), "no") {
			return yes
		}
	}
	return no
}

// privileged containers have the machine.
func privileged(c *command) tri {
	if len(c.argv) < 2 {
		return no
	}
	is := named(c.argv[0], []string{"docker", "podman", "nerdctl"})
	if is == no {
		return no
	}
	args := grammarOf("docker").sort(c.argv[1:])
	if found, _ := subcommand(args.operands, []string{"run", "exec", "create", "container run", "compose run", "compose exec"}); found != yes {
		return no
	}
	answer := no
	for _, f := range args.flags {
		switch f.name {
		case "--privileged":
			if f.value.text != "false" {
				answer = yes
			}
		case "-v", "--volume":
			answer = either(answer, hostMount(f.value.text))
		case "--mount":
			for _, part := range strings.Split(f.value.text, ",") {
				if k, v, _ := strings.Cut(part, "="); k == "source" || k == "src" {
					answer = either(answer, hostMount(v))
				}
			}
		case "--cap-add":
			if v := strings.ToUpper(f.value.text); v == "ALL" || v == "SYS_ADMIN" || v == "CAP_SYS_ADMIN" {
				answer = yes
			}
		}
	}
	return suspicious(is, answer)
}

// showsSecret prints a credential, which then stands in a log.
func showsSecret(c *command) tri {
	if c.hidden || len(c.argv) == 0 || !c.argv[0].known() {
		return no
	}
	name := base(c.argv[0].text)
	if name != "echo" && name != "printf" && name != "print" {
		return no
	}
	for _, a := range c.argv[1:] {
		if strings.HasPrefix(a.text, "::add-mask::") {
			return no
		}
	}
	for _, a := range c.argv[1:] {
		for _, v := range a.vars {
			if secretName(v) {
				return yes
			}
		}
	}
	return no
}

// secretName says whether a variable's name tells that it holds a credential.
func secretName(v string) bool {
	if strings.HasPrefix(v, "secrets.") {
		return true
	}
	v = strings.ToUpper(v)
	if v == "" {
		return false
	}
	for _, end := range []string{"TOKEN", "SECRET", "PASSWORD", "PASSWD", "APIKEY", "API_KEY", "ACCESS_KEY", "SECRET_KEY", "PRIVATE_KEY", "CREDENTIALS", "PASSPHRASE"} {
		if v == end || strings.HasSuffix(v, "_"+end) || len(end) > 6 && strings.HasSuffix(v, end) {
			return true
		}
	}
	return false
}

// secretArgument hands a credential over where every process of the machine sees it.
func secretArgument(c *command) tri {
	if len(c.argv) < 3 || named(c.argv[0], []string{"docker", "podman", "helm", "npm", "az"}) != yes {
		return no
	}
	g := grammar{name: "login", values: "pu", long: "--password --username"}
	args := g.sort(c.argv[1:])
	if found, _ := subcommand(args.operands, []string{"login", "registry login"}); found != yes {
		return no
	}
	for _, f := range args.flags {
		if (f.name == "-p" || f.name == "--password") && f.set {
			return yes
		}
	}
	return no
}

// sql in the arguments of a database's client that drops or empties something.
func dropsData(c *command) tri {
	if len(c.argv) < 2 || named(c.argv[0], []string{"psql", "mysql", "mariadb", "sqlite3", "sqlcmd", "cockroach", "clickhouse-client", "mongo", "mongosh", "redis-cli", "dropdb", "snowsql", "bq", "duckdb"}) != yes {
		return no
	}
	switch name := base(c.argv[0].text); name {
	case "dropdb":
		return yes
	case "redis-cli":
		for _, a := range c.argv[1:] {
			if t := strings.ToLower(a.text); t == "flushall" || t == "flushdb" {
				return yes
			}
		}
		return no
	case "mongo", "mongosh":
		for _, a := range c.argv[1:] {
			if strings.Contains(a.text, "dropDatabase(") || strings.Contains(a.text, ".drop()") {
				return yes
			}
		}
		return no
	}
	for _, a := range c.argv[1:] {
		if strings.ContainsAny(a.text, " \t\n") && destroys(a.text) {
			return yes
		}
	}
	return no
}

// findDeletes deletes whatever find finds below a folder of the system, without a test.
func findDeletes(c *command) tri {
	if len(c.argv) < 2 || named(c.argv[0], []string{"find", "gfind"}) != yes {
		return no
	}
	answer, tests, deletes := no, false, false
	roots := true
	for _, a := range c.argv[1:] {
		switch {
		case a.text == "-delete":
			deletes = true
		case strings.HasPrefix(a.text, "-"):
			roots = false
			switch a.text {
			case "-name", "-iname", "-path", "-type", "-regex", "-mtime", "-mmin", "-newer", "-user", "-size", "-empty", "-perm", "-wholename", "-ipath", "-ctime", "-atime", "-links", "-group", "-inum", "-iwholename":
				tests = true
			}
		case roots:
			answer = either(answer, systemFolder(a, nil))
		}
	}
	if !deletes || tests {
		return no
	}
	return answer
}

// forcesPush: without a branch it is the one that is checked out, which may be any.
func forcesPush(c *command) tri {
	if len(c.argv) < 2 {
		return no
	}
	is := named(c.argv[0], []string{"git"})
	if is == no {
		return no
	}
	args := grammarOf("git").sort(c.argv[1:])
	found, rest := subcommand(args.operands, []string{"push"})
	answer := both(found, args.has(flags("-f", "--force")))
	if answer == no || args.has(flags("--tags")) == yes && len(rest) < 2 || args.has(flags("--dry-run", "-n")) == yes {
		return no
	}
	if len(rest) < 2 {
		return suspicious(is, answer)
	}
	target := no
	for i, ref := range rest[1:] {
		target = either(target, sharedRef(ref, rest[i+2:]))
	}
	return suspicious(is, both(answer, target))
}
