-- +goose Up
CREATE INDEX pushes_after ON pushes (repo, after);

-- +goose Down
DROP INDEX pushes_after;
