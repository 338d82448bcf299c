import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { initiate, type Member, replicaSetName, startMember } from '../../dev/mongod.ts'
import { openRepository } from '../../src/store/open-repository.ts'
import { openPool, type Pool } from '../../src/store/pool.ts'
import { inTime, place, places } from './documents.ts'

/**
 * Extends the gap after an election: a new primary from which no other member replicates cannot commit an entry of its
 * own term, and answers majority reads from its older snapshot.
 */
let members: Member[]
let pool: Pool

beforeAll(async () => {
  members = []
  for (let index = 0; index < 3; index += 1) members.push(await startMember({ failPoints: true }))
  await initiate(members)
  const uri = `mongodb://${members.map(({ port }) => `127.0.0.1:${port}`).join(',')}/?replicaSet=${replicaSetName}`
  pool = await openPool({ uri, database: 'election', poolSize: 4, connectTimeoutMs: 30_000 })
}, 120_000)
afterAll(async () => {
  await pool?.close()
  await Promise.all(members.map((member) => member.stop()))
})

async function ask(member: Member, command: Record<string, unknown>) {
  const client = new MongoClient(`mongodb://127.0.0.1:${member.port}`, { directConnection: true })
  try {
    return await client.db('admin').command(command)
  } finally {
    await client.close()
  }
}
const copying = (member: Member, state: 'on' | 'off') =>
  ask(member, { configureFailPoint: 'stopReplProducer', mode: state === 'on' ? 'off' : 'alwaysOn' })
const copiesFrom = async (member: Member, source: Member) =>
  (await ask(member, { replSetGetStatus: 1 })).syncSourceHost === `127.0.0.1:${source.port}`
const until = async (reached: () => Promise<boolean>) => {
  while (!(await reached())) await new Promise((resolve) => setTimeout(resolve, 20))
}
const isPrimary = async (member: Member): Promise<boolean> =>
  (await ask(member, { hello: 1 })).isWritablePrimary
/** Whether a command succeeds: members refuse some while they are busy with an election or a configuration. */
const accepts = (member: Member, command: Record<string, unknown>) =>
  ask(member, command).then(
    () => true,
    () => false,
  )

it('reads wait for a new primary to commit, and then return every acknowledged write', {
  timeout: 120_000,
}, async () => {
  const { repository } = openRepository(pool.db, { bounds: pool.bounds, primary: pool.primary })
  const created = await repository.create(places, { fields: place('Before', 1) }, undefined, inTime())
  if (created.kind !== 'created') throw new Error(created.kind)
  const { id } = created.document
  await until(async () => pool.primary.isCertain(performance.now()))

  let old = members[0] as Member
  await until(async () => {
    for (const member of members) if (await isPrimary(member)) old = member
    // A secondary may copy from another secondary, and the next primary would then stop with the third member. On a slow
    // machine, members that hear nothing of their primary for a second would hold an election in the middle of the test.
    const { config } = await ask(old, { replSetGetConfig: 1 })
    const settings = { ...config.settings, chainingAllowed: false, electionTimeoutMillis: 120_000 }
    return accepts(old, { replSetReconfig: { ...config, version: config.version + 1, settings } })
  })
  const [next, third] = members.filter((member) => member !== old) as [Member, Member]
  const isPatient = async (member: Member) =>
    (await ask(member, { replSetGetConfig: 1 })).config.settings.electionTimeoutMillis === 120_000
  for (const member of [next, third]) {
    await until(async () => (await isPatient(member)) && (await copiesFrom(member, old)))
  }
  // Besides the old primary, only the next one has the second version.
  await copying(third, 'off')
  const replaced = await repository.replace(places, created.document, place('After', 2), inTime())
  expect(replaced.kind).toBe('replaced')
  await copying(old, 'off')
  const before = pool.primary.changes
  await until(() => accepts(next, { replSetStepUp: 1 }))
  await until(() => isPrimary(next))
  await until(async () => pool.primary.changes > before)

  // During the gap, a read returns version 2 or is not answered.
  for (let read = 0; read < 3; read += 1) {
    const outcome = await repository.read(places, id, inTime())
    if (outcome.kind === 'found') expect(outcome.document.version).toBe(2)
    else expect(outcome).toEqual({ kind: 'notDone', reason: 'unavailable' })
    expect(pool.primary.isCertain(performance.now())).toBe(false)
  }
  const waiting = repository.read(places, id, inTime())
  await copying(old, 'on')
  await copying(third, 'on')
  await waiting
  await until(async () => (await repository.read(places, id, inTime(1_000))).kind === 'found')
  const after = await repository.read(places, id, inTime())
  expect(after).toMatchObject({ kind: 'found', document: { version: 2 } })
  await until(async () => pool.primary.isCertain(performance.now()))
  await repository.drain()
})
