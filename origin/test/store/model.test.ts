import { randomUUID } from 'node:crypto'
import { type Fields, type Priority, priorities } from '@spillway/origin/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { joined, unjoined } from '../../src/store/records.ts'
import type { Call, Repository, StoredDocument } from '../../src/store/repository.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { advisories, advisory, inTime } from './documents.ts'
import { emptyModel, explain, type Model, type Operation, type Seen, step } from './model.ts'

/**
 * Random rounds of concurrent operations through two processes, on few documents, codes and keys, so that they conflict
 * often. Some callers leave before their answer, and some have no time. After each round, some order of its operations
 * must explain every outcome, and later reads must match the state after that order: an operation that was not done has
 * not happened; one that is unknown may have, and can be repeated with its key. Several independent worlds run at once,
 * and share only batches.
 */
const small = fc.nat({ max: 3 })
const command = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('create'), code: small, title: small, key: small }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('createUnkeyed'), code: small, title: small }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('replace'), pick: fc.nat(), code: small, title: small }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete'), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read'), pick: fc.nat() }) },
)
const caller = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('patient' as const), priority: fc.constantFrom(...priorities) }),
  },
  { weight: 1, arbitrary: fc.constant<Caller>({ kind: 'leaves' }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hasting' as const), timeMs: fc.nat({ max: 8 }) }) },
)
type Caller =
  | { readonly kind: 'patient'; readonly priority: Priority }
  | { readonly kind: 'leaves' }
  | { readonly kind: 'hasting'; readonly timeMs: number }
const round = fc.array(fc.tuple(command, fc.nat({ max: 1 }), caller), { minLength: 1, maxLength: 6 })
const rounds = fc.array(round, { minLength: 1, maxLength: 12 })
const worlds = fc.array(rounds, { minLength: 3, maxLength: 3 })
type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never
type Done = readonly [Operation, Seen]

const patient: Caller = { kind: 'patient', priority: 'normal' }

function callOf(caller: Caller): Call {
  if (caller.kind === 'patient') return { ...inTime(), priority: caller.priority }
  if (caller.kind === 'hasting') return inTime(caller.timeMs)
  const signal = { aborted: false }
  setImmediate(() => {
    signal.aborted = true
  })
  return { ...inTime(), signal }
}

describe.each([
  ['joined', joined()],
  ['one command an item', unjoined],
])('interleavings agree with the model, %s', (_, lanes) => {
  let database: TestDatabase
  let processes: Repository[]
  beforeAll(async () => {
    database = await openTestDatabase()
    processes = [1, 2].map(() => database.repository({ lanes }).repository)
  })
  afterAll(() => database.drop())

  it('create, replay, replace, delete and read', { timeout: 240_000 }, async () => {
    const counts = { interleavings: 0, notDone: 0 }
    const play = async (plan: readonly (readonly [Command, number, Caller][])[]) => {
      const world = new World(processes)
      let models: readonly Model[] = [emptyModel]
      for (const round of plan) {
        const { together, after } = await world.play(round)
        if (together.length > 1) counts.interleavings += 1
        for (const [, { kind }] of together) if (kind === 'notDone') counts.notDone += 1
        models = explain(models, together).flatMap((model) => explainInOrder(model, after))
        if (models.length === 0) throw new Error(`no order explains ${JSON.stringify([together, after])}`)
      }
    }
    await fc.assert(
      fc.asyncProperty(worlds, async (plans) => {
        // Waits for all of them, so that none still runs when another has failed and the next plans begin.
        const played = await Promise.allSettled(plans.map(play))
        for (const outcome of played) if (outcome.status === 'rejected') throw outcome.reason
      }),
      { numRuns: 60 },
    )
    expect(counts.interleavings).toBeGreaterThan(500)
    expect(counts.notDone).toBeGreaterThan(25)
  })
})

/** Applies operations in the given order. */
function explainInOrder(model: Model, done: readonly Done[]): readonly Model[] {
  return done.reduce<readonly Model[]>(
    (models, [operation, seen]) => models.flatMap((each) => step(each, operation, seen)),
    [model],
  )
}

class World {
  readonly #processes: readonly Repository[]
  readonly #name = randomUUID()
  /** Every state of every document ever seen: writes also use old ones. */
  readonly known = new Map<string, StoredDocument[]>()
  readonly #keysRunning = new Map<string, number>()

  constructor(processes: readonly Repository[]) {
    this.#processes = processes
  }

  /** Plays a round concurrently; then repeats the creates with unknown outcome one by one, and reads all documents. */
  async play(
    round: readonly (readonly [Command, number, Caller])[],
  ): Promise<{ together: readonly Done[]; after: readonly Done[] }> {
    const outcomes = await Promise.all(round.map((entry) => this.#run(...entry)))
    const together = outcomes.filter((entry) => entry !== undefined)
    const after: Done[] = []
    // Unknown outcomes are settled once no operation is in flight.
    if (together.some(([, { kind }]) => kind === 'unknown')) {
      await Promise.all(this.#processes.map((repository) => repository.drain()))
    }
    for (const [index, [operation, seen]] of together.entries()) {
      if (operation.kind !== 'create' || seen.kind !== 'unknown') continue
      const again = await this.#create(0, operation.fields, operation.key, operation.request, inTime())
      if (again === undefined) throw new Error('a key is in use when nothing is under way')
      after.push(again)
      const { kind, id } = again[1]
      if (kind === 'replayed' && id !== undefined) together[index] = [operation, { ...seen, id }]
    }
    // Nothing is under way, so the reads see one state in any order, and share commands.
    after.push(...(await Promise.all([...this.known.keys()].map((id) => this.#read(0, id, inTime())))))
    return { together, after }
  }

  async #run(command: Command, process: number, caller: Caller): Promise<Done | undefined> {
    const repository = this.#processes[process] as Repository
    switch (command.kind) {
      case 'create':
      case 'createUnkeyed': {
        const { code, title, key } = command as { code: number; title: number; key?: number }
        const fields = this.#fields(code, title)
        // Without a key, the outcome could never be found out.
        const call = callOf(key === undefined && caller.kind === 'hasting' ? patient : caller)
        return this.#create(
          process,
          fields,
          key === undefined ? undefined : `${this.#name}-${key}`,
          fields.title,
          call,
        )
      }
      case 'read': {
        const state = this.#pick((command as { pick: number }).pick)
        return state && this.#read(process, state.id, callOf(caller))
      }
      default: {
        const { pick, code = 0, title = 0 } = command as { pick: number; code?: number; title?: number }
        const state = this.#pick(pick)
        if (state === undefined) return undefined
        const { id, version } = state
        if (command.kind === 'delete') {
          return [
            { kind: 'delete', id, version },
            seenOf(await repository.delete(advisories, state, callOf(caller))),
          ]
        }
        const fields = this.#fields(code, title)
        const outcome = await repository.replace(advisories, state, fields, callOf(caller))
        this.#learn(outcome)
        return [{ kind: 'replace', id, version, fields }, seenOf(outcome)]
      }
    }
  }

  async #create(
    process: number,
    fields: Fields,
    key: string | undefined,
    request: string,
    call: Call,
  ): Promise<Done | undefined> {
    const repository = this.#processes[process] as Repository
    const creation =
      key === undefined ? undefined : { subject: 'alice', version: 'v2' as const, key, request }
    const running = `${process}/${key}`
    const before = this.#keysRunning.get(running) ?? 0
    this.#keysRunning.set(running, before + 1)
    const outcome = await repository.create(advisories, { fields }, creation, call)
    this.#keysRunning.set(running, (this.#keysRunning.get(running) as number) - 1)
    if (outcome.kind === 'keyRefused' && outcome.reason === 'inUse') {
      // Only possible for a key that this process was given before; it has no effect.
      expect(before).toBeGreaterThan(0)
      return undefined
    }
    this.#learn(outcome)
    const operation: Operation = { kind: 'create', fields, request, ...(key !== undefined && { key }) }
    return [operation, seenOf(outcome)]
  }

  async #read(process: number, id: string, call: Call): Promise<Done> {
    const outcome = await (this.#processes[process] as Repository).read(advisories, id, call)
    this.#learn(outcome)
    return [{ kind: 'read', id }, seenOf(outcome)]
  }

  #fields(code: number, title: number) {
    return advisory(`${this.#name}-${code}`, `title ${title}`)
  }

  #pick(index: number): StoredDocument | undefined {
    const states = [...this.known.values()].flat()
    return states[index % Math.max(1, states.length)]
  }

  #learn(outcome: { readonly kind: string; readonly document?: StoredDocument }): void {
    const { document, kind } = outcome
    // A replayed answer shows the past, and may have no bookkeeping to write with.
    if (document === undefined || kind === 'replayed') return
    const states = this.known.get(document.id) ?? []
    if (!states.some(({ version }) => version === document.version)) states.push(document)
    this.known.set(document.id, states)
  }
}

function seenOf(outcome: {
  readonly kind: string
  readonly document?: StoredDocument
  readonly reason?: string
}): Seen {
  const { kind, document, reason } = outcome
  return {
    kind,
    ...(document && { id: document.id, version: document.version, fields: document.fields }),
    ...(reason !== undefined && { reason }),
  }
}
