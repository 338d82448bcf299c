import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Stack, up } from '@spillway/infra/local/up'
import { ApiProblem, connect } from '@spillway/origin/client'
import { root } from '@spillway/origin/dev/folders'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'

/** API keys by the command, at two edges in front of one origin. */

const run = promisify(execFile)
const folder = 'bench/marketplace'
let stack: Stack

beforeAll(async () => {
  stack = await up({ edges: 2, application: folder, databaseUri: inject('databaseUri') })
})
afterAll(() => stack?.stop())

const env = () => ({
  ...process.env,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
  MONGODB_URI: stack.database.uri,
  MONGODB_DATABASE: stack.database.name,
  API: stack.url,
})

/** The command as `npm run apikeys` starts it. @returns what it wrote to standard output */
async function apikeys(...args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [join(root, 'origin/scripts/apikeys.ts'), ...args], {
    env: env(),
  })
  return stdout.trim()
}

const statusAt = async ({ url }: { readonly url: string }, key: string): Promise<number> =>
  (await fetch(`${url}/v1/bookings`, { headers: { authorization: `Bearer ${key}` } })).status

test('every edge refuses a revoked key, and nobody has logged it', async () => {
  const key = await apikeys('create', 'robot', '--scopes', 'places:write', '--claim', 'roles=reader')
  const id = key.slice(4, 16)
  for (const edge of stack.edges) {
    await vi.waitFor(async () => expect(await statusAt(edge, key)).toBe(200), {
      timeout: 60_000,
      interval: 500,
    })
  }
  const profiles = connect({ url: stack.url, token: key }).v1?.profiles
  const made = await profiles?.create({ displayName: 'Robot', email: 'robot@example.com' })
  const profileId = String(made?.document.id)
  expect(await profiles?.read(profileId)).toMatchObject({
    document: { userId: `key:${id}`, displayName: 'Robot' },
  })

  await apikeys('revoke', id)
  for (const edge of stack.edges) {
    await vi.waitFor(async () => expect(await statusAt(edge, key)).toBe(401), {
      timeout: 60_000,
      interval: 500,
    })
  }
  await expect(profiles?.read(profileId)).rejects.toThrow(ApiProblem)
  expect(await apikeys('list')).toMatch(new RegExp(`^${id}: robot, as key:${id}, revoked `, 'm'))
  expect(await stack.logs(10_000)).not.toContain(key.slice(16))
}, 240_000)

test('a key that somebody issued for themselves acts as they do, and issues no key', async () => {
  const token = await stack.issuer.mintToken({ sub: 'guest', scopes: ['mine', 'other'] })
  const post = async (path: string, credential: string, body: object = {}) => {
    const headers = { authorization: `Bearer ${credential}`, 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    const answer = await fetch(`${stack.url}/v1/api-keys/${path}`, init)
    // The cast is safe: every answer of the actions is an object of texts and numbers.
    return (await answer.json()) as Readonly<Record<string, string>>
  }
  const asked = { name: 'script', scopes: ['mine'] }
  const { id, key = '' } = await post('issue-own', token, asked)
  const profiles = (credential: string) => connect({ url: stack.url, token: credential }).v1?.profiles
  await profiles(token)?.create({ displayName: 'Guest', email: 'guest@example.com' })
  const seen = await profiles(key)
    ?.list({ filter: { userId: 'guest' } })
    .page()
  expect(seen?.items).toMatchObject([{ email: 'guest@example.com' }])
  expect(await post('issue-own', key, asked)).toMatchObject({ status: 403, reason: 'asked-by-key' })
  expect(await post(`${id}/revoke`, token)).toMatchObject({ id, revokedAt: expect.any(String) })
  await vi.waitFor(async () => expect(await statusAt(stack, key)).toBe(401), {
    timeout: 60_000,
    interval: 500,
  })
}, 240_000)

test('the command says what it cannot do', async () => {
  await expect(apikeys('rotate', 'nothing')).rejects.toMatchObject({
    stderr: 'there is no such key\n',
    code: 1,
  })
  await expect(apikeys('create', 'x', '--expires', 'soon')).rejects.toMatchObject({
    stderr: "'soon' is not a duration such as 30s, 5m, 2h or 1d\n",
  })
  await expect(apikeys('create', 'x', '--priority', 'high')).rejects.toMatchObject({
    stderr: "'high' is not a priority\n",
  })
  await expect(apikeys('burn', 'x')).rejects.toMatchObject({ stderr: expect.stringContaining('usage:') })
}, 240_000)

test('the commands of the page work', async () => {
  const text = await readFile(join(root, 'edge/docs/machine-clients.md'), 'utf8')
  const commands = (text.split('```sh\n')[1] ?? '').split('```')[0] ?? ''
  // The page uses the sample.
  const adapted = commands
    .replaceAll('/v2/trips', '/v1/bookings')
    // A busy machine may be slower than a second.
    .replaceAll('curl -sf', 'curl -sf --retry 9')
    .replaceAll('apikeys -- ', `apikeys -- --application ${folder} `)
  const { stdout } = await run('bash', ['-euc', adapted], { cwd: root, env: env() })
  expect(stdout).toMatch(/"name": "importer"/)
  expect(stdout.match(/"items":\[\]/g)).toHaveLength(2)
}, 240_000)
