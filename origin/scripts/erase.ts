/**
 * Program: `node scripts/erase.ts SUBJECT [--plan | --yes] [--application FOLDER]` erases a person, with MONGODB_URI and
 * MONGODB_DATABASE, EDGE_URL and PURGE_KEY set as for the origin.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { originEnv, purgeCall, subjectLengthMax } from '@spillway/origin/contract'
import { type ErasureObservation, PersonErasure } from '../src/erasure/erasure.ts'
import { countLines, leftLines, refusalToErase } from '../src/erasure/erasure-report.ts'
import { holderName } from '../src/jobs/holder-name.ts'
import { type EdgeAddress, sendPurge } from '../src/purges/send-purge.ts'
import { createCommandBounds } from '../src/store/command-bounds.ts'
import { planIndexes } from '../src/store/indexes.ts'
import { applicationIn } from './application-in.ts'
import { withDatabase } from './open-database.ts'

const usage = `usage: npm run erase -- SUBJECT [--plan | --yes] [--application FOLDER]
  SUBJECT   the person's subject (sub) in access tokens
  --plan    shows what would be erased, and changes nothing (default)
  --yes     erases the person from documents, history, logs and stored answers; goes on where an earlier run was stopped
Revoke the person's tokens before: whoever still has one can write again.`

/** Attempts at one call of the edge. */
const attemptsMax = 6

const interrupted = new AbortController()

await withDatabase(async (db) => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      plan: { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
      application: { type: 'string' },
    },
  })
  const [subject = '', ...others] = positionals
  if (subject === '' || others.length > 0 || (values.plan && values.yes)) throw new Error(usage)
  if (subject.length > subjectLengthMax)
    throw new Error(`a subject has at most ${subjectLengthMax} characters`)
  const { resources } = await applicationIn(values.application)
  const refusal = refusalToErase(resources)
  if (refusal !== undefined) throw new Error(refusal)
  const { create } = await planIndexes(db, resources)
  if (create.length > 0) throw new Error('indexes are missing: npm run migrate -- --run builds them')
  const edge = edgeOf(process.env)
  const erasure = new PersonErasure({
    ...{ db, bounds: createCommandBounds(), catalogue: resources, subject, holder: holderName() },
    observe: (observation) => console.error(textOf(observation)),
    purge: async (tags) => edge && purge(edge, tags),
  })
  if (!values.yes) {
    const planned = await erasure.plan()
    console.log(['would be erased:', ...countLines(planned, resources)].join('\n'))
    console.log('nothing was changed: --yes erases')
    return
  }
  process.once('SIGINT', () => interrupted.abort()).once('SIGTERM', () => interrupted.abort())
  const result = await erasure.run(interrupted.signal).catch((error: unknown) => {
    if (!interrupted.signal.aborted) throw error
    throw new Error('stopped: the same command goes on here')
  })
  const { pseudonym, wasResumed, isComplete } = result
  const least = wasResumed ? ', at least, as a run was interrupted' : ''
  console.log([`erased${least}:`, ...countLines(result, resources)].join('\n'))
  console.log(`the person is '${pseudonym}' where somebody must be named`)
  const options = { catalogue: resources, now: new Date(), isPurged: edge !== undefined }
  console.log(['left:', ...leftLines(result, options)].join('\n'))
  if (!isComplete)
    throw new Error('the person is still written of: revoke their tokens, and run the command again')
})

/** @throws {Error} if only one of the two settings is given */
function edgeOf(env: NodeJS.ProcessEnv): EdgeAddress | undefined {
  const { [originEnv.edgeUrl]: url, [originEnv.purgeKey]: purgeKey } = env
  if (!url && !purgeKey) return undefined
  if (!url || !purgeKey)
    throw new Error(`${originEnv.edgeUrl} and ${originEnv.purgeKey}: set both, or neither`)
  return { url, purgeKey }
}

/** @throws {Error} if the edge does not purge: the tags are kept for the next run */
async function purge(edge: EdgeAddress, tags: readonly string[]): Promise<void> {
  for (let from = 0; from < tags.length; from += purgeCall.tagsMax) {
    for (let attempt = 1; ; attempt += 1) {
      const reason = await sendPurge(edge, tags.slice(from, from + purgeCall.tagsMax))
      if (reason === undefined) break
      if (attempt === attemptsMax)
        throw new Error(`the edge does not purge (${reason}): run the command again, which goes on here`)
      await sleep(250 * 2 ** attempt)
    }
  }
}

function textOf(observation: ErasureObservation): string {
  switch (observation.kind) {
    case 'waiting':
      return 'waiting for an erasure that runs, or was killed'
    case 'resumed':
      return `going on in pass ${observation.pass}, at ${observation.step}`
    case 'draining':
      return 'waiting until events are in the log'
    case 'step':
      return `pass ${observation.pass}, ${observation.step}: ${observation.seen} looked at, ${observation.changed} changed in this pass`
  }
}
