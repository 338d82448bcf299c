/** Program: `npm run bench -- heap` measures the memory of the edge's isolate while its caches fill and stay full. */
import { randomUUID } from 'node:crypto'
import { startIssuer } from '@spillway/edge/dev/issuer'
import { createKey } from '@spillway/edge/dev/keys'
import { startMongod } from '@spillway/origin/dev/mongod'
import { freePort } from '@spillway/origin/dev/ports'
import { seed as seedPlaces } from '@spillway/origin/dev/seed'
import { bars } from '../bars.ts'
import { isolateHeapMbMax } from '../edge/edge-process.ts'
import { drive } from '../load/drive.ts'
import type { Mix } from '../load/workload.ts'
import { runBench } from '../measure/run.ts'
import { figure, table } from '../measure/table.ts'
import { placeIds } from '../peers/place-ids.ts'
import { startWholePath } from '../peers/start-whole-path.ts'
import { type HeapUsage, IsolateHeap } from './isolate-heap.ts'

/** Reads fill the store of answers; searches fill it with lists that nobody asks for again. */
const mix: Mix = { read: 55, list: 8, search: 25, plan: 6, update: 6 }
/** More than the memory of verified tokens holds by count, so that it is full by its own limit. */
const users = 5_000
const connections = 64
const windowMs = 5_000
const seed = 20_261_130
const failedShareMax = 0.001

await runBench({ bench: 'heap', packages: ['workerd', 'miniflare'] }, async (run) => {
  const { closing, progress, quick } = run
  const requests = quick ? 60_000 : 1_000_000
  progress('starting database, origin and edge')
  const mongod = await startMongod({ isMeasured: true })
  closing.defer(() => mongod.stop())
  const databaseName = `heap_${randomUUID().slice(0, 8)}`
  await seedPlaces({ databaseUri: mongod.uri, databaseName })
  const issuer = await startIssuer({ keys: [await createKey('ES256')] })
  closing.defer(() => issuer.stop())
  const inspectorPort = await freePort()
  const { url } = await startWholePath(run, {
    databaseUri: mongod.uri,
    databaseName,
    issuer,
    edgeProcess: { inspectorPort, v8Flags: [`--max-heap-size=${isolateHeapMbMax}`] },
  })
  const ids = await placeIds(mongod.uri, databaseName)
  progress(`minting ${users} tokens`)
  const tokens: string[] = []
  for (let user = 0; user < users; user += 1) {
    tokens.push(await issuer.mintToken({ sub: `user-${user}`, scopes: ['places:write'] }))
  }
  const sets = tokens.map((token) => ({ authorization: `Bearer ${token}` }))

  using heap = await IsolateHeap.connect(url, inspectorPort)
  const live = async (): Promise<HeapUsage> => {
    await heap.collect()
    return heap.usage()
  }
  const points: { readonly answered: number; readonly usage: HeapUsage; readonly live: number }[] = []
  const note = async (answered: number): Promise<void> => {
    const usage = await heap.usage()
    points.push({ answered, usage, live: (await live()).used })
  }
  await note(0)
  let answered = 0
  for (let round = 0; answered < requests; round += 1) {
    const { total } = await drive({
      kind: 'closed',
      target: url,
      ids,
      seed: seed + round,
      connections,
      mix,
      // Each round has other users, as a day has.
      credentials: { kind: 'headers', sets: rotated(sets, round * connections) },
      watched: {},
      warmupMs: 0,
      windowMs,
    })
    if (total.ok === 0 || total.failed > total.asked * failedShareMax) {
      throw new Error(`${total.failed} of ${total.asked} requests failed: ${JSON.stringify(total.failures)}`)
    }
    answered += total.ok
    await note(answered)
    progress(`${answered.toLocaleString('en-US')} of ${requests.toLocaleString('en-US')} requests`)
  }

  const shown = points.filter(
    (_, index) => index % Math.ceil(points.length / 12) === 0 || index === points.length - 1,
  )
  console.log(
    `\n${table(
      ['requests', 'live MB', 'used MB', 'committed MB'],
      shown.map(({ answered: count, usage, live: left }) => [
        count.toLocaleString('en-US'),
        figure(left),
        figure(usage.used),
        figure(usage.committed),
      ]),
    )}`,
  )
  console.log(
    `\nlive: after a collection of all garbage. Used and committed: before it. Buffers are counted. V8's limit: ${isolateHeapMbMax} MB.\n`,
  )
  const of = (pick: (point: (typeof points)[number]) => number) => points.map(pick)
  return {
    settings: {
      requests,
      connections,
      users,
      heapMbMax: isolateHeapMbMax,
      documents: ids.length,
      mix: Object.entries(mix).join(' '),
      seed,
    },
    rows: [
      {
        case: 'mixed requests',
        subject: 'isolate of the edge',
        metrics: {
          live: { unit: 'MB', better: 'lower', samples: of(({ live: left }) => left) },
          used: { unit: 'MB', better: 'lower', samples: of(({ usage }) => usage.used) },
          committed: { unit: 'MB', better: 'lower', samples: of(({ usage }) => usage.committed) },
        },
      },
    ],
    bars: [{ bar: bars.edgeHeap, value: Math.max(...of(({ live: left }) => left)) }],
  }
})

function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  const at = by % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}
