-- What is kept for people is marked as such, and what says nothing goes. It guarantees nothing new.

-- An event is applied in the transaction that keeps it, so this always equalled `received_at`.
ALTER TABLE purchase.provider_inbox DROP COLUMN applied_at;

-- The worker writes these and never reads them: they lead an operator from a row to the request that it came of.
COMMENT ON COLUMN purchase.payments.idempotency_key IS
  'For operators: the Idempotency-Key of the request, or one made for a caller who sent none.';
COMMENT ON COLUMN purchase.refunds.requested_by IS
  'For operators: operation and caller, or refund-event when the event was cancelled.';
