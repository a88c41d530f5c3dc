-- Seats, holds and bookings. It guarantees, whatever a process does or fails to do, that
--   * a seat of an event is in at most one live booking item (index seat_sold_once): the last fence, which needs no lock;
--   * a held seat names its hold and its end, a sold one its booking, any other neither;
--   * a buyer has at most one live hold of an event (index one_live_hold_per_buyer);
--   * no hold outlives its hard cap, and a hold is live exactly while it has not ended;
--   * a hold has at most one booking, and never more is captured than the frozen total.
-- Hot tables are keyed by event first. An expired hold blocks nothing: every reader compares `held_until` with the clock.

CREATE TABLE booking.sales (
  event_id uuid PRIMARY KEY,
  -- Of the layout that the seat numbers belong to.
  version int NOT NULL CHECK (version > 0),
  status text NOT NULL DEFAULT 'announced'
    CHECK (status IN ('announced', 'on_sale', 'paused', 'off_sale', 'postponed', 'cancelled')),
  on_sale_at timestamptz,
  off_sale_at timestamptz,
  hold_ttl interval NOT NULL CHECK (hold_ttl > interval '0'),
  hold_hard_cap interval NOT NULL,
  max_tickets_per_user int NOT NULL CHECK (max_tickets_per_user > 0),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  CHECK (hold_ttl <= hold_hard_cap),
  CHECK (on_sale_at < off_sale_at)
);

-- Names and extent of a row never change. Whoever picks best available seats locks the row they are in.
CREATE TABLE booking.event_rows (
  event_id uuid NOT NULL REFERENCES booking.sales,
  row_no int NOT NULL CHECK (row_no >= 0),
  section text NOT NULL,
  label text NOT NULL,
  first_seat_no int NOT NULL CHECK (first_seat_no >= 0),
  seat_count int NOT NULL CHECK (seat_count > 0),
  PRIMARY KEY (event_id, row_no)
);

-- A third of each page stays free, so that a seat stays on its page when it changes hands.
CREATE TABLE booking.event_seats (
  event_id uuid NOT NULL,
  -- Dense index into the layout, which is also the order of preference.
  seat_no int NOT NULL CHECK (seat_no >= 0),
  row_no int NOT NULL,
  label text NOT NULL,
  price_minor bigint NOT NULL CHECK (price_minor >= 0),
  state text NOT NULL DEFAULT 'available' CHECK (state IN ('available', 'held', 'sold', 'blocked')),
  hold_id uuid,
  held_until timestamptz,
  booking_id uuid,
  -- One more with each change of state.
  version bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (event_id, seat_no),
  FOREIGN KEY (event_id, row_no) REFERENCES booking.event_rows,
  CONSTRAINT held_names_its_hold CHECK ((state = 'held') = (hold_id IS NOT NULL)),
  CONSTRAINT held_has_an_end CHECK ((state = 'held') = (held_until IS NOT NULL)),
  CONSTRAINT sold_names_its_booking CHECK ((state = 'sold') = (booking_id IS NOT NULL))
) WITH (fillfactor = 70);
-- Best available seats are looked for without reading the sold ones: over a sold-out house of 15,000 three times as many
-- buyers a second hear so, and holds were measured to be no slower for it.
CREATE INDEX seats_to_sell ON booking.event_seats (event_id, seat_no) WHERE state IN ('available', 'held');

-- No foreign key to sales: with it every hold of a rush would write its share lock into that one row.
CREATE TABLE booking.holds (
  event_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paying', 'converted', 'released', 'expired')),
  created_at timestamptz NOT NULL DEFAULT now(),
  -- What the buyer was promised; `expires_at` moves beyond it while a payment is under way.
  active_until timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  hard_cap_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (event_id, id),
  CHECK (active_until <= expires_at),
  CONSTRAINT hold_within_hard_cap CHECK (expires_at <= hard_cap_at),
  CONSTRAINT hold_live_until_ended CHECK ((status IN ('active', 'paying')) = (ended_at IS NULL))
);
CREATE UNIQUE INDEX one_live_hold_per_buyer ON booking.holds (event_id, user_id) WHERE status IN ('active', 'paying');
CREATE INDEX holds_due ON booking.holds (expires_at) WHERE status IN ('active', 'paying');

-- Written with the hold and never changed: the frozen price, and the memory from which a late confirmation works.
CREATE TABLE booking.hold_items (
  event_id uuid NOT NULL,
  hold_id uuid NOT NULL,
  seat_no int NOT NULL,
  price_minor bigint NOT NULL CHECK (price_minor >= 0),
  PRIMARY KEY (event_id, hold_id, seat_no),
  FOREIGN KEY (event_id, hold_id) REFERENCES booking.holds
);

CREATE TABLE booking.bookings (
  event_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id text NOT NULL,
  hold_id uuid NOT NULL,
  status text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'confirmed', 'cancelled', 'expired', 'failed')),
  total_minor bigint NOT NULL CHECK (total_minor >= 0),
  refunded_minor bigint NOT NULL DEFAULT 0,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  created_at timestamptz NOT NULL DEFAULT now(),
  confirmed_at timestamptz,
  -- How the latest payment stands; a booking is opened by its first one.
  payment_attempt int NOT NULL DEFAULT 1 CHECK (payment_attempt > 0),
  payment_status text NOT NULL DEFAULT 'processing'
    CHECK (payment_status IN ('processing', 'authorised', 'captured', 'voided', 'failed')),
  captured_minor bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (event_id, id),
  CONSTRAINT one_booking_per_hold UNIQUE (event_id, hold_id),
  FOREIGN KEY (event_id, hold_id) REFERENCES booking.holds,
  CONSTRAINT refunded_within_total CHECK (refunded_minor BETWEEN 0 AND total_minor),
  CONSTRAINT captured_within_total CHECK (captured_minor BETWEEN 0 AND total_minor),
  CONSTRAINT captured_says_so CHECK (captured_minor = 0 OR payment_status = 'captured'),
  CONSTRAINT confirmed_has_its_time CHECK ((confirmed_at IS NOT NULL) = (status IN ('confirmed', 'cancelled')))
);
CREATE INDEX bookings_of_user ON booking.bookings (user_id, id);
CREATE INDEX bookings_pending ON booking.bookings (event_id, hold_id) WHERE status = 'pending';

CREATE TABLE booking.booking_items (
  event_id uuid NOT NULL,
  booking_id uuid NOT NULL,
  seat_no int NOT NULL,
  price_minor bigint NOT NULL CHECK (price_minor >= 0),
  live boolean NOT NULL DEFAULT true,
  PRIMARY KEY (event_id, booking_id, seat_no),
  FOREIGN KEY (event_id, booking_id) REFERENCES booking.bookings
);
CREATE UNIQUE INDEX seat_sold_once ON booking.booking_items (event_id, seat_no) WHERE live;

CREATE TABLE booking.tickets (
  event_id uuid NOT NULL,
  id uuid NOT NULL,
  booking_id uuid NOT NULL,
  seat_no int NOT NULL,
  status text NOT NULL DEFAULT 'valid' CHECK (status IN ('valid', 'used', 'void')),
  PRIMARY KEY (event_id, id),
  FOREIGN KEY (event_id, booking_id, seat_no) REFERENCES booking.booking_items
);
CREATE INDEX tickets_of_booking ON booking.tickets (event_id, booking_id);

-- Replies to commands that carried an idempotency key.
CREATE TABLE booking.commands (
  scope text,
  key text,
  request_hash bytea NOT NULL,
  reply text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, key)
);
