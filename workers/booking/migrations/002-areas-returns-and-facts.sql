-- Standing places, price tiers, tickets given back, the sale log and the outbox. It guarantees, whatever a process does, that
--   * a shard of an area never has more places held and sold than it holds (check places_within_capacity);
--   * an item names either a seat or places of one shard of an area;
--   * a ticket belongs to one booking item, and of its tickets at most one is not void (index one_ticket_per_item);
--   * what is refunded never exceeds what is to be refunded, and that never what was captured;
--   * a refund takes tickets back once (primary key of booking.cancellations).

ALTER TABLE booking.sales
  -- Until then buyers may give tickets back; null: never.
  ADD COLUMN cancel_until timestamptz,
  -- Whether any tier has steps: all other events need not look at tiers when they sell.
  ADD COLUMN price_steps boolean NOT NULL DEFAULT false;

CREATE TABLE booking.price_tiers (
  event_id uuid NOT NULL REFERENCES booking.sales,
  tier_no int NOT NULL CHECK (tier_no >= 0),
  name text NOT NULL,
  -- [{"sold_percent": 50, "price_minor": 6000}, …], ascending: from that share sold on, a place costs that.
  steps jsonb NOT NULL DEFAULT '[]',
  -- All its seats are among these, so that looking for them does not read the whole house. Null while it has none.
  first_seat_no int,
  last_seat_no int,
  PRIMARY KEY (event_id, tier_no)
);

ALTER TABLE booking.event_seats
  ADD COLUMN tier_no int NOT NULL DEFAULT 0,
  ADD COLUMN accessible boolean NOT NULL DEFAULT false;
-- Few in a large house, so walking along `seats_to_sell` would read all of it for them.
CREATE INDEX accessible_seats_to_sell ON booking.event_seats (event_id, seat_no)
  WHERE accessible AND state IN ('available', 'held');
CREATE INDEX rows_of_section ON booking.event_rows (event_id, section);

-- Standing places. Sold by count from several counters, so that buyers of one area do not queue for one row.
CREATE TABLE booking.areas (
  event_id uuid NOT NULL REFERENCES booking.sales,
  area_no int NOT NULL CHECK (area_no >= 0),
  name text NOT NULL,
  capacity int NOT NULL CHECK (capacity > 0),
  price_minor bigint NOT NULL CHECK (price_minor >= 0),
  PRIMARY KEY (event_id, area_no),
  UNIQUE (event_id, name)
);

-- `held` counts the places of items whose `held_until` is not null, expired ones included until somebody takes them back.
CREATE TABLE booking.area_shards (
  event_id uuid NOT NULL,
  area_no int NOT NULL,
  shard int NOT NULL CHECK (shard >= 0),
  capacity int NOT NULL CHECK (capacity > 0),
  held int NOT NULL DEFAULT 0 CHECK (held >= 0),
  sold int NOT NULL DEFAULT 0 CHECK (sold >= 0),
  PRIMARY KEY (event_id, area_no, shard),
  FOREIGN KEY (event_id, area_no) REFERENCES booking.areas,
  CONSTRAINT places_within_capacity CHECK (held + sold <= capacity)
) WITH (fillfactor = 20);

-- `price_minor` is that of one place. A buyer may exchange the items of an active hold; once a payment began they stay.
ALTER TABLE booking.hold_items
  DROP CONSTRAINT hold_items_pkey,
  ALTER COLUMN seat_no DROP NOT NULL,
  ADD COLUMN area_no int,
  ADD COLUMN shard int,
  ADD COLUMN qty int NOT NULL DEFAULT 1 CHECK (qty > 0),
  -- Of standing places: until then, and as long as nobody took them back, they count in their shard.
  ADD COLUMN held_until timestamptz,
  ADD CONSTRAINT seat_or_area CHECK ((seat_no IS NULL) = (area_no IS NOT NULL) AND (area_no IS NULL) = (shard IS NULL)),
  ADD CONSTRAINT seat_is_one CHECK (seat_no IS NULL OR (qty = 1 AND held_until IS NULL)),
  ADD CONSTRAINT item_once UNIQUE NULLS NOT DISTINCT (event_id, hold_id, seat_no, area_no, shard),
  ADD FOREIGN KEY (event_id, area_no, shard) REFERENCES booking.area_shards;
CREATE INDEX standing_items_held ON booking.hold_items (event_id, area_no, held_until) WHERE held_until IS NOT NULL;

ALTER TABLE booking.tickets
  DROP CONSTRAINT tickets_event_id_booking_id_seat_no_fkey,
  ADD COLUMN item_id uuid;
-- One item a place: a seat, or one standing place.
ALTER TABLE booking.booking_items
  DROP CONSTRAINT booking_items_pkey,
  ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
  ALTER COLUMN seat_no DROP NOT NULL,
  ADD COLUMN area_no int,
  ADD COLUMN shard int,
  ADD PRIMARY KEY (event_id, id),
  ADD CONSTRAINT item_is_seat_or_standing
    CHECK ((seat_no IS NULL) = (area_no IS NOT NULL) AND (area_no IS NULL) = (shard IS NULL)),
  ADD FOREIGN KEY (event_id, area_no, shard) REFERENCES booking.area_shards;
ALTER TABLE booking.booking_items ALTER COLUMN id DROP DEFAULT;
CREATE INDEX items_of_booking ON booking.booking_items (event_id, booking_id);

UPDATE booking.tickets AS ticket SET item_id = item.id FROM booking.booking_items AS item
  WHERE item.event_id = ticket.event_id AND item.booking_id = ticket.booking_id AND item.seat_no = ticket.seat_no;
ALTER TABLE booking.tickets
  ALTER COLUMN item_id SET NOT NULL,
  DROP COLUMN seat_no,
  ADD FOREIGN KEY (event_id, item_id) REFERENCES booking.booking_items;
CREATE UNIQUE INDEX one_ticket_per_item ON booking.tickets (event_id, item_id) WHERE status <> 'void';

ALTER TABLE booking.bookings
  -- Money that is to go back, and of that what has (`refunded_minor`).
  ADD COLUMN refund_due_minor bigint NOT NULL DEFAULT 0,
  ADD COLUMN cancelled_for text CHECK (cancelled_for IN ('buyer', 'organiser', 'event_cancelled', 'capture_refused')),
  ADD CONSTRAINT refund_within_capture CHECK (
    refunded_minor <= refund_due_minor AND refund_due_minor <= captured_minor),
  ADD CONSTRAINT cancelled_says_why CHECK ((status = 'cancelled') = (cancelled_for IS NOT NULL));

-- Tickets taken back: one row a refund, named by the purchase worker.
CREATE TABLE booking.cancellations (
  event_id uuid NOT NULL,
  id uuid NOT NULL,
  booking_id uuid NOT NULL,
  reason text NOT NULL CHECK (reason IN ('buyer', 'organiser', 'event_cancelled')),
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  -- When the money was back with the buyer.
  refunded_at timestamptz,
  PRIMARY KEY (event_id, id),
  FOREIGN KEY (event_id, booking_id) REFERENCES booking.bookings
);

-- Written in the transaction that sells or takes back, and never changed.
CREATE TABLE booking.sale_log (
  event_id uuid NOT NULL,
  id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  what text NOT NULL CHECK (what IN ('sold', 'returned')),
  origin text NOT NULL CHECK (origin IN ('purchase', 'rescue', 'buyer', 'organiser', 'event_cancelled', 'capture_refused')),
  booking_id uuid NOT NULL,
  places int NOT NULL CHECK (places > 0),
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
  request_id text NOT NULL,
  PRIMARY KEY (event_id, id),
  CHECK ((what = 'sold') = (origin IN ('purchase', 'rescue')))
);

-- Old ones are forgotten after a day.
CREATE INDEX commands_by_age ON booking.commands (created_at);

-- Facts on their way to the stream; see shared/outbox.ts.
CREATE TABLE booking.outbox (
  id uuid PRIMARY KEY,
  subject text NOT NULL,
  payload jsonb NOT NULL,
  trace text,
  created_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz
);
CREATE INDEX outbox_unpublished ON booking.outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_by_age ON booking.outbox (published_at) WHERE published_at IS NOT NULL;
