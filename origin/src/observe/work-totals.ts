/** Kinds of answers that may need much work: an export, an answer with expanded references, a named query. */
export type WorkKind = 'export' | 'expand' | 'query'

/** Ends of exports: all was sent, the caller left, a limit aborted it, or a defect ended it. */
export type ExportEnd = 'whole' | 'left' | 'cut' | 'failed'

/** Work of one answer, to be added to the totals. */
export interface Work {
  readonly answers?: number
  /** Documents read for it; for `expand`, the referenced ones. */
  readonly rows?: number
  /** Bytes of text made from these documents. */
  readonly bytes?: number
  /** Duration of the export, of the look-ups, or of the handler. */
  readonly durationMs?: number
}

interface Total {
  readonly kind: WorkKind
  readonly route: string
  readonly work: Record<keyof Work, number>
}

/** Totals by kind and route since the start of the process. A catalogue has few routes. */
export class WorkTotals {
  readonly #totals = new Map<string, Total>()
  readonly #ends = new Map<string, { readonly route: string; readonly end: ExportEnd; count: number }>()
  /** Exports in progress. */
  exportsRunning = 0

  add(kind: WorkKind, route: string, { answers = 0, rows = 0, bytes = 0, durationMs = 0 }: Work): void {
    const key = `${kind} ${route}`
    let total = this.#totals.get(key)
    if (total === undefined) {
      total = { kind, route, work: { answers: 0, rows: 0, bytes: 0, durationMs: 0 } }
      this.#totals.set(key, total)
    }
    const { work } = total
    work.answers += answers
    work.rows += rows
    work.bytes += bytes
    work.durationMs += durationMs
  }

  addEnd(route: string, end: ExportEnd): void {
    const key = `${end} ${route}`
    const known = this.#ends.get(key)
    if (known === undefined) this.#ends.set(key, { route, end, count: 1 })
    else known.count += 1
  }

  totals(): readonly Total[] {
    return [...this.#totals.values()]
  }

  ends(): readonly { readonly route: string; readonly end: ExportEnd; readonly count: number }[] {
    return [...this.#ends.values()]
  }
}
