import type { Result, Row } from '../measure/result.ts'
import { type BarRow, barFigure } from './bar-figure.ts'
import { spreadOf } from './figures-of.ts'

export interface CpuFigureOptions {
  readonly title: string
  readonly case: string
  /** Metric of the whole bar, and those of its parts. */
  readonly total: string
  readonly parts: readonly string[]
  readonly isOurs: (subject: string) => boolean
}

/** CPU µs a request of each subject of one case. */
export function cpuFigure(result: Result, options: CpuFigureOptions): string {
  const rows = result.rows.filter((row) => row.case === options.case)
  return barFigure(
    options.title,
    'µs',
    rows.map((row) => barOf(row, options)),
  )
}

function barOf(row: Row, { total, parts, isOurs }: CpuFigureOptions): BarRow {
  const whole = spreadOf(row, total)
  const name = row.subject
  if (whole === undefined) return { name, parts: [], missing: row.notes?.[0] ?? 'not measured' }
  return {
    name,
    isOurs: isOurs(name),
    spread: [whole.min, whole.max],
    parts: (parts.length === 0 ? [total] : parts).map((part) => ({
      name: part,
      value: spreadOf(row, part)?.median ?? 0,
    })),
  }
}
