import { basename, join } from 'node:path'
import { applicationFiles, type WhichApplication } from '@spillway/origin/dev/application-files'
import { builtOnce } from '@spillway/origin/dev/built-once'
import { localFolder, root } from '@spillway/origin/dev/folders'
import { edgeOptions, type MiniflareOptions } from './edge-options.ts'
import { esbuildBundle } from './esbuild-bundle.ts'
import { wranglerBundle } from './wrangler-bundle.ts'

/** The Worker as it would be deployed, with the settings of wrangler.jsonc as Miniflare options. */
export interface EdgeBundle {
  readonly scriptFile: string
  readonly workerOptions: MiniflareOptions
}

const frameworkSources = [
  'edge/src/**/*.ts',
  'origin/contract/**/*.ts',
  'edge/wrangler.jsonc',
  'package-lock.json',
]

/** Sources of the Workers in `edge/test/fixture`: their applications, and the examples of the documentation. */
const fixtureSources = [
  '{edge,origin}/test/fixture/**/*.ts',
  'origin/docs/model/example/**/*.ts',
  'edge/dev/esbuild-bundle.ts',
]

/** Bundles the edge with wrangler, so that tests run what a deployment would; cached by the state of the sources. */
export async function bundleEdge(application: WhichApplication = 'own'): Promise<EdgeBundle> {
  const { worker, bundled } = applicationFiles(application)
  return await bundleOnce(worker, [bundled], (folder) =>
    wranglerBundle({ folder, worker: join(root, worker) }),
  )
}

/**
 * Bundles a Worker of the tests, with the application of an example. What wrangler makes of the edge's sources the
 * tests of `bundleEdge` show.
 *
 * @param name a file of `edge/test/fixture`, without its ending
 */
export async function bundleFixture(name: string): Promise<EdgeBundle> {
  const worker = `edge/test/fixture/${name}.ts`
  return await bundleOnce(worker, fixtureSources, (folder) =>
    esbuildBundle(join(root, worker), join(folder, scriptOf(worker))),
  )
}

async function bundleOnce(
  worker: string,
  ownSources: readonly string[],
  build: (folder: string) => Promise<void>,
): Promise<EdgeBundle> {
  const folder = await builtOnce({
    folder: join(localFolder, 'edge-bundles'),
    name: worker,
    sources: [...frameworkSources, ...ownSources],
    build,
  })
  return { scriptFile: join(folder, scriptOf(worker)), workerOptions: await edgeOptions() }
}

/** Name that wrangler gives the bundle of a Worker. */
const scriptOf = (worker: string): string => `${basename(worker, '.ts')}.js`
