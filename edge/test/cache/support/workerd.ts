import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'

const cacheFolder = join(dirname(fileURLToPath(import.meta.url)), '../../../src/cache')

/** One of the workerd processes that a test starts, and ends. */
export interface Workerd {
  /** `http://127.0.0.1:port`, without a slash at its end. */
  readonly url: string
  stop(): Promise<void>
}

/**
 * Starts workerd on a free port of 127.0.0.1. The cache imports nothing but itself, so its files are given to workerd
 * one by one as they are, less their types: what runs is what is read.
 *
 * @param entry module under `edge/src/cache/`, or the text of one that imports from there
 */
export async function startWorkerd(
  entry: string | { readonly source: string },
  variables: Readonly<Record<string, string>>,
): Promise<Workerd> {
  const root = '/spillway'
  const files = readdirSync(cacheFolder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('.suite.ts'),
  )
  const modules = files.map((file) => ({
    type: 'ESModule' as const,
    path: join(root, relative('.', file)),
    contents: withoutTypes(readFileSync(join(cacheFolder, file), 'utf8')),
  }))
  const isFile = typeof entry === 'string'
  const first = isFile
    ? modules.filter((module) => module.path === join(root, entry))
    : [{ type: 'ESModule' as const, path: join(root, 'entry.ts'), contents: withoutTypes(entry.source) }]
  const rest = isFile ? modules.filter((module) => module.path !== join(root, entry)) : modules
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      modulesRoot: root,
      modules: [...first, ...rest],
      compatibilityDate: '2026-08-01',
      bindings: variables,
      // Straight to the Worker: miniflare's own entry compresses and adds fields, as a CDN's front would.
      unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
      // Nothing is looked up outside this machine.
      cf: false,
    }),
  )
  await miniflare.ready
  const url = (await miniflare.unsafeGetDirectURL()).href.replace(/\/$/, '')
  return { url, stop: () => miniflare.dispose() }
}

const withoutTypes = (source: string): string => stripTypeScriptTypes(source)
