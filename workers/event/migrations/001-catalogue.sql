-- The catalogue: what there is to see, where and when, and what organisers intend with the sale. It guarantees that
--   * an event, venue or performer of a source exists once, so that importing twice changes nothing;
--   * a local date is always known, while the instant may not be announced yet;
--   * a time zone is one that this server knows, because every list compares dates in it;
--   * the search vector belongs to the texts beside it: nobody writes it;
--   * a layout never changes: another seating is another version.
-- Numbers of free and sold seats are not here: the booking worker counts them.

CREATE TABLE event.venues (
  id uuid PRIMARY KEY,
  source text NOT NULL,
  source_id text NOT NULL,
  name text NOT NULL,
  city text,
  country text CHECK (country ~ '^[A-Z]{2}$'),
  latitude double precision,
  longitude double precision,
  UNIQUE (source, source_id)
);

CREATE TABLE event.performers (
  id uuid PRIMARY KEY,
  source text NOT NULL,
  source_id text NOT NULL,
  name text NOT NULL,
  UNIQUE (source, source_id)
);

CREATE TABLE event.events (
  id uuid PRIMARY KEY,
  source text NOT NULL,
  -- Events made by organisers have the source 'organiser' and their own id here.
  source_id text NOT NULL,
  -- Digest of what the importer sent; null for events made by organisers.
  content_hash text,
  name text NOT NULL,
  type text NOT NULL,
  description text,
  status text NOT NULL CHECK (status IN ('draft', 'published', 'postponed', 'rescheduled', 'cancelled')),
  venue_id uuid REFERENCES event.venues,
  starts_on date NOT NULL,
  -- Milliseconds, because page cursors carry it as such.
  starts_at timestamptz(3),
  tz text CHECK (tz IS NULL OR (timestamp '2000-01-01' AT TIME ZONE tz) IS NOT NULL),
  -- Days by which the importer moved the source's dates; null: never moved.
  shift_days int CHECK (shift_days % 7 = 0),
  -- What the organiser wants; postponed and cancelled sales follow from `status`, times from the two columns below.
  sale_status text NOT NULL DEFAULT 'announced' CHECK (sale_status IN ('announced', 'on_sale', 'paused')),
  on_sale_at timestamptz(3),
  off_sale_at timestamptz(3),
  max_tickets_per_user int NOT NULL CHECK (max_tickets_per_user > 0),
  price_from_minor bigint CHECK (price_from_minor >= 0),
  currency text CHECK (currency ~ '^[A-Z]{3}$'),
  layout_version int,
  seat_count int NOT NULL DEFAULT 0 CHECK (seat_count >= 0),
  -- As `fold.ts` makes them: lower-case words of letters and digits without accents, so that neither spelling nor the
  -- server's locale decides what is found.
  folded_name text NOT NULL,
  folded_performers text NOT NULL,
  folded_venue text NOT NULL,
  folded_city text NOT NULL,
  folded_type text NOT NULL,
  folded_description text NOT NULL,
  search tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector('simple', folded_name || ' ' || folded_performers), 'A') ||
    setweight(to_tsvector('simple', folded_venue || ' ' || folded_city), 'B') ||
    setweight(to_tsvector('simple', folded_type), 'C') ||
    setweight(to_tsvector('simple', folded_description), 'D')
  ) STORED,
  UNIQUE (source, source_id),
  CHECK (on_sale_at < off_sale_at)
);

-- The order of every list; the unknown time comes last within its day.
CREATE INDEX events_by_date ON event.events (starts_on, COALESCE(starts_at, 'infinity'), id);
CREATE INDEX events_by_city ON event.events (folded_city, starts_on, COALESCE(starts_at, 'infinity'), id);
CREATE INDEX events_by_words ON event.events USING gin (search);

CREATE TABLE event.event_performers (
  event_id uuid NOT NULL REFERENCES event.events,
  position int NOT NULL,
  performer_id uuid NOT NULL REFERENCES event.performers,
  PRIMARY KEY (event_id, position)
);

CREATE TABLE event.price_tiers (
  event_id uuid NOT NULL REFERENCES event.events,
  position int NOT NULL,
  name text NOT NULL,
  price_minor bigint NOT NULL CHECK (price_minor >= 0),
  max_price_minor bigint NOT NULL CHECK (max_price_minor >= price_minor),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  PRIMARY KEY (event_id, position)
);

CREATE TABLE event.layouts (
  event_id uuid NOT NULL REFERENCES event.events,
  version int NOT NULL CHECK (version > 0),
  -- Digest of layout, prices and currency: the same again is the same version.
  content_hash text NOT NULL,
  -- `json`, not `jsonb`: it is only ever handed out whole, in the order in which seats are numbered.
  layout json NOT NULL,
  -- Beside the layout so that the view of an event need not read half a megabyte.
  areas json NOT NULL,
  -- Price of each category of the layout, in its order.
  category_prices_minor json NOT NULL,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  PRIMARY KEY (event_id, version)
);

ALTER TABLE event.events ADD FOREIGN KEY (id, layout_version) REFERENCES event.layouts (event_id, version);

-- Replies to commands that carried an idempotency key.
CREATE TABLE event.commands (
  scope text,
  key text,
  request_hash bytea NOT NULL,
  reply text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, key)
);
