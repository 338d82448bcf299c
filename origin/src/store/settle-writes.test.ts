import { MongoNetworkError, MongoServerError } from 'mongodb'
import { describe, expect, it } from 'vitest'
import type { BatchItem } from './batch-item.ts'
import { CommandGivenUpError } from './database-error.ts'
import { instantOf, newRecord, replacementOf, type StoredRecord, tombstoneOf } from './envelope.ts'
import type { WriteReply } from './mongo-commands.ts'
import type { StoredDocument } from './repository.ts'
import {
  type PendingWrite,
  replacementOutcome,
  settleInserts,
  settleReplacements,
  type WriteEnvironment,
  type WriteOutcome,
} from './settle-writes.ts'

/** Failures that a real database shows too rarely to wait for them. */
const record = (id: string, writeId = `w-${id}`, request?: string): StoredRecord =>
  newRecord(id, { title: id }, { writeId, request, at: instantOf(0) })

class Item implements BatchItem<PendingWrite, WriteOutcome> {
  readonly value: PendingWrite
  readonly deadline: number
  isSettled = false
  outcome: WriteOutcome | undefined
  error: unknown

  constructor(record: StoredRecord, { expected = 0, deadline = 1_000 } = {}) {
    this.value = { record, expected, isSent: false }
    this.deadline = deadline
  }
  settle(outcome: WriteOutcome): void {
    this.outcome = outcome
    this.isSettled = true
  }
  fail(error: unknown): void {
    this.error = error
    this.isSettled = true
  }
}

/** Scripted replies, one per attempt; each attempt advances the clock by 100 ms. */
function script(
  replies: readonly (WriteReply | Error)[],
  stored: readonly StoredRecord[] = [],
  findFailures: readonly Error[] = [],
) {
  let now = 0
  let finds = 0
  const sent: string[][] = []
  const environment: WriteEnvironment = {
    find: async (ids) => {
      finds += 1
      const failure = findFailures[finds - 1]
      if (failure !== undefined) throw failure
      return stored.filter(({ _id }) => ids.includes(_id))
    },
    now: () => now,
    sleep: async () => {
      now += 100
    },
    random: () => 0,
    onReplaced: () => {},
  }
  const send = async (items: readonly (StoredRecord | { record: StoredRecord })[]) => {
    const reply = replies[sent.length]
    sent.push(items.map((item) => ('record' in item ? (item.record as StoredRecord) : item)._id as string))
    if (reply === undefined) throw new Error('sent more often than the script expects')
    if (reply instanceof Error) throw reply
    return reply
  }
  return { environment, send, sent }
}

const ok = (count: number): WriteReply => ({ count, errors: [], isInDoubt: false })
const inDoubt = (count: number): WriteReply => ({ count, errors: [], isInDoubt: true })
const duplicate = (index: number, field: string) => ({ index, code: 11_000, keyPattern: { [field]: 1 } })
const lost = () => new MongoNetworkError('connection closed')
const notPrimary = () => new MongoServerError({ ok: 0, code: 10_107, message: 'not primary' })
const noPrimary = () =>
  Object.defineProperty(new MongoNetworkError('none'), 'name', { value: 'MongoServerSelectionError' })
const crowded = () =>
  Object.defineProperty(new MongoNetworkError('none'), 'name', { value: 'MongoWaitQueueTimeoutError' })
const badValue = () => new MongoServerError({ ok: 0, code: 2, message: 'bad value' })

const rawErrors: readonly [string, () => Error][] = [
  [
    'write ECONNRESET',
    () => Object.assign(new Error('write ECONNRESET'), { code: 'ECONNRESET', syscall: 'write' }),
  ],
  ['EPIPE without a syscall', () => Object.assign(new Error('ended by the other party'), { code: 'EPIPE' })],
  [
    'wrapped ERR_STREAM_DESTROYED',
    () =>
      new Error('wrapped', {
        cause: Object.assign(new Error('destroyed'), { code: 'ERR_STREAM_DESTROYED' }),
      }),
  ],
]

async function inserted(
  items: Item[],
  replies: readonly (WriteReply | Error)[],
  stored?: readonly StoredRecord[],
) {
  const { environment, send, sent } = script(replies, stored)
  await settleInserts(items, send, environment)
  return {
    outcomes: items.map(({ outcome, error }) => outcome?.kind ?? (error as Error | undefined)?.name),
    sent,
  }
}

describe('inserts', () => {
  it('an insert whose answer was lost is sent again, and found to have happened', async () => {
    const own = record('a')
    for (const failure of [lost(), notPrimary(), inDoubt(1)]) {
      const duplicateOfOwn = { count: 0, errors: [duplicate(0, '_id')], isInDoubt: false }
      expect(await inserted([new Item(own)], [failure, duplicateOfOwn], [own])).toEqual({
        outcomes: ['written'],
        sent: [['a'], ['a']],
      })
    }
  })

  it('an insert that was lost is sent again, and happens then', async () => {
    expect(await inserted([new Item(record('a'))], [lost(), ok(1)])).toMatchObject({ outcomes: ['written'] })
  })

  it('a lost insert that finds another document with its id reports a duplicate', async () => {
    const duplicateId = { count: 0, errors: [duplicate(0, '_id')], isInDoubt: false }
    const theirs = record('a', 'theirs')
    expect(await inserted([new Item(record('a'))], [lost(), duplicateId], [theirs])).toMatchObject({
      outcomes: ['duplicateId'],
    })
  })

  it('an insert with a key that violates a unique index looks for its own document before it reports a conflict', async () => {
    const conflict = { count: 0, errors: [duplicate(0, 'code')], isInDoubt: false }
    const earlier = record('a', 'earlier', 'request')
    const again = () => new Item(record('a', 'again', 'request'))
    expect(await inserted([again()], [conflict], [earlier])).toMatchObject({ outcomes: ['duplicateId'] })
    expect(await inserted([again()], [conflict], [])).toMatchObject({ outcomes: ['uniqueConflict'] })
  })

  it('an insert that was never sent is not done; one that may have been sent is unknown', async () => {
    const failures = (make: () => Error) => Array.from({ length: 20 }, make)
    expect(await inserted([new Item(record('a'))], failures(noPrimary))).toMatchObject({
      outcomes: ['notDone'],
    })
    expect(await inserted([new Item(record('a'))], failures(lost))).toMatchObject({ outcomes: ['unknown'] })
    expect(await inserted([new Item(record('a'))], [lost(), ...failures(noPrimary)])).toMatchObject({
      outcomes: ['unknown'],
    })
  })

  it('an insert without a free connection ends at once as busy, unless it may have been sent before', async () => {
    expect(await inserted([new Item(record('a'))], [crowded()])).toMatchObject({ outcomes: ['notDone'] })
    const own = record('a')
    const duplicateOfOwn = { count: 0, errors: [duplicate(0, '_id')], isInDoubt: false }
    expect(await inserted([new Item(own)], [lost(), crowded(), duplicateOfOwn], [own])).toMatchObject({
      outcomes: ['written'],
    })
  })

  it('items before and after a step-down in the middle of a batch get different outcomes', async () => {
    const steppedDown = {
      count: 1,
      errors: [{ index: 1, code: 11_602 }],
      isInDoubt: true,
    }
    const [a, b] = [record('a'), record('b')]
    const second = { count: 1, errors: [duplicate(0, '_id')], isInDoubt: false }
    expect(await inserted([new Item(a), new Item(b)], [steppedDown, second], [a])).toEqual({
      outcomes: ['written', 'written'],
      sent: [
        ['a', 'b'],
        ['a', 'b'],
      ],
    })
  })

  it('a refused command is halved until the faulty item is alone', async () => {
    const items = ['a', 'b', 'bad', 'd'].map((id) => new Item(record(id)))
    const { outcomes, sent } = await inserted(items, [badValue(), ok(2), badValue(), badValue(), ok(1)])
    expect(outcomes).toEqual(['written', 'written', 'WriteRefusedError', 'written'])
    expect(sent).toEqual([['a', 'b', 'bad', 'd'], ['a', 'b'], ['bad', 'd'], ['bad'], ['d']])
  })

  it('a lost insert that is repeated among refused ones still finds its own document', async () => {
    const [own, bad] = [record('a'), record('bad')]
    const duplicateOfOwn = { count: 0, errors: [duplicate(0, 'code')], isInDoubt: false }
    const { outcomes } = await inserted(
      [new Item(own), new Item(bad)],
      [lost(), badValue(), duplicateOfOwn, badValue()],
      [own],
    )
    // The first attempt was lost: a refusal of the second does not prove that the first had no effect.
    expect(outcomes).toEqual(['written', 'WriteInDoubtError'])
  })

  it.each(rawErrors)(
    'inserts whose connection breaks with a raw %s are sent again, and none is refused',
    async (_, raw) => {
      const items = ['a', 'b', 'c'].map((id) => new Item(record(id)))
      const happened = [record('a')]
      const second = { count: 2, errors: [duplicate(0, '_id')], isInDoubt: false }
      const { outcomes, sent } = await inserted(items, [raw(), second], happened)
      expect(outcomes).toEqual(['written', 'written', 'written'])
      expect(sent).toEqual([
        ['a', 'b', 'c'],
        ['a', 'b', 'c'],
      ])
    },
  )

  it('an insert whose command was given up is unknown, if no time is left to ask again', async () => {
    const failures = Array.from({ length: 20 }, () => new CommandGivenUpError(6_000))
    expect(await inserted([new Item(record('a'))], failures)).toMatchObject({ outcomes: ['unknown'] })
  })

  it('an insert ended by a defect of the origin is in doubt, not refused', async () => {
    expect(await inserted([new Item(record('a'))], [new TypeError('bug')])).toMatchObject({
      outcomes: ['WriteInDoubtError'],
    })
  })

  it('an item that the database refuses does not fail the others', async () => {
    const refused = { count: 1, errors: [{ index: 0, code: 121 }], isInDoubt: false }
    const { outcomes } = await inserted([new Item(record('a')), new Item(record('b'))], [refused])
    expect(outcomes).toEqual(['WriteRefusedError', 'written'])
  })
})

const document = (version: number, writes: readonly string[]): StoredDocument => ({
  id: 'a',
  version,
  createdAt: '2026-11-24T12:00:00.000Z',
  updatedAt: '2026-11-24T12:00:00.000Z',
  fields: {},
  bookkeeping: { writes },
})

describe('replacements', () => {
  const ours = replacementOf(document(1, ['w1']), {}, 'ours', instantOf(0))
  const theirs = replacementOf(document(1, ['w1']), {}, 'theirs', instantOf(0))
  const laterOn = (writes: readonly string[], version: number): StoredRecord => ({
    ...theirs,
    _v: version,
    _w: writes,
  })

  it('reads the records if the count is short', async () => {
    const items = [new Item(ours, { expected: 1 }), new Item({ ...ours, _id: 'b' }, { expected: 1 })]
    const { environment, send } = script([ok(1)], [ours, { ...theirs, _id: 'b' }])
    await settleReplacements(items, send, environment)
    expect(items.map(({ outcome }) => outcome?.kind)).toEqual(['written', 'versionConflict'])
  })

  it('finds a lost replacement in the record, even after later writes', async () => {
    const item = new Item(ours, { expected: 1 })
    const { environment, send } = script([lost(), ok(0)], [laterOn(['w3', 'ours', 'w1'], 3)])
    await settleReplacements([item], send, environment)
    expect(item.outcome).toEqual({ kind: 'written' })
  })

  it('repeats a replacement that missed its majority until it is committed', async () => {
    const item = new Item(ours, { expected: 1 })
    const { environment, send, sent } = script([inDoubt(1), inDoubt(0), ok(0)], [ours])
    await settleReplacements([item], send, environment)
    expect(item.outcome).toEqual({ kind: 'written' })
    expect(sent).toHaveLength(3)
  })

  it('a replacement that was sent is unknown if the record cannot be read', async () => {
    const item = new Item(ours, { expected: 1 })
    const other = new Item({ ...ours, _id: 'b' }, { expected: 1 })
    const failures = Array.from({ length: 20 }, noPrimary)
    const { environment, send } = script([ok(1), ...failures], [], failures)
    await settleReplacements([item, other], send, environment)
    expect([item.outcome, other.outcome]).toEqual([{ kind: 'unknown' }, { kind: 'unknown' }])
  })

  it('does not report a conflict that may still be rolled back', async () => {
    const conflict = { count: 0, errors: [duplicate(0, 'code')], isInDoubt: true }
    const item = new Item(ours, { expected: 1 })
    const { environment, send } = script([conflict, ok(1)])
    await settleReplacements([item], send, environment)
    expect(item.outcome).toEqual({ kind: 'written' })
  })

  it.each([
    ['gone', undefined, false, { kind: 'notFound' }],
    ['ours', ours, false, { kind: 'written' }],
    ['as it was', laterOn(['w1'], 1), false, undefined],
    ['replaced by somebody else', theirs, false, { kind: 'versionConflict' }],
    [
      'deleted by somebody else',
      tombstoneOf(document(1, ['w1']), 't', instantOf(0)),
      false,
      { kind: 'notFound' },
    ],
    ['written so often that it has forgotten', laterOn(['d', 'c', 'b', 'a'], 6), false, { kind: 'unknown' }],
    [
      'the same, but the winners are known',
      laterOn(['d', 'c', 'b', 'a'], 6),
      true,
      { kind: 'versionConflict' },
    ],
  ])('a record that is %s', (_, found, isEveryWinnerKnown, outcome) => {
    expect(
      replacementOutcome({ record: ours, expected: 1, isSent: true }, found, isEveryWinnerKnown),
    ).toEqual(outcome)
  })
})
