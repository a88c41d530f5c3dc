/** What a container finds beside the programs and libraries of this machine. */
export interface Root {
  /** An empty folder of this machine, filled for the container alone. */
  readonly place: string
  /** A folder whose files lie in the root; their owners are kept. */
  readonly files: string
  readonly mounts: readonly Mount[]
  /** As compose writes them: `/tmp:size=64m`. */
  readonly tmpfs: readonly string[]
  readonly isReadOnly: boolean
}

export interface Mount {
  readonly source: string
  readonly target: string
  readonly isFile: boolean
  readonly isReadOnly: boolean
}

/** Of the commands that make a container. */
export const machinePath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The user, folder and capabilities with which a command runs in a container. */
export interface Identity {
  readonly user: string
  readonly directory: string
  /** Where it looks for programs. */
  readonly path: string
  readonly capabilities: readonly string[]
}

/**
 * A shell script that makes the root of a container, in a new mount namespace, and becomes the command in it. What the
 * image would bring as programs and libraries is this machine's, read-only.
 */
export function enterRoot(root: Root, identity: Identity, command: readonly string[]): string {
  const { place, files, mounts, tmpfs, isReadOnly } = root
  const at = (path: string): string => quote(place + path)
  const memory = tmpfs.map((text) => {
    const [target = '', options = ''] = text.split(':')
    const lines = [
      `mkdir -p ${at(target)}`,
      `mount -t tmpfs -o ${quote(['mode=1777', options].filter(Boolean).join())} tmpfs ${at(target)}`,
    ]
    return { target, lines }
  })
  const bound = mounts.map(({ source, target, isFile, isReadOnly: isFixed }) => {
    const make = isFile ? `mkdir -p "$(dirname ${at(target)})" && touch ${at(target)}` : `mkdir -p ${at(target)}`
    const lines = [make, `mount --bind ${quote(source)} ${at(target)}`]
    return { target, lines: isFixed ? [...lines, `mount -o remount,bind,ro ${at(target)}`] : lines }
  })
  // An outer folder before what lies in it.
  const placed = [...memory, ...bound].toSorted((one, other) => one.target.localeCompare(other.target))
  return [
    'set -eu',
    'mount --make-rprivate /',
    `mount -t tmpfs -o mode=755 root ${quote(place)}`,
    `cp -a ${quote(files)}/. ${quote(place)} && chmod 755 ${quote(place)}`,
    `cd ${quote(place)}`,
    'for name in usr bin sbin lib lib64; do',
    '  if [ -L "/$name" ]; then cp -a "/$name" .',
    '  elif [ -d "/$name" ]; then mkdir "$name"; mount --rbind "/$name" "$name"; mount -o remount,bind,ro "$name"; fi',
    'done',
    'for path in etc/ssl etc/alternatives; do mkdir -p "$path"; mount --rbind "/$path" "$path"; done',
    'cp -a /etc/ld.so.* etc',
    'mkdir -p proc dev run var/tmp && mkdir -p -m 1777 tmp',
    'mount --rbind /proc proc && mount --rbind /dev dev && mount -t tmpfs -o mode=1777 shm dev/shm',
    ...placed.flatMap(({ lines }) => lines),
    ...(isReadOnly ? [`mount -o remount,ro ${quote(place)}`] : []),
    `exec chroot . ${asIdentity(identity, command).map(quote).join(' ')}`,
  ].join('\n')
}

/** A command as that user: without a way to more rights, and with no capability but those named. */
export function asIdentity({ user, directory, path, capabilities }: Identity, command: readonly string[]): string[] {
  const [uid = '0', gid = uid] = user.split(':')
  const kept = ['-all', ...capabilities.map((name) => `+${name.toLowerCase()}`)].join()
  const rights = ['--clear-groups', '--no-new-privs', `--bounding-set=${kept}`, `--inh-caps=${kept}`]
  return [
    '/usr/bin/setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    ...rights,
    '--',
    '/usr/bin/env',
    '-C',
    directory,
    `PATH=${path}`,
    ...command,
  ]
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
