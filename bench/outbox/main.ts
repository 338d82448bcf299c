import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertionAlgorithm, createKey, publicKeySet } from '@spillway/edge/dev/keys'
import { startMongod } from '@spillway/origin/dev/mongod'
import { startOrigin } from '@spillway/origin/dev/origin-process'
import { type Db, MongoClient } from 'mongodb'
import { drainLease, drainTimes } from '../../origin/src/events/drain.ts'
import { LeaseSeeker } from '../../origin/src/jobs/lease.ts'
import { bars } from '../bars.ts'
import type { Credentials } from '../load/credentials.ts'
import { drive } from '../load/drive.ts'
import { cpuTimeMs } from '../measure/process-table.ts'
import { interleave } from '../measure/rounds.ts'
import { runBench } from '../measure/run.ts'
import { sampledRow } from '../measure/sampled-row.ts'
import { median } from '../measure/statistics.ts'
import { figure, table } from '../measure/table.ts'
import { bringToRest } from '../origin/same-documents.ts'

/**
 * Cost of a create with its event in the document, beside the same create without: CPU time of node and mongod. `stored`:
 * another process has the drain's lease and does nothing, so this is what a request costs. `logged`: the drain runs beside
 * it as usual, and all is counted until the log has every event. `history`, `values` and `recorded` are the same of a
 * resource whose history has names, or values. The drain does that work in one process of a fleet, and
 * gives way to requests.
 */
const subjects = ['without', 'stored', 'history', 'values', 'logged', 'recorded'] as const
type Subject = (typeof subjects)[number]

const units = {
  create: { unit: 'CPU µs/request', better: 'lower' },
  node: { unit: 'CPU µs/request', better: 'lower' },
  mongod: { unit: 'CPU µs/request', better: 'lower' },
} as const
const names: Readonly<Record<Subject, string>> = {
  without: 'without events',
  stored: 'with its event',
  history: 'with a record of its history',
  values: 'with a record with values',
  logged: 'until the log has it',
  recorded: 'until log and history have it, with values',
}
const folders: Readonly<Record<Subject, string>> = {
  ...{ without: 'without', stored: 'with', history: 'history', values: 'values', logged: 'with' },
  recorded: 'values',
}
const isDrained = (subject: Subject): boolean => subject === 'logged' || subject === 'recorded'
const seed = 20_261_129
const drainTimeoutMs = 60_000
const warmUpRounds = 5
const shedShareMax = 0.01

await runBench({ bench: 'outbox', packages: ['fastify', 'mongodb'] }, async (run) => {
  const { closing, progress } = run
  const rounds = run.quick ? 16 : 30
  // No warm-up in a round: the drain moves the events of every create.
  const windows = { warmupMs: 0, windowMs: run.quick ? 1_000 : 1_500 }
  progress('starting the database and the origins')
  const mongod = await startMongod({ isMeasured: true })
  closing.defer(() => mongod.stop())
  const { pid, uri } = mongod
  if (pid === undefined) throw new Error('unset MONGODB_URI: CPU time is read from a mongod that is started')
  const folder = await mkdtemp(join(tmpdir(), 'spillway-bench-'))
  closing.defer(() => rm(folder, { recursive: true, force: true }))
  const client = await new MongoClient(uri).connect()
  closing.defer(() => client.close())
  const key = await createKey(assertionAlgorithm)
  const credentials: Credentials = { kind: 'assertions', key, subjects: 64, scopes: [] }
  const origins = new Map<Subject, { readonly url: string; readonly pid: number }>()
  for (const subject of subjects) {
    if (!isDrained(subject)) await holdDrain(client.db(`outbox-${subject}`))
    const origin = await startOrigin({
      databaseUri: uri,
      databaseName: `outbox-${subject}`,
      edgeKeys: JSON.stringify(publicKeySet(key)),
      logFile: join(folder, `${subject}.log`),
      application: `bench/outbox/${folders[subject]}`,
      env: { NODE_ENV: 'production' },
    })
    closing.defer(() => origin.stop())
    origins.set(subject, { url: origin.url, pid: origin.child.pid })
  }

  const measure = async (subject: Subject, round: number) => {
    // The cast is safe: each subject has an origin.
    const origin = origins.get(subject) as { readonly url: string; readonly pid: number }
    const places = client.db(`outbox-${subject}`).collection('places')
    const usage = () => ({ node: cpuTimeMs([origin.pid]), mongod: cpuTimeMs([pid]) })
    await bringToRest({ uri, pid })
    const watched = { server: [origin.pid], database: [pid] }
    const report = await drive({
      kind: 'closed',
      target: origin.url,
      ids: [],
      seed: seed + round,
      connections: 64,
      mix: { create: 1 },
      credentials,
      watched,
      ...windows,
    })
    const { total, cpuMs } = report
    // A shed request takes little CPU, and a busy machine sheds some.
    if (total.ok === 0 || total.failed > 0 || total.shed > total.asked * shedShareMax)
      throw new Error(`${subject}: ${JSON.stringify(total.failures)}, ${total.shed} shed`)
    const before = usage()
    const untilMs = performance.now() + drainTimeoutMs
    while (isDrained(subject) && (await places.findOne({ _out: { $exists: true } })) !== null) {
      if (performance.now() > untilMs) throw new Error('the drain does not end')
      await sleep(50)
    }
    const after = usage()
    await places.deleteMany({})
    const perRequest = (inWindowMs: number, afterMs: number) => ((inWindowMs + afterMs) * 1000) / total.ok
    const node = perRequest(cpuMs.server ?? 0, after.node - before.node)
    const mongodUs = perRequest(cpuMs.database ?? 0, after.mongod - before.mongod)
    return { create: node + mongodUs, node, mongod: mongodUs }
  }
  // Until code that is run for each create is compiled, one costs twice as much.
  for (let round = -warmUpRounds; round < 0; round += 1)
    for (const subject of subjects) await measure(subject, round)
  progress('creating')
  const samples = await interleave(subjects, rounds, measure)

  const of = (subject: Subject, metric: keyof typeof units) =>
    (samples.get(subject) ?? []).map((sample) => sample[metric])
  // Not of pairs: a checkpoint or a collection falls into one of two rounds.
  const ratio = (subject: Subject) => median(of(subject, 'create')) / median(of('without', 'create'))
  const rows = subjects.map((subject) => [
    names[subject],
    ...(['node', 'mongod', 'create'] as const).map((metric) => figure(median(of(subject, metric)))),
    `${figure(ratio(subject))}×`,
  ])
  console.log(`\n${table(['create', 'node', 'mongod', 'CPU µs', ''], rows)}`)
  console.log(`
CPU µs a create, medians of ${rounds}. The bar is for what a request costs. Moving its event to the log comes on top, in one
process, when requests leave it time. ${await bytesOfRecords(client.db('outbox-recorded'))}`)
  return {
    settings: { rounds, ...windows, seed },
    rows: subjects.map((subject) =>
      sampledRow({ case: 'create', subject: names[subject] }, units, samples.get(subject) ?? []),
    ),
    bars: [{ bar: bars.outboxCreate, value: ratio('stored') }],
  }
})

/** Size of the history's records of creates. */
async function bytesOfRecords(db: Db): Promise<string> {
  const [stats] = await db
    .collection('_history')
    .aggregate([{ $collStats: { storageStats: {} } }])
    .toArray()
  const { avgObjSize, storageSize, totalIndexSize, count } = stats?.storageStats ?? {}
  const onDisk = Math.round((storageSize + totalIndexSize) / count)
  return `A record with values has ${avgObjSize} bytes, and takes ${onDisk} on disk with its indexes.`
}

/** Holds the drain's lease until this process ends. */
async function holdDrain(db: Db): Promise<void> {
  const options = { db, name: drainLease, holder: 'bench', times: drainTimes, now: () => performance.now() }
  if ((await new LeaseSeeker(options).tryTake()) === undefined) throw new Error('another process drains')
}
