/**
 * Program: `npm run bench -- list-tags` measures how many reads the edge answers by itself while places are written.
 */
import { randomUUID } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { edgeVariables } from '@spillway/edge/dev/edge-variables'
import { startIssuer, trustedIssuer } from '@spillway/edge/dev/issuer'
import { assertionAlgorithm, createKey, publicKeySet } from '@spillway/edge/dev/keys'
import { root } from '@spillway/origin/dev/folders'
import { startMongod } from '@spillway/origin/dev/mongod'
import { startOrigin } from '@spillway/origin/dev/origin-process'
import { seed } from '@spillway/origin/dev/seed'
import { startEdgeProcess } from '../edge/edge-process.ts'
import { learnEtags } from '../load/learn-etags.ts'
import { seededRandom } from '../load/random.ts'
import { Workload } from '../load/workload.ts'
import { placeIds } from '../peers/place-ids.ts'

/** The mix of `bench -- peers`: places by id and by country, and planned trips. */
const mix = { read: 60, list: 30, plan: 10 }
const readers = 8
/** Users pause between two requests, so that both runs get about the same number. */
const pauseMs = 10
const writesPerSecond = 2
const [seconds = 15] = parseArgs({ allowPositionals: true }).positionals.map(Number)

await using closing = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'spillway-list-tags-'))
closing.defer(() => rm(folder, { recursive: true, force: true }))
const mongod = await startMongod()
closing.defer(() => mongod.stop())
const databaseName = `list_tags_${randomUUID().slice(0, 8)}`
await seed({ databaseUri: mongod.uri, databaseName })
const issuer = await startIssuer({ keys: [await createKey('ES256')] })
closing.defer(() => issuer.stop())
const token = await issuer.mintToken({ sub: 'editor', scopes: ['places:write'] })
const headers = { authorization: `Bearer ${token}` }
// Number of documents, reduced by the same factor as this machine's request rate.
const all = await placeIds(mongod.uri, databaseName)
// Takes places from the whole list: its neighbours are neighbours on the map, so writes would concern few countries.
const ids = all.filter((_id, index) => index % Math.ceil(all.length / 600) === 0)

for (const [name, origin] of [
  ['one tag for all lists', await withoutListsBy()],
  ['tags by country', root],
] as const) {
  const { hits, asked } = await measure(origin)
  const percent = (kind: 'list' | 'read') => `${kind} ${((100 * hits[kind]) / asked[kind]).toFixed(0)} %`
  console.log(
    `${name}: hits of ${asked.list} lists and ${asked.read} reads: ${percent('list')}, ${percent('read')}`,
  )
}

async function measure(repository: string) {
  await using running = new AsyncDisposableStack()
  const assertionKey = await createKey(assertionAlgorithm)
  const origin = await startOrigin({
    databaseUri: mongod.uri,
    databaseName,
    edgeKeys: JSON.stringify(publicKeySet(assertionKey)),
    logFile: join(folder, 'origin.log'),
    root: repository,
  })
  running.defer(() => origin.stop())
  const trustedIssuers = [trustedIssuer(issuer)]
  const edge = await startEdgeProcess(
    edgeVariables({ originUrls: [origin.url], trustedIssuers, assertionKey }),
  )
  running.defer(() => edge.stop())
  const hits = { list: 0, read: 0 }
  const asked = { list: 0, read: 0 }
  const headersOf = () => headers
  const reading = new Workload({ mix, ids, headersOf, random: seededRandom(1) })
  const writing = new Workload({ mix: { update: 1 }, ids, headersOf, random: seededRandom(2) })
  await learnEtags(edge.url, writing, headers)
  // Reads of the first seconds find an empty cache and are not counted.
  const countFromMs = Date.now() + 5_000
  const untilMs = countFromMs + seconds * 1_000
  const send = async ({ call, answered }: ReturnType<Workload['next']>) => {
    const { path, ...init } = call
    const answer = await fetch(edge.url + path, init)
    await answer.arrayBuffer()
    answered?.(answer.status, answer.headers.get('etag') ?? undefined)
    if (call.method !== 'GET' || Date.now() < countFromMs) return
    const kind = path.includes('?') ? 'list' : 'read'
    asked[kind] += 1
    if (/hit/.test(answer.headers.get('cache-status') ?? '')) hits[kind] += 1
  }
  const loop = async (workload: Workload, everyMs: number) => {
    while (Date.now() < untilMs) await Promise.all([send(workload.next(0)), sleep(everyMs)])
  }
  await Promise.all([
    ...Array.from({ length: readers }, () => loop(reading, pauseMs)),
    loop(writing, 1_000 / writesPerSecond),
  ])
  return { hits, asked }
}

/** The origin before listsBy: each write purges all lists. */
async function withoutListsBy(): Promise<string> {
  const copy = join(folder, 'origin')
  await cp(join(root, 'origin'), copy, {
    recursive: true,
    filter: (path) => !path.endsWith('node_modules'),
  })
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const file = join(copy, 'application/resources/places.ts')
  const text = await readFile(file, 'utf8')
  const without = text.replace(/, listsBy: \[[^\]]*\]/, '').replace(/\s*listsBy: \[[^\]]*\],/, '')
  if (without === text) throw new Error(`${file} names no listsBy`)
  await writeFile(file, without)
  return folder
}
