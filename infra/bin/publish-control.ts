/**
 * Program: `node infra/bin/publish-control.ts --stage STAGE` copies the switches and revocations of a stage into the key
 * that its edges read. Runbooks call it after each change; call it yourself after a change by hand.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runProgram } from '../runbook/perform.ts'
import { publishControl } from '../runbook/publish-control.ts'
import { Refusal } from '../runbook/runbook.ts'
import { stages } from '../src/stages.ts'

const root = join(import.meta.dirname, '..', '..')
const { stage } = parseArgs({ options: { stage: { type: 'string' } } }).values
if (stage === undefined || !Object.hasOwn(stages, stage)) {
  console.error(`node infra/bin/publish-control.ts --stage ${Object.keys(stages).join('|')}`)
  process.exit(2)
}

const key = (...words: readonly string[]) =>
  runProgram(
    ['wrangler', 'kv', 'key', ...words, '--binding', 'CONTROL', '--remote', '--env', stage],
    'edge',
    { root, env: process.env, print: () => {} },
  )

const folder = await mkdtemp(join(tmpdir(), 'spillway-control-'))
try {
  const written = await publishControl({
    list: async () => JSON.parse(await key('list')),
    get: (name) =>
      key('get', name).then(
        (text) => text.trim(),
        (error) => {
          if (error instanceof Refusal && error.message.includes('404')) return undefined
          throw error
        },
      ),
    // By a file: a command line holds 128 kB.
    put: async (name, value) => {
      const file = join(folder, 'snapshot')
      await writeFile(file, value, { mode: 0o600 })
      await key('put', name, '--path', file)
    },
  })
  console.log(written === 0 ? 'edges read these switches already' : 'published to the edges')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
