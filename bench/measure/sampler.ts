import { performance } from 'node:perf_hooks'
import type { Series } from './result.ts'

/** Reads a value repeatedly while something else runs. */
export interface Sampler {
  /** Seconds since the start, and the value at that time. */
  readonly points: readonly (readonly [number, number])[]
  readonly max: number
  series(name: string, unit: string): Series
  stop(): Promise<void>
}

/**
 * Takes the first reading at once, and each further one `everyMs` after the last. A failed reading ends it, and `stop`
 * throws the error.
 */
export function startSampler(read: () => number | Promise<number>, everyMs: number): Sampler {
  const startMs = performance.now()
  const points: [number, number][] = []
  const stopping = Promise.withResolvers<void>()
  let isStopping = false
  const ended = (async () => {
    while (!isStopping) {
      const value = await read()
      points.push([(performance.now() - startMs) / 1000, value])
      const timer = Promise.withResolvers<void>()
      const id = setTimeout(timer.resolve, everyMs)
      await Promise.race([timer.promise, stopping.promise])
      clearTimeout(id)
    }
  })()
  // `stop` throws the error; until then it is not an unhandled rejection.
  ended.catch(() => {})
  return {
    points,
    get max() {
      return Math.max(...points.map(([, value]) => value))
    },
    series: (name, unit) => ({ name, unit, points: points.map(([at, value]) => [round(at), value]) }),
    stop() {
      isStopping = true
      stopping.resolve()
      return ended
    },
  }
}

const round = (seconds: number): number => Math.round(seconds * 100) / 100

type Points = Sampler['points']

/** Means of the first third, of what lies between, and of the last third; `NaN` of fewer than three points. */
export function meansOfThirds(points: Points): readonly [number, number, number] {
  const third = Math.floor(points.length / 3)
  const mean = (from: number, to: number) => {
    const part = points.slice(from, to)
    return third === 0 ? Number.NaN : part.reduce((sum, [, value]) => sum + value, 0) / part.length
  }
  const last = points.length - third
  return [mean(0, third), mean(third, last), mean(last, points.length)]
}

/** Growth in percent from the mean of the first third to that of the last: a single reading would be noise. */
export function growthPercent(points: Points): number {
  const [first, , last] = meansOfThirds(points)
  return (last / first - 1) * 100
}
