/** Program: `npm run control` shows or changes the operators' switches that `npm start` obeys. */
import { controlPrefix } from '@spillway/origin/contract'
import { keptControl } from './kept-control.ts'

const usage = `Usage: npm run control [-- COMMAND]

Shows the operators' switches of the stack that npm start runs, or changes them. It obeys within 15 s.

  shed background|normal|none    the emergency switch: refuse requests of that priority and below; none turns it off
  revoke SUBJECT                 refuse the tokens of a subject
  allow SUBJECT                  accept them again

Those of a deployed stage: npm run runbook -- emergency-shed, npm run runbook -- revoke.
`

const control = await keptControl()
const [command, value, ...rest] = process.argv.slice(2)
const isLevel = value === 'background' || value === 'normal'

if (rest.length > 0 || (command === undefined) !== (value === undefined)) fail()
else if (command === 'shed' && isLevel) await control.put(controlPrefix.shed, value)
else if (command === 'shed' && value === 'none') await control.delete(controlPrefix.shed)
else if (command === 'revoke') await control.put(`${controlPrefix.subject}${value}`)
else if (command === 'allow') await control.delete(`${controlPrefix.subject}${value}`)
else if (command !== undefined) fail()

if (process.exitCode === undefined) {
  const shown = control.entries.map(({ name, value: level }) =>
    level === undefined ? name : `${name}: ${level}`,
  )
  console.log(shown.length === 0 ? 'nothing is shed, and nobody is revoked' : shown.join('\n'))
}

function fail(): void {
  console.error(usage)
  process.exitCode = 2
}
