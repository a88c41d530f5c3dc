# The image sets the superuser's password when it makes the database, and never again. Here every start sets it: a volume that was
# made with another compose.env opens all the same.
set -eu
if [ -s "$PGDATA/PG_VERSION" ]; then
  password=$(printf %s "$POSTGRES_PASSWORD" | sed "s/'/''/g")
  echo "ALTER ROLE \"$POSTGRES_USER\" PASSWORD '$password'" | postgres --single -D "$PGDATA" postgres >/dev/null
fi
exec docker-entrypoint.sh "$@"
