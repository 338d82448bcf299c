import { readFileSync } from 'node:fs'
import { access, constants, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startChild } from '@spillway/origin/dev/child'
import { freePort } from '@spillway/origin/dev/ports'
import { processTree } from '../measure/process-table.ts'

/** A public HTTP cache in front of an API. It serves stored answers without a look at the token. */
export interface CachePeer {
  readonly name: string
  readonly url: string
  readonly pids: readonly number[]
  stop(): Promise<void>
}

interface Program {
  readonly name: string
  readonly command: string
  /** @param folder for its files */
  start(folder: string, port: number, originPort: number): Promise<readonly string[]>
}

const programs: readonly Program[] = [
  {
    name: 'nginx proxy_cache',
    command: 'nginx',
    async start(folder, port, originPort) {
      const file = join(folder, 'nginx.conf')
      await writeFile(file, nginxConfiguration(folder, port, originPort))
      return ['-p', folder, '-e', join(folder, 'error.log'), '-c', file]
    },
  },
  {
    name: 'Varnish',
    command: 'varnishd',
    async start(folder, port, originPort) {
      return [
        ...['-F', '-n', folder, '-a', `127.0.0.1:${port}`, '-b', `127.0.0.1:${originPort}`],
        // Runs as the user who starts it: its default user could not open the folder.
        ...['-j', 'none', '-s', 'malloc,64m', '-t', '600'],
      ]
    },
  },
]

/**
 * One worker process, like the other subjects; the page cache of the system keeps the answers in memory. The user is
 * named because nginx would otherwise switch to another one, which cannot read the folder.
 */
const nginxConfiguration = (folder: string, port: number, originPort: number): string => `
daemon off;
user ${userInfo().username};
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  proxy_cache_path ${folder}/cache keys_zone=all:10m;
  keepalive_requests 1000000;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${originPort};
      proxy_cache all;
      proxy_ignore_headers Cache-Control;
      proxy_cache_valid 200 10m;
    }
  }
}
`

/**
 * Starts those that are installed.
 *
 * @param leaveOut called with the reason for each one that is left out
 */
export async function startCachePeers(
  originUrl: string,
  leaveOut: (reason: string) => void,
): Promise<readonly CachePeer[]> {
  const found: CachePeer[] = []
  for (const program of programs) {
    const command = await onPath(program.command)
    if (command === undefined) {
      leaveOut(`${program.name}: ${program.command} is not on the PATH`)
      continue
    }
    try {
      found.push(await startCachePeer(program, command, originUrl))
    } catch (error) {
      // The cast is safe: what it calls throws errors.
      leaveOut((error as Error).message)
    }
  }
  return found
}

async function startCachePeer(program: Program, command: string, originUrl: string): Promise<CachePeer> {
  const { name } = program
  const folder = await mkdtemp(join(tmpdir(), 'spillway-cache-peer-'))
  const port = await freePort()
  const args = await program.start(folder, port, Number(new URL(originUrl).port))
  const child = await startChild({ name, command, args })
  const url = `http://127.0.0.1:${port}`
  const stop = async () => {
    await child.stop(2_000)
    await rm(folder, { recursive: true, force: true })
  }
  for (let attempt = 0; attempt < 50; attempt++) {
    const answers = await fetch(`${url}/v2/places/1`).then(
      (response) => response.ok,
      () => false,
    )
    if (answers) return { name, url, pids: processTree(child.pid).filter(isLasting), stop }
    await sleep(100)
  }
  await stop()
  throw new Error(`${name} does not answer:\n${child.tail()}`)
}

/** nginx's cache loader ends by itself after a minute, and serves no requests. */
function isLasting(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('cache loader')
  } catch {
    // The system has no `/proc`.
    return true
  }
}

async function onPath(command: string): Promise<string | undefined> {
  // Debian installs servers in folders that are not in a user's PATH.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  for (const folder of folders) {
    const file = join(folder, command)
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return file
  }
  return undefined
}
