-- It guarantees that the version of an event rises, in the same transaction, with every change of what lists show of it, so that a
-- summary is known by id and version: also when another event's import renames its venue or one of its performers.

CREATE FUNCTION event.raise_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;

-- Most statements raise the version themselves.
CREATE TRIGGER raise_version BEFORE UPDATE ON event.events FOR EACH ROW
  WHEN (NEW.version = OLD.version AND
    (NEW.name, NEW.type, NEW.status, NEW.venue_id, NEW.starts_on, NEW.starts_at, NEW.tz, NEW.sale_status, NEW.on_sale_at,
      NEW.off_sale_at, NEW.cancel_until, NEW.price_from_minor, NEW.currency, NEW.seat_count, NEW.standing_count)
    IS DISTINCT FROM
    (OLD.name, OLD.type, OLD.status, OLD.venue_id, OLD.starts_on, OLD.starts_at, OLD.tz, OLD.sale_status, OLD.on_sale_at,
      OLD.off_sale_at, OLD.cancel_until, OLD.price_from_minor, OLD.currency, OLD.seat_count, OLD.standing_count))
  EXECUTE FUNCTION event.raise_version();

-- Events are locked in one order, so that two importers wait for each other instead of locking crosswise.
CREATE FUNCTION event.raise_versions_at_venue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE event.events SET version = version + 1 WHERE id IN (
    SELECT id FROM event.events WHERE venue_id = NEW.id ORDER BY id FOR NO KEY UPDATE);
  RETURN NULL;
END $$;
CREATE TRIGGER raise_versions AFTER UPDATE ON event.venues FOR EACH ROW
  WHEN ((NEW.name, NEW.city, NEW.country) IS DISTINCT FROM (OLD.name, OLD.city, OLD.country))
  EXECUTE FUNCTION event.raise_versions_at_venue();

CREATE FUNCTION event.raise_versions_of_performer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE event.events SET version = version + 1 WHERE id IN (
    SELECT id FROM event.events WHERE id IN (SELECT event_id FROM event.event_performers WHERE performer_id = NEW.id)
    ORDER BY id FOR NO KEY UPDATE);
  RETURN NULL;
END $$;
CREATE TRIGGER raise_versions AFTER UPDATE ON event.performers FOR EACH ROW
  WHEN (NEW.name IS DISTINCT FROM OLD.name)
  EXECUTE FUNCTION event.raise_versions_of_performer();
