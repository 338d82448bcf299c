/**
 * Program: `npm run test:console` opens the console of a running system in Chromium: healthy, under load, and with an
 * origin that is gone. Fails on any request to another host and on any serious finding of axe.
 */
import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { observeState } from '@spillway/infra/console/observe-state'
import { localBudgets } from '@spillway/infra/console/observed-budgets'
import { startConsole } from '@spillway/infra/console/server'
import { shared } from '@spillway/infra/console/shared'
import { up } from '@spillway/infra/local/up'
import { application } from '@spillway/origin/application'
import { localFolder } from '@spillway/origin/dev/folders'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { browserFile } from '../browser/browser-file.ts'
import { seriousFindings } from '../browser/watched-page.ts'
import { Steps } from '../measure/steps.ts'
import { exampleStage } from './example-stage.ts'

const shots = join(localFolder, 'console-shots')
const looks: Readonly<Record<string, BrowserContextOptions>> = {
  desktop: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, colorScheme: 'dark' },
}

const steps = new Steps()
const check = steps.run.bind(steps)

await mkdir(shots, { recursive: true })
console.error('Starting the stack …')
await using stack = await up({ seed: true, edgeVariables: { LOG: 'totals' } })
const places = {
  edgeUrl: stack.url,
  originUrls: stack.origins.map(({ port }) => `http://127.0.0.1:${port}`),
  keySetUrls: [stack.issuer.jwksUri],
  wayUrls: stack.wayUrls,
  control: async () => stack.edges[0]?.control.entries ?? [],
  // The cast is safe: there is an edge.
  edgeLog: stack.edgeLogs[0] as string,
}
const served = await startConsole({
  state: shared(
    () => observeState(places, () => localBudgets([places.edgeLog], application.slo)),
    1_000,
    () => performance.now(),
  ),
})
const browser = await chromium.launch({ executablePath: await browserFile() })
try {
  const foreign: string[] = []
  const faults: string[] = []
  const open = async (options: BrowserContextOptions | undefined): Promise<Page> => {
    const page = await (await browser.newContext(options)).newPage()
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url())
      if (origin !== served.url && protocol !== 'data:') foreign.push(request.url())
    })
    page.on('pageerror', (error) => faults.push(String(error)))
    await page.goto(served.url)
    return page
  }
  const page = await open(looks.desktop)

  await check('a healthy system is said to be healthy', () =>
    page.getByText('no request was refused or failed because of the stack').waitFor(),
  )
  await check('the error budgets of each objective are shown, whole', async () => {
    await until(page.getByRole('heading', { name: 'Error budgets' }).waitFor(), () =>
      fetch(`${stack.url}/v2/places`),
    )
    await until(
      page.getByRole('row', { name: /^edge, critical: .* answered 100.0 % left .* none / }).waitFor(),
      () => fetch(`${stack.url}/v2/places`),
    )
  })
  await check('load shows without a reload of the page', async () => {
    const row = page.getByRole('row', { name: '/v2/places' })
    await until(row.waitFor(), () => fetch(`${stack.url}/v2/places`))
  })
  await check('refusals of callers are counted, and are no fault of the stack', async () => {
    await until(page.getByRole('row', { name: 'unauthenticated' }).waitFor(), () =>
      fetch(`${stack.url}/v2/trips`),
    )
    await page.getByText('no request was refused or failed because of the stack').waitFor()
  })
  await check(
    'the switch is shown as edges read it, what they refuse by it, and the budget that burns',
    async () => {
      await page.getByText('off', { exact: true }).waitFor()
      await stack.edges[0]?.control.put('shed', 'normal')
      await page.getByText('shed normal').waitFor()
      await page.getByRole('heading', { name: 'emergency switch' }).first().waitFor()
      let number = 0
      await until(page.getByRole('row', { name: 'shed-switched-off' }).waitFor(), () =>
        fetch(`${stack.url}/v2/places?population[gte]=${number++}`),
      )
      const burning = page.getByRole('row', {
        name: /^edge, \w+: .* answered overspent by .* urgent \(fast\) /,
      })
      await until(burning.first().waitFor(), () =>
        fetch(`${stack.url}/v2/places?population[gte]=${number++}`),
      )
      await page.screenshot({ path: join(shots, 'switch.png'), fullPage: true })
      await stack.edges[0]?.control.delete('shed')
      await page.getByText('off', { exact: true }).waitFor()
    },
  )
  for (const [name, options] of Object.entries(looks)) {
    await check(`${name}: a deployed stage fits its width, and axe finds nothing serious`, async () => {
      const stage = await startConsole({ state: async () => exampleStage })
      const look = await (await browser.newContext(options)).newPage()
      await look.goto(stage.url)
      await look.screenshot({ path: join(shots, `stage-${name}.png`), fullPage: true })
      const [width, shown] = await look.evaluate<[number, number]>(
        '[document.documentElement.scrollWidth, window.innerWidth]',
      )
      assert.equal(width, shown)
      assert.deepEqual(await seriousFindings(look), [])
      await look.context().close()
      await stage.stop()
    })

    await check(`${name}: fits its width, and axe finds nothing serious`, async () => {
      const look = await open(options)
      await look.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
      const [width, shown] = await look.evaluate<[number, number]>(
        '[document.documentElement.scrollWidth, window.innerWidth]',
      )
      assert.equal(width, shown)
      assert.deepEqual(await seriousFindings(look), [])
      await look.context().close()
    })
  }
  await check('an origin that is gone is named first, with its runbook', async () => {
    await stack.origins[0]?.stop()
    await page.getByRole('heading', { name: 'origin down' }).first().waitFor()
    await page
      .getByText(/Do: npm run runbook -- scale-out/)
      .first()
      .waitFor()
    await page.screenshot({ path: join(shots, 'origin-down.png'), fullPage: true })
  })
  await check('a console that has ended is noticed', async () => {
    await served.stop()
    await page.getByText('The console does not answer').waitFor()
  })
  await check('nothing was requested from another host', async () => assert.deepEqual(foreign, []))
  await check('the page has thrown nothing', async () => assert.deepEqual(faults, []))
} finally {
  await browser.close()
  await served.stop()
}
console.log(`${steps.passed} passed, ${steps.failed} failed`)
console.error(`Screenshots: ${shots}`)
process.exitCode = steps.failed === 0 ? 0 : 1

/** Repeats what brings something about, until it is there or its own wait has failed. */
async function until(there: Promise<void>, provoke: () => Promise<Response>): Promise<void> {
  let isOver = false
  const over = there.finally(() => {
    isOver = true
  })
  while (!isOver) {
    await (await provoke()).arrayBuffer()
    await Promise.race([over, sleep(100)]).catch(() => {})
  }
  await over
}
