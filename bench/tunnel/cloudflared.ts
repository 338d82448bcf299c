import { execFileSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { type Child, startChild } from '@spillway/origin/dev/child'
import { untilReady } from '@spillway/origin/dev/origin-process'
import { freePort } from '@spillway/origin/dev/ports'

/** The program, from CLOUDFLARED or the PATH. */
export function findCloudflared(env: NodeJS.ProcessEnv): string | undefined {
  const inPath = (env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'cloudflared'))
  return (env.CLOUDFLARED ? [env.CLOUDFLARED] : inPath).find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

export const howToGetCloudflared = `cloudflared is not on the PATH. It is a program of Cloudflare under the Apache License 2.0, which this project does not ship:

  macOS            brew install cloudflared
  Debian, Fedora   https://pkg.cloudflare.com
  anywhere else    https://github.com/cloudflare/cloudflared/releases, one file
  from source      git clone --depth 1 --branch 2026.8.2 https://github.com/cloudflare/cloudflared && cd cloudflared
                   go build -mod=vendor -ldflags "-X main.Version=2026.8.2" ./cmd/cloudflared

  CLOUDFLARED=/path/to/cloudflared npm run bench -- tunnel`

/** Version that the program reports, e.g. `2026.8.2`. */
export function versionOf(program: string): string {
  const text = execFileSync(program, ['--version'], { encoding: 'utf8' })
  return /version (\S+)/.exec(text)?.[1] ?? text.trim()
}

export interface ConnectorOptions {
  readonly program: string
  /** Command that starts it, e.g. `taskset -c 1`. */
  readonly through: readonly string[]
  /** Folder of its own for credentials and log. */
  readonly folder: string
  /** Ports of the stand-in: one connection is made to each. */
  readonly edgePorts: readonly number[]
  /** Certificate that stand-in and origin show. */
  readonly certificateFile: string
  /** Base URL of the origin, `https`. */
  readonly origin: string
}

/**
 * Starts a connector, with the origin's settings as deployed (infra/bootstrap/resources/tunnel.ts). It still asks the
 * machine's resolver for Cloudflare's settings, and goes on without an answer.
 *
 * @throws {Error} with its last lines if it is not connected within a minute
 */
export async function startConnector(options: ConnectorOptions): Promise<Child> {
  const { certificateFile, edgePorts, folder, origin, program, through } = options
  const tunnel = randomUUID()
  const credentials = join(folder, 'credentials.json')
  const secret = { AccountTag: 'local', TunnelSecret: randomBytes(32).toString('base64'), TunnelID: tunnel }
  await writeFile(credentials, JSON.stringify(secret), { mode: 0o600 })
  const configuration = join(folder, 'config.yml')
  await writeFile(configuration, configurationOf(origin, certificateFile))
  const metrics = `127.0.0.1:${await freePort()}`
  const [command = program, ...first] = [...through, program]
  const child = await startChild({
    name: 'cloudflared',
    command,
    args: [
      ...first,
      'tunnel',
      ...['--config', configuration, '--no-autoupdate', '--no-prechecks', '--protocol', 'http2'],
      ...['--metrics', metrics, '--cacert', certificateFile, '--grace-period', '1s'],
      ...edgePorts.flatMap((port) => ['--edge', `127.0.0.1:${port}`]),
      ...['run', '--credentials-file', credentials, tunnel],
    ],
    logFile: join(folder, 'cloudflared.log'),
  })
  await untilReady(`http://${metrics}/ready`, child)
  return child
}

/** JSON is YAML. */
const configurationOf = (origin: string, caPool: string): string =>
  JSON.stringify({
    ingress: [
      {
        service: origin,
        originRequest: {
          caPool,
          originServerName: edgeName,
          http2Origin: false,
          keepAliveTimeout: '50s',
          keepAliveConnections: 1_000,
        },
      },
    ],
  })

/** Name of Cloudflare's side that `cloudflared` asks for (connection/protocol.go); the certificate must have it. */
export const edgeName = 'h2.cftunnel.com'
