/**
 * Program: `node scripts/deliveries.ts` shows how far handlers of events and webhooks are, and repeats what they have not
 * got, with MONGODB_URI and MONGODB_DATABASE set as for the origin.
 */
import { parseArgs } from 'node:util'
import { handlerName } from '../src/handlers/handler-subscriber.ts'
import { ChangeLog } from '../src/store/change-log.ts'
import { createCommandBounds } from '../src/store/command-bounds.ts'
import { type DeliveryRecord, DeliveryStore } from '../src/store/delivery-store.ts'
import { serverIn } from './application-in.ts'
import { withDatabase } from './open-database.ts'

const usage = `usage: npm run deliveries -- [COMMAND]
  list                          every handler and webhook: its position, and how many events wait or are dead (default)
  dead NAME                     events that were given up, oldest first
  waiting NAME                  events that wait for another attempt
  replay NAME [--event ID]      tries waiting and dead events again, all or one, at once and with all attempts
  replay NAME --from POSITION   delivers everything after a position again
  forget NAME                   removes the position and events of a handler that exists no more
NAME is as listed, such as handler:tell-host
--application FOLDER: the handlers are those of the application in the folder`

/** Events that are shown or counted at most. */
const shownMax = 1_000

await withDatabase(async (db) => {
  const string = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { event: string, from: string, application: string },
  })
  const [command = 'list', name, ...others] = positionals
  if (others.length > 0) throw new Error(usage)
  const bounds = createCommandBounds()
  const store = new DeliveryStore(db, bounds)
  const count = async (subscriber: string, state: DeliveryRecord['state']): Promise<string> => {
    const { length } = await store.list(subscriber, state, shownMax)
    return `${length}${length === shownMax ? ' or more' : ''} ${state}`
  }
  if (command === 'list') {
    const last = (await new ChangeLog(db, bounds).last())?._id ?? 0
    const { handlers } = await serverIn(values.application)
    const missing = new Set(handlers.map((handler) => handlerName(handler)))
    for (const { _id, position } of await store.subscribers()) {
      const isStray = !missing.delete(_id) && _id.startsWith(handlerName({ name: '' }))
      const counts = `${await count(_id, 'waiting')}, ${await count(_id, 'dead')}`
      const advice = isStray ? '; the application has no such handler: forget it, if no release has' : ''
      console.log(`${_id}: position ${position} of ${last}, ${counts}${advice}`)
    }
    for (const name of missing) console.log(`${name}: no origin has run it yet`)
    return
  }
  if (name === undefined) throw new Error(usage)
  const known = (await store.subscribers()).some(({ _id }) => _id === name)
  if (!known) throw new Error(`there is no '${name}': see npm run deliveries`)
  if (command === 'dead' || command === 'waiting') {
    for (const { change, attempts, reason = '' } of await store.list(name, command, shownMax)) {
      const { event, type, resource, document, version, at, _id } = change
      const what = `${resource}/${document} version ${version} ${type} at ${at}`
      console.log(`${event}: ${what}, position ${_id}, ${attempts} attempts, ${reason}`)
    }
  } else if (command === 'replay' && values.from !== undefined) {
    const position = Number(values.from)
    if (!Number.isSafeInteger(position) || position < 0)
      throw new Error('--from is a position: an integer from 0')
    await store.move(name, position)
    console.log(`everything after position ${position} is delivered again`)
  } else if (command === 'replay') {
    const replayed = await store.replay(name, values.event)
    console.log(`${replayed} ${replayed === 1 ? 'event is' : 'events are'} tried again`)
    if (replayed === 0) process.exitCode = 1
  } else if (command === 'forget') {
    await store.forget(name)
    console.log(`'${name}' is forgotten`)
  } else throw new Error(usage)
})
