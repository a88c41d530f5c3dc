-- Tickets that are passed on to somebody else. It guarantees that a ticket which changed hands has a serial above 1, so that
-- the code of its earlier holder is told apart.

ALTER TABLE booking.tickets
  -- One more each time it changes hands; stands in the code that its holder shows.
  ADD COLUMN serial int NOT NULL DEFAULT 1 CHECK (serial > 0),
  -- Who may enter with it; null: the buyer.
  ADD COLUMN holder_id text,
  ADD CONSTRAINT passed_on_has_new_serial CHECK (holder_id IS NULL OR serial > 1);
CREATE INDEX tickets_passed_on ON booking.tickets (holder_id, id) WHERE holder_id IS NOT NULL;
