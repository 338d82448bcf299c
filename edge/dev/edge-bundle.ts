import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { applicationFiles, type WhichApplication } from '@spillway/origin/dev/application-files'
import { builtOnce } from '@spillway/origin/dev/built-once'
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
  const folder = await builtOnce({
    folder: join(localFolder, 'edge-bundles'),
    name: worker,
    sources: [...frameworkSources, ...ownSources],
    build: (draft) => wranglerBundle({ folder: draft, worker: join(root, worker) }),
  })
  return {
    scriptFile: join(folder, `${basename(worker, '.ts')}.js`),
    workerOptions: await miniflareOptions(),
  }
}

const optionsFile = 'miniflare.json'

/** Settings of wrangler.jsonc. They are kept, too: wrangler takes longer to load than a Worker to start. */
async function miniflareOptions(): Promise<EdgeBundle['workerOptions']> {
  const folder = await builtOnce({
    folder: join(localFolder, 'edge-options'),
    name: optionsFile,
    sources: ['edge/wrangler.jsonc', 'edge/dev/edge-bundle.ts', 'package-lock.json'],
    build: writeOptions,
  })
  return JSON.parse(await readFile(join(folder, optionsFile), 'utf8'))
}

async function writeOptions(folder: string): Promise<void> {
  const { unstable_getMiniflareWorkerOptions: toMiniflare, unstable_readConfig } = await import('wrangler')
  const { vars } = unstable_readConfig({ config: edgeConfig })
  const read = toMiniflare(edgeConfig).workerOptions
  // Omits variables of a developer's .dev.vars, and options that do not apply to a bundle. Miniflare would put a Worker
  // of its own before this one to serve assets.
  const workerOptions = {
    ...read,
    bindings: vars,
    modulesRules: undefined,
    rootPath: undefined,
    assets: undefined,
  }
  await writeFile(join(folder, optionsFile), JSON.stringify(workerOptions, null, 2))
}
