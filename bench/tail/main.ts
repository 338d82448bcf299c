/**
 * Program: `npm run bench -- tail` measures slow answers of the whole path beside other stacks, and where their time
 * went.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { bars } from '../bars.ts'
import type { LoadReport, SlowAnswer } from '../load/report.ts'
import { interleave } from '../measure/rounds.ts'
import { runBench } from '../measure/run.ts'
import { sampledRow } from '../measure/sampled-row.ts'
import { median, pairedRatio } from '../measure/statistics.ts'
import { figure, table } from '../measure/table.ts'
import { freshMs, mix, poolSize, seed, startSubjects, users } from '../peers/start-subjects.ts'
import type { Subject } from '../peers/start-whole-path.ts'
import { startConstantWorker } from './constant-worker.ts'
import { askClosed, askOpen, askSlowest } from './loads.ts'
import { printSlowest } from './print-slowest.ts'
import { type MetricName, type TailSample, tailSample, units } from './tail-sample.ts'

/** Connections of the closed loops, with the bar of each. */
const closedLoops = [
  { connections: 16, bar: bars.tail16 },
  { connections: 64, bar: bars.tail64 },
  { connections: 256, bar: bars.tail256 },
] as const
/** Shares of the capacity, which is the throughput of the closed loop with 64 connections. */
const openShares = [0.5, 0.8, 1] as const
/** Share of the best peer's capacity at which all subjects get the same rate. */
const sameRateShare = 0.8
// The cast is safe: the object has no other keys.
const shown = Object.keys(units) as readonly MetricName[]

await runBench(
  { bench: 'tail', packages: ['fastify', 'hono', '@hono/node-server', 'mongodb', 'workerd'] },
  async (run) => {
    const { progress, quick } = run
    const rounds = quick ? 1 : 3
    const times = quick
      ? { warmupMs: 500, windowMs: 2_000, cachedWindowMs: 4_000, openWindowMs: 2_000 }
      : { warmupMs: 1_500, windowMs: 5_000, cachedWindowMs: freshMs, openWindowMs: 6_000 }
    const started = await startSubjects(run, [{ name: 'Fastify + driver' }, { name: 'hono + driver' }])
    const { ids, credentials } = started
    const loads = { ids, credentials }
    const [spillway, ...peers] = started.subjects
    const [fastest] = peers
    if (spillway === undefined || fastest === undefined) throw new Error('a subject is missing')
    const floor = await startConstantWorker(run)
    const subjects = [spillway, ...peers, floor]
    /** By the name of the load, then by that of the subject. */
    const samples = new Map<string, Map<string, TailSample[]>>()
    const measure = async (load: string, among: readonly Subject[], ask: Ask): Promise<void> => {
      progress(load)
      const found = await interleave(among, rounds, async (subject, round) => {
        const windowMs = subject === spillway ? times.cachedWindowMs : times.windowMs
        const report = await ask(subject, { round, warmupMs: times.warmupMs, windowMs })
        await sleep(quick ? 200 : 1_000)
        return tailSample(report)
      })
      samples.set(load, new Map([...found].map(([{ name }, list]) => [name, [...list]])))
    }
    const of = (load: string, { name }: Subject, metric: MetricName) =>
      (samples.get(load)?.get(name) ?? []).map((sample) => sample[metric])

    progress('warming up')
    const warmUp = { round: -1, warmupMs: 0, windowMs: quick ? 3_000 : 10_000 }
    for (const subject of subjects) await askClosed(subject, 256, loads, warmUp)
    const nameOf = (connections: number) => `closed loop, ${connections} connections`
    for (const { connections } of closedLoops) {
      await measure(nameOf(connections), subjects, (subject, window) =>
        askClosed(subject, connections, loads, window),
      )
    }
    const capacityOf = (subject: Subject) => median(of(nameOf(64), subject, 'requestsPerSecond'))
    const rivals = [spillway, ...peers]
    const askAt = (rateOf: (subject: Subject) => number): Ask => {
      return (subject, window) =>
        askOpen(subject, rateOf(subject), loads, { ...window, windowMs: times.openWindowMs })
    }
    for (const share of openShares) {
      const load = `open loop, ${share * 100} % of its own capacity`
      await measure(
        load,
        rivals,
        askAt((subject) => share * capacityOf(subject)),
      )
    }
    const sameRate = sameRateShare * Math.max(...peers.map(capacityOf))
    await measure(
      `open loop, ${Math.round(sameRate)} requests/s`,
      rivals,
      askAt(() => sameRate),
    )

    progress('asking where the time went')
    const slow = new Map<number, readonly SlowAnswer[]>()
    for (const { connections } of closedLoops) {
      const window = {
        round: rounds,
        warmupMs: times.warmupMs,
        windowMs: quick ? 2_000 : times.cachedWindowMs,
      }
      const { slowest = [] }: LoadReport = await askSlowest(spillway, connections, loads, window)
      slow.set(connections, slowest)
    }

    for (const [load, bySubject] of samples) {
      const rows = [...bySubject].map(([name, list]) => [
        name,
        ...shown.map((metric) => figure(median(list.map((sample) => sample[metric])))),
      ])
      console.log(`\n${table([load, ...shown], rows)}`)
    }
    console.log(
      '\nms; medians of the rounds. A dash: the driver was the limit, or more than 1 % was refused.',
    )
    printSlowest(slow)

    const measured = closedLoops.map(({ connections, bar }) => {
      const load = nameOf(connections)
      const best =
        peers.toSorted((a, b) => median(of(load, a, 'p99')) - median(of(load, b, 'p99')))[0] ?? fastest
      const floorRatio = pairedRatio(of(load, floor, 'p99'), of(load, best, 'p99'))
      console.log(
        `${load}: the best peer is ${best.name}; a constant Worker takes ${figure(floorRatio)} times as long.`,
      )
      return { bar, value: pairedRatio(of(load, spillway, 'p99'), of(load, best, 'p99')) }
    })
    return {
      settings: {
        rounds,
        ...times,
        users,
        poolSize,
        documents: new Set(ids).size,
        mix: Object.entries(mix).join(' '),
        sameRate: Math.round(sameRate),
        seed,
      },
      rows: [...samples].flatMap(([load, bySubject]) =>
        [...bySubject].map(([subject, list]) => sampledRow({ case: load, subject }, units, list)),
      ),
      bars: measured,
    }
  },
)

type Ask = (
  subject: Subject,
  window: { readonly round: number; readonly warmupMs: number; readonly windowMs: number },
) => Promise<LoadReport>
