/**
 * Program: `npm run contract:diff [-- --acknowledge REASON | --accept] [--application FOLDER] [--quiet]` compares the contract with
 * the last release's, which is kept in `contract.lock.json` beside the application. `--quiet` prints breaks alone. Exits 1 if a change breaks clients or
 * stored documents and is not acknowledged there.
 */
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { contractChanges } from '../dev/contract-diff/contract-changes.ts'
import { lockFile, readLock, writeLock } from '../dev/contract-diff/lock.ts'
import { surfaceOf } from '../dev/contract-diff/surface.ts'
import { root } from '../dev/folders.ts'
import { loadApplication } from '../dev/load-application.ts'

const { values } = parseArgs({
  options: {
    accept: { type: 'boolean', default: false },
    acknowledge: { type: 'string' },
    quiet: { type: 'boolean', default: false },
    application: { type: 'string', default: 'own' },
  },
})
const { application } = await loadApplication(values.application)
const file = lockFile(values.application)
const shownFile = relative(root, file)
const surface = surfaceOf(application)
const lock = readLock(file)

if (values.accept) {
  writeLock(file, { released: surface, acknowledged: {} })
  console.log(`${shownFile} has the contract of ${application.name} as it is now.`)
} else if (lock === undefined) {
  console.log(`${application.name}: no release to compare with. After one: npm run contract:diff -- --accept`)
} else {
  const changes = contractChanges(lock.released, surface, new Date().toISOString())
  const broken = changes.filter(({ breaks }) => breaks).map(({ text }) => text)
  const reason = values.acknowledge
  const acknowledged =
    reason === undefined
      ? lock.acknowledged
      : {
          ...lock.acknowledged,
          ...Object.fromEntries(broken.map((text) => [text, lock.acknowledged[text] ?? reason])),
        }
  if (reason !== undefined) writeLock(file, { ...lock, acknowledged })
  const open = broken.filter((text) => !Object.hasOwn(acknowledged, text))
  if (!values.quiet) {
    const found = changes.length === 0 ? 'as in the last release' : `${changes.length} changes`
    console.log(`${application.name}: ${found}`)
  }
  for (const text of open) console.log(`! breaks    ${text}`)
  if (!values.quiet) {
    for (const text of broken)
      if (!open.includes(text)) console.log(`~ accepted  ${text} (${acknowledged[text]})`)
    for (const { text, breaks } of changes) if (!breaks) console.log(`+ safe      ${text}`)
  }
  if (open.length > 0) {
    console.error(
      `${open.length} changes break what the last release promised: define a new version instead, or, if they are meant, npm run contract:diff -- --acknowledge 'why'`,
    )
    process.exitCode = 1
  }
}
