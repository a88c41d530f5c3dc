-- Standing places with prices, price steps, the end of giving tickets back, and the outbox.

ALTER TABLE event.events
  -- Standing places that are sold, beside `seat_count`.
  ADD COLUMN standing_count int NOT NULL DEFAULT 0 CHECK (standing_count >= 0),
  -- Null: 24 hours before the event begins, see `cancelUntil` in the worker.
  ADD COLUMN cancel_until timestamptz(3),
  -- One more with each change that facts tell of.
  ADD COLUMN version bigint NOT NULL DEFAULT 1;

-- Of each category of the layout, in its order.
ALTER TABLE event.layouts ADD COLUMN price_steps json NOT NULL DEFAULT '[]';
ALTER TABLE event.price_tiers ADD COLUMN price_steps json NOT NULL DEFAULT '[]';

-- From here on areas name their price. Those of layouts that are here already are not in stock and stay unsold; the view
-- shows the lowest price of their house.
UPDATE event.layouts SET
  areas = (SELECT coalesce(json_agg(area::jsonb || jsonb_build_object('price_minor', lowest)), '[]')
    FROM json_array_elements(areas) AS area)
FROM (SELECT event_id, version, (SELECT min(price::bigint) FROM json_array_elements_text(category_prices_minor) AS price) AS lowest
  FROM event.layouts) AS priced
WHERE priced.event_id = layouts.event_id AND priced.version = layouts.version;

-- Facts on their way to the stream; see shared/outbox.ts.
CREATE TABLE event.outbox (
  id uuid PRIMARY KEY,
  subject text NOT NULL,
  payload jsonb NOT NULL,
  trace text,
  created_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz
);
CREATE INDEX outbox_unpublished ON event.outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_by_age ON event.outbox (published_at) WHERE published_at IS NOT NULL;
