import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, startChild } from '@spillway/origin/dev/child'
import { freePort } from '@spillway/origin/dev/ports'

export interface StartProcess {
  readonly child: Child
  readonly edgeUrl: string
  /** Variables of commands beside it: its ports and folder, and those that it was given. */
  readonly env: Readonly<Record<string, string>>
  /** Every line that it has printed. */
  output(): string
}

export interface StartCheckoutOptions {
  /** Arguments of `npm start`. @default none */
  readonly args?: readonly string[]
  /** Further variables. @default none */
  readonly env?: Readonly<Record<string, string>>
  readonly onLine?: (line: string) => void
  /** @default a free one */
  readonly edgePort?: number
}

const upTimeoutMs = 180_000

/**
 * `npm start` of a checkout, up, on free ports and with a database of its own.
 *
 * @param checkout its folder
 * @param folder for data and keys
 * @param options arguments of `npm start`, and a function that is called with each line that it prints
 * @throws Error with the last lines where it ends, or is not up within three minutes
 */
export async function startCheckout(
  checkout: string,
  folder: string,
  { args = [], env: further = {}, onLine, edgePort: wanted }: StartCheckoutOptions = {},
): Promise<StartProcess> {
  const [edgePort, originPort, issuerPort] = [
    wanted ?? (await freePort()),
    await freePort(),
    await freePort(),
  ]
  const lines: string[] = []
  const env = {
    SPILLWAY_FOLDER: join(folder, '.spillway'),
    EDGE_PORT: String(edgePort),
    ORIGIN_PORT: String(originPort),
    ISSUER_PORT: String(issuerPort),
    ...further,
  }
  const child = await startChild({
    name: 'npm start',
    command: process.execPath,
    args: ['infra/local/run.mjs', 'infra/local/start.ts', ...args],
    cwd: checkout,
    env: { ...process.env, ...env },
    onLine(line) {
      lines.push(line)
      onLine?.(line)
    },
  })
  const output = () => lines.join('\n')
  const deadlineMs = performance.now() + upTimeoutMs
  let hasEnded = false
  void child.exited.then(() => {
    hasEnded = true
  })
  while (!output().includes('Spillway is up')) {
    if (hasEnded || performance.now() > deadlineMs) {
      await child.stop()
      throw new Error(`npm start did not come up:\n${child.tail()}`)
    }
    await sleep(100)
  }
  return { child, edgeUrl: `http://127.0.0.1:${edgePort}`, env, output }
}
