import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { applicationFiles, type WhichApplication } from '@spillway/origin/dev/application-files'
import { localFolder, root } from '@spillway/origin/dev/folders'
import { type BuildFailure, formatMessages } from 'esbuild'
import { prepareDocs } from './docs-files.ts'
import { edgeOptions } from './edge-options.ts'
import { esbuildBundle } from './esbuild-bundle.ts'
import { controlFolder } from './kept-control.ts'
import { startWorkerProcess, type WorkerCode, type WorkerProcess } from './worker-process.ts'

/** A runnable bundle, or the reason why bundling failed. */
export type Bundled =
  | { readonly ok: true; readonly code: WorkerCode }
  | { readonly ok: false; readonly message: string }

/** Bundles the edge for development: not minified, with the sources that a debugger shows. */
export async function bundleForDevelopment(application: WhichApplication): Promise<Bundled> {
  const folder = join(localFolder, 'edge')
  await mkdir(folder, { recursive: true })
  const scriptFile = join(folder, 'worker.js')
  const { compatibilityDate, compatibilityFlags } = await edgeOptions()
  try {
    await esbuildBundle(join(root, applicationFiles(application).worker), scriptFile, { sourcemap: 'inline' })
  } catch (error) {
    // The cast is safe: `errors` is checked before use.
    const { errors } = error as BuildFailure
    if (errors === undefined) throw error
    const lines = await formatMessages(errors, { kind: 'error', color: false })
    return { ok: false, message: lines.join('').trim() }
  }
  return { ok: true, code: { scriptFile, compatibilityDate, compatibilityFlags } }
}

export interface EdgeDevOptions {
  /** Address to listen on. @default '127.0.0.1' */
  readonly host?: string
  readonly port: number
  /** Variables and secrets, by the names of the contract's `edgeEnv`. */
  readonly variables: Readonly<Record<string, string>>
  readonly inspectorPort?: number | undefined
  readonly onLine: (line: string) => void
}

/**
 * The edge on a laptop: workerd with only the Worker. Rate limiter and Cache API are Cloudflare's, and their local
 * stand-ins cost ten times what the Worker does; the isolate's own memory and counters replace them. The control
 * namespace is a folder.
 */
export async function startEdgeDev(
  code: WorkerCode,
  { variables, ...options }: EdgeDevOptions,
): Promise<WorkerProcess> {
  // Node's own variable, for a company's certificates: key sets of its issuers are fetched over TLS.
  const { NODE_EXTRA_CA_CERTS: file } = process.env
  return await startWorkerProcess(code, {
    ...options,
    trustedCertificates: file === undefined || file === '' ? [] : [await readFile(file, 'utf8')],
    variables: { ...variables, LOCATION_CACHE: 'off' },
    folders: { DOCS: await prepareDocs() },
    namespaces: { CONTROL: await controlFolder() },
  })
}
