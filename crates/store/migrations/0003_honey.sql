-- Keys that nobody uses, by what tells them when they are met; never a value. sha256
-- is of the whole value: nobody can guess one back that has a hundred random bits.
-- place: the absolute path where it was put, empty if that is not known.
CREATE TABLE honey (
  id BIGINT PRIMARY KEY,
  fingerprint TEXT NOT NULL UNIQUE,
  dossier TEXT NOT NULL,
  hint TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  place TEXT NOT NULL,
  note TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  retired_at BIGINT
);
