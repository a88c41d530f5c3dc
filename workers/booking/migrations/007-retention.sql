-- Old rows are found without reading those that stay. It guarantees nothing; it saves time: `workers/booking/retention.ts` looks for
-- old rows every minute, and the auditor for what changed lately.

-- Not those that were converted: they stay as long as their bookings.
CREATE INDEX holds_by_end ON booking.holds (ended_at) WHERE status IN ('released', 'expired');
CREATE INDEX sale_log_by_time ON booking.sale_log (at);
CREATE INDEX sales_by_change ON booking.sales (changed_at);
CREATE INDEX sales_by_end ON booking.sales (off_sale_at);

ALTER TABLE booking.sales
  -- When the places that nobody had bought were deleted, long after the end of the sale.
  ADD COLUMN archived_at timestamptz;
CREATE INDEX sales_to_archive ON booking.sales (off_sale_at) WHERE archived_at IS NULL AND status <> 'postponed';
