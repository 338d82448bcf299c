/**
 * Program: `npm run test:api [-- --application bench/marketplace]` drives the running system by its own OpenAPI document
 * with schemathesis, through the edge and with a token: no server error, and no answer that the document does not
 * describe.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { up } from '@spillway/infra/local/up'
import { publicPaths } from '@spillway/origin/contract'
import { startChild } from '@spillway/origin/dev/child'
import { applicationOption, chooseApplication } from '../measure/application-option.ts'
import { rightsOf } from './rights-of.ts'
import { schemathesis } from './schemathesis.ts'

const { values } = parseArgs({ options: applicationOption })
const { application } = await chooseApplication(values.application)
const timeoutMs = 6 * 60_000
const say = (line: string) => console.error(line)

const program = await schemathesis(say)
say('Starting the stack …')
await using stack = await up({ seed: true, application: values.application })
const token = await stack.issuer.mintToken({ sub: 'tester', ...rightsOf(application) })

const config = join(import.meta.dirname, 'schemathesis.toml')
const tester = await startChild({
  name: 'schemathesis',
  command: program,
  args: ['--config-file', config, 'run', stack.url + publicPaths.openapi, '--checks', 'all'],
  env: {
    ...process.env,
    SPILLWAY_TOKEN: token,
    SCHEMATHESIS_HOOKS: join(import.meta.dirname, 'hooks.py'),
  },
  onLine: (line) => console.log(line),
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void tester.stop(1_000))
const exit = await Promise.race([tester.exited, sleep(timeoutMs, undefined, { ref: false })])
if (exit === undefined) say(`Not done within ${timeoutMs / 60_000} minutes.`)
await tester.stop(1_000)
// A finding contains its request. The logs explain a run that could not finish.
if (exit?.code !== 0 && exit?.code !== 1) say(await stack.logs())
process.exitCode = exit?.code === 0 ? 0 : 1
