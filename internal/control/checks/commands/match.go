package commands

import (
	"slices"
	"strings"
)

// A tri is the answer to whether a command matches. The zero value is no.
type tri uint8

const (
	no    tri = iota
	maybe     // it depends on what is not in the file
	yes
)

func both(a, b tri) tri   { return min(a, b) }
func either(a, b tri) tri { return max(a, b) }
func when(ok bool) tri {
	if ok {
		return yes
	}
	return no
}

// A grammar says how a program reads its arguments.
type grammar struct {
	name   string
	values string // its options of one letter that take a value
	long   string // its long options that take the next word, separated by spaces
	words  bool   // options of one dash are words, as in terraform -auto-approve
	stops  string // a subcommand behind whose first operand everything belongs to another command
}

var grammars = []grammar{
	{name: "git", values: "Cc", long: "--git-dir --work-tree --namespace --exec-path --repo --receive-pack --push-option -o"},
	{name: "npm", values: "wC", long: "--prefix --registry --workspace --tag --loglevel --cache --userconfig"},
	{name: "pnpm", values: "CF", long: "--dir --filter --reporter"},
	{name: "yarn", long: "--cwd --modules-folder --registry"},
	{name: "kubectl", values: "nflscpo", long: "--namespace --context --cluster --kubeconfig --user --server --token --selector --filename --output --timeout --grace-period --as --field-selector"},
	{name: "oc", values: "nflo", long: "--namespace --context --selector"},
	{name: "helm", values: "nfo", long: "--namespace --kube-context --kubeconfig --set --values --version --timeout"},
	{name: "terraform", words: true}, {name: "tofu", words: true}, {name: "terragrunt", words: true},
	{name: "pulumi", values: "sCt", long: "--stack --cwd --target"},
	{name: "docker", values: "HclvpewunmahfaPt", long: "--name --network --net --volume --publish --env --env-file --workdir --user --entrypoint --mount --label --host --context --config --platform --memory --cpus --hostname --restart --cap-add --cap-drop --security-opt --device --pull --gpus --add-host --file --build-arg --tag --target --log-driver --log-opt --ulimit --shm-size --link --expose --dns --tmpfs --runtime --ipc --pid --userns --cgroupns --stop-timeout --volumes-from --health-cmd --health-interval --project-name", stops: "run exec create"},
	{name: "podman", values: "vpewumht", long: "--name --network --volume --publish --env --workdir --user --entrypoint --mount --label --platform", stops: "run exec create"},
	{name: "nerdctl", values: "vpewumhtn", long: "--name --network --volume", stops: "run exec create"},
	{name: "curl", values: "oHXdFTuUeAbcCDEKmPQrtwxyYzh", long: "--output --header --request --data --data-raw --data-binary --data-urlencode --form --upload-file --user --proxy --referer --user-agent --cookie --cookie-jar --cacert --cert --key --retry --retry-delay --retry-max-time --max-time --connect-timeout --write-out --url --resolve --config --range --json --output-dir"},
	{name: "wget", values: "OoaeiPtTwQUD", long: "--output-document --output-file --header --timeout --tries --user --password --post-data --directory-prefix --user-agent"},
	{name: "ssh", values: "bcDEeFIiJLlmOopQRSWw"}, {name: "scp", values: "cFiJloPS"}, {name: "sftp", values: "BbcDFiJloPRSs"},
	{name: "pip", values: "rceitf", long: "--index-url --extra-index-url --trusted-host --requirement --constraint --target --find-links --timeout"},
	{name: "pip3", values: "rceitf", long: "--index-url --extra-index-url --trusted-host --requirement --constraint --target --find-links --timeout"},
	{name: "apt-get", values: "otcq", long: "--option --target-release"}, {name: "apt", values: "otc", long: "--option"},
	{name: "find", words: true}, {name: "gh", values: "RfFHXqjt", long: "--repo --title --body --body-file --json --jq --method --header --field"},
	{name: "aws", long: "--region --profile --output --query --endpoint-url --stack-name --instance-ids --bucket --key --name"},
	{name: "gcloud", long: "--project --zone --region --format --account"},
	{name: "az", values: "gn", long: "--name --resource-group --subscription"},
	{name: "systemctl"}, {name: "iptables", values: "tApDdIRsdjmio"},
	{name: "chmod"}, {name: "rm"}, {name: "dd"}, {name: "psql", values: "cdfhpUvoLRF", long: "--command --dbname --file --host --port --username"},
	{name: "mysql", values: "eDhPuS", long: "--execute --database --host --port --user"}, {name: "mariadb", values: "eDhPuS", long: "--execute"},
	{name: "sqlite3"}, {name: "sqlcmd", values: "QqSUPd"}, {name: "redis-cli", values: "hpanu"}, {name: "useradd", values: "ugGdscpek"},
	{name: "python", values: "cmWX"}, {name: "python3", values: "cmWX"}, {name: "perl", values: "eEMI"}, {name: "ruby", values: "erI"}, {name: "node", values: "er"}, {name: "php", values: "rf"},
	{name: "docker-compose", values: "fpew", long: "--file --project-name --env"},
	{name: "shred", values: "ns"}, {name: "crontab", values: "u"}, {name: "nc", values: "wpse"}, {name: "ncat", values: "wpsec", long: "--exec --sh-exec"},
}

func grammarOf(name string) *grammar {
	for i := range grammars {
		if grammars[i].name == name {
			return &grammars[i]
		}
	}
	return &grammar{name: name}
}

// arguments are those of a command, sorted out.
type arguments struct {
	flags    []flag
	operands []word
	dynamic  bool // a word that may be an option, or several, is not known
}

type flag struct {
	name  string // with its dashes
	value word
	set   bool // has a value
}

// sort tells options from operands, in the way that the program does.
func (g *grammar) sort(args []word) arguments {
	var out arguments
	stop := false
	for i := 0; i < len(args); i++ {
		a := args[i]
		next := func() (word, bool) {
			if i+1 < len(args) {
				i++
				return args[i], true
			}
			return word{}, false
		}
		switch {
		case stop || !strings.HasPrefix(a.text, "-") || a.text == "-":
			if !stop && a.mayBeOptions() {
				out.dynamic = true
			}
			out.operands = append(out.operands, a)
			if g.stops != "" && len(out.operands) == 2 && out.operands[0].known() && slices.Contains(strings.Fields(g.stops), out.operands[0].text) {
				// What follows is another command's.
				out.operands = append(out.operands, args[i+1:]...)
				return out
			}
		case a.text == "--":
			stop = true
		case strings.HasPrefix(a.text, "--"), g.words:
			name, value, set := strings.Cut(a.text, "=")
			f := flag{name: name, value: word{text: value, vars: a.vars}, set: set}
			if !set && slices.Contains(strings.Fields(g.long), name) {
				f.value, f.set = next()
			}
			out.flags = append(out.flags, f)
		default:
			g.cluster(a, next, &out)
		}
	}
	return out
}

// cluster takes -xyz apart.
func (g *grammar) cluster(a word, next func() (word, bool), out *arguments) {
	for k := 1; k < len(a.text); k++ {
		f := flag{name: "-" + a.text[k:k+1]}
		if a.text[k] == unknown[0] {
			out.dynamic = true
			continue
		}
		if strings.IndexByte(g.values, a.text[k]) >= 0 {
			if k+1 < len(a.text) {
				f.value, f.set = word{text: strings.TrimPrefix(a.text[k+1:], "="), vars: a.vars}, true
				k = len(a.text)
			} else {
				f.value, f.set = next()
			}
		}
		out.flags = append(out.flags, f)
	}
}

// has answers whether one of the options stands there: "-f", "--force", or with a
// value: "--location=global".
func (a *arguments) has(any []string) tri {
	answer := no
	for _, want := range any {
		name, value, valued := strings.Cut(want, "=")
		for _, f := range a.flags {
			switch {
			case f.name != name && !(strings.HasPrefix(name, "--") && abbreviates(f.name, name)):
			case !valued || strings.EqualFold(f.value.text, value):
				answer = yes
				if !valued && f.set && (f.value.text == "false" || f.value.text == "0") {
					answer = either(no, no)
				}
			case !f.value.known():
				answer = either(answer, maybe)
			}
			if answer == yes {
				return yes
			}
		}
	}
	if a.dynamic {
		answer = either(answer, maybe)
	}
	return answer
}

// abbreviates says whether a long option may be written shorter, as GNU programs let one:
// at least seven characters, so that --force is not --for.
func abbreviates(written, full string) bool {
	return len(written) >= 7 && strings.HasPrefix(full, written)
}

// match answers whether a command is what a pattern looks for.
func (p *pattern) match(c *command) tri {
	if p.special != nil {
		return p.special(c)
	}
	if len(c.argv) == 0 {
		return no
	}
	name := named(c.argv[0], p.names)
	if name == no {
		return no
	}
	g := grammarOf(p.names[0])
	if name == yes {
		g = grammarOf(base(c.argv[0].text))
	}
	args := g.sort(c.argv[1:])
	answer := yes
	for _, group := range p.all {
		if answer = both(answer, args.has(group)); answer == no {
			return no
		}
	}
	if len(p.none) > 0 && args.has(p.none) == yes {
		return no
	}
	rest := args.operands
	if len(p.sub) > 0 {
		var found tri
		if found, rest = subcommand(rest, p.sub); found == no {
			return no
		} else {
			answer = both(answer, found)
		}
	}
	if p.operand != nil {
		found := no
		for i, o := range rest {
			found = either(found, p.operand(o, rest[i+1:]))
		}
		if len(rest) == 0 && p.bare {
			found = yes
		}
		if c.appends && len(rest) == 0 {
			found = maybe
		}
		answer = both(answer, found)
	}
	return suspicious(name, answer)
}

// suspicious weighs the arguments of a program whose name may not be known. Such a one is
// like any other program that is called: only what it is given for certain makes it one
// that might match.
func suspicious(name, arguments tri) tri {
	if name == maybe && arguments != yes {
		return no
	}
	return both(name, arguments)
}

// named answers whether a word is one of the programs; "mkfs*" is any that begins so.
func named(w word, names []string) tri {
	if !w.known() {
		// Its end may still say that it is none of them: $DIR/build.sh.
		_, last, _ := cutLast(w.text, "/")
		if strings.Contains(last, unknown) {
			known := strings.ReplaceAll(last, unknown, "")
			if known == "" {
				return maybe
			}
			return no
		}
		w = word{text: last}
	}
	name := base(w.text)
	for _, n := range names {
		if prefix, ok := strings.CutSuffix(n, "*"); ok && strings.HasPrefix(name, prefix) || n == name {
			return yes
		}
	}
	return no
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}

// subcommand answers whether the operands begin with one of the alternatives, each one
// or more words, and what comes behind. Words of a subcommand are separated by spaces.
func subcommand(operands []word, alternatives []string) (tri, []word) {
	best, rest := no, []word(nil)
	for _, alternative := range alternatives {
		words := strings.Fields(alternative)
		if len(operands) < len(words) {
			continue
		}
		answer := yes
		for i, want := range words {
			switch o := operands[i]; {
			case !o.known() && o.mayBeFlag():
				answer = both(answer, maybe)
			case o.text != want:
				answer = no
			}
		}
		if answer > best {
			best, rest = answer, operands[len(words):]
		}
	}
	return best, rest
}
