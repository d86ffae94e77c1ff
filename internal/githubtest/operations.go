package githubtest

// operations are what of GitHub's API is here. The description is reduced to them:
// after a change, run TestDescription as its comment says. Who may call what is not
// in the description; it is GitHub's page "Permissions required for GitHub Apps".
var operations = []operation{
	// The App and its installations.
	{name: "GET /app", needs: "app", do: getApp},
	{name: "GET /app/installations", needs: "app", do: listInstallations},
	{name: "GET /app/installations/{installation_id}", needs: "app", do: getInstallation},
	{name: "POST /app/installations/{installation_id}/access_tokens", needs: "app", do: createToken},
	{name: "GET /app/hook/config", needs: "app", do: getHookConfig},
	{name: "GET /app/hook/deliveries", needs: "app", do: listDeliveries},
	{name: "GET /app/hook/deliveries/{delivery_id}", needs: "app", do: getDelivery},
	{name: "POST /app/hook/deliveries/{delivery_id}/attempts", needs: "app", do: redeliver},
	{name: "GET /repos/{owner}/{repo}/installation", needs: "app", do: getRepoInstallation},
	{name: "POST /app-manifests/{code}/conversions", needs: "nothing", do: convertManifest},
	{name: "GET /installation/repositories", needs: "installation", do: listInstallationRepos},
	{name: "GET /rate_limit", needs: "installation", do: getRateLimit},
	{name: "GET /meta", needs: "nothing", do: getMeta},

	// People.
	{name: "GET /users/{username}", needs: "nothing", do: getUser},
	{name: "GET /repos/{owner}/{repo}/collaborators/{username}", needs: "metadata:read", do: isCollaborator},
	{name: "GET /repos/{owner}/{repo}/collaborators/{username}/permission", needs: "metadata:read", do: getPermission},
	{name: "GET /orgs/{org}/members/{username}", needs: "members:read", do: isMember},
	{name: "GET /orgs/{org}/teams", needs: "members:read", do: listTeams},
	{name: "GET /orgs/{org}/teams/{team_slug}", needs: "members:read", do: getTeam},
	{name: "GET /orgs/{org}/teams/{team_slug}/members", needs: "members:read", do: listTeamMembers},
	{name: "GET /orgs/{org}/teams/{team_slug}/memberships/{username}", needs: "members:read", do: getTeamMembership},

	// Repositories and their rules.
	{name: "GET /repos/{owner}/{repo}", needs: "metadata:read", do: getRepo},
	{name: "GET /repos/{owner}/{repo}/branches", needs: "contents:read", do: listBranches},
	{name: "GET /repos/{owner}/{repo}/branches/{branch}", needs: "contents:read", do: getBranch},
	{name: "GET /repos/{owner}/{repo}/branches/{branch}/protection", needs: "administration:read", do: getProtection},
	{name: "GET /repos/{owner}/{repo}/rules/branches/{branch}", needs: "metadata:read", do: getBranchRules},
	{name: "GET /repos/{owner}/{repo}/rulesets", needs: "metadata:read", do: listRulesets},
	{name: "GET /repos/{owner}/{repo}/rulesets/{ruleset_id}", needs: "metadata:read", do: getRuleset},

	// Pull requests and what people say to them.
	{name: "GET /repos/{owner}/{repo}/pulls", needs: "pull_requests:read", do: listPulls},
	{name: "GET /repos/{owner}/{repo}/pulls/{pull_number}", needs: "pull_requests:read", do: getPull},
	{name: "GET /repos/{owner}/{repo}/pulls/{pull_number}/commits", needs: "pull_requests:read", do: listPullCommits},
	{name: "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews", needs: "pull_requests:read", do: listReviews},
	{name: "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}", needs: "pull_requests:read", do: getReview},
	{name: "GET /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers", needs: "pull_requests:read", do: listRequestedReviewers},
	{name: "GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls", needs: "pull_requests:read", do: listPullsOfCommit},
	{name: "GET /repos/{owner}/{repo}/issues/{issue_number}", needs: "issues:read", do: getIssue},
	{name: "GET /repos/{owner}/{repo}/issues/{issue_number}/comments", needs: "issues:read|pull_requests:read", do: listComments},
	{name: "POST /repos/{owner}/{repo}/issues/{issue_number}/comments", needs: "issues:write|pull_requests:write", do: createComment},
	{name: "GET /repos/{owner}/{repo}/issues/comments/{comment_id}", needs: "issues:read|pull_requests:read", do: getComment},
	{name: "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}", needs: "issues:write|pull_requests:write", do: updateComment},
	{name: "DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}", needs: "issues:write|pull_requests:write", do: deleteComment},
	{name: "POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", needs: "issues:write", do: createReaction},
	{name: "GET /repos/{owner}/{repo}/issues/{issue_number}/events", needs: "issues:read|pull_requests:read", do: listIssueEvents},
	{name: "GET /repos/{owner}/{repo}/issues/{issue_number}/labels", needs: "issues:read|pull_requests:read", do: listIssueLabels},
	{name: "POST /repos/{owner}/{repo}/issues/{issue_number}/labels", needs: "issues:write|pull_requests:write", do: addIssueLabels},
	{name: "DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", needs: "issues:write|pull_requests:write", do: removeIssueLabel},

	// Commits, and what is said of them.
	{name: "GET /repos/{owner}/{repo}/commits", needs: "contents:read", do: listCommits},
	{name: "GET /repos/{owner}/{repo}/commits/{ref}", needs: "contents:read", do: getCommit},
	{name: "GET /repos/{owner}/{repo}/compare/{basehead}", needs: "contents:read", do: compareCommits},
	{name: "POST /repos/{owner}/{repo}/check-runs", needs: "checks:write", do: createCheckRun},
	{name: "GET /repos/{owner}/{repo}/check-runs/{check_run_id}", needs: "checks:read", do: getCheckRun},
	{name: "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", needs: "checks:write", do: updateCheckRun},
	{name: "GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations", needs: "checks:read", do: listAnnotations},
	{name: "GET /repos/{owner}/{repo}/commits/{ref}/check-runs", needs: "checks:read", do: listCheckRuns},
	{name: "GET /repos/{owner}/{repo}/commits/{ref}/check-suites", needs: "checks:read", do: listCheckSuites},
	{name: "GET /repos/{owner}/{repo}/check-suites/{check_suite_id}", needs: "checks:read", do: getCheckSuite},
	{name: "GET /repos/{owner}/{repo}/check-suites/{check_suite_id}/check-runs", needs: "checks:read", do: listSuiteRuns},
	{name: "GET /repos/{owner}/{repo}/commits/{ref}/status", needs: "statuses:read", do: getCombinedStatus},
	{name: "GET /repos/{owner}/{repo}/commits/{ref}/statuses", needs: "statuses:read", do: listStatuses},
	{name: "POST /repos/{owner}/{repo}/statuses/{sha}", needs: "statuses:write", do: createStatus},
	{name: "GET /repos/{owner}/{repo}/deployments", needs: "deployments:read", do: listDeployments},
	{name: "GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses", needs: "deployments:read", do: listDeploymentStatuses},

	// Objects and refs.
	{name: "GET /repos/{owner}/{repo}/contents/{path}", needs: "contents:read", do: getContents},
	{name: "GET /repos/{owner}/{repo}/git/ref/{ref}", needs: "contents:read", do: getRef},
	{name: "GET /repos/{owner}/{repo}/git/matching-refs/{ref}", needs: "contents:read", do: listMatchingRefs},
	{name: "POST /repos/{owner}/{repo}/git/refs", needs: "contents:write", do: createRef},
	{name: "PATCH /repos/{owner}/{repo}/git/refs/{ref}", needs: "contents:write", do: updateRef},
	{name: "DELETE /repos/{owner}/{repo}/git/refs/{ref}", needs: "contents:write", do: deleteRef},
	{name: "POST /repos/{owner}/{repo}/git/blobs", needs: "contents:write", do: createBlob},
	{name: "GET /repos/{owner}/{repo}/git/blobs/{file_sha}", needs: "contents:read", do: getBlob},
	{name: "POST /repos/{owner}/{repo}/git/trees", needs: "contents:write", do: createTree},
	{name: "GET /repos/{owner}/{repo}/git/trees/{tree_sha}", needs: "contents:read", do: getTree},
	{name: "POST /repos/{owner}/{repo}/git/commits", needs: "contents:write", do: createCommit},
	{name: "GET /repos/{owner}/{repo}/git/commits/{commit_sha}", needs: "contents:read", do: getGitCommit},

	// What scanners and builds left.
	{name: "GET /repos/{owner}/{repo}/code-scanning/analyses", needs: "security_events:read", do: listAnalyses},
	{name: "GET /repos/{owner}/{repo}/code-scanning/analyses/{analysis_id}", needs: "security_events:read", do: getAnalysis},
	{name: "GET /repos/{owner}/{repo}/actions/artifacts", needs: "actions:read", do: listArtifacts},
	{name: "GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}", needs: "actions:read", do: getArtifact},
	{name: "POST /repos/{owner}/{repo}/attestations", needs: "attestations:write", do: createAttestation},
	{name: "GET /repos/{owner}/{repo}/attestations/{subject_digest}", needs: "attestations:read", do: listAttestations},
}

// webhooks are the deliveries that this package makes from its state, by their names
// in the description.
var webhooks = []string{
	"check-run-completed", "check-run-created", "check-run-requested-action", "check-run-rerequested",
	"check-suite-completed", "check-suite-requested", "check-suite-rerequested",
	"create", "delete",
	"installation-created", "installation-deleted", "installation-suspend", "installation-unsuspend",
	"installation-new-permissions-accepted", "installation-repositories-added", "installation-repositories-removed",
	"issue-comment-created", "issue-comment-deleted", "issue-comment-edited",
	"merge-group-checks-requested", "merge-group-destroyed",
	"pull-request-closed", "pull-request-converted-to-draft", "pull-request-edited", "pull-request-labeled",
	"pull-request-opened", "pull-request-ready-for-review", "pull-request-reopened", "pull-request-synchronize",
	"pull-request-unlabeled",
	"pull-request-review-dismissed", "pull-request-review-edited", "pull-request-review-submitted",
	"push",
	"repository-deleted", "repository-renamed", "repository-transferred",
}
