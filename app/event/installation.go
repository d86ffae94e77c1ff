package event

import (
	"errors"

	"custody/internal/store"
)

// installed follows an installation as a whole.
func installed(_ Self, p *payload) (Outcome, error) {
	if p.Installation == nil || p.Installation.ID <= 0 {
		return Outcome{}, errors.New("an event installation without an installation")
	}
	id := p.Installation.ID
	var o Outcome
	switch p.Action {
	case "created", "unsuspend", "new_permissions_accepted":
		o.Reconcile = id
		switch p.Action {
		case "unsuspend":
			o.MissedAll = true
			o.Installs = []store.Installed{{Installation: id, State: store.Active}}
		case "created":
			o.Missed = ids(p.Repositories)
		}
		o.Installs = append(o.Installs, each(id, p.Repositories, store.Active)...)
	case "suspend":
		o.Installs = []store.Installed{{Installation: id, State: store.Suspended}}
	case "deleted":
		o.Installs = []store.Installed{{Installation: id, State: store.Removed}}
	default:
		return ignore("nothing that changes where we work"), nil
	}
	return o, nil
}

func installedRepositories(_ Self, p *payload) (Outcome, error) {
	if p.Installation == nil || p.Installation.ID <= 0 {
		return Outcome{}, errors.New("an event installation_repositories without an installation")
	}
	o := Outcome{Decision: store.Decision{Installs: append(each(p.Installation.ID, p.RepositoriesAdded, store.Active), each(p.Installation.ID, p.RepositoriesRemoved, store.Removed)...)}}
	if len(p.RepositoriesAdded) > 0 {
		o.Reconcile, o.Missed = p.Installation.ID, ids(p.RepositoriesAdded)
	}
	return o, nil
}

func repositoryChanged(_ Self, p *payload) (Outcome, error) {
	if p.Repository == nil || p.Repository.ID <= 0 {
		return Outcome{}, errors.New("an event repository without a repository")
	}
	if p.Installation == nil || p.Installation.ID <= 0 {
		return ignore("of no installation"), nil
	}
	one := []repository{*p.Repository}
	var o Outcome
	state := store.Active
	switch p.Action {
	case "deleted":
		state = store.Removed
	case "archived":
		state = store.Archived
	case "unarchived": // what happened meanwhile, such as an upgrade of ours, nobody looked at
		for _, kind := range []string{"pull_request", "merge_group"} {
			o.Wakes = append(o.Wakes, store.Wake{Repo: p.Repository.ID, Kind: kind, Stage: "merge"})
		}
	case "renamed", "transferred", "publicized", "privatized":
	default:
		return ignore("nothing that changes where we work"), nil
	}
	o.Installs = each(p.Installation.ID, one, state)
	return o, nil
}

func each(id int64, repos []repository, state store.InstallState) []store.Installed {
	var all []store.Installed
	for _, r := range repos {
		if r.ID > 0 {
			all = append(all, store.Installed{Repo: r.ID, Installation: id, FullName: r.FullName, State: state})
		}
	}
	return all
}

func ids(repos []repository) (all []int64) {
	for _, r := range repos {
		all = append(all, r.ID)
	}
	return all
}
