-- A buyer whose money came and whose seats are lost is told why, by whichever driver answers. It guarantees that
--   * only a payment whose seats are lost says why (only_lost_says_why).

ALTER TABLE purchase.payments
  -- As the booking worker said; null when it did not.
  ADD COLUMN loss_reason text,
  ADD CONSTRAINT only_lost_says_why CHECK (loss_reason IS NULL OR status IN ('voiding', 'voided'));
