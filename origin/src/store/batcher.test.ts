import type { Priority } from '@spillway/origin/contract'
import { describe, expect, it } from 'vitest'
import type { BatchItem } from './batch-item.ts'
import { Batcher, type BatcherOptions } from './batcher.ts'

type Sent = readonly BatchItem<string, string>[]

/** A batcher whose batches stay in flight until the test completes them, with a clock that the test advances. */
function setUp(options: Partial<BatcherOptions<string, string>> = {}) {
  const flights: { batch: Sent; land: () => Promise<void> }[] = []
  let now = 0
  const batcher = new Batcher<string, string>({
    itemsMax: 10,
    bytesMax: 1_000,
    inflightMax: 2,
    overlapItems: 5,
    patienceMs: 50,
    waitingMax: 20,
    equalKeys: 'join',
    refused: (reason) => reason,
    overtaken: (_, reason) => `overtaken by ${reason}`,
    now: () => now,
    atTurnEnd: (run) => run(),
    after: () => {},
    onActive: () => {},
    execute: (batch) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const land = async () => {
        for (const item of batch) item.settle(`${item.value} done`)
        resolve()
        await settled()
      }
      flights.push({ batch, land })
      return promise
    },
    ...options,
  })
  return {
    batcher,
    flights,
    departed: () => flights.map(({ batch }) => batch.map(({ value }) => value).join(' ')),
    submit: (key: string, { bytes = 1, deadline = 1_000, signal, priority }: Partial<Submission> = {}) =>
      batcher.submit({ key, value: key, bytes }, { deadline, signal, priority }),
    advance: (timeMs: number) => {
      now += timeMs
      batcher.tick()
    },
  }
}

interface Submission {
  bytes: number
  deadline: number
  signal: AbortSignal
  priority: Priority
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('batcher', () => {
  it('sends a single item at once, and batches items that arrive meanwhile', async () => {
    const { submit, departed, flights } = setUp()
    submit('a')
    expect(departed()).toEqual(['a'])
    submit('b')
    submit('c')
    expect(departed()).toEqual(['a'])
    await flights[0]?.land()
    expect(departed()).toEqual(['a', 'b c'])
  })

  it('batches items that arrive in one turn of the event loop', () => {
    const ends: (() => void)[] = []
    const { submit, departed } = setUp({ atTurnEnd: (run) => ends.push(run) })
    submit('a')
    submit('b')
    expect(departed()).toEqual([])
    for (const end of ends.splice(0)) end()
    expect(departed()).toEqual(['a b'])
    submit('c')
    expect(ends).toEqual([])
  })

  it('joins equal items that arrive in one turn beside a batch in flight', () => {
    const ends: (() => void)[] = []
    const { submit, departed } = setUp({ atTurnEnd: (run) => ends.push(run), overlapItems: 1 })
    const endTurn = () => {
      for (const end of ends.splice(0)) end()
    }
    submit('a')
    endTurn()
    submit('b')
    submit('b')
    expect(departed()).toEqual(['a'])
    endTurn()
    submit('b')
    endTurn()
    expect(departed()).toEqual(['a', 'b'])
  })

  it('sends with the waiting items those that arrive in the turn in which a batch completes', async () => {
    const ends: (() => void)[] = []
    const { submit, departed, flights } = setUp({ atTurnEnd: (run) => ends.push(run) })
    const endTurn = () => {
      for (const end of ends.splice(0)) end()
    }
    submit('a')
    endTurn()
    submit('b')
    await flights[0]?.land()
    submit('c')
    expect(departed()).toEqual(['a'])
    endTurn()
    expect(departed()).toEqual(['a', 'b c'])
  })

  describe('gathering', () => {
    const gathering = { delayMs: 4, siblingsMin: 3 }

    /** One batch of three is in flight, and one item waits. */
    function setUpHeld(options: Partial<BatcherOptions<string, string>> = {}) {
      const timers: { run: () => void; delayMs: number }[] = []
      const turnEnds: (() => void)[] = []
      const batcher = setUp({
        gathering,
        after: (run, delayMs) => timers.push({ run, delayMs }),
        atTurnEnd: (run) => turnEnds.push(run),
        ...options,
      })
      const endTurn = () => {
        for (const end of turnEnds.splice(0)) end()
      }
      for (const key of ['a', 'b', 'c']) batcher.submit(key)
      endTurn()
      batcher.submit('d')
      return { ...batcher, timers, endTurn }
    }

    it('delays the next batch until as many items wait as had waited and were answered', async () => {
      const { submit, departed, flights, endTurn } = setUpHeld()
      await flights[0]?.land()
      for (const key of ['a', 'b']) submit(key)
      endTurn()
      expect(departed()).toEqual(['a b c'])
      submit('c')
      endTurn()
      expect(departed()).toEqual(['a b c', 'd a b c'])
    })

    it('ends after its delay', async () => {
      const { departed, flights, timers } = setUpHeld()
      await flights[0]?.land()
      expect(timers.map(({ delayMs }) => delayMs)).toEqual([4])
      timers[0]?.run()
      expect(departed()).toEqual(['a b c', 'd'])
    })

    it('sends an item that arrives after the delay at once', async () => {
      const { submit, departed, flights, timers, endTurn } = setUpHeld()
      await flights[0]?.land()
      timers[0]?.run()
      await flights[1]?.land()
      submit('e')
      endTurn()
      expect(departed()).toEqual(['a b c', 'd', 'e'])
    })

    it('waits for no more items than fit into a batch', async () => {
      const { departed, flights } = setUpHeld({ itemsMax: 3 })
      await flights[0]?.land()
      expect(departed()).toEqual(['a b c'])
      const full = setUpHeld({ itemsMax: 3 })
      for (const key of ['e', 'f']) full.submit(key)
      await full.flights[0]?.land()
      full.endTurn()
      expect(full.departed()).toEqual(['a b c', 'd e f'])
    })

    it('is not ended by the timer of an earlier gathering', async () => {
      const { submit, departed, flights, timers, endTurn } = setUpHeld()
      await flights[0]?.land()
      for (const key of ['a', 'b', 'c']) submit(key)
      endTurn()
      submit('e')
      await flights[1]?.land()
      timers[0]?.run()
      expect(departed()).toEqual(['a b c', 'd a b c'])
      timers[1]?.run()
      expect(departed()).toEqual(['a b c', 'd a b c', 'e'])
    })

    it('does not follow a small batch, nor start while another batch is in flight', async () => {
      const few = setUp({ gathering, overlapItems: 1 })
      few.submit('a')
      few.submit('b')
      await few.flights[0]?.land()
      await few.flights[1]?.land()
      few.submit('c')
      expect(few.departed()).toEqual(['a', 'b', 'c'])

      const { departed, flights, endTurn, submit } = setUpHeld({ overlapItems: 1 })
      endTurn()
      expect(departed()).toEqual(['a b c', 'd'])
      await flights[0]?.land()
      submit('e')
      endTurn()
      expect(departed()).toEqual(['a b c', 'd', 'e'])
    })
  })

  it('gives each caller the outcome of its own item', async () => {
    const { submit, flights } = setUp()
    const outcomes = [submit('a'), submit('b'), submit('c')]
    await flights[0]?.land()
    await flights[1]?.land()
    expect(await Promise.all(outcomes)).toEqual(['a done', 'b done', 'c done'])
  })

  it('sends a second batch beside the first when enough items wait, and no third', () => {
    const { submit, departed } = setUp()
    for (const key of 'abcdefghijklmn') submit(key)
    expect(departed()).toEqual(['a', 'b c d e f'])
  })

  it('delays items behind a slow batch for no longer than patienceMs', () => {
    const { submit, departed, advance } = setUp()
    submit('slow')
    submit('b')
    advance(49)
    expect(departed()).toEqual(['slow'])
    advance(1)
    expect(departed()).toEqual(['slow', 'b'])
  })

  it('waits longer behind a batch where every batch is slow, up to a bound', async () => {
    const { submit, departed, flights, advance } = setUp({ patienceMaxMs: 80 })
    const late = { deadline: 100_000 }
    for (let round = 0; round < 20; round += 1) {
      submit('slow', late)
      advance(60)
      await flights.at(-1)?.land()
    }
    submit('first', late)
    submit('second', late)
    advance(60)
    expect(departed().slice(20)).toEqual(['first'])
    advance(20)
    expect(departed().slice(20)).toEqual(['first', 'second'])
  })

  it('bounds a batch in items and bytes, and lets no item overtake a large one', async () => {
    const { submit, departed, flights } = setUp({ overlapItems: 100, itemsMax: 3 })
    submit('first')
    for (const key of ['a', 'b', 'c', 'd']) submit(key)
    submit('huge', { bytes: 5_000 })
    submit('e')
    await flights[0]?.land()
    await flights[1]?.land()
    await flights[2]?.land()
    await flights[3]?.land()
    expect(departed()).toEqual(['first', 'a b c', 'd', 'huge', 'e'])
  })

  it('joins waiting items with equal keys, but never an item in flight', async () => {
    const { submit, departed, flights, batcher } = setUp()
    submit('a')
    const outcomes = [submit('a'), submit('a')]
    await flights[0]?.land()
    expect(departed()).toEqual(['a', 'a'])
    await flights[1]?.land()
    expect(await Promise.all(outcomes)).toEqual(['a done', 'a done'])
    expect(batcher.counts).toMatchObject({ batches: 2, items: 2, callers: 3, joined: 1 })
  })

  it('gives a shared item the latest deadline of its callers', async () => {
    const { submit, flights } = setUp()
    submit('a')
    submit('b', { deadline: 100 })
    submit('b', { deadline: 900 })
    submit('b', { deadline: 200 })
    await flights[0]?.land()
    expect(flights[1]?.batch.map(({ deadline }) => deadline)).toEqual([900])
  })

  it('lets each of two watchers read the callers of a batch', () => {
    const deadlines: number[][] = []
    const watch = (callers: Iterable<{ readonly deadline: number }>) =>
      deadlines.push(Array.from(callers, ({ deadline }) => deadline))
    const { submit } = setUp({
      onSend: (callers) => {
        watch(callers)
        watch(callers)
        return undefined
      },
    })
    submit('a', { deadline: 300 })
    expect(deadlines).toEqual([[300], [300]])
  })

  it('rejects the caller of an item that its batch left unsettled', async () => {
    const { submit } = setUp({ execute: async () => {} })
    await expect(submit('a')).rejects.toThrow('without an outcome')
  })

  it('never has two writes with one key in flight, and keeps their order', async () => {
    const { submit, departed, flights } = setUp({ equalKeys: 'queue', overlapItems: 1 })
    for (const key of ['a', 'a', 'b', 'a']) submit(key)
    expect(departed()).toEqual(['a', 'b'])
    await flights[0]?.land()
    expect(departed()).toEqual(['a', 'b', 'a'])
    await flights[1]?.land()
    await flights[2]?.land()
    expect(departed()).toEqual(['a', 'b', 'a', 'a'])
  })

  it('joins an equal list that waits, not one in flight', async () => {
    const { submit, departed, flights } = setUp({ equalKeys: 'joinAndQueue', overlapItems: 1, itemsMax: 1 })
    for (const key of ['list', 'list', 'list', 'other']) submit(key)
    expect(departed()).toEqual(['list', 'other'])
    await flights[0]?.land()
    expect(departed()).toEqual(['list', 'other', 'list'])
  })

  it('answers a settled item and frees its key while its batch is still in flight', async () => {
    const { submit, departed, flights } = setUp({ equalKeys: 'queue', overlapItems: 1 })
    const outcome = submit('a')
    submit('a')
    flights[0]?.batch[0]?.settle('early')
    expect(await outcome).toBe('early')
    expect(departed()).toEqual(['a', 'a'])
  })

  it('drops waiting callers at their deadline or when they leave, and items without callers', async () => {
    const { submit, departed, flights, advance, batcher } = setUp({ patienceMs: 1_000 })
    const leaving = new AbortController()
    submit('a')
    const outcomes = [
      submit('b', { deadline: 10 }),
      submit('b', { deadline: 500 }),
      submit('c', { signal: leaving.signal }),
      submit('d', { deadline: 10 }),
    ]
    leaving.abort()
    advance(10)
    expect(await Promise.all([outcomes[0], outcomes[2], outcomes[3]])).toEqual([
      'deadline',
      'aborted',
      'deadline',
    ])
    await flights[0]?.land()
    expect(departed()).toEqual(['a', 'b'])
    expect(batcher.counts.refused).toEqual({ busy: 0, crowded: 0, deadline: 2, aborted: 1 })
  })

  it('answers a caller at its deadline while its batch is in flight, and the others later', async () => {
    const { submit, flights, advance } = setUp()
    submit('a')
    const outcomes = [submit('b', { deadline: 60 }), submit('b', { deadline: 500 })]
    await flights[0]?.land()
    advance(60)
    expect(await outcomes[0]).toBe('overtaken by deadline')
    await flights[1]?.land()
    expect(await outcomes[1]).toBe('b done')
  })

  it('keeps a caller who left until its deadline, if `overtaken` ignores leaving', async () => {
    const left = AbortSignal.timeout(0)
    const { submit, advance } = setUp({
      overtaken: (_, reason) => (reason === 'deadline' ? 'unknown' : undefined),
    })
    let told: string | undefined
    void submit('a', { deadline: 100, signal: left }).then((outcome) => {
      told = outcome
    })
    while (!left.aborted) await settled()
    advance(99)
    await settled()
    expect(told).toBeUndefined()
    advance(1)
    await settled()
    expect(told).toBe('unknown')
  })

  it('sends nothing for a caller who is late or has left, and refuses callers beyond waitingMax', async () => {
    const { submit, departed } = setUp({ waitingMax: 1 })
    expect(await submit('a', { deadline: 0 })).toBe('deadline')
    expect(await submit('a', { signal: AbortSignal.abort() })).toBe('aborted')
    submit('a')
    submit('b')
    expect(await submit('c')).toBe('busy')
    expect(departed()).toEqual(['a'])
  })

  it('answers precluded items without sending them', async () => {
    const { submit, departed, flights } = setUp({
      equalKeys: 'queue',
      precluded: () => (flights.length > 1 ? 'pointless' : undefined),
    })
    submit('a')
    const outcomes = ['b', 'b', 'b'].map((key) => submit(key))
    await flights[0]?.land()
    await flights[1]?.land()
    expect(await Promise.all(outcomes)).toEqual(['b done', 'pointless', 'pointless'])
    expect(departed()).toEqual(['a', 'b'])
  })

  it('rejects the callers of a failed batch, and continues with the next one', async () => {
    const { submit, departed, batcher } = setUp({
      execute: (() => {
        let calls = 0
        return async (batch: Sent) => {
          calls += 1
          if (calls === 1) throw new Error('bug')
          for (const item of batch) item.settle('done')
        }
      })(),
    })
    const outcomes = [submit('a'), submit('b')]
    await expect(outcomes[0]).rejects.toThrow('bug')
    expect(await outcomes[1]).toBe('done')
    expect(departed()).toEqual([])
    expect(batcher.isActive).toBe(false)
  })
})
