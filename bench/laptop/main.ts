import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startIssuer } from '@spillway/edge/dev/issuer'
import { createKey } from '@spillway/edge/dev/keys'
import type { Measured } from '@spillway/infra/local/bar'
import { startCheckout } from '@spillway/infra/local/start-process'
import { root } from '@spillway/origin/dev/folders'
import { startMongod } from '@spillway/origin/dev/mongod'
import { seed } from '@spillway/origin/dev/seed'
import { bars } from '../bars.ts'
import { askedOf, Clients, refusedOf, type Statuses } from '../bursts/clients.ts'
import { interleave } from '../measure/rounds.ts'
import { type Run, runBench } from '../measure/run.ts'
import { median } from '../measure/statistics.ts'
import { figure, table } from '../measure/table.ts'
import { startWholePath } from '../peers/start-whole-path.ts'
import { openPaths } from '../scenarios/application-load.ts'

/**
 * Throughput of `npm start` on this machine, beside the deployed bundle in a bare workerd, each with its own origin and
 * database: people first load the stack on a laptop. 200 clients read places that
 * nobody has read before, and as many read one place that is stored.
 */
const clientCount = 200
const documentsMax = 20_000
const subjects = ['npm start', 'bare workerd'] as const
type SubjectName = (typeof subjects)[number]
const shapes = ['distinct documents', 'one stored document'] as const
type Shape = (typeof shapes)[number]

interface Sample {
  readonly perSecond: number
  readonly refused: number
  readonly statuses: string
}

await runBench({ bench: 'laptop', packages: ['workerd', 'fastify', 'mongodb', 'undici'] }, async (run) => {
  const lengthMs = run.quick ? 1_500 : 4_000
  const rounds = run.quick ? 1 : 3
  run.progress('starting database, origin and edge')
  const bareUrl = await startBare(run)
  run.progress('starting npm start')
  const urls: Readonly<Record<SubjectName, string>> = {
    'npm start': await startLaptop(run),
    'bare workerd': bareUrl,
  }
  // Both have the same documents and are equally warm, since both have listed them. No document is read again before
  // all others have been read.
  await openPaths(run.chosen, urls['npm start'], documentsMax)
  const known = await openPaths(run.chosen, bareUrl, documentsMax)
  const last = known.at(-1) ?? known[0]
  const asked: Record<SubjectName, number> = { 'npm start': 0, 'bare workerd': 0 }
  const paths = (shape: Shape, name: SubjectName) => () =>
    shape === 'one stored document'
      ? last
      : // The cast is safe: the remainder is an index of the list.
        (known[asked[name]++ % known.length] as string)

  const samples = new Map<string, readonly Sample[]>()
  for (const shape of shapes) {
    const found = await interleave(subjects, rounds, async (name) => {
      run.progress(`${name}: ${shape}`)
      const clients = new Clients(urls[name], paths(shape, name))
      try {
        return sampleOf(await clients.loop(clientCount, lengthMs), lengthMs)
      } finally {
        await clients.stop()
      }
    })
    for (const [name, list] of found) samples.set(`${shape} ${name}`, list)
  }
  const of = (shape: Shape, name: SubjectName) => samples.get(`${shape} ${name}`) ?? []
  const perSecond = (shape: Shape, name: SubjectName) =>
    median(of(shape, name).map((sample) => sample.perSecond))
  const refused = (shape: Shape, name: SubjectName) =>
    of(shape, name).reduce((sum, sample) => sum + sample.refused, 0)

  const rows = shapes.flatMap((shape) =>
    subjects.map((name) => [
      shape,
      name,
      figure(perSecond(shape, name)),
      String(refused(shape, name)),
      of(shape, name)
        .map(({ statuses }) => statuses)
        .join(' '),
    ]),
  )
  console.log(`\n${table(['read', 'by', 'reads/s', 'refused', 'statuses'], rows)}\n`)
  const measured: Measured[] = [
    { bar: bars.laptopRefused, value: refused('distinct documents', 'npm start') },
    ...shapes.map((shape) => ({
      bar: { ...bars.laptopThroughput, name: `${bars.laptopThroughput.name}-${shape.replaceAll(' ', '-')}` },
      value: perSecond(shape, 'npm start') / perSecond(shape, 'bare workerd'),
    })),
  ]
  return {
    settings: { clientCount, lengthMs, rounds },
    rows: shapes.flatMap((shape) =>
      subjects.map((subject) => ({
        case: shape,
        subject,
        metrics: {
          throughput: {
            unit: 'requests/s',
            better: 'higher' as const,
            samples: of(shape, subject).map((sample) => sample.perSecond),
          },
        },
      })),
    ),
    bars: measured,
  }
})

function sampleOf(statuses: Statuses, lengthMs: number): Sample {
  const refused = refusedOf(statuses)
  return {
    refused,
    perSecond: ((askedOf(statuses) - refused) / lengthMs) * 1_000,
    statuses: JSON.stringify(Object.fromEntries(statuses)),
  }
}

async function startLaptop({ chosen, closing }: Run): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-laptop-'))
  closing.defer(() => rm(folder, { recursive: true, force: true }))
  const { child, edgeUrl } = await startCheckout(root, folder, {
    args: chosen.isOwn ? [] : ['--application', chosen.which],
  })
  closing.defer(async () => void (await child.stop()))
  return edgeUrl
}

async function startBare(run: Run): Promise<string> {
  const { chosen, closing } = run
  const application = chosen.which
  const mongod = await startMongod()
  closing.defer(() => mongod.stop())
  const databaseName = 'laptop'
  await seed({ databaseUri: mongod.uri, databaseName, application })
  const issuer = await startIssuer({ keys: [await createKey('ES256')] })
  closing.defer(() => issuer.stop())
  const { url } = await startWholePath(run, { databaseUri: mongod.uri, databaseName, issuer, application })
  return url
}
