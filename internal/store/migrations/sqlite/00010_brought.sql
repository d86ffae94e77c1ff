-- +goose Up
CREATE TABLE brought (
	repo   BIGINT NOT NULL,
	id     TEXT NOT NULL,
	ref    TEXT NOT NULL,
	person TEXT NOT NULL,
	login  TEXT NOT NULL,
	type   TEXT NOT NULL,
	at     BIGINT NOT NULL,
	PRIMARY KEY (repo, id, ref, person)
);

-- +goose Down
DROP TABLE brought;
