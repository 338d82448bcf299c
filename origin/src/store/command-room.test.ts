import { describe, expect, it } from 'vitest'
import { CommandRoom, type RoomSeeker } from './command-room.ts'

/** A room whose lanes send as soon as they may, by a clock that the test advances. */
function setUp(commandsMax = 1) {
  let now = 0
  const sent: string[] = []
  const ends: (() => void)[] = []
  const waits: number[] = []
  const room = new CommandRoom({ commandsMax, now: () => now, onWait: (waitMs) => waits.push(waitMs) })
  /** A lane with one batch to send for each call of `want`. */
  const laneOf = (name: string, joins: boolean) => {
    let batches = 0
    const go = () => {
      while (batches > 0 && room.hasRoomFor(lane)) {
        batches -= 1
        sent.push(name)
        void room.run(lane, () => new Promise((resolve) => ends.push(resolve))).then(go)
      }
    }
    const lane: RoomSeeker = {
      joins,
      get isDue() {
        return batches > 0
      },
      offer: go,
    }
    return {
      want: (count = 1) => {
        batches += count
        go()
      },
      leave: () => {
        batches = 0
      },
    }
  }
  const end = async (afterMs = 0) => {
    now += afterMs
    ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const [lists, finds, writes] = [laneOf('list', false), laneOf('find', true), laneOf('write', true)]
  return { lists, finds, writes, sent, end, waits, room }
}

describe('room for commands', () => {
  it('has no more commands in flight than connections', async () => {
    const { lists, finds, writes, sent, end } = setUp(2)
    for (const lane of [lists, finds, writes]) lane.want()
    expect(sent).toEqual(['list', 'find'])
    await end()
    expect(sent).toEqual(['list', 'find', 'write'])
  })

  it('gives a free connection to the lane that was denied one first', async () => {
    const { lists, finds, writes, sent, end } = setUp()
    lists.want()
    writes.want()
    finds.want()
    lists.want()
    for (let command = 0; command < 3; command += 1) await end()
    expect(sent).toEqual(['list', 'write', 'find', 'list'])
  })

  it('lets lists go before joined work that had its turn a moment ago, and not for longer', async () => {
    const { lists, writes, sent, end } = setUp()
    writes.want()
    writes.want()
    lists.want(10)
    for (const ms of [100, 60, 60, 60, 60]) await end(ms)
    expect(sent).toEqual(['write', 'list', 'list', 'list', 'write', 'list'])
  })

  it('sends joined work at once, turn or not, if nothing else waits', async () => {
    const { writes, sent, end } = setUp()
    writes.want(2)
    await end(1)
    expect(sent).toEqual(['write', 'write'])
  })

  it('passes over a lane whose callers have left', async () => {
    const { lists, finds, writes, sent, end } = setUp()
    lists.want()
    finds.want()
    writes.want()
    finds.leave()
    await end()
    expect(sent).toEqual(['list', 'write'])
  })

  it('passes over a lane that sends nothing in its turn', async () => {
    const { lists, finds, writes, sent, end, room } = setUp()
    lists.want()
    const blocked: RoomSeeker = { joins: true, isDue: true, offer: () => room.hasRoomFor(blocked) }
    blocked.offer()
    writes.want()
    await end()
    finds.want()
    expect(sent).toEqual(['list', 'write'])
  })

  it('tells how long each batch waited, so that a pool that is too small is seen', async () => {
    const { lists, finds, waits, end } = setUp()
    lists.want()
    finds.want()
    await end(70)
    expect(waits).toEqual([70])
  })
})
