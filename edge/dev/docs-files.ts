/**
 * Program and module: puts the files of the documentation page where the Worker's DOCS binding finds them. `wrangler
 * deploy` runs it first (wrangler.jsonc, `build`), and so does what starts the edge on this machine.
 */
import { existsSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { rendererFile } from '../src/docs/renderer.ts'

/** Also in wrangler.jsonc, as the folder of the binding's assets. */
export const docsFolder = join(import.meta.dirname, '../../.spillway/docs')

/**
 * The plugin ships the renderer's browser bundle, which it serves as one file. The renderer's own package has the same
 * file, with 280 dependencies.
 */
const bundlePath = '/js/scalar.js'

/** @throws Error if the installed renderer is not the one that {@link rendererFile} names */
export async function prepareDocs(): Promise<string> {
  const file = join(docsFolder, rendererFile)
  // The name has the version. perf: every start and every bundle asks for it.
  if (existsSync(file)) return docsFolder
  const [{ default: Fastify }, { default: scalar }] = await Promise.all([
    import('fastify'),
    import('@scalar/fastify-api-reference'),
  ])
  const fastify = Fastify()
  await fastify.register(scalar, { routePrefix: '/', configuration: { content: {} } })
  const { statusCode, body } = await fastify.inject(bundlePath)
  await fastify.close()
  const version = /@scalar\/api-reference (\d+\.\d+\.\d+)/.exec(body)?.[1]
  if (statusCode !== 200 || rendererFile !== `scalar-${version}.js`) {
    throw new Error(`the installed renderer is ${version}: name it in edge/src/docs/renderer.ts`)
  }
  await mkdir(docsFolder, { recursive: true })
  // The rename replaces the file at once: a running edge may read it.
  await writeFile(`${file}.${process.pid}`, body)
  await rename(`${file}.${process.pid}`, file)
  return docsFolder
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.error(`Documentation page: ${dirname(await prepareDocs())}/docs`)
}
