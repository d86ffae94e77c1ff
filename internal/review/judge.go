package review

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/control/frameworks"
	"custody/internal/control/owners"
	"custody/internal/git"
)

// maxSmall is the size over which a file that judges, or claims something about, a
// change is refused.
const maxSmall = 1 << 20

// A Judge is everything that changes are judged by: what stands at the base's tip,
// and the organisation's floor. Nothing of it is read from the change.
type Judge struct {
	Policy       *config.Effective // nil without policy and floor
	Requirements []*control.Requirements
	Own          []frameworks.Framework // the company's own control matrices
	Owners       *owners.File           // nil without one
	Baseline     *control.Baseline      // nil without one
	digests      map[string]Digest
	matrix       *config.Matrix // of the repository; nil without one
}

// HasPolicy says whether the repository has a policy of its own, beside any floor.
func (j *Judge) HasPolicy() bool { return j.digests["policy"] != "" }

// ReadJudge reads policy, requirements and owners from the tree at base; floor is nil
// without one, floorName stands in its errors. A file that is there and can not be
// understood is an error: nothing is judged by half a policy.
func ReadJudge(ctx context.Context, r git.Reader, base git.OID, floor []byte, floorName string) (*Judge, error) {
	j := &Judge{digests: map[string]Digest{}}
	var err error
	if j.Policy, err = j.readPolicy(ctx, r, base, floor, floorName); err != nil {
		return nil, err
	}
	if err := j.readRequirements(ctx, r, base); err != nil {
		return nil, err
	}
	if err := j.checkMatrix(); err != nil {
		return nil, err
	}
	if err := j.readBaseline(ctx, r, base); err != nil {
		return nil, err
	}
	return j, j.readOwners(ctx, r, base)
}

// LeavesNoJudge says why a commit could judge no change that comes after it; empty when
// it could. What judges the change itself stands at its base and may not mind; but once a
// policy that nobody can read has landed, nothing can land any more, its repair neither.
func LeavesNoJudge(ctx context.Context, r git.Reader, head git.OID, floor []byte, floorName string) (string, error) {
	commit, err := r.Commit(ctx, head)
	if err == nil {
		_, err = ReadJudge(ctx, r, commit.Tree, floor, floorName)
	}
	switch {
	case err == nil:
		return "", nil
	case ctx.Err() != nil:
		return "", err
	}
	return strings.ReplaceAll(err.Error(), " at base:", ":"), nil
}

// maxBaseline is the size over which a baseline is refused.
const maxBaseline = 64 << 20

func (j *Judge) readBaseline(ctx context.Context, r git.Reader, base git.OID) error {
	text, err := readUpTo(ctx, r, base, control.BaselinePath, maxBaseline)
	if err != nil || text == nil {
		return err
	}
	j.digests["baseline"] = digest(text)
	if j.Baseline, err = control.ParseBaseline(text); err != nil {
		return fmt.Errorf("%s at base: %w", control.BaselinePath, err)
	}
	return nil
}

// readPolicy reads the policy at base and puts it on the floor; nil without either.
func readPolicy(ctx context.Context, r git.Reader, base git.OID, floor []byte, floorName string) (*config.Effective, error) {
	return (&Judge{digests: map[string]Digest{}}).readPolicy(ctx, r, base, floor, floorName)
}

func (j *Judge) readPolicy(ctx context.Context, r git.Reader, base git.OID, floor []byte, floorName string) (*config.Effective, error) {
	var own, over *config.Policy
	var err error
	if floor != nil {
		j.digests["floor"] = digest(floor)
		if over, err = config.ParseFloor(floorName, floor); err != nil {
			return nil, fmt.Errorf("the floor: %w", err)
		}
	}
	if err := j.readMatrix(ctx, r, base, over); err != nil {
		return nil, err
	}
	text, err := readSmall(ctx, r, base, config.FileName)
	if err != nil {
		return nil, err
	}
	if text != nil {
		j.digests["policy"] = digest(text)
		if own, err = config.ParsePolicy(config.FileName, text, j.Own...); err != nil {
			return nil, fmt.Errorf("the policy at base: %w", err)
		}
	}
	return config.Layer(over, own), nil
}

// readMatrix reads the company's own controls: the floor's, and those at base.
func (j *Judge) readMatrix(ctx context.Context, r git.Reader, base git.OID, floor *config.Policy) error {
	text, err := readSmall(ctx, r, base, config.MatrixName)
	if err != nil {
		return err
	}
	if text != nil {
		j.digests["control_matrix"] = digest(text)
		if j.matrix, err = config.ParseMatrix(config.MatrixName, text); err != nil {
			return fmt.Errorf("the control matrix at base: %w", err)
		}
	}
	if j.Own, err = config.Matrices(floor, j.matrix); err != nil {
		return fmt.Errorf("the control matrix at base: %w", err)
	}
	return nil
}

// checkMatrix holds the names in the repository's matrix against what there is.
func (j *Judge) checkMatrix() error {
	if j.matrix == nil {
		return nil
	}
	if err := j.matrix.CheckNames(j.Policy.RuleIDs(), control.RequirementIDs(j.Requirements)); err != nil {
		return fmt.Errorf("the control matrix at base: %w", err)
	}
	return nil
}

func (j *Judge) readRequirements(ctx context.Context, r git.Reader, base git.OID) error {
	paths := []string{config.DefaultRequirements}
	if j.Policy != nil {
		paths = nil
		for _, p := range j.Policy.Requirements {
			paths = append(paths, string(p.Value))
		}
	}
	for _, path := range paths {
		text, err := readSmall(ctx, r, base, path)
		if err != nil {
			return err
		}
		if text == nil {
			continue
		}
		name := "requirements"
		if len(paths) > 1 {
			name += ":" + change.Path(path).Escaped()
		}
		j.digests[name] = digest(text)
		parsed, err := control.ParseRequirements(path, text, j.Own...)
		if err != nil {
			return fmt.Errorf("the requirements at base: %w", err)
		}
		j.Requirements = append(j.Requirements, parsed)
	}
	return nil
}

func (j *Judge) readOwners(ctx context.Context, r git.Reader, base git.OID) error {
	file, text, err := readOwners(ctx, r, base)
	if j.Owners = file; text != nil {
		j.digests["owners"] = digest(text)
	}
	return err
}

// OwnersAt reads the CODEOWNERS of a tree; nil when there is none.
func OwnersAt(ctx context.Context, r git.Reader, tree git.OID) (*owners.File, error) {
	file, _, err := readOwners(ctx, r, tree)
	return file, err
}

// readOwners reads the CODEOWNERS file that the forge would use. One that is there and
// can not be read leaves in doubt who owns what, and is no reason to stop.
func readOwners(ctx context.Context, r git.Reader, tree git.OID) (file *owners.File, text []byte, err error) {
	for _, path := range owners.Places {
		text, err := readUpTo(ctx, r, tree, path, owners.MaxBytes)
		switch {
		case ctx.Err() != nil || errors.Is(err, git.ErrMissing):
			return nil, nil, err
		case err != nil:
			return owners.Broken(path, err.Error()), nil, nil
		case text != nil:
			return owners.Parse(path, text), text, nil
		}
	}
	return nil, nil, nil
}

// readSmall reads a file below a tree, nil when it is not there. What is there but is
// no regular file, or is too large, is an error: it was meant to be read.
func readSmall(ctx context.Context, r git.Reader, tree git.OID, path string) ([]byte, error) {
	return readUpTo(ctx, r, tree, path, maxSmall)
}

func readUpTo(ctx context.Context, r git.Reader, tree git.OID, path string, limit int64) ([]byte, error) {
	entry, err := git.Lookup(ctx, r, tree, path)
	if errors.Is(err, git.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !entry.Mode.IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file (mode %s): make it one", path, entry.Mode)
	}
	text, err := r.Blob(ctx, entry.ID, limit)
	var large *git.TooLargeError
	if errors.As(err, &large) {
		return nil, fmt.Errorf("%s has %d bytes, over the limit of %d", path, large.Size, large.Limit)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if text == nil {
		text = []byte{}
	}
	return text, nil
}

func digest(b []byte) Digest {
	sum := sha256.Sum256(b)
	return Digest("sha256:" + hex.EncodeToString(sum[:]))
}
