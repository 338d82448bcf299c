import { createHash, randomUUID } from 'node:crypto'
import { glob, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { applicationFiles, type WhichApplication } from '@spillway/origin/dev/application-files'
import { localFolder, root } from '@spillway/origin/dev/folders'
import { edgeConfig, wranglerBundle } from './wrangler-bundle.ts'

/** The Worker as it would be deployed, with the settings of wrangler.jsonc as Miniflare options. */
export interface EdgeBundle {
  readonly scriptFile: string
  readonly workerOptions: Readonly<Record<string, unknown>> & {
    readonly compatibilityDate: string
    readonly compatibilityFlags: string[]
  }
}

const frameworkSources = [
  'edge/src/**/*.ts',
  'origin/contract/**/*.ts',
  'edge/wrangler.jsonc',
  'package-lock.json',
]

/** Sources of the Workers in `edge/test/fixture`: their applications, and the examples of the documentation. */
const fixtureSources = ['{edge,origin}/test/fixture/**/*.ts', 'origin/docs/model/example/**/*.ts']

/** Bundles the edge with wrangler, so that tests run what a deployment would; cached by the state of the sources. */
export async function bundleEdge(application: WhichApplication = 'own'): Promise<EdgeBundle> {
  const { worker, bundled } = applicationFiles(application)
  return await bundleOnce(worker, [bundled])
}

/**
 * Bundles a Worker of the tests like `bundleEdge`.
 *
 * @param name a file of `edge/test/fixture`, without its ending
 */
export async function bundleFixture(name: string): Promise<EdgeBundle> {
  return await bundleOnce(`edge/test/fixture/${name}.ts`, fixtureSources)
}

async function bundleOnce(worker: string, ownSources: readonly string[]): Promise<EdgeBundle> {
  const sources = [...frameworkSources, ...ownSources]
  const folder = join(localFolder, 'edge-bundles', await hashOfSources(worker, sources))
  const optionsFile = join(folder, 'miniflare.json')
  if (!(await exists(optionsFile))) await build(worker, folder, optionsFile)
  const { scriptFile, workerOptions } = JSON.parse(await readFile(optionsFile, 'utf8'))
  return { scriptFile: join(folder, scriptFile), workerOptions }
}

async function build(worker: string, folder: string, optionsFile: string): Promise<void> {
  // The rename publishes a complete bundle: another process may build the same one at the same time.
  const draft = `${folder}.${randomUUID()}`
  try {
    await wranglerBundle({ folder: draft, worker: join(root, worker) })
    const { unstable_getMiniflareWorkerOptions: toMiniflare, unstable_readConfig } = await import('wrangler')
    const { vars } = unstable_readConfig({ config: edgeConfig })
    const read = toMiniflare(edgeConfig).workerOptions
    // Omits variables of a developer's .dev.vars, and options that do not apply to a bundle. Miniflare would put a
    // Worker of its own before this one to serve assets.
    const workerOptions = {
      ...read,
      bindings: vars,
      modulesRules: undefined,
      rootPath: undefined,
      assets: undefined,
    }
    const scriptFile = `${basename(worker, '.ts')}.js`
    await mkdir(draft, { recursive: true })
    await writeFile(join(draft, 'miniflare.json'), JSON.stringify({ scriptFile, workerOptions }, null, 2))
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (await exists(optionsFile)) return
    throw error
  }
}

async function hashOfSources(worker: string, sources: readonly string[]): Promise<string> {
  const files = (await Array.fromAsync(glob(sources, { cwd: root }))).filter(
    (file) => !file.endsWith('.test.ts'),
  )
  const hash = createHash('sha256').update(`${worker}\0`)
  for (const file of files.sort()) hash.update(`${file}\0`).update(await readFile(join(root, file)))
  return hash.digest('hex').slice(0, 24)
}

const exists = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  )
