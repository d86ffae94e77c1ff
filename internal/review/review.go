// Package review is the one pipeline. Every door (command line, git server hook,
// GitHub App) calls Run; nobody else decides.
//
//	change + context -> {impact, attestation, control} -> Verdict
package review
