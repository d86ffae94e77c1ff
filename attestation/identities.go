package attestation

// TableVersion changes with every change of a row: verdicts record it.
const TableVersion = "3"

// Where the facts come from. "Histories": read in public histories, as author,
// committer or trailer. The rest names the publisher's own words.
const (
	seen    = "public histories, 2026-11"
	written = "configuration and documentation files in public repositories, 2026-11"
)

// Identities is the table: one row a tool, agents first. Order has no meaning. Two rows
// must not claim the same address, login, name or line (a test looks).
func Identities() []Identity {
	return []Identity{
		{
			ID: "claude-code", Name: "Claude Code", Kind: KindAgent, Schema: "claude-code",
			// 41898282 is the number of github-actions: the action for Claude writes its own
			// name before it. As an address of git it is Claude's; as an account it is not.
			Emails:   []string{"noreply@anthropic.com", "assistant@anthropic.com", "41898282+claude[bot]@users.noreply.github.com"},
			Accounts: []Account{{"209825114", "claude[bot]"}},
			Names:    []string{"claude code", "claude-code", "claude code cli", "claude ai", "anthropic claude", "claude agent sdk"},
			Short:    []string{"claude"},
			Lines: []string{
				"Generated with [Claude Code](https://claude.ai/code)",
				"Generated with [Claude Code](https://claude.com/claude-code)",
				"Generated with [Claude Code](https://www.anthropic.com/claude-code)",
				"Generated with Claude Code",
			},
			Source: seen + "; code.claude.com/docs, settings: attribution",
			Yes: []string{
				"author: Claude <noreply@anthropic.com>",
				"author: claude[bot] <41898282+claude[bot]@users.noreply.github.com>",
				"Co-Authored-By: Claude Opus 4.7 (1M context) <noreply@anthropic.com>",
				"🤖 Generated with [Claude Code](https://claude.ai/code)",
			},
			No: []string{
				"author: Claude Monet <claude@monet.example>",
				"Co-authored-by: Claude <claude@claudobahn.example>",
				"author: claude[bot] <1+claude[bot]@users.noreply.github.com>",
				"Bump anthropic-sdk, noreply@anthropic.com is their address",
			},
		},
		{
			ID: "copilot", Name: "GitHub Copilot", Kind: KindAgent, Schema: "copilot",
			// The numbered ones are VS Code and the command line: users, not apps.
			Emails: []string{"copilot@github.com", "noreply+copilot@github.com", "175728472+copilot@users.noreply.github.com", "223556219+copilot@users.noreply.github.com"},
			// One account under two logins: the API says Copilot, older pages the [bot].
			Accounts: []Account{{"198982749", "Copilot"}, {"198982749", "copilot-swe-agent[bot]"}},
			Short:    []string{"copilot"},
			Names:    []string{"github copilot", "github-copilot", "copilot-swe-agent[bot]", "github copilot cli", "copilot cli", "copilot coding agent", "github copilot coding agent", "copilot autofix powered by ai"},
			Source:   seen + "; docs.github.com, Copilot cloud agent",
			Yes: []string{
				"author: copilot-swe-agent[bot] <198982749+Copilot@users.noreply.github.com>",
				"Co-authored-by: Copilot <copilot@github.com>",
				"Co-authored-by: Copilot <175728472+Copilot@users.noreply.github.com>",
				"Co-authored-by: Copilot <223556219+Copilot@users.noreply.github.com>",
				"Assisted-by: GitHub Copilot (claude-sonnet-4-6) <noreply@github.com>",
			},
			No: []string{"author: Co Pilot <copilot@airline.example>", "author: GitHub <noreply@github.com>", "Co-authored-by: Copilot <1+Copilot@users.noreply.github.com>"},
		},
		{
			ID: "copilot-autofix", Name: "Copilot Autofix", Kind: KindAgent, Schema: "copilot",
			Accounts: []Account{{"62310815", "github-advanced-security[bot]"}},
			Source:   seen,
			Yes:      []string{"Co-authored-by: Copilot Autofix powered by AI <62310815+github-advanced-security[bot]@users.noreply.github.com>"},
			No:       []string{"Co-authored-by: Security Team <security@advanced.example>"},
		},
		{
			ID: "codex", Name: "Codex", Kind: KindAgent, Schema: "codex-cli",
			Emails:   []string{"codex@openai.com", "noreply@openai.com"},
			Accounts: []Account{{"199175422", "chatgpt-codex-connector[bot]"}},
			Names:    []string{"openai codex", "codex cli", "codex-cli", "codex cloud", "chatgpt", "chatgpt codex"},
			Short:    []string{"codex"},
			Source:   seen,
			Yes:      []string{"author: Codex <codex@openai.com>", "Co-authored-by: Codex <noreply@openai.com>"},
			No:       []string{"author: Codex Sinaiticus <codex@library.example>", "Co-authored-by: Ana <ana@openai.com>"},
		},
		{
			ID: "cursor", Name: "Cursor", Kind: KindAgent, Schema: "cursor",
			Emails:   []string{"cursoragent@cursor.com", "noreply@cursor.com", "cursor@cursor.sh"},
			Accounts: []Account{{"206951365", "cursor[bot]"}},
			Names:    []string{"cursor agent", "cursor ai", "cursor ide"},
			Short:    []string{"cursor"},
			Source:   seen,
			Yes:      []string{"author: Cursor Agent <cursoragent@cursor.com>", "Made-with: Cursor"},
			No:       []string{"author: Max Precursor <max@cursor.example>", "Close the database cursor"},
		},
		{
			ID: "devin", Name: "Devin", Kind: KindAgent, Schema: "devin",
			Accounts: []Account{{"158243242", "devin-ai-integration[bot]"}},
			Names:    []string{"devin ai"},
			Short:    []string{"devin"},
			Source:   seen,
			Yes:      []string{"author: Devin AI <158243242+devin-ai-integration[bot]@users.noreply.github.com>"},
			No:       []string{"author: Devin Burnette <devin@better.example>", "Co-authored-by: Devin <devin@cognition.example>"},
		},
		{
			ID: "jules", Name: "Jules", Kind: KindAgent,
			Emails:   []string{"jules@google.com"},
			Accounts: []Account{{"161369871", "google-labs-jules[bot]"}},
			Names:    []string{"google jules"},
			Short:    []string{"jules"},
			Source:   seen + "; address: " + written,
			Yes:      []string{"author: google-labs-jules[bot] <161369871+google-labs-jules[bot]@users.noreply.github.com>"},
			No:       []string{"author: Jules Verne <jules@verne.example>"},
		},
		{
			ID: "aider", Name: "aider", Kind: KindAgent, Schema: "aider",
			Emails: []string{"aider@aider.chat", "noreply@aider.chat", "noreply@aider.dev"},
			Short:  []string{"aider"},
			Suffix: " (aider)",
			Lines:  []string{"# Aider chat conversation:"}, // until 2023, above the chat
			Source: seen + "; aider.chat/docs/git.html",
			Yes: []string{
				"author: Paul (aider) <paul@example.com>",
				"Co-authored-by: aider (gemini/gemini-2.5-pro) <noreply@aider.chat>",
			},
			No: []string{"author: Jo (raider) <jo@example.com>", "author: Aider Lopez <aider@lopez.example>", "author: aider fan <a@b.example>"},
		},
		{
			ID: "gemini", Name: "Gemini", Kind: KindAgent, Schema: "gemini-code-assist",
			Emails:   []string{"gemini-cli@google.com"},
			Accounts: []Account{{"176961590", "gemini-code-assist[bot]"}},
			Names:    []string{"gemini ai", "gemini cli", "gemini-cli", "google gemini", "gemini code assist"},
			Short:    []string{"gemini"},
			Source:   seen + "; gemini-cli: " + written,
			Yes:      []string{"Co-developed-by: Gemini AI <gemini@example.com>", "author: gemini-code-assist[bot] <176961590+gemini-code-assist[bot]@users.noreply.github.com>"},
			No:       []string{"author: Gemini Kim <gemini@kim.example>"},
		},
		{
			ID: "antigravity", Name: "Antigravity", Kind: KindAgent,
			Emails: []string{"antigravity@google.com", "noreply@google.com", "gemini-feedback@google.com"},
			Names:  []string{"antigravity", "google antigravity"},
			Source: seen,
			Yes:    []string{"Assisted-by: Antigravity <antigravity@google.com>"},
			No:     []string{"Assisted-by: Ann <ann@google.com>"},
		},
		{
			ID: "roo", Name: "Roo Code", Kind: KindAgent,
			Emails:   []string{"roomote@roocode.com", "support@roocode.com", "support@roo.vet"},
			Accounts: []Account{{"219738659", "roomote[bot]"}, {"219738659", "roomote-v0[bot]"}}, // one app, renamed
			Names:    []string{"roo code", "roomote"},
			Source:   seen,
			Yes:      []string{"Co-authored-by: Roo Code <support@roocode.com>", "author: roomote-v0[bot] <219738659+roomote-v0[bot]@users.noreply.github.com>"},
			No:       []string{"author: Roo Kang <roo@kang.example>"},
		},
		{
			ID: "cline", Name: "Cline", Kind: KindAgent,
			// Staff have addresses at the same host, so the host alone says nothing.
			Emails:   []string{"noreply@cline.bot", "bot@cline.bot", "cline-agent@users.noreply.github.com"},
			Accounts: []Account{{"276134852", "cline-cloud[bot]"}},
			Short:    []string{"cline"},
			Source:   seen,
			Yes:      []string{"Co-authored-by: Cline <noreply@cline.bot>"},
			No:       []string{"author: Saoud <saoud@cline.bot>", "Decline what is inline"},
		},
		{
			ID: "factory", Name: "Factory Droid", Kind: KindAgent,
			Accounts: []Account{{"138933559", "factory-droid[bot]"}},
			Names:    []string{"factory droid", "factory-droid[bot]"},
			Source:   seen,
			Yes:      []string{"Co-authored-by: factory-droid[bot] <138933559+factory-droid[bot]@users.noreply.github.com>"},
			No:       []string{"author: Factory Floor <droid@factory.example>"},
		},
		{
			ID: "amp", Name: "Amp", Kind: KindAgent,
			Emails: []string{"amp@ampcode.com"},
			Names:  []string{"ampcode", "amp code"},
			Short:  []string{"amp"},
			Source: seen,
			Yes:    []string{"Co-authored-by: Amp <amp@ampcode.com>", "Amp-Thread-ID: https://ampcode.com/threads/T-019c58d6-7447-76d1-8e5b-c1c0e03cac36"},
			No:     []string{"author: Rob Campbell <rob@campbell.example>"},
		},
		{
			ID: "warp", Name: "Warp", Kind: KindAgent,
			Emails: []string{"oz-agent@warp.dev"},
			Names:  []string{"warp agent", "oz agent"},
			Short:  []string{"warp"},
			Source: seen,
			Yes:    []string{"Co-authored-by: Oz <oz-agent@warp.dev>"},
			No:     []string{"author: Zach <zach@warp.dev>"},
		},
		{
			ID: "cosine", Name: "Cosine", Kind: KindAgent,
			Emails: []string{"agent@cosine.sh"},
			Names:  []string{"cosine genie"},
			Source: seen,
			Yes:    []string{"author: Genie <agent@cosine.sh>"},
			No:     []string{"author: Ali <ali@cosine.sh>"},
		},
		{
			ID: "openhands", Name: "OpenHands", Kind: KindAgent, Schema: "openhands",
			// Until 2024 it was OpenDevin, and its addresses stayed for a while.
			Emails: []string{"openhands@all-hands.dev", "opendevin@all-hands.dev", "opendevin@opendevin.ai"},
			Names:  []string{"openhands"},
			Source: seen,
			Yes:    []string{"Co-authored-by: openhands <openhands@all-hands.dev>", "author: OpenHands <opendevin@all-hands.dev>", "Co-authored-by: OpenDevin <opendevin@opendevin.ai>"},
			No:     []string{"author: Robert <robert@all-hands.dev>", "Notes of the all-hands meeting"},
		},
		{
			ID: "kilo", Name: "Kilo Code", Kind: KindAgent,
			Accounts: []Account{{"240665456", "kiloconnect[bot]"}},
			Names:    []string{"kilo code", "kilocode"},
			Source:   seen,
			Yes:      []string{"author: kiloconnect[bot] <240665456+kiloconnect[bot]@users.noreply.github.com>"},
			No:       []string{"author: Kilo Gram <kilo@gram.example>"},
		},
		{
			ID: "opencode", Name: "opencode", Kind: KindAgent,
			Emails: []string{"noreply@opencode.ai"},
			Names:  []string{"opencode", "opencode-agent"},
			Lines:  []string{"Generated with [opencode](https://opencode.ai)", "Generated with [OpenCode](https://opencode.ai)"},
			Source: written,
			Yes:    []string{"Co-Authored-By: opencode <noreply@opencode.ai>", "Assisted-by: OpenCode with Claude Opus 4.6", "🤖 Generated with [opencode](https://opencode.ai)"},
			No:     []string{"author: Open Coder <me@opencode.example>"},
		},
		{
			ID: "crush", Name: "Crush", Kind: KindAgent,
			Emails: []string{"crush@charm.land"},
			Names:  []string{"charm crush"},
			Short:  []string{"crush"},
			Lines:  []string{"Generated with Crush"},
			Source: written,
			Yes:    []string{"Assisted-by: Grok Code Fast via Crush 💘 <crush@charm.land>", "💘 Generated with Crush"},
			No:     []string{"author: Crush <crush@candy.example>"},
		},
		{
			ID: "qwen-code", Name: "Qwen Code", Kind: KindAgent,
			Emails: []string{"qwen-coder@alibabacloud.com"},
			Names:  []string{"qwen code", "qwen-coder", "qwen-code"},
			Source: written,
			Yes:    []string{"Co-authored-by: Qwen-Coder <qwen-coder@alibabacloud.com>"},
			No:     []string{"author: Qwen <qwen@people.example>"},
		},
		{
			ID: "trae", Name: "Trae", Kind: KindAgent,
			Emails: []string{"traecli@bytedance.com"},
			Names:  []string{"trae agent", "trae cli"},
			Source: written,
			Yes:    []string{"Co-authored-by: Trae <traecli@bytedance.com>"},
			No:     []string{"author: Trae Young <trae@hawks.example>"},
		},
		{
			ID: "amazon-q", Name: "Amazon Q Developer", Kind: KindAgent,
			Accounts: []Account{{"208079219", "amazon-q-developer[bot]"}},
			Names:    []string{"amazon q", "amazon q developer", "codewhisperer"},
			Source:   written,
			Yes:      []string{"author: amazon-q-developer[bot] <208079219+amazon-q-developer[bot]@users.noreply.github.com>"},
			No:       []string{"author: Q <q@amazon.example>"},
		},
		{
			ID: "lovable", Name: "Lovable", Kind: KindAgent,
			Emails:   []string{"noreply@lovable.dev", "gpt-engineer@lovable.dev"},
			Accounts: []Account{{"159125892", "gpt-engineer-app[bot]"}},
			Short:    []string{"lovable"},
			Source:   written,
			Yes:      []string{"author: gpt-engineer-app[bot] <159125892+gpt-engineer-app[bot]@users.noreply.github.com>"},
			No:       []string{"author: Lovable <me@lovable.example>"},
		},
		{
			ID: "junie", Name: "Junie", Kind: KindAgent,
			Emails: []string{"junie@jetbrains.com"},
			Names:  []string{"jetbrains junie", "junie ai"},
			Short:  []string{"junie"},
			Source: seen + "; " + written,
			Yes:    []string{"Co-authored-by: Junie <junie@jetbrains.com>"},
			No:     []string{"author: Junie Moon <junie@moon.example>", "Co-authored-by: Ivan <ivan@jetbrains.com>"},
		},
		{
			ID: "goose", Name: "goose", Kind: KindAgent,
			// A user, not an app: the number is part of the address.
			Emails: []string{"271095942+aaif-goose@users.noreply.github.com", "goose-agent@block.xyz", "goose@block.xyz"},
			Names:  []string{"goose ai", "goose agent"},
			Short:  []string{"goose"},
			Source: written,
			Yes:    []string{"Co-authored-by: goose <271095942+aaif-goose@users.noreply.github.com>"},
			No:     []string{"Co-authored-by: goosewobbler <g@wobbler.example>", "author: Mother Goose <mother@goose.example>"},
		},
		{
			ID: "kiro", Name: "Kiro", Kind: KindAgent,
			Emails: []string{"noreply@kiro.dev", "kiro@kiro.dev", "244629292+kiro-agent@users.noreply.github.com"},
			Names:  []string{"kiro ai", "kiro agent"},
			Short:  []string{"kiro"},
			Source: written,
			Yes:    []string{"Co-Authored-By: Kiro <noreply@kiro.dev>", "author: Kiro Agent <244629292+kiro-agent@users.noreply.github.com>"},
			No:     []string{"Co-authored-by: Kirodex <274876363+kirodex@users.noreply.github.com>"},
		},
		{
			ID: "augment", Name: "Augment Code", Kind: KindAgent,
			Emails: []string{"agent@augmentcode.com"},
			Names:  []string{"augment agent", "augment code", "augment ai"},
			Short:  []string{"augment", "auggie"},
			Source: written,
			Yes:    []string{"Co-authored-by: Augment Agent <agent@augmentcode.com>"},
			No:     []string{"author: Ann <ann@augmentcode.com>", "Augment the code"},
		},
		{
			ID: "qoder", Name: "Qoder", Kind: KindAgent,
			Emails: []string{"qoder_ai@qoder.com"},
			Names:  []string{"qoderai", "qoder ai"},
			Short:  []string{"qoder"},
			Source: written,
			Yes:    []string{"Co-authored-by: QoderAI (Qwen 3.8 Max) <qoder_ai@qoder.com>"},
			No:     []string{"author: Q. Oder <q@oder.example>"},
		},
		// Known by the names that trailers use; no address of theirs is known.
		{ID: "windsurf", Name: "Windsurf", Kind: KindAgent, Schema: "windsurf", Names: []string{"windsurf cascade"}, Short: []string{"windsurf"}, Source: "published schema", Yes: []string{"Made-with: Windsurf"}, No: []string{"author: Wind Surfer <wind@surf.example>"}},
		{ID: "codeium", Name: "Codeium", Kind: KindAgent, Schema: "codeium", Names: []string{"codeium"}, Source: "published schema", Yes: []string{"Assisted-by: Codeium"}, No: []string{"Codeium is not used here"}},
		{ID: "tabnine", Name: "Tabnine", Kind: KindAgent, Schema: "tabnine", Names: []string{"tabnine"}, Source: "published schema", Yes: []string{"Assisted-by: Tabnine"}, No: []string{"Ignore .tabnine"}},

		// Reviewers. A forge names one as co-author when its suggestion is committed.
		{ID: "ellipsis", Name: "Ellipsis", Kind: KindAgent, Accounts: []Account{{"65095814", "ellipsis-dev[bot]"}}, Source: seen, Yes: []string{"Co-authored-by: ellipsis-dev[bot] <65095814+ellipsis-dev[bot]@users.noreply.github.com>", "author: ellipsis-dev[bot] <65095814+ellipsis-dev[bot]@users.noreply.github.com>"}, No: []string{"Reviewed-by: ellipsis-dev[bot] <65095814+ellipsis-dev[bot]@users.noreply.github.com>"}},
		{ID: "coderabbit", Name: "CodeRabbit", Kind: KindAgent, Accounts: []Account{{"136622811", "coderabbitai[bot]"}}, Source: seen, Yes: []string{"Co-authored-by: coderabbitai[bot] <136622811+coderabbitai[bot]@users.noreply.github.com>", "author: coderabbitai[bot] <136622811+coderabbitai[bot]@users.noreply.github.com>"}, No: []string{"Reviewed-by: coderabbitai[bot] <136622811+coderabbitai[bot]@users.noreply.github.com>"}},
		{ID: "greptile", Name: "Greptile", Kind: KindAgent, Accounts: []Account{{"165735046", "greptile-apps[bot]"}}, Source: seen, Yes: []string{"Co-authored-by: greptile-apps[bot] <165735046+greptile-apps[bot]@users.noreply.github.com>", "author: greptile-apps[bot] <165735046+greptile-apps[bot]@users.noreply.github.com>"}, No: []string{"Reviewed-by: greptile-apps[bot] <165735046+greptile-apps[bot]@users.noreply.github.com>"}},
		{ID: "aikido", Name: "Aikido Autofix", Kind: KindAgent, Accounts: []Account{{"119856028", "aikido-autofix[bot]"}}, Source: seen, Yes: []string{"Co-authored-by: aikido-autofix[bot] <119856028+aikido-autofix[bot]@users.noreply.github.com>", "author: aikido-autofix[bot] <119856028+aikido-autofix[bot]@users.noreply.github.com>"}, No: []string{"Reviewed-by: aikido-autofix[bot] <119856028+aikido-autofix[bot]@users.noreply.github.com>"}},
		{ID: "mintlify", Name: "Mintlify", Kind: KindAgent, Accounts: []Account{{"109931778", "mintlify[bot]"}}, Source: seen, Yes: []string{"Co-authored-by: mintlify[bot] <109931778+mintlify[bot]@users.noreply.github.com>", "author: mintlify[bot] <109931778+mintlify[bot]@users.noreply.github.com>"}, No: []string{"Reviewed-by: mintlify[bot] <109931778+mintlify[bot]@users.noreply.github.com>"}},

		// Automation: neither human nor agent.
		{ID: "dependabot", Name: "Dependabot", Kind: KindAutomation, Emails: []string{"support@github.com", "support@dependabot.com"}, Accounts: []Account{{"49699333", "dependabot[bot]"}, {"27856297", "dependabot-preview[bot]"}}, Source: seen, Yes: []string{"author: dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>"}, No: []string{"author: Dee Bott <dee@bott.example>"}},
		{ID: "renovate", Name: "Renovate", Kind: KindAutomation, Emails: []string{"bot@renovateapp.com"}, Accounts: []Account{{"29139614", "renovate[bot]"}}, Source: seen, Yes: []string{"author: renovate[bot] <29139614+renovate[bot]@users.noreply.github.com>"}, No: []string{"author: Reno Vate <reno@vate.example>"}},
		{ID: "github-actions", Name: "GitHub Actions", Kind: KindAutomation, Emails: []string{"action@github.com", "actions@github.com"}, Accounts: []Account{{"41898282", "github-actions[bot]"}}, Source: seen, Yes: []string{"author: github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>"}, No: []string{"author: Ann Action <ann@action.example>"}},
		{ID: "autofix-ci", Name: "autofix.ci", Kind: KindAutomation, Accounts: []Account{{"114827586", "autofix-ci[bot]"}}, Source: seen, Yes: []string{"author: autofix-ci[bot] <114827586+autofix-ci[bot]@users.noreply.github.com>"}, No: []string{"author: Fix <fix@autofix.example>"}},
		{ID: "web-flow", Name: "GitHub", Kind: KindAutomation, Emails: []string{"noreply@github.com"}, Accounts: []Account{{"19864447", "web-flow"}}, Source: seen, Yes: []string{"author: GitHub <noreply@github.com>"}, No: []string{"author: Git Hub <git@hub.example>"}},
	}
}
