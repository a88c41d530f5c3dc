-- The W3C traceparent of whoever changed the charge, where that is recorded: the callback goes on in the same trace.
ALTER TABLE sandbox.callbacks ADD COLUMN trace text;
