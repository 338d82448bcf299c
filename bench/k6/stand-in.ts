/**
 * Stand-ins for k6's modules, so that a test runs the same script as k6. The test supplies the answers to requests;
 * metrics are added up as in k6.
 */
export interface Asked {
  readonly method: string
  readonly url: string
  readonly body: string | null
  readonly params: {
    readonly headers: Readonly<Record<string, string>>
    readonly tags: { readonly name: string }
  }
}

export interface Answer {
  readonly status: number
  readonly ms: number
  readonly body?: string
}

export const k6 = {
  answer: (_asked: Asked): Answer => ({ status: 200, ms: 1 }),
  // The cast names the type of an empty list.
  slept: [] as number[],
  values: new Map<string, number[]>(),
}

class Metric {
  readonly #values: number[] = []

  constructor(name: string) {
    k6.values.set(name, this.#values)
  }

  add(value: number | boolean): void {
    this.#values.push(Number(value))
  }
}

export { Metric as Counter, Metric as Rate, Metric as Trend }

export const sleep = (seconds: number): void => void k6.slept.push(seconds)

export const SharedArray = function SharedArray<Item>(_name: string, make: () => Item[]): Item[] {
  return make()
}

const http = {
  request(method: string, url: string, body: string | null, params: Asked['params']) {
    const { status, ms, body: answered = '' } = k6.answer({ method, url, body, params })
    return {
      status,
      body: answered,
      timings: { blocked: 0, connecting: 0, tls_handshaking: 0, duration: ms },
    }
  },
}
export default http

/** Sums as k6 hands them to `handleSummary`; percentiles by nearest rank. */
export function k6Data(): { metrics: Record<string, { values: Record<string, number> }> } {
  const metrics = [...k6.values].map(([name, values]) => {
    const sorted = values.toSorted((a, b) => a - b)
    const rank = (percent: number) => sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? 0
    const count = name.endsWith('_ms') ? values.length : values.reduce((sum, value) => sum + value, 0)
    const percentiles = Object.fromEntries([50, 90, 99, 99.9].map((p) => [`p(${p})`, rank(p)]))
    return [name, { values: { count, max: sorted.at(-1) ?? 0, ...percentiles } }] as const
  })
  return { metrics: Object.fromEntries(metrics.filter(([, { values }]) => values.count > 0)) }
}
