import { acceptWeight } from './accept.ts'
import { type AccessRule, readsDocument } from './access.ts'
import { checkDuration, type Duration, durationSeconds } from './duration.ts'

/**
 * Export: a whole list as one stream, in a format that `Accept` names. Exports have background priority, run a few at a
 * time, and are never stored.
 */
export type ExportFormat = keyof typeof exportMediaTypes

export const exportMediaTypes = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const

/** Exports of a resource, as an application developer writes them. */
export interface ExportOptions {
  readonly formats: readonly ExportFormat[]
  /** Callers who may export, among those who may read; words about the token alone. @default all who may read */
  readonly access?: AccessRule
  /** Time limit of one export; 1 s to 15 min. @default '5m' */
  readonly timeout?: Duration
  /**
   * Member of the database that is read. `reader`: one that may lag behind the primary, if there is one, for callers
   * who show no write of their own. @default 'primary'
   */
  readonly from?: ExportSource
}

export type ExportSource = 'primary' | 'reader'

/** Checked options with defaults. */
export interface ExportRule {
  readonly formats: readonly ExportFormat[]
  readonly access: AccessRule
  readonly timeoutMs: number
  readonly from: ExportSource
}

export const resolveExport = (options: ExportOptions | undefined, read: AccessRule): ExportRule | undefined =>
  options && {
    formats: options.formats,
    access: options.access === undefined ? read : { kind: 'all', rules: [read, options.access] },
    timeoutMs: durationSeconds(options.timeout ?? '5m') * 1_000,
    from: options.from ?? 'primary',
  }

/** Mistakes in the options, each with its fix. */
export function* checkExport(options: ExportOptions | undefined): Generator<string> {
  if (options === undefined) return
  const { formats, access, timeout = '5m' } = options
  if (formats.length === 0) yield `export.formats is empty: name csv or ndjson, or leave export out`
  if (access !== undefined && readsDocument(access)) {
    yield `export.access reads documents, as access.read does already: use scope(), role() or another word on the token`
  }
  yield* checkDuration('export.timeout', timeout, ['1s', '15m'])
}

/**
 * Export format of a request for a list: the one that `Accept` names with the highest weight. `undefined` for JSON,
 * which a range such as `*` + `/*` selects, too.
 */
export function exportFormatOf(
  rule: ExportRule | undefined,
  accept: string | null | undefined,
): ExportFormat | undefined {
  // perf: most requests name none of these.
  if (rule === undefined || accept === null || accept === undefined || !/csv|ndjson/i.test(accept)) {
    return undefined
  }
  let best: ExportFormat | undefined
  let bestWeight = acceptWeight(accept, 'application/json')
  for (const format of rule.formats) {
    const weight = acceptWeight(accept, exportMediaTypes[format])
    if (weight > bestWeight) {
      best = format
      bestWeight = weight
    }
  }
  return best
}
