import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { opsPaths, originEnv } from '@spillway/origin/contract'
import { applicationFiles, type WhichApplication } from './application-files.ts'
import { type Child, describeExit, startChild } from './child.ts'
import { root } from './folders.ts'
import { bundleOrigin } from './origin-bundle.ts'
import { freePort } from './ports.ts'
import { serverFlags } from './server-flags.ts'

export interface Origin {
  readonly url: string
  readonly port: number
  readonly child: Child
  /** Drains it with SIGTERM; resolves when the process has ended. */
  stop(): Promise<void>
}

export interface OriginOptions {
  readonly databaseUri: string
  readonly databaseName: string
  /** Public keys for the edge's assertions, as JSON. */
  readonly edgeKeys: string
  /** Additional or replaced variables, by the names in the contract's `originEnv`. */
  readonly env?: Readonly<Record<string, string>>
  readonly logFile: string
  /** Root of the repository, or of a copy. @default this one */
  readonly root?: string
  /** @default 'own' */
  readonly application?: WhichApplication
  /** Entry point in place of the application's, as a path from the root. */
  readonly main?: string
  /** @default any free port */
  readonly port?: number
}

const readyTimeoutMs = 60_000
const drainTimeoutMs = 20_000

/** Starts an origin process with the settings of a fleet, and waits until it is ready. */
export async function startOrigin(options: OriginOptions): Promise<Origin> {
  const port = options.port ?? (await freePort())
  const folder = options.root ?? root
  const { isFixture, origin } = applicationFiles(options.application ?? 'own')
  const { main = origin } = options
  const entry = isFixture && options.root === undefined ? await bundleOrigin(main) : join(folder, main)
  const child = await startChild({
    name: 'origin',
    command: process.execPath,
    args: [...serverFlags, entry],
    cwd: join(folder, 'origin'),
    env: { ...process.env, ...originEnvironment(options, port) },
    logFile: options.logFile,
  })
  const url = `http://127.0.0.1:${port}`
  try {
    await untilReady(url + opsPaths.ready, child)
  } catch (error) {
    await child.stop(0)
    throw error
  }
  return { url, port, child, stop: async () => void (await child.stop(drainTimeoutMs)) }
}

export const originEnvironment = (
  { databaseUri, databaseName, edgeKeys, env }: Omit<OriginOptions, 'logFile'>,
  port: number,
): Record<string, string> => ({
  [originEnv.host]: '127.0.0.1',
  [originEnv.port]: String(port),
  [originEnv.mongodbUri]: databaseUri,
  [originEnv.mongodbDatabase]: databaseName,
  [originEnv.edgeKeys]: edgeKeys,
  ...env,
})

/**
 * Polls until the answer is 200.
 *
 * @throws {Error} with the last lines of output if the process ends, or is not ready within a minute
 */
export async function untilReady(url: string, child: Child, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs
  let last = 'no answer'
  for (;;) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
      await response.arrayBuffer()
      if (response.ok) return
      last = `status ${response.status}`
    } catch {
      last = 'no answer'
    }
    const exit = await Promise.race([child.exited, sleep(100)])
    signal?.throwIfAborted()
    if (exit !== undefined) throw new Error(`${child.name} ${describeExit(exit)}:\n${child.tail()}`)
    if (Date.now() > deadline) {
      throw new Error(
        `${child.name} is not ready after ${readyTimeoutMs / 1000} s (${last}):\n${child.tail()}`,
      )
    }
  }
}
