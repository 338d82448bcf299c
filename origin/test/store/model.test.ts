import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { joined, unjoined } from '../../src/store/records.ts'
import type { Repository, StoredDocument } from '../../src/store/repository.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { advisories, advisory, inTime } from './documents.ts'
import { emptyModel, explain, type Model, type Operation, type Seen } from './model.ts'

/**
 * Random rounds of operations that run at the same time, through two processes, on few documents, codes and keys, so
 * that they get in each other's way. After each round, some order of its operations must explain every outcome, and
 * what is then read must be what that order leaves behind.
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
const rounds = fc.array(fc.array(fc.tuple(command, fc.nat({ max: 1 })), { minLength: 1, maxLength: 6 }), {
  minLength: 1,
  maxLength: 12,
})
type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never

describe.each([
  ['joined', joined],
  ['one command an item', unjoined],
])('interleavings agree with the model, %s', (_, lanes) => {
  let database: TestDatabase
  let processes: Repository[]
  beforeAll(async () => {
    database = await openTestDatabase()
    processes = [1, 2].map(() => database.repository({ lanes }).repository)
  })
  afterAll(() => database.drop())

  it('create, replay, replace, delete and read', { timeout: 120_000 }, async () => {
    let interleaved = 0
    await fc.assert(
      fc.asyncProperty(rounds, async (plan) => {
        const world = new World(processes)
        let models: readonly Model[] = [emptyModel]
        for (const round of plan) {
          const done = await Promise.all(round.map(([command, process]) => world.run(command, process)))
          const explained = done.filter((entry) => entry !== undefined)
          interleaved += explained.length
          const after = [...world.known.keys()].map((id) => world.run({ kind: 'readId', id }, 0))
          const reads = (await Promise.all(after)).filter((entry) => entry !== undefined)
          models = models.flatMap((model) =>
            explain(model, explained).flatMap((end) => explainInOrder(end, reads)),
          )
          if (models.length === 0) throw new Error(`no order explains ${JSON.stringify([explained, reads])}`)
          // Orders that end alike are one.
          models = [...new Map(models.map((model) => [fingerprint(model), model])).values()]
        }
      }),
      { numRuns: 120 },
    )
    expect(interleaved).toBeGreaterThan(1_000)
  })
})

/** Reads after a round, when nothing else runs: their order does not matter, so one is enough. */
function explainInOrder(model: Model, reads: readonly (readonly [Operation, Seen])[]): readonly Model[] {
  return reads.every((read) => explain(model, [read]).length > 0) ? [model] : []
}

const fingerprint = ({ documents, keys }: Model): string =>
  JSON.stringify([[...documents].sort(), [...keys].sort()])

class World {
  readonly #processes: readonly Repository[]
  readonly #name = randomUUID()
  /** Every state of every document that was ever seen: writes are tried with old ones, too. */
  readonly known = new Map<string, StoredDocument[]>()
  readonly #keysRunning = new Map<string, number>()

  constructor(processes: readonly Repository[]) {
    this.#processes = processes
  }

  async run(
    command: Command | { kind: 'readId'; id: string },
    process: number,
  ): Promise<readonly [Operation, Seen] | undefined> {
    const repository = this.#processes[process] as Repository
    if ('id' in command) return this.#read(repository, command.id)
    switch (command.kind) {
      case 'create':
      case 'createUnkeyed': {
        const { code, title, key } = command as { code: number; title: number; key?: number }
        return this.#create(repository, process, this.#fields(code, title), key)
      }
      case 'read': {
        const state = this.#pick((command as { pick: number }).pick)
        return state && this.#read(repository, state.id)
      }
      default: {
        const { pick, code = 0, title = 0 } = command as { pick: number; code?: number; title?: number }
        const state = this.#pick(pick)
        if (state === undefined) return undefined
        const { id, version } = state
        if (command.kind === 'delete') {
          return [
            { kind: 'delete', id, version },
            seenOf(await repository.delete(advisories, state, inTime())),
          ]
        }
        const fields = this.#fields(code, title)
        const outcome = await repository.replace(advisories, state, fields, inTime())
        this.#learn(outcome)
        return [{ kind: 'replace', id, version, fields }, seenOf(outcome)]
      }
    }
  }

  async #create(repository: Repository, process: number, fields: ReturnType<typeof advisory>, slot?: number) {
    const key = slot === undefined ? undefined : `${this.#name}-${slot}`
    const request = fields.title
    const creation =
      key === undefined ? undefined : { subject: 'alice', version: 'v2' as const, key, request }
    const running = `${process}/${key}`
    const before = this.#keysRunning.get(running) ?? 0
    this.#keysRunning.set(running, before + 1)
    const outcome = await repository.create(advisories, { fields }, creation, inTime())
    this.#keysRunning.set(running, (this.#keysRunning.get(running) as number) - 1)
    if (outcome.kind === 'keyRefused' && outcome.reason === 'inUse') {
      // Only ever said of a key that the same process was given before; it changes nothing.
      expect(before).toBeGreaterThan(0)
      return undefined
    }
    this.#learn(outcome)
    const operation: Operation = { kind: 'create', fields, request, ...(key !== undefined && { key }) }
    return [operation, seenOf(outcome)] as const
  }

  async #read(repository: Repository, id: string) {
    const outcome = await repository.read(advisories, id, inTime())
    this.#learn(outcome)
    return [{ kind: 'read', id }, seenOf(outcome)] as const
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
    // A replayed answer is the past; what it shows may have no bookkeeping to write with.
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
