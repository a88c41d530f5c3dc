-- Every sale ends: by default when its event begins. Sales without an end, or with a later one than an organiser may set,
-- get theirs from their events, once; from here on the event worker names it. This is the one place where a migration reads
-- another schema: no message could tell before the first hold. The rule is that of workers/event/store/read-events.ts.

DO $$
BEGIN
  IF to_regclass('event.events') IS NULL THEN RETURN; END IF;
  UPDATE booking.sales AS sale SET
    off_sale_at = ends.at,
    -- A sale that ends before it opens never opens.
    status = CASE WHEN sale.on_sale_at >= ends.at AND sale.status NOT IN ('cancelled', 'postponed') THEN 'off_sale'
      ELSE sale.status END,
    on_sale_at = CASE WHEN sale.on_sale_at < ends.at THEN sale.on_sale_at END,
    changed_at = now()
  FROM event.events AS event
  CROSS JOIN LATERAL (SELECT coalesce(event.starts_at,
    (event.starts_on + 1)::timestamp AT TIME ZONE coalesce(event.tz, 'Etc/GMT-14')) AS by) AS starts
  CROSS JOIN LATERAL (SELECT CASE WHEN event.off_sale_at <= starts.by + interval '24 hours' THEN event.off_sale_at
    ELSE starts.by END AS at) AS ends
  WHERE event.id = sale.event_id AND sale.off_sale_at IS DISTINCT FROM ends.at;
END $$;
