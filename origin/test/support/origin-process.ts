import { type Child, startChild } from '../../dev/child.ts'
import { bundleOrigin } from '../../dev/origin-bundle.ts'
import { edgeKeySet } from './assertions.ts'
import { type Client, createClient } from './client.ts'
import { mongodbUri } from './database.ts'

export interface OriginProcess {
  readonly child: Child
  readonly port: number
  readonly send: Client
  /** All output so far. */
  readonly output: () => string
  /** Resolves with the exit code or signal. */
  readonly exited: Promise<number | string>
}

const fixtureMain = 'origin/test/fixture/main.ts'

/** No setting of the origin: it halves the time to compile the modules. */
const { NODE_COMPILE_CACHE } = process.env

/**
 * Runs the origin with only the given settings.
 * @param main its entry point, as a path from the root. @default that of the test application
 */
export async function runOrigin(
  env: Record<string, string>,
  main = fixtureMain,
): Promise<Omit<OriginProcess, 'port' | 'send'>> {
  let printed = ''
  const child = await startChild({
    name: 'origin',
    command: process.execPath,
    args: [await bundleOrigin(main)],
    env: { ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }), ...env },
    onLine: (line) => {
      printed += `${line}\n`
    },
  })
  // `child_process` sets exactly one of the two.
  const exited = child.exited.then(({ code, signal }) => (code ?? signal) as number | string)
  return { child, output: () => printed, exited }
}

/** The longest waits that can be configured: a slow machine must not turn an answer into a refusal. */
const patience = {
  POOL_WAIT_TIMEOUT_MS: '60000',
  SERVER_SELECTION_TIMEOUT_MS: '60000',
  LIST_TIMEOUT_MS: '60000',
}

/** Runs the deployed program with the test application, on a free port, with a database of the given name. */
export async function startOriginProcess(
  database: string,
  env: Record<string, string> = {},
  main?: string,
): Promise<OriginProcess> {
  const settings = {
    PORT: '0',
    MONGODB_URI: mongodbUri(),
    MONGODB_DATABASE: database,
    EDGE_ASSERTION_JWKS: edgeKeySet,
    POOL_SIZE: '2',
    ...patience,
    ...env,
  }
  const started = await runOrigin(settings, main)
  const { exited, output } = started
  const listening = async () => {
    for (;;) {
      const port = /"port":(\d+),"msg":"listening"/.exec(output())?.[1]
      if (port !== undefined) return Number(port)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const failed = exited.then((code) => {
    throw new Error(`the origin ended with ${code}:\n${output()}`)
  })
  failed.catch(() => {})
  const port = await Promise.race([listening(), failed])
  return { ...started, port, send: createClient(port) }
}
