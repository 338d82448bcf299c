import assert from 'node:assert/strict'
import { idsOf, requireStatus } from '../expect.ts'
import type { Need } from '../need.ts'

export const messagesAmong: Need = {
  number: 13,
  what: 'messages are shown to those who take part in the conversation',
  by: "member('participantIds'), and an action that sends",
  async prove(world) {
    const start = (who: 'gina' | 'gus') =>
      world.send(who, 'POST', '/v1/conversations', {
        body: { subject: 'Keys', participantIds: ['gina', 'hanna'] },
      })
    // Nobody starts a conversation among others.
    requireStatus(await start('gus'), 403)
    const made = requireStatus(await start('gina'), 201)
    const conversation = `/v1/conversations/${made.id}`
    const say = (who: Parameters<typeof world.send>[0], text: string) =>
      world.send(who, 'POST', `${conversation}/send`, { body: { text } })
    requireStatus(await say('gina', 'Where are they?'), 200)
    requireStatus(await say('gus', 'Hello'), 404)
    requireStatus(await say('nobody', 'Hello'), 401)
    const second = requireStatus(await say('hanna', 'Under the mat.'), 200)

    const list = `/v1/messages?conversationId=${made.id}&sort=sentAt`
    for (const who of ['gina', 'hanna', 'ada'] as const) {
      const read = requireStatus(await world.send(who, 'GET', list), 200)
      assert.deepEqual(
        read.json.items.map((item: { senderId: string; text: string }) => [item.senderId, item.text]),
        [
          ['gina', 'Where are they?'],
          ['hanna', 'Under the mat.'],
        ],
      )
    }
    assert.deepEqual(idsOf(await world.send('gus', 'GET', list)), [])
    requireStatus(await world.send('gus', 'GET', `/v1/messages/${second.json.id}`), 404)
    requireStatus(await world.send('gus', 'GET', conversation), 404)
    requireStatus(await world.send('nobody', 'GET', list), 401)
    // Messages come by the action alone, in their sender's name.
    requireStatus(await world.send('gina', 'POST', '/v1/messages', { body: {} }), 405)

    // A retry with the same key sends once.
    const headers = { 'idempotency-key': '"once-and-no-more"' }
    const retry = () =>
      world.send('gina', 'POST', `${conversation}/send`, { body: { text: 'Thanks' }, headers })
    const [one, two] = [await retry(), await retry()]
    assert.equal(one.json.id, two.json.id)
    assert.equal(idsOf(await world.send('gina', 'GET', list)).length, 3)
  },
}
