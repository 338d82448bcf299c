import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertionAlgorithm, createKey, publicKeySet } from '@spillway/edge/dev/keys'
import { startMongod } from '@spillway/origin/dev/mongod'
import { type Document, MongoClient } from 'mongodb'
import { bars } from '../bars.ts'
import { holdCredentials } from '../load/credentials.ts'
import { seededRandom } from '../load/random.ts'
import { machineLoad } from '../measure/machine-load.ts'
import { orNull } from '../measure/result.ts'
import { runBench } from '../measure/run.ts'
import { figure, table } from '../measure/table.ts'
import { slowDown } from '../origin/slow-down.ts'
import { type Call, Fleet } from './fleet.ts'
import { ListChecker } from './list-checker.ts'
import { zoneOf } from './releases/fields.ts'
import { countries, labels, loadOf, shopsOf, storeShops } from './shops.ts'
import { capacityOf, type Tally, Traffic } from './traffic.ts'

/**
 * Releases that change documents, rolled out and back under load: B adds a required field that has an index, C renames
 * one, and is rolled back. Callers of the first version must not notice, and lists must be right at every moment.
 *
 * The origins are real processes behind a balancer in this process, and requests carry the edge's assertion. As in the
 * bench of overload, each command sleeps in `mongod` for a stated time: the capacity is then that of the database, and
 * starting processes does not take the cores that the others serve from, as it does not on machines of their own.
 */

const slowerByMs = 60
const poolSize = 8
const origins = 2
/** Each waits for the database most of the time, so several are needed for enough lists. */
const checkersCount = 4
const seed = 20_261_129
/** Longest time of a migration. */
const completeTimeoutMs = 180_000

interface Phase {
  readonly tally: Tally
  readonly seconds: number
  readonly busyPercent: number
}

await runBench({ bench: 'evolve', packages: ['fastify', 'mongodb', 'undici'] }, async (run) => {
  const { closing, progress } = run
  const phaseMs = run.quick ? 6_000 : 30_000
  /** The deployed balancer's is 30 s. */
  const slowStartMs = run.quick ? 3_000 : 10_000
  const shops = shopsOf(run.quick ? 4_000 : 20_000)
  const random = seededRandom(seed)

  progress('starting the database and release A')
  const mongod = await startMongod({ isMeasured: true, failPoints: true })
  closing.defer(() => mongod.stop())
  const folder = await mkdtemp(join(tmpdir(), 'spillway-bench-'))
  closing.defer(() => rm(folder, { recursive: true, force: true }))
  const key = await createKey(assertionAlgorithm)
  const { headersOf, stop } = await holdCredentials({
    ...{ kind: 'assertions', key, subjects: 64, scopes: [] },
  })
  closing.defer(() => stop())
  const databaseName = 'evolve'
  let user = 0
  const fleet = new Fleet({
    ...{ size: origins, databaseUri: mongod.uri, databaseName, poolSize, slowStartMs, logFolder: folder },
    edgeKeys: JSON.stringify(publicKeySet(key)),
    headers: () => headersOf(user++),
  })
  closing.defer(() => fleet.stop())
  await fleet.roll('a')
  const client = await new MongoClient(mongod.uri).connect()
  closing.defer(() => client.close())
  await storeShops(client.db(databaseName).collection<Document & { _id: string }>('shops'), shops)
  await slowDown(mongod.uri, slowerByMs)

  progress('finding the capacity')
  const next = loadOf(shops, random)
  const closed = { callers: 128, ms: run.quick ? 3_000 : 10_000 }
  await capacityOf(fleet, next, { ...closed, ms: 1_000 })
  const capacity = await capacityOf(fleet, next, closed)
  progress(`it is ${Math.round(capacity)} requests/s; half of it from now on`)
  if (!(capacity > 0)) throw new Error('nothing was served')

  const traffic = new Traffic(fleet, next, capacity / 2, random)
  closing.defer(() => traffic.stop())
  const checkers = Array.from(
    { length: checkersCount },
    (_, index) => new ListChecker(fleet, shops, seededRandom(seed + 1 + index), `OWN${index}`),
  )
  const stopChecking = () => Promise.all(checkers.map((checker) => checker.stop()))
  closing.defer(async () => void (await stopChecking()))
  await sleep(2_000)

  const phases = new Map<string, Phase>()
  const phase = async (name: string, work: () => Promise<unknown>) => {
    progress(name)
    const tally = traffic.phase()
    const sinceMs = performance.now()
    const load = machineLoad()
    await work()
    const seconds = (performance.now() - sinceMs) / 1000
    phases.set(name, { tally, seconds, busyPercent: load() })
  }
  const completed = async (release: 'b' | 'c', call: Call) => {
    const untilMs = performance.now() + completeTimeoutMs
    while (!(await fleet.allAnswer(call))) {
      if (performance.now() > untilMs) throw new Error(`release ${release} is not complete`)
      await sleep(200)
    }
    for (const { complete } of checkers) complete.add(release)
    progress('complete')
    await sleep(phaseMs / 2)
  }
  await phase('before', () => sleep(phaseMs))
  await phase('B adds a required, indexed field', async () => {
    await fleet.roll('b')
    await completed('b', { method: 'GET', path: `/v2/shops?zone=${zoneOf(countries[0])}` })
  })
  await phase('C renames a field', async () => {
    await fleet.roll('c')
    // A quick run rolls back in the midst of the migration.
    if (run.quick) await sleep(phaseMs)
    else await completed('c', { method: 'GET', path: `/v3/shops?title=${labels[0]}` })
  })
  for (const { complete } of checkers) complete.delete('c')
  await phase('C is rolled back', async () => {
    await fleet.roll('b')
    await sleep(phaseMs)
  })
  await stopChecking()
  await traffic.stop()

  const before = phases.get('before')
  if (before === undefined) throw new TypeError('the first phase has a name')
  const shedShare = before.tally.shed / before.tally.asked
  const wrong = checkers.flatMap((checker) => checker.wrong)
  const failures = checkers.flatMap((checker) => checker.failures)
  const sumOf = (count: 'checked' | 'refused') => checkers.reduce((sum, checker) => sum + checker[count], 0)
  const p99Of = ({ tally }: { readonly tally: Tally }) => tally.latency.summary().p99
  const after = [...phases].filter(([name]) => name !== 'before')
  /** Failures, and what was shed beyond the share of before. */
  const errors = after.reduce(
    (sum, [, { tally }]) => sum + tally.failed + Math.max(0, tally.shed - Math.ceil(tally.asked * shedShare)),
    failures.length,
  )
  const wrongLists = [...phases.values()].reduce((sum, { tally }) => sum + tally.wrongLists, wrong.length)
  const slowest = Math.max(...after.map(([, each]) => p99Of(each) / p99Of(before)))

  const rows = [...phases].map(([name, each]) => {
    const { asked, ok, shed, failed, latency, lateness } = each.tally
    const { p50, p99 } = latency.summary()
    const ratio = p99 / p99Of(before)
    return [
      ...[
        name,
        figure(each.seconds),
        String(asked),
        String(ok),
        String(shed),
        String(failed),
        String(each.tally.wrongLists),
      ],
      ...[figure(p50), figure(p99), `${figure(ratio)}×`, figure(lateness.summary().p99)],
      ...[`${figure(each.busyPercent)} %`, JSON.stringify(Object.fromEntries(each.tally.failures))],
    ]
  })
  const head = [
    'phase',
    's',
    'asked',
    'ok',
    'shed',
    'failed',
    'wrong lists',
    'p50 ms',
    'p99 ms',
    'p99',
    'late',
    'busy',
    '',
  ]
  console.log(`\n${table(head, rows)}`)
  console.log(`
Half of ${Math.round(capacity)} requests/s, on ${shops.count} documents and ${origins} origins, with ${slowerByMs} ms added to each
database command. late: p99 of the driver's own delay, ms. busy: share of the machine's cores in use. ${sumOf('checked')} more lists were compared whole, page by page, after writes
through each release; ${sumOf('refused')} were refused while a migration or an index was not complete.`)
  for (const line of [...wrong, ...failures].slice(0, 10)) console.error(line)

  return {
    settings: {
      capacity: Math.round(capacity),
      slowerByMs,
      slowStartMs,
      poolSize,
      origins,
      documents: shops.count,
      phaseMs,
      seed,
    },
    rows: [...phases].map(([name, each]) => ({
      case: name,
      subject: 'Spillway',
      metrics: {
        p99: { unit: 'ms', better: 'lower', samples: [orNull(p99Of(each))] },
        failed: { unit: 'requests', better: 'lower', samples: [each.tally.failed] },
        shed: { unit: 'requests', better: 'lower', samples: [each.tally.shed] },
      },
    })),
    bars: [
      { bar: bars.evolveErrors, value: errors },
      { bar: bars.evolveLatency, value: slowest },
      { bar: bars.evolveWrongLists, value: wrongLists },
      { bar: bars.evolveLists, value: sumOf('checked') },
    ],
  }
})
