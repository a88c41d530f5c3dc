#!/bin/sh
# Starts the command behind an npm script: sh infra/run.sh FILE|FAMILY [arguments], in the project's folder.
# Sets the project up, then becomes the command (exec), on the Node that the lockfile pins, so that signals reach it.
set -eu

node infra/setup.cjs
hash -r # The set-up may have linked another `node`.

worker_usage='Usage: npm run worker -- event|booking|purchase [--instance NAME] [--metrics-port PORT]'

command=$1
shift
case "$command ${1-}" in
  # A subcommand is taken off; the file gets the arguments behind it.
  'worker event' | 'worker booking' | 'worker purchase') file=workers/$1/main.ts; shift ;;
  'bench selling' | 'bench search' | 'bench streams' | 'bench scale' | 'bench telemetry') file=infra/bench/$1/run.ts; shift ;;
  'bench holds') file=test/hold-designs/run.ts; shift ;;
  'chaos crash-points' | 'chaos mutants') file=test/chaos/$1/run.ts; shift ;;

  'worker --help' | 'worker -h') echo "$worker_usage"; exit ;;
  'worker '*) echo "$worker_usage" >&2; exit 2 ;;
  'backup '*) file=infra/ops/backup/command.ts ;;
  'bench '*) file=infra/bench/reading/run.ts ;;
  'chaos '*) file=test/chaos/run.ts ;;
  *) file=$command ;;
esac
exec node "$file" "$@"
