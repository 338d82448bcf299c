/**
 * Program: `node scripts/webhooks.ts` adds, lists and removes receivers of webhooks, with MONGODB_URI and MONGODB_DATABASE
 * set as for the origin.
 */
import { parseArgs } from 'node:util'
import { durationSeconds, type EventType, originEnv } from '@spillway/origin/contract'
import { splitKeys } from '../src/config.ts'
import { createCommandBounds } from '../src/store/command-bounds.ts'
import { ReceiverSecrets } from '../src/webhooks/receiver-secrets.ts'
import { receiversByKey } from '../src/webhooks/receivers-by-key.ts'
import { StoredReceivers } from '../src/webhooks/stored-receivers.ts'
import { mistakeInWebhook, subscriberName, WebhookStore } from '../src/webhooks/webhook-store.ts'
import { applicationIn } from './application-in.ts'
import { withDatabase } from './open-database.ts'

const usage = `usage: npm run webhooks -- [COMMAND]
  list                        every receiver (default)
  add URL [--resources trips,places] [--types created,deleted] [--allow-private]
                              adds a receiver of events from now on, and prints its secret for the only time;
                              --allow-private: it may be on loopback or in a private network, and without TLS
  rotate ID [--overlap 1d]    makes a new secret and prints it; the old one signs as well for this time
  disable ID | enable ID      stops the calls; goes on where they stopped
  remove ID                   forgets a receiver, with all that it has not got
  keys                        counts the receivers of the API by the key of their secret: in use, old, gone (WEBHOOK_KEY)
--application FOLDER: the resources are those of the application in the folder
npm run deliveries shows what a receiver has not got, and repeats it.`

await withDatabase(async (db) => {
  const string = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ application: string, resources: string, types: string, overlap: { ...string, default: '1d' } },
      'allow-private': { type: 'boolean', default: false },
    },
  })
  const [command = 'list', subject, ...others] = positionals
  if (others.length > 0) throw new Error(usage)
  const webhooks = new WebhookStore(db, createCommandBounds())
  if (command === 'list') {
    for (const { _id, url, resources, types, disabled } of await webhooks.list()) {
      const what = `${resources?.join(',') ?? 'all resources'}, ${types?.join(',') ?? 'all types'}`
      // A query may be a receiver's own secret.
      const { origin, pathname } = new URL(url)
      console.log(
        `${_id}: ${origin}${pathname}, ${what}, ${disabled === undefined ? 'enabled' : `disabled: ${disabled}`}`,
      )
    }
    return
  }
  if (command === 'keys' && subject === undefined) {
    const keys = splitKeys(process.env[originEnv.webhookKey] ?? '')
    const stored = await new StoredReceivers(db, createCommandBounds()).list()
    const counts = receiversByKey(stored, new ReceiverSecrets(keys), new Date().toISOString())
    for (const [state, count] of Object.entries(counts)) console.log(`${state}: ${count}`)
    return
  }
  if (subject === undefined) throw new Error(usage)
  const printSecret = (id: string, secret: string): void => {
    console.log(`${id}\nsecret, shown this once: ${secret}\nin npm run deliveries: ${subscriberName(id)}`)
  }
  const mustExist = (isThere: unknown): void => {
    if (isThere === false || isThere === undefined) throw new Error(`there is no receiver '${subject}'`)
  }
  switch (command) {
    case 'add': {
      const given = {
        ...(values.resources !== undefined && { resources: values.resources.split(',') }),
        // The cast: the types are checked next.
        ...(values.types !== undefined && { types: values.types.split(',') as EventType[] }),
        ...{ url: subject, allowsPrivate: values['allow-private'] },
      }
      const { resources } = await applicationIn(values.application)
      const withEvents = [...resources.values()].filter(({ events }) => events !== undefined)
      const mistake = mistakeInWebhook(
        given,
        withEvents.map(({ name }) => name),
      )
      if (mistake !== undefined) throw new Error(mistake)
      const { id, secret } = await webhooks.add(given)
      printSecret(id, secret)
      return
    }
    case 'rotate': {
      const secret = await webhooks.rotate(subject, durationSeconds(values.overlap) * 1_000)
      mustExist(secret)
      if (secret !== undefined) printSecret(subject, secret)
      return
    }
    case 'disable':
      return mustExist(await webhooks.disable(subject, 'by an operator'))
    case 'enable':
      return mustExist(await webhooks.enable(subject))
    case 'remove':
      return mustExist(await webhooks.remove(subject))
    default:
      throw new Error(usage)
  }
})
