-- What scans found nothing in, so that it is not looked at again under the same rules.

-- The rules that scans were made under; the ones used last are kept.
CREATE TABLE judged_rules (
  id BIGINT PRIMARY KEY,
  rules TEXT NOT NULL UNIQUE,
  used_at BIGINT NOT NULL
);

-- Marks of what held nothing: 16 bytes each, in order within a row, many thousands to a
-- row. Rows are numbered as they are written; an ordinary table, since what is in a row
-- is large.
-- @sqlite
CREATE TABLE judged_marks (
  id BIGINT PRIMARY KEY,
  rules BIGINT NOT NULL,
  many BIGINT NOT NULL,
  marks BLOB NOT NULL
);
CREATE TABLE judged_notes (
  rules BIGINT NOT NULL,
  mark BLOB NOT NULL,
  used_at BIGINT NOT NULL,
  what BLOB NOT NULL,
  PRIMARY KEY (rules, mark)
);
-- @postgres
CREATE TABLE judged_marks (
  id BIGINT PRIMARY KEY,
  rules BIGINT NOT NULL,
  many BIGINT NOT NULL,
  marks BYTEA NOT NULL
);
-- Hashes do not shrink, and trying costs more than writing them.
ALTER TABLE judged_marks ALTER COLUMN marks SET STORAGE EXTERNAL;
-- What was noted of something as a whole, such as a pack.
CREATE TABLE judged_notes (
  rules BIGINT NOT NULL,
  mark BYTEA NOT NULL,
  used_at BIGINT NOT NULL,
  what BYTEA NOT NULL,
  PRIMARY KEY (rules, mark)
);
-- @both
CREATE INDEX judged_marks_by_rules ON judged_marks (rules, id, many);
CREATE INDEX judged_notes_by_use ON judged_notes (rules, used_at);
