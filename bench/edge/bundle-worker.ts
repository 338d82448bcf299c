import { join } from 'node:path'
import type { WorkerCode } from '@spillway/edge/dev/worker-process'
import { build } from 'esbuild'

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
  // The edge's own settings, so that no difference comes from a setting.
  return { scriptFile, compatibilityDate: '2026-08-01', compatibilityFlags: ['enable_request_signal'] }
}
