import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import type { CacheApi } from '../../../src/cache/store/workers-cache-store.ts'

const source = join(dirname(fileURLToPath(import.meta.url)), '../../../src')
const root = '/spillway'

/** A workerd process that a test starts and stops. */
export interface Workerd {
  /** One per isolate: `http://127.0.0.1:port`, without a slash at its end. */
  readonly urls: readonly [string, ...string[]]
  /** The Cache API that its isolates share. */
  readonly cacheApi: CacheApi
  stop(): Promise<void>
}

export interface WorkerdOptions {
  /** Module under `edge/src/cache/`, or the text of one that imports from there as from its own folder. */
  readonly entry: string | { readonly source: string }
  readonly variables?: Readonly<Record<string, string>>
  /** Isolates of the same Worker in the same data centre. @default 1 */
  readonly isolates?: number
}

/**
 * Starts workerd on free ports of 127.0.0.1. The cache imports only itself and `lib/`, so workerd gets their source
 * files one by one, without types: the tests run the source unbundled.
 */
export async function startWorkerd({
  entry,
  variables = {},
  isolates = 1,
}: WorkerdOptions): Promise<Workerd> {
  const names = Array.from({ length: isolates }, (_, index) => `isolate-${index}`)
  const modules = modulesFrom(entry)
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      // Blocks connections beyond this machine.
      cf: false,
      workers: names.map((name) => ({
        name,
        modulesRoot: root,
        modules,
        compatibilityDate: '2026-08-01',
        bindings: variables,
        // Straight to the Worker: miniflare's own entry compresses and adds fields, as a CDN's front would.
        unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
      })),
    }),
  )
  await miniflare.ready
  const [first, ...others] = await Promise.all(names.map((name) => miniflare.unsafeGetDirectURL(name)))
  if (first === undefined) throw new RangeError('at least one isolate')
  const { default: cacheApi } = await miniflare.getCaches()
  return {
    urls: [withoutSlash(first), ...others.map(withoutSlash)],
    cacheApi: cacheApi as unknown as CacheApi,
    stop: () => miniflare.dispose(),
  }
}

const withoutSlash = (url: URL): string => url.href.replace(/\/$/, '')

interface Module {
  readonly type: 'ESModule'
  readonly path: string
  readonly contents: string
}

const moduleOf = (file: string, source: string): Module => ({
  type: 'ESModule',
  path: join(root, file),
  contents: stripTypeScriptTypes(source),
})

/** The entry first, as workerd wants it. */
function modulesFrom(entry: WorkerdOptions['entry']): Module[] {
  const files = ['cache', 'lib'].flatMap((folder) =>
    readdirSync(join(source, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => join(folder, file)),
  )
  const read = (file: string) => moduleOf(file, readFileSync(join(source, file), 'utf8'))
  if (typeof entry !== 'string') return [moduleOf('cache/entry.ts', entry.source), ...files.map(read)]
  const first = join('cache', entry)
  return [read(first), ...files.filter((file) => file !== first).map(read)]
}
