import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertionAlgorithm, createKey, publicKeySet } from '@spillway/edge/dev/keys'
import { startMongod } from '@spillway/origin/dev/mongod'
import { startOrigin } from '@spillway/origin/dev/origin-process'
import { MongoClient } from 'mongodb'
import { bars } from '../bars.ts'
import type { Credentials } from '../load/credentials.ts'
import { drive } from '../load/drive.ts'
import { cpuTimeMs } from '../measure/process-table.ts'
import { interleave } from '../measure/rounds.ts'
import { runBench } from '../measure/run.ts'
import { sampledRow } from '../measure/sampled-row.ts'
import { median, pairedRatio } from '../measure/statistics.ts'
import { figure, table } from '../measure/table.ts'
import { bringToRest } from '../origin/same-documents.ts'

/**
 * Cost of a create with its event in the document, beside the same create without: CPU time of node and mongod. The
 * drain, which moves the events to the log afterwards and yields to load, is told apart: it costs what it costs, but not
 * while requests wait.
 */
const subjects = ['without', 'with'] as const
type Subject = (typeof subjects)[number]

const units = {
  create: { unit: 'CPU µs/request', better: 'lower' },
  drained: { unit: 'CPU µs/request', better: 'lower' },
} as const
const seed = 20_261_129
const drainTimeoutMs = 60_000
const shedShareMax = 0.01

await runBench({ bench: 'outbox', packages: ['fastify', 'mongodb'] }, async (run) => {
  const { closing, progress } = run
  const rounds = run.quick ? 4 : 10
  const windows = { warmupMs: 300, windowMs: run.quick ? 1_000 : 2_000 }
  progress('starting the database and two origins')
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
    const origin = await startOrigin({
      databaseUri: uri,
      databaseName: `outbox-${subject}`,
      edgeKeys: JSON.stringify(publicKeySet(key)),
      logFile: join(folder, `${subject}.log`),
      application: `bench/outbox/${subject}`,
      env: { NODE_ENV: 'production' },
    })
    closing.defer(() => origin.stop())
    origins.set(subject, { url: origin.url, pid: origin.child.pid })
  }

  const measure = async (subject: Subject, round: number) => {
    // The cast is safe: each subject has an origin.
    const origin = origins.get(subject) as { readonly url: string; readonly pid: number }
    const places = client.db(`outbox-${subject}`).collection('places')
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
    const inWindowMs = (cpuMs.server ?? 0) + (cpuMs.database ?? 0)
    const before = cpuTimeMs([origin.pid, pid])
    const untilMs = performance.now() + drainTimeoutMs
    while ((await places.findOne({ _out: { $exists: true } })) !== null) {
      if (performance.now() > untilMs) throw new Error('the drain does not end')
      await sleep(50)
    }
    const afterMs = cpuTimeMs([origin.pid, pid]) - before
    await places.deleteMany({})
    const perRequest = (ms: number) => (ms * 1000) / total.ok
    return { create: perRequest(inWindowMs), drained: perRequest(inWindowMs + afterMs) }
  }
  for (const subject of subjects) await measure(subject, -1)
  progress('creating')
  const samples = await interleave(subjects, rounds, measure)

  const of = (subject: Subject, metric: keyof typeof units) =>
    (samples.get(subject) ?? []).map((sample) => sample[metric])
  const ratio = (metric: keyof typeof units) => pairedRatio(of('with', metric), of('without', metric))
  const rows = subjects.map((subject) => [
    `${subject} events`,
    figure(median(of(subject, 'create'))),
    figure(median(of(subject, 'drained'))),
  ])
  console.log(`\n${table(['create', 'CPU µs', 'until drained'], rows)}`)
  console.log(`
CPU µs of node and mongod for a create, medians of ${rounds}: while creates are asked for, and until the log has every event
(${figure(ratio('drained'))}×).`)
  return {
    settings: { rounds, ...windows, seed },
    rows: subjects.map((subject) =>
      sampledRow({ case: 'create', subject: `${subject} events` }, units, samples.get(subject) ?? []),
    ),
    bars: [{ bar: bars.outboxCreate, value: ratio('create') }],
  }
})
