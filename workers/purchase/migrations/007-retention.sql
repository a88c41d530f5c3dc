-- Old rows are found without reading those that stay. It guarantees nothing; it saves time: `workers/purchase/retention.ts` looks for
-- old rows every minute, and the auditor for what changed lately.

CREATE INDEX payments_at_rest ON purchase.payments (updated_at) WHERE next_check_at IS NULL;
CREATE INDEX payments_that_took_nothing ON purchase.payments (updated_at)
  WHERE next_check_at IS NULL AND status IN ('failed', 'voided');
CREATE INDEX refunds_at_rest ON purchase.refunds (updated_at) WHERE next_check_at IS NULL;
CREATE INDEX refused_refunds ON purchase.refunds (updated_at) WHERE status = 'refused';
CREATE INDEX event_refunds_by_end ON purchase.event_refunds (finished_at);
