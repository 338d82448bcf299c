import { type CacheRule, type Catalogue, isKept, undeclaredSubjects } from '@spillway/origin/contract'
import { logs } from './erase-logs.ts'
import type { ErasureResult } from './erasure.ts'
import { countName } from './erasure-state.ts'

/**
 * The reason for which nobody can be erased; `undefined` if somebody can. A report would not be true of documents of which
 * nothing is declared.
 */
export function refusalToErase(catalogue: Catalogue): string | undefined {
  const missing = [...catalogue.values()].flatMap((resource) =>
    undeclaredSubjects(resource).map((field) => {
      const fate =
        resource.stored === undefined
          ? `'delete', { set, remove } or { keep: 'reason' }`
          : `{ keep: 'reason' }, since others write its documents as well and must erase there`
      return `  ${resource.name}: erasure: { ${field}: … } is missing: ${fate}`
    }),
  )
  if (missing.length === 0) return undefined
  return `access rules compare these fields with the caller's subject, and nothing says what becomes of their documents:\n${missing.join('\n')}`
}

const words = { delete: 'deleted', blank: 'blanked', scrub: 'cleared beside the document' } as const

/** Changes, made or planned, by resource and collection. */
export function countLines({ counts, kept }: ErasureResult, catalogue: Catalogue): readonly string[] {
  const ofResources = [...catalogue.keys()].flatMap((name) => {
    // The cast is safe: the keys are those of the table.
    const kinds = Object.keys(words) as (keyof typeof words)[]
    const parts = kinds.flatMap((kind) => {
      const count = counts[countName(name, kind)] ?? 0
      return count === 0 ? [] : [`${count} ${words[kind]}`]
    })
    const left = kept[name] ?? 0
    return [...parts, ...(left > 0 ? [`${left} kept`] : [])].length === 0
      ? []
      : [`  ${name}: ${[...parts, ...(left > 0 ? [`${left} kept`] : [])].join(', ')}`]
  })
  const ofLogs = logs.flatMap((name) => (counts[name] ? [`  ${name}: ${counts[name]}`] : []))
  const lines = [...ofResources, ...ofLogs]
  return lines.length === 0 ? ['  nothing'] : lines
}

export interface LeftOptions {
  readonly catalogue: Catalogue
  readonly now: Date
  /** Whether stored answers were purged. */
  readonly isPurged: boolean
}

/** Data of the person that are left, and until when. */
export function leftLines(
  { kept }: ErasureResult,
  { catalogue, now, isPurged }: LeftOptions,
): readonly string[] {
  const after = (ms: number) => new Date(now.getTime() + ms).toISOString()
  const resources = [...catalogue.values()]
  const reasons = resources.flatMap(({ name, erasure, stored }) =>
    Object.entries(erasure).flatMap(([field, fate]) => {
      if (!isKept(fate)) return []
      const count =
        stored === undefined ? `${kept[name] ?? 0} documents` : 'documents that were not looked at'
      return [`  ${name}.${field}: ${count}: ${fate.keep}`]
    }),
  )
  const longestMs = Math.max(0, ...resources.map(({ cache }) => storedMs(cache)))
  const stored = isPurged
    ? []
    : longestMs === 0
      ? []
      : [`  answers stored by the edge: until ${after(longestMs)}, since EDGE_URL and PURGE_KEY are not set`]
  return [
    ...reasons,
    `  ids, times and request digests of deleted documents: until ${after(dayMs)}`,
    `  answers kept for Idempotency-Keys that do not name the person: until ${after(dayMs)}`,
    ...stored,
    '  events that a handler or webhook was taking meanwhile, if it fails: run the command again in a few minutes',
    '  what others received: clients, handlers, webhooks and exports',
    '  free text that names the person in fields of others, logs of machines, and backups of the database: as long as they are',
    '    kept. Run the command again after a backup is restored.',
  ]
}

const dayMs = 86_400_000

/** Longest time for which the edge may serve an answer, in ms. */
const storedMs = (cache: CacheRule): number =>
  cache.kind === 'none'
    ? 0
    : 1_000 * (cache.maxAgeSeconds + Math.max(cache.staleWhileRevalidateSeconds, cache.staleIfErrorSeconds))
