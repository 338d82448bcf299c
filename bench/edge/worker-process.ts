import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { processTree } from '../measure/process-table.ts'

/** A Worker in a workerd process of its own. */
export interface WorkerProcess {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

/** What runs: a bundle's file, or a module that is bundled first. */
export interface WorkerCode {
  readonly scriptFile: string
  readonly options?: Readonly<Record<string, unknown>>
}

/**
 * Starts workerd with one Worker and asks it without anything in between: Miniflare's own entry, and the stand-ins for
 * Cloudflare's services that a benchmark would otherwise measure, are left out.
 */
export async function startWorkerProcess(
  { scriptFile, options = {} }: WorkerCode,
  bindings: Readonly<Record<string, string>>,
): Promise<WorkerProcess> {
  const before = new Set(processTree(process.pid))
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...options,
      bindings,
      modules: true,
      scriptPath: scriptFile,
      // Module names must not lead out of their root.
      modulesRoot: dirname(scriptFile),
      host: '127.0.0.1',
      port: 0,
      cf: false,
      unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
      handleStructuredLogs: () => {},
    }),
  )
  await miniflare.ready
  const url = (await miniflare.unsafeGetDirectURL()).origin
  const started = processTree(process.pid).filter((pid) => !before.has(pid))
  const [pid] = started
  if (pid === undefined || started.length !== 1) {
    await miniflare.dispose()
    throw new Error(`expected one new process, found ${started.length}`)
  }
  return { url, pid, stop: () => miniflare.dispose() }
}

/** Bundles one of the Workers beside this file, for production. */
export async function bundleWorker(name: string, folder: string): Promise<WorkerCode> {
  const scriptFile = join(folder, `${name}.js`)
  await build({
    entryPoints: [join(import.meta.dirname, 'workers', `${name}.ts`)],
    outfile: scriptFile,
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    minify: true,
    logLevel: 'error',
  })
  // As the edge has them: what a setting of the runtime costs is no cost of the code's.
  const compatibilityFlags = ['enable_request_signal']
  return { scriptFile, options: { compatibilityDate: '2026-08-01', compatibilityFlags } }
}
