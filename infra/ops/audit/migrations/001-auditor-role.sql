-- The role that the auditor reads with. It guarantees that an audit changes nothing: the role may only select, in all
-- schemas, tables of later migrations included. The auditor becomes it by SET ROLE, so it needs no password of its own.
-- Where the migrating user may not make roles, the auditor's transactions are read-only all the same.

DO $$
BEGIN
  -- Roles belong to the whole server: another database on it may have made this one.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ticketing_auditor') THEN
    CREATE ROLE ticketing_auditor NOLOGIN;
  END IF;
  EXECUTE format('GRANT ticketing_auditor TO %I', current_user);
  GRANT USAGE ON SCHEMA event, booking, purchase TO ticketing_auditor;
  GRANT SELECT ON ALL TABLES IN SCHEMA event, booking, purchase TO ticketing_auditor;
  ALTER DEFAULT PRIVILEGES IN SCHEMA event, booking, purchase GRANT SELECT ON TABLES TO ticketing_auditor;
EXCEPTION
  WHEN insufficient_privilege THEN RAISE NOTICE 'the auditor gets no role of its own';
  -- Two migrations of two databases at once.
  WHEN duplicate_object OR unique_violation THEN RAISE EXCEPTION 'the auditor''s role was made by another migration at this moment: run it again';
END $$;
