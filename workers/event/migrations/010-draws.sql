-- The draw of a waiting room: when it is held, the secret behind its commitment, the roll of those who take part, and their numbers.
CREATE TABLE event.draws (
  event_id uuid PRIMARY KEY REFERENCES event.waiting_rooms,
  joins_from timestamptz,
  closes_at timestamptz NOT NULL,
  opens_at timestamptz NOT NULL CHECK (opens_at >= closes_at),
  -- Its SHA-256 is the commitment. Who knows it before the closing can place last entrants well.
  secret bytea NOT NULL CHECK (length(secret) = 32),
  -- Ed25519, PKCS #8: signs the receipts of this draw.
  receipt_key bytea NOT NULL,
  beacon_source text,
  beacon_value text,
  beacon_published_at timestamptz,
  -- Places in the roll; the first gateway that hands it over decides.
  count int CHECK (count >= 0),
  entrants int CHECK (entrants <= count),
  root bytea CHECK (length(root) = 32),
  closed_at timestamptz,
  seed bytea CHECK (length(seed) = 32),
  drawn_at timestamptz,
  CHECK ((root IS NULL) = (closed_at IS NULL) AND (root IS NULL) = (entrants IS NULL)),
  CHECK ((seed IS NULL) = (drawn_at IS NULL) AND (seed IS NULL OR root IS NOT NULL)),
  CHECK (beacon_value IS NULL OR (beacon_source IS NOT NULL AND root IS NOT NULL AND beacon_published_at > closed_at))
);
CREATE INDEX draws_to_hold ON event.draws (opens_at) WHERE seed IS NULL;

-- 1,024 places each, the last one fewer.
CREATE TABLE event.draw_pages (
  event_id uuid REFERENCES event.draws,
  page int,
  leaves bytea NOT NULL,
  entrants int NOT NULL,
  -- Of the subtree of this page.
  root bytea NOT NULL CHECK (length(root) = 32),
  -- Four bytes a place, big-endian: its number less one.
  ranks bytea CHECK (length(ranks) * 8 = length(leaves)),
  PRIMARY KEY (event_id, page)
);
