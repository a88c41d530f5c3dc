-- Lists show the address of a venue since 008. It guarantees, as 007 does for all else that lists show, that the versions of the events at a
-- venue rise with a change of its address.

DROP TRIGGER raise_versions ON event.venues;
CREATE TRIGGER raise_versions AFTER UPDATE ON event.venues FOR EACH ROW
  WHEN ((NEW.name, NEW.city, NEW.country, NEW.address) IS DISTINCT FROM (OLD.name, OLD.city, OLD.country, OLD.address))
  EXECUTE FUNCTION event.raise_versions_at_venue();
