import { originEnv } from '@spillway/origin/contract'
import { bars } from '../bars.ts'
import { steady } from '../load/arrivals.ts'
import { drive } from '../load/drive.ts'
import { residentMb } from '../measure/process-table.ts'
import { orNull } from '../measure/result.ts'
import { runBench } from '../measure/run.ts'
import { growthPercent, type Sampler, startSampler } from '../measure/sampler.ts'
import { figure, table } from '../measure/table.ts'
import { watchDatabaseConnections } from './database-connections.ts'
import { mixOf } from './mix-of.ts'
import { setStage } from './stage.ts'

/**
 * Ten thousand users hold a connection each and send a request every ten seconds. The database must see no more
 * connections than its budget, and the origin's memory must not grow.
 */
const users = 10_000
const secondsBetweenRequests = 10
const poolSize = 16
/** Connections beside the pool: the driver monitors the server over one. */
const monitoring = 1
const seed = 20_261_124
const ownMix = { read: 80, list: 10, create: 5, update: 5 }

await runBench({ bench: 'connections', packages: ['fastify', 'mongodb', 'undici'] }, async (run) => {
  // Memory grew in the first two of ten minutes alone; five leave the bar's last third wholly after that.
  const windowMs = run.quick ? 15_000 : 300_000
  let database: Sampler | undefined
  const stage = await setStage(run, {
    peers: [],
    poolSize,
    originEnv: { [originEnv.processes]: '1' },
    beforeOrigin: async (uri) => {
      database = await watchDatabaseConnections(run, uri, 200)
    },
  })
  const { credentials, pids, url } = stage.spillway
  const mix = await mixOf(run.chosen, stage.spillway, ownMix)

  run.progress(`opening ${users} connections, then ${windowMs / 1000} s of load`)
  let memory: Sampler | undefined
  const report = await drive(
    {
      kind: 'open',
      target: url,
      ids: stage.ids,
      seed,
      warmupMs: run.quick ? 3_000 : 30_000,
      streams: [
        {
          name: 'users',
          curve: steady(users / secondsBetweenRequests, windowMs),
          spacing: 'poisson',
          mix,
          credentials,
        },
      ],
      connectionsMin: users,
      connectionsMax: users,
      timeoutMs: 5_000,
      usefulMs: 1_000,
      watched: { server: pids, database: [stage.database.pid] },
    },
    {
      // The heap reaches its working size in the first moments; only later growth counts.
      onWindow: () => {
        memory = startSampler(() => residentMb(pids), 500)
      },
    },
  )
  await memory?.stop()
  await database?.stop()
  if (memory === undefined || database === undefined) throw new Error('nothing was sampled')

  const { driver, total } = report
  const isTarget = driver.limitedBy === undefined
  if (!isTarget) console.error(`        latencies are not a result: ${driver.limitedBy}`)
  const budget = poolSize + monitoring
  const figures = {
    'client connections': { value: report.connections, unit: 'connections', better: 'higher' },
    'database connections, most': { value: database.max, unit: 'connections', better: 'lower' },
    'answered well': { value: (total.good / total.asked) * 100, unit: '%', better: 'higher' },
    p99: { value: isTarget ? total.latency.p99 : Number.NaN, unit: 'ms', better: 'lower' },
    'resident memory, most': { value: memory.max, unit: 'MiB', better: 'lower' },
    'memory growth': { value: growthPercent(memory.points), unit: '%', better: 'lower' },
  } as const
  const rows = Object.entries(figures).map(([name, { value, unit }]) => [name, `${figure(value)} ${unit}`])
  console.log(`\n${table(['10,000 users', ''], rows)}`)
  if (total.failed > 0) console.log(`failures: ${JSON.stringify(total.failures)}`)
  return {
    settings: { users, secondsBetweenRequests, poolSize, budget, windowMs },
    rows: [
      {
        case: '10,000 users',
        subject: 'Spillway',
        metrics: Object.fromEntries(
          Object.entries(figures).map(([name, { value, unit, better }]) => [
            name,
            { unit, better, samples: [orNull(value)] },
          ]),
        ),
      },
    ],
    series: [
      database.series('database connections', 'connections'),
      memory.series('resident memory of the origin', 'MiB'),
    ],
    bars: [
      { bar: bars.connectionsHeld, value: report.connections },
      { bar: bars.connectionsOverBudget, value: database.max - budget },
      { bar: bars.connectionsMemory, value: growthPercent(memory.points) },
    ],
  }
})
