/**
 * Program: `node scripts/apikeys.ts` issues, lists, rotates and revokes API keys, with MONGODB_URI and MONGODB_DATABASE
 * set as for the origin.
 */
import { parseArgs } from 'node:util'
import { application as own } from '@spillway/origin/application'
import { type Application, durationSeconds, isPriority } from '@spillway/origin/contract'
import { type IssuedKey, type KeyRefusal, keysListedMax } from '../src/api-keys/key-changes.ts'
import { KeyWork } from '../src/api-keys/key-work.ts'
import { withDatabase } from './open-database.ts'

const usage = `usage: npm run apikeys -- [COMMAND]
  list                        every key (default)
  create NAME [--scopes places:write,trips] [--subject SUBJECT] [--claim roles=admin]… [--priority background]
         [--expires 365d]     issues a key and prints it, this once; its subject is by default key: and its id
  show ID                     one key, without its secret
  rotate ID [--overlap 1d] [--expires 365d]
                              gives the key a new secret and prints it, this once; the secret so far is valid as well for
                              the overlap
  revoke ID                   ends the key for good, at every edge within a minute
Standard output has a new key and nothing else: KEY=$(npm run --silent apikeys -- create NAME)`

const refusals: Readonly<Record<KeyRefusal, string>> = {
  unknown: 'there is no such key',
  revoked: 'the key is revoked: create another one',
  'too-many-secrets': 'the key has five valid secrets: wait until one ends, or revoke the key',
  'ends-in-the-past': '--expires must be longer than nothing',
}

await withDatabase(async (db) => {
  const string = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      application: string,
      ...{ scopes: string, subject: string, priority: string, claim: { ...string, multiple: true } },
      ...{ overlap: { ...string, default: '1d' }, expires: { ...string, default: '365d' } },
    },
  })
  const [command = 'list', subject, ...others] = positionals
  if (others.length > 0) throw new Error(usage)
  const work = new KeyWork(db, await applicationOf(values.application))
  if (command === 'list') {
    const keys = await work.read((all) => all.list())
    for (const { id, name, subject: as, expiresAt, revokedAt, lastUsedAt } of keys) {
      const end = revokedAt === undefined ? `ends ${expiresAt}` : `revoked ${revokedAt}`
      console.log(`${id}: ${name}, as ${as}, ${end}, last used ${lastUsedAt ?? 'never'}`)
    }
    if (keys.length === keysListedMax) console.error(`These are the ${keysListedMax} that have changed last.`)
    return
  }
  if (subject === undefined) throw new Error(usage)
  const expiresAt = new Date(Date.now() + durationSeconds(values.expires) * 1_000).toISOString()
  switch (command) {
    case 'create': {
      const { priority } = values
      if (priority !== undefined && !isPriority(priority)) throw new Error(`'${priority}' is not a priority`)
      const key = {
        ...{ name: subject, expiresAt, scopes: values.scopes?.split(',') ?? [] },
        ...(values.subject !== undefined && { subject: values.subject }),
        ...(values.claim !== undefined && { claims: claimsIn(values.claim) }),
        ...(priority !== undefined && { priority }),
      }
      return print(await work.change((keys) => keys.issue(key)))
    }
    case 'show': {
      const found = await work.read((keys) => keys.read(subject))
      if (found === undefined) throw new Error(refusals.unknown)
      const { secrets, changedAt: _changedAt, ...shown } = found
      console.log(JSON.stringify({ ...shown, secretsUntil: secrets.map(({ until }) => until) }, undefined, 2))
      return
    }
    case 'rotate': {
      const overlapSeconds = durationSeconds(values.overlap)
      return print(await work.change((keys) => keys.rotate(subject, { overlapSeconds, expiresAt })))
    }
    case 'revoke': {
      if (!(await work.change((keys) => keys.revoke(subject)))) throw new Error(refusals.unknown)
      console.error(`revoked ${subject}: every edge refuses it within a minute`)
      return
    }
    default:
      throw new Error(usage)
  }
})

/** The repository's own application, or that of a folder in it. */
async function applicationOf(which: string | undefined): Promise<Application> {
  if (which === undefined) return own
  // Loaded late: an origin that is deployed has no such files.
  const { loadApplication } = await import('../dev/load-application.ts')
  return (await loadApplication(which)).application
}

function print(outcome: IssuedKey | KeyRefusal): void {
  if (typeof outcome === 'string') throw new Error(refusals[outcome])
  console.error(
    `${outcome.id}: as ${outcome.subject}, until ${outcome.expiresAt}. The key is shown this once:`,
  )
  console.log(outcome.key)
}

/** `roles=admin` and `roles=editor` → one claim with two values. */
function claimsIn(given: readonly string[]): { readonly name: string; readonly values: string[] }[] {
  const claims = new Map<string, string[]>()
  for (const one of given) {
    const [name = '', ...value] = one.split('=')
    if (name === '' || value.join('=') === '') throw new Error(`--claim '${one}' must be NAME=VALUE`)
    claims.set(name, [...(claims.get(name) ?? []), value.join('=')])
  }
  return [...claims].map(([name, values]) => ({ name, values }))
}
