package event

// A payload is what is read of any event. Everything else of it is not looked at, so that
// it may look as it likes.
type payload struct {
	Action       string        `json:"action"`
	Installation *installation `json:"installation"`
	Repository   *repository   `json:"repository"`
	Sender       *account      `json:"sender"`

	PullRequest *struct {
		Number int64  `json:"number"`
		Merged bool   `json:"merged"`
		Landed string `json:"merge_commit_sha"`
		// Updated is when the pull request changed last: of a label, when it was set.
		Updated string   `json:"updated_at"`
		User    *account `json:"user"`
		Who     string   `json:"author_association"`
		Head    struct {
			SHA  string      `json:"sha"`
			Repo *repository `json:"repo"` // none where a fork is gone
		} `json:"head"`
		Base struct {
			Ref  string `json:"ref"`
			Repo struct {
				ID int64 `json:"id"`
			} `json:"repo"`
		} `json:"base"`
	} `json:"pull_request"`

	Label *struct {
		Name string `json:"name"`
	} `json:"label"`

	CheckRun *struct {
		Name       string `json:"name"`
		HeadSHA    string `json:"head_sha"`
		Conclusion string `json:"conclusion"`
		App        struct {
			ID   int64  `json:"id"`
			Slug string `json:"slug"`
		} `json:"app"`
		PullRequests []pullReference `json:"pull_requests"`
		ExternalID   string          `json:"external_id"`
	} `json:"check_run"`

	CheckSuite *struct {
		HeadSHA string `json:"head_sha"`
		App     struct {
			ID int64 `json:"id"`
		} `json:"app"`
		PullRequests []pullReference `json:"pull_requests"`
	} `json:"check_suite"`

	MergeGroup *struct {
		HeadSHA string `json:"head_sha"`
		HeadRef string `json:"head_ref"`
		BaseSHA string `json:"base_sha"`
		BaseRef string `json:"base_ref"`
	} `json:"merge_group"`

	Issue *struct {
		Number      int64     `json:"number"`
		PullRequest *struct{} `json:"pull_request"`
		User        *account  `json:"user"`
	} `json:"issue"`
	Comment *struct {
		ID   int64    `json:"id"`
		Body string   `json:"body"`
		User *account `json:"user"`
		Who  string   `json:"author_association"`
	} `json:"comment"`
	Review *struct {
		Who string `json:"author_association"`
	} `json:"review"`
	Changes *struct { // of a comment that was edited
		Body *struct {
			From string `json:"from"`
		} `json:"body"`
	} `json:"changes"`

	RequestedAction *struct { // a button of a check run
		Identifier string `json:"identifier"`
	} `json:"requested_action"`

	Repositories        []repository `json:"repositories"`
	RepositoriesAdded   []repository `json:"repositories_added"`
	RepositoriesRemoved []repository `json:"repositories_removed"`

	// Of a push.
	Ref     string `json:"ref"`
	Before  string `json:"before"`
	After   string `json:"after"`
	Deleted bool   `json:"deleted"`
	Commits []struct {
		ID       string `json:"id"`
		Distinct bool   `json:"distinct"` // the repository did not have it
	} `json:"commits"` // 2,048 at most

	// Of a status.
	SHA     string `json:"sha"`
	Context string `json:"context"`
	State   string `json:"state"`
}

type installation struct {
	ID int64 `json:"id"`
}

type repository struct {
	ID            int64  `json:"id"`
	FullName      string `json:"full_name"`
	DefaultBranch string `json:"default_branch"`
}

type account struct {
	Login string `json:"login"`
	ID    int64  `json:"id"`
	Type  string `json:"type"`
}

// A pullReference is how checks name the pull requests of their head: none of a fork, and
// sometimes some of other repositories.
type pullReference struct {
	Number int64 `json:"number"`
	Base   struct {
		Ref  string `json:"ref"`
		Repo struct {
			ID int64 `json:"id"`
		} `json:"repo"`
	} `json:"base"`
}
