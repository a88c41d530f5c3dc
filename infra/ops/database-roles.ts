import pg from 'pg'
import { type DatabaseUser, databaseUsers } from '#shared/process/config.ts'
import { roleOf } from '../system/servers/database-users.ts'

/*
 * Who may do what in the database. The owner has all schemas. A process reads and writes the rows of its own schema and sees no
 * other; the auditor reads those of the workers. None of them is a superuser: no file and no program of the server is within reach.
 */

/** The schemas of the application, each with the user whose process works in it. */
const schemaUsers = { event: 'event', booking: 'booking', purchase: 'purchase', sandbox: 'sandbox' } as const
const auditedSchemas = 'event, booking, purchase'
const allSchemas = [...Object.keys(schemaUsers), 'audit']

export type RolePasswords = Readonly<Partial<Record<DatabaseUser, string>>>

/**
 * Makes the roles that the server lacks, and lets those with a password log in. Without passwords and without the right to make
 * roles it changes nothing. On such a server its operator makes them by hand.
 */
export async function makeRoles(client: pg.Client, passwords: RolePasswords): Promise<void> {
  for (const user of databaseUsers) {
    const role = roleOf(user)
    const password = passwords[user]
    const isNew = (await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role])).rowCount === 0
    if (isNew && (password !== undefined || (await mayMakeRoles(client)))) await client.query(`CREATE ROLE ${role}`)
    if (password !== undefined) await client.query(`ALTER ROLE ${role} LOGIN PASSWORD ${pg.escapeLiteral(password)}`)
  }
}

async function mayMakeRoles(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query(
    'SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolcreaterole)',
  )
  return rowCount === 1
}

/** Grants every role that exists what its process needs, and no more. For the owner of the schemas, after each migration. */
export async function grantRights(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ rolname: string }>('SELECT rolname FROM pg_roles WHERE rolname = ANY($1)', [
    databaseUsers.map(roleOf),
  ])
  const known = new Set(rows.map(({ rolname }) => rolname))
  for (const [schema, user] of Object.entries(schemaUsers)) {
    const role = roleOf(user)
    if (!known.has(role)) continue
    await client.query(`
      GRANT USAGE ON SCHEMA ${schema} TO ${role};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role};
      GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${role};
      REVOKE INSERT, UPDATE, DELETE ON ${schema}.schema_migrations FROM ${role}`)
  }
  await client.query(refreshStatistics)
  if (known.has(roleOf('event'))) {
    await client.query(`GRANT EXECUTE ON FUNCTION event.refresh_statistics TO ${roleOf('event')}`)
  }
  const auditor = roleOf('auditor')
  if (known.has(auditor)) {
    await client.query(`
      GRANT USAGE ON SCHEMA ${auditedSchemas} TO ${auditor};
      GRANT SELECT ON ALL TABLES IN SCHEMA ${auditedSchemas} TO ${auditor}`)
  }
}

/** Only owners may have Postgres look at their tables again, until version 17 has a right for it. After an import the event worker asks. */
const refreshStatistics = `
  CREATE OR REPLACE FUNCTION event.refresh_statistics(table_name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$ BEGIN EXECUTE format('ANALYZE (SKIP_LOCKED) event.%I', table_name); END $$;
  REVOKE EXECUTE ON FUNCTION event.refresh_statistics FROM PUBLIC`

/**
 * Makes the owner's role the owner of the database and of all that is in our schemas: what an earlier version or a restored backup
 * left there belongs to somebody else. Needs a superuser.
 */
export async function giveToOwner(client: pg.Client, database: string): Promise<void> {
  const owner = roleOf('owner')
  const { rows } = await client.query<{ statement: string }>(
    `WITH ours AS (SELECT oid, nspname, nspowner FROM pg_namespace WHERE nspname = ANY($1)),
          owner AS (SELECT oid FROM pg_roles WHERE rolname = $2)
     SELECT format('SCHEMA %I', nspname) AS statement FROM ours WHERE nspowner <> (SELECT oid FROM owner)
     UNION ALL
     -- Indexes and the sequences of columns go with their tables.
     SELECT format('%s %s', CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
                   class.oid::regclass)
     FROM pg_class AS class JOIN ours ON ours.oid = relnamespace
     WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND relowner <> (SELECT oid FROM owner)
       AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = class.oid AND classid = 'pg_class'::regclass AND deptype IN ('a', 'i')
                         AND relkind = 'S')
     UNION ALL
     SELECT format('ROUTINE %s', proc.oid::regprocedure)
     FROM pg_proc AS proc JOIN ours ON ours.oid = pronamespace WHERE proowner <> (SELECT oid FROM owner)
     UNION ALL
     SELECT format('DATABASE %I', datname) FROM pg_database WHERE datname = $3 AND datdba <> (SELECT oid FROM owner)`,
    [allSchemas, owner, database],
  )
  for (const { statement } of rows) await client.query(`ALTER ${statement} OWNER TO ${owner}`)
}
