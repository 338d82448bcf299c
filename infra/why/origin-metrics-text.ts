import type { OriginSigns } from './signs.ts'

/** Values of a scrape (Prometheus' text format), by name and labels as they are written. */
export type Scrape = ReadonlyMap<string, number>

export function parseScrape(text: string): Scrape {
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [, key, value] = /^([a-z][a-z0-9_]*(?:\{[^}]*\})?) (\S+)$/.exec(line) ?? []
    if (key !== undefined && value !== undefined) values.set(key, Number(value))
  }
  return values
}

/** @throws Error where it is not there: a renamed metric must not read as zero */
export function gauge(scrape: Scrape, name: string): number {
  const value = scrape.get(name)
  if (value === undefined) throw new Error(`the origin has no metric ${name}`)
  return value
}

/** Signs of an origin between two scrapes of its metrics; if it has restarted, since then. */
export function originMetrics(
  before: Scrape,
  after: Scrape,
): Omit<OriginSigns, 'name' | 'isLive' | 'failing'> {
  const grown = (key: string): number => {
    const [was, is] = [before.get(key) ?? 0, after.get(key) ?? 0]
    return is < was ? is : is - was
  }
  const grownBy = (name: string, label: string): Record<string, number> => {
    const counts: Record<string, number> = {}
    for (const key of after.keys()) {
      if (!key.startsWith(`${name}{`)) continue
      const value = new RegExp(`${label}="([^"]*)"`).exec(key)?.[1] ?? ''
      const count = grown(key)
      if (count > 0) counts[value] = (counts[value] ?? 0) + count
    }
    return counts
  }
  const now = (key: string): number => gauge(after, key)
  const admitted = grownBy('origin_admission_admitted_total', 'priority')
  const shed = grownBy('origin_admission_shed_total', 'priority')
  return {
    problems: grownBy('origin_problems_total', 'code'),
    shed: grownBy('origin_admission_shed_total', 'reason'),
    admitted: sum(admitted),
    priorities: Object.fromEntries(
      [...new Set([...Object.keys(admitted), ...Object.keys(shed)])].map((priority) => [
        priority,
        { admitted: admitted[priority] ?? 0, shed: shed[priority] ?? 0 },
      ]),
    ),
    batches: {
      commands: sum(grownBy('origin_batches_total', 'lane')),
      callers: sum(grownBy('origin_batch_callers_total', 'lane')),
    },
    memoryBytes: now('origin_resident_memory_bytes'),
    pool: {
      size: now('origin_pool_connections{state="size"}'),
      inUse: now('origin_pool_connections{state="inUse"}'),
    },
    poolWaitSeconds: now('origin_pool_wait_p99_seconds'),
    commandsGivenUp: grown('origin_commands_given_up_total'),
    admission: {
      limit: now('origin_admission_limit'),
      inflight: now('origin_admission_inflight'),
      waiting: now('origin_admission_waiting'),
    },
    loopDelaySeconds: now('origin_event_loop_delay_p99_seconds'),
  }
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)
