-- A payment is found by its key at every purchase and every webhook, also one that failed, which one_payment_per_key leaves
-- out. It guarantees nothing new.
CREATE INDEX payments_by_key ON purchase.payments (provider_key);
