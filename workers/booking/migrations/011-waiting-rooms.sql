-- Whether only holders of a pass may take places of an event, and by which pass a hold was made.
ALTER TABLE booking.sales ADD COLUMN needs_pass boolean NOT NULL DEFAULT false;
ALTER TABLE booking.holds ADD COLUMN pass_id uuid;
CREATE INDEX holds_by_pass ON booking.holds (event_id, pass_id) WHERE pass_id IS NOT NULL;
