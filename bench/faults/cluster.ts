import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FaultProxy, startFaultProxy } from '@spillway/origin/dev/fault-proxy'
import { initiate, type Member, replicaSetName, startMember } from '@spillway/origin/dev/mongod'
import { freePort } from '@spillway/origin/dev/ports'
import { MongoClient } from 'mongodb'

/** Replica set of three members that can be killed and restarted with their data, and the links between them. */
export interface Cluster {
  /** Connection string with the addresses that the set itself announces. */
  readonly uri: string
  /** Port of each member, without a proxy. */
  readonly ports: readonly number[]
  /** Proxies through which the other members reach each member. */
  readonly links: readonly FaultProxy[]
  /**
   * Index of the primary; of two members that claim to be it, the one elected later. `undefined` during an election.
   */
  primary(): Promise<number | undefined>
  /** Ends a member and resolves when it has ended: SIGKILL like a crash, SIGTERM cleanly. */
  end(member: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Starts the member again and resolves when it can be elected. */
  restart(member: number): Promise<void>
  signal(member: number, signal: 'SIGSTOP' | 'SIGCONT'): void
  /** Makes the primary step down. */
  stepDown(member: number): Promise<void>
  /** Runs a command on one member. */
  ask(member: number, command: Record<string, unknown>): Promise<Record<string, unknown>>
  stop(): Promise<void>
}

const size = 3
const recoveryTimeoutMs = 120_000
const endTimeoutMs = 10_000

export async function startCluster(): Promise<Cluster> {
  // The casts are safe: each member has a folder, a port, a link and a client, and only members are asked for.
  await using closing = new AsyncDisposableStack()
  const members: Member[] = []
  const links: FaultProxy[] = []
  const clients: MongoClient[] = []
  const folders: string[] = []
  const start = (index: number, port: number) =>
    // The oplog must hold a run of ten minutes: the checks read it afterwards.
    startMember({ dataFolder: folders[index] as string, port, isMeasured: true })

  for (let index = 0; index < size; index++) {
    const folder = await mkdtemp(join(tmpdir(), 'spillway-faults-'))
    // A member that was still starting may write into the folder.
    closing.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }))
    folders.push(folder)
    members.push(await start(index, await freePort()))
    closing.defer(() => (members[index] as Member).stop())
    const { port } = members[index] as Member
    const link = await startFaultProxy(port)
    closing.defer(() => link.stop())
    links.push(link)
    const client = new MongoClient(`mongodb://127.0.0.1:${port}`, {
      directConnection: true,
      serverSelectionTimeoutMS: 1_000,
      connectTimeoutMS: 1_000,
      socketTimeoutMS: 3_000,
    })
    closing.defer(() => client.close())
    clients.push(client)
  }
  await initiate(members.map((member, index) => ({ ...member, port: (links[index] as FaultProxy).port })))

  const ports = members.map(({ port }) => port)
  const ask = (member: number, command: Record<string, unknown>) =>
    (clients[member] as MongoClient).db('admin').command(command)
  const untilElectable = async (member: number) => {
    const deadline = Date.now() + recoveryTimeoutMs
    for (;;) {
      const hello = await ask(member, { hello: 1 }).catch(() => undefined)
      if (hello?.isWritablePrimary === true || hello?.secondary === true) return
      if (Date.now() > deadline) throw new Error(`member ${member} did not come back`)
      await sleep(50)
    }
  }
  for (let member = 0; member < size; member++) await untilElectable(member)

  const running = closing.move()
  return {
    uri: `mongodb://${links.map(({ port }) => `127.0.0.1:${port}`).join(',')}/?replicaSet=${replicaSetName}`,
    ports,
    links,
    ask,
    async primary() {
      const asked = ports.map((_, member) => ask(member, { hello: 1, maxTimeMS: 500 }).catch(() => undefined))
      // A stopped member (SIGSTOP) must not delay the answers of the others.
      const hellos = await Promise.all(asked.map((hello) => Promise.race([hello, sleep(600)])))
      const electionOf = (member: number) => String(hellos[member]?.electionId ?? '')
      const primaries = [...hellos.keys()].filter((member) => hellos[member]?.isWritablePrimary === true)
      return primaries.sort((a, b) => (electionOf(a) < electionOf(b) ? 1 : -1))[0]
    },
    async end(member, signal) {
      const { child } = members[member] as Member
      child.signal(signal)
      if (signal === 'SIGTERM')
        await Promise.race([child.exited, sleep(endTimeoutMs, undefined, { ref: false })])
      await child.stop(0)
    },
    async restart(member) {
      members[member] = await start(member, ports[member] as number)
      await untilElectable(member)
    },
    signal: (member, signal) => (members[member] as Member).child.signal(signal),
    stepDown: async (member) => {
      await ask(member, { replSetStepDown: 5, secondaryCatchUpPeriodSecs: 2 })
    },
    stop: () => running.disposeAsync(),
  }
}
