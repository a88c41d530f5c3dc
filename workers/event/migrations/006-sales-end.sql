-- From here on every sale ends: by default when its event begins, as read-events.ts says. The booking worker was told of
-- sales without an end before, so it has yet to hear of those that are stored. It guarantees that each is told: a row stays
-- here until booking has answered.

CREATE TABLE event.sales_to_tell (event_id uuid PRIMARY KEY REFERENCES event.events ON DELETE CASCADE);

INSERT INTO event.sales_to_tell (event_id)
  SELECT id FROM event.events WHERE layout_version IS NOT NULL AND status NOT IN ('draft', 'cancelled');
