import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startChild } from '@spillway/origin/dev/child'
import { freePort } from '@spillway/origin/dev/ports'

const upTimeoutMs = 180_000
const stopGraceMs = 20_000

/**
 * Runs `npm start` in a copy of the checkout until it has taken a note and shown it again.
 *
 * @throws Error with the last lines of `npm start` where it does not come up, or answers otherwise
 */
export async function serveOne(folder: string, onLine: (line: string) => void): Promise<void> {
  const [edgePort, originPort, issuerPort] = [await freePort(), await freePort(), await freePort()]
  const child = await startChild({
    name: 'npm start',
    command: 'npm',
    args: ['start'],
    cwd: folder,
    env: {
      ...process.env,
      SPILLWAY_FOLDER: join(folder, '.spillway'),
      EDGE_PORT: String(edgePort),
      ORIGIN_PORT: String(originPort),
      ISSUER_PORT: String(issuerPort),
    },
    onLine,
  })
  try {
    const isUp = () => child.tail().includes('Spillway is up')
    const deadline = Date.now() + upTimeoutMs
    let exit: unknown
    while (!isUp() && exit === undefined && Date.now() < deadline) {
      exit = await Promise.race([child.exited, sleep(200)])
    }
    if (!isUp()) throw new Error('npm start did not come up')
    await createAndRead(`http://127.0.0.1:${edgePort}/v1/notes`)
  } catch (error) {
    throw new Error(`${(error as Error).message}:\n${child.tail()}`, { cause: error })
  } finally {
    await child.stop(stopGraceMs)
  }
}

async function createAndRead(notes: string): Promise<void> {
  const made = await fetch(notes, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"text":"hello"}',
  })
  if (made.status !== 201) throw new Error(`POST ${notes}: ${made.status} ${await made.text()}`)
  const location = new URL(made.headers.get('location') ?? '', notes)
  const read = await fetch(location)
  const shown = (await read.json()) as { text?: unknown }
  if (shown.text !== 'hello') throw new Error(`GET ${location}: ${read.status} ${JSON.stringify(shown)}`)
}
