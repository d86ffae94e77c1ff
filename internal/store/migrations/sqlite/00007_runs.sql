-- +goose Up
-- A name on a commit has one run, whose word is that of one subject.
INSERT INTO effects (key, state, result, at)
SELECT 'run/' || s.repo || '/' || s.done_head || '/' || s.ref, 'done', json_object('id', CAST(c.result AS INTEGER), 'by', s.name, 'mark', coalesce(m.result, '')), c.at
FROM subjects s
JOIN effects c ON c.key = 'check/' || s.repo || '/' || s.name || '/' || s.done_head AND c.state = 'done'
LEFT JOIN effects m ON m.key = 'conclude/' || s.repo || '/' || s.name || '/' || s.done_head AND m.state = 'done'
WHERE s.is_open AND s.stage = 'merge' AND s.ref <> ''
ORDER BY CAST(c.result AS BIGINT) DESC
ON CONFLICT (key) DO NOTHING;
INSERT INTO effects (key, state, result, at)
SELECT 'spoke/' || s.repo || '/' || s.name, 'done', json_object('head', s.done_head, 'ref', s.ref, 'name', 'custody: ' || CASE WHEN s.ref LIKE 'refs/heads/%' THEN substr(s.ref, 12) ELSE s.ref END), c.at
FROM subjects s
JOIN effects c ON c.key = 'check/' || s.repo || '/' || s.name || '/' || s.done_head AND c.state = 'done'
WHERE s.is_open AND s.stage = 'merge' AND s.ref <> '';
DELETE FROM effects WHERE key LIKE 'check/%';

-- +goose Down
DELETE FROM effects WHERE key LIKE 'run/%' OR key LIKE 'spoke/%';
