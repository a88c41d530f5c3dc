-- Which scans let somebody in before they arrived, because a gate had no connection. It guarantees nothing; with it organisers see double
-- entries: a refused scan of a guest who was let in is no longer like one of a guest who was turned away.

ALTER TABLE booking.check_ins
  -- As the device says.
  ADD COLUMN let_in boolean NOT NULL DEFAULT false;
CREATE INDEX wrong_entries ON booking.check_ins (event_id, received_at, scan_id) WHERE let_in AND outcome <> 'admitted';
