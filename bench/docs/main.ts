/**
 * Program: `npm run test:docs` opens the documentation page of the running system in Chromium and uses it as a reader
 * does: reads, signs in, creates, meets a conflict and a refusal. Fails on any request to another host, any violation of
 * the page's policy, and any serious finding of axe but two of the renderer's own.
 */
import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { up } from '@spillway/infra/local/up'
import { localFolder } from '@spillway/origin/dev/folders'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { Steps } from '../measure/steps.ts'
import { browserFile } from './browser-file.ts'
import { ReferencePage } from './reference-page.ts'

const shots = join(localFolder, 'docs-shots')
const desktop = { viewport: { width: 1440, height: 900 } }
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }
const looks: Readonly<Record<string, BrowserContextOptions>> = {
  'desktop-light': { ...desktop, colorScheme: 'light' },
  'desktop-dark': { ...desktop, colorScheme: 'dark' },
  'phone-light': { ...phone, colorScheme: 'light' },
  'phone-dark': { ...phone, colorScheme: 'dark' },
}

/**
 * Findings in the renderer's own elements (Scalar 1.76), which no setting changes: the fields of the client's settings
 * are comboboxes that do not say whether they are open, and the arrow beside the scopes has no name.
 */
const renderersOwn: Readonly<Record<string, RegExp>> = {
  'aria-required-attr': /^<div [^>]*class="code-input-lite__editor"/,
  'button-name': /^<button id="headlessui-disclosure-button-/,
}

const operationHeightMaxPx = 2_000

const operationOf = (tag: string) => (method: string, path: string) => ({ tag, method, path })
const places = operationOf('places')
const trips = operationOf('trips')

/**
 * A resource's operations on documents. Its lists are left out of the height: each filter that they allow has a line, and
 * the sample's are 2,200 to 3,300 px high.
 */
const readAndWrites = (name: string) => [
  operationOf(name)('POST', `/v2/${name}`),
  ...['GET', 'PUT', 'PATCH', 'DELETE'].map((method) => operationOf(name)(method, `/v2/${name}/{id}`)),
]

const steps = new Steps()
const check = steps.run.bind(steps)

await mkdir(shots, { recursive: true })
console.error('Starting the stack …')
await using stack = await up({ seed: true })
const browser = await chromium.launch({ executablePath: await browserFile() })
try {
  const foreign: string[] = []
  const violations: string[] = []
  const watch = (page: Page): void => {
    page.on('request', (request) => {
      const url = new URL(request.url())
      const own = [stack.url, stack.issuer.url].includes(url.origin)
      if (!own && url.protocol !== 'data:' && url.protocol !== 'blob:') foreign.push(url.href)
    })
    page.on('console', (message) => {
      if (message.type() === 'error' && message.text().includes('Content Security Policy')) {
        violations.push(message.text())
      }
    })
  }

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
  await check('an operation is at most 2,000 px high, but for lists', async () => {
    const high: string[] = []
    for (const operation of [...readAndWrites('places'), ...readAndWrites('trips')]) {
      const px = await reference.height(operation)
      if (px > operationHeightMaxPx) high.push(`${operation.method} ${operation.path}: ${px} px`)
    }
    await page.screenshot({ path: join(shots, 'operation.png') })
    assert.deepEqual(high, [])
  })
  await check('nothing was requested from another host', async () => assert.deepEqual(foreign, []))
  await check('the policy of the page was never violated', async () => assert.deepEqual(violations, []))
} finally {
  await browser.close()
}
console.log(`${steps.passed} passed, ${steps.failed} failed`)
console.error(`Screenshots: ${shots}`)
process.exitCode = steps.failed === 0 ? 0 : 1

interface Finding {
  readonly rule: string
  readonly html: string
}

/** Findings of axe of impact serious or critical, but for {@link renderersOwn}. */
async function seriousFindings(page: Page): Promise<readonly string[]> {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  // By the protocol, not by a script element, which the page's policy refuses.
  await page.evaluate(axe)
  const found: readonly Finding[] = await page.evaluate(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => ({ rule: id, html: html.slice(0, 300) }))))`)
  return found
    .filter(({ rule, html }) => renderersOwn[rule]?.test(html) !== true)
    .map(({ rule, html }) => `${rule}: ${html}`)
}
