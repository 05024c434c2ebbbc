-- Alerts that are to be delivered, and values encrypted to a key outside.

CREATE TABLE letters (
  id BIGINT PRIMARY KEY,
  channel TEXT NOT NULL,
  incident BIGINT REFERENCES incidents (id),
  key TEXT NOT NULL,
  body TEXT NOT NULL,
  not_before BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  failed_at BIGINT,
  failure TEXT,
  done_at BIGINT,
  UNIQUE (channel, key)
);
CREATE INDEX letters_to_deliver ON letters (done_at, not_before, id);

-- Ciphertext, in hexadecimal digits.
CREATE TABLE sealed (
  fingerprint TEXT NOT NULL,
  role TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (fingerprint, role)
);
