-- +goose Up
ALTER TABLE subjects ADD COLUMN landed TEXT NOT NULL DEFAULT '';
CREATE INDEX subjects_landed ON subjects (repo, landed) WHERE landed <> '';

-- +goose Down
DROP INDEX subjects_landed;
ALTER TABLE subjects DROP COLUMN landed;
