/** Kinds of answers that may take much work: a whole list, an answer with expanded references, a named query. */
export type WorkKind = 'export' | 'expand' | 'query'

/** Ends of exports: all of it was sent, its caller left, it was cut off, or a defect ended it. */
export type ExportEnd = 'whole' | 'left' | 'cut' | 'failed'

/** Work of answers; each member adds to a total. */
export interface Work {
  readonly answers?: number
  /** Documents that were read for them; for `expand`, those that references name. */
  readonly rows?: number
  /** Bytes of text that were made of these documents. */
  readonly bytes?: number
  /** Time that an export went on, and that look-ups or a handler took. */
  readonly durationMs?: number
}

interface Total {
  readonly kind: WorkKind
  readonly route: string
  readonly work: Record<keyof Work, number>
}

/** Totals of such answers, by kind and route, since the start: the routes of a catalogue are few. */
export class WorkTotals {
  readonly #totals = new Map<string, Total>()
  readonly #ends = new Map<string, { readonly route: string; readonly end: ExportEnd; count: number }>()
  /** Exports that are under way. */
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
