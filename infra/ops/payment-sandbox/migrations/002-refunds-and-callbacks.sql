-- Guarantees: a charge never gives back more than it took, however many refunds come at once; only captured money is
-- given back; a refund's key pays back once, for one charge and one amount; a charge is `refunded` exactly when all of
-- it went back, and what it says went back is the sum of its refunds. Every change of a charge is told to the
-- webhook endpoint: its callbacks are written in the transaction of the change and stay until they were accepted, for a
-- day at most. There is at most one endpoint.

ALTER TABLE sandbox.charges
  ADD COLUMN refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
  -- Kept when it is one of the sandbox's own, because some of them decide about later steps; others could be anything.
  ADD COLUMN token text,
  DROP CONSTRAINT charges_state_check,
  ADD CONSTRAINT charges_state_check
    CHECK (state IN ('authorised', 'captured', 'voided', 'refunded', 'declined')),
  ADD CONSTRAINT charges_refund_no_more_than_they_took
    CHECK (refunded_minor <= coalesce(amount_minor, 0)),
  ADD CONSTRAINT charges_refund_only_captured_money
    CHECK (refunded_minor = 0 OR state IN ('captured', 'refunded')),
  ADD CONSTRAINT charges_refunded_means_wholly
    CHECK ((state = 'refunded') = coalesce(refunded_minor = amount_minor, false));

CREATE TABLE sandbox.refunds (
  id uuid PRIMARY KEY,
  charge_id uuid NOT NULL REFERENCES sandbox.charges,
  idempotency_key text NOT NULL UNIQUE,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0)
);
CREATE INDEX refunds_of_charge ON sandbox.refunds (charge_id);

-- Looks at the end of the transaction, when both the refund and its charge have been written.
CREATE FUNCTION sandbox.check_sum_of_refunds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  checked uuid;
BEGIN
  IF TG_TABLE_NAME = 'charges' THEN
    checked := NEW.id;
  ELSE
    checked := coalesce(NEW.charge_id, OLD.charge_id);
  END IF;
  IF (SELECT refunded_minor FROM sandbox.charges WHERE id = checked)
     <> (SELECT coalesce(sum(amount_minor), 0) FROM sandbox.refunds WHERE charge_id = checked) THEN
    RAISE EXCEPTION 'charge % does not say the sum of its refunds', checked USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER refunds_sum_to_their_charge
  AFTER INSERT OR UPDATE OR DELETE ON sandbox.refunds DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION sandbox.check_sum_of_refunds();
CREATE CONSTRAINT TRIGGER charges_say_the_sum_of_their_refunds
  AFTER UPDATE ON sandbox.charges DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.refunded_minor <> OLD.refunded_minor)
  EXECUTE FUNCTION sandbox.check_sum_of_refunds();

CREATE TABLE sandbox.callbacks (
  event_id uuid NOT NULL,
  -- An event may be sent several times, each time as a callback of its own.
  copy smallint NOT NULL CHECK (copy > 0),
  -- Sent byte for byte, however often.
  body text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  due_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  -- HTTP status of the last answer; null while there was none.
  last_status smallint,
  delivered_at timestamptz,
  PRIMARY KEY (event_id, copy)
);
CREATE INDEX callbacks_due ON sandbox.callbacks (due_at) WHERE delivered_at IS NULL;
CREATE INDEX callbacks_by_age ON sandbox.callbacks (created_at);

CREATE TABLE sandbox.webhook_endpoint (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  url text NOT NULL CHECK (url ~ '^https?://')
);
