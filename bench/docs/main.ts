/**
 * Program: `npm run test:docs` opens the documentation page of the running system in Chromium and uses it as a reader
 * does: reads, signs in, creates, meets a conflict and a refusal. Fails on any request to another host, any violation of
 * the page's policy, and any serious finding of axe.
 */
import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { up } from '@spillway/infra/local/up'
import { localFolder } from '@spillway/origin/dev/folders'
import { chromium, type Page } from 'playwright-core'
import { browserFile } from '../browser/browser-file.ts'
import { desktop, looks } from '../browser/looks.ts'
import { seriousFindings, type Watched, watchPage } from '../browser/watched-page.ts'
import { Steps } from '../measure/steps.ts'
import { ReferencePage } from './reference-page.ts'
import { signInAtIssuer } from './sign-in-at-issuer.ts'

const shots = join(localFolder, 'docs-shots')
const operationHeightMaxPx = 2_000

const operationOf = (tag: string) => (method: string, path: string) => ({ tag, method, path })
const places = operationOf('places')
const trips = operationOf('trips')

const steps = new Steps()
const check = steps.run.bind(steps)

await mkdir(shots, { recursive: true })
console.error('Starting the stack …')
await using stack = await up({ seed: true })
const browser = await chromium.launch({ executablePath: await browserFile() })
try {
  const watched: Watched = { foreign: [], violations: [] }
  const watch = (page: Page): void => watchPage(page, [stack.url, stack.issuer.url], watched)

  for (const [name, options] of Object.entries(looks)) {
    await check(`${name} shows the page, which axe finds nothing serious in`, async () => {
      const context = await browser.newContext(options)
      const page = await context.newPage()
      watch(page)
      const reference = new ReferencePage(page, stack.url)
      await reference.open()
      await page.screenshot({ path: join(shots, `${name}.png`) })
      assert.deepEqual(await seriousFindings(page), [])
      await reference.show(trips('POST', '/v2/trips'))
      await page.screenshot({ path: join(shots, `${name}-operation.png`) })
      assert.deepEqual(await seriousFindings(page), [])
      await context.close()
    })
  }

  const context = await browser.newContext({ ...desktop, colorScheme: 'light' })
  const page = await context.newPage()
  watch(page)
  const reference = new ReferencePage(page, stack.url)
  await reference.open()
  await check('a reader who has not signed in reads what is public', async () => {
    assert.equal((await reference.send(places('GET', '/v2/places'))).status, 200)
  })
  await check('a reader who has not signed in is told so', async () => {
    const { status, body } = await reference.send(trips('GET', '/v2/trips'))
    assert.deepEqual([status, body.code], [401, 'unauthenticated'])
  })
  await check('one click signs in', async () => {
    await reference.authorize()
    await page.screenshot({ path: join(shots, 'authorized.png') })
  })
  let id = ''
  let etag = ''
  await check('a reader creates a trip', async () => {
    const created = await reference.send(trips('POST', '/v2/trips'))
    assert.deepEqual([created.status, created.body.ownerId], [201, 'alice'])
    id = String(created.body.id)
    etag = String(created.etag)
  })
  await check('a reader reads the trip', async () => {
    const read = await reference.send(trips('GET', '/v2/trips/{id}'), { id })
    assert.deepEqual([read.status, read.body.id, read.etag], [200, id, etag])
  })
  await check('a second change with the same ETag is a conflict', async () => {
    const change = () => reference.send(trips('PATCH', '/v2/trips/{id}'), { id, 'If-Match': etag })
    assert.equal((await change()).status, 200)
    const { status, body } = await change()
    assert.deepEqual([status, body.code], [412, 'precondition-failed'])
  })
  await check('a token without the scope is denied', async () => {
    const { status, body } = await reference.send(places('POST', '/v2/places'))
    assert.deepEqual([status, body.code], [403, 'insufficient-scope'])
  })
  await check('an operation is at most 2,000 px high', async () => {
    const high: string[] = []
    for (const operation of await reference.operations()) {
      const px = await reference.height(operation)
      if (px > operationHeightMaxPx) high.push(`${operation.method} ${operation.path}: ${px} px`)
    }
    await reference.show(places('GET', '/v2/places'))
    await page.screenshot({ path: join(shots, 'list.png') })
    assert.deepEqual(high, [])
  })
  await check('a reader signs in at a real issuer by PKCE, whose keys the edge finds by discovery', () =>
    signInAtIssuer(browser, trips('POST', '/v2/trips'), join(shots, 'real-issuer.png')),
  )
  await check('nothing was requested from another host', async () => assert.deepEqual(watched.foreign, []))
  await check('the policy of the page was never violated', async () =>
    assert.deepEqual(watched.violations, []),
  )
} finally {
  await browser.close()
}
console.log(`${steps.passed} passed, ${steps.failed} failed`)
console.error(`Screenshots: ${shots}`)
process.exitCode = steps.failed === 0 ? 0 : 1
