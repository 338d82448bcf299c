/**
 * Program: `npm run bench` without a name measures everything, one command after the other, and makes one page of it.
 */
import { barLine } from '@spillway/infra/local/bar'
import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { benches } from '../benches.ts'
import { Result, readResult } from '../measure/result.ts'
import { localFolder, root } from '@spillway/origin/dev/folders'
import { benchesOnPage, page } from './page.ts'
import { publicationOf } from './publication.ts'

/** Benches of the page, in this order: the most expensive first. */
const onPage = ['story', 'peers', 'overload', 'edge', 'origin', 'connections', 'outage']

/** Programs that together take less than ten minutes on two cores. */
const quickPrograms = ['story', 'peers', 'overload', 'edge']

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    /** Makes the page from the stored results. */
    page: { type: 'boolean', default: false },
  },
})
const startMs = performance.now()
const say = (line: string) =>
  console.error(`\n[bench ${Math.round((performance.now() - startMs) / 1000)} s] ${line}`)

const names = values.only ?? (values.quick ? quickPrograms : onPage)
const resultsFolder = values.quick ? join(localFolder, 'results') : join(root, 'bench/results')
const pageFolder = values.quick ? join(localFolder, 'report') : join(root, 'bench/report')

let isStopped = false
process.once('SIGINT', () => {
  isStopped = true
})

const failed: string[] = []
if (!values.page) {
  for (const [i, name] of names.entries()) {
    if (isStopped) break
    const bench = benches[name]
    if (bench === undefined || !onPage.includes(name)) throw new Error(`${name} is not a bench of the page: must be one of ${onPage.join(', ')}`)
    say(`${i + 1} of ${names.length}: ${name}`)
    if ((await run(bench.program)) !== 0) failed.push(name)
  }
}

const results = (
  await Promise.all(
    benchesOnPage.map((name) => readResult(join(resultsFolder, `${name}.json`)).catch(() => undefined)),
  )
).filter((result) => result !== undefined)
const { html, figures } = page(results)
await mkdir(pageFolder, { recursive: true })
await writeFile(join(pageFolder, 'index.html'), html)
for (const [name, svg] of Object.entries(figures)) await writeFile(join(pageFolder, `${name}.svg`), svg)
await writeFile(join(resultsFolder, 'result.schema.json'), `${JSON.stringify(Result, null, 2)}\n`)

say(`the page: ${join(pageFolder, 'index.html')}`)
for (const { bars } of results) {
  for (const { name, measured, holds, limit, floor } of bars) {
    const bar = { name, holds, limit }
    const value = measured ?? Number.NaN
    console.log(barLine({ bar, value, ...(floor != null && { floor }) }))
  }
}
const { objections } = publicationOf(results)
for (const objection of objections) console.error(`not for publication: ${objection}`)
// A quick run is a check on the way, of a tree that still changes.
if (objections.length > 0 && !values.quick) process.exitCode = 1
if (failed.length > 0) {
  console.error(`\nnot all well: ${failed.map((name) => `bench -- ${name}`).join(', ')}`)
  process.exitCode = 1
}

function run(program: string): Promise<number> {
  const args = [
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, '..', program),
    ...(values.quick ? ['--quick'] : []),
  ]
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
