import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { initiate, type Member, type MongodOptions, replicaSetName, startMember } from './mongod.ts'

export interface ReplicaSet {
  readonly uri: string
  /** Port of the current primary. */
  primaryPort(): Promise<number>
  /** Makes the primary step down; resolves when another member accepts writes. */
  stepDown(): Promise<Change>
  /** Kills the primary; resolves when another member accepts writes. */
  killPrimary(): Promise<Change>
  stop(): Promise<void>
}

/** Ports of two primaries, one after the other. */
export interface Change {
  readonly from: number
  readonly to: number
}

const electionTimeoutMs = 60_000

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
      const deadline = Date.now() + electionTimeoutMs
      for (;;) {
        const before = await untilPrimary()
        try {
          await ask(before, { replSetStepDown: 30, secondaryCatchUpPeriodSecs: 10 })
          return { from: before.port, to: (await untilPrimary(before)).port }
        } catch (error) {
          // It is refused where no secondary has caught up in time, or where another member was elected meanwhile.
          if (Date.now() > deadline) throw error
        }
      }
    },
    async killPrimary() {
      const before = await untilPrimary()
      alive.delete(before)
      before.child.signal('SIGKILL')
      await before.child.exited
      return { from: before.port, to: (await untilPrimary(before)).port }
    },
    stop,
  }
}

/** Waits for all members to copy the data: until then a secondary cannot be elected. */
async function untilAllCopied([first]: readonly Member[]): Promise<void> {
  const deadline = Date.now() + electionTimeoutMs
  for (;;) {
    // The cast is safe: a set has at least one member.
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
