/**
 * Program: `npm run check:seam [-- --all]` replaces the sample by one small resource, without a seed, in a copy of the
 * checkout, and starts, checks and tests that: the framework must not need the sample.
 *
 * Tests are those of the framework that name resources or read their definitions, two minutes of them; `--all` runs every
 * test of every workspace, in a quarter of an hour. The sample's own tests go with it, and so do those of the peers, which
 * serve its places.
 */
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { copyCheckout } from '@spillway/infra/local/checkout-copy'
import { lineWriter } from '@spillway/infra/local/output'
import { describeExit, startChild } from '@spillway/origin/dev/child'
import { serveOne } from './serve-one.ts'

const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } })

const someTests = [
  ...['origin/contract', 'origin/src', 'origin/test/access', 'origin/test/lists', 'origin/test/pages'],
  ...['origin/test/routing', 'origin/test/seed', 'origin/test/validation', 'origin/test/contract-purity'],
  ...['edge/src', 'edge/test/reads', 'edge/test/writes', 'bench/k6', 'bench/scenarios', 'bench/simulate'],
  ...['bench/faults/check', 'bench/system/path'],
]
const allTests = ['origin/*', 'edge/*', 'infra/*', 'bench/unit'].flatMap((project) => ['--project', project])

const say = lineWriter('seam')

async function run(folder: string, name: string, command: string, args: readonly string[]): Promise<void> {
  const child = await startChild({
    name,
    command,
    args,
    cwd: folder,
    env: { ...process.env, SPILLWAY_FOLDER: join(folder, '.spillway') },
    onLine: lineWriter(name),
  })
  const exit = await child.exited
  if (exit.code !== 0) throw new Error(`${name} ${describeExit(exit)}`)
}

const startedAt = performance.now()
const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`
const folder = await copyCheckout()
try {
  const application = join(folder, 'origin/application')
  await rm(application, { recursive: true })
  await cp(join(import.meta.dirname, 'application'), application, { recursive: true })
  say(`One small resource in place of the sample, in ${folder}`)
  say('1 of 3: npm start, until a note is created and read …')
  await serveOne(folder, lineWriter('start'))
  say(`2 of 3: npm run check … (${seconds()})`)
  await run(folder, 'check', 'npm', ['run', '--silent', 'check'])
  say(`3 of 3: tests of the framework … (${seconds()})`)
  const vitest = [join(folder, 'node_modules/vitest/vitest.mjs'), 'run', '--config', 'bench/vitest.config.ts']
  await run(folder, 'test', process.execPath, [...vitest, ...(values.all ? allTests : someTests)])
  say(`The framework stands without the sample (${seconds()}).`)
} catch (error) {
  // The cast is safe: what it calls throws errors.
  console.error(`After ${seconds()}: ${(error as Error).message}`)
  process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}
