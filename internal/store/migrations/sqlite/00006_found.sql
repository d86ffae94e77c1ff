-- +goose Up
CREATE INDEX pushes_after ON pushes (repo, after);
CREATE INDEX subjects_open ON subjects (repo, name) WHERE is_open AND stage = 'merge';
CREATE INDEX subjects_recorded ON subjects (repo, done_head) WHERE stage = 'record';
CREATE INDEX subjects_unrecorded ON subjects (repo, ref) WHERE stage = 'record' AND done_turn < turn;

-- +goose Down
DROP INDEX subjects_unrecorded;
DROP INDEX subjects_recorded;
DROP INDEX subjects_open;
DROP INDEX pushes_after;
