import { mkdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../system/free-port.ts'
import { requireProgram } from '../../system/programs/program.ts'
import { type Server, startServer } from '../../system/server.ts'

/** The reply as a file, sent by one worker: as fast as it can be had, for comparison. */
export async function startNginx({ directory, reply }: { directory: string; reply: Buffer }): Promise<Server> {
  const program = await requireProgram('nginx')
  const home = join(directory, 'nginx')
  const port = await freePort()
  const configFile = join(home, 'nginx.conf')
  await mkdir(home, { recursive: true })
  await writeFile(join(home, 'reply.json'), reply)
  await writeFile(configFile, configuration(home, port))
  return startServer(
    {
      name: 'nginx',
      program,
      arguments: () => ['-p', home, '-c', configFile, '-e', join(home, 'error.log')],
      url: () => `http://127.0.0.1:${port}`,
      commandLinePart: () => configFile,
      isReady: async () => (await fetch(`http://127.0.0.1:${port}/events`)).ok,
      readyWithinMs: 10_000,
      stopSignal: 'SIGTERM',
    },
    { dataDirectory: directory, port },
  )
}

function configuration(home: string, port: number): string {
  const temporaryPaths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
daemon off;
worker_processes 1;
pid ${join(home, 'nginx.pid')};
${userInfo().uid === 0 ? 'user root;' : ''}
events { worker_connections 1024; }
http {
  access_log off;
  open_file_cache max=10;
  keepalive_requests 1000000000;
  sendfile on;
  tcp_nopush on;
  ${temporaryPaths.map((name) => `${name}_temp_path ${join(home, name)};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    location = /events {
      default_type application/json;
      alias ${join(home, 'reply.json')};
    }
  }
}
`
}
