import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publicKeySet } from '@spillway/edge/dev/keys'
import { type Stack, up } from '@spillway/infra/local/up'
import { root } from '@spillway/origin/dev/folders'
import { type Origin, startOrigin } from '@spillway/origin/dev/origin-process'
import { afterAll, beforeAll, beforeEach, expect, inject, onTestFailed, test } from 'vitest'
import { city } from './samples.ts'

/** The next release of the origin: the same repository with a changed representation of places. */
let release: string
let stack: Stack
let editor: string
let redeployed: Origin | undefined

beforeAll(async () => {
  release = await mkdtemp(join(tmpdir(), 'spillway-release-'))
  const options = { recursive: true, filter: (path: string) => !path.endsWith('node_modules') }
  await cp(join(root, 'origin'), join(release, 'origin'), options)
  await symlink(join(root, 'node_modules'), join(release, 'node_modules'))
  const file = join(release, 'origin/test/fixture/places.ts')
  const before = await readFile(file, 'utf8')
  const after = before.replace(
    '({ ...same, location:',
    // No sample document has this name, so the revision changes by the function's text alone.
    "({ ...same, name: same.name === 'Lisbon' ? 'LISBON' : same.name, location:",
  )
  expect(after).not.toBe(before)
  await writeFile(file, after)
  stack = await up({ databaseUri: inject('databaseUri'), application: 'patient' })
  editor = await stack.issuer.mintToken({ sub: 'editor', scopes: ['places:write'] })
})

afterAll(async () => {
  await redeployed?.stop()
  await stack?.stop()
  await rm(release, { recursive: true, force: true })
})

beforeEach(() => {
  onTestFailed(async () => console.error(await stack.logs()))
})

const read = (path: string, extra: Record<string, string> = {}) => fetch(stack.url + path, { headers: extra })

async function create(): Promise<string> {
  const made = await fetch(`${stack.url}/v2/places`, {
    method: 'POST',
    headers: { authorization: `Bearer ${editor}`, 'content-type': 'application/json' },
    body: JSON.stringify(city),
  })
  expect(made.status).toBe(201)
  return made.headers.get('location') as string
}

async function deploy(): Promise<void> {
  const [origin] = stack.origins
  if (origin === undefined) throw new Error('the stack has no origin')
  await origin.stop()
  redeployed = await startOrigin({
    databaseUri: stack.database.uri,
    databaseName: stack.database.name,
    edgeKeys: JSON.stringify(publicKeySet(stack.assertionKey)),
    logFile: join(release, 'origin.log'),
    root: release,
    application: 'fixture',
    port: origin.port,
  })
}

test('after a deployment of fromStored a warm edge shows the new shape, and old ETags mean what they should', async () => {
  const path = await create()
  const other = await create()
  expect(await (await read(path)).json()).toMatchObject({ name: 'Lisbon' })
  const warm = await read(path)
  expect(warm.headers.get('cache-status')).toMatch(/hit/)
  const oldTag = warm.headers.get('etag') as string
  expect((await read(path, { 'if-none-match': oldTag })).status).toBe(304)

  await deploy()
  // The first answer of the new release tells the edge, whatever was requested.
  expect(await (await read(other)).json()).toMatchObject({ name: 'LISBON' })
  const held = await read(path, { 'if-none-match': oldTag })
  expect([held.status, await held.json()]).toMatchObject([200, { name: 'LISBON' }])
  const newTag = held.headers.get('etag') as string
  expect(newTag).not.toBe(oldTag)
  expect(newTag.split('.')[0]).toBe(oldTag.split('.')[0])
  expect((await read(path, { 'if-none-match': newTag })).status).toBe(304)

  const patch = (tag: string) =>
    fetch(stack.url + path, {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${editor}`,
        'content-type': 'application/merge-patch+json',
        'if-match': tag,
      },
      body: JSON.stringify({ population: 1 }),
    })
  const first = await patch(oldTag)
  expect([first.status, await first.json()]).toMatchObject([200, { name: 'LISBON', population: 1 }])
  expect((await patch(oldTag)).status).toBe(412)
})
