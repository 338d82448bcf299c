import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { initiate, type Member, type MongodOptions, replicaSetName, startMember } from './mongod.ts'

export interface ReplicaSet {
  readonly uri: string
  /** Port of the current primary. */
  primaryPort(): Promise<number>
  /** Makes the primary step down; resolves when another member accepts writes. */
  stepDown(): Promise<void>
  /** Kills the primary; resolves when another member accepts writes. */
  killPrimary(): Promise<void>
  stop(): Promise<void>
}

const electionTimeoutMs = 20_000

/** Starts a replica set on temporary folders, for failover tests. Takes about 5 s. */
export async function startReplicaSet(
  size = 3,
  options: Pick<MongodOptions, 'log'> = {},
): Promise<ReplicaSet> {
  const members: Member[] = []
  const alive = new Set<Member>()
  const stop = async () => {
    await Promise.all(members.map((member) => member.stop()))
  }
  try {
    // Starts members one by one, because the first may have to download the program.
    for (let i = 0; i < size; i++) members.push(await startMember(options))
    for (const member of members) alive.add(member)
    await initiate(members)
    await untilAllCopied(members)
  } catch (error) {
    await stop()
    throw error
  }

  const primary = async (): Promise<Member | undefined> => {
    for (const member of alive) {
      const isPrimary = await ask(member, { hello: 1 }).then((hello) => hello.isWritablePrimary === true)
      if (isPrimary) return member
    }
    return undefined
  }
  const untilPrimary = async (other?: Member): Promise<Member> => {
    const deadline = Date.now() + electionTimeoutMs
    for (;;) {
      const found = await primary()
      if (found !== undefined && found !== other) return found
      if (Date.now() > deadline) throw new Error(`no new primary within ${electionTimeoutMs / 1000} s`)
      await sleep(50)
    }
  }

  return {
    uri: `mongodb://${members.map(({ port }) => `127.0.0.1:${port}`).join(',')}/?replicaSet=${replicaSetName}`,
    primaryPort: async () => (await untilPrimary()).port,
    async stepDown() {
      const before = await untilPrimary()
      await ask(before, { replSetStepDown: 30, secondaryCatchUpPeriodSecs: 10 })
      await untilPrimary(before)
    },
    async killPrimary() {
      const before = await untilPrimary()
      alive.delete(before)
      before.child.signal('SIGKILL')
      await before.child.exited
      await untilPrimary(before)
    },
    stop,
  }
}

/** Waits for all members to copy the data: until then a secondary cannot be elected. */
async function untilAllCopied([first]: readonly Member[]): Promise<void> {
  const deadline = Date.now() + electionTimeoutMs
  for (;;) {
    const { members } = await ask(first as Member, { replSetGetStatus: 1 })
    const states: string[] = members.map(({ stateStr }: { stateStr: string }) => stateStr)
    if (states.every((state) => state === 'PRIMARY' || state === 'SECONDARY')) return
    if (Date.now() > deadline) throw new Error(`replica set is not complete: ${states.join(', ')}`)
    await sleep(100)
  }
}

async function ask(member: Member, command: Record<string, unknown>) {
  const client = new MongoClient(`mongodb://127.0.0.1:${member.port}`, { directConnection: true })
  try {
    return await client.db('admin').command(command)
  } finally {
    await client.close()
  }
}
