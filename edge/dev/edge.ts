import { appendFile } from 'node:fs/promises'
import { controlSnapshotKey } from '@spillway/origin/contract'
import type { WhichApplication } from '@spillway/origin/dev/application-files'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { prepareDocs } from './docs-files.ts'
import { bundleEdge } from './edge-bundle.ts'
import { LocalControl } from './local-control.ts'

export interface Edge {
  readonly url: string
  readonly control: LocalControl
  stop(): Promise<void>
}

export interface EdgeOptions {
  /** Variables and secrets, by the names of the contract's `edgeEnv`. */
  readonly variables: Readonly<Record<string, string>>
  readonly logFile: string
  /** @default 'own' */
  readonly application?: WhichApplication
  /** @default any free port */
  readonly port?: number
}

/**
 * Runs the bundled Worker in workerd, without the proxy of `wrangler dev`. Two instances are two data centres: they
 * share neither caches nor counters.
 */
export async function startEdge({ variables, logFile, application, port = 0 }: EdgeOptions): Promise<Edge> {
  const { scriptFile, workerOptions } = await bundleEdge(application)
  // The cast is safe: Miniflare takes an object of bindings.
  const bindings = { ...(workerOptions.bindings as object | undefined), ...variables }
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...workerOptions,
      bindings,
      kvNamespaces: { CONTROL: 'control' },
      serviceBindings: { DOCS: { disk: { path: await prepareDocs(), writable: false } } },
      modules: true,
      scriptPath: scriptFile,
      host: '127.0.0.1',
      port,
      cf: false,
      log: new FileLog(logFile),
      handleStructuredLogs: ({ level, message }) =>
        void appendFile(logFile, `${new Date().toISOString()} ${level}: ${message}\n`),
    }),
  )
  try {
    const url = await miniflare.ready
    const control = new LocalControl(async (snapshot) => {
      await (await miniflare.getKVNamespace('CONTROL')).put(controlSnapshotKey, snapshot)
    })
    return { url: url.origin, control, stop: () => miniflare.dispose() }
  } catch (error) {
    await miniflare.dispose().catch(() => {})
    throw new Error(`the edge did not start (${scriptFile})`, { cause: error })
  }
}

class FileLog extends Log {
  readonly #file: string

  constructor(file: string) {
    super(LogLevel.WARN)
    this.#file = file
  }

  override log(message: string): void {
    void appendFile(this.#file, `${new Date().toISOString()} ${message}\n`)
  }
}
