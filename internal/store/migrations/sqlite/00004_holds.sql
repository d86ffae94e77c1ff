-- +goose Up
ALTER TABLE subjects ADD COLUMN holds TEXT NOT NULL DEFAULT '';
ALTER TABLE subjects ADD COLUMN vain BIGINT NOT NULL DEFAULT 0;
UPDATE subjects SET holds = COALESCE((SELECT value FROM marks WHERE marks.name = 'until/' || subjects.repo || '/' || subjects.name), '');
DELETE FROM marks WHERE name LIKE 'until/%';
CREATE INDEX subjects_holds ON subjects (holds) WHERE holds <> '';

CREATE TABLE processes (
	id     TEXT PRIMARY KEY,
	judges TEXT NOT NULL,
	at     BIGINT NOT NULL
);

-- +goose Down
DROP TABLE processes;
DROP INDEX subjects_holds;
ALTER TABLE subjects DROP COLUMN vain;
ALTER TABLE subjects DROP COLUMN holds;
