import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { administratorKey, operatorKey } from '../fake-aws/server.ts'
import { type RunbookBlock, runbookBlocks } from '../support/runbooks.ts'
import { OperatorShell } from './operator-shell.ts'
import { startTlsMongod, type TlsMongod } from './tls-mongod.ts'
import { World } from './world.ts'

/** The guides among the runbooks: every block is pasted into one shell, in the order of the page. */

const administrator = { username: 'spillway_admin', password: 'p4ssw0rd-of-the-administrator' }
const origin = { username: 'spillway_origin', password: 'p4ssw0rd-of-the-origin' }

let mongod: TlsMongod
let world: World
beforeAll(async () => {
  mongod = await startTlsMongod('database', administrator.username, administrator.password)
})
afterAll(() => mongod?.stop())
beforeEach(async () => {
  world = await World.start()
  world.aws.stacks.set('spillway-production-origin', { Release: `0123456789ab-${'c'.repeat(64)}` })
  const { values } = world.aws.secrets
  values.set('spillway/production/database-admin', JSON.stringify(administrator))
  values.set('spillway/production/database-origin', JSON.stringify(origin))
})
afterEach(() => world.close())

/** Pages for whoever sets up a stage or a region; an operator cannot do that. */
const forAdministrators = ['database-shell.md', 'first-deploy.md', 'region-outage.md']

/** Blocks of the page, after those of another page that it begins with. */
const blocksOf = (page: string): readonly RunbookBlock[] => [
  ...(page === 'database-clients.md' ? blocksOf('database-shell.md').slice(0, 1) : []),
  ...runbookBlocks.filter(({ runbook }) => runbook === page),
]

/** Pastes the blocks of a page. @returns what they printed */
async function follow(page: string): Promise<string> {
  // Bootstrap only plans here, so it leaves no keys behind. In a lost region's place, the page makes its own.
  if (page === 'first-deploy.md') world.haveOriginKeys()
  const key = forAdministrators.includes(page) ? administratorKey : operatorKey
  await using shell = await OperatorShell.open(world, { mongod, password: administrator.password, key })
  let printed = ''
  for (const block of blocksOf(page)) printed += await shell.paste(block)
  expect(world.faults).toEqual([])
  return printed
}

const pages = [...new Set(runbookBlocks.map(({ runbook }) => runbook))]

it.each(pages.filter((page) => !['database-shell.md', 'indexes.md'].includes(page)))(
  'every block of %s can be pasted',
  async (page) => void (await follow(page)),
)

it('the blocks of database-shell.md make the login of the origins', async () => {
  await follow('database-shell.md')
  const client = new MongoClient(`mongodb://127.0.0.1:${mongod.port}/?directConnection=true`, {
    auth: origin,
    tls: true,
    tlsCAFile: mongod.authority,
    tlsAllowInvalidHostnames: true,
  })
  await client.db('spillway').collection('notes').insertOne({ text: 'mine' })
  await client.close()
})

it('the blocks of indexes.md ask for the plan of a release', async () => {
  expect(await follow('indexes.md')).toContain('instance/migrate.sh 0123456789ab --plan')
})
