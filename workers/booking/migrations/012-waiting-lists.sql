-- The waiting lists of sold-out events. It guarantees that
--   * a buyer has at most one open entry of an event (index one_open_entry_per_buyer);
--   * an entry has its hold from the offer on, a reason exactly if it was ended, and an end exactly if it is not open.
-- The order of a list is that of `number`, which is given out under the lock of the list.

CREATE TABLE booking.waiting_list (
  event_id uuid NOT NULL,
  id uuid NOT NULL,
  number bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  user_id text NOT NULL,
  qty int NOT NULL CHECK (qty > 0),
  -- Which places: any but accessible ones, accessible ones, or those of the tier, section or GA area that is named.
  kind text NOT NULL CHECK (kind IN ('any', 'accessible', 'tier', 'section', 'area')),
  name text,
  status text NOT NULL DEFAULT 'waiting'
    CHECK (status IN ('waiting', 'offered', 'converted', 'expired', 'left', 'ended')),
  ended_because text CHECK (ended_because IN ('event_cancelled', 'event_rescheduled', 'sale_ended', 'ticket_limit')),
  -- How often what was too few for it went to somebody behind it.
  overtaken int NOT NULL DEFAULT 0 CHECK (overtaken BETWEEN 0 AND 3),
  -- The end of the sale when the buyer joined: when it moves, the event does.
  sale_ends_at timestamptz,
  -- Own id of the hold that is the offer.
  hold_id uuid,
  joined_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  PRIMARY KEY (event_id, id),
  CHECK ((name IS NULL) = (kind IN ('any', 'accessible'))),
  CONSTRAINT offer_has_its_hold CHECK (CASE status
    WHEN 'waiting' THEN hold_id IS NULL WHEN 'offered' THEN hold_id IS NOT NULL ELSE true END),
  CONSTRAINT ended_says_why CHECK ((status = 'ended') = (ended_because IS NOT NULL)),
  CONSTRAINT open_until_ended CHECK ((status IN ('waiting', 'offered')) = (ended_at IS NULL))
);
CREATE UNIQUE INDEX one_open_entry_per_buyer ON booking.waiting_list (event_id, user_id)
  WHERE status IN ('waiting', 'offered');
CREATE INDEX waiting_in_order ON booking.waiting_list (event_id, number) WHERE status = 'waiting';
CREATE INDEX waiting_by_kind ON booking.waiting_list (event_id, kind, name) WHERE status = 'waiting';
CREATE INDEX waiting_list_offers ON booking.waiting_list (event_id, hold_id) WHERE status = 'offered';
CREATE INDEX waiting_list_of_user ON booking.waiting_list (user_id, id);
CREATE INDEX waiting_list_ended ON booking.waiting_list (ended_at) WHERE ended_at IS NOT NULL;

-- Kinds of places that somebody waits for, as [{"kind": "section", "name": "Floor A"}, …]: whoever takes places reads the sale anyhow,
-- and so need not look at the list. Changed with the list, under its lock.
ALTER TABLE booking.sales ADD COLUMN waited_for jsonb NOT NULL DEFAULT '[]';
CREATE INDEX sales_waited_for ON booking.sales (event_id) WHERE waited_for <> '[]';
